"""HR533: a value twice in one list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.lint.trees import shape
from hazardrules.model import syntax_tree as ast
from hazardrules.source import Edit

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """In what follows `in` and `intersects`."""
    for expr, _, name in material.parts:
        if not isinstance(expr, ast.Membership | ast.Intersects):
            continue
        seen: set[object] = set()
        for before, option in zip((None, *expr.options), expr.options, strict=False):
            if before is not None and shape(option) in seen:
                start, end = material.offsets(before.span)[1], material.offsets(option.span)[1]
                edits = (Edit(start, end, ""),)
                findings.report(533, option.span, name=name, words=material.words(option.span), edits=edits)
            seen.add(shape(option))
