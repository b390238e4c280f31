"""Sums of a parameter over the findings of a case, from bit sets: how many rules that carry six points hold, times six."""

from __future__ import annotations

from datetime import date
from math import inf
from typing import TYPE_CHECKING

from hazardrules.engines.carriers import carriers, is_fixed, open_parts
from hazardrules.engines.reference import Evaluator
from hazardrules.model import expressions as ir
from hazardrules.model import intervals
from hazardrules.model.instances import Instance
from hazardrules.model.types import PURE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hazardrules.compiler.plan import Plan
    from hazardrules.engines.board import Board, State
    from hazardrules.model.intervals import Amount
    from hazardrules.model.values import Number

    Bound = Number | float


class Carriers:
    """The rules on a kind of subject whose actions carry a parameter.

    Attributes:
        same: The rules that carry as much in every case, as bit sets, by how much at least and at most.
        other: Those that carry what the case says, or what rules that amend them say.
        parts: The parts that could bring further findings that carry it, where nobody speaks of them.
    """

    def __init__(self, board: Board, parameter: str) -> None:
        nobody = Instance(board.kind)
        evaluator = Evaluator(board.plan, nobody, date.min)
        self.same: dict[tuple[Bound, Bound], int] = {}
        self.other = 0
        for name in carriers(board.plan, board.kind, parameter):
            rule, mask = board.plan.rules[name], 1 << board.index[name]
            if not is_fixed(board.plan, rule, parameter):
                self.other |= mask
                continue
            amount = intervals.bounds(evaluator.carried(nobody, rule, parameter))
            self.same[amount] = self.same.get(amount, 0) | mask
        self.parts = tuple(open_parts(board.plan, nobody, parameter))


class Sums:
    """The sums of one case; called with the parameter that is summed."""

    def __init__(self, plan: Plan, states: Sequence[State], as_of: date) -> None:
        """States of all subjects of the case, the root first; all tests that need no sum were looked at."""
        self.plan, self.states, self.as_of = plan, states, as_of
        self._found: dict[str, Amount] = {}

    def __call__(self, parameter: str) -> Amount:
        """The sum of a parameter, as far as it is known."""
        if parameter not in self._found:
            self._found[parameter] = self._sum(parameter)
        return self._found[parameter]

    def _sum(self, parameter: str) -> Amount:
        low: Bound = 0
        high: Bound = 0
        is_open = False
        for state in self.states:
            carriers = state.board.carriers(parameter)
            if carriers.same or carriers.other:
                held, perhaps, _ = state.board.verdict(state)
                if (held | perhaps) & carriers.other:
                    return self._by_reference(parameter)
                for (least, most), mask in carriers.same.items():
                    if sure := (held & mask).bit_count():
                        low += least * sure
                        high += most * sure
                    if maybe := (perhaps & mask).bit_count():
                        low += least * maybe if least < 0 else 0
                        high += most * maybe if most > 0 else 0
            is_open = is_open or any(state.instance.parts.get(name) is None for name in carriers.parts)
        return intervals.between(low, inf if is_open else high)

    def _by_reference(self, parameter: str) -> Amount:
        root = self.states[0].instance
        total = ir.Total(parameter, PURE, None)  # type: ignore[arg-type]  # its place is never asked
        found: Amount = Evaluator(self.plan, root, self.as_of).value(total, root)
        return found
