"""HR647: advice with a level or a penalty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.lint.material import action_uses, levels_given

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

FORCE = ("penalty", "criminal", "order")


def check(material: Material, findings: Collector) -> None:
    """The law says 宜 there: nothing is unlawful, and nobody can be fined."""
    for rule in material.source.rules():
        if rule.kind != "advice":
            continue
        graver = [material.source.actions[use.action] for use in action_uses(rule)]
        forced = [action.id for action in graver if action.kind in FORCE] + [step for _, step in levels_given(rule)]
        if forced:
            findings.report(647, rule.span, name=rule.name, words=forced[0])
