"""What was exercised, counted: per group, pack, rule and clause."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hazardrules.coverage.inventory import GROUPS, name_of
from hazardrules.verify.explained import Explanations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hazardrules.compiler.plan import Compiled
    from hazardrules.coverage.collect import Seen
    from hazardrules.coverage.inventory import Inventory, Obligation

FORMAT = "hazardrules-coverage-1"


@dataclass(frozen=True, slots=True)
class Count:
    """So many of so many."""

    covered: int
    total: int

    @property
    def score(self) -> float:
        """Per cent with one decimal, rounded down, so that only all of them make 100."""
        return self.covered * 1000 // self.total / 10 if self.total else 100.0

    def __add__(self, other: Count) -> Count:
        """Both together."""
        return Count(self.covered + other.covered, self.total + other.total)


@dataclass(frozen=True, slots=True)
class ClauseState:
    """A clause of an instrument and the rules that cite it.

    Attributes:
        state: `exercised`, `partly` or `never`.
        rules: The rules and derived facts that cite it.
    """

    instrument: str
    clause: str
    state: str
    rules: tuple[str, ...]


class CoverageReport:
    """What the cases of a rulebook have exercised.

    Attributes:
        obligations: What ought to be seen, in the packs that are looked at.
        impossible: What the solver has proved that no facts can show; it is not asked for.
        explained: What is explained beside the rules, and not asked for either.
        reasons: Why, by id.
        stale: What is explained there though a case covers it, or the rulebook has no such obligation.
        packs: These packs, in the order of the rulebook.
    """

    def __init__(
        self, inventory: Inventory, seen: Seen, packs: Iterable[str] | None = None, *,
        impossible: Iterable[Obligation] = (), unconfirmed: Iterable[str] = (), explanations: Explanations | None = None,
    ) -> None:  # fmt: skip
        """Count what was seen; in some packs only where they are given. `unconfirmed` are places of cases."""
        self.impossible, self._unconfirmed = tuple(impossible), frozenset(unconfirmed)
        self.inventory, self.seen, self.compiled = inventory, seen, inventory.compiled
        wanted = set(packs) if packs is not None else None
        self.packs = tuple(pack for pack in self.compiled.source.packs if wanted is None or pack in wanted)
        chosen = set(self.packs)
        measured = [item for item in inventory.obligations if item.pack in chosen]
        cases = {item.id: self.case_of(item) for item in measured}
        self.reasons, self.stale = (explanations or Explanations()).judged(
            "uncovered", {name: ("covered", case) if case else None for name, case in cases.items()},
            lambda: {item.id for item in inventory.obligations},
        )  # fmt: skip
        self.explained = tuple(item for item in measured if item.id in self.reasons)
        excluded = {item.id for item in self.impossible} | self.reasons.keys()
        self.obligations = tuple(item for item in measured if item.id not in excluded)

    def case_of(self, item: Obligation) -> str | None:
        """The case that covers an obligation; None where none does."""
        found = self.seen.get(item.key)
        if found is None or any(need not in found for need in item.needs):
            return None
        return found[item.needs[0]]

    def only_unconfirmed(self, item: Obligation) -> bool:
        """Whether an obligation is covered only by cases that nobody has confirmed yet."""
        found = self.seen.get(item.key, {})
        return all(need in found for need in item.needs) and any(found[need] in self._unconfirmed for need in item.needs)

    @cached_property
    def open(self) -> tuple[Obligation, ...]:
        """What no case covers."""
        return tuple(item for item in self.obligations if self.case_of(item) is None)

    @cached_property
    def count(self) -> Count:
        """All obligations."""
        return Count(len(self.obligations) - len(self.open), len(self.obligations))

    @property
    def covered(self) -> int:
        """How many obligations are covered."""
        return self.count.covered

    @property
    def total(self) -> int:
        """How many obligations there are."""
        return self.count.total

    @property
    def score(self) -> float:
        """Per cent, one decimal, rounded down."""
        return self.count.score

    def by(self, *attributes: str) -> dict[tuple[str, ...], Count]:
        """Counts by attributes of obligations: `pack`, `group`, `what`, `home`."""
        total: Counter[tuple[str, ...]] = Counter()
        missing: Counter[tuple[str, ...]] = Counter()
        for item in self.obligations:
            total[tuple(getattr(item, name) for name in attributes)] += 1
        for item in self.open:
            missing[tuple(getattr(item, name) for name in attributes)] += 1
        return {key: Count(number - missing[key], number) for key, number in total.items()}

    @cached_property
    def groups(self) -> dict[str, Count]:
        """Counts by group."""
        found = self.by("group")
        return {group: found.get((group,), Count(0, 0)) for group in GROUPS}

    @cached_property
    def clauses(self) -> tuple[ClauseState, ...]:
        """The clauses that the packs encode, by instrument and clause."""
        citing = _citing(self.compiled, set(self.packs))
        order = {
            (law, clause): number
            for law, instrument in self.compiled.source.instruments.items()
            for number, clause in enumerate(instrument.clauses)
        }
        found = []
        for (law, clause), homes in sorted(citing.items(), key=lambda item: (item[0][0], order.get(item[0], -1), item[0][1])):
            states = {self._state(home) for home in homes}
            state = "exercised" if states == {"exercised"} else "never" if states == {"never"} else "partly"
            found.append(ClauseState(law, clause, state, tuple(sorted(home.partition(" ")[2] for home in homes))))
        return tuple(found)

    def _state(self, home: str) -> str:
        seen = self.seen.get((home, "", ()), {})
        if home.startswith("rule"):
            return "exercised" if {"held", "failed"} <= seen.keys() else "partly" if seen else "never"
        return "exercised" if home in self._touched else "never"

    @cached_property
    def _touched(self) -> set[str]:
        return {key[0] for key in self.seen}

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        source = self.compiled.source
        return {
            "format": FORMAT,
            "rulebook": {"name": source.name, "version": source.version, "digest": source.digest},
            **_counted(self.count),
            "groups": {group: _counted(count) for group, count in self.groups.items()},
            "packs": {pack: _counted(count) for (pack,), count in self.by("pack").items()},
            "clauses": [
                {"instrument": item.instrument, "clause": item.clause, "state": item.state, "rules": list(item.rules)}
                for item in self.clauses
            ],
            "unconfirmed": sum(map(self.only_unconfirmed, self.obligations)),
            "impossible": [item.id for item in self.impossible],
            "explained": [item.id for item in self.explained],
            "obligations": [
                {
                    "id": item.id,
                    "group": item.group,
                    "pack": item.pack,
                    "home": item.home,
                    "at": name_of(item.key),
                    "what": item.what,
                    "text": item.text,
                    "place": str(item.span),
                    "case": self.case_of(item),
                }
                for item in self.obligations
            ],
        }


def _counted(count: Count) -> dict[str, Any]:
    return {"score": count.score, "covered": count.covered, "total": count.total}


def _citing(compiled: Compiled, packs: set[str]) -> dict[tuple[str, str], set[str]]:
    """Who cites each clause."""
    found: dict[tuple[str, str], set[str]] = {}

    def note(refs: Iterator[tuple[str, str]], home: str) -> None:
        for ref in refs:
            found.setdefault(ref, set()).add(home)

    for name, rule in compiled.rules.items():
        if rule.pack in packs and not rule.unread and (rule.row is None or rule.level is not None or rule.actions):
            note(((ref.law, ref.clause) for ref in rule.basis), f"rule {name}")
    for (kind, name), derived in compiled.derived.items():
        if derived.pack in packs:
            note(((ref.law, ref.clause) for ref in derived.basis), f"derived {kind}.{name}")
    return found
