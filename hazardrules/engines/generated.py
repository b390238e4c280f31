"""The default engine for single cases: rules compiled once per plan and kind of subject.

Few plain rules become one Python function, a line per rule (`lines`); all others become bit sets (`board`), in which a fact
strikes out every rule that it refutes at once. What neither has a form for (quantifiers, look-ups, references to other
subjects) is asked of the reference evaluator, so both engines share those by construction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hazardrules.engines.bitset import judge
from hazardrules.engines.lines import Lines

if TYPE_CHECKING:
    from datetime import date

    from hazardrules.compiler.plan import Plan
    from hazardrules.engines.base import Verdict
    from hazardrules.engines.lines import Judge
    from hazardrules.model.instances import Instance


class Generated:
    """The generated engine."""

    name = "generated"

    def evaluate(self, plan: Plan, root: Instance, as_of: date) -> list[Verdict]:
        """Judge a subject and all its parts; see `Engine.evaluate`."""
        if not root.parts:
            try:
                lines: Judge | None = plan.engine_state["lines"][root.kind]  # type: ignore[index]  # see below
            except KeyError:
                lines = self._lines(plan, root.kind)
            if lines is not None:
                return lines(root)  # type: ignore[return-value]  # a list of verdicts
        return judge(plan, root, as_of)

    def _lines(self, plan: Plan, kind: str) -> Judge | None:
        """The function of a kind of subject, where there is one; made on first use, the same for all threads."""
        known: Any = plan.engine_state.setdefault("lines", {})
        found: Judge | None = known.setdefault(kind, Lines(plan, kind).judge)
        return found

    def source(self, plan: Plan, kind: str) -> str:
        """The code of the function of a kind of subject, to read; empty where it has none."""
        return Lines(plan, kind).source
