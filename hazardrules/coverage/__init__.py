"""What the cases of a rulebook have exercised: rules, conditions, thresholds, exceptions, dates, outcomes, clauses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.coverage.collect import Collector
from hazardrules.coverage.marks import is_unconfirmed
from hazardrules.coverage.report import Count, CoverageReport

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hazardrules.api import Rulebook
    from hazardrules.testing.runner import CaseResult
    from hazardrules.verify.explained import Explanations

__all__ = ["Collector", "Count", "CoverageReport", "measure"]


def measure(
    book: Rulebook, results: Iterable[CaseResult], packs: Iterable[str] | None = None, *, prove: bool = False,
    explanations: Explanations | None = None,
) -> CoverageReport:  # fmt: skip
    """Measure what cases have exercised.

    Args:
        book: The rulebook that they were run on.
        results: The outcome of `run_cases`; a case that failed exercises nothing.
        packs: Only what these packs ought to show; everything by default.
        prove: Ask the solver of each open obligation whether any facts could show it (`hazardrules[verify]`).
        explanations: What is explained beside the rules (`read_explanations`); it is not asked for.

    Returns:
        The obligations and what covers them.

    Raises:
        EngineError: The solver is asked for and not installed.
    """
    collector = Collector(book)
    passed = [result.case for result in results if result.passed]
    unconfirmed = {case.place for case in passed if is_unconfirmed(case.name)}
    for case in sorted(passed, key=lambda case: case.place in unconfirmed):  # what is confirmed comes first
        collector.add(case)
    chosen = list(packs) if packs is not None else None
    report = CoverageReport(collector.inventory, collector.seen, chosen, unconfirmed=unconfirmed, explanations=explanations)
    if not prove:
        return report
    from hazardrules.coverage.finder import Finder  # noqa: PLC0415 - only where it is asked for
    from hazardrules.verify import require  # noqa: PLC0415

    require()
    finder = Finder(collector, {}, solver=True)
    impossible = [item for item in report.open if finder.is_impossible(item)]
    return CoverageReport(
        collector.inventory, collector.seen, chosen, impossible=impossible, unconfirmed=unconfirmed, explanations=explanations
    )
