"""HR545: a number without a least value."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """Temperatures may be anything; what else may be negative says so with a minimum of its own."""
    for kind in material.source.subjects.values():
        for fact in kind.facts.values():
            if fact.type.name == "number" and fact.minimum is None and fact.type.unit.name != "°C":
                findings.report(545, fact.span, name=fact.name)
