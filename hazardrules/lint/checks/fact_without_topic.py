"""HR543: a fact without a topic where the others have one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """Only in subjects that declare topics."""
    for kind in material.source.subjects.values():
        for fact in kind.facts.values() if kind.topics else ():
            if fact.topic is None:
                findings.report(543, fact.span, name=fact.name)
