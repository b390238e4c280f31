"""Facts as few and as plain as they can be for the reference engine to say the same."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hazardrules.intake.instance import copy_of, within
from hazardrules.model.values import normalise
from hazardrules.verify.solve import Witness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hazardrules.model.instances import Instance
    from hazardrules.model.subjects import FactDeclaration, SubjectKind


def reduced(witness: Witness, subjects: Mapping[str, SubjectKind], still: Callable[[Instance, Instance], bool]) -> Witness:
    """A witness with fewer and plainer facts.

    Args:
        witness: What was confirmed.
        subjects: The vocabulary, whose bounds still hold.
        still: What is still confirmed, of a root and the subject that is judged.
    """
    root = copy_of(witness.root)
    subject = next(item for item in within(root) if item.path == witness.subject.path)
    above = set()
    here: Instance | None = subject
    while here is not None:
        above.add(id(here))
        here = here.owner
    for instance in list(within(root)):
        _shorten(instance, above, lambda: still(root, subject))
        for name in sorted(instance.facts):
            _drop(instance.facts, name, lambda: still(root, subject))
    for instance in within(root):
        for name in sorted(instance.facts):
            _plainer(instance.facts, subjects[instance.kind].facts[name], lambda: still(root, subject))
    return Witness(root, subject)


def _drop(facts: dict[str, Any], name: str, still: Callable[[], bool]) -> None:
    kept = facts.pop(name)
    if not still():
        facts[name] = kept


def _shorten(instance: Instance, above: set[int], still: Callable[[], bool]) -> None:
    """Leave out lists, then parts of them; never the way to the subject."""
    for name in sorted(instance.parts):
        items = instance.parts[name] or []
        if any(id(item) in above for item in items):
            continue
        del instance.parts[name]
        if still():
            continue
        instance.parts[name] = items
        for item in list(items):
            at = items.index(item)
            del items[at]
            if not still():
                items.insert(at, item)


def _plainer(facts: dict[str, Any], fact: FactDeclaration, still: Callable[[], bool]) -> None:
    name = fact.name
    if fact.type.name == "set":
        for option in sorted(facts[name]):
            kept, facts[name] = facts[name], facts[name] - {option}
            if not still():
                facts[name] = kept
        return
    for value in _plain_values(facts[name]):
        if not _within_bounds(value, fact):
            continue
        kept, facts[name] = facts[name], value
        if still():
            return
        facts[name] = kept


def _within_bounds(value: Any, fact: FactDeclaration) -> bool:
    if fact.type.name != "number":
        return True
    whole = isinstance(value, int) or not fact.type.integer
    return whole and (fact.minimum is None or value >= fact.minimum) and (fact.maximum is None or value <= fact.maximum)


def _plain_values(value: Any) -> Iterator[Any]:
    """Values that a person would rather read, the plainest first."""
    if isinstance(value, datetime):
        yield value.replace(hour=0, minute=0, second=0)
    elif isinstance(value, date):
        for year in (2020, value.year):
            yield date(year, 1, 1)
        yield value.replace(day=1)
    elif isinstance(value, (int, Fraction)) and not isinstance(value, bool):
        yield from (number for number in (0, 1) if number != value)
        yield from (normalise(Fraction(round(value * scale), scale)) for scale in (1, 10, 100))
