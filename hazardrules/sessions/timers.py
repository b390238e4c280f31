"""When time alone changes an answer: the first moment after now at which a subject must be judged again.

A comparison with the day of judging (or the clock) on one side turns at most once as time passes, and where it turns
follows from the other side. Where time stands in an expression of another form, the subject is judged every day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from hazardrules.engines.base import walk
from hazardrules.engines.reference import Evaluator
from hazardrules.model import expressions as ir
from hazardrules.model.values import CalendarSpan, Interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hazardrules.compiler.plan import Compiled, Plan
    from hazardrules.model.instances import Instance
    from hazardrules.model.values import Truth

DAY = timedelta(days=1)
_LOOK_AROUND = 4
"""Months and leap years move a turning point by a few days against the plain reckoning."""
_MARGIN_PER_WORKING_DAY = 4
_HORIZON_SECONDS = 366 * 86400
"""So far ahead a turn of the clock is looked for; then the subject is judged again and looks further."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A comparison in which time stands on one side, and the quantifiers around it, the outermost first."""

    compare: ir.Compare
    inside: tuple[ir.Quantified, ...]


@dataclass(frozen=True, slots=True)
class Turns:
    """What depends on time in the rules of one kind of subject.

    Attributes:
        by_day: Comparisons with the day of judging.
        by_moment: Comparisons with the clock.
        daily: Time stands somewhere in another form.
    """

    by_day: tuple[Turn, ...]
    by_moment: tuple[Turn, ...]
    daily: bool


def next_turn(plan: Plan, root: Instance, now: datetime) -> datetime | None:
    """The first moment after `now` at which a comparison with time turns; perhaps earlier, never later; None for never."""
    evaluator = Evaluator(plan, root, now.date())
    first: datetime | None = None
    for instance in walk(root):
        turns = turns_of(plan, instance.kind)
        if turns.daily:
            first = _earlier(first, _midnight(now.date() + DAY))
        for turn in turns.by_day:
            for env in _bindings(evaluator, turn.inside, instance, {}):
                day = _day_of(evaluator, turn.compare, instance, env)
                first = _earlier(first, _midnight(day) if day is not None else None)
        for turn in turns.by_moment:
            for env in _bindings(evaluator, turn.inside, instance, {}):
                first = _earlier(first, _moment_of(evaluator, turn.compare, instance, env, now))
    return first


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
    if any(found.effective is not None and day in found.effective.breakpoints for found in before.compiled.derived.values()):
        return True
    if before.parameters != after.parameters or before.tables != after.tables or before.force != after.force:
        return True
    return any(before.by_kind.get(kind) != after.by_kind.get(kind) for kind in kinds)


def turns_of(plan: Plan, kind: str) -> Turns:
    """The comparisons with time in the rules and derived facts of a kind of subject; found once per plan."""
    key = f"turns:{kind}"
    found = plan.engine_state.get(key)
    if found is None:
        by_day: list[Turn] = []
        by_moment: list[Turn] = []
        daily = False
        expressions: list[ir.Expr] = [d.expr for (on, _), d in plan.compiled.derived.items() if on == kind]
        for name in plan.by_kind.get(kind, ()):
            rule = plan.rules[name]
            expressions += [rule.when, *rule.unless, *([rule.scope] if rule.scope is not None else [])]
        clocks = {
            (subject.id, fact.name)
            for subject in plan.compiled.source.subjects.values()
            for fact in subject.facts.values()
            if fact.clock
        }
        for expr in dict.fromkeys(expressions):
            for turn, how in _find(expr, (), clocks):
                if how == "day":
                    by_day.append(turn)
                elif how == "moment":
                    by_moment.append(turn)
                else:
                    daily = True
        found = plan.engine_state[key] = Turns(tuple(dict.fromkeys(by_day)), tuple(dict.fromkeys(by_moment)), daily)
    return found  # type: ignore[return-value]  # only this function stores under the key


def _find(expr: ir.Expr, inside: tuple[ir.Quantified, ...], clocks: set[tuple[str, str]]) -> Iterator[tuple[Turn, str]]:
    """Every place where time stands in an expression, and in which form."""
    if isinstance(expr, ir.Compare):
        how = _form(expr, clocks)
        if how is not None:
            yield Turn(expr, inside), how
            return
    if _is_time(expr, clocks):
        yield Turn(ir.Compare("==", expr, expr, expr.span), inside), "other"
        return
    around = (*inside, expr) if isinstance(expr, ir.Quantified) else inside
    for child in ir.children(expr):
        yield from _find(child, around, clocks)


def _is_time(expr: ir.Expr, clocks: set[tuple[str, str]]) -> bool:
    return isinstance(expr, ir.AsOf) or (isinstance(expr, ir.FactRef) and (expr.kind, expr.name) in clocks)


