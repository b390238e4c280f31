"""Steps of a tape that machine code can take, many of them in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from hazardrules.columnar import leaves, native
from hazardrules.columnar.room import ROOM

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hazardrules.columnar.columns import Column
    from hazardrules.columnar.frames import Block
    from hazardrules.columnar.native import Library
    from hazardrules.columnar.tape import Array, Step, Unit

_LOGIC: dict[Any, str] = {np.bitwise_and: "and", np.bitwise_or: "or", np.invert: "not"}
_FREE = (leaves.known, leaves.flag, leaves.listed, leaves.nowhere)
"""Masks that are there already."""
_TESTS = (leaves.at_least, leaves.is_day_from, leaves.is_word, leaves.contains)


_FEW = 64
"""So many words of a column are compared to find out whether it has the form of one before."""
_KEPT = 64
"""So many plans of steps are kept; a table has one or two."""


class _Lowered(NamedTuple):
    """A test of a column for machine code: the operation, and what values are compared with."""

    operation: str
    operand: int


class _Plan(NamedTuple):
    """The steps of a kernel for columns of some forms.

    Attributes:
        steps: What does not depend on where the columns lie.
        odd: The tests that machine code cannot make.
    """

    steps: Array
    odd: tuple[int, ...]


class Planner:
    """Puts the steps of the parts of a tape into an order in which machine code takes as many as possible at once."""

    def __init__(self, library: Library | None) -> None:
        """Start before the first part.

        Args:
            library: The machine code; None for none.
        """
        self._library = library
        self._is_of_rows: dict[int, bool] = {}
        """Of masks whose subjects are known: whether these are the rows themselves; those of parts have other lengths."""

    def units(self, steps: Sequence[Step], kept: set[int]) -> Sequence[Unit]:
        """What takes the steps of the next part.

        Args:
            steps: In an order in which each finds what it needs.
            kept: Slots that are read when these steps are done.
        """
        if self._library is None:
            return steps
        makable = self._makable(steps)
        found: list[Unit] = []
        inside = {step.out for step in steps}
        done: set[int] = set()
        pending = list(steps)
        while pending:
            for is_kernel in (False, True):
                taken: list[Step] = []
                left: list[Step] = []
                for step in pending:
                    is_ready = all(slot in done or slot not in inside for slot in step.slots)
                    if is_ready and (step.out in makable) is is_kernel:
                        taken.append(step)
                        done.add(step.out)
                    else:
                        left.append(step)
                pending = left
                if is_kernel and taken:
                    taken.sort(key=_by_column)
                    found.append(Kernel(taken, kept | {slot for step in pending for slot in step.slots}, self._library))
                else:
                    found += taken
        return found

    def _makable(self, steps: Iterable[Step]) -> set[int]:
        """The slots of masks of rows that machine code can make."""
        known = self._is_of_rows
        found = set()
        for step in steps:
            if step.run in _TESTS or step.run in _FREE:
                known[step.out] = step.literals[0] == 0
                if step.run in _TESTS and known[step.out]:
                    found.add(step.out)
            elif step.run in _LOGIC:
                side = next((known[slot] for slot in step.slots if slot in known), None)
                if side is not None:
                    known[step.out] = side
                    if side:
                        found.add(step.out)
        return found


def _by_column(step: Step) -> tuple[bool, str]:
    """Tests first, those of a column together: they find it in the cache."""
    return (False, str(step.literals[1])) if step.run in _TESTS else (True, "")


class Kernel:
    """Some steps, and where they read and write.

    Attributes:
        slots: What is read from outside.
        outs: What is written for others.
    """

    def __init__(self, steps: Sequence[Step], needed: set[int], library: Library) -> None:
        """Give every mask a place: a row of the scratch paper, or of the output, or what is read."""
        self._library = library
        inside = {step.out for step in steps}
        self.slots = tuple(sorted({slot for step in steps for slot in step.slots if slot not in inside and slot}))
        self.outs = tuple(step.out for step in steps if step.out in needed)
        self._tests = [(row, step) for row, step in enumerate(steps) if step.run in _TESTS]
        names = sorted({step.literals[1] for _, step in self._tests}, key=str)
        self._names: tuple[Any, ...] = tuple(names)
        self._rows = np.array([row for row, _ in self._tests], np.intp)
        self._column = np.array([names.index(step.literals[1]) for _, step in self._tests], np.intp)
        self._plans: dict[tuple[Any, ...], _Plan] = {}
        last: dict[int, int] = {}
        for row, step in enumerate(steps):
            last.update(dict.fromkeys((*step.slots, step.out), row))
        outs = set(self.outs)
        places = {slot: number for number, slot in enumerate((*self.outs, *self.slots))}
        self._size = len(places)
        free: list[int] = []
        self._papers = 0
        self._template = np.zeros((len(steps), native.FIELDS), np.int64)
        self._where = np.zeros((len(steps), 3), np.intp)
        for row, step in enumerate(steps):
            operands = [places[slot] for slot in step.slots if slot]
            ending = (slot for slot in set(step.slots) if slot in inside and slot not in outs and last[slot] == row)
            free.extend(places[slot] for slot in ending)
            if step.out not in places:
                if free:
                    places[step.out] = free.pop()
                else:
                    places[step.out] = self._size + self._papers
                    self._papers += 1
            first = operands[0] if operands else places[step.out]
            self._where[row] = places[step.out], first, operands[1] if len(operands) > 1 else first
            if step.run in _LOGIC:
                self._template[row, 0] = library.address[_LOGIC[step.run]]

    def take(self, slots: list[Any]) -> None:
        """Take the steps for all rows of the block in slot 0."""
        block: Block = slots[0]
        count = block.count
        whole, rest = divmod(count, native.ROWS)
        out = ROOM.empty((len(self.outs), (whole + bool(rest)) * native.BYTES), np.uint8)
        paper = ROOM.empty((self._papers + 1) * native.BYTES, np.uint8)
        columns = [block.frames[0].columns.get(name) for name in self._names]
        plan = self._plan(columns)
        values = [_NOTHING if column is None else _values(column) for column in columns]
        masks = [slots[slot] for slot in self.slots]
        odd = [np.ascontiguousarray(step.run(block, *step.literals)) for step in (self._tests[number][1] for number in plan.odd)]
        if whole:
            self._run(plan, out, 0, paper, masks, values, odd, whole)
        if rest:
            start = whole * native.ROWS
            masks = [_tail(mask, start // 8, native.BYTES) for mask in masks]
            odd = [_tail(mask, start // 8, native.BYTES) for mask in odd]
            values = [_tail(array, start, native.ROWS) for array in values]
            self._run(plan, out, whole * native.BYTES, paper, masks, values, odd, 1)
        size = (count + 7) // 8
        for number, slot in enumerate(self.outs):
            slots[slot] = out[number, :size]

    def _run(
        self,
        plan: _Plan,
        out: Array,
        start: int,
        paper: Array,
        masks: list[Array],
        values: list[Array],
        odd: list[Array],
        chunks: int,
    ) -> None:
        """Fill in where everything lies, and go."""
        places = self._size + self._papers
        address, by = np.empty(places, np.int64), np.zeros(places, np.int64)
        made = len(self.outs)
        address[:made] = out.ctypes.data + start + np.arange(made) * (out.shape[1] if made else 0)
        address[made : self._size] = [mask.ctypes.data for mask in masks]
        by[: self._size] = native.BYTES
        address[self._size :] = -(-paper.ctypes.data // 64) * 64 + np.arange(self._papers) * native.BYTES
        steps = plan.steps.copy()
        steps[:, 1:7:2] = address[self._where]
        steps[:, 2:7:2] = by[self._where]
        if len(self._rows):
            steps[self._rows, 3] = np.array([array.ctypes.data for array in values], np.int64)[self._column]
            steps[self._rows, 4] = np.array([array.itemsize * native.ROWS for array in values], np.int64)[self._column]
        for number, mask in zip(plan.odd, odd, strict=True):
            steps[self._rows[number], 3:5] = mask.ctypes.data, native.BYTES
        self._library.run(steps, chunks)

    def _plan(self, columns: Sequence[Column | None]) -> _Plan:
        """The steps for columns of these forms."""
        forms = tuple(None if column is None else _form(column) for column in columns)
        found = None if _MANY_WORDS in forms else self._plans.get(forms)
        if found is None:
            found = self._made(columns)
            if _MANY_WORDS not in forms:
                if len(self._plans) >= _KEPT:
                    self._plans.clear()
                self._plans[forms] = found
        return found

    def _made(self, columns: Sequence[Column | None]) -> _Plan:
        steps, odd = self._template.copy(), []
        table = self._library.address
        for number, (row, step) in enumerate(self._tests):
            column = columns[self._column[number]]
            found = 0 if column is None else _lowered(step.run, column, step.literals[2])
            if isinstance(found, int):
                steps[row, 0], steps[row, 7] = table["fill"], found
            elif found is not None:
                steps[row, 0], steps[row, 7] = table[found.operation], found.operand
            else:
                steps[row, 0] = table["copy"]
                odd.append(number)
        return _Plan(steps, tuple(odd))


_NOTHING = np.zeros(0, np.uint8)
_MANY_WORDS = ("many words",)


def _values(column: Column) -> Array:
    """What the tests of a column look at."""
    if column.exact is not None:
        return _NOTHING
    return column.compared if column.fact.type.name == "number" else column.data


def _form(column: Column) -> tuple[Any, ...]:
    """What the tests of a column depend on, but for its values."""
    if len(column.words) > _FEW:
        return _MANY_WORDS
    values = _values(column)
    return (values.dtype.char, values.flags.c_contiguous, column.scale, column.exact is not None, tuple(column.words))


def _tail(values: Array, start: int, count: int) -> Array:
    """The values from a place on, filled up to a whole chunk."""
    found = np.zeros(count, values.dtype)
    rest = values[start : start + count]
    found[: len(rest)] = rest
    return found


def _lowered(run: Any, column: Column, wanted: Any) -> _Lowered | int | None:
    """A test for machine code; -1 or 0 where it says the same of every row; None where machine code cannot make it."""
    if run is leaves.is_word:
        return _of("eq", column.data, column.words.index(wanted)) if wanted in column.words else 0
    if run is leaves.contains:
        return _of("has", column.data, 1 << wanted)
    if run is leaves.is_day_from:
        return _of("ge", column.data, wanted)
    compared = column.comparable(wanted)
    if compared is None:
        return None
    values, above, limit = compared
    if isinstance(limit, bool):
        return -1 if limit else 0
    return _of("gt" if above else "ge", values, limit)


def _of(name: str, values: Array, operand: Any) -> _Lowered | None:
    operation = native.OPERATIONS.get((name, values.dtype.char))
    if operation is None or not values.flags.c_contiguous:
        return None
    if name == "ge" and not isinstance(operand, np.generic):
        limits = np.iinfo(values.dtype)
        if not limits.min <= operand <= limits.max:
            return None
    return _Lowered(operation, native.as_operand(operand))
