"""Mending what the linter finds: by spans, so that comments stay; formatted; and taken back where anything changes its meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hazardrules.diagnostics import Collector
from hazardrules.folders import compile_folder
from hazardrules.lint.meaning import meaning
from hazardrules.lint.run import LintReport, lint_folder
from hazardrules.syntax.print_edits import edited
from hazardrules.syntax.printer import format_paths, replace_file
from hazardrules.syntax.reader import read_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from hazardrules.compiler.plan import Compiled
    from hazardrules.diagnostics import Diagnostic
    from hazardrules.source import Edit

ROUNDS = 10
"""Mending one thing can show another that stood in it; more rounds than this have not been seen."""


@dataclass(frozen=True, slots=True)
class FixReport:
    """What mending did.

    Attributes:
        fixed: What was mended.
        refused: Files of the rulebook that were put back, since mending them would have changed what a rule says.
        report: What is left.
    """

    fixed: tuple[Diagnostic, ...]
    refused: tuple[str, ...]
    report: LintReport


def fix_folder(folder: Path, within: str = "", only: Collection[int] = ()) -> FixReport:
    """Mend what can be mended in the files of a rulebook.

    Args:
        folder: The folder with `rulebook.yaml`.
        within: A file or folder within it, as spans call it; empty for the whole rulebook.
        only: Numbers of codes; all where none is given.

    Returns:
        What was done. Each file is replaced as a whole or not at all, and formatted if it was so before.

    Raises:
        OSError: A file cannot be written.
    """
    fixed: list[Diagnostic] = []
    refused: list[str] = []
    report = lint_folder(folder, only)
    for _ in range(ROUNDS):
        chosen = {name: found for name, found in _by_file(report.findings, within).items() if name not in refused}
        if not chosen or report.compiled is None:
            break
        wrong = _mend(folder, report.compiled, chosen)
        refused += wrong
        fixed += [one for name, found in chosen.items() if name not in wrong for one in found]
        report = lint_folder(folder, only)
    return FixReport(tuple(fixed), tuple(refused), report)


def is_inside(file: str, within: str) -> bool:
    """Whether a file is a file or lies in a folder of the rulebook; everything lies in the rulebook itself."""
    return not within or file == within or file.startswith(f"{within}/")


def _by_file(findings: Iterable[Diagnostic], within: str) -> dict[str, list[Diagnostic]]:
    """The findings that can be mended at once: of two that overlap the first."""
    found: dict[str, list[Diagnostic]] = {}
    for one in findings:
        if one.edits and is_inside(one.span.file, within):
            taken = found.setdefault(one.span.file, [])
            if not any(_overlap(one.edits, other.edits) for other in taken):
                taken.append(one)
    return found


def _overlap(first: Iterable[Edit], second: tuple[Edit, ...]) -> bool:
    return any((one.start < other.end and other.start < one.end) or one.start == other.start for one in first for other in second)


def _mend(folder: Path, compiled: Compiled, chosen: dict[str, list[Diagnostic]]) -> list[str]:
    """Mend files, and put back those that then no longer say what they said; their names are returned."""
    before = {name: (folder / name).read_bytes() for name in chosen}
    _write(folder, chosen)
    if _says_the_same(folder, compiled):
        return []
    for name, content in before.items():
        replace_file(folder / name, content)
    if len(chosen) == 1:
        return list(chosen)
    return [name for name, found in chosen.items() if _mend(folder, compiled, {name: found})]


def _write(folder: Path, chosen: dict[str, list[Diagnostic]]) -> None:
    """Write files with their edits; those that were formatted are formatted again, all at once since labels are read for it."""
    paths = [folder / name for name in chosen]
    unformatted = set(format_paths(paths, check=True).changed)
    for path, (name, found) in zip(paths, chosen.items(), strict=True):
        text = read_file(path, name, Collector()) or ""
        replace_file(path, edited(text, [edit for one in found for edit in one.edits]).encode("utf-8"))
    format_paths([path for path in paths if path not in unformatted], check=False)


def _says_the_same(folder: Path, compiled: Compiled) -> bool:
    """Whether a rulebook can be read and each of its conditions means what it meant."""
    again, diagnostics = compile_folder(folder)
    if again is None or any(found.severity == "error" for found in diagnostics):
        return False
    return meaning(again) == meaning(compiled)
