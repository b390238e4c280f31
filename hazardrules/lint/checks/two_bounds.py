"""HR534: a lower and an upper bound of one thing, written apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.lint.rewrite import grouped, merged
from hazardrules.lint.trees import FLIPPED, is_literal
from hazardrules.model import syntax_tree as ast

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """`x >= a and x < b` is the band `a <= x < b`; only within one expression."""
    for expr, _, name in material.parts:
        if not isinstance(expr, ast.Junction) or expr.op != "and" or material.is_block(expr):
            continue
        compared = [item for item in expr.items if isinstance(item, ast.Comparison) and len(item.ops) == 1]
        bounds = [(item, item.operands[0]) for item in compared if is_literal(item.operands[1])]
        for group in grouped(bounds):
            sides = {item.ops[0][0]: item for item in group if isinstance(item, ast.Comparison)}
            if set(sides) != {"<", ">"} or len(group) != len(sides):
                continue
            low, high = sides[">"], sides["<"]
            first, last = (material.words(item.operands[1].span) for item in (low, high))
            better = f"{first} {FLIPPED[low.ops[0]]} {material.operand(low.operands[0])} {high.ops[0]} {last}"
            edits = material.replaced(expr.span, merged(material, expr, group, better))
            findings.report(534, expr.span, name=name, better=better, edits=edits)
