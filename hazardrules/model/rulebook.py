"""All packs with their vocabulary, as one versioned whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.model.events import EventDeclaration
    from hazardrules.model.law import Instrument, Jurisdiction, Localized, Role, Scale
    from hazardrules.model.rules import ActionDeclaration, DataTable, Pack, Rule
    from hazardrules.model.subjects import SubjectKind


@dataclass(frozen=True, slots=True)
class RulebookSource:
    """A rulebook as its files say it, before names are resolved.

    Attributes:
        digest: SHA-256 over the names and contents of every file read.
        calendar: The data table of days that are working days against the week (or holidays on a weekday): key `day`,
            column `working`. A year that has no row in it is not covered.
    """

    name: str
    label: Localized
    version: str
    languages: tuple[str, ...]
    default_language: str
    digest: str
    jurisdictions: dict[str, Jurisdiction]
    root: str
    scales: dict[str, Scale]
    authorities: dict[str, Role]
    duty_holders: dict[str, Role]
    actions: dict[str, ActionDeclaration]
    instruments: dict[str, Instrument]
    subjects: dict[str, SubjectKind]
    tables: dict[str, DataTable]
    packs: dict[str, Pack]
    events: dict[str, EventDeclaration]
    calendar: str | None = None

    def rules(self) -> Iterator[Rule]:
        """Every rule, pack by pack."""
        for pack in self.packs.values():
            yield from pack.rules
