"""A rulebook through every check of the linter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hazardrules.diagnostics import Collector
from hazardrules.folders import compile_folder
from hazardrules.lint.checks import run_checks
from hazardrules.lint.config import read_exceptions
from hazardrules.lint.material import Material

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from hazardrules.compiler.plan import Compiled
    from hazardrules.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class LintReport:
    """What the linter found.

    Attributes:
        findings: What it found, sorted by file and position.
        left: Findings that `lint.yaml` leaves standing, each with the reasons.
        errors: What keeps the rulebook from being read; then nothing else was looked at.
        compiled: The rulebook, where it could be read.
    """

    findings: tuple[Diagnostic, ...]
    left: tuple[tuple[Diagnostic, dict[str, str]], ...]
    errors: tuple[Diagnostic, ...]
    compiled: Compiled | None


def lint_folder(folder: Path, only: Collection[int] = ()) -> LintReport:
    """Lint a rulebook.

    Args:
        folder: The folder with `rulebook.yaml`, and perhaps `lint.yaml`.
        only: Numbers of codes; all where none is given.

    Returns:
        What was found. A rulebook with errors is not linted: `hazardrules check` says what is wrong with it.
    """
    compiled, diagnostics = compile_folder(folder)
    errors = tuple(found for found in diagnostics if found.severity == "error")
    if compiled is None or errors:
        return LintReport((), (), errors or tuple(diagnostics), compiled)
    material = Material(folder, compiled)
    if material.problems.has_errors:
        return LintReport((), (), tuple(material.problems.diagnostics), compiled)
    findings = Collector()
    run_checks(material, findings)
    packs = {pack.file: pack.name for pack in material.source.packs.values()}
    own = Collector()
    exceptions = read_exceptions(material, own)
    used: set[int] = set()
    kept: list[Diagnostic] = []
    left: list[tuple[Diagnostic, dict[str, str]]] = []
    for found in findings.diagnostics:
        covering = [number for number, one in enumerate(exceptions) if one.covers(found, packs.get(found.span.file, ""))]
        used.update(covering)
        if covering:
            left.append((found, exceptions[covering[0]].why))
        else:
            kept.append(found)
    for number, one in enumerate(exceptions):
        if number not in used:
            own.report(591, one.span, name=f"HR{one.number}")
    both = sorted((*kept, *own.diagnostics), key=lambda found: (found.span, found.code.number, found.key))
    shown = tuple(found for found in both if not only or found.code.number in only)
    return LintReport(shown, tuple(left), (), compiled)
