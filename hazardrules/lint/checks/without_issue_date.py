"""HR639: an instrument without the day on which it was issued."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """One whose text nobody read may be known by its number alone."""
    for instrument in material.source.instruments.values():
        if not instrument.issued and instrument.text != "unread":
            findings.report(639, instrument.span, name=instrument.id)
