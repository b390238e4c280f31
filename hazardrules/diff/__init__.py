"""What an edit of a rulebook changes: which rules mean something else now, and which are only written otherwise."""

from __future__ import annotations

from hazardrules.diff.compare import compare
from hazardrules.diff.model import Change, Difference, RuleDifference, Side, ThingDifference, Verdict, Witness
from hazardrules.diff.replay import Replay, replay
from hazardrules.verify import has_solver

__all__ = [
    "Change",
    "Difference",
    "Replay",
    "RuleDifference",
    "Side",
    "ThingDifference",
    "Verdict",
    "Witness",
    "compare",
    "has_solver",
    "replay",
]
