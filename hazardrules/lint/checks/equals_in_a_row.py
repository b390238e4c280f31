"""HR521: one thing compared with several values, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.lint.rewrite import grouped, merged, place_of
from hazardrules.model import syntax_tree as ast

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

SIGNS = {"or": ("==", "in"), "and": ("!=", "not in")}


def check(material: Material, findings: Collector) -> None:
    """`x == a or x == b`, and `x != a and x != b`; in a block it is only pointed at."""
    for expr, _, name in material.parts:
        if not isinstance(expr, ast.Junction):
            continue
        sign, word = SIGNS[expr.op]
        compared = [item for item in expr.items if isinstance(item, ast.Comparison) and item.ops == (sign,)]
        with_values = [(item, item.operands[0]) for item in compared if material.is_value(item.operands[1])]
        is_block = material.is_block(expr)
        for group in grouped(with_values):
            comparisons = [item for item in group if isinstance(item, ast.Comparison)]
            values = ", ".join(material.words(item.operands[1].span) for item in comparisons)
            better = f"{material.operand(comparisons[0].operands[0])} {word} {{{values}}}"
            span = place_of(expr, group, is_block=is_block)
            edits = () if is_block else material.replaced(span, merged(material, expr, group, better))
            findings.report(521, span, name=name, better=better, edits=edits)
