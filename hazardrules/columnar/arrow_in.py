"""Arrow tables -> blocks: columns find their facts, lists of structs become frames, rows with bad values are noted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hazardrules.columnar.arrow_types import entries, python_values
from hazardrules.columnar.arrow_values import distinct, list_lengths, plain, read_array, validity
from hazardrules.columnar.frames import Block, Frame
from hazardrules.errors import FactsError
from hazardrules.intake.problems import Problem, Problems, Refused, listed, shown
from hazardrules.intake.reader import is_blank
from hazardrules.intake.values import MAX_ITEMS

if TYPE_CHECKING:
    from hazardrules.columnar.tape import Array
    from hazardrules.intake.reader import Intake
    from hazardrules.model.subjects import PartDeclaration

MAX_DEPTH = 20


def as_table(table: Any) -> pa.Table:
    """Anything that speaks the Arrow C interface, as a table.

    Raises:
        TypeError: It does not.
    """
    if isinstance(table, pa.Table):
        return table
    if isinstance(table, pa.RecordBatch):
        return pa.Table.from_batches([table])
    if hasattr(table, "__arrow_c_stream__") or hasattr(table, "__arrow_c_array__"):
        return pa.table(table)
    for method in ("to_arrow_table", "fetch_arrow_table"):
        if hasattr(table, method):
            return as_table(getattr(table, method)())
    raise TypeError(f"a table that speaks the Arrow C interface was expected, not `{type(table).__name__}`")


@dataclass(frozen=True, slots=True)
class Member:
    """A column, or a field of a struct, that is a fact or a part.

    Attributes:
        path: The column and then the fields that lead to the values.
        name: The fact or part.
        part: Its declaration, where it is a part.
    """

    path: tuple[int, ...]
    name: str
    part: PartDeclaration | None


class Layout:
    """Which columns of a schema are which facts."""

    def __init__(self, intake: Intake, kind: str, fields: list[pa.Field], problems: Problems, prefix: str = "") -> None:
        self.intake, self.kind, self.form = intake, kind, intake.forms[kind]
        self.problems = problems
        self.members: list[Member] = []
        self.inner: dict[str, Layout] = {}
        self._given: dict[str, str] = {}
        for number, field in enumerate(fields):
            self._place(field.name, field.type, (number,), prefix)

    def _place(self, name: str, data: pa.DataType, path: tuple[int, ...], prefix: str, group: str = "") -> None:
        found = self.intake.find_member(self.kind, f"{group}.{name}" if group else name)
        if found is None and group:  # a label inside its group
            labelled = self.intake.find_member(self.kind, name)
            found = labelled if labelled is not None and labelled.startswith(f"{group}.") else None
        whole = f"{group}.{name}" if group else name
        if found is None and pa.types.is_struct(data) and whole in self.form.groups:
            for number in range(data.num_fields):
                field = data.field(number)
                self._place(field.name, field.type, (*path, number), prefix, whole)
            return
        if found is None:
            self._unknown(prefix + whole, whole)
        elif found in self._given:
            self.problems.add(prefix + found, "intake.given_twice", given=shown(whole))
        else:
            self._given[found] = whole
            part = self.form.kind.parts.get(found)
            self.members.append(Member(path, found, part))
            if part is not None:
                self._part(found, part, data, prefix)

    def _part(self, name: str, part: PartDeclaration, data: pa.DataType, prefix: str) -> None:
        is_list = pa.types.is_list(data) or pa.types.is_large_list(data)
        struct = data.value_type if is_list else data
        fields = [struct.field(number) for number in range(struct.num_fields)] if pa.types.is_struct(struct) else []
        mark = "" if part.one else "[]"
        if prefix.count(".") < MAX_DEPTH:
            self.inner[name] = Layout(self.intake, part.of, fields, self.problems, f"{prefix}{name}{mark}.")

    def _unknown(self, path: str, name: str) -> None:
        """Say that a column is no fact; columns are never dropped."""
        clash = self.form.names.clashes(name)
        if clash:
            self.problems.add(
                path, "intake.ambiguous_name", [("intake.hint.one_of", {"names": listed(clash)})], given=shown(name)
            )
            return
        hints = [*self.problems.did_you_mean(name, self.form.names.exact), ("intake.hint.keep", {})]
        self.problems.add(path, "intake.unknown_name", hints, given=shown(name), subject=self.kind)


class Reading:
    """Reads the rows of one record batch."""

    def __init__(self, intake: Intake) -> None:
        """Start a batch.

        Args:
            intake: Reads values that are not plain.
        """
        self.intake = intake
        self.frames: list[Frame] = []
        self.bad: list[tuple[int, int, str, str, Refused]] = []
        """Frame, row in it, fact, what follows its path, and what is wrong."""

    def root(self, layout: Layout, arrays: list[pa.Array], count: int) -> Block:
        """Read facts and parts of the subjects."""
        self.frames.append(Frame(layout.kind, "", count))
        self._fill(0, layout, arrays)
        return Block(self.frames)

    def problems(self) -> dict[int, list[Problem]]:
        """What is wrong, by row of the table."""
        found: dict[int, list[Problem]] = {}
        for number, row, name, suffix, refused in self.bad:
            root, path = self._path(number, row)
            found.setdefault(root, []).append(refused.at((f"{path}.{name}" if path and name else path or name) + suffix))
        return found

    def _path(self, number: int, row: int) -> tuple[int, str]:
        frame = self.frames[number]
        if frame.parent is None:
            return row, ""
        owner = int(frame.owner[row])
        root, path = self._path(frame.parent, owner)
        own = frame.part if frame.one else f"{frame.part}[{row - int(frame.offsets[owner])}]"
        return root, f"{path}.{own}" if path else own

    def _fill(self, number: int, layout: Layout, arrays: list[pa.Array]) -> None:
        frame = self.frames[number]
        facts = layout.form.kind.facts
        for member in layout.members:
            array = _descend(arrays, member.path)
            if member.part is not None:
                self._parts(number, layout, member, array)
                continue
            reader = layout.form.readers[member.name]
            assert reader is not None
            refuse = lambda row, refused, name=member.name: self.bad.append((number, row, name, "", refused))  # noqa: E731
            column = read_array(facts[member.name], reader, array, refuse)
            if column is not None:
                frame.columns[member.name] = column

    # parts

    def _parts(self, number: int, layout: Layout, member: Member, array: pa.Array) -> None:
        part, name = member.part, member.name
        assert part is not None
        data = array.type
        if pa.types.is_null(data):
            return
        if pa.types.is_struct(data) and part.one:
            known = validity(array)
            rows = np.flatnonzero(array.is_valid().to_numpy(zero_copy_only=False))
            lengths = np.zeros(len(array), np.int64)
            lengths[rows] = 1
            items = array if len(rows) == len(array) else array.take(pa.array(rows))
        elif pa.types.is_list(data) or pa.types.is_large_list(data):
            array = self._of_fair_length(number, part, name, array)
            known = validity(array)
            lengths = list_lengths(array, known)
            items = entries(array)
        else:
            self._no_list(number, part, name, array)
            return
        if not pa.types.is_struct(items.type):
            lengths, items = self._no_structs(number, part, name, lengths, items)
        offsets = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
        owner = np.repeat(np.arange(len(lengths)), lengths)
        frame = Frame(part.of, name, len(items), {}, offsets, owner, known, number, one=part.one)
        child = len(self.frames)
        self.frames.append(frame)
        self.frames[number].parts[name] = child
        inner = layout.inner.get(name)
        if items.null_count and pa.types.is_struct(items.type):
            missing = Refused(
                "intake.not_part", {"given": "null", "subject": part.of}, [("intake.hint.empty_part", {"empty": "{}"})]
            )
            for row in np.flatnonzero(items.is_null().to_numpy(zero_copy_only=False)).tolist():
                self.bad.append((child, row, "", "", missing))
        if inner is not None and pa.types.is_struct(items.type):
            fields = range(items.type.num_fields)
            self._fill(child, inner, [pc.struct_field(items, [at]) if items.null_count else items.field(at) for at in fields])

    def _no_list(self, number: int, part: PartDeclaration, name: str, array: pa.Array) -> None:
        """Values that cannot be parts: the intake says why; blanks are unknown."""
        key = "intake.not_part" if part.one else "intake.not_list"
        words, codes = distinct(plain(array))
        for at, given in enumerate(words):
            if is_blank(given):
                continue
            hints = [("intake.hint.list", dict[str, str]())] if isinstance(given, dict) else []
            refused = Refused(key, {"given": shown(given), "subject": part.of}, hints)
            self.bad += [(number, row, name, "", refused) for row in np.flatnonzero(codes == at).tolist()]

    def _of_fair_length(self, number: int, part: PartDeclaration, name: str, array: pa.Array) -> pa.Array:
        """Lists, with null in the place of those that are too long, which are refused."""
        limit = 1 if part.one else MAX_ITEMS
        lengths = list_lengths(array, validity(array))
        is_long = lengths > limit
        if not is_long.any():
            return array
        for row in np.flatnonzero(is_long).tolist():
            if part.one:
                self.bad.append((number, row, name, "", Refused("intake.only_one", {"count": int(lengths[row])})))
            else:
                self.bad.append((number, row, name, "", Refused("intake.too_many", {"limit": MAX_ITEMS})))
        return array.take(pa.array(np.arange(len(array)), mask=is_long))

    def _no_structs(
        self, number: int, part: PartDeclaration, name: str, lengths: Array, items: pa.Array
    ) -> tuple[Array, pa.Array]:
        """Entries of a list that are no structs are refused one by one."""
        starts = np.cumsum(lengths) - lengths
        owner = np.repeat(np.arange(len(lengths)), lengths)
        for at, given in enumerate(python_values(items)):
            row = int(owner[at])
            suffix = "" if part.one else f"[{at - int(starts[row])}]"
            hints = [("intake.hint.empty_part", {"empty": "{}"})] if is_blank(given) else []
            refused = Refused("intake.not_part", {"given": shown(given), "subject": part.of}, hints)
            self.bad.append((number, row, name, suffix, refused))
        return np.zeros(len(lengths), np.int64), items.slice(0, 0)


def _descend(arrays: list[pa.Array], path: tuple[int, ...]) -> pa.Array:
    """The values of a column, or of a field of a struct; what stands in a struct that is null is null."""
    array = arrays[path[0]]
    for number in path[1:]:
        array = pc.struct_field(array, [number])
    return array


def table_problems(problems: Problems) -> None:
    """Raise what is wrong with the columns.

    Raises:
        FactsError: Carries every problem.
    """
    if problems.found:
        raise FactsError(problems.found)


def cells(array: pa.Array) -> tuple[list[Any], Array]:
    """The distinct values of a column beside the facts, blanks as None, and for each row which."""
    words, codes = distinct(plain(array))
    known = [None if is_blank(word) else word for word in words]
    return [*known, None], codes
