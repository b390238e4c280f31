"""HR525: a negation of a negation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.lint.rewrite import opposite
from hazardrules.model import syntax_tree as ast

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """`not (not a)` and `not (x not in {a})`."""
    for expr, _, name in material.parts:
        if not isinstance(expr, ast.Not) or not isinstance(expr.item, ast.Not) or material.is_block(expr):
            continue
        better = opposite(material, expr.item)
        if better is not None:
            findings.report(525, expr.span, name=name, better=better, edits=material.replaced(expr.span, better))
