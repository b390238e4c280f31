"""Every check of a rulebook, on several processes, with what was found out before."""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hazardrules.cache import library_digest
from hazardrules.diagnostics import Collector
from hazardrules.verify import checks, require
from hazardrules.verify.explained import applied, read_explanations
from hazardrules.verify.findings import Finding, Unchecked
from hazardrules.verify.lab import Lab
from hazardrules.verify.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hazardrules.compiler.plan import Compiled
    from hazardrules.diagnostics import Diagnostic
    from hazardrules.verify.findings import Found

_lab: Lab | None = None
"""The laboratory of a worker: made by whoever started it, so that the rulebook does not travel."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What an analysis found.

    Attributes:
        findings: Sorted by place; those that somebody explained beside the rule carry the reason.
        unchecked: What was not checked, and why.
        diagnostics: Problems of the files with explanations.
        asked: Questions that went to the solver in this run; all others had been answered before.
        answered: All questions.
    """

    findings: tuple[Finding, ...]
    unchecked: tuple[Unchecked, ...]
    diagnostics: tuple[Diagnostic, ...]
    asked: int
    answered: int

    @property
    def open(self) -> tuple[Finding, ...]:
        """The findings that nobody explained."""
        return tuple(found for found in self.findings if found.because is None)


def analyse(compiled: Compiled, folder: Path, *, jobs: int | None = None, keep: bool = True) -> Analysis:
    """Analyse a rulebook.

    Args:
        compiled: The rulebook.
        folder: Its folder, for the explanations in it.
        jobs: So many processes; as many as there are cores by default.
        keep: Use what was found out before, and keep what is found out now.

    Raises:
        EngineError: The solver is not installed.
    """
    require()
    collector = Collector()
    source = compiled.source
    explanations = read_explanations(folder, source.languages, source.default_language, source.actions, collector)
    store = Store(source.name if keep else "", library_digest())
    lab = Lab(compiled, store, explanations.contraries)
    found = [*checks.of_book(lab), *_of_kinds(lab, jobs or os.cpu_count() or 1)]
    store.write()
    findings = applied([item for item in found if isinstance(item, Finding)], explanations)
    unchecked = [item for item in found if isinstance(item, Unchecked)]
    return Analysis(
        tuple(sorted(findings, key=lambda item: (item.span, item.kind, [party.name for party in item.parties], str(item.args)))),
        tuple(sorted(unchecked, key=lambda item: (item.parties[0].span, item.check, item.reason))),
        tuple(collector.diagnostics),
        store.asked,
        len(store.used),
    )


def _of_kinds(lab: Lab, jobs: int) -> Iterable[Found]:
    """What the checks find about every kind of subject; the largest kinds go first."""
    rules: dict[str, int] = {}
    for rule in lab.compiled.rules.values():
        rules[rule.on] = rules.get(rule.on, 0) + 1
    kinds = sorted(rules, key=lambda kind: (-rules[kind], kind))
    if jobs > 1 and len(lab.compiled.rules) > _WORTH and _may_fork():
        return _on_processes(lab, kinds, jobs)
    return [item for kind in kinds for item in checks.of_kind(lab, kind)]


_WORTH = 200
"""For fewer rules a second process costs more than it saves."""


def _may_fork() -> bool:
    """Whether this process can be copied as it is: only where nothing else runs in it."""
    return "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1


def _on_processes(lab: Lab, kinds: list[str], jobs: int) -> list[Found]:
    global _lab  # noqa: PLW0603 - what forked workers find in their memory
    _lab = lab
    try:
        with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("fork")) as pool:
            done = list(pool.map(_worker, kinds))
    finally:
        _lab = None
    found: list[Found] = []
    for items, used, asked in done:
        found += items
        lab.store.used |= used
        lab.store.asked += asked
    return found


def _worker(kind: str) -> tuple[list[Found], dict[str, Any], int]:
    lab = _lab
    if lab is None:  # pragma: no cover - workers are forked with it
        return [], {}, 0
    before = lab.store.asked
    lab.store.used.clear()
    found = list(checks.of_kind(lab, kind))
    return found, dict(lab.store.used), lab.store.asked - before
