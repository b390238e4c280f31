"""What the cases of a rulebook have exercised: rules, conditions, thresholds, exceptions, dates, outcomes, clauses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.coverage.collect import Collector
from hazardrules.coverage.report import Count, CoverageReport

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hazardrules.api import Rulebook
    from hazardrules.testing.runner import CaseResult

__all__ = ["Collector", "Count", "CoverageReport", "measure"]


def measure(book: Rulebook, results: Iterable[CaseResult], packs: Iterable[str] | None = None) -> CoverageReport:
    """Measure what cases have exercised.

    Args:
        book: The rulebook that they were run on.
        results: The outcome of `run_cases`; a case that failed exercises nothing.
        packs: Only what these packs ought to show; everything by default.

    Returns:
        The obligations and what covers them.
    """
    collector = Collector(book)
    for result in results:
        if result.passed:
            collector.add(result.case)
    return CoverageReport(collector.inventory, collector.seen, packs)
