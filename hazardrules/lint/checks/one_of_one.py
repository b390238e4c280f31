"""HR523: one of a single value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.model import syntax_tree as ast

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

SIGNS = {(True, False): "==", (True, True): "!=", (False, False): "contains", (False, True): "not contains"}
"""By whether it is one value that is tested, and whether it must not be."""


def check(material: Material, findings: Collector) -> None:
    """`x in {a}` is `x == a`, `s intersects {a}` is `s contains a`; likewise with `not` between."""
    for expr, around, name in material.parts:
        if not isinstance(expr, ast.Membership | ast.Intersects) or len(expr.options) != 1:
            continue
        subject = expr.item if isinstance(expr, ast.Membership) else expr.container
        negated = bool(around) and isinstance(around[-1], ast.Not) and around[-1].span == expr.span
        sign = SIGNS[isinstance(expr, ast.Membership), negated]
        better = f"{material.operand(subject)} {sign} {material.operand(expr.options[0])}"
        findings.report(523, expr.span, name=name, better=better, edits=material.replaced(expr.span, better))
