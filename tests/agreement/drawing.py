"""Subjects drawn from a seed: whole ones for drawn rulebooks, and shipped cases thinned out or crossed with one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hazardrules.model.instances import Instance
from hazardrules.testing.generated_rulebooks import SUBMITTED

if TYPE_CHECKING:
    from random import Random

MASSES = ("0", "50", "50.001", "100 kg", "0.05 t", 49.9, "33.333 kg")
AGES = (0, 17, 18, 60)


def facts(chance: Random) -> dict[str, Any]:
    """Facts of a place with gaps; parts that are absent, empty or partly known; mostly known in one case of four."""
    known = chance.choice((0.3, 0.7, 0.9, 1.0))
    found = {name: chance.choice(values) for name, values in SUBMITTED.items() if chance.random() < known}
    if chance.random() < known:
        found["tanks"] = [_some(chance, known, full=(True, False), mass=MASSES) for _ in range(chance.randrange(4))]
    if chance.random() < known:
        found["boss"] = _some(chance, known, trained=(True, False), age=AGES)
    return found


def _some(chance: Random, known: float, **values: tuple[Any, ...]) -> dict[str, Any]:
    return {name: chance.choice(options) for name, options in values.items() if chance.random() < known}


def thinned(chance: Random, of: Instance, owner: Instance | None = None) -> Instance:
    """A subject of which less is known."""
    return crossed(chance, of, of, owner, keep=chance.choice((0.5, 0.8, 0.95)))


def crossed(chance: Random, one: Instance, other: Instance, owner: Instance | None = None, keep: float = 1.0) -> Instance:
    """A subject with facts of two of its kind, each from either; what only one of them has may stay away."""
    found = Instance(one.kind, one.path, owner=owner)
    for name in sorted(one.facts.keys() | other.facts.keys()):
        source = chance.choice((one, other))
        if name in source.facts and chance.random() < keep:
            found.facts[name] = source.facts[name]
    for name in sorted(one.parts.keys() | other.parts.keys()):
        listed = chance.choice((one, other)).parts.get(name)
        if listed is not None and chance.random() < keep:
            found.parts[name] = [_part(chance, part, found, f"{name}[{n}]", keep) for n, part in enumerate(listed)]
    return found


def _part(chance: Random, part: Instance, owner: Instance, place: str, keep: float) -> Instance:
    found = crossed(chance, part, part, owner, keep)
    _rename(found, f"{owner.path}.{place}" if owner.path else place)
    return found


def _rename(instance: Instance, path: str) -> None:
    instance.path = path
    for name, listed in instance.parts.items():
        for number, part in enumerate(listed or ()):
            _rename(part, f"{path}.{name}[{number}]")
