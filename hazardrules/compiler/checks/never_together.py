"""HR409: a rule changes the actions of another that is law on no day on which it is law itself."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from hazardrules.diagnostics import Related

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.model.law import Effective
    from hazardrules.model.rulebook import RulebookSource


def check(source: RulebookSource, collector: Collector) -> None:
    """Compare the dates of rules that amend with those of the rules that they name; a table has those of its rule."""
    known = {rule.name: rule for rule in source.rules()}
    for rule in source.rules():
        for name, span in rule.of:
            amended = known.get(name)
            if amended is not None and not _meet(rule.effective, amended.effective):
                related = [Related(amended.span, "related.amended")]
                collector.report(409, span, name=rule.name, amended=name, related=related)


def _meet(one: Effective, other: Effective) -> bool:
    """Whether there is a day in both periods; a first day that nobody knows may lie as early as may be."""
    start = max(one.start or date.min, other.start or date.min)
    until = min(one.until or date.max, other.until or date.max)
    return start < until
