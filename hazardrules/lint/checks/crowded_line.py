"""HR528: too many conditions in one expression."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.lint.trees import conditions_in

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

MOST = 6
"""So many conditions can be taken in at a glance."""


def check(material: Material, findings: Collector) -> None:
    """A block (`all`, `any` with a list) has a line for each."""
    for expr, around, name in material.parts:
        if (not around or material.is_block(around[-1])) and not material.is_block(expr):
            count = conditions_in(expr)
            if count > MOST:
                findings.report(528, expr.span, name=name, count=count, most=MOST)
