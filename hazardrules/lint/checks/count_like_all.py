"""HR532: a count that `any`, `all` or `none` says better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.model import syntax_tree as ast

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """At least one, at least all, at most none, and counts that say nothing."""
    for expr, _, name in material.parts:
        if isinstance(expr, ast.Threshold) and isinstance(expr.count, ast.Number):
            count, number = expr.count.value, len(expr.items)
            if (expr.op == "at_least" and not 1 < count < number) or (expr.op == "at_most" and not 0 < count < number):
                words = f"{expr.op} {count}"
                sayings: dict[object, str] = {1: "any", number: "all"} if expr.op == "at_least" else {0: "none"}
                better = sayings.get(count)
                if better is None:
                    findings.report(532, expr.count.span, variant="settled", name=name, words=words, count=number)
                else:
                    findings.report(532, expr.count.span, name=name, words=words, count=number, better=better)
