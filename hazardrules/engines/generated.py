"""The default engine for single cases: one Python function per kind of subject, generated once per plan.

`generator` writes the functions; what it has no form for (quantifiers, look-ups, references to other subjects) is asked
of the reference evaluator, so both engines share those by construction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.engines.bitset import judge
from hazardrules.engines.generator import Generator

if TYPE_CHECKING:
    from datetime import date

    from hazardrules.compiler.plan import Plan
    from hazardrules.engines.base import Verdict
    from hazardrules.engines.generator import Judge
    from hazardrules.model.instances import Instance


class Generated:
    """The generated engine."""

    name = "generated"

    def evaluate(self, plan: Plan, root: Instance, as_of: date) -> list[Verdict]:
        """Judge a subject and all its parts; see `Engine.evaluate`."""
        return judge(plan, root, as_of)

    def judge(self, plan: Plan, kind: str) -> Judge:
        """The compiled judgement of a kind of subject; made on first use, the same for all threads."""
        key = f"generated:{kind}"
        found = plan.engine_state.get(key)
        if found is None:
            found = plan.engine_state.setdefault(key, Generator(plan, kind).build())
        return found  # type: ignore[return-value]  # only judges are stored under this key

    def source(self, plan: Plan, kind: str) -> str:
        """The generated code, to read."""
        generator = Generator(plan, kind)
        generator.build()
        return "\n".join(generator.lines)
