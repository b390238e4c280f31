"""HR502: a rule without a title whose text is too long to stand in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.lint.checks.long_title import LONGEST

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """A short text is a title itself."""
    for rule in material.source.rules():
        if not rule.title and any(len(text) > LONGEST[lang] for lang, text in rule.text.items() if lang in LONGEST):
            findings.report(502, rule.span, name=rule.name)
