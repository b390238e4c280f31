"""HR531: a list of conditions within a list of the same kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.model import syntax_tree as ast

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """`all` within `all`, `any` within `any`, brackets within the same operator; an expression in a block is a line."""
    for expr, around, name in material.parts:
        if not isinstance(expr, ast.Junction) or not around or not isinstance(around[-1], ast.Junction):
            continue
        if around[-1].op == expr.op and material.is_block(expr) == material.is_block(around[-1]):
            findings.report(531, expr.span, name=name)
