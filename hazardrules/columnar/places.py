"""Where an expression is asked: for the subjects of which frame, and which frame each of its names means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from hazardrules.columnar.amounts import Amounts
from hazardrules.columnar.tape import OPEN, Pair, Tape, pack, unpack
from hazardrules.columnar.values import Days, Words
from hazardrules.model import expressions as ir

if TYPE_CHECKING:
    from hazardrules.columnar.frames import Block, Shape
    from hazardrules.columnar.tape import Array


class NotNativeError(Exception):
    """An expression has no form for whole columns; the row-wise engine is asked."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an expression is asked.

    Attributes:
        rows: The frame whose subjects get an answer.
        here: The frame that bare names mean.
        env: The frames of the parts that quantifiers have in hand.
        bounded: Unknown numbers lie between their declared bounds.
    """

    rows: int
    here: int
    env: tuple[tuple[str, int], ...] = ()
    bounded: bool = False

    def plainly(self) -> Place:
        """The same where unknown numbers are just unknown."""
        return replace(self, bounded=False)


Step = tuple[str, int]
"""Up to the owner, or down to the single part: how, and the frame that is reached."""


class Places:
    """Finds the frames that names mean, and carries answers from one frame to another."""

    def __init__(self, shape: Shape, tape: Tape) -> None:
        self.shape, self.tape = shape, tape

    def resolve(self, base: ir.Base, place: Place) -> int | None:
        """The frame that a base means; None where such a subject is not known.

        Raises:
            NotNativeError: It is no owner of the rows, so that each row would have many of them.
        """
        match base:
            case ir.Self():
                return self._owner_of(place.here, place)
            case ir.Variable(name=name):
                return self._owner_of(dict(place.env)[name], place)
            case ir.Owner(of=inner):
                found = self.resolve(inner, place)
                return None if found is None else self.shape.frames[found].parent
            case ir.OnePart(of=inner, part=part):
                found = self.resolve(inner, place)
                return None if found is None else dict(self.shape.frames[found].parts).get(part)

    def _owner_of(self, frame: int, place: Place) -> int:
        if frame not in self.above(place.rows):
            raise NotNativeError
        return frame

    def above(self, frame: int) -> list[int]:
        """A frame, the frame of its owners, theirs, and so on."""
        found = [frame]
        while (parent := self.shape.frames[found[-1]].parent) is not None:
            found.append(parent)
        return found

    def route(self, rows: int, target: int) -> tuple[Step, ...]:
        """How to get from a subject to another that belongs to it: up to a common owner, then down through single parts."""
        up, down = self.above(rows), self.above(target)
        common = next(frame for frame in up if frame in down)
        back = reversed(down[: down.index(common)])
        return (*(("up", frame) for frame in up[1 : up.index(common) + 1]), *(("down", frame) for frame in back))

    def carry(self, pair: Pair, target: int, rows: int) -> Pair:
        """A truth about the subjects of one frame, for those of another."""
        route = self.route(rows, target)
        if not route:
            return pair
        may_miss = any(way == "down" for way, _ in route)
        if isinstance(pair.surely, bool) and isinstance(pair.possibly, bool) and (not may_miss or pair == OPEN):
            return pair
        where = self.tape.step(rows_of, 0, literals=(rows, route))
        surely = pair.surely
        if not (surely is False or (surely is True and not may_miss)):
            surely = self._carried(surely, target, where, missing=False)
        if not may_miss and pair.surely == pair.possibly:
            return Pair(surely, surely)
        possibly = pair.possibly
        if possibly is not True and not (possibly is False and not may_miss):
            possibly = self._carried(possibly, target, where, missing=True)
        return Pair(surely, possibly)

    def _carried(self, mask: int | bool, target: int, where: int, *, missing: bool) -> int:
        if isinstance(mask, bool):
            return self.tape.step(_carried_flag, where, literals=(mask, missing))
        return self.tape.step(_carried_mask, 0, mask, where, literals=(target, missing))

    def carry_value(self, slot: int, target: int, rows: int) -> int:
        """Values of the subjects of one frame, for those of another."""
        route = self.route(rows, target)
        if not route:
            return slot
        return self.tape.step(_carried_value, 0, slot, self.tape.step(rows_of, 0, literals=(rows, route)), literals=(target,))


def rows_of(block: Block, rows: int, route: tuple[Step, ...]) -> tuple[Array, Array | None]:
    """For each subject of a frame the subject at the end of a route, and whether there is one (None: always)."""
    found = np.arange(block.frames[rows].count)
    there: Array | None = None
    now = rows
    for way, frame in route:
        if way == "up":
            owners = block.frames[now].owner
            found = owners[found] if len(owners) else np.zeros(len(found), np.int64)
        else:
            offsets = block.frames[frame].offsets
            is_there = offsets[found + 1] > offsets[found] if block.frames[now].count else np.zeros(len(found), np.bool_)
            there = is_there if there is None else there & is_there
            found = np.where(is_there, offsets[found], 0) if block.frames[now].count else np.zeros(len(found), np.int64)
        now = frame
    return found, there


def _carried_flag(where: tuple[Array, Array | None], flag: bool, missing: bool) -> Array:
    _, there = where
    return pack(np.full(len(where[0]), flag) if there is None else np.where(there, flag, missing))


def _carried_mask(block: Block, mask: Array, where: tuple[Array, Array | None], target: int, missing: bool) -> Array:
    found, there = where
    count = block.frames[target].count
    if not count:
        return pack(np.full(len(found), missing))
    flags = unpack(mask, count)[found]
    return pack(flags if there is None else np.where(there, flags, missing))


def _carried_value(
    block: Block, value: Amounts | Words | Days, where: tuple[Array, Array | None], target: int
) -> Amounts | Words | Days:
    found, there = where
    count = block.frames[target].count
    gone = np.zeros(len(found), np.bool_) if not count else None if there is None or there.all() else there
    if not count:
        found = found[:0]

    def at(values: Array, missing: float) -> Array:
        if np.ndim(values) == 0:
            values = np.full(count, values)
        if not count:
            return np.full(len(where[0]), missing, values.dtype)
        taken: Array = values[found]
        return taken if gone is None else np.where(gone, taken, missing)

    if isinstance(value, Words):
        return Words(at(value.codes, 0), value.table)
    if isinstance(value, Days):
        known = value.known
        if gone is None:
            return Days(at(value.values, 0), None if known is None else known[found])
        return Days(at(value.values, 0), gone if known is None or not count else gone & known[found])
    low = at(value.low, -np.inf)
    same = value.is_point and gone is None
    return Amounts(
        low, low if same else at(value.high, np.inf), at(value.error, 0.0) if np.ndim(value.error) else value.error, value.whole
    )
