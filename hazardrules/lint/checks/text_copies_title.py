"""HR505: a text that says what the title says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

STOPS = "。.!！"


def check(material: Material, findings: Collector) -> None:
    """In every language; a final stop makes no difference."""
    for rule in material.source.rules():
        same = [text.rstrip(STOPS) == rule.title.get(lang, "").rstrip(STOPS) for lang, text in rule.text.items()]
        if same and all(same):
            findings.report(505, rule.span, name=rule.name)
