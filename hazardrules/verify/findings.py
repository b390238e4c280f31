"""What an analysis finds: its kind, everything that takes part in it with its place, and facts that show it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.source import Span
    from hazardrules.verify.cases import Case

KINDS = (
    "never_holds",
    "always_holds",
    "duplicate",
    "subsumed",
    "contradiction",
    "override_never",
    "override_always",
    "amends_never",
    "band_gap",
    "band_overlap",
    "bound_wording",
    "unit_wording",
    "no_law",
    "not_in_force",
    "unused_fact",
    "unused_derived",
    "unused_parameter",
    "stale_explanation",
)
"""Every kind of finding."""
BETWEEN = (
    "duplicate",
    "subsumed",
    "contradiction",
    "override_never",
    "override_always",
    "amends_never",
    "band_gap",
    "band_overlap",
    "no_law",
)
"""Kinds of finding that are about how several things stand to one another; all others are about the first party."""
SHOWN = ("both", "neither", "holds", "fails", "displaced")
"""What the reference engine says of the facts of a finding: of both rules, or of the one."""
UNCHECKED = ("unread", "total", "undecided", "unconfirmed", "bounded")
"""Why something was not checked, or not altogether."""


@dataclass(frozen=True, slots=True)
class Party:
    """What takes part in a finding.

    Attributes:
        name: Its name: of a rule, `kind.fact`, an instrument, a parameter.
        table: The decision table that it is a row of.
    """

    name: str
    span: Span
    table: str | None = None

    def is_called(self, name: str) -> bool:
        """Whether a name means it."""
        return name in (self.name, self.table)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at.

    Attributes:
        kind: One of `KINDS`.
        variant: The wording within its kind.
        parties: Everything that takes part in it, first what is to be changed.
        args: What the wording is filled with.
        case: Facts that show it, confirmed by the reference engine.
        shows: What the reference engine says of them: one of `SHOWN`.
        because: Why it is as it should be, where somebody explained it beside the rule: text by language.
    """

    kind: str
    parties: tuple[Party, ...]
    variant: str = ""
    args: dict[str, str] = field(default_factory=dict)
    case: Case | None = None
    shows: str = ""
    because: dict[str, str] | None = None

    @property
    def span(self) -> Span:
        """Where it is shown."""
        return self.parties[0].span


@dataclass(frozen=True, slots=True)
class Unchecked:
    """Something that was not checked, or not altogether.

    Attributes:
        check: The kind of finding that was looked for.
        reason: One of `UNCHECKED`.
        parties: What it is about.
    """

    check: str
    reason: str
    parties: tuple[Party, ...]


Found = Finding | Unchecked
