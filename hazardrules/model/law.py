"""Legal instruments, clauses, jurisdictions and dates of force."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hazardrules.source import Span

Localized = dict[str, str]
"""A text for people, by language."""


@dataclass(frozen=True, slots=True)
class Effective:
    """When something is in force.

    Attributes:
        start: The first day in force; None where only `in_force_by` is known, or where there is no bound.
        until: The first day out of force.
        in_force_by: A day on which it was already in force, where the first day is not known.
    """

    start: date | None = None
    until: date | None = None
    in_force_by: date | None = None

    def is_in_force(self, day: date) -> bool | None:
        """Whether it is in force on a day; None where the first day is unknown and the day is before `in_force_by`."""
        if self.until is not None and day >= self.until:
            return False
        if self.in_force_by is not None:
            return True if day >= self.in_force_by else None
        return self.start is None or day >= self.start

    @property
    def breakpoints(self) -> tuple[date, ...]:
        """The days on which the answer changes."""
        return tuple(day for day in (self.start, self.until, self.in_force_by) if day is not None)

    def last_day(self) -> date | None:
        """The last day in force, where it has one."""
        return self.until - timedelta(days=1) if self.until else None


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """Where a rule is law; `within` names the one around it."""

    id: str
    label: Localized
    within: str | None


@dataclass(frozen=True, slots=True)
class Instrument:
    """A legal text: law, order, standard."""

    id: str
    title: Localized
    number: str
    issuer: Localized
    jurisdiction: str
    issued: str
    effective: Effective
    supersedes: tuple[str, ...]
    text: Literal["read", "partly", "unread"]
    clauses: tuple[str, ...]
    sources: tuple[str, ...]
    notes: Localized
    span: Span


@dataclass(frozen=True, slots=True)
class ClauseRef:
    """A clause of an instrument; `cite` overrides how it is printed."""

    law: str
    clause: str
    cite: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class NotEncoded:
    """A clause that no rule encodes, and why."""

    law: str
    clauses: tuple[str, ...]
    why: Localized
    span: Span


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a role, where and since when; `source` says where that was read."""

    jurisdiction: str
    name: Localized
    effective: Effective
    verified: bool = True
    source: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """An authority or a duty holder."""

    id: str
    label: Localized
    holders: tuple[Holder, ...] = ()


def ancestry(jurisdictions: Mapping[str, Jurisdiction], place: str) -> tuple[str, ...]:
    """A place and everything around it, the narrowest first."""
    found: list[str] = []
    here: str | None = place
    while here is not None and here not in found:
        found.append(here)
        here = jurisdictions[here].within if here in jurisdictions else None
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Level:
    """A step of a scale."""

    id: str
    label: Localized
    severity: int


@dataclass(frozen=True, slots=True)
class Scale:
    """An ordered scale of levels; the first means that nothing was found."""

    id: str
    label: Localized
    levels: tuple[Level, ...]
    index: dict[str, int] = field(compare=False, default_factory=dict)

    def step(self, level: str) -> int:
        """The position of a level, 0 for the lowest."""
        return self.index[level]
