"""HR630: the gravest level without anything to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

SEVERAL = 3
"""A scale of two steps only says whether something is so."""


def check(material: Material, findings: Collector) -> None:
    """Rules, and rows of tables, that give the highest level of a scale and no action."""
    source = material.source
    for rule in source.rules():
        rows = rule.table.rows if rule.table is not None else ()
        given = [(row.level or rule.level, row.span) for row in rows if not row.actions] if rows else [(rule.level, rule.span)]
        for level, span in given if not rule.actions else ():
            steps = source.scales[level[0]].levels if level is not None else ()
            if level is not None and len(steps) >= SEVERAL and level[1] == steps[-1].id:
                findings.report(630, span, name=rule.name, level=level[1])
