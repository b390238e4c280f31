"""HR409: a rule changes the actions of another that is law on no day on which it is law itself, or in no place."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from hazardrules.diagnostics import Related
from hazardrules.model.law import ancestry

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.model.law import Effective
    from hazardrules.model.rulebook import RulebookSource


def check(source: RulebookSource, collector: Collector) -> None:
    """Compare days and places of rules that amend with those of the rules that they name; a table has those of its rule."""
    known = {rule.name: rule for rule in source.rules()}
    for rule in source.rules():
        for name, span in rule.of:
            amended = known.get(name)
            if amended is None:
                continue
            related = [Related(amended.span, "related.amended")]
            places = (rule.jurisdiction, amended.jurisdiction)
            if not _meet(rule.effective, amended.effective):
                collector.report(409, span, name=rule.name, amended=name, related=related)
            elif not any(one in ancestry(source.jurisdictions, other) for one, other in (places, places[::-1])):
                collector.report(409, span, variant="place", name=rule.name, amended=name, related=related)


def _meet(one: Effective, other: Effective) -> bool:
    """Whether there is a day in both periods; a first day that nobody knows may lie as early as may be."""
    start = max(one.start or date.min, other.start or date.min)
    until = min(one.until or date.max, other.until or date.max)
    return start < until
