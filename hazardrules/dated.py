"""A rulebook cut to one day and place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

    from hazardrules.api import Rulebook
    from hazardrules.model.results import Classification


@dataclass(frozen=True, slots=True)
class DatedRulebook:
    """The law of one day and place.

    Attributes:
        book: The rulebook.
        day: The day.
        jurisdiction: The place; None for the law of the whole country.
    """

    book: Rulebook
    day: date
    jurisdiction: str | None = None

    def classify(self, facts: object, **options: Any) -> Classification:
        """Judge one case on this day and in this place; options as for `Rulebook.classify`."""
        return self.book.classify(facts, as_of=self.day, jurisdiction=self.jurisdiction, **options)

    def rules(self) -> tuple[str, ...]:
        """The names of the rules in force, or perhaps in force."""
        return tuple(self.book.compiled.in_force(self.day, self.jurisdiction).rules)
