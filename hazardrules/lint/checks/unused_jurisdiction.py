"""HR617: a place without law of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.model.law import ancestry

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """Places around one that has law are needed to reach it; a holder of a role there is enough."""
    source = material.source
    roles = (*source.authorities.values(), *source.duty_holders.values())
    used = {one.jurisdiction for one in source.instruments.values()} | {one.jurisdiction for one in source.packs.values()}
    used |= {rule.jurisdiction for rule in source.rules()}
    used |= {holder.jurisdiction for role in roles for holder in role.holders}
    used = {around for place in used for around in ancestry(source.jurisdictions, place)}
    for place in source.jurisdictions:
        if place not in used:
            findings.report(617, material.declared("jurisdictions", place), name=place)
