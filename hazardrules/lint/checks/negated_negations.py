"""HR536: a negation of conditions that are all negated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.lint.rewrite import opposite
from hazardrules.model import syntax_tree as ast

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """`not (not a or not b)` is `a and b`; `none` with a list of negations is `all`."""
    for expr, around, name in material.parts:
        if not isinstance(expr, ast.Not) or not isinstance(expr.item, ast.Junction):
            continue
        if not all(isinstance(item, ast.Not) for item in expr.item.items):
            continue
        words = [opposite(material, item) for item in expr.item.items]
        if material.is_block(expr) or any(word is None for word in words):
            findings.report(536, expr.span, variant="block", name=name)
            continue
        better = f" {'or' if expr.item.op == 'and' else 'and'} ".join(word for word in words if word is not None)
        better = f"({better})" if around and not material.is_block(around[-1]) else better
        findings.report(536, expr.span, name=name, better=better, edits=material.replaced(expr.span, better))
