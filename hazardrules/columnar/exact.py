"""Rows that masks and floats cannot decide are asked of the reference, one by one, once per distinct set of facts."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from hazardrules.columnar import amounts
from hazardrules.columnar.tape import pack, unpack
from hazardrules.engines.reference import Evaluator
from hazardrules.model import expressions as ir
from hazardrules.model.instances import Instance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hazardrules.columnar.amounts import Amounts
    from hazardrules.columnar.frames import Block, Shape
    from hazardrules.columnar.places import Place
    from hazardrules.columnar.tape import Array
    from hazardrules.compiler.plan import Plan
    from hazardrules.model.values import Truth

MAX_REMEMBERED = 200_000
"""So many answers are kept for rows with the same facts; then they make room."""
_CHUNK = 4096
"""So many subjects are built at a time."""
_ELSEWHERE = (ir.Owner, ir.OnePart)


class Needs:
    """What an expression reads, through derived facts and rules too."""

    def __init__(self, plan: Plan, exprs: list[ir.Expr]) -> None:
        """Walk through an expression and everything behind it."""
        self.facts: set[str] = set()
        self.parts: set[str] = set()
        self.everything = False
        self.simple = True
        """It reads facts of the subject itself, and nothing else."""
        self.dated = False
        pending, seen = list(exprs), set[int]()
        while pending:
            for item in ir.walk(pending.pop()):
                if id(item) in seen:
                    continue
                seen.add(id(item))
                pending += self._look(plan, item)

    def _look(self, plan: Plan, item: ir.Expr) -> Iterator[ir.Expr] | list[ir.Expr]:
        base = getattr(item, "base", None)
        if base is not None and base != ir.Self():
            self.simple = False
            while isinstance(base, _ELSEWHERE):
                if isinstance(base, ir.OnePart):
                    self.parts.add(base.part)
                base = base.of
        match item:
            case ir.FactRef(name=name):
                self.facts.add(name)
            case ir.DerivedRef(name=name):
                return [found.expr for (_, other), found in plan.compiled.derived.items() if other == name]
            case ir.RuleRef(name=name) if name in plan.rules:
                rule = plan.rules[name]
                return [rule.when, *rule.unless, *([] if rule.scope is None else [rule.scope])]
            case ir.Quantified(part=part):
                self.simple = False
                self.parts.add(part)
            case ir.Total():
                self.simple, self.everything, self.dated = False, True, True
            case ir.AsOf():
                self.dated = True
        return []


class Asked:
    """A condition that is asked row by row."""

    def __init__(self, plan: Plan, expr: ir.Expr, place: Place, shape: Shape, day: date) -> None:
        """Keep what is asked, and where.

        Args:
            plan: The law.
            expr: The condition.
            place: The frame whose subjects are asked about, and what names mean.
            shape: The columns that there are.
            day: The day of every row, unless rows have their own.
        """
        self.plan, self.expr, self.place, self.shape, self.day = plan, expr, place, shape, day
        self._needs: Needs | None = None
        self._remembered: dict[tuple[Any, ...], dict[Any, Truth]] = {}

    @property
    def needs(self) -> Needs:
        """What it reads; looked at when it is first asked."""
        if self._needs is None:
            self._needs = Needs(self.plan, [self.expr])
        return self._needs

    def run(self, block: Block, need: Array | None = None) -> tuple[Array, Array]:
        """The truth of all rows for which it matters: surely and possibly, packed."""
        count = block.frames[self.place.rows].count
        rows = np.arange(count) if need is None else np.flatnonzero(unpack(need, count))
        surely, possibly = np.zeros(count, np.bool_), np.ones(count, np.bool_)
        self.settle(block, rows, surely, possibly)
        return pack(surely), pack(possibly)

    def settle(self, block: Block, rows: Array, surely: Array, possibly: Array) -> None:
        """Write the truth of some rows into flags."""
        if not len(rows):
            return
        truths = self._by_facts(block, rows) if self._is_simple(block) else self._by_subject(block, rows)
        surely[rows] = [truth is True for truth in truths]
        possibly[rows] = [truth is not False for truth in truths]

    def _is_simple(self, block: Block) -> bool:
        place = self.place
        return self.needs.simple and place.rows == place.here and not (block.days is not None and self.needs.dated)

    def _by_facts(self, block: Block, rows: Array) -> list[Truth]:
        """Subjects with the same facts are asked about once."""
        frame = block.frames[self.place.rows]
        names = sorted(self.needs.facts & frame.columns.keys())
        columns = [frame.columns[name] for name in names]
        forms = tuple(column.form for column in columns)
        keys: list[Any] = list(zip(*[column.keys(rows, frame.count) for column in columns], strict=True)) or [()] * len(rows)
        known = self._remembered.setdefault((tuple(names), forms), {})
        if len(known) > MAX_REMEMBERED:
            known = self._remembered[tuple(names), forms] = {}
        self._learn(known, keys, rows, columns, names, frame.count, frame.kind)
        return [known[key] for key in keys]

    def _learn(
        self, known: dict[Any, Truth], keys: list[Any], rows: Array, columns: list[Any], names: list[str], count: int, kind: str
    ) -> None:
        first: dict[Any, int] = {}
        for number, key in enumerate(keys):
            if key not in known:
                first.setdefault(key, number)
        if not first:
            return
        at = rows[list(first.values())]
        values = zip(*[column.values(at, count) for column in columns], strict=True) if columns else iter([()] * len(first))
        for key, facts in zip(first, values, strict=True):
            given = {name: value for name, value in zip(names, facts, strict=True) if value is not None}
            instance = Instance(kind, "", given)
            known[key] = self._answer(Evaluator(self.plan, instance, self.day), instance, {})

    def _answer(self, evaluator: Evaluator, here: Instance, env: dict[str, Instance]) -> Truth:
        truth: Truth = evaluator.value(self.expr, here, env, bounded=self.place.bounded)
        return truth

    def _by_subject(self, block: Block, rows: Array) -> list[Truth]:
        """Each row is built as the intake would have built it, as far as it is read."""
        place = self.place
        roots = block.root_rows(place.rows)[rows]
        truths: list[Truth] = []
        start = 0
        while start < len(rows):
            some = roots[start : start + _CHUNK]
            built = Subjects(block, np.unique(some), self.needs, self._frames())
            for row in rows[start : start + len(some)].tolist():
                root = built.root(place.rows, row)
                day = self.day if block.days is None else date.fromordinal(int(block.days[block.root_rows(place.rows)[row]]))
                evaluator = built.evaluator(root, lambda root, day=day: Evaluator(self.plan, root, day))  # type: ignore[misc]
                env = {name: built.at(frame, built.climb(place.rows, row, frame)) for name, frame in place.env}
                here = built.at(place.here, built.climb(place.rows, row, place.here))
                truths.append(self._answer(evaluator, here, env))
            start += len(some)
        return truths

    def _frames(self) -> set[int]:
        """The frames that are built: those on the way to the root, and those of parts that are read."""
        wanted = {self.place.rows, self.place.here, *(frame for _, frame in self.place.env)}
        for frame in self.shape.frames:
            if self.needs.everything or frame.part in self.needs.parts:
                wanted.add(frame.number)
        for number in sorted(wanted, reverse=True):
            parent = self.shape.frames[number].parent
            while parent is not None:
                wanted.add(parent)
                parent = self.shape.frames[parent].parent
        return wanted


class Subjects:
    """Some rows of a block as subjects with their parts."""

    def __init__(self, block: Block, roots: Array, needs: Needs, frames: set[int]) -> None:
        """Build them.

        Args:
            block: The block.
            roots: The numbers of the rows, sorted.
            needs: Which facts are wanted.
            frames: Which frames are wanted.
        """
        self.block = block
        self._built: dict[int, dict[int, Instance]] = {}
        self._evaluators: dict[int, Evaluator] = {}
        chosen: dict[int, Array] = {}
        for number in sorted(frames):
            frame = block.frames[number]
            if frame.parent is None:
                rows = roots
            else:
                parents = chosen[frame.parent]
                lengths = frame.offsets[parents + 1] - frame.offsets[parents]
                rows = np.repeat(frame.offsets[parents] - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths) + np.arange(
                    lengths.sum()
                )
            chosen[number] = rows
            self._built[number] = self._build(number, rows, needs)
            if frame.parent is not None:
                self._attach(number, chosen[frame.parent])

    def _build(self, number: int, rows: Array, needs: Needs) -> dict[int, Instance]:
        frame = self.block.frames[number]
        names = [name for name in frame.columns if needs.everything or name in needs.facts]
        values = [frame.columns[name].values(rows, frame.count) for name in names]
        built = {}
        for at, row in enumerate(rows.tolist()):
            facts = {name: value[at] for name, value in zip(names, values, strict=True) if value[at] is not None}
            built[row] = Instance(frame.kind, str(row) if number else "", facts)
        return built

    def _attach(self, number: int, parents: Array) -> None:
        frame = self.block.frames[number]
        assert frame.parent is not None
        owners = self._built[frame.parent]
        known = None if frame.listed is None else unpack(frame.listed, self.block.frames[frame.parent].count)
        for row in parents.tolist():
            if known is None or known[row]:
                owner = owners[row]
                parts = [self._built[number][at] for at in range(int(frame.offsets[row]), int(frame.offsets[row + 1]))]
                for part in parts:
                    part.owner = owner
                owner.parts[frame.part] = parts

    def climb(self, frame: int, row: int, target: int) -> int:
        """The row in the frame of an owner."""
        while frame != target:
            found = self.block.frames[frame]
            assert found.parent is not None
            row, frame = int(found.owner[row]), found.parent
        return row

    def at(self, frame: int, row: int) -> Instance:
        """A subject."""
        return self._built[frame][row]

    def root(self, frame: int, row: int) -> Instance:
        """The row that a subject belongs to."""
        return self._built[0][self.climb(frame, row, 0)]

    def evaluator(self, root: Instance, make: Callable[[Instance], Evaluator]) -> Evaluator:
        """The evaluator of a row; it remembers what was asked of it."""
        found = self._evaluators.get(id(root))
        if found is None:
            found = self._evaluators[id(root)] = make(root)
        return found


class Comparison:
    """A comparison of computed numbers: by floats, and exactly where they are too near."""

    def __init__(self, op: str, asked: Asked) -> None:
        self.op, self.asked = op, asked

    def run(self, block: Block, left: Amounts, right: Amounts) -> tuple[Array, Array]:
        """The truth of all rows: surely and possibly, packed."""
        count = block.frames[self.asked.place.rows].count
        surely, possibly, doubt = amounts.compare(self.op, left, right, count)
        if doubt is not None:
            self.asked.settle(block, np.flatnonzero(doubt), surely, possibly)
        return pack(surely), pack(possibly)
