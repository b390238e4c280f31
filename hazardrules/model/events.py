"""What can happen to a subject: kinds of event that a session takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from hazardrules.model.law import Localized
    from hazardrules.source import Span


@dataclass(frozen=True, slots=True)
class EventDeclaration:
    """A kind of event: which subject it happens to, and what is known of it from then on.

    Attributes:
        on: The kind of subject, or of part, that it happens to.
        adds: It is recorded as a new part in this list; None where it changes the subject itself.
        stamps: The fact (of the new part, or of the subject) that takes the day or moment of the event, unless one is given.
        sets: Facts (of the new part, or of the subject) with the values that the event gives them, unless others are given.
        creates: It may happen to a subject that the session does not know yet.
    """

    name: str
    label: Localized
    on: str
    adds: str | None
    stamps: str | None
    sets: Mapping[str, bool | int | Fraction | str]
    creates: bool
    span: Span

    def target(self, owner: Mapping[str, str]) -> str:
        """The kind of subject whose facts it sets, given the kinds of the parts of `on`."""
        return owner[self.adds] if self.adds is not None else self.on
