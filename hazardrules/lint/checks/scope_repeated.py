"""HR530: a condition that the scope around it asks for already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.lint.trees import shape
from hazardrules.model import syntax_tree as ast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """A rule's own scope repeats its pack's, or its condition repeats a scope."""
    for pack in material.source.packs.values():
        for rule in pack.rules:
            inherited = pack.applies if rule.on == pack.on and not rule.drops_scope else None
            asked = {shape(one) for one in _joined(inherited)}
            for part in _joined(rule.applies):
                if shape(part) in asked:
                    findings.report(530, part.span, name=rule.name, words=material.words(part.span))
            asked |= {shape(one) for one in _joined(rule.applies)}
            for part in _joined(rule.when):
                if shape(part) in asked:
                    findings.report(530, part.span, name=rule.name, words=material.words(part.span))


def _joined(expr: ast.Expr | None) -> Iterator[ast.Expr]:
    """What must hold for a condition to hold."""
    if isinstance(expr, ast.Junction) and expr.op == "and":
        for item in expr.items:
            yield from _joined(item)
    elif expr is not None:
        yield expr
