"""The default engine for single cases: one Python function per kind of subject, generated once per plan.

`generator` writes the functions; what it has no form for (quantifiers, look-ups, references to other subjects) is asked
of the reference evaluator, so both engines share those by construction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.engines.base import Verdict, walk
from hazardrules.engines.generator import Generator
from hazardrules.engines.reference import Evaluator

if TYPE_CHECKING:
    from datetime import date

    from hazardrules.compiler.plan import Plan
    from hazardrules.engines.generator import Judge
    from hazardrules.model.instances import Instance

_EMPTY: frozenset[str] = frozenset()


class Generated:
    """The generated engine."""

    name = "generated"

    def evaluate(self, plan: Plan, root: Instance, as_of: date) -> list[Verdict]:
        """Judge a subject and all its parts; see `Engine.evaluate`."""
        evaluator = None
        verdicts = []
        for instance in walk(root) if root.parts else (root,):
            judge = self.judge(plan, instance.kind)
            if judge.asks and evaluator is None:
                evaluator = Evaluator(plan, root, as_of)
            holds, undetermined, but_for, unscoped = judge.run(instance.facts, evaluator, instance, as_of)
            holds.sort()
            undetermined.sort()
            but_for.sort()
            names = judge.names
            verdicts.append(
                Verdict(
                    instance,
                    tuple([names[n] for n in holds]),
                    tuple([names[n] for n in undetermined]),
                    tuple([names[n] for n in but_for]),
                    frozenset([names[n] for n in unscoped]) if unscoped else _EMPTY,
                )
            )
        return verdicts

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
