"""What is settled by which facts of a subject were submitted, whatever they are.

A fact that nobody submitted puts alternatives in doubt, a test that no submitted fact can touch is what it is in an empty
case. Facts and tests stand in small *groups*: what a group leaves, for each choice of its members that was submitted, is found
out once, so a case whose facts were never seen together costs one look per group.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hazardrules.engines.base import places

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hazardrules.engines.moves import Move, Step

SIZE = 8
"""So many members has a group."""
MAX_SHAPES = 2048
"""So many shapes are remembered."""


@dataclass(slots=True, eq=False)
class Shape:
    """What is settled by which facts were submitted.

    Attributes:
        alive: The alternatives that can still hold.
        sure: Those of which no literal is unknown; again as to their scope, and as to their condition.
        early: The tests that the facts can touch, in order.
        late: Those of them that stand on a sum over findings.
        asks: Whether the reference is asked.
        seen: Rules that the submitted facts touch, for those who want to remember it.
    """

    alive: int
    sure: int
    early: tuple[Step, ...]
    late: tuple[Step, ...]
    asks: bool
    seen: dict[object, int] = field(default_factory=dict)


class _Group(dict[int, int]):
    """By the members that were submitted: what the others leave sure."""

    __slots__ = ("if_open",)

    def __init__(self, if_open: Sequence[int]) -> None:
        super().__init__()
        self.if_open = if_open

    def __missing__(self, submitted: int) -> int:
        """Find out, and remember."""
        found = -1
        for member, left in enumerate(self.if_open):
            if not submitted >> member & 1:
                found &= left
        self[submitted] = found
        return found


class Shapes:
    """The shapes of the cases of one kind of subject.

    Attributes:
        known: Those that were seen, by what was submitted.
    """

    def __init__(
        self, alive: int, sure: int, if_open: Mapping[str, int], moves: Sequence[Move], prepare: Callable[[Move], None]
    ) -> None:
        """Group facts and tests.

        Args:
            alive: All alternatives.
            sure: Those that are not in doubt from the beginning.
            if_open: By token of a fact, what is sure where it is unknown.
            moves: The tests that do not look at one fact alone, in order; each knows its `base`.
            prepare: Makes a test ready to be looked at.
        """
        self._alive, self._sure, self._moves, self._prepare = alive, sure, moves, prepare
        effects = [move.effect(move.base) for move in moves]
        members = [*if_open.values(), *(certain for _, certain in effects)]
        self._groups = [_Group(members[start : start + SIZE]) for start in range(0, len(members), SIZE)]
        self._first_move = len(if_open)
        self._where = {token: (number // SIZE, 1 << number % SIZE) for number, token in enumerate(if_open)}
        self._striking = [(1 << number, left) for number, (left, _) in enumerate(effects) if alive & left != alive]
        self._touched: dict[str, int] = {}
        for number, move in enumerate(moves):
            for token in move.test.needs:
                self._touched[token] = self._touched.get(token, 0) | 1 << number
        self.known: dict[tuple[Any, ...], Shape] = {}

    def new(self, key: tuple[Any, ...], tokens: set[str]) -> Shape:
        """The shape of what was submitted; remembered under its key."""
        groups = [0] * len(self._groups)
        where, touching, touched = self._where, self._touched, 0
        for token in tokens:
            if token in where:
                group, member = where[token]
                groups[group] |= member
            if token in touching:
                touched |= touching[token]
        moves = []
        for number in places(touched):
            move = self._moves[number]
            if move.test.strict <= tokens:
                moves.append(move)
                group, member = divmod(self._first_move + number, SIZE)
                groups[group] |= 1 << member
                self._prepare(move)
            else:
                touched ^= 1 << number
        alive, sure = self._alive, self._sure
        for bit, left in self._striking:
            if not touched & bit:
                alive &= left
        for known, submitted in zip(self._groups, groups, strict=True):
            sure &= known[submitted]
        early = tuple([move.step() for move in moves if not move.test.is_late])
        late = tuple([move.step() for move in moves if move.test.is_late])
        found = Shape(alive, sure, early, late, any(move.asks for move in moves))
        if len(self.known) >= MAX_SHAPES:
            self.known.clear()
        self.known[key] = found
        return found
