"""Rows as mappings: what is written plainly is looked up, value by value; everything else is read by the intake."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from hazardrules.columnar.arrow_rows import unknown_place
from hazardrules.columnar.arrow_values import column_of
from hazardrules.columnar.dict_columns import ByColumn, Entries
from hazardrules.columnar.frames import Block, Frame
from hazardrules.columnar.table import Law, Options, Read
from hazardrules.columnar.tape import pack
from hazardrules.errors import FactsError
from hazardrules.intake.cases import KEYS, read_case
from hazardrules.intake.problems import Problem, Refused
from hazardrules.intake.reader import MAX_DEPTH, as_mapping, is_blank
from hazardrules.intake.values import MAX_ITEMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hazardrules.columnar.columns import Column
    from hazardrules.columnar.tape import Array
    from hazardrules.intake.numbers import FactReader
    from hazardrules.model.instances import Instance
    from hazardrules.model.subjects import FactDeclaration

Found = tuple[list[tuple["_Cells", int]], list[tuple["_Subjects", list["Found"]]]]
"""What was found of a subject before it is written down: values, and parts with what was found of them."""
_BLANK = -1
_REMEMBERED = 100_000
"""So many written values of a fact are kept with what they mean."""


class Unread(NamedTuple):
    """Stands for a row that could not even be parsed."""

    problems: list[Problem]


class _Odd(Exception):  # noqa: N818 - control flow within the module
    """A row that is not written plainly."""


@dataclass(slots=True)
class _Memo:
    """What values of a fact mean, over all blocks."""

    codes: dict[Any, int] = field(default_factory=dict)
    values: list[Any] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Cells:
    """The values of a fact in a block."""

    memo: _Memo
    rows: list[int] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Subjects:
    """The subjects of a frame in a block."""

    kind: str
    path: tuple[str, ...]
    count: int = 0
    cells: dict[str, _Cells] = field(default_factory=dict)
    parts: dict[str, _Subjects] = field(default_factory=dict)
    owners: list[int] = field(default_factory=list)
    listed: list[int] = field(default_factory=list)


class DictColumns:
    """Reads mappings of one kind of subject; remembers what values mean."""

    def __init__(self, law: Law, options: Options) -> None:
        """Keep what rows are read by."""
        self.law, self.options = law, options
        self.forms = law.intake.forms
        fields = self.forms[options.kind].fields
        self.kept = frozenset(name for name in options.keep if law.intake.find_member(options.kind, name) is None)
        subject = law.intake.subjects[options.kind]
        self.special = frozenset(name for name in (*KEYS, options.kind, *subject.label.values()) if name not in fields)
        self.entries = Entries.of(law, options, self.kept)
        self._memos: dict[tuple[str, str], _Memo] = {}

    def memo(self, kind: str, name: str) -> _Memo:
        """What values of a fact mean."""
        found = self._memos.get((kind, name))
        if found is None or len(found.codes) > _REMEMBERED:
            found = self._memos[kind, name] = _Memo()
        return found


class DictRows:
    """Some rows, each a mapping as `classify` takes it; a row that could not even be parsed is its problems."""

    def __init__(self, columns: DictColumns, rows: Sequence[Any]) -> None:
        """Keep the rows.

        Args:
            columns: Reads them.
            rows: Mappings, models, or what stands for a row that is none.
        """
        self.columns, self.rows, self.count = columns, rows, len(rows)

    def take(self, rows: Array) -> DictRows:
        """Some of the rows."""
        return DictRows(self.columns, [self.rows[row] for row in rows.tolist()])

    def read(self) -> Read:
        """Their facts."""
        columns = self.columns
        reading = _Reading(columns)
        quick = ByColumn(columns.law, columns.options, columns.entries, reading.problems_of, reading.one_by_one)
        found = quick.read(self.rows)
        return reading.read(self.rows) if found is None else found

    def kept(self, name: str, rows: Array) -> pa.Array:
        """A column that is carried into the result, as text."""
        values = [self._cell(self.rows[row], name) for row in rows.tolist()]
        return pa.array([None if v is None else v if isinstance(v, str) else _json(v) for v in values], pa.string())

    def _cell(self, row: Any, name: str) -> Any:
        row = None if isinstance(row, Unread) else as_mapping(row)
        if row is None:
            return None
        inner = row.get(self.columns.options.kind)
        return row[name] if name in row else inner.get(name) if isinstance(inner, Mapping) else None

    def originals(self, rows: Array) -> pa.Table:
        """Some of the rows as they were given, as JSON."""
        return pa.table({"given": pa.array([_json(self.rows[row]) for row in rows.tolist()], pa.string())})


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


class _Reading:
    def __init__(self, columns: DictColumns) -> None:
        self.columns, self.law, self.options = columns, columns.law, columns.options
        self.root = _Subjects(self.options.kind, ())

    def read(self, rows: Sequence[Any]) -> Read:
        """Row by row."""
        problems: dict[int, list[Problem]] = {}
        days = np.zeros(len(rows), np.int64)
        places: list[str | None] = [None] * len(rows)
        for number, row in enumerate(rows):
            found, day, places[number], wrong = self._checked(row)
            if wrong:
                problems[number] = wrong
            days[number] = 0 if day is None else day.toordinal()
            self._write(self.root, found)
        block = self._block()
        is_placed = self.options.place is None and any(place is not None for place in places)
        return Read(block, days if self.options.day is None else None, places if is_placed else None, problems)

    def problems_of(self, row: Any) -> list[Problem]:
        """What is wrong with a row."""
        return self._checked(row)[3]

    def one_by_one(self, name: str, values: list[Any], bad: set[int]) -> Column | None:
        """The values of a fact of all rows; notes the rows of those that cannot be read."""
        kind = self.options.kind
        form = self.columns.forms[kind]
        reader = form.readers[name]
        assert reader is not None  # parts are no facts
        cells = _Cells(self.columns.memo(kind, name))
        for row, value in enumerate(values):
            if value is not None:
                try:
                    code = self._code(cells.memo, value, reader)
                except _Odd:
                    bad.add(row)
                    continue
                if code != _BLANK:
                    cells.rows.append(row)
                    cells.codes.append(code)
        return self._column(cells, len(values), form.kind.facts[name])

    def _checked(self, row: Any) -> tuple[Found, Any, str | None, list[Problem]]:
        """What a row says, its day, its place, and what is wrong."""
        try:
            found, day, place = self._row(row)
        except FactsError as error:
            return ([], []), None, None, list(error.problems)
        problems = []
        if self.options.day is None and day is None:
            problems.append(Problem("as_of", "intake.no_as_of"))
        known = self.law.compiled.source.jurisdictions
        if self.options.place is None and place is not None and place not in known:
            problems.append(unknown_place(place, known))
            place = None
        return found, day, place, problems

    def _row(self, row: Any) -> tuple[Found, Any, str | None]:
        """What a row says: facts and parts, its day, its place.

        Raises:
            FactsError: Carries every problem of the row.
        """
        columns = self.columns
        if isinstance(row, Unread):
            raise FactsError(row.problems)
        if isinstance(row, dict) and columns.special.isdisjoint(row):
            data = {key: value for key, value in row.items() if key not in columns.kept} if columns.kept else row
            try:
                return self._plain(self.root, data, 0), None, None
            except _Odd:
                pass
        case = read_case(row, self.law.intake, subject=self.options.kind, extra=columns.kept)
        if isinstance(case.data, dict) and not case.complete:
            data = {key: value for key, value in case.data.items() if key not in columns.kept}
            try:
                return self._plain(self.root, data, 0), case.as_of, case.jurisdiction
            except _Odd:
                pass
        data = {key: value for key, value in case.data.items() if key not in columns.kept}
        instance = self.law.intake.read(case.subject, data)
        if case.complete:
            instance = self.law.assume(instance, case.complete)
        return self._of_instance(self.root, instance), case.as_of, case.jurisdiction

    def _plain(self, here: _Subjects, data: dict[Any, Any], depth: int) -> Found:
        """Facts and parts under names as they are declared; the intake reads each distinct value once."""
        fields = self.columns.forms[here.kind].fields
        values: list[tuple[_Cells, int]] = []
        parts: list[tuple[_Subjects, list[Found]]] = []
        others: set[str] = set()
        for key, value in data.items():
            found = fields.get(key)
            if found is None:
                raise _Odd
            name, reader, _ = found
            if key != name:  # a label: nobody may have given the fact twice
                if name in data or name in others:
                    raise _Odd
                others.add(name)
            if value is None:
                continue
            if reader is None:
                parts += self._plain_parts(here, name, value, depth)
                continue
            cells = here.cells.get(name) or self._cells(here, name)
            code = self._code(cells.memo, value, reader)
            if code != _BLANK:
                values.append((cells, code))
        return values, parts

    def _cells(self, here: _Subjects, name: str) -> _Cells:
        found = here.cells[name] = _Cells(self.columns.memo(here.kind, name))
        return found

    @staticmethod
    def _code(memo: _Memo, value: Any, reader: FactReader) -> int:
        key = (list, *value) if value.__class__ is list else (value.__class__, value)
        try:
            code = memo.codes.get(key)
        except TypeError as error:  # a list of lists
            raise _Odd from error
        if code is None:
            if is_blank(value):
                code = _BLANK
            else:
                try:
                    memo.values.append(reader(value)[0])
                except Refused as refused:
                    raise _Odd from refused
                code = len(memo.values) - 1
            memo.codes[key] = code
        return code

    def _plain_parts(self, here: _Subjects, name: str, value: Any, depth: int) -> list[tuple[_Subjects, list[Found]]]:
        part = self.columns.forms[here.kind].kind.parts[name]
        items = [value] if part.one and value.__class__ is dict else value
        if items.__class__ is not list or len(items) > (1 if part.one else MAX_ITEMS) or depth >= MAX_DEPTH:
            raise _Odd
        child = self._child(here, name, part.of)
        found = []
        for item in items:
            if item.__class__ is not dict:
                raise _Odd
            found.append(self._plain(child, item, depth + 1))
        return [(child, found)]

    @staticmethod
    def _child(here: _Subjects, name: str, kind: str) -> _Subjects:
        found = here.parts.get(name)
        if found is None:
            found = here.parts[name] = _Subjects(kind, (*here.path, name))
        return found

    def _of_instance(self, here: _Subjects, instance: Instance) -> Found:
        """What the intake read, in the same form."""
        values = []
        for name, value in instance.facts.items():
            cells = here.cells.get(name) or self._cells(here, name)
            key = ("read", value.__class__, value)
            code = cells.memo.codes.get(key)
            if code is None:
                cells.memo.values.append(value)
                code = cells.memo.codes[key] = len(cells.memo.values) - 1
            values.append((cells, code))
        parts = []
        for name, listed in instance.parts.items():
            if listed is not None:
                child = self._child(here, name, self.columns.forms[here.kind].kind.parts[name].of)
                parts.append((child, [self._of_instance(child, part) for part in listed]))
        return values, parts

    def _write(self, here: _Subjects, found: Found) -> None:
        row = here.count
        here.count += 1
        for cells, code in found[0]:
            cells.rows.append(row)
            cells.codes.append(code)
        for child, inside in found[1]:
            child.listed.append(row)
            child.owners += [row] * len(inside)
            for each in inside:
                self._write(child, each)

    # columns

    def _block(self) -> Block:
        frames: list[Frame] = []
        self._frame(self.root, None, frames)
        return Block(frames)

    def _frame(self, here: _Subjects, parent: int | None, frames: list[Frame]) -> None:
        number = len(frames)
        frame = Frame(here.kind, here.path[-1] if here.path else "", here.count, parent=parent)
        frames.append(frame)
        if parent is not None:
            above = frames[parent]
            above.parts[frame.part] = number
            frame.one = self.columns.forms[above.kind].kind.parts[frame.part].one
            frame.owner = np.array(here.owners, np.int64)
            lengths = np.bincount(frame.owner, minlength=above.count)
            frame.offsets = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
            if len(here.listed) < above.count:
                flags = np.zeros(above.count, np.bool_)
                flags[here.listed] = True
                frame.listed = pack(flags)
        facts = self.columns.forms[here.kind].kind.facts
        for name in sorted(here.cells):
            column = self._column(here.cells[name], here.count, facts[name])
            if column is not None:
                frame.columns[name] = column
        for name in sorted(here.parts):
            self._frame(here.parts[name], number, frames)

    @staticmethod
    def _column(cells: _Cells, count: int, fact: FactDeclaration) -> Column | None:
        if not cells.rows:
            return None
        used, codes = np.unique(np.array(cells.codes, np.int64), return_inverse=True)
        values = [cells.memo.values[code] for code in used.tolist()]
        if len(cells.rows) == count:
            return column_of(fact, values, codes, None)
        every = np.full(count, len(values), np.int64)
        every[cells.rows] = codes
        known = np.zeros(count, np.bool_)
        known[cells.rows] = True
        return column_of(fact, values, every, pack(known))
