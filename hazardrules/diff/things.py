"""What rules stand on, before and after: facts, actions, levels, instruments, parameters, derived facts, tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hazardrules.diff.aspects import dates_text
from hazardrules.diff.model import ThingDifference
from hazardrules.written import Written, decimal_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hazardrules.compiler.plan import Compiled
    from hazardrules.diff.proof import Court
    from hazardrules.model.law import Effective, Instrument, Scale
    from hazardrules.model.rules import ActionDeclaration, DataTable
    from hazardrules.model.subjects import FactDeclaration

_WRITTEN = Written()
Thing = TypeVar("Thing")


def things(court: Court) -> Iterator[ThingDifference]:
    """What changed beside the rules; labels and other words are not looked at."""
    old, new = court.old.compiled, court.new.compiled
    before, after = old.source, new.source
    yield from _vocabulary(court)
    yield from _compared("action", before.actions, after.actions, _action)
    yield from _compared("scale", before.scales, after.scales, _scale)
    yield from _compared("instrument", before.instruments, after.instruments, _instrument)
    yield from _compared("jurisdiction", before.jurisdictions, after.jurisdictions, lambda place: place.within or "")
    yield from _parameters(court)
    yield from _derived(court)
    yield from _compared("table", before.tables, after.tables, _table)


def _compared(
    what: str, before: Mapping[str, Thing], after: Mapping[str, Thing], text: Callable[[Thing], str]
) -> Iterator[ThingDifference]:
    """Removed and changed things matter where rules show it; a changed one matters where its text says so."""
    for name in [*before, *(name for name in after if name not in before)]:
        was, now = (text(found[name]) if name in found else "" for found in (before, after))
        if name not in after:
            yield ThingDifference(what, name, "removed", was)
        elif name not in before:
            yield ThingDifference(what, name, "added", "", now)
        elif was != now:
            yield ThingDifference(what, name, "changed", was, now, matters=what in ("action", "scale"))


def _action(found: ActionDeclaration) -> str:
    parameters = ", ".join(f"{name}: {kind}" for name, kind in sorted(found.parameters.items()))
    parts = [found.kind, *(f"{name} {value}" for name, value in (("by", found.by), ("authority", found.authority)) if value)]
    return ", ".join([*parts, *([parameters] if parameters else [])])


def _scale(found: Scale) -> str:
    return " < ".join(f"{level.id} ({level.severity})" for level in found.levels)


def _instrument(found: Instrument) -> str:
    return ", ".join(part for part in (dates_text(found.effective), found.jurisdiction, f"text {found.text}") if part)


def _table(found: DataTable) -> str:
    # the rows themselves would be too long: `12 rows, 3f2a…` changes whenever one of them does
    from hashlib import sha256  # noqa: PLC0415 - only for tables

    rows = sorted(f"{key}:{row}" for key, row in found.rows.items())
    return f"{len(rows)} × {len(found.columns)} ({sha256(chr(0).join(rows).encode('utf-8', 'surrogatepass')).hexdigest()[:8]})"


# the vocabulary


def _vocabulary(court: Court) -> Iterator[ThingDifference]:
    before, after = court.old.compiled.source.subjects, court.new.compiled.source.subjects
    renamed = {(kind, old): new for (kind, new), old in court.vocabulary.renamed.items()}
    for kind in [*before, *(kind for kind in after if kind not in before)]:
        if kind not in after:
            yield ThingDifference("subject", kind, "removed", matters=True)
            continue
        if kind not in before:
            yield ThingDifference("subject", kind, "added")
            continue
        facts = dict(after[kind].facts)
        for name, fact in before[kind].facts.items():
            now = renamed.get((kind, name), name)
            found = facts.pop(now, None)
            called = f"{kind}.{name}"
            if found is None:
                yield ThingDifference("fact", called, "removed", _fact(fact), matters=True)
            elif now != name:
                yield ThingDifference("fact", called, "renamed", called, f"{kind}.{now}", matters=True)
            elif _fact(fact) != _fact(found):
                yield ThingDifference("fact", called, "changed", _fact(fact), _fact(found), matters=True)
        for name, fact in facts.items():
            yield ThingDifference("fact", f"{kind}.{name}", "added", "", _fact(fact))
        was, is_ = (
            {f"{kind}.{part.name}": f"{'one' if part.one else 'list of'} {part.of}" for part in one[kind].parts.values()}
            for one in (before, after)
        )
        for found_part in _compared("part", was, is_, str):
            yield ThingDifference(
                "part",
                found_part.name,
                found_part.change,
                found_part.before,
                found_part.after,
                matters=found_part.change != "added",
            )


def _fact(fact: FactDeclaration) -> str:
    """`number, m², minimum 0`."""
    words = [fact.declared, *([fact.type.unit.name] if fact.type.unit.name else [])]
    words += [
        f"{name} {decimal_text(value)}"
        for name, value in (("minimum", fact.minimum), ("maximum", fact.maximum))
        if value is not None
    ]
    return ", ".join([*words, *([f"of {' '.join(fact.type.options)}"] if fact.type.options else [])])


# what conditions refer to


def _parameters(court: Court) -> Iterator[ThingDifference]:
    before, after = court.old.compiled.parameters, court.new.compiled.parameters

    def text(values: tuple[tuple[Effective, object], ...]) -> str:
        return "; ".join(f"{_value(value)} {dates_text(effective)}".strip() for effective, value in values)

    for found in _compared("parameter", before, after, lambda parameter: text(parameter.values)):
        if found.change != "changed" or court.old.forms.parameter(found.name) != court.new.forms.parameter(found.name):
            yield found


def _value(value: object) -> str:
    return str(value)


def _derived(court: Court) -> Iterator[ThingDifference]:
    """Derived facts whose normal form changed; one that answers show matters, unless its value is proved to be the same."""
    before, after = court.old.compiled.derived, court.new.compiled.derived

    def text(compiled: Compiled, key: tuple[str, str]) -> str:
        found = compiled.derived[key]
        dates = dates_text(found.effective) if found.effective is not None else ""
        return f"{_WRITTEN.text(found.expr)}{f' ({dates})' if dates else ''}"

    for kind, name in [*before, *(key for key in after if key not in before)]:
        key, called = (kind, name), f"{kind}.{name}"
        if key not in after:
            yield ThingDifference("derived", called, "removed", text(court.old.compiled, key), matters=before[key].report)
        elif key not in before:
            yield ThingDifference("derived", called, "added", "", text(court.new.compiled, key), matters=after[key].report)
        elif court.old.forms.derived(*key) != court.new.forms.derived(*key) or before[key].report != after[key].report:
            shown = before[key].report != after[key].report or (before[key].report and not court.same_derived(*key))
            texts = (text(court.old.compiled, key), text(court.new.compiled, key))
            yield ThingDifference("derived", called, "changed", *texts, matters=shown)
