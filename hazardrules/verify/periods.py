"""The days and places for which rules are looked at: each stretch between two changes of the law, each narrowest place."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hazardrules.model.law import ancestry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hazardrules.compiler.plan import Compiled, CompiledRule, Plan

FOREVER = date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Context:
    """A stretch of days in a place, with its law.

    Attributes:
        day: Its first day; the day before the first change of the law where it has none.
        until: The day after its last one; None where it has none.
    """

    plan: Plan
    day: date
    until: date | None
    place: str
    root: str

    @property
    def jurisdiction(self) -> str | None:
        """The place, as a case says it: None for the whole country."""
        return None if self.place == self.root else self.place


class Periods:
    """The contexts of a rulebook, the latest first."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        source = compiled.source
        self._chains = {place: set(ancestry(source.jurisdictions, place)) for place in source.jurisdictions}
        self.places = sorted(self._chains, key=lambda place: (-len(self._chains[place]), place))
        days = compiled.breakpoints
        first = days[0] - timedelta(days=1) if days else date(2000, 1, 1)
        self.days = [first, *days]

    def lies_within(self, place: str, around: str) -> bool:
        """Whether the law of a place is the law of another one too."""
        return around in self._chains[place]

    def context(self, day: date, place: str) -> Context:
        """The stretch of days that a day lies in."""
        number = max(bisect_right(self.days, day) - 1, 0)
        until = self.days[number + 1] if number + 1 < len(self.days) else None
        return Context(
            self.compiled.in_force(self.days[number], place), self.days[number], until, place, self.compiled.source.root
        )

    def common(self, rules: Iterable[CompiledRule]) -> Iterator[Context]:
        """The stretches in which rules are surely in force together, the latest first; of each, the narrowest place first."""
        wanted = list(rules)
        places = [place for place in self.places if all(rule.rule.jurisdiction in self._chains[place] for rule in wanted)]
        for day in reversed(self.days):
            if places and all(rule.effective.is_in_force(day) is True for rule in wanted):
                yield from (self.context(day, place) for place in places)
