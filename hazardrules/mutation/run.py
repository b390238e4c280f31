"""Tries mutants: those that a store knows are left alone, the others are shared among processes."""

from __future__ import annotations

import multiprocessing
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from hazardrules.api import Rulebook
from hazardrules.mutation.court import Court
from hazardrules.mutation.mutants import OPERATORS
from hazardrules.mutation.operators import Mutator
from hazardrules.mutation.report import MutationReport, Outcome
from hazardrules.mutation.signature import Signatures, key_of
from hazardrules.mutation.store import Kept, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from multiprocessing.pool import Pool

    from hazardrules.mutation.mutants import Mutant
    from hazardrules.testing.case_files import WrittenCase

CHUNK = 16
"""So many mutants are given to a process at a time, and kept when they are back."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which mutants are tried.

    Attributes:
        packs: Those in these packs; None for all.
        operators: Those of these kinds.
        keyword: Those whose id or file contains this.
        sample: So many of these, drawn by `seed`; None for all.
    """

    packs: frozenset[str] | None = None
    operators: frozenset[str] = frozenset(OPERATORS)
    keyword: str | None = None
    sample: int | None = None
    seed: int = 0

    def of(self, mutants: Iterable[Mutant]) -> list[Mutant]:
        """The mutants that are tried, in their order."""
        found = [
            mutant for mutant in mutants
            if mutant.operator in self.operators
            and (self.keyword is None or self.keyword in mutant.id or self.keyword in mutant.span.file)
        ]  # fmt: skip
        if self.sample is None or self.sample >= len(found):
            return found
        return [found[number] for number in sorted(Random(self.seed).sample(range(len(found)), self.sample))]  # noqa: S311 - no secret


class Bench:
    """Mutants and the cases that judge them.

    Attributes:
        mutants: Those that are tried.
        court: The cases.
    """

    def __init__(self, book: Rulebook, cases: Sequence[WrittenCase], choice: Choice, *, prove: bool) -> None:
        """Make the mutants."""
        self.book, self.cases, self.choice, self.prove = book, cases, choice, prove
        self._mutator = Mutator(book.compiled)
        self.mutants = choice.of(self._mutator.mutants(choice.packs))
        self.court = Court(book, cases)
        self.signatures = Signatures(self.court)
        self._solver: Any = None
        self._by_digest: dict[str, int] | None = None

    def try_some(self, chunk: Iterable[tuple[int, str]]) -> tuple[list[Kept], set[int]]:
        """Try some mutants, each given with the case to be asked first; also the places of cases that do not pass."""
        return [self._try(*item) for item in chunk], self.court.failing

    def _try(self, number: int, hint: str) -> Kept:
        mutant = self.mutants[number]
        rules, everything = self.signatures.of(mutant, self.court.reachable(mutant))
        found = self.court.noticed(mutant, self.case_of(hint) if hint else None)
        if found is not None:
            return Kept(key_of(mutant), rules, everything, "killed", self.signatures.case(found.number), "")
        why = self._solve(mutant) if self.prove else ""
        state = "equivalent" if why == "equivalent" else "survived"
        return Kept(key_of(mutant), rules, everything, state, "", "" if why == "equivalent" else why)

    def case_of(self, digest: str) -> int | None:
        """The place of the case with a digest."""
        if self._by_digest is None:
            self._by_digest = {self.signatures.case(number): number for number in reversed(range(len(self.cases)))}
        return self._by_digest.get(digest)

    def _solve(self, mutant: Mutant) -> str:
        if self._solver is None:
            from hazardrules.mutation.equivalence import Judge  # noqa: PLC0415 - the solver is an extra

            self._solver = Judge(self.court)
        found: str = self._solver.verdict(mutant)
        return found

    def every_id(self) -> set[str]:
        """The ids of all mutants of the rulebook, also of those that are not tried."""
        return {mutant.id for mutant in self._mutator.mutants()}

    def is_up_to_date(self, kept: Kept | None, mutant: Mutant) -> bool:
        """Whether a verdict still is right, and says as much as is asked for."""
        if kept is None or (self.prove and kept.state == "survived" and not kept.why):
            return False
        return kept.all == self.signatures.of(mutant, self.court.reachable(mutant))[1]


class Run:
    """A run over the mutants of a rulebook.

    Attributes:
        pending: The numbers of the mutants that must be tried, each with the digest of the case that noticed it last.
    """

    def __init__(self, bench: Bench, store: Store, advance: Callable[[], None] = lambda: None) -> None:
        """Look up what the store knows; `advance` is called for each mutant."""
        self.bench, self.store = bench, store
        self.pending: list[tuple[int, str]] = []
        for number, mutant in enumerate(bench.mutants):
            kept = store.find(key_of(mutant))
            if not bench.is_up_to_date(kept, mutant):
                self.pending.append((number, kept.case if kept is not None else ""))
            advance()
        self._failing = set(bench.court.failing)

    @property
    def known(self) -> int:
        """How many mutants need not be tried."""
        return len(self.bench.mutants) - len(self.pending)

    @contextmanager
    def processes(self, jobs: int) -> Iterator[Pool | None]:
        """Processes that share the work; None where one does it all. To be begun before any thread is."""
        if jobs == 1 or len(self.pending) <= CHUNK:
            yield None
            return
        forked = sys.platform == "linux"
        context: Any = multiprocessing.get_context("fork" if forked else "spawn")
        bench = self.bench
        given = () if forked else (bench.book.compiled, bench.cases, bench.choice, bench.prove)
        _BENCHES[:] = [bench]
        pool = context.Pool(jobs, _begin, (given,))
        try:
            yield pool
        finally:
            pool.terminate()
            pool.join()
            _BENCHES.clear()

    def try_all(self, pool: Pool | None, advance: Callable[[], None] = lambda: None) -> MutationReport:
        """Try what must be tried; every verdict is in the store before `advance` is called for it."""
        chunks = [self.pending[start : start + CHUNK] for start in range(0, len(self.pending), CHUNK)]
        tried = map(self.bench.try_some, chunks) if pool is None else pool.imap_unordered(_try_some, chunks)
        for verdicts, failing in tried:
            self.store.keep(verdicts)
            self._failing |= failing
            for _ in verdicts:
                advance()
        return self.report()

    def report(self) -> MutationReport:
        """What the store knows of the mutants."""
        bench, outcomes = self.bench, []
        for mutant in bench.mutants:
            kept = self.store.find(key_of(mutant))
            if kept is not None:
                case = bench.case_of(kept.case) if kept.case else None
                outcomes.append(Outcome(mutant, kept.state, None if case is None else bench.cases[case].place, kept.why))
        return MutationReport(bench.book.compiled, outcomes, failing=len(self._failing))


def cores() -> int:
    """How many processes this one may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_BENCHES: list[Bench] = []
"""In a process that tries mutants, its own bench."""


def _begin(given: tuple[Any, ...]) -> None:
    if given:  # a process that was not forked has to make its own
        from hazardrules.api import ENGINES  # noqa: PLC0415 - see above

        compiled, cases, choice, prove = given
        _BENCHES[:] = [Bench(Rulebook(compiled, ENGINES["generated"]), cases, choice, prove=prove)]


def _try_some(chunk: list[tuple[int, str]]) -> tuple[list[Kept], set[int]]:
    (bench,) = _BENCHES
    return bench.try_some(chunk)
