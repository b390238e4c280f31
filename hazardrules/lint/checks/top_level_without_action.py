"""HR630: a rule of the gravest level without anything to do, beside others that have something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.model.rules import row_actions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material
    from hazardrules.model.rules import Rule
    from hazardrules.source import Span

SEVERAL = 3
"""A scale of two steps only says whether something is so."""


def check(material: Material, findings: Collector) -> None:
    """A pack none of whose rules demands anything only grades; what follows is said elsewhere."""
    scales = material.source.scales.values()
    gravest = {(scale.id, scale.levels[-1].id) for scale in scales if len(scale.levels) >= SEVERAL}
    for pack in material.source.packs.values():
        given = [(rule, *one) for rule in pack.rules for one in _given(rule) if one[0] in gravest]
        demanding = {level for _, level, _, demands in given if demands}
        for rule, level, span, demands in given:
            if level in demanding and not demands:
                findings.report(630, span, name=rule.name, level=level[1])


def _given(rule: Rule) -> Iterator[tuple[tuple[str, str], Span, bool]]:
    """The levels that a rule or its rows give, where, and whether anything is demanded with them."""
    rows = rule.table.rows if rule.table is not None else ()
    if not rows and rule.level is not None:
        yield rule.level, rule.span, bool(rule.actions)
    for row in rows:
        level = row.level or rule.level
        if level is not None:
            yield level, row.span, bool(row_actions(rule, row))
