"""HR546: a least value above the greatest."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """Equal ones leave a single value."""
    for kind in material.source.subjects.values():
        for fact in kind.facts.values():
            if fact.minimum is not None and fact.maximum is not None and fact.minimum >= fact.maximum:
                findings.report(546, fact.span, name=fact.name)
