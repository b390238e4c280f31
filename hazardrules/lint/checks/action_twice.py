"""HR657: an action twice in one rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.lint.trees import shape

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material
    from hazardrules.model.rules import ActionUse


def check(material: Material, findings: Collector) -> None:
    """The same action with other amounts, for other persons or under another clause is another one.

    Beside a table the list completes cells; an entry that adds nothing, or says what the cell says, is one too many.
    """
    for rule in material.source.rules():
        rows = rule.table.rows if rule.table is not None else ()
        for uses in (rule.actions, *(row.actions for row in rows)):
            seen: list[ActionUse] = []
            for use in uses:
                if any(_says(use) == _says(other) for other in seen):
                    findings.report(657, use.span, name=rule.name, action=use.action)
                seen.append(use)
        for use in {use.span: use for row in rows for use in row.actions}.values():
            if any(use.action == more.action and not _adds(more, use) for more in rule.actions):
                findings.report(657, use.span, name=rule.name, action=use.action)


def _adds(more: ActionUse, use: ActionUse) -> bool:
    """Whether an entry of the list says something of an action, and nothing that the cell says itself."""
    said = {*more.values, *more.written}
    return bool(said or more.by or more.authority or more.basis) and said.isdisjoint({*use.values, *use.written})


def _says(use: ActionUse) -> object:
    values = sorted((name, shape(given.low), shape(given.high)) for name, given in use.values.items())
    basis = [(ref.law, ref.clause) for ref in use.basis]
    return use.action, repr(values), sorted(use.written.items()), use.by, use.authority, basis
