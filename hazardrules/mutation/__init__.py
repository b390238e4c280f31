"""Which small errors in the rules no case would notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.mutation.report import MutationReport, Outcome
from hazardrules.mutation.run import Bench, Choice, Run, cores
from hazardrules.mutation.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hazardrules.api import Rulebook
    from hazardrules.testing.case_files import WrittenCase
    from hazardrules.verify.explained import Explanations

__all__ = ["Bench", "Choice", "MutationReport", "Outcome", "Run", "Store", "cores", "try_mutants"]


def try_mutants(
    book: Rulebook, cases: Sequence[WrittenCase], choice: Choice | None = None, *, store: Store | None = None,
    jobs: int = 1, prove: bool = False, explanations: Explanations | None = None,
) -> MutationReport:  # fmt: skip
    """Put small errors into the rules, one at a time, and see which of them a case notices.

    Args:
        book: The rulebook.
        cases: Its cases; those that do not pass notice nothing.
        choice: Which errors; all by default.
        store: Verdicts of earlier runs; what they still are right about is not tried again.
        jobs: So many processes.
        prove: Ask the solver whether what nobody noticed changes anything (`hazardrules[verify]`).
        explanations: What is explained beside the rules (`read_explanations`).

    Returns:
        What became of each.

    Raises:
        EngineError: The solver is asked for and not installed.
    """
    if prove:
        from hazardrules.verify import require  # noqa: PLC0415 - only where it is asked for

        require()
    run = Run(Bench(book, cases, choice or Choice(), prove=prove), store or Store())
    with run.processes(jobs) as pool:
        report = run.try_all(pool)
    return report if explanations is None else report.explained_by(explanations, run.bench.every_id)
