"""A session is told when time changes an answer; asking on every single day gives the same."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta
from functools import cache
from math import ceil, floor
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hazardrules

if TYPE_CHECKING:
    from hazardrules.compiler.plan import CompiledRule
    from hazardrules.model.subjects import FactDeclaration

FIRST = date(2021, 11, 20)
DAYS = 460
KINDS = ("vehicle", "driver", "enterprise", "special_equipment", "gas_cylinder", "accident", "premises")
EXAMPLES = int(os.environ.get("HAZARDRULES_EXAMPLES", "12"))
near = st.dates(FIRST - timedelta(days=1200), FIRST + timedelta(days=DAYS + 100))


@cache
def book() -> hazardrules.Rulebook:
    """The shipped law."""
    return hazardrules.load()


@cache
def members(kind: str) -> dict[str, FactDeclaration]:
    """The facts that rules on time read, and a few more."""
    return {name: fact for name, fact in book().compiled.source.subjects[kind].facts.items() if not fact.clock}


def value(fact: FactDeclaration) -> st.SearchStrategy[Any]:
    """A value of a fact; dates lie around the time that is replayed."""
    if fact.declared == "date":
        return near
    if fact.declared == "datetime":
        return st.datetimes(datetime(2021, 11, 20), datetime(2023, 2, 1)).map(lambda at: at.replace(microsecond=0))
    if fact.declared == "bool":
        return (
            st.booleans() if fact.compliant is None else st.sampled_from([not fact.compliant.value] * 4 + [fact.compliant.value])
        )
    if fact.declared == "enum":
        return st.sampled_from([option.id for option in fact.options])
    if fact.declared == "set":
        return st.sets(st.sampled_from([option.id for option in fact.options])).map(sorted)
    low = ceil(fact.minimum or 0)
    return st.integers(low, low + 40 if fact.maximum is None else max(low, min(low + 40, floor(fact.maximum))))


@st.composite
def subjects(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A subject with dates, some other facts, and perhaps parts with dates."""
    kind = draw(st.sampled_from(KINDS))
    facts = {name: draw(value(fact)) for name, fact in chosen(draw, kind, 12)}
    source = book().compiled.source.subjects
    for name, part in source[kind].parts.items():
        if not part.one and draw(st.booleans()):
            facts[name] = [
                {inner: draw(value(fact)) for inner, fact in chosen(draw, part.of, 4)} for _ in range(draw(st.integers(0, 3)))
            ]
    return kind, facts


def chosen(draw: st.DrawFn, kind: str, most: int) -> list[tuple[str, FactDeclaration]]:
    """Some facts of a kind, and all that some rules on time read."""
    known = members(kind)
    names = set(draw(st.lists(st.sampled_from(sorted(known)), unique=True, max_size=most)))
    if on_time(kind):
        for rule in draw(st.lists(st.sampled_from(on_time(kind)), min_size=1, max_size=3)):
            names |= rule.own_facts & known.keys()
    return [(name, known[name]) for name in sorted(names)]


@cache
def on_time(kind: str) -> list[CompiledRule]:
    """The rules on a kind that read a date."""
    dated = {name for name, fact in members(kind).items() if fact.declared in ("date", "datetime")}
    return [rule for rule in book().compiled.rules.values() if rule.on == kind and rule.own_facts & dated]


@pytest.mark.parametrize("place", [None, "CN-SD-JN-TQ"])
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(subject=subjects())
def test_what_begins_and_ends_is_what_asking_daily_shows(place: str | None, subject: tuple[str, dict[str, Any]]) -> None:
    """Every day on which a finding begins or ends, and no other; law that comes and goes included."""
    kind, facts = subject
    days = [FIRST + timedelta(days=number) for number in range(DAYS)]
    daily = {day: open_on(kind, facts, day, place) for day in days}
    with book().session("sqlite://", jurisdiction=place) as session:
        changes = session.put("one", kind, facts, at=FIRST)
        changes += session.advance(days[-1])
        keys: set[tuple[str, str]] = set()
        steps = iter(changes)
        change = next(steps, None)
        for day in days:
            while change is not None and change.at.date() == day:
                assert change.at == datetime.combine(day, datetime.min.time())
                if change.what != "overdue":
                    keys ^= {(change.part, change.rule)}
                change = next(steps, None)
            assert keys == daily[day], day
        assert session.verify() == []


def open_on(kind: str, facts: dict[str, Any], day: date, place: str | None) -> set[tuple[str, str]]:
    """The findings of a day, with the parts called as a session calls them."""
    answer = book().classify(facts, subject=kind, as_of=day, jurisdiction=place)
    return {(keyed(finding.subject), finding.rule) for finding in answer.findings}


def keyed(path: str) -> str:
    """`drills[0]` as `drills/1`."""
    pieces = [piece.rstrip("]").partition("[") for piece in path.split(".") if piece]
    return "/".join(f"{name}/{int(number) + 1 if number else 1}" for name, _, number in pieces)
