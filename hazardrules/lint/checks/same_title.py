"""HR516: two rules of a pack with one title."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.diagnostics import Related

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material
    from hazardrules.model.rules import Rule


def check(material: Material, findings: Collector) -> None:
    """Whoever reads a list of findings cannot tell them apart; editions of one rule for different days are one."""
    for pack in material.source.packs.values():
        seen: dict[str, Rule] = {}
        for rule in pack.rules:
            title = rule.title.get(material.source.default_language, "")
            first = seen.setdefault(title, rule)
            if title and first is not rule and first.on == rule.on and first.effective == rule.effective:
                related = [Related(first.span, "lint.other_rule")]
                findings.report(516, rule.span, name=rule.name, title=title, related=related)
