"""Runs the case files of a folder."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from hazardrules.testing.case_files import find_case_files, read_case_file
from hazardrules.testing.expectations import check_case

if TYPE_CHECKING:
    from pathlib import Path

    from hazardrules.api import Rulebook
    from hazardrules.diagnostics import Diagnostic
    from hazardrules.testing.case_files import WrittenCase
    from hazardrules.testing.expectations import Difference


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case that was run."""

    case: WrittenCase
    differences: tuple[Difference, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every expectation was met."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class TestReport:
    """Every case of a folder with its outcome.

    Attributes:
        results: The cases, by file and line.
        diagnostics: Problems of the case files themselves.
        files: How many case files were read.
    """

    results: tuple[CaseResult, ...]
    diagnostics: tuple[Diagnostic, ...]
    files: int

    @property
    def failed(self) -> tuple[CaseResult, ...]:
        """The cases with differences."""
        return tuple(result for result in self.results if not result.passed)

    @property
    def passed(self) -> bool:
        """Whether all cases passed and every case file could be read."""
        return not self.failed and not any(found.severity == "error" for found in self.diagnostics)


def run_cases(book: Rulebook, folder: Path, *, keyword: str | None = None, engine: str | None = None) -> TestReport:
    """Run every `*.cases.yaml` below a folder.

    Args:
        book: The rulebook.
        folder: Where to look.
        keyword: Only cases whose name or file contains this.
        engine: Another engine than the rulebook's own.
    """
    results: list[CaseResult] = []
    diagnostics: list[Diagnostic] = []
    paths = find_case_files(folder)
    for path in paths:
        name = path.relative_to(folder).as_posix()
        found = read_case_file(path, book, name)
        diagnostics.extend(found.diagnostics)
        for case in found.cases:
            if keyword and keyword not in case.name and keyword not in case.file:
                continue
            start = perf_counter()
            differences = tuple(check_case(book, case, engine=engine))
            results.append(CaseResult(case, differences, perf_counter() - start))
    return TestReport(tuple(results), tuple(diagnostics), len(paths))
