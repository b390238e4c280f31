"""HR643: an instrument that supersedes one that is not declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """Then the days before it have no law, and nobody says so."""
    instruments = material.source.instruments
    for instrument in instruments.values():
        for name in instrument.supersedes:
            if name not in instruments:
                findings.report(643, instrument.span, name=instrument.id, old=name)
