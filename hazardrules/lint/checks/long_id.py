"""HR541: an id that is too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material
    from hazardrules.source import Span

LONGEST = 48


def check(material: Material, findings: Collector) -> None:
    """Of rules, derived facts, parameters and facts; groups before a dot count."""
    for name, span in _named(material):
        if len(name) > LONGEST:
            findings.report(541, span, name=name, count=len(name), most=LONGEST)


def _named(material: Material) -> Iterator[tuple[str, Span]]:
    for pack in material.source.packs.values():
        yield from ((rule.name.removeprefix(f"{pack.name}."), rule.span) for rule in pack.rules)
        yield from ((one.name, one.span) for one in pack.derived)
        yield from ((one.name, one.span) for one in pack.parameters)
    for kind in material.source.subjects.values():
        yield from ((fact.name, fact.span) for fact in kind.facts.values())
