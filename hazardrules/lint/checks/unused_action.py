"""HR610: an action that no rule demands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.lint.material import action_uses

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """Compare the catalogue with what rules and rows of tables demand."""
    used = {use.action for rule in material.source.rules() for use in action_uses(rule)}
    for action in material.source.actions.values():
        if action.id not in used:
            findings.report(610, action.span, name=action.id)
