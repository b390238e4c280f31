"""HR636: an exception that does not say what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """Answers name the exception that helped somebody."""
    for rule in material.source.rules():
        for exemption in rule.unless:
            if not exemption.text:
                findings.report(636, exemption.span, name=rule.name)
