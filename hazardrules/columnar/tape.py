"""What a block of rows goes through: a list of steps on bit masks and arrays, each distinct step once.

A truth of many rows is two masks, one bit a row, eight rows a byte: *surely* and *possibly*; a row in neither fails, a row
in the second only is open. A mask that is the same for every row is `True` or `False` and costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

Array = Any
"""A NumPy array."""
Mask = int | bool
"""The slot of a mask, or what every row says."""


class Pair(NamedTuple):
    """A truth: what surely holds, and what does not surely fail."""

    surely: Mask
    possibly: Mask


YES, NO, OPEN = Pair(True, True), Pair(False, False), Pair(False, True)


def pack(flags: Array) -> Array:
    """One bit a row."""
    return np.packbits(flags, bitorder="little")


def unpack(mask: Array, count: int) -> Array:
    """One flag a row."""
    return np.unpackbits(mask, count=count, bitorder="little").view(np.bool_)


def everywhere(count: int, flag: bool) -> Array:
    """A mask that says the same of every row."""
    return np.full((count + 7) // 8, 255 if flag else 0, np.uint8)


class Step(NamedTuple):
    """Something that is done with the contents of slots."""

    run: Callable[..., Any]
    out: int
    slots: tuple[int, ...]
    literals: tuple[Hashable, ...]

    @property
    def outs(self) -> tuple[int, ...]:
        """The slots that are written."""
        return (self.out,)

    def take(self, slots: list[Any]) -> None:
        """Do it."""
        slots[self.out] = self.run(*[slots[slot] for slot in self.slots], *self.literals)


class Unit(Protocol):
    """A step, or several that are taken at once."""

    @property
    def slots(self) -> tuple[int, ...]:
        """The slots that are read."""

    @property
    def outs(self) -> tuple[int, ...]:
        """The slots that are written."""

    def take(self, slots: list[Any]) -> None:
        """Do it."""


class Tape:
    """Steps in an order in which each finds what it needs; slot 0 holds the block."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._known: dict[tuple[Hashable, ...], int] = {}
        self._nots: dict[int, int] = {}
        self._slots = 2  # no slot is 1 or 0 and so taken for True or False
        self._parts: list[list[tuple[Unit, tuple[int, ...]]]] = []
        self._ends: list[int] = []
        self._kept: list[set[int]] = []

    def step(self, run: Callable[..., Any], *slots: int, literals: tuple[Hashable, ...] = ()) -> int:
        """The slot of what a step gives; the same step is taken once.

        Args:
            run: Called with the contents of the slots, then with the literals.
            slots: What it works on.
            literals: What else it is told.
        """
        key = (run, slots, literals)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._slots
            self._slots += 1
            self._steps.append(Step(run, found, slots, literals))
        return found

    # masks

    def both(self, left: Mask, right: Mask) -> Mask:
        """Rows in both masks."""
        if left is False or right is False:
            return False
        if left is True or left == right:
            return right
        if right is True:
            return left
        if self._nots.get(left) == right:
            return False
        return self.step(np.bitwise_and, *sorted((left, right)))

    def either(self, left: Mask, right: Mask) -> Mask:
        """Rows in one of the masks."""
        if left is True or right is True:
            return True
        if left is False or left == right:
            return right
        if right is False:
            return left
        if self._nots.get(left) == right:
            return True
        return self.step(np.bitwise_or, *sorted((left, right)))

    def without(self, mask: Mask) -> Mask:
        """Rows outside a mask."""
        if isinstance(mask, bool):
            return not mask
        found = self._nots.get(mask)
        if found is None:
            found = self.step(np.invert, mask)
            self._nots[mask], self._nots[found] = found, mask
        return found

    def every(self, masks: Iterable[Mask]) -> Mask:
        """Rows in all masks."""
        result: Mask = True
        for mask in _ordered(masks):
            result = self.both(result, mask)
        return result

    def some(self, masks: Iterable[Mask]) -> Mask:
        """Rows in any mask."""
        result: Mask = False
        for mask in _ordered(masks):
            result = self.either(result, mask)
        return result

    # truths

    def conjoin(self, pairs: Iterable[Pair]) -> Pair:
        """Kleene's and."""
        items = list(pairs)
        surely = self.every(pair.surely for pair in items)
        same = all(pair.surely == pair.possibly for pair in items)
        return Pair(surely, surely if same else self.every(pair.possibly for pair in items))

    def disjoin(self, pairs: Iterable[Pair]) -> Pair:
        """Kleene's or."""
        items = list(pairs)
        surely = self.some(pair.surely for pair in items)
        same = all(pair.surely == pair.possibly for pair in items)
        return Pair(surely, surely if same else self.some(pair.possibly for pair in items))

    def negate(self, pair: Pair) -> Pair:
        """Kleene's not."""
        surely = self.without(pair.possibly)
        return Pair(surely, surely if pair.surely == pair.possibly else self.without(pair.surely))

    def halves(self, slot: int) -> Pair:
        """The two masks of a step that gives both."""
        return Pair(self.step(_first, slot), self.step(_second, slot))

    # running

    def close(self, wanted: Iterable[Mask]) -> int:
        """End a part of the tape.

        Args:
            wanted: What is read when the part has run, or in a later part.

        Returns:
            The number of the part.
        """
        self._ends.append(len(self._steps))
        self._kept.append({slot for slot in wanted if not isinstance(slot, bool)})
        return len(self._ends) - 1

    def finish(self, units: Callable[[Sequence[Step], set[int]], Sequence[Unit]] = lambda steps, _: steps) -> None:
        """Settle which steps are needed, what takes them, and which slot is done with after which.

        Args:
            units: Puts the steps of a part together, some of which may be taken at once; told which slots are read later.
        """
        pinned = set[int]().union(*self._kept, (0,))
        needed = set(pinned)
        for step in reversed(self._steps):
            if step.out in needed:
                needed.update(step.slots)
        parts = []
        for start, end in zip((0, *self._ends), self._ends, strict=False):
            parts.append([step for step in self._steps[start:end] if step.out in needed])
        later = [set(pinned)]
        for part in reversed(parts[1:]):
            later.append(later[-1] | {slot for step in part for slot in step.slots})
        done = [units(part, read) for part, read in zip(parts, reversed(later), strict=True)]
        last: dict[int, tuple[int, int]] = {}
        for number, part in enumerate(done):
            for at, unit in enumerate(part):
                last.update(dict.fromkeys((*unit.slots, *unit.outs), (number, at)))
        ending: dict[tuple[int, int], list[int]] = {}
        for slot, place in last.items():
            if slot not in pinned:
                ending.setdefault(place, []).append(slot)
        self._parts = [
            [(unit, tuple(ending.get((number, at), ()))) for at, unit in enumerate(part)] for number, part in enumerate(done)
        ]

    def __len__(self) -> int:
        """How many steps there are."""
        return len(self._steps)

    def start(self, block: object) -> list[Any]:
        """The slots of a run."""
        slots: list[Any] = [None] * self._slots
        slots[0] = block
        return slots

    def run(self, slots: list[Any], part: int) -> None:
        """Take the steps of a part; the parts before it have been run."""
        for unit, done in self._parts[part]:
            unit.take(slots)
            for slot in done:
                slots[slot] = None


def _ordered(masks: Iterable[Mask]) -> list[Mask]:
    """Each mask once, in an order that does not depend on how a condition was written, so that equal parts are met again."""
    found = set(masks)
    return [mask for mask in found if isinstance(mask, bool)] + sorted(mask for mask in found if not isinstance(mask, bool))


def _first(pair: tuple[Array, Array]) -> Array:
    return pair[0]


def _second(pair: tuple[Array, Array]) -> Array:
    return pair[1]
