"""HR553: a rule or clause listed twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """In `overrides`, `of`, and among the legal bases of a rule; one clause cited in two ways is two."""
    for rule in material.source.rules():
        for key, listed in (("overrides", rule.overrides), ("of", rule.of)):
            for nth, (name, span) in enumerate(listed):
                if name in [earlier for earlier, _ in listed[:nth]]:
                    findings.report(553, span, name=rule.name, words=name, key=key)
        cited: set[tuple[str, str, str | None]] = set()
        for ref in (*rule.basis, *rule.see):
            if (ref.law, ref.clause, ref.cite) in cited:
                findings.report(553, ref.span, name=rule.name, words=f"{ref.law} {ref.clause}", key="clause")
            cited.add((ref.law, ref.clause, ref.cite))
