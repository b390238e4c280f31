"""When time alone changes an answer: the first moment after now at which a subject must be judged again."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from hazardrules.engines.base import walk
from hazardrules.engines.reference import Evaluator
from hazardrules.model import expressions as ir
from hazardrules.model.values import add_span
from hazardrules.sessions.turns import expressions_of, turns_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hazardrules.compiler.plan import Compiled, Plan
    from hazardrules.model.instances import Instance
    from hazardrules.sessions.turns import Turn, Turns

LAST = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001 - facts carry local time
"""Nothing lies beyond it."""
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
_YEAR = timedelta(days=366)
_INTO_YEAR = timedelta(days=120)
"""So long after the beginning of a year that the calendar covers, working days are certainly known."""
_ROUNDING = timedelta(days=7)
"""Months of different lengths move a turn by a few days."""


def next_turn(plan: Plan, root: Instance, now: datetime) -> datetime | None:
    """The first moment after `now` at which a comparison with time turns; perhaps earlier, never later; None for never."""
    found = [(instance, turns_of(plan, instance.kind)) for instance in walk(root)]
    depth = max(len(turns.by_depth) for _, turns in found)
    is_daily = any(turns.is_daily for _, turns in found)
    if not depth and not is_daily:
        return None
    case = _Case(plan, root, now, found)
    if is_daily:
        case.meet(midnight_after(now))
    for layer in range(depth):
        # until the first of those within turns, a comparison around them changes at most once
        for instance, turns in found:
            for turn in turns.by_depth[layer] if layer < len(turns.by_depth) else ():
                if turn.needs is not None and turn.needs not in instance.facts:
                    continue  # whoever makes it known has the subject judged again
                for env in _bindings(case.evaluator, turn.inside, instance, {}):
                    case.meet(case.turned(turn, instance, env))
    return case.first


def midnight(day: date) -> datetime:
    """When a day begins."""
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - facts carry local time


def midnight_after(day: date) -> datetime | None:
    """When a day is over; None where the calendar ends."""
    begun = midnight(day)
    return begun + DAY if begun < midnight(LAST) else None


def next_law(compiled: Compiled, kinds: frozenset[str], place: str | None, today: date) -> date | None:
    """The first day after today on which other law on some kinds of subject is in force; None for never."""
    before = compiled.in_force(today, place)
    key = f"next_law:{','.join(sorted(kinds))}"
    if key not in before.engine_state:
        found = None
        for day in compiled.breakpoints:
            if day > today and _differs(before, compiled.in_force(day, place), kinds, day):
                found = day
                break
        before.engine_state[key] = found
    return before.engine_state[key]  # type: ignore[return-value]  # only this function stores under the key


def _differs(before: Plan, after: Plan, kinds: frozenset[str], day: date) -> bool:
    """Whether anything that the rules on some kinds of subject read is other law from a day on."""
    if any(before.by_kind.get(kind) != after.by_kind.get(kind) for kind in kinds):
        return True
    compiled = before.compiled
    derived = [found for (on, _), found in compiled.derived.items() if on in kinds]
    if any(found.effective is not None and day in found.effective.breakpoints for found in derived):
        return True
    names = [name for kind in kinds for name in before.by_kind.get(kind, ())]
    if any((name in before.force) is not (name in after.force) for name in names):
        return True
    if before.parameters == after.parameters and before.tables == after.tables:
        return False
    return any(
        before.parameters.get(item.name) != after.parameters.get(item.name)
        if isinstance(item, ir.ParameterRef)
        else isinstance(item, ir.Lookup) and (item.table in before.tables) is not (item.table in after.tables)
        for expr in expressions_of(before, kinds)
        for item in ir.walk(expr)
    )


class _Case:
    """One subject now; finds the moments at which comparisons in its rules turn.

    Attributes:
        first: The earliest moment found so far; what turns at it or later is of no interest.
    """

    def __init__(self, plan: Plan, root: Instance, now: datetime, found: Iterable[tuple[Instance, Turns]]) -> None:
        self.plan, self.root, self.now = plan, root, now
        self.evaluator = Evaluator(plan, root, now.date())
        self.first: datetime | None = None
        self._clocks = [(instance, name) for instance, turns in found for name in turns.clocks]

    def meet(self, moment: datetime | None) -> None:
        """Keep the earlier one."""
        if moment is not None and (self.first is None or moment < self.first):
            self.first = moment

    def turned(self, turn: Turn, here: Instance, env: Mapping[str, Instance]) -> datetime | None:
        """The first moment at which a comparison is no longer what it is; None for none before the first one known."""
        limit = self.evaluator.value(turn.other, here, env)
        if limit is None:
            return None  # whoever makes it known has the subject judged again
        if turn.is_bare and isinstance(limit, date):
            return self._passed(turn, limit)
        timed = turn.compare.left if turn.is_left else turn.compare.right
        if not turn.by_calendar and self.evaluator.value(timed, here, env) is None:
            return None
        before = self.evaluator.value(turn.compare, here, env)
        if turn.is_clock:
            step, last = SECOND, LAST if self.first is None else self.first - SECOND
        else:
            step, last = DAY, midnight((LAST if self.first is None else self.first - SECOND).date())

        def is_other(moment: datetime) -> bool:
            return self._value_at(turn, here, env, moment) is not before

        low = self.now if turn.is_clock else midnight(self.now.date())
        stops = self._stops(turn, limit, low)
        if stops is None:
            return None
        try:
            for high in [*(stop for stop in stops if low < stop < last), *([last] if low < last else [])]:
                if is_other(high):
                    return _bisect(is_other, low, high, step)
                low = high
        finally:
            self._set_clocks(self.now)
        return None

    def _passed(self, turn: Turn, limit: date) -> datetime | None:
        """When `as_of > limit` and its like turn."""
        is_from = (turn.compare.op in (">=", "<")) is turn.is_left  # on the day itself, not after it
        if limit <= self.now.date() and (is_from or limit < self.now.date()):
            return None
        return midnight(limit) if is_from else midnight_after(midnight(limit))

    def _stops(self, turn: Turn, limit: object, low: datetime) -> list[datetime] | None:
        """Moments to look at in turn: between two of them a comparison turns at most once; None where it has turned."""
        near = add_span(limit, turn.back, _no_calendar) if turn.back is not None and isinstance(limit, date) else None
        if near is not None and date(2, 1, 1) < near < date(9998, 1, 1):
            about = midnight(near)
            return [about - _ROUNDING, about + _ROUNDING] if about + _ROUNDING > low else None
        covered = _covered(self.plan) if turn.by_calendar else ()
        return sorted([*covered, low + _YEAR]) if low < LAST - _YEAR else []

    def _value_at(self, turn: Turn, here: Instance, env: Mapping[str, Instance], moment: datetime) -> object:
        if not turn.is_clock:
            return Evaluator(self.plan, self.root, moment.date()).value(turn.compare, here, env)
        self._set_clocks(moment)
        # the day stays: comparisons within that read it turn by themselves
        return Evaluator(self.plan, self.root, self.now.date()).value(turn.compare, here, env)

    def _set_clocks(self, moment: datetime) -> None:
        for item, name in self._clocks:
            item.facts[name] = moment


def _bisect(is_other: Callable[[datetime], bool], low: datetime, high: datetime, step: timedelta) -> datetime:
    """The first moment at which something is other, between one at which it is not and one at which it is."""
    while high - low > step:
        middle = low + (high - low) // step // 2 * step
        low, high = (low, middle) if is_other(middle) else (middle, high)
    return high


def _bindings(
    evaluator: Evaluator, inside: tuple[ir.Quantified, ...], here: Instance, env: Mapping[str, Instance]
) -> Iterator[Mapping[str, Instance]]:
    """Every choice of parts for the quantifiers around a comparison."""
    if not inside:
        yield env
        return
    first = inside[0]
    base = evaluator.find(first.base, here, env)
    for part in (base.parts.get(first.part) or ()) if base is not None else ():
        yield from _bindings(evaluator, inside[1:], here, {**env, first.variable: part})


def _covered(plan: Plan) -> tuple[datetime, ...]:
    """A moment in each year that the calendar of working days covers."""
    found = plan.engine_state.get("covered")
    if found is None:
        calendar = plan.compiled.source.calendar
        table = plan.compiled.source.tables.get(calendar) if calendar else None
        years = sorted({int(key[0][:4]) for key in table.rows}) if table is not None else []
        found = plan.engine_state["covered"] = tuple(midnight(date(year, 1, 1)) + _INTO_YEAR for year in years)
    return found  # type: ignore[return-value]  # only this function stores under the key


def _no_calendar(_day: date) -> None:
    """Working days are not asked for."""