def _form(expr: ir.Compare, clocks: set[tuple[str, str]]) -> str | None:
    """`day` or `moment` where time stands alone on one side, `other` where it stands otherwise, None where it does not stand.

    What a comparison within decides is that comparison's own business.
    """
    left, right = list(_times(expr.left, clocks)), list(_times(expr.right, clocks))
    if not left and not right:
        return None
    if expr.op in ("==", "!=") or len(left) + len(right) > 1:
        return "other"
    timed, leaf = (expr.left, left[0]) if left else (expr.right, right[0])
    if isinstance(leaf, ir.AsOf):
        is_moved = isinstance(timed, ir.DateShift) and timed.day is leaf and _constant(timed.amount)
        return "day" if timed is leaf or is_moved else "other"
    return "moment" if _follows(timed, leaf) else "other"


def _times(expr: ir.Expr, clocks: set[tuple[str, str]]) -> Iterator[ir.Expr]:
    """The places where time stands in an expression, but for those in comparisons within it."""
    if _is_time(expr, clocks):
        yield expr
    elif not isinstance(expr, ir.Compare):
        for child in ir.children(expr):
            yield from _times(child, clocks)


def _constant(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Const) or (isinstance(expr, ir.Scale) and _constant(expr.item))


def _follows(timed: ir.Expr, leaf: ir.Expr) -> bool:
    """Whether a value only grows, or only falls, as the clock goes on."""
    if timed is leaf:
        return True
    match timed:
        case ir.DateShift(day=day, amount=amount):
            return _constant(amount) and _follows(day, leaf)
        case ir.Scale(item=item):
            return _follows(item, leaf)
        case ir.DateDifference(left=left, right=right):
            return (left is leaf) != (right is leaf)
        case _:
            return False


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


def _day_of(evaluator: Evaluator, compare: ir.Compare, here: Instance, env: Mapping[str, Instance]) -> date | None:
    """The first day after the day of judging on which a comparison is no longer what it is."""
    today = evaluator.as_of
    before: Truth = evaluator.value(compare, here, env)
    left_is_timed = any(isinstance(item, ir.AsOf) for item in ir.walk(compare.left))
    timed, other = (compare.left, compare.right) if left_is_timed else (compare.right, compare.left)
    limit = evaluator.value(other, here, env)
    if before is None or not isinstance(limit, date):
        # not known, or known within bounds: whoever makes it known has the subject judged again
        return today + DAY if isinstance(limit, Interval) else None
    shift = CalendarSpan()
    if isinstance(timed, ir.DateShift):
        amount = evaluator.value(timed.amount, here, env)
        if not isinstance(amount, CalendarSpan):
            return today + DAY
        shift = amount if timed.sign == 1 else amount.negated()
    guess = _reckon(limit, shift)
    around = _LOOK_AROUND + _MARGIN_PER_WORKING_DAY * abs(shift.working_days)
    if guess is None or guess + timedelta(days=around) <= today:
        return None
    day = max(today + DAY, guess - timedelta(days=around))
    last = guess + timedelta(days=around)
    while day <= last:
        if Evaluator(evaluator.plan, evaluator.root, day).value(compare, here, env) is not before:
            return day
        day += DAY
    return last + DAY  # never skipped in silence: judged again soon after


def _reckon(limit: date, shift: CalendarSpan) -> date | None:
    """About when `as_of` moved by a span meets a day."""
    try:
        days = shift.days + shift.working_days * 7 // 5
        start = date(limit.year, limit.month, limit.day) - timedelta(days=days)
        year, month = divmod(start.year * 12 + start.month - 1 - shift.months, 12)
        return date(year, month + 1, 1) + timedelta(days=start.day - 1)
    except (ValueError, OverflowError):
        return None


def _moment_of(
    evaluator: Evaluator, compare: ir.Compare, here: Instance, env: Mapping[str, Instance], now: datetime
) -> datetime | None:
    """The first second after now at which a comparison with the clock is no longer what it is."""
    before: Truth = evaluator.value(compare, here, env)
    if before is None:
        return None
    plan = evaluator.plan
    clocks = [(item, name) for item in walk(evaluator.root) for name in clock_facts(plan, item.kind)]

    def has_turned(seconds: int) -> bool:
        moment = now + timedelta(seconds=seconds)
        for item, name in clocks:
            item.facts[name] = moment
        return Evaluator(plan, evaluator.root, moment.date()).value(compare, here, env) is not before

    try:
        low, high = 0, _HORIZON_SECONDS
        if not has_turned(high):
            return now + timedelta(seconds=high)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if has_turned(middle) else (middle, high)
    finally:
        for item, name in clocks:
            item.facts[name] = now
    return now + timedelta(seconds=high)


def clock_facts(plan: Plan, kind: str) -> tuple[str, ...]:
    """The facts of a kind of subject that are the moment of judging."""
    return tuple(fact.name for fact in plan.compiled.source.subjects[kind].facts.values() if fact.clock)


def _earlier(first: datetime | None, second: datetime | None) -> datetime | None:
    if first is None or second is None:
        return first or second
    return min(first, second)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - facts carry local time
