"""HR407: a clause is encoded, and listed as not encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.diagnostics import Related

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.model.rulebook import RulebookSource


def check(source: RulebookSource, collector: Collector) -> None:
    """Compare what each pack uses with what it says it leaves out."""
    for pack in source.packs.values():
        for entry in pack.not_encoded:
            for clause in entry.clauses:
                used = pack.clauses_encoded.get(entry.law, {}).get(clause)
                if used is not None:
                    related = [Related(used, "related.encoded")]
                    collector.report(407, entry.span, clause=clause, law=entry.law, related=related)
