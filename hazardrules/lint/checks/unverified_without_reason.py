"""HR634: a rule that nobody checked, without the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """`verified: false` needs `why_unverified`."""
    for rule in material.source.rules():
        if not rule.verified and not rule.why_unverified:
            findings.report(634, rule.span, name=rule.name)
