"""HR518: two facts of a subject with one label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.diagnostics import Related

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material
    from hazardrules.model.law import Localized
    from hazardrules.source import Span


def check(material: Material, findings: Collector) -> None:
    """In any language; parts and derived facts count as well."""
    members: dict[tuple[str, str, str], tuple[str, Span]] = {}
    for kind, name, label, span in _members(material):
        for lang, text in label.items():
            first, where = members.setdefault((kind, lang, text), (name, span))
            if first != name:
                related = [Related(where, "lint.other_label")]
                findings.report(518, span, name=name, label=text, other=first, related=related)


def _members(material: Material) -> Iterator[tuple[str, str, Localized, Span]]:
    for kind in material.source.subjects.values():
        yield from ((kind.id, fact.name, fact.label, fact.span) for fact in kind.facts.values())
        yield from ((kind.id, part.name, part.label, part.span) for part in kind.parts.values())
    for pack in material.source.packs.values():
        yield from ((derived.on, derived.name, derived.label, derived.span) for derived in pack.derived)
