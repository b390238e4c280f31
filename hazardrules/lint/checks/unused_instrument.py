"""HR616: an instrument that nothing rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """Packs, rules, actions, tables and what is not encoded; a predecessor of a used instrument counts as used."""
    source = material.source
    used = {law for pack in source.packs.values() for law in (pack.law, *pack.clauses_encoded)}
    used |= {entry.law for pack in source.packs.values() for entry in pack.not_encoded}
    used |= {ref.law for table in source.tables.values() for ref in table.basis}
    used |= {law for instrument in source.instruments.values() for law in instrument.supersedes}
    for instrument in source.instruments.values():
        if instrument.id not in used:
            findings.report(616, instrument.span, name=instrument.id)
