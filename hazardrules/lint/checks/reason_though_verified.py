"""HR635: the reason why nobody checked a rule that somebody did."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """`why_unverified` without `verified: false`."""
    for rule in material.source.rules():
        if rule.verified and rule.why_unverified:
            findings.report(635, rule.span, name=rule.name)
