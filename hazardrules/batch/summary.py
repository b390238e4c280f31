"""What a run over files has found, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come.

    Attributes:
        rows: Rows that are done, those of an earlier run that was killed included.
        rejected: Of these, rows that were rejected.
        taken_up: Of `rows`, those that an earlier run has done.
        share: How much of the input is done, from 0 to 1.
    """

    rows: int
    rejected: int
    taken_up: int
    share: float


@dataclass(slots=True)
class Counts:
    """How many rows went which way; sums of these are sums of rows."""

    rows: int = 0
    classified: int = 0
    rejected: int = 0
    levels: dict[str, dict[str, int]] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)

    def add(self, other: Mapping[str, Any]) -> None:
        """Add what `as_data` gave."""
        self.rows += other["rows"]
        self.classified += other["classified"]
        self.rejected += other["rejected"]
        for scale, levels in other["levels"].items():
            known = self.levels.setdefault(scale, {})
            for level, count in levels.items():
                known[level] = known.get(level, 0) + count
        for rule, count in other["findings"].items():
            self.findings[rule] = self.findings.get(rule, 0) + count


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """What a run has found.

    Attributes:
        rows: Rows read; `classified` + `rejected`, always.
        classified: Rows that were judged.
        rejected: Rows that could not be read.
        levels: Per scale, rows by level; `open` counts those whose level is not settled.
        findings: Rows by rule that holds, on the subject itself or on a part, the most frequent first.
        files: So many files were read.
        seconds: What this run took.
        taken_up: Of `rows`, those that an earlier run had done that was killed.
        restarted: What had changed since an earlier run, whose work was thrown away: `files`, `rulebook`, `options`, `form`;
            empty where there was none.
        answers: Where the answers are.
        rejects: Where the rejected rows are; None where there are none and nobody asked for the file.
    """

    rows: int
    classified: int
    rejected: int
    levels: Mapping[str, Mapping[str, int]]
    findings: Mapping[str, int]
    files: int
    seconds: float
    taken_up: int
    restarted: tuple[str, ...]
    answers: Path
    rejects: Path | None

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "rows": self.rows,
            "classified": self.classified,
            "rejected": self.rejected,
            "levels": {scale: dict(levels) for scale, levels in self.levels.items()},
            "findings": dict(self.findings),
            "files": self.files,
            "seconds": round(self.seconds, 3),
            "taken_up": self.taken_up,
            "restarted": list(self.restarted),
            "answers": str(self.answers),
            "rejects": None if self.rejects is None else str(self.rejects),
        }
