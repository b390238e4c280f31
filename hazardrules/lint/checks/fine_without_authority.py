"""HR631: a fine that nobody is in charge of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """Neither the catalogue nor the rule names who imposes it; a cell of a table has no room for it."""
    for rule in material.source.rules():
        for use in rule.actions if rule.kind != "amends" else ():
            declared = material.source.actions[use.action]
            is_fine = declared.kind == "penalty" and "money" in declared.parameters.values()
            if is_fine and use.authority is None and declared.authority is None:
                findings.report(631, use.span, name=rule.name, action=use.action)
