"""HR527: a condition twice in one list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.diagnostics import Related
from hazardrules.lint.trees import shape
from hazardrules.model import syntax_tree as ast

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """In `and`, `or`, and among what `at_least` counts, where it counts twice."""
    for expr, _, name in material.parts:
        if not isinstance(expr, ast.Junction | ast.Threshold):
            continue
        seen: dict[object, ast.Expr] = {}
        for item in expr.items:
            first = seen.setdefault(shape(item), item)
            if first is not item:
                related = [Related(first.span, "lint.first_time")]
                findings.report(527, item.span, name=name, words=material.words(item.span), related=related)
