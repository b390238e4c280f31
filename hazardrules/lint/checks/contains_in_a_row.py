"""HR522: a set asked for several values, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.lint.rewrite import grouped, merged, place_of
from hazardrules.lint.trees import children
from hazardrules.model import syntax_tree as ast

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """`s contains a or s contains b`; in a block it is only pointed at."""
    for expr, _, name in material.parts:
        if not isinstance(expr, ast.Junction) or expr.op != "or":
            continue
        asked = [(item, item.container) for item in expr.items if isinstance(item, ast.Contains | ast.Intersects)]
        is_block = material.is_block(expr)
        for group in grouped(asked):
            values = ", ".join(material.words(value.span) for item in group for value in _values(item))
            better = f"{material.operand(children(group[0])[0])} intersects {{{values}}}"
            span = place_of(expr, group, is_block=is_block)
            edits = () if is_block else material.replaced(span, merged(material, expr, group, better))
            findings.report(522, span, name=name, better=better, edits=edits)


def _values(item: ast.Expr) -> tuple[ast.Expr, ...]:
    return children(item)[1:]
