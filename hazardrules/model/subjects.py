"""The vocabulary: kinds of subject, their facts and their parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

    from hazardrules.model.law import Localized
    from hazardrules.model.types import Option, ValueType
    from hazardrules.source import Span


@dataclass(frozen=True, slots=True)
class Compliant:
    """What satisfies the law: `==` a value, or a bound."""

    op: str
    value: bool | int | Fraction | str | frozenset[str]
    written: str


@dataclass(frozen=True, slots=True)
class FactDeclaration:
    """A named observation about a subject, with type and unit.

    Attributes:
        name: `snake_case`, with dots to group.
        type: The type of its values, with the unit they are kept in.
        declared: The type as it was written: `integer`, `money`, `duration` are numbers inside.
        options: For enum and set: the values with their labels.
        counts: What an integer counts, for display.
        minimum: The least value a number can have.
        maximum: The greatest value a number can have.
        judgement: Only a competent person can decide it.
        compliant: What satisfies the law.
        clock: The moment for which a case is judged; a session gives it.
    """

    name: str
    type: ValueType
    declared: str
    label: Localized
    options: tuple[Option, ...]
    counts: Localized | None
    minimum: int | Fraction | None
    maximum: int | Fraction | None
    topic: str | None
    ask: Localized | None
    judgement: bool
    compliant: Compliant | None
    span: Span
    clock: bool = False


@dataclass(frozen=True, slots=True)
class PartDeclaration:
    """Other subjects that a subject contains: a list, or exactly one."""

    name: str
    of: str
    one: bool
    label: Localized
    span: Span


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """What is judged: a premises, a vehicle, a plant, an accident."""

    id: str
    label: Localized
    topics: dict[str, Localized]
    facts: dict[str, FactDeclaration]
    parts: dict[str, PartDeclaration]
    span: Span
