"""HR660: the holder of a role, nobody says where that was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """Authorities and duty holders; an unverified holder needs its source as well."""
    source = material.source
    for section, roles in (("authorities", source.authorities), ("duty_holders", source.duty_holders)):
        for role in roles.values():
            for holder in role.holders:
                if not holder.source:
                    span = material.declared(section, role.id)
                    findings.report(
                        660, span, name=role.id, holder=next(iter(holder.name.values()), ""), place=holder.jurisdiction
                    )
