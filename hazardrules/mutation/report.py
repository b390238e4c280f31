"""What became of the mutants: the score, and the survivors by rule, clause, kind and pack."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hazardrules.coverage.report import Count

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from hazardrules.compiler.plan import Compiled
    from hazardrules.model.law import ClauseRef, Localized
    from hazardrules.mutation.mutants import Mutant
    from hazardrules.verify.explained import Explanations, Stale

FORMAT = "hazardrules-mutation-1"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant.

    Attributes:
        state: `killed` by a case, `survived`, or `equivalent`: proved to change nothing.
        case: The case that noticed it, as `file:line`.
        why: Of a survivor, what the solver says: `differs` (some facts are judged otherwise), or why nobody can say;
            empty where it was not asked.
        because: Of a survivor, why no case notices it, where somebody explained that beside the rules: text by language.
    """

    mutant: Mutant
    state: str
    case: str | None = None
    why: str = ""
    because: Localized | None = None


class MutationReport:
    """The mutants of a rulebook, tried.

    Attributes:
        outcomes: In the order of the rulebook.
        failing: So many cases do not pass, and notice nothing.
        stale: What is explained beside the rules though a case notices it, or it changes nothing, or the rulebook has no such mutant.
    """

    def __init__(self, compiled: Compiled, outcomes: Iterable[Outcome], *, failing: int = 0, stale: Iterable[Stale] = ()) -> None:
        """Count."""
        self.compiled, self.outcomes, self.failing, self.stale = compiled, tuple(outcomes), failing, tuple(stale)

    def explained_by(self, explanations: Explanations, everything: Callable[[], Collection[str]]) -> MutationReport:
        """The same with what is explained beside the rules; `everything` is asked for the ids of all mutants of the rulebook."""
        states = {
            found.mutant.id: None if found.state == "survived" else (found.state, found.case or "") for found in self.outcomes
        }
        reasons, stale = explanations.judged("unnoticed", states, everything)
        outcomes = [replace(found, because=reasons.get(found.mutant.id)) for found in self.outcomes]
        return MutationReport(self.compiled, outcomes, failing=self.failing, stale=stale)

    @cached_property
    def survivors(self) -> tuple[Outcome, ...]:
        """What no case noticed."""
        return tuple(found for found in self.outcomes if found.state == "survived")

    @cached_property
    def open(self) -> tuple[Outcome, ...]:
        """The survivors that nobody explained."""
        return tuple(found for found in self.survivors if found.because is None)

    @cached_property
    def equivalent(self) -> tuple[Outcome, ...]:
        """What no case can notice; it does not count."""
        return tuple(found for found in self.outcomes if found.state == "equivalent")

    @cached_property
    def count(self) -> Count:
        """Killed, of all that are not equivalent."""
        total = len(self.outcomes) - len(self.equivalent)
        return Count(total - len(self.survivors), total)

    @property
    def score(self) -> float:
        """Per cent, one decimal, rounded down."""
        return self.count.score

    def by(self, attribute: str) -> dict[str, Count]:
        """Counts by an attribute of mutants: `operator`, `pack`, `home`."""
        total: Counter[str] = Counter()
        alive: Counter[str] = Counter()
        for found in self.outcomes:
            if found.state != "equivalent":
                total[getattr(found.mutant, attribute)] += 1
                alive[getattr(found.mutant, attribute)] += found.state == "survived"
        return {key: Count(number - alive[key], number) for key, number in total.items()}

    @cached_property
    def clauses(self) -> dict[str, Count]:
        """Counts by clause (`instrument clause`) of the rules and derived facts that mutants are in."""
        total: Counter[str] = Counter()
        alive: Counter[str] = Counter()
        for found in self.outcomes:
            if found.state != "equivalent":
                for clause in self.clauses_of(found.mutant):
                    total[clause] += 1
                    alive[clause] += found.state == "survived"
        return {key: Count(number - alive[key], number) for key, number in sorted(total.items())}

    def clauses_of(self, mutant: Mutant) -> list[str]:
        """The clauses of what a mutant is in."""
        return list(dict.fromkeys(f"{ref.law} {ref.clause}" for ref in self._basis(mutant.home)))

    def _basis(self, home: str) -> tuple[ClauseRef, ...]:
        what, _, name = home.partition(" ")
        if what == "derived":
            kind, _, fact = name.partition(".")
            return self.compiled.derived[kind, fact].basis
        rule = self.compiled.rules.get(name) or self._tables.get(name)
        if what not in ("rule", "table") or rule is None:
            return ()
        return rule.basis if what == "rule" else rule.rule.basis

    @cached_property
    def _tables(self) -> dict[str, Any]:
        return {rule.table: rule for rule in self.compiled.rules.values() if rule.table is not None}

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        source = self.compiled.source
        return {
            "format": FORMAT,
            "rulebook": {"name": source.name, "version": source.version, "digest": source.digest},
            **_counted(self.count),
            "survived": len(self.survivors),
            "equivalent": len(self.equivalent),
            "failing_cases": self.failing,
            "operators": {name: _counted(count) for name, count in self.by("operator").items()},
            "packs": {name: _counted(count) for name, count in self.by("pack").items()},
            "rules": {name: _counted(count) for name, count in self.by("home").items()},
            "clauses": {name: _counted(count) for name, count in self.clauses.items()},
            "mutants": [
                {
                    "id": found.mutant.id,
                    "state": found.state,
                    "operator": found.mutant.operator,
                    "pack": found.mutant.pack,
                    "home": found.mutant.home,
                    "clauses": self.clauses_of(found.mutant),
                    "place": str(found.mutant.span),
                    "before": found.mutant.before,
                    "after": found.mutant.after,
                    "case": found.case,
                    "why": found.why or None,
                    "because": found.because,
                }
                for found in self.outcomes
            ],
        }


def _counted(count: Count) -> dict[str, Any]:
    return {"score": count.score, "killed": count.covered, "total": count.total}
