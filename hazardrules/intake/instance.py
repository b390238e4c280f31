"""A subject as it was submitted: what is known about it, and its parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Value = bool | int | Fraction | str | date | frozenset[str]
"""A known fact: numbers in the unit that the fact declares, the id of an enum value, the ids of a set."""


@dataclass(slots=True)
class Instance:
    """A subject with its known facts.

    Attributes:
        kind: The id of its kind of subject.
        path: Where it stands in the case: empty for the root, `cylinders[0]`, `users[1].cylinders[2]`, `gas_use`.
        facts: Known facts only, by name.
        written: How each of them was written, with its unit, to quote in reasons: `3.5 t`. Truth, enum values and
            sets stand as `true`, the id, and the ids with commas, so that they can be worded in any language.
        parts: Its parts by name. None or no entry: nobody said; an empty list: there are none. The part of a
            `one: true` declaration is a list of exactly one.
        owner: The subject that contains it.
    """

    kind: str
    path: str = ""
    facts: dict[str, Value] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    parts: dict[str, list[Instance] | None] = field(default_factory=dict)
    owner: Instance | None = field(default=None, repr=False, compare=False)

    def within(self) -> Iterator[Instance]:
        """This subject and everything it contains, in the order submitted."""
        yield self
        for contained in self.parts.values():
            for item in contained or ():
                yield from item.within()

    def copy(self, owner: Instance | None = None) -> Instance:
        """A copy that shares nothing that can change."""
        twin = Instance(self.kind, self.path, dict(self.facts), dict(self.written), {}, owner)
        for name, contained in self.parts.items():
            twin.parts[name] = None if contained is None else [item.copy(twin) for item in contained]
        return twin


def member_path(path: str, name: str) -> str:
    """The path of a fact or part."""
    return f"{path}.{name}" if path else name
