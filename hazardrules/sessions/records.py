"""What a session knows of one subject, and how it is written down: every value comes back exactly as it was."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hazardrules.model.instances import Instance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hazardrules.model.subjects import SubjectKind

Value = bool | int | Fraction | str | date | frozenset[str]


@dataclass(slots=True)
class Record:
    """A subject or a part as the session knows it.

    Attributes:
        kind: Which subject it is.
        facts: Known facts with the way they were written.
        parts: Lists of parts by name, each part under its key; a list that is not known is absent.
    """

    kind: str
    facts: dict[str, tuple[Value, str]] = field(default_factory=dict)
    parts: dict[str, dict[str, Record]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """In values of JSON."""
        found: dict[str, Any] = {"kind": self.kind}
        if self.facts:
            found["facts"] = {name: [coded(value), written] for name, (value, written) in self.facts.items()}
        if self.parts:
            found["parts"] = {name: {key: part.as_json() for key, part in listed.items()} for name, listed in self.parts.items()}
        return found

    def merge(self, other: Record) -> None:
        """Take over what another record knows: its facts one by one, its lists as a whole."""
        self.facts.update(other.facts)
        self.parts.update(other.parts)

    def at(self, path: str) -> Record | None:
        """The part under a path such as `hazards/h-1`; itself where the path is empty."""
        here: Record | None = self
        steps = path.split("/") if path else []
        for name, key in zip(steps[::2], steps[1::2], strict=False):
            here = here.parts.get(name, {}).get(key) if here is not None else None
        return here if len(steps) % 2 == 0 else None


def record_of(data: Mapping[str, Any]) -> Record:
    """A record from values of JSON."""
    return Record(
        data["kind"],
        {name: (decoded(value), written) for name, (value, written) in data.get("facts", {}).items()},
        {name: {key: record_of(part) for key, part in listed.items()} for name, listed in data.get("parts", {}).items()},
    )


def taken(instance: Instance) -> Record:
    """A record of submitted facts; the parts of a list get the keys 1, 2 and so on."""
    return Record(
        instance.kind,
        {name: (value, instance.written.get(name, "")) for name, value in instance.facts.items()},
        {
            name: {str(number): taken(part) for number, part in enumerate(listed, start=1)}
            for name, listed in instance.parts.items()
            if listed is not None
        },
    )


def instance_of(record: Record, subjects: Mapping[str, SubjectKind], moment: datetime) -> tuple[Instance, dict[str, str]]:
    """The subject as engines see it at a moment, and for each path of it the path with the keys of the parts."""
    keys: dict[str, str] = {}
    return _instance(record, "", "", None, (subjects, moment, keys)), keys


def _instance(record: Record, path: str, keyed: str, owner: Instance | None, shared: Any) -> Instance:
    subjects, moment, keys = shared
    keys[path] = keyed
    found = Instance(
        record.kind,
        path,
        {name: value for name, (value, _) in record.facts.items()},
        {name: written for name, (_, written) in record.facts.items()},
        {},
        owner,
    )
    kind = subjects[record.kind]
    for name in clocks(kind):
        found.facts[name], found.written[name] = moment, shown(moment)
    for name, listed in record.parts.items():
        one = kind.parts[name].one
        above, above_key = (f"{path}.{name}", f"{keyed}/{name}") if path else (name, name)
        found.parts[name] = [
            _instance(part, above if one else f"{above}[{number}]", f"{above_key}/{key}", found, shared)
            for number, (key, part) in enumerate(listed.items())
        ]
    return found


def clocks(kind: SubjectKind) -> Iterator[str]:
    """The facts of a subject that are the moment of judging."""
    return (fact.name for fact in kind.facts.values() if fact.clock)


def shown(moment: date) -> str:
    """A day or moment as people write it."""
    return moment.isoformat(sep=" ", timespec="minutes") if isinstance(moment, datetime) and not moment.second else str(moment)


def coded(value: Value) -> Any:
    """A value in JSON: a mapping with its type where JSON has none."""
    match value:
        case bool() | int() | str():
            return value
        case Fraction():
            return {"fraction": str(value)}
        case datetime():
            return {"moment": value.isoformat()}
        case date():
            return {"day": value.isoformat()}
        case _:
            return {"set": sorted(value)}


def decoded(data: Any) -> Value:
    """A value from JSON: what `coded` was given."""
    match data:
        case {"fraction": str(text)}:
            return Fraction(text)
        case {"moment": str(text)}:
            return datetime.fromisoformat(text)
        case {"day": str(text)}:
            return date.fromisoformat(text)
        case {"set": list(items)}:
            return frozenset(items)
        case bool() | int() | str():
            return data
        case _:
            raise ValueError(f"{data!r} is no coded value")


# what is told


def happen(record: Record, given: Record, adds: str | None, path: str, key: str) -> None:
    """An event happened to a subject, or to the part under a path: it adds a part under a key, or changes facts.

    Nothing happens where the part is not known any more: whoever tells of an event has looked, but another rulebook may
    have forgotten it since.
    """
    target = record.at(path)
    if target is None:
        return
    if adds is None:
        target.merge(given)
    elif adds in target.parts:
        target.parts[adds][key] = given


def retract(record: Record, names: list[str], part: str) -> None:
    """Facts and lists of a subject, or of a part, are unknown again; where none is named, the part itself is gone."""
    if not names:
        above, _, key = part.rpartition("/")
        owner, _, listed = above.rpartition("/")
        holder = record.at(owner)
        if holder is not None:
            holder.parts.get(listed, {}).pop(key, None)
        return
    target = record.at(part)
    if target is not None:
        for name in names:
            target.facts.pop(name, None)
            target.parts.pop(name, None)


def parts_of(record: Record, path: str = "") -> list[str]:
    """The paths of all parts."""
    found: list[str] = []
    for name, listed in record.parts.items():
        for key, part in listed.items():
            below = f"{path}/{name}/{key}" if path else f"{name}/{key}"
            found += [below, *parts_of(part, below)]
    return found
