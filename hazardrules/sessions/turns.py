"""Where time stands in the rules on a kind of subject: the comparisons that turn by themselves as time passes.

A comparison whose one side only grows (or only falls) with the day of judging or the clock turns at a moment that can
be found beforehand. Where time stands in an expression of another form, the subject is judged every day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hazardrules.model import expressions as ir
from hazardrules.model.values import CalendarSpan

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from hazardrules.compiler.plan import Compiled, Plan
    from hazardrules.model.syntax_tree import CompareOp

_BOTH: dict[str, tuple[CompareOp, ...]] = {"==": (">=", "<="), "!=": (">=", "<=")}
"""These turn twice: when both sides become equal, and when they no longer are."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A comparison in which time stands on one side.

    Attributes:
        compare: The comparison.
        inside: The quantifiers around it, the outermost first.
        is_left: Whether time stands on its left.
        is_bare: Whether that side is the day of judging itself.
        is_clock: Whether it follows the clock; the day of judging otherwise.
        back: The span that takes a day of the other side about to where it turns, where that is easily told.
        by_calendar: Whether working days are counted on that side; the calendar may not cover a day.
        depth: Over how many comparisons with time within it, which turn by themselves.
        needs: A fact without which the other side is not known, where that is easily told.
    """

    compare: ir.Compare
    inside: tuple[ir.Quantified, ...]
    is_left: bool
    is_bare: bool
    is_clock: bool
    back: CalendarSpan | None
    by_calendar: bool
    depth: int
    needs: str | None

    @property
    def other(self) -> ir.Expr:
        """The side in which no time stands."""
        return self.compare.right if self.is_left else self.compare.left


@dataclass(frozen=True, slots=True)
class Turns:
    """What depends on time in the rules on one kind of subject.

    Attributes:
        by_depth: Comparisons that turn, those within others first.
        is_daily: Time stands somewhere in another form.
        clocks: The facts that are the moment of judging.
    """

    by_depth: tuple[tuple[Turn, ...], ...]
    is_daily: bool
    clocks: tuple[str, ...]


def turns_of(plan: Plan, kind: str) -> Turns:
    """What depends on time in the rules and derived facts of a kind of subject; found once per plan."""
    key = f"turns:{kind}"
    found = plan.engine_state.get(key)
    if found is None:
        found = plan.engine_state[key] = _turns(plan, kind)
    return found  # type: ignore[return-value]  # only this function stores under the key


def expressions_of(plan: Plan, kinds: Collection[str]) -> dict[ir.Expr, None]:
    """All that decides the answers for some kinds of subject: derived facts, rules in force, and what these demand."""
    found = [derived.expr for (on, _), derived in plan.compiled.derived.items() if on in kinds]
    for name in (name for kind in kinds for name in plan.by_kind.get(kind, ())):
        rule = plan.rules[name]
        found += [rule.when, *rule.unless, *([rule.scope] if rule.scope is not None else [])]
        found += [end for action in rule.actions for ends in action.values.values() for end in ends if end is not None]
    return dict.fromkeys(found)


def _turns(plan: Plan, kind: str) -> Turns:
    search = _Search(plan.compiled)
    for expr in expressions_of(plan, (kind,)):
        search.look(expr, ())
    turns = dict.fromkeys(search.turns)
    by_depth = [tuple(turn for turn in turns if turn.depth == depth) for depth in sorted({turn.depth for turn in turns})]
    clocks = tuple(fact.name for fact in plan.compiled.source.subjects[kind].facts.values() if fact.clock)
    return Turns(tuple(by_depth), search.is_daily, clocks)


class _Search:
    """Gathers comparisons with time."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.turns: list[Turn] = []
        self.is_daily = False

    def look(self, expr: ir.Expr, inside: tuple[ir.Quantified, ...]) -> None:
        """Look into an expression and all within it."""
        if isinstance(expr, ir.Compare):
            left, right = list(self._times(expr.left)), list(self._times(expr.right))
            if left or right:
                self._take(expr, inside, left, right)
                self._look_below(expr, inside)
                return
        if self._is_time(expr):
            self.is_daily = True
            return
        around = (*inside, expr) if isinstance(expr, ir.Quantified) else inside
        for child in ir.children(expr):
            self.look(child, around)

    def _look_below(self, expr: ir.Expr, inside: tuple[ir.Quantified, ...]) -> None:
        """Look into the comparisons within a comparison with time; the time outside of these is its own."""
        around = (*inside, expr) if isinstance(expr, ir.Quantified) else inside
        for child in ir.children(expr):
            if isinstance(child, ir.Compare):
                self.look(child, around)
            else:
                self._look_below(child, around)

    def _take(self, expr: ir.Compare, inside: tuple[ir.Quantified, ...], left: list[ir.Expr], right: list[ir.Expr]) -> None:
        timed, leaves = (expr.left, left) if left else (expr.right, right)
        if len(left) + len(right) > 1 or not self._follows(timed, leaves[0]):
            self.is_daily = True
            return
        is_clock = isinstance(leaves[0], ir.FactRef)
        is_bare = timed is leaves[0] and not is_clock
        back = _back(timed) if not is_clock else None
        by_calendar = any(_may_count_working_days(item) for item in self._within(timed))
        depth = self._depth(expr)
        needs = _needs(expr.right if left else expr.left)
        for op in _BOTH.get(expr.op, (expr.op,)):
            compare = ir.Compare(op, expr.left, expr.right, expr.span)
            self.turns.append(Turn(compare, inside, bool(left), is_bare, is_clock, back, by_calendar, depth, needs))

    def _is_time(self, expr: ir.Expr) -> bool:
        if not isinstance(expr, ir.FactRef):
            return isinstance(expr, ir.AsOf)
        fact = self.compiled.source.subjects[expr.kind].facts.get(expr.name)
        return fact is not None and fact.clock

    def _below(self, expr: ir.Expr) -> tuple[ir.Expr, ...]:
        """The expressions that an expression is made of; those that a derived fact stands for.

        Where `owner` may be several kinds of subject, a derived fact is several things.
        """
        if not isinstance(expr, ir.DerivedRef):
            return ir.children(expr)
        is_owner = isinstance(expr.base, ir.Owner)
        return tuple(
            derived.expr for (kind, name), derived in self.compiled.derived.items()
            if name == expr.name and (kind == expr.kind or is_owner)
        )  # fmt: skip

    def _within(self, expr: ir.Expr) -> Iterator[ir.Expr]:
        """An expression and all within it, but for comparisons within it: what they decide is their own business."""
        yield expr
        for child in self._below(expr):
            if not isinstance(child, ir.Compare):
                yield from self._within(child)

    def _times(self, expr: ir.Expr) -> Iterator[ir.Expr]:
        if not isinstance(expr, ir.Compare):
            yield from (item for item in self._within(expr) if self._is_time(item))

    def _depth(self, expr: ir.Compare) -> int:
        """Over how many layers of other comparisons with time a comparison stands."""
        within = [item for side in (expr.left, expr.right) for found in self._within(side) for item in self._below(found)]
        compares = [item for item in [*within, expr.left, expr.right] if isinstance(item, ir.Compare)]
        return max((self._depth(item) + self._has_time(item) for item in compares), default=0)

    def _has_time(self, expr: ir.Compare) -> bool:
        return any(True for side in (expr.left, expr.right) for _ in self._times(side))

    def _follows(self, timed: ir.Expr, leaf: ir.Expr) -> bool:
        """Whether a value only grows, or only falls, as time goes on; there is no other time in it."""
        if timed is leaf:
            return True
        match timed:
            case ir.DateShift() | ir.Scale() | ir.DateDifference() | ir.DerivedRef():
                pass
            case ir.Function(name="floor" | "ceil" | "min" | "max"):
                pass
            case ir.Arithmetic(op=op, right=right):
                if op == "/" and leaf in self._times(right):  # a divisor may pass through zero
                    return False
            case ir.Choice(condition=condition):
                if leaf in self._times(condition):
                    return False
            case ir.Quantified(function="sum" | "min" | "max", where=where):
                if where is not None and leaf in self._times(where):
                    return False
            case _:
                return False
        return all(self._follows(item, leaf) for item in self._below(timed) if leaf in self._times(item))


def _back(timed: ir.Expr) -> CalendarSpan | None:
    """The span by which `as_of` was moved, the other way round."""
    match timed:
        case ir.DateShift(day=ir.AsOf(), amount=ir.Const(value=CalendarSpan() as span), sign=sign) if not span.working_days:
            return span.negated() if sign == 1 else span
        case _:
            return None


def _may_count_working_days(expr: ir.Expr) -> bool:
    if not isinstance(expr, ir.DateShift):
        return False
    amount = expr.amount
    return not (isinstance(amount, ir.Const) and not (isinstance(amount.value, CalendarSpan) and amount.value.working_days))


def _needs(expr: ir.Expr) -> str | None:
    """A fact of the subject itself without which an expression is not known."""
    match expr:
        case ir.FactRef(base=ir.Self(), name=name):
            return name
        case ir.DateShift(day=item) | ir.Scale(item=item):
            return _needs(item)
        case _:
            return None
