"""HR631: a fine that nobody is in charge of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.lint.material import action_uses

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """Neither the catalogue nor the rule names who imposes it; for cells of a table, the rule's list of actions does."""
    for rule in material.source.rules():
        uses = action_uses(rule) if rule.kind != "amends" else ()
        for use in {one.action: one for one in reversed([*uses]) if one.authority is None}.values():
            declared = material.source.actions[use.action]
            is_fine = declared.kind == "penalty" and "money" in declared.parameters.values()
            if is_fine and declared.authority is None:
                findings.report(631, use.span, name=rule.name, action=use.action)
