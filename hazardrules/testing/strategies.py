"""Hypothesis strategies for a rulebook: facts of any of its subjects, days, places, cases.

Values lie where rules change their mind: on every number and date that a rule compares a fact with, and one step beside.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import partial
from math import ceil, floor
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from hazardrules.intake.cases import Case
from hazardrules.model import expressions as ir
from hazardrules.written import decimal_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hazardrules.api import Rulebook
    from hazardrules.model.subjects import FactDeclaration

EPOCH = date(2000, 1, 1)
_LAST = date(2040, 12, 31)
_STEP = Fraction(1, 100)
_MANY = 100
"""Numbers that no rule names lie within this many units above the least."""
_NUMBERS = (int, Fraction)


def thresholds(book: Rulebook, subject: str) -> dict[str, list[Any]]:
    """The values with which rules compare the facts of a subject.

    Args:
        book: The rulebook.
        subject: The kind of subject, by its id.

    Returns:
        Per fact the numbers (in its unit) or dates that some rule or derived fact compares it with, sorted.
    """
    return {name: sorted(values) for (kind, name), values in _compared(book).items() if kind == subject}


def _compared(book: Rulebook) -> dict[tuple[str, str], set[Any]]:
    found: dict[tuple[str, str], set[Any]] = {}
    for expr in _expressions(book):
        for item in ir.walk(expr):
            if isinstance(item, ir.Compare):
                for side, other in ((item.left, item.right), (item.right, item.left)):
                    fact, factor = _scaled(side)
                    if fact is not None and isinstance(other, ir.Const):
                        value = _in_unit(other.value, factor)
                        if value is not None:
                            found.setdefault((fact.kind, fact.name), set()).add(value)
    return found


def _scaled(side: ir.Expr) -> tuple[ir.FactRef | None, Fraction]:
    """A fact, perhaps in another unit, and the factor of that unit."""
    factor = Fraction(1)
    while isinstance(side, ir.Scale):
        factor *= side.factor
        side = side.item
    return (side if isinstance(side, ir.FactRef) else None), factor


def _in_unit(value: Any, factor: Fraction) -> Any:
    if isinstance(value, (bool, str, frozenset)):
        return None
    if isinstance(value, _NUMBERS):
        return Fraction(value) / factor
    return value if isinstance(value, date) else None


def _expressions(book: Rulebook) -> Iterable[ir.Expr]:
    for rule in book.compiled.rules.values():
        yield rule.when
        yield from rule.unless
        if rule.scope is not None:
            yield rule.scope
    for derived in book.compiled.derived.values():
        yield derived.expr


def days(book: Rulebook) -> st.SearchStrategy[date]:
    """Days: on which law changes, the day before, those that rules compare with and the days around, any other."""
    named = {day for values in _compared(book).values() for day in values if type(day) is date}
    edges = {day + timedelta(days=shift) for day in {*book.compiled.breakpoints, *named} for shift in (-1, 0, 1)}
    anywhere = st.dates(EPOCH, _LAST)
    return st.one_of(st.sampled_from(sorted(edges)), anywhere) if edges else anywhere


def places(book: Rulebook) -> st.SearchStrategy[str | None]:
    """A jurisdiction of the rulebook, or none."""
    return st.sampled_from([None, *book.compiled.source.jurisdictions])


def facts(book: Rulebook, subject: str, *, parts: int = 2, whole: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Facts of a subject, as they are submitted.

    Args:
        book: The rulebook.
        subject: The kind of subject, by its id.
        parts: So many parts at most in each list; parts of parts have none.
        whole: Every fact is given; by default many are missing.

    Returns:
        A strategy for mappings that `Rulebook.classify` can read.
    """
    return _Facts(book, whole).of(subject, parts)


def cases(book: Rulebook, subjects: Iterable[str] | None = None, *, whole: bool = False) -> st.SearchStrategy[Case]:
    """A case of any subject, day and place.

    Args:
        book: The rulebook.
        subjects: The kinds of subject, by their ids; by default all that rules judge.
        whole: As for `facts`.
    """
    drawn = _Facts(book, whole)
    judged = sorted({rule.on for rule in book.compiled.rules.values()})
    kinds = st.sampled_from(list(subjects) if subjects is not None else judged)

    day, place = days(book), places(book)

    def of(subject: str) -> st.SearchStrategy[Case]:
        return st.builds(partial(Case, subject), drawn.of(subject, 2), day, place)

    return kinds.flatmap(of)


