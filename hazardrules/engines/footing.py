"""The facts on which rules and derived facts stand, through whatever they refer to.

Facts are told by their names alone: what an expression calls the owner of its subject may be of several kinds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from hazardrules.model import expressions as ir

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hazardrules.compiler.plan import Plan


class Footing:
    """Follows references; what was followed once is remembered."""

    def __init__(self, plan: Plan) -> None:
        """Bind to a plan."""
        self.plan = plan
        self._known: dict[tuple[str, str, str], frozenset[str] | None] = {}

    @staticmethod
    def of(plan: Plan) -> Footing:
        """The one of a plan."""
        found = plan.engine_state.get("footing")
        if found is None:
            found = plan.engine_state["footing"] = Footing(plan)
        return cast("Footing", found)

    def facts(self, form: str, kind: str, name: str) -> frozenset[str] | None:
        """The facts without which nothing changes for something; None where it adds up what any finding carries.

        Args:
            form: `rule` (with what displaces it), `match` or `derived`.
            kind: The kind of subject.
            name: Of the rule or the derived fact.
        """
        key = (form, kind, name)
        if key not in self._known:
            self._known[key] = frozenset()  # no rule or derived fact stands on itself
            self._known[key] = self._facts(form, kind, name)
        return self._known[key]

    def _facts(self, form: str, kind: str, name: str) -> frozenset[str] | None:
        if form == "derived":
            derived = self.plan.compiled.derived.get((kind, name))
            return self._behind([derived.expr] if derived is not None else [])
        names = [name, *(self.plan.overriders.get(name, ()) if form == "rule" else ())]
        rules = [self.plan.rules[other] for other in names if other in self.plan.rules]
        return self._behind(
            expr for rule in rules for expr in (*([rule.scope] if rule.scope is not None else []), rule.when, *rule.unless)
        )

    def _behind(self, exprs: Iterable[ir.Expr]) -> frozenset[str] | None:
        found: set[str] = set()
        for expr in exprs:
            for item in ir.walk(expr):
                inner = self._of(item)
                if inner is None:
                    return None
                found |= inner
        return frozenset(found)

    def _of(self, item: ir.Expr) -> frozenset[str] | None:
        match item:
            case ir.FactRef(name=name):
                return frozenset({name})
            case ir.RuleRef(kind=kind, name=name):
                return self.facts("match", kind, name)
            case ir.DerivedRef(name=name):
                kinds = [kind for kind, other in self.plan.compiled.derived if other == name]
                behind = [self.facts("derived", kind, name) for kind in kinds]
                return None if None in behind else frozenset().union(*(facts for facts in behind if facts is not None))
            case ir.Total():
                return None
            case _:
                return frozenset()
