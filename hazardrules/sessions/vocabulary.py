"""What becomes of known facts when another rulebook takes a session over: the same, converted, or forgotten."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hazardrules.intake.numbers import plain_number
from hazardrules.intake.problems import Problem
from hazardrules.model.values import normalise
from hazardrules.sessions.records import Record, record_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hazardrules.model.rulebook import RulebookSource
    from hazardrules.model.subjects import FactDeclaration
    from hazardrules.sessions.records import Value
    from hazardrules.sessions.store import Entry

Lost = Counter[tuple[str, str]]
"""What cannot be carried over, and why: (`premises.load`, `gone`) with how often it was known."""

_MOST = 20
"""So many of them are listed."""


def vocabulary_of(source: RulebookSource) -> dict[str, Any]:
    """The vocabulary of a rulebook, in values of JSON: what is needed to read known facts under another one."""
    return {
        "subjects": {
            kind.id: {
                "facts": {name: _described(fact) for name, fact in kind.facts.items()},
                "parts": {name: [part.of, part.one] for name, part in kind.parts.items()},
            }
            for kind in source.subjects.values()
        },
        "places": list(source.jurisdictions),
    }


def _described(fact: FactDeclaration) -> dict[str, Any]:
    found: dict[str, Any] = {"type": fact.type.name}
    if fact.type.name == "number":
        unit = fact.type.unit
        found |= {"unit": unit.name, "factor": str(unit.factor), "dimension": [list(power) for power in unit.dimension]}
        found |= {"whole": fact.type.integer, "least": _text(fact.minimum), "most": _text(fact.maximum)}
    if fact.type.options:
        found["options"] = list(fact.type.options)
    return found


def _text(value: int | Fraction | None) -> str | None:
    return None if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Carry:
    """How facts known under one rulebook are known under the next.

    Attributes:
        kinds: Kinds of subject that it has no more.
        parts: Per kind, its lists of parts that are gone or hold another kind.
        facts: Per kind, its facts that are not what they were: why they are forgotten, or how they are read.
        places: Places that it has no more.
    """

    kinds: frozenset[str]
    parts: Mapping[str, frozenset[str]]
    facts: Mapping[str, Mapping[str, Mapping[str, Any]]]
    places: frozenset[str]

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.kinds or self.parts or self.facts or self.places)

    def as_json(self) -> dict[str, Any]:
        """In values of JSON."""
        parts = {kind: sorted(names) for kind, names in self.parts.items()}
        return {"kinds": sorted(self.kinds), "parts": parts, "facts": self.facts, "places": sorted(self.places)}

    def record(self, record: Record, lost: Lost | None = None) -> Record | None:
        """What stays known of a subject or part; None where its kind is gone. Counts what is lost."""
        lost = Counter() if lost is None else lost
        if record.kind in self.kinds:
            lost[record.kind, "gone"] += 1
            return None
        found = Record(record.kind)
        specs, gone = self.facts.get(record.kind, {}), self.parts.get(record.kind, frozenset())
        for name, (value, written) in record.facts.items():
            if name not in specs:
                found.facts[name] = (value, written)
                continue
            kept = _kept(specs[name], value, written)
            if kept is None:
                lost[f"{record.kind}.{name}", specs[name].get("lost", "value")] += 1
            else:
                found.facts[name] = kept
        for name, listed in record.parts.items():
            if name in gone:
                lost[f"{record.kind}.{name}", "gone"] += 1
                continue
            carried = {key: self.record(part, lost) for key, part in listed.items()}
            found.parts[name] = {key: part for key, part in carried.items() if part is not None}
        return found

    def place(self, place: str | None, lost: Lost | None = None) -> str | None:
        """The place of a subject."""
        if place in self.places:
            if lost is not None:
                lost[f"{place}", "place"] += 1
            return None
        return place

    def entry(self, entry: Entry) -> Entry | None:
        """What was told, as it would have been told now; None where nothing of it is left."""
        body = dict(entry.body)
        kind = body.get("kind")
        if kind in self.kinds:
            return None
        if "facts" in body:
            record = self.record(record_of(body["facts"]))
            if record is None or body.get("adds") in self.parts.get(kind or "", ()):
                return None
            body["facts"] = record.as_json()
        if "place" in body:
            body["place"] = self.place(body["place"])
        if body.get("names"):
            forgotten = {name for name, spec in self.facts.get(kind or "", {}).items() if "lost" in spec}
            forgotten |= self.parts.get(kind or "", frozenset())
            body["names"] = [name for name in body["names"] if name not in forgotten]
            if not body["names"]:
                return None
        return entry._replace(body=body)


def carry_of(data: Mapping[str, Any]) -> Carry:
    """A carry from values of JSON."""
    parts = {kind: frozenset(names) for kind, names in data["parts"].items()}
    return Carry(frozenset(data["kinds"]), parts, data["facts"], frozenset(data["places"]))


def carry_between(old: Mapping[str, Any], new: Mapping[str, Any]) -> Carry:
    """What differs between two vocabularies, as `vocabulary_of` describes them."""
    kept = [kind for kind in old["subjects"] if kind in new["subjects"]]
    parts: dict[str, frozenset[str]] = {}
    facts: dict[str, dict[str, dict[str, Any]]] = {}
    for kind in kept:
        before, after = old["subjects"][kind], new["subjects"][kind]
        parts[kind] = frozenset(name for name, part in before["parts"].items() if after["parts"].get(name) != part)
        specs = {name: _spec(fact, after["facts"].get(name)) for name, fact in before["facts"].items()}
        facts[kind] = {name: spec for name, spec in specs.items() if spec is not None}
    return Carry(
        frozenset(old["subjects"]) - frozenset(new["subjects"]),
        {kind: names for kind, names in parts.items() if names},
        {kind: found for kind, found in facts.items() if found},
        frozenset(old["places"]) - frozenset(new["places"]),
    )


def _spec(before: Mapping[str, Any], after: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """How values of a fact are read when it is declared otherwise; None where it is what it was."""
    if after is None:
        return {"lost": "gone"}
    if before == after:
        return None
    if before["type"] != after["type"] or before.get("dimension") != after.get("dimension"):
        return {"lost": "retyped"}
    if before["type"] != "number":
        return {"options": after.get("options", [])}
    factor = Fraction(before["factor"]) / Fraction(after["factor"])
    return {"times": str(factor), **{name: after[name] for name in ("unit", "whole", "least", "most")}}


def _kept(spec: Mapping[str, Any], value: Value, written: str) -> tuple[Value, str] | None:
    """A value and how it is written now; None where it cannot be."""
    if "lost" in spec:
        return None
    if "options" in spec:
        chosen = value if isinstance(value, frozenset) else {value}
        return (value, written) if chosen <= set(spec["options"]) else None
    if not isinstance(value, (int, Fraction)):
        return None
    factor = Fraction(spec["times"])
    number = normalise(value * factor)
    is_within = (spec["least"] is None or number >= Fraction(spec["least"])) and (
        spec["most"] is None or number <= Fraction(spec["most"])
    )
    if (spec["whole"] and number.denominator != 1) or not is_within:
        return None
    return number, written if factor == 1 else f"{plain_number(number)} {spec['unit']}".strip()


def problems_of(lost: Lost) -> Iterable[Problem]:
    """What cannot be carried over, in words."""
    for (name, why), number in sorted(lost.items())[:_MOST]:
        yield Problem(name, f"session.lost.{why}", {"number": str(number)})
    if len(lost) > _MOST:
        yield Problem("", "session.lost.more", {"number": str(len(lost) - _MOST)})
    yield Problem("", "session.lost.next")


@dataclass(frozen=True, slots=True)
class Eras:
    """The rulebooks under which a session was kept, one after another.

    Attributes:
        carries: What changed with each, by the number of the entry of the log that took it over.
    """

    carries: tuple[tuple[int, Carry], ...]

    def now(self, entry: Entry) -> Entry | None:
        """What was told, in the vocabulary of now; None where nothing of it is left."""
        found: Entry | None = entry
        for seq, carry in self.carries:
            if found is not None and seq > entry.seq:
                found = carry.entry(found)
        return found


def eras_of(data: Iterable[tuple[int, Mapping[str, Any]]]) -> Eras:
    """The eras from values of JSON."""
    return Eras(tuple((seq, carry_of(carry)) for seq, carry in data))
