"""Many rules at once: a plan's boards, and their verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hazardrules.engines.base import Bits, Verdict, places, walk
from hazardrules.engines.board import Board, no_sum
from hazardrules.engines.reference import Evaluator
from hazardrules.engines.totals import Sums

if TYPE_CHECKING:
    from datetime import date

    from hazardrules.compiler.plan import Plan
    from hazardrules.engines.board import State
    from hazardrules.model.instances import Instance

_new, _set = object.__new__, object.__setattr__


class BoardVerdict(Verdict):
    """A verdict whose names are looked up when they are read."""

    __slots__ = ("_state", "held", "open", "waiting")

    _state: State
    held: int
    open: int
    waiting: int

    def _names(self, bits: int) -> tuple[str, ...]:
        board = self._state.board
        return tuple([board.in_order[rank] for rank in sorted([board.ranks[place] for place in places(bits)])])

    @property
    def holds(self) -> tuple[str, ...]:
        """Names of the rules that hold, in plan order."""
        return self._names(self.held)

    @property
    def undetermined(self) -> tuple[str, ...]:
        """Names of the rules that are neither known to hold nor known to fail, in plan order."""
        return self._names(self.open)

    @property
    def but_for(self) -> tuple[str, ...]:
        """Those of the undetermined rules that match and only wait for a rule that would displace them."""
        return self._names(self.waiting)

    @property
    def unscoped(self) -> frozenset[str]:
        """Those of the undetermined rules of which neither the scope nor the condition is known to be met."""
        return frozenset(self._names(self._state.board.unscoped(self._state) & self.open))

    def bits(self, _plan: Plan) -> Bits:
        """The same as bit sets."""
        return Bits(self._state.board.names, self.held, self.open, self.waiting, self._state.board.unscoped(self._state))


def verdict_of(state: State) -> BoardVerdict:
    """Settle what the rules are, when all their tests are looked at."""
    found = _new(BoardVerdict)
    _set(found, "instance", state.instance)
    _set(found, "_state", state)
    held, still_open, waiting = state.board.verdict(state)
    _set(found, "held", held)
    _set(found, "open", still_open)
    _set(found, "waiting", waiting)
    return found


def board_of(plan: Plan, kind: str) -> Board:
    """The board of a kind of subject; made on first use, the same for all threads."""
    boards: Any = plan.engine_state.get("boards")
    if boards is None:
        boards = plan.engine_state.setdefault("boards", {})
    found: Board | None = boards.get(kind)
    if found is None:
        found = boards.setdefault(kind, Board(plan, kind))
    return found


def judge(plan: Plan, root: Instance, as_of: date) -> list[Verdict]:
    """Judge a subject and all its parts."""
    states = [board_of(plan, instance.kind).begin(instance) for instance in (walk(root) if root.parts else (root,))]
    evaluator = Evaluator(plan, root, as_of) if any(state.shape.asks for state in states) else None
    is_late = False
    for state in states:
        state.apply(state.shape.early, evaluator, as_of, no_sum)
        is_late = is_late or bool(state.shape.late)
    if is_late:
        sums = Sums(plan, states, as_of)
        for state in states:
            state.apply(state.shape.late, evaluator, as_of, sums)
    return [verdict_of(state) for state in states]
