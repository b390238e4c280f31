"""HR547: a choice of a single value."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """An enum or set with one value in it."""
    for kind in material.source.subjects.values():
        for fact in kind.facts.values():
            if fact.declared in ("enum", "set") and len(fact.options) == 1:
                findings.report(547, fact.span, name=fact.name, words=fact.options[0].id)
