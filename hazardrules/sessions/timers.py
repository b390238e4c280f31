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

EQUAL = ("==", "!=")
_LOOK_AROUND = 4
"""Months and leap years move a turning point by a few days against the plain reckoning."""
_MARGIN_PER_WORKING_DAY = 4
_LAST = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001 - facts carry local time
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
            first = _earlier(first, _next_day(now.date()))
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
        for expr in dict.fromkeys(expressions):
            for turn, how in _find(expr, (), plan.compiled):
                if how == "day":
                    by_day.append(turn)
                elif how == "moment":
                    by_moment.append(turn)
                else:
                    daily = True
        found = plan.engine_state[key] = Turns(tuple(dict.fromkeys(by_day)), tuple(dict.fromkeys(by_moment)), daily)
    return found  # type: ignore[return-value]  # only this function stores under the key


def _find(expr: ir.Expr, inside: tuple[ir.Quantified, ...], compiled: Compiled) -> Iterator[tuple[Turn, str]]:
    """Every place where time stands in an expression, and in which form."""
    if isinstance(expr, ir.Compare):
        how = _form(expr, compiled)
        if how is not None:
            is_both = how == "moment" and expr.op in EQUAL  # it turns twice: when it becomes equal, and when it no longer is
            for op in (">=", "<=") if is_both else (expr.op,):
                yield Turn(ir.Compare(op, expr.left, expr.right, expr.span), inside), how
            return
    if _is_time(expr, compiled):
        yield Turn(ir.Compare("==", expr, expr, expr.span), inside), "other"
        return
    around = (*inside, expr) if isinstance(expr, ir.Quantified) else inside
    for child in ir.children(expr):
        yield from _find(child, around, compiled)


def _is_time(expr: ir.Expr, compiled: Compiled) -> bool:
    return isinstance(expr, ir.AsOf) or (
        isinstance(expr, ir.FactRef)
        and (fact := compiled.source.subjects[expr.kind].facts.get(expr.name)) is not None
        and fact.clock
    )


def _form(expr: ir.Compare, compiled: Compiled) -> str | None:
    """`day` or `moment` where time stands alone on one side, `other` where it stands otherwise, None where it does not stand.

    What a comparison within decides is that comparison's own business.
    """
    left, right = list(_times(expr.left, compiled)), list(_times(expr.right, compiled))
    if not left and not right:
        return None
    if len(left) + len(right) > 1:
        return "other"
    timed, leaf = (expr.left, left[0]) if left else (expr.right, right[0])
    if isinstance(leaf, ir.AsOf):
        is_moved = isinstance(timed, ir.DateShift) and timed.day is leaf and _constant(timed.amount)
        return "day" if (timed is leaf or is_moved) and expr.op not in EQUAL else "other"
    return "moment" if _follows(timed, leaf, compiled) else "other"


def _times(expr: ir.Expr, compiled: Compiled) -> Iterator[ir.Expr]:
    """The places where time stands in an expression, through derived facts too, but for those in comparisons within it."""
    if _is_time(expr, compiled):
        yield expr
    elif isinstance(expr, ir.DerivedRef):
        for derived in _meant(expr, compiled):
            yield from _times(derived, compiled)
    elif not isinstance(expr, ir.Compare):
        for child in ir.children(expr):
            yield from _times(child, compiled)


def _meant(expr: ir.DerivedRef, compiled: Compiled) -> list[ir.Expr]:
    """What a derived fact is: several things where `owner` may be several kinds of subject."""
    return [
        derived.expr for (kind, name), derived in compiled.derived.items()
        if name == expr.name and (kind == expr.kind or isinstance(expr.base, ir.Owner))
    ]  # fmt: skip


def _constant(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Const) or (isinstance(expr, ir.Scale) and _constant(expr.item))


def _follows(timed: ir.Expr, leaf: ir.Expr, compiled: Compiled) -> bool:
    """Whether a value only grows, or only falls, as the clock goes on; it is the only time in it."""
    if timed is leaf:
        return True
    match timed:
        case ir.DateShift(day=day, amount=amount):
            return _constant(amount) and _follows(day, leaf, compiled)
        case ir.Scale(item=item):
            return _follows(item, leaf, compiled)
        case ir.DateDifference(left=left, right=right):
            return (left is leaf) != (right is leaf)
        case ir.DerivedRef():
            return all(_follows(derived, leaf, compiled) for derived in _meant(timed, compiled))
        case ir.Arithmetic(op=op, left=left, right=right):
            if leaf not in _times(left, compiled):
                return op != "/" and _follows(right, leaf, compiled)  # a divisor may pass through zero
            return _follows(left, leaf, compiled)
        case ir.Function(name="floor" | "ceil" | "min" | "max", items=items):
            return all(leaf not in _times(item, compiled) or _follows(item, leaf, compiled) for item in items)
        case ir.Quantified(function="sum" | "min" | "max", item=item) if item is not None and leaf in _times(item, compiled):
            return _follows(item, leaf, compiled)
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
        return _plus(today, 1) if isinstance(limit, Interval) else None
    shift = CalendarSpan()
    if isinstance(timed, ir.DateShift):
        amount = evaluator.value(timed.amount, here, env)
        if not isinstance(amount, CalendarSpan):
            return _plus(today, 1)
        shift = amount if timed.sign == 1 else amount.negated()
    guess = _reckon(limit, shift)
    around = _LOOK_AROUND + _MARGIN_PER_WORKING_DAY * abs(shift.working_days)
    last = _plus(guess, around) if guess is not None else None
    if guess is None or (last is not None and last <= today):
        return None
    day = _plus(today, 1)
    if day is not None and guess > day:
        day = max(day, _plus(guess, -around) or day)
    while day is not None and (last is None or day <= last):
        if Evaluator(evaluator.plan, evaluator.root, day).value(compare, here, env) is not before:
            return day
        day = _plus(day, 1)
    return day  # never skipped in silence: judged again soon after


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
    limits = [evaluator.value(side, here, env) for side in (compare.left, compare.right)]
    plan = evaluator.plan
    clocks = [(item, name) for item in walk(evaluator.root) for name in clock_facts(plan, item.kind)]

    def has_turned(seconds: int) -> bool:
        moment = now + timedelta(seconds=seconds)
        for item, name in clocks:
            item.facts[name] = moment
        # the day stays: conditions within that read it have their own turns
        return Evaluator(plan, evaluator.root, now.date()).value(compare, here, env) is not before

    try:
        low, high = 0, min(_HORIZON_SECONDS, int((_LAST - now).total_seconds()))
        if not high or not has_turned(high):
            is_settled = before is None and not any(isinstance(limit, Interval) for limit in limits)
            return None if is_settled or high < _HORIZON_SECONDS else now + timedelta(seconds=high)
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


def _next_day(day: date) -> datetime | None:
    after = _plus(day, 1)
    return _midnight(after) if after is not None else None


def _plus(day: date, days: int) -> date | None:
    """So many days later; None where the calendar ends."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - facts carry local time
