"""HR540: an id that repeats the name of its pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """The full name of a rule begins with its pack anyway."""
    for rule in material.source.rules():
        last, name = rule.pack.rsplit(".", 1)[-1], rule.name.removeprefix(f"{rule.pack}.")
        if name.startswith(f"{last}_"):
            findings.report(540, rule.span, name=rule.name, better=name.removeprefix(f"{last}_"))
