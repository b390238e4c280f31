"""Engines compared with the reference: on drawn rulebooks, and on the shipped law with its cases thinned out and crossed.

`HAZARDRULES_AGREEMENT` is how many cases are drawn, `HAZARDRULES_SEED` what they are drawn from.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import beside_tables
import contenders
import drawing
from contenders import CONTENDERS, Contender, Said, open_scopes, reference, said
from hypothesis import HealthCheck, Phase, given, reject, seed, settings
from hypothesis import strategies as st

import hazardrules
from hazardrules.intake import Case
from hazardrules.testing.case_files import WrittenCase, find_case_files, read_case_file
from hazardrules.testing.generated_rulebooks import DAYS, rulebooks, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hazardrules.compiler.plan import Plan
    from hazardrules.model.instances import Instance

TOTAL = int(os.environ.get("HAZARDRULES_AGREEMENT", "12000"))
SEED = int(os.environ.get("HAZARDRULES_SEED", "1"))
A_BOOK = 60
"""So many cases are drawn for a rulebook."""
TABLES_OF = 4
"""Tables take a program to be compiled: every fourth drawn rulebook judges its cases as tables too."""
ROWS = 200
"""So many rows are one table of the law."""
SHOWN = 3


@dataclass(slots=True)
class Tally:
    """What was compared.

    Attributes:
        rulebooks: Drawn rulebooks; the shipped one is not counted.
        cases: Cases that each contender judged.
        verdicts: Rules decided by the contenders, over all subjects and parts.
        open: How many of these were undetermined, by the reference.
        disagreements: What was not the same, in words.
    """

    rulebooks: int = 0
    cases: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    open: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count what another has compared."""
        self.rulebooks += other.rulebooks
        for mine, theirs in ((self.cases, other.cases), (self.verdicts, other.verdicts), (self.open, other.open)):
            mine.update(theirs)
        self.disagreements += other.disagreements

    def lines(self) -> list[str]:
        """The tally, to print."""
        found = [f"{self.rulebooks:,} drawn rulebooks"] if self.rulebooks else []
        for name, count in sorted(self.cases.items()):
            share = self.open[name] / max(1, self.verdicts[name])
            found.append(f"{name}: {count:,} cases, {self.verdicts[name]:,} rules decided, {share:.0%} of them open")
        return [*found, f"{len(self.disagreements):,} disagreements", *self.disagreements[:SHOWN]]


def compare(plan: Plan, roots: Sequence[Instance], day: date, tally: Tally, among: Iterable[Contender], where: str) -> None:
    """Judge subjects of one kind with each contender and note what the reference says otherwise."""
    expected = reference(plan, roots, day)
    for contender in among:
        given = contender.judge(plan, roots, day)
        assert len(given) == len(roots), contender.name
        for root, right, verdicts in zip(roots, expected, given, strict=True):
            tally.cases[contender.name] += 1
            tally.verdicts[contender.name] += sum(len(plan.by_kind.get(one.instance.kind, ())) for one in right)
            tally.open[contender.name] += sum(len(one.undetermined) for one in right)
            if said(verdicts) != said(right):
                tally.disagreements.append(
                    f"{contender.name}, {where}, {day}: {_difference(said(right), said(verdicts))}; {_facts(root)}"
                )
            elif any(one.unscoped is not None for one in verdicts):
                scopes = open_scopes(plan, root, day, right)
                for one in verdicts:
                    if one.unscoped is not None and one.unscoped & set(one.undetermined) != scopes[one.instance.path]:
                        tally.disagreements.append(
                            f"{contender.name}, {where}, {day}: scopes of {one.instance.path!r}; {_facts(root)}"
                        )


def _difference(right: Said, given: Said) -> str:
    paths = [path for path in {**right, **given} if right.get(path) != given.get(path)]
    return "; ".join(f"{path!r}: {given.get(path)} instead of {right.get(path)}" for path in paths[:SHOWN])


def _facts(root: Instance) -> str:
    parts = "".join(f", {name}: [{'; '.join(_facts(part) for part in listed or ())}]" for name, listed in root.parts.items())
    return f"{root.facts}{parts}"


# drawn rulebooks


