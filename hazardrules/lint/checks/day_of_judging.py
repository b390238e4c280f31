"""HR648: the day of judging compared with a day of the calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.model import syntax_tree as ast

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """When a rule is law is said by its dates, not by its condition."""
    for expr, _, name in material.parts:
        if not isinstance(expr, ast.Comparison):
            continue
        has_day = any(isinstance(side, ast.Day) for side in expr.operands)
        if has_day and any(isinstance(side, ast.Name) and side.text == "as_of" for side in expr.operands):
            findings.report(648, expr.span, name=name, words=material.words(expr.span))
