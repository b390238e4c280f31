"""A case as it was judged without any mutant: what it says, and what every rule is in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from hazardrules.coverage.collect import submitted
from hazardrules.coverage.spoken import listed
from hazardrules.engines.base import Verdict, places
from hazardrules.errors import FactsError, LookupFailedError
from hazardrules.testing.expectations import check_inquiry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from hazardrules.api import Rulebook
    from hazardrules.compiler.plan import Plan
    from hazardrules.coverage.spoken import Listener, Spoken
    from hazardrules.engines.base import Bits
    from hazardrules.model.instances import Instance
    from hazardrules.model.values import Truth
    from hazardrules.testing.case_files import WrittenCase

STATES = ("holds", "fails", "undetermined")
_NOTES = ("not_in_force", "displaced", "relieved")
_DEEP = ("because", "scope", "missing", "basis")


class Entry(NamedTuple):
    """What a case says of a rule, or of the rows of a table: in which state it is, for one subject or for all."""

    state: str
    members: tuple[str, ...]
    subject: str | None


class Light(Verdict):
    """A verdict that keeps no more than its bits."""

    __slots__ = ("_bits",)

    _bits: Bits

    def _names(self, bits: int) -> tuple[str, ...]:
        return tuple([self._bits.names[place] for place in places(bits)])

    @property
    def holds(self) -> tuple[str, ...]:
        """Names of the rules that hold."""
        return self._names(self._bits.held)

    @property
    def undetermined(self) -> tuple[str, ...]:
        """Names of the rules that are neither known to hold nor known to fail."""
        return self._names(self._bits.open)

    @property
    def but_for(self) -> tuple[str, ...]:
        """Those of the undetermined rules that match and only wait for a rule that would displace them."""
        return self._names(self._bits.waiting)

    @property
    def unscoped(self) -> frozenset[str]:
        """Those of the undetermined rules of which neither the scope nor the condition is known to be met."""
        return frozenset(self._names((self._bits.unscoped or 0) & self._bits.open))

    def bits(self, _plan: Plan) -> Bits:
        """The same as bit sets."""
        return self._bits


def _light(instance: Instance, bits: Bits) -> Light:
    found = object.__new__(Light)
    object.__setattr__(found, "instance", instance)
    object.__setattr__(found, "_bits", bits)
    return found


class View(NamedTuple):
    """What every rule is for one subject of a case, as bit sets."""

    instance: Instance
    verdict: Verdict
    bits: Mapping[str, int]
    held: int
    open: int
    unscoped: int

    def truth(self, name: str) -> Truth:
        """Whether a rule holds for the subject; False where it is no law."""
        bit = self.bits.get(name)
        if bit is None:
            return False
        return True if self.held >> bit & 1 else None if self.open >> bit & 1 else False

    def is_unscoped(self, name: str) -> bool:
        """Whether an undetermined rule is not listed, since nobody knows that it applies."""
        bit = self.bits.get(name)
        return bit is not None and bool(self.unscoped >> bit & 1)


@dataclass(slots=True, eq=False)
class Judged:
    """A case that passes.

    Attributes:
        number: Its place among the cases.
        views: The subject and its parts.
        entries: The states that it names.
        deep: The rules of which it says more than a state: reasons, missing facts, that they are displaced.
        answer: What was answered, as far as its expectations look at it; to tell whether a mutant must be tried again.
    """

    number: int
    case: WrittenCase
    root: Instance
    as_of: date
    place: str | None
    packs: frozenset[str] | None
    plan: Plan
    assumed: tuple[tuple[str, str, str], ...]
    spoken: Spoken
    views: tuple[View, ...]
    entries: tuple[Entry, ...]
    deep: frozenset[str]
    kinds: frozenset[str]
    answer: str

    def views_of(self, kind: str) -> Iterator[View]:
        """Its subjects of a kind."""
        return (view for view in self.views if view.instance.kind == kind)


def judge(
    book: Rulebook,
    number: int,
    case: WrittenCase,
    spoken: Spoken,
    listener: Listener,
    indices: dict[int, tuple[object, dict[str, int]]],
) -> Judged | None:
    """Judge a case; None where it does not pass: then it notices nothing.

    Args:
        book: The rulebook.
        number: The place of the case among all.
        case: The case.
        spoken: What it speaks of.
        listener: Knows the names that cases use.
        indices: The bits of rules, by the identity of their list; grows.
    """
    try:
        inquiry = book.inquire(submitted(book, case), packs=case.packs)
    except (FactsError, LookupFailedError):
        return None
    if check_inquiry(book, case, inquiry):
        return None
    views = []
    for verdict in inquiry.verdicts:
        bits = verdict.bits(inquiry.plan)
        found = indices.get(id(bits.names))
        if found is None:
            found = indices[id(bits.names)] = (bits.names, {name: bit for bit, name in enumerate(bits.names)})
        views.append(View(verdict.instance, _light(verdict.instance, bits), found[1], bits.held, bits.open, bits.unscoped or 0))
    entries = tuple(
        Entry(state, tuple(listener.members(_rule_of(entry), case)[0]), entry.get("subject") if isinstance(entry, dict) else None)
        for state in STATES
        for entry in listed(case.expect.get(state))
    )
    return Judged(
        number, case, inquiry.root, inquiry.as_of, inquiry.jurisdiction, inquiry.packs, inquiry.plan, tuple(inquiry.assumed), spoken,
        tuple(views), entries, deep_of(case, listener), frozenset(view.instance.kind for view in views), _answer(inquiry, spoken),
    )  # fmt: skip


def deep_of(case: WrittenCase, listener: Listener) -> frozenset[str]:
    """The rules of which a case says more than whether they hold."""
    deep: set[str] = set()
    for key in (*STATES, *_NOTES, "findings"):
        for entry in listed(case.expect.get(key)):
            if key in _NOTES or (isinstance(entry, dict) and not entry.keys().isdisjoint(_DEEP)):
                deep.update(listener.members(_rule_of(entry), case)[0])
    return frozenset(deep)


def _rule_of(entry: Any) -> str:
    return str(entry.get("rule", "") if isinstance(entry, dict) else entry)


def _answer(inquiry: Any, spoken: Spoken) -> str:
    """What the expectations of a case look at beside the rules that it names."""
    found: list[object] = []
    if spoken.lists or spoken.levels or spoken.actions or spoken.stated:
        answer = inquiry.classification()
        found.append([(finding.rule, finding.subject) for finding in answer.findings])
        if spoken.levels:
            found.append(sorted((name, r.level, r.at_least, r.at_most_examined, r.at_most) for name, r in answer.levels.items()))
        if spoken.actions or spoken.stated:
            found.append([repr(action) for action in answer.actions])
    return repr(found)
