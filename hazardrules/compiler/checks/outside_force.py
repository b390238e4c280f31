"""HR406: a rule is in force on days on which the instrument that it rests on is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.diagnostics import Related

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.model.law import Effective, Instrument
    from hazardrules.model.rulebook import RulebookSource
    from hazardrules.source import Span


def check(source: RulebookSource, collector: Collector) -> None:
    """Compare the dates of packs, and of rules with dates of their own, with those of their instruments."""
    for pack in source.packs.values():
        instrument = source.instruments.get(pack.law)
        reported = instrument is not None and _compare(pack.effective, instrument, pack.span, pack.name, collector)
        for rule in pack.rules:
            if reported and rule.effective == pack.effective:
                continue  # one mistake, one message
            for law in dict.fromkeys(ref.law for ref in rule.basis):
                cited = source.instruments.get(law)
                if cited is not None:
                    _compare(rule.effective, cited, rule.span, rule.name, collector)


def _compare(effective: Effective, instrument: Instrument, span: Span, name: str, collector: Collector) -> bool:
    """Whether the dates were reported; a first day that nobody knows is compared with nothing."""
    related = [Related(instrument.span, "related.instrument")]
    law = instrument.effective
    start, found = effective.start or effective.in_force_by, False
    if law.start is not None and start is not None and start < law.start:
        collector.report(
            406, span, variant="early", name=name, day=start, law=instrument.id, start=law.start, related=related
        )
        found = True
    if law.until is not None and (effective.until is None or effective.until > law.until):
        collector.report(406, span, variant="late", name=name, law=instrument.id, until=law.until, related=related)
        found = True
    return found