def on_drawn_rulebooks(total: int, start: int = SEED) -> Tally:
    """Compare on drawn rulebooks, two days each; a disagreement is shown on the smallest rulebook that has it."""
    tally = Tally()
    books = -(-total // A_BOOK)

    @seed(start)
    @settings(
        max_examples=books, deadline=None, database=None, derandomize=False, suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )  # fmt: skip
    @given(files=rulebooks(), number=st.integers(0, 2**32))
    def run(files: dict[str, str], number: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            try:
                book = hazardrules.load(write(files, Path(folder)))
            except hazardrules.RulebookError as error:
                if all(found.code.number == 301 for found in error.diagnostics):
                    reject()  # rules that were drawn in a circle
                raise
        chance = Random(number)  # noqa: S311 - a workload, not a secret
        tally.rulebooks += 1
        among = [one for one in CONTENDERS if tally.rulebooks % one.every == 0]
        before = len(tally.disagreements)
        for day in chance.sample(DAYS, 2):
            when = date.fromisoformat(day)
            rows = [drawing.facts(chance) for _ in range(A_BOOK // 2)]
            roots = [book.intake.read("place", row, place="") for row in rows]
            compare(book.compiled.in_force(when), roots, when, tally, among, "a drawn rulebook")
            if tally.rulebooks % TABLES_OF == 0:
                for form in beside_tables.FORMS:
                    beside_tables.compare_rows(book, rows, "place", tally, form=form, where="a drawn rulebook", as_of=when)
        assert len(tally.disagreements) == before, files["all/drawn.yaml"] + "\n".join(tally.disagreements[before:][:SHOWN])

    run()
    return tally


# the shipped law


def instances(book: hazardrules.Rulebook, written: Iterable[WrittenCase]) -> dict[str, list[Instance]]:
    """The subjects of written cases, by kind; some cases are about what is refused."""
    found: dict[str, list[Instance]] = {}
    for case in written:
        kind = book.intake.find_subject(case.subject)
        try:
            found.setdefault(str(kind), []).append(book.intake.read(str(kind), Case(kind, case.data).data, place=case.place))
        except hazardrules.FactsError:
            continue
    return found


def shipped_cases(book: hazardrules.Rulebook, folder: Path) -> list[WrittenCase]:
    """Every case of a folder."""
    return [case for path in find_case_files(folder) for case in read_case_file(path, book, path.name).cases]


def on_the_law(book: hazardrules.Rulebook, folder: Path, total: int, start: int = SEED) -> Tally:
    """Compare on a rulebook: its cases as they are, thinned out, and crossed with others of their kind, on days of change."""
    tally = Tally()
    chance = Random(start)  # noqa: S311 - see above
    found = instances(book, shipped_cases(book, folder))
    days = [*chance.sample(book.compiled.breakpoints, 2), book.compiled.breakpoints[-1]]
    places = [None, *book.compiled.source.jurisdictions]
    every = sum(map(len, found.values()))
    for number, (kind, roots) in enumerate(sorted(found.items())):
        wanted = max(3, round(total * len(roots) / every))
        drawn: list[Instance] = []
        for n in range(wanted):
            one, other = chance.choice(roots), chance.choice(roots)
            drawn.append(
                one if n % 3 == 0 else drawing.thinned(chance, one) if n % 3 == 1 else drawing.crossed(chance, one, other)
            )
        place = chance.choice(places)
        for at, day in enumerate(days):
            some = drawn[at :: len(days)]
            among = [contender for contender in contenders.CONTENDERS if (number + at) % contender.every == 0]
            compare(book.compiled.in_force(day, place), some, day, tally, among, f"{kind} in {place}")
    return tally


def on_the_law_in_tables(book: hazardrules.Rulebook, folder: Path, total: int, start: int = SEED) -> Tally:
    """Compare tables on a rulebook: the facts of its cases with gaps, on days of change, each kind in turn."""
    tally = Tally()
    chance = Random(start)  # noqa: S311 - see above
    found = beside_tables.groups(shipped_cases(book, folder), book)
    places = [None, *book.compiled.source.jurisdictions]
    every = sum(map(len, found.values()))
    for number, (kind, facts) in enumerate(sorted(found.items())):
        wanted = max(2, round(total * len(facts) / every))
        for first in range(0, wanted, ROWS):
            keep, form = chance.choice((0.5, 0.9, 1.0)), beside_tables.FORMS[(number + first // ROWS) % 2]
            rows = [beside_tables.thinned(chance, chance.choice(facts), keep) for _ in range(min(ROWS, wanted - first))]
            rows = [row for row in rows if row] or facts[:1]
            day, place = chance.choice(book.compiled.breakpoints), chance.choice(places)
            beside_tables.compare_rows(
                book, rows, kind, tally, form=form, where=f"{kind} in {place}", as_of=day, jurisdiction=place
            )
    return tally
