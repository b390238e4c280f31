"""HR646: a rule that changes actions and gives none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.lint.material import action_uses

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """`kind: amends` acts through its actions alone."""
    for rule in material.source.rules():
        if rule.kind == "amends" and not any(action_uses(rule)):
            findings.report(646, rule.span, name=rule.name)
