"""HR631: a penalty that nobody is in charge of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.lint.material import action_uses

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """Neither the catalogue nor the rule names the authority that imposes it."""
    for rule in material.source.rules():
        for use in action_uses(rule):
            declared = material.source.actions[use.action]
            if declared.kind == "penalty" and use.authority is None and declared.authority is None and rule.kind != "amends":
                findings.report(631, use.span, name=rule.name, action=use.action)
