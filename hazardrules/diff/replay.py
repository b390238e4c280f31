"""Past cases, judged by both rulebooks: which change level, findings or what is demanded, and through which clauses."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from hazardrules.errors import FactsError, LookupFailedError, MissingExtraError
from hazardrules.intake import Case

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from hazardrules.api import Rulebook
    from hazardrules.diagnostics import Diagnostic
    from hazardrules.diff.model import Difference

CHUNK = 65_536
"""So many cases are judged together."""
EXAMPLES = 5
Level = tuple[str | None, str]
"""The level on a scale, None while it is open, and the one that it is at least."""


class Answer(NamedTuple):
    """What a rulebook says of a case.

    Attributes:
        levels: By scale, without those on which nothing was found and nothing is open.
        holds: The rules that hold.
        open: The rules that are open.
    """

    levels: dict[str, Level]
    holds: frozenset[str]
    open: frozenset[str]


class Turn(NamedTuple):
    """A level before and after; None where the scale says nothing of the case."""

    scale: str
    before: Level | None
    after: Level | None


@dataclass(frozen=True, slots=True)
class Example:
    """A case that is judged otherwise now.

    Attributes:
        place: The file and line it was read from.
        turns: The levels that changed.
        rules: The rules that hold, or are open, in one of the rulebooks only, or whose consequences changed.
    """

    place: str
    turns: tuple[Turn, ...]
    rules: tuple[str, ...]


@dataclass
class Replay:
    """What became of past cases.

    Attributes:
        cases: How many there are.
        unread: How many could not be read, or not judged: by `old`, `new`, or `both`.
        level: How many change level.
        findings: How many more change the rules that hold or are open, and no level.
        consequences: How many more have a rule that holds as before, but asks for something else now.
        turns: How many times a level turned into which.
        clauses: For each clause, through how many cases of `level` it has to do with the change.
        examples: The first ones of `level`, `findings` and `consequences`, in the order of the file.
        refusals: What was wrong with the first cases that only one of the rulebooks could not read.
        in_tables: The batch engine judged them.
    """

    cases: int = 0
    unread: Counter[str] = field(default_factory=Counter)
    level: int = 0
    findings: int = 0
    consequences: int = 0
    turns: Counter[Turn] = field(default_factory=Counter)
    clauses: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)
    refusals: list[tuple[str, str]] = field(default_factory=list)
    in_tables: bool = True

    @property
    def changed(self) -> int:
        """How many cases are answered otherwise."""
        return self.level + self.findings + self.consequences


def replay(
    cases: Iterable[Case | FactsError],
    old: Rulebook,
    new: Rulebook,
    difference: Difference,
    *,
    as_of: date,
    jurisdiction: str | None = None,
    lang: str,
) -> Replay:
    """Judge cases by both rulebooks.

    Args:
        cases: The cases, as `iterate_cases` reads them by the old rulebook.
        old: The rulebook as it was.
        new: The rulebook as it is.
        difference: What differs between them.
        as_of: The day of a case that does not say it.
        jurisdiction: The place of a case that does not say it.
        lang: The language of what is wrong with cases.
    """
    run = _Run(old, new, difference, as_of, jurisdiction, lang)
    waiting = iter(cases)
    while chunk := list(islice(waiting, CHUNK)):
        run.take(chunk)
    return run.found


def written_cases(path: Path, book: Rulebook) -> tuple[list[Case | FactsError], tuple[Diagnostic, ...]]:
    """The cases of a `*.cases.yaml` without their expectations, and what was wrong with the file."""
    from hazardrules.testing.case_files import read_case_file  # noqa: PLC0415 - the YAML reader

    found = read_case_file(path, book)
    cases: list[Case | FactsError] = [
        Case(
            book.intake.find_subject(case.subject), case.data, case.as_of, case.jurisdiction, case.complete, case.name, case.place
        )
        for case in found.cases
    ]
    return cases, found.diagnostics


class _Run:
    def __init__(
        self, old: Rulebook, new: Rulebook, difference: Difference, as_of: date, jurisdiction: str | None, lang: str
    ) -> None:
        self.old, self.new, self.as_of, self.jurisdiction, self.lang = old, new, as_of, jurisdiction, lang
        self.found = Replay()
        self.turned: dict[str, dict[Turn, bool]] = {}
        self.names = difference.names
        self.then = {now: before for before, now in difference.names.items()}
        asked = {item.name: {change.aspect for change in item.changes} for item in difference.rules}
        self.demands = frozenset(name for name, aspects in asked.items() if aspects & {"level", "actions", "amends"})
        self.graded = frozenset(name for name, aspects in asked.items() if "level" in aspects)
        self.renamed: dict[str, dict[str, str]] = {}
        for thing in difference.things:
            if thing.what == "fact" and thing.change == "renamed":
                kind, _, name = thing.before.partition(".")
                self.renamed.setdefault(kind, {})[name] = thing.after.partition(".")[2]

    def take(self, chunk: list[Case | FactsError]) -> None:
        """Judge some cases, those on one kind of subject together."""
        self.found.cases += len(chunk)
        kinds: dict[str, list[tuple[int, Case]]] = {}
        for number, case in enumerate(chunk):
            if isinstance(case, FactsError) or case.subject is None:
                self.found.unread["both"] += 1
            else:
                kinds.setdefault(case.subject, []).append((number, case))
        examples: list[tuple[int, Example]] = []
        for kind, listed in kinds.items():
            before = self._answers(self.old, kind, [case for _, case in listed])
            after = self._answers(self.new, kind, [self._as_now(case) for _, case in listed])
            for (number, case), was, now in zip(listed, before, after, strict=True):
                example = self._compared(case, was, now)
                if example is not None and len(examples) < EXAMPLES * len(kinds):
                    examples.append((number, example))
        examples.sort(key=lambda item: item[0])
        room = EXAMPLES - len(self.found.examples)
        self.found.examples += [example for _, example in examples[:room]]

    # one case

    def _compared(self, case: Case, was: Answer | str, now: Answer | str) -> Example | None:
        if isinstance(was, str) or isinstance(now, str):
            side = "both" if isinstance(was, str) and isinstance(now, str) else "old" if isinstance(was, str) else "new"
            self.found.unread[side] += 1
            if side != "both" and len(self.found.refusals) < EXAMPLES:
                self.found.refusals.append((side, was if isinstance(was, str) else str(now)))
            return None
        holds, open_ = (frozenset(self.names.get(name, name) for name in names) for names in (was.holds, was.open))
        others = (holds ^ now.holds) | (open_ ^ now.open)
        demanding = holds & now.holds & self.demands
        turns = [
            Turn(scale, was.levels.get(scale), now.levels.get(scale))
            for scale in sorted(was.levels.keys() | now.levels.keys())
            if was.levels.get(scale) != now.levels.get(scale)
        ]
        if turns:
            self.found.level += 1
            self.found.turns.update(turns)
            causes = others | (holds & now.holds & self.graded)
            rules = [name for name in causes if any(self._has_to_do(name, turn) for turn in turns)] or list(causes)
            self.found.clauses.update({clause for name in rules for clause in self._clauses(name)})
        elif others:
            self.found.findings += 1
        elif demanding:
            self.found.consequences += 1
        else:
            return None
        return Example(case.place, tuple(turns), tuple(sorted(others | demanding)))

    def _rules(self, name: str) -> list[Any]:
        """A rule as it is, and as it was, by its name now (or its name then, where it is gone)."""
        found = (self.new.compiled.rules.get(name), self.old.compiled.rules.get(self.then.get(name, name)))
        return [rule for rule in found if rule is not None]

    def _has_to_do(self, name: str, turn: Turn) -> bool:
        """Whether a rule can be what turned a level: it has one on the scale, above the lower end of the turn."""
        if turn in self.turned.get(name, {}):
            return self.turned[name][turn]
        least = [-1 if found is None else self._step(turn.scale, found[1]) for found in (turn.before, turn.after)]
        steps = [self._step(*rule.level) for rule in self._rules(name) if rule.level is not None and rule.level[0] == turn.scale]
        found = any(step > min(least) or least[0] == least[1] for step in steps)
        self.turned.setdefault(name, {})[turn] = found
        return found

    def _step(self, scale: str, level: str) -> int:
        """The place of a level on its scale, as the new rulebook has it, or as the old one had."""
        for book in (self.new, self.old):
            found = book.compiled.source.scales.get(scale)
            if found is not None and level in found.index:
                return found.step(level)
        return 0

    def _clauses(self, name: str) -> set[str]:
        """The clauses that a rule rests on; those of the law as it is, where it is there still."""
        rules = self._rules(name)
        return {f"{ref.law} {ref.clause}" for ref in rules[0].basis} if rules else set()

    def _as_now(self, case: Case) -> Case:
        """A case with the facts as the new rulebook calls them."""
        if not self.renamed or case.subject is None:
            return case
        return replace(case, data=self._called(case.subject, case.data))

    def _called(self, kind: str, data: Mapping[str, object]) -> dict[str, object]:
        found: dict[str, object] = {}
        parts = self.old.compiled.source.subjects[kind].parts
        for key, value in data.items():
            name = self.old.intake.find_member(kind, key) or key
            if name in parts and isinstance(value, dict):
                found[key] = self._called(parts[name].of, value)
            elif name in parts and isinstance(value, list):
                found[key] = [self._called(parts[name].of, item) if isinstance(item, dict) else item for item in value]
            else:
                found[self.renamed.get(kind, {}).get(name, key)] = value
        return found

    # answers

    def _answers(self, book: Rulebook, kind: str, cases: list[Case]) -> list[Answer | str]:
        """What a rulebook says of cases on one kind of subject; a text where it cannot read one."""
        rows = [self._row(kind, case) for case in cases]
        if self.found.in_tables:
            try:
                return list(_of_table(book, kind, rows, self.lang))
            except MissingExtraError:
                self.found.in_tables = False
            except LookupFailedError:  # the kind of subject, or a pack that one case names: said of each case
                pass
        return [_of_case(book, row, self.lang) for row in rows]

    def _row(self, kind: str, case: Case) -> dict[str, object]:
        row: dict[str, object] = {"as_of": case.as_of or self.as_of, kind: dict(case.data)}
        place = case.jurisdiction or self.jurisdiction
        if place is not None:
            row["jurisdiction"] = place
        if case.complete:
            row["complete"] = case.complete if isinstance(case.complete, bool) else list(case.complete)
        return row


def _of_table(book: Rulebook, kind: str, rows: list[dict[str, object]], lang: str) -> Iterator[Answer | str]:
    languages = book.compiled.source.languages
    result = book.classify_table(rows, subject=kind, lang=lang if lang in languages else None)
    table = result.table
    levels = {
        scale: (table.column(f"{scale}.level").to_pylist(), table.column(f"{scale}.at_least").to_pylist(), _lowest(book, scale))
        for scale in result.scales
    }
    holds, open_ = table.column("findings").to_pylist(), table.column("undetermined").to_pylist()
    places = {row: place for place, row in enumerate(table.column("row").to_pylist())}
    rejects = result.rejects
    reasons = dict(zip(rejects.column("row").to_pylist(), rejects.column("reason").to_pylist(), strict=True))
    for number in range(len(rows)):
        place = places.get(number)
        if place is None:
            yield str(reasons[number])
            continue
        found = {
            scale: (level[place], least[place])
            for scale, (level, least, lowest) in levels.items()
            if least[place] is not None and (level[place], least[place]) != (lowest, lowest)
        }
        yield Answer(found, frozenset(holds[place]), frozenset(open_[place]))


def _of_case(book: Rulebook, row: dict[str, object], lang: str) -> Answer | str:
    languages = book.compiled.source.languages
    try:
        found = book.classify(row, lang=lang if lang in languages else None)
    except FactsError as error:
        return error.problems[0].message(lang)
    except LookupFailedError as error:
        return str(error)
    levels: dict[str, Level] = {scale: (entry.level, entry.at_least) for scale, entry in found.levels.items()}
    return Answer(
        {scale: level for scale, level in levels.items() if level != (_lowest(book, scale),) * 2},
        frozenset(finding.rule for finding in found.findings),
        frozenset(item.rule for item in found.undetermined),
    )


def _lowest(book: Rulebook, scale: str) -> str:
    return book.compiled.source.scales[scale].levels[0].id
