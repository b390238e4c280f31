"""HR615: a topic without facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """Forms would show an empty heading."""
    for kind in material.source.subjects.values():
        used = {fact.topic for fact in kind.facts.values()}
        for topic in kind.topics:
            if topic not in used:
                findings.report(615, kind.span, name=topic, on=kind.id)
