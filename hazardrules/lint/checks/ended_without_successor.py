"""HR656: an instrument that ended, nobody says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """It has an end, no successor in the rulebook, and no notes."""
    source = material.source
    succeeded = {name for instrument in source.instruments.values() for name in instrument.supersedes}
    for instrument in source.instruments.values():
        if instrument.effective.until is not None and instrument.id not in succeeded and not instrument.notes:
            findings.report(656, instrument.span, name=instrument.id, until=instrument.effective.until)
