"""HR526: `not` before a test that can hold it within itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.lint.rewrite import is_written_inside, opposite
from hazardrules.model import syntax_tree as ast

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """`not (x in {a})` is `x not in {a}`."""
    for expr, _, name in material.parts:
        if not isinstance(expr, ast.Not) or is_written_inside(expr) or material.is_block(expr):
            continue
        if isinstance(expr.item, ast.Membership | ast.Contains | ast.Intersects):
            better = opposite(material, expr.item)
            if better is not None:
                findings.report(526, expr.span, name=name, better=better, edits=material.replaced(expr.span, better))
