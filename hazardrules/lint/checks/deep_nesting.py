"""HR529: conditions nested too deeply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.model import syntax_tree as ast

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

MOST = 4


def check(material: Material, findings: Collector) -> None:
    """Said once for each whole condition, at the first place that is too deep."""
    said: set[int] = set()
    for expr, around, name in material.parts:
        depth = sum(isinstance(one, ast.Junction | ast.Threshold) for one in (*around, expr))
        if depth > MOST and isinstance(expr, ast.Junction | ast.Threshold) and id(around[0]) not in said:
            said.add(id(around[0]))
            findings.report(529, expr.span, name=name, most=MOST)
