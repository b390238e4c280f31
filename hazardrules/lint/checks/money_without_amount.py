"""HR632: an amount of money that a rule does not give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.lint.material import action_uses

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """Another rule may give it: one that changes the actions of this one, or one whose actions this one changes."""
    amended = {name if "." in name else f"{rule.pack}.{name}" for rule in material.source.rules() for name, _ in rule.of}
    for rule in material.source.rules():
        for use in action_uses(rule) if rule.kind != "amends" and rule.name not in amended else ():
            declared = material.source.actions[use.action]
            money = [name for name, kind in declared.parameters.items() if kind == "money"]
            if money and not any(name in use.values for name in money):
                findings.report(632, use.span, name=rule.name, action=use.action, parameter=money[0])
