"""HR611: an authority or duty holder without a task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.lint.material import action_uses

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """Compare the roles with those of the actions and of their uses."""
    source = material.source
    uses = [use for rule in source.rules() for use in action_uses(rule)]
    busy = {role for action in source.actions.values() for role in (action.by, action.authority)}
    busy |= {role for use in uses for role in (use.by, use.authority)}
    for section, roles in (("authorities", source.authorities), ("duty_holders", source.duty_holders)):
        for role in roles:
            if role not in busy:
                findings.report(611, material.declared(section, role), name=role, what=section)
