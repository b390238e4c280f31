"""HR642: an instrument that supersedes a later one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.diagnostics import Related

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """By their first days in force."""
    instruments = material.source.instruments
    for successor in instruments.values():
        for old in (instruments[name] for name in successor.supersedes if name in instruments):
            first, later = successor.effective.start, old.effective.start
            if first is not None and later is not None and later >= first:
                related = [Related(old.span, "related.instrument")]
                findings.report(642, successor.span, name=successor.id, old=old.id, start=later, related=related)
