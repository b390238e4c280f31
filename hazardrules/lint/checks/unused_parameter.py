"""HR614: a parameter that nothing reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.model import syntax_tree as ast

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """By its bare name within its pack, under its full name elsewhere, or by its label."""
    read = {expr.text for expr, _, _ in material.parts if isinstance(expr, ast.Name)}
    for pack in material.source.packs.values():
        for one in pack.parameters:
            if not read & {one.name, f"{pack.name}.{one.name}", *one.label.values()}:
                findings.report(614, one.span, name=f"{pack.name}.{one.name}")
