"""A subject as it was submitted: walking through it, copying it, and the paths of what it holds."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from hazardrules.model.instances import Instance

if TYPE_CHECKING:
    from collections.abc import Iterator

Value = bool | int | Fraction | str | date | frozenset[str]
"""A known fact: numbers in the unit that the fact declares, the id of an enum value, the ids of a set."""


def within(instance: Instance) -> Iterator[Instance]:
    """A subject and everything it contains, in the order submitted."""
    yield instance
    for contained in instance.parts.values():
        for item in contained or ():
            yield from within(item)


def copy_of(instance: Instance, owner: Instance | None = None) -> Instance:
    """A copy that shares nothing that can change."""
    twin = Instance(instance.kind, instance.path, dict(instance.facts), dict(instance.written), {}, owner)
    for name, contained in instance.parts.items():
        twin.parts[name] = None if contained is None else [copy_of(item, twin) for item in contained]
    return twin


def member_path(path: str, name: str) -> str:
    """The path of a fact or part."""
    return f"{path}.{name}" if path else name
