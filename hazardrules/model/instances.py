"""A submitted subject with its facts and parts, typed and in the units that the vocabulary declares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date
    from fractions import Fraction

FactValue = "bool | int | Fraction | str | date | frozenset[str]"


@dataclass(slots=True, eq=False)
class Instance:
    """A subject as it was submitted.

    Attributes:
        kind: The subject it is.
        path: Where it stands in the case: empty for the root, `cylinders[0]`, `users[1].cylinders[2]`.
        facts: Known facts by name; an unknown fact is absent.
        written: How facts were written, for reasons.
        parts: Lists of parts by name; an absent list is unknown, an empty one is known to be empty.
        owner: The subject that contains it.
    """

    kind: str
    path: str = ""
    facts: dict[str, bool | int | Fraction | str | date | frozenset[str]] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    parts: dict[str, list[Instance] | None] = field(default_factory=dict)
    owner: Instance | None = None
