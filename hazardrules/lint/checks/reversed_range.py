"""HR633: a range whose lower end is above its upper end."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from hazardrules.lint.material import action_uses
from hazardrules.model import syntax_tree as ast
from hazardrules.model.units import find_unit

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """Of numbers in one unit; an end that is computed is not known here."""
    for rule in material.source.rules():
        for use in action_uses(rule):
            for given in use.values.values():
                low, high = given.low, given.high
                if isinstance(low, ast.Number) and isinstance(high, ast.Number) and size(low) > size(high):
                    findings.report(633, given.span, name=rule.name, low=low.written, high=high.written)


def size(number: ast.Number) -> Fraction:
    """A number in base units."""
    unit = find_unit(number.unit) if number.unit is not None else None
    return Fraction(number.value) * (unit.factor if unit is not None else 1)
