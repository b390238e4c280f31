"""HR638: an instrument that was read, nobody says where."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """`text: read` or `partly` without `sources`."""
    for instrument in material.source.instruments.values():
        if instrument.text != "unread" and not instrument.sources:
            findings.report(638, instrument.span, name=instrument.id)
