"""HR524: a comparison with the value first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.lint.trees import FLIPPED, is_literal
from hazardrules.model import syntax_tree as ast

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """A band such as `3 <= x < 5` begins with a value."""
    for expr, _, name in material.parts:
        if isinstance(expr, ast.Comparison) and len(expr.ops) == 1:
            left, right = expr.operands
            if is_literal(left) and not is_literal(right):
                better = f"{material.operand(right)} {FLIPPED[expr.ops[0]]} {material.operand(left)}"
                findings.report(524, expr.span, name=name, better=better, edits=material.replaced(expr.span, better))
