"""HR544: a matter of judgement without a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """What only a competent person can decide needs more than a label."""
    for kind in material.source.subjects.values():
        for fact in kind.facts.values():
            if fact.judgement and fact.ask is None:
                findings.report(544, fact.span, name=fact.name)
