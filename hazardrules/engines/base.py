"""What every engine offers: which rules hold for a subject and its parts, and which stay undetermined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from hazardrules.compiler.plan import Plan
    from hazardrules.model.instances import Instance


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an engine says of one subject; every other rule on it fails.

    Attributes:
        instance: The subject, or one of its parts.
        holds: Names of the rules that hold, in plan order.
        undetermined: Names of the rules that are neither known to hold nor known to fail, in plan order.
        but_for: Those of the undetermined rules that match and only wait for a rule that would displace them.
        unscoped: Holds those of the undetermined rules of which neither the scope nor the condition is known to be met;
            rules that are not undetermined may be in it too. None where the engine does not tell.
    """

    instance: Instance
    holds: tuple[str, ...]
    undetermined: tuple[str, ...]
    but_for: tuple[str, ...] = ()
    unscoped: frozenset[str] | None = None


class Engine(Protocol):
    """Something that evaluates a plan."""

    name: str

    def evaluate(self, plan: Plan, root: Instance, as_of: date) -> list[Verdict]:
        """Judge a subject and all its parts.

        Args:
            plan: The law of one day and place.
            root: The subject with its facts and parts, already typed.
            as_of: The day of the case; an input, like a fact.

        Returns:
            One verdict per subject: the root first, then its parts in the order of `walk`.
        """


def walk(root: Instance) -> Iterator[Instance]:
    """A subject and everything it contains, parents first, parts in the order of their names and lists."""
    yield root
    for name in sorted(root.parts):
        for part in root.parts[name] or ():
            yield from walk(part)


def require(engine: Engine) -> None:
    """Make sure that an engine can be used: one that is an extra says so in a method `require` of its own.

    Raises:
        EngineError: It is not installed.
    """
    own = getattr(engine, "require", None)
    if own is not None:
        own()
