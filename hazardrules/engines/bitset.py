"""Many rules at once: a plan's boards, and their verdicts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from hazardrules.engines.base import walk
from hazardrules.engines.board import Board, no_sum
from hazardrules.engines.reference import Evaluator
from hazardrules.engines.totals import Sums
from hazardrules.engines.verdicts import BitVerdict

if TYPE_CHECKING:
    from datetime import date

    from hazardrules.compiler.plan import Plan
    from hazardrules.engines.base import Verdict
    from hazardrules.engines.board import State
    from hazardrules.model.instances import Instance


def verdict_of(state: State) -> BitVerdict:
    """Settle what the rules are, when all their tests are looked at."""
    board = state.board
    found: BitVerdict = BitVerdict()
    found.instance = state.instance  # type: ignore[misc]  # see the class
    found.order, found.scopes, found.touched = board.order, partial(board.unscoped, state), state.shape.seen
    found.held, found.open, found.waiting = board.verdict(state)
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
