"""HR641: an instrument and its successor in force on the same days."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from hazardrules.diagnostics import Related

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """Only where both days are known; one that begins later is HR642."""
    instruments = material.source.instruments
    for successor in instruments.values():
        for old in (instruments[name] for name in successor.supersedes if name in instruments):
            end, start = old.effective.until, successor.effective.start
            if end is not None and start is not None and (old.effective.start or date.min) < start < end:
                related = [Related(successor.span, "lint.successor")]
                findings.report(641, old.span, name=old.id, successor=successor.id, start=start, until=end, related=related)
