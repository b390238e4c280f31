"""HR655: an instrument issued after it took effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.model.scalars import read_date

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """Law that looks back is rare; a slip in the year is not."""
    for instrument in material.source.instruments.values():
        issued, start = read_date(instrument.issued), instrument.effective.start
        if issued is not None and start is not None and issued > start:
            findings.report(655, instrument.span, name=instrument.id, issued=issued, start=start)
