"""HR520: a comparison under `not`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.lint.rewrite import opposite
from hazardrules.model import syntax_tree as ast

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """A chain of comparisons has no opposite of its own."""
    for expr, _, name in material.parts:
        if not isinstance(expr, ast.Not) or not isinstance(expr.item, ast.Comparison) or material.is_block(expr):
            continue
        better = opposite(material, expr.item)
        if better is not None:
            edits = material.replaced(expr.span, better)
            findings.report(520, expr.span, name=name, words=material.words(expr.span), better=better, edits=edits)