class _Facts:
    """Draws facts for one rulebook; what it knows of a subject is made once."""

    def __init__(self, book: Rulebook, whole: bool) -> None:
        self.source, self.whole = book.compiled.source, whole
        self.compared = _compared(book)
        self.groups = _read_together(book)
        self._made: dict[tuple[str, int], st.SearchStrategy[dict[str, Any]]] = {}
        self._values: dict[tuple[str, str], st.SearchStrategy[Any]] = {}

    def of(self, subject: str, parts: int) -> st.SearchStrategy[dict[str, Any]]:
        if (subject, parts) not in self._made:
            self._made[subject, parts] = self._of(subject, parts)
        return self._made[subject, parts]

    def _of(self, subject: str, parts: int) -> st.SearchStrategy[dict[str, Any]]:
        kind = self.source.subjects[subject]
        named = sorted(name for name, fact in kind.facts.items() if not fact.clock)
        groups = [sorted(group) for group in self.groups.get(subject, ()) if group]

        @st.composite
        def draw(draw: Callable[..., Any]) -> dict[str, Any]:
            if self.whole or not named:
                chosen = set(named)
            else:
                chosen = set(draw(st.lists(st.sampled_from(named), max_size=12)))
                for group in draw(st.lists(st.sampled_from(groups), max_size=3)) if groups else ():
                    chosen |= set(group)  # facts that one rule reads, so that rules are decided and not only opened
                chosen -= set(draw(st.lists(st.sampled_from(named), max_size=2)))
            found = {name: draw(self.value(subject, kind.facts[name])) for name in sorted(chosen & set(named))}
            for name, part in sorted(kind.parts.items()):
                if parts and (self.whole or draw(st.booleans())):
                    most = 1 if part.one else parts
                    found[name] = draw(st.lists(self.of(part.of, 0), min_size=1 if part.one else 0, max_size=most))
            return found

        return draw()

    def value(self, subject: str, fact: FactDeclaration) -> st.SearchStrategy[Any]:
        key = (subject, fact.name)
        if key not in self._values:
            self._values[key] = _value(fact, sorted(self.compared.get(key, ())))
        return self._values[key]


def _read_together(book: Rulebook) -> dict[str, list[frozenset[str]]]:
    found: dict[str, set[frozenset[str]]] = {}
    for rule in book.compiled.rules.values():
        own = rule.own_facts & book.compiled.source.subjects[rule.on].facts.keys()
        if own:
            found.setdefault(rule.on, set()).add(frozenset(own))
    return {subject: sorted(groups, key=sorted) for subject, groups in found.items()}


def _value(fact: FactDeclaration, compared: list[Any]) -> st.SearchStrategy[Any]:
    options = [option.id for option in fact.options]
    match fact.declared:
        case "bool":
            return st.booleans()
        case "enum":
            return st.sampled_from(options)
        case "set":
            return st.lists(st.sampled_from(options), unique=True)
        case "text":
            return st.sampled_from(["a", "b", "某"])
        case "date":
            near = sorted({day + timedelta(days=shift) for day in compared for shift in (-1, 0, 1)})
            anywhere = st.dates(EPOCH, _LAST)
            return st.one_of(st.sampled_from(near), anywhere) if near else anywhere
        case "datetime":
            return st.datetimes(datetime(2000, 1, 1), datetime(2040, 12, 31)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001 - facts carry local time
        case _:
            return _number(fact, [value for value in compared if not isinstance(value, date)])


def _number(fact: FactDeclaration, compared: list[Fraction]) -> st.SearchStrategy[Any]:
    step = Fraction(1) if fact.declared == "integer" else _STEP
    near = {value + shift for value in compared for shift in (-step, Fraction(0), step)}
    if fact.declared == "integer":
        near = {Fraction(end) for value in near for end in (floor(value), ceil(value))}
    low = fact.minimum if fact.minimum is not None else (None if compared else 0)
    fits = [
        value for value in sorted(near)
        if (fact.minimum is None or value >= fact.minimum) and (fact.maximum is None or value <= fact.maximum)
    ]  # fmt: skip
    least = ceil(low) if low is not None else -_MANY
    most = floor(fact.maximum) if fact.maximum is not None else least + _MANY
    anywhere: st.SearchStrategy[Any] = st.integers(least, min(most, least + _MANY)) if least <= most else st.nothing()
    shown = [int(value) if value.denominator == 1 else decimal_text(value) for value in fits if _is_written(value)]
    if least > most and fact.maximum is not None and fact.minimum is not None:
        middle = (Fraction(fact.minimum) + Fraction(fact.maximum)) / 2
        shown += [decimal_text(middle)] if _is_written(middle) else []
    return st.one_of(st.sampled_from(shown), anywhere) if shown else anywhere


def _is_written(value: Fraction) -> bool:
    """Whether a number ends when it is written in decimals."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1
