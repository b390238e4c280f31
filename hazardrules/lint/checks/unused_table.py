"""HR618: a data table that nothing looks into."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.model import syntax_tree as ast

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """The calendar of the rulebook is looked into by deadlines."""
    read = {expr.function for expr, _, _ in material.parts if isinstance(expr, ast.Call)}
    for table in material.source.tables.values():
        if table.name != material.source.calendar and not any(one.split(".")[0] == table.name for one in read):
            findings.report(618, table.span, name=table.name)
