"""What every engine offers: which rules hold for a subject and its parts, and which stay undetermined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from hazardrules.compiler.plan import Plan
    from hazardrules.model.instances import Instance


class Bits(NamedTuple):
    """A verdict as bit sets.

    Attributes:
        names: The rules on the kind of subject, in the order of the bits; the same object for all verdicts of a plan.
        held: The rules that hold.
        open: The undetermined rules.
        waiting: Those of the undetermined rules that match and only wait for a rule that would displace them.
        unscoped: See `Verdict`.
        touched: Remembers what depends on which facts were submitted, whatever they are; None where nobody remembers it.
    """

    names: tuple[str, ...]
    held: int
    open: int
    waiting: int
    unscoped: int | None
    touched: dict[object, int] | None = None


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

    def bits(self, plan: Plan) -> Bits:
        """The same as bit sets, in plan order."""
        index = _index(plan, self.instance.kind)
        held, still_open, waiting = (_bits(index, names) for names in (self.holds, self.undetermined, self.but_for))
        unscoped = None if self.unscoped is None else _bits(index, self.unscoped)
        return Bits(plan.by_kind.get(self.instance.kind, ()), held, still_open, waiting, unscoped)


def _bits(index: Mapping[str, int], names: Iterable[str]) -> int:
    return sum(1 << index[name] for name in names)


def _index(plan: Plan, kind: str) -> Mapping[str, int]:
    key = f"index:{kind}"
    found = plan.engine_state.get(key)
    if found is None:
        found = plan.engine_state[key] = {name: number for number, name in enumerate(plan.by_kind.get(kind, ()))}
    return found  # type: ignore[return-value]  # only this function stores under the key


def places(bits: int) -> list[int]:
    """The places of the ones of a bit set, ascending."""
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found


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
