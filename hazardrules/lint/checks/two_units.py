"""HR654: facts of one subject in different units of one kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.diagnostics import Related

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material
    from hazardrules.model.subjects import FactDeclaration

FAR = 60
"""Minutes and hours, millimetres and metres, kilograms and tonnes are that far from one another, or farther."""


def check(material: Material, findings: Collector) -> None:
    """Units of very different size have their own use: millimetres of a crack, metres of a building."""
    for kind in material.source.subjects.values():
        first: dict[object, FactDeclaration] = {}
        for fact in kind.facts.values():
            unit = fact.type.unit
            if fact.type.name != "number" or not unit.dimension:
                continue
            other = first.setdefault(unit.dimension, fact)
            ratio = max(unit.factor, other.type.unit.factor) / min(unit.factor, other.type.unit.factor)
            if unit.name != other.type.unit.name and ratio < FAR:
                related = [Related(other.span, "lint.other_label")]
                theirs = other.type.unit.name
                findings.report(
                    654, fact.span, related=related, name=fact.name, unit=unit.name, other=other.name, other_unit=theirs
                )
