"""HR640: an instrument that was superseded and has no end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.diagnostics import Related

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """Where its successor is in force, it is not."""
    instruments = material.source.instruments
    for successor in instruments.values():
        for name in successor.supersedes:
            old = instruments.get(name)
            if old is not None and old.effective.until is None:
                related = [Related(successor.span, "lint.successor")]
                findings.report(640, old.span, name=old.id, successor=successor.id, related=related)
