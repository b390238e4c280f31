"""The meaning of a rule: a plain interpreter, slow and obvious.

Truth is `True`, `False` or `None` (not known yet). A number is exact, known within bounds, or None. Every other value
is itself or None.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING, Any, cast

from hazardrules.engines.base import Verdict, walk
from hazardrules.engines.carriers import carriers, is_fixed, open_parts
from hazardrules.model import expressions as ir
from hazardrules.model import intervals
from hazardrules.model.values import (
    CalendarSpan,
    Interval,
    add_span,
    conjoin,
    disjoin,
    negate,
    normalise,
    seconds_between,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hazardrules.compiler.plan import CompiledRule, Plan
    from hazardrules.model.instances import Instance
    from hazardrules.model.values import Truth

Environment = "Mapping[str, Instance]"
_NO_VARIABLES: dict[str, Any] = {}
_SECONDS_PER_DAY = 86400


class Reference:
    """The reference engine."""

    name = "reference"

    def evaluate(self, plan: Plan, root: Instance, as_of: date) -> list[Verdict]:
        """Judge a subject and all its parts; see `Engine.evaluate`."""
        evaluator = Evaluator(plan, root, as_of)
        verdicts = []
        for instance in walk(root):
            truths = [(name, evaluator.truth(instance, name)) for name in plan.by_kind.get(instance.kind, ())]
            holds = tuple(name for name, truth in truths if truth is True)
            undetermined = tuple(name for name, truth in truths if truth is None)
            but_for = tuple(n for n in undetermined if plan.overriders.get(n) and evaluator.matches(instance, n) is True)
            verdicts.append(Verdict(instance, holds, undetermined, but_for))
        return verdicts


Found = tuple[int, str, str, bool]
"""What something was found of: the id of a subject, the form, the name, and whether unknown numbers stood for intervals."""


class Evaluator:
    """Evaluates expressions of one plan for one case; what was computed once is remembered.

    Attributes:
        notes: What could not be computed, and why: (kind of note, words).
    """

    def __init__(self, plan: Plan, root: Instance, as_of: date, *, as_if_in_force: bool = False) -> None:
        """Bind a plan to a case; `as_if_in_force` counts rules that are not law on this day as if they were."""
        self.plan, self.root, self.as_of, self.as_if_in_force = plan, root, as_of, as_if_in_force
        self.notes: dict[tuple[str, str], None] = {}
        self._memo: dict[Found, Any] = {}

    # rules

    def truth(self, instance: Instance, name: str) -> Truth:
        """Whether a rule holds: it matches, and no rule that overrides it matches."""
        if name not in self.plan.rules:
            return False
        key = (id(instance), "rule", name, False)
        if key not in self._memo:
            overriders = self.plan.overriders.get(name, ())
            matches = self.matches(instance, name)
            displaced = disjoin(self.matches(instance, other) for other in overriders) if matches is not False else False
            self._memo[key] = conjoin((matches, negate(displaced)))
        return cast("Truth", self._memo[key])

    def found(self) -> dict[Found, Any]:
        """What was found so far of rules (`rule`, `match`), derived facts and totals, by the id of the subject."""
        return dict(self._memo)

    def take_over(self, found: Mapping[Found, Any]) -> None:
        """Count as found what another evaluator found of the same subjects, and would find again."""
        self._memo.update(found)

    def remember(self, instance: Instance, names: Iterable[str], truths: Iterable[Truth]) -> None:
        """Take over what rules were already found to be for a subject."""
        for name, truth in zip(names, truths, strict=True):
            self._memo[id(instance), "rule", name, False] = truth

    def matches(self, instance: Instance, name: str) -> Truth:
        """Whether a rule applies and its condition holds and none of its exceptions does."""
        rule = self.plan.rules.get(name) or (self.plan.dormant.get(name) if self.as_if_in_force else None)
        if rule is None:
            return False
        key = (id(instance), "match", name, False)
        if key not in self._memo:
            in_force: Truth = None if name in self.plan.force else True
            self._memo[key] = conjoin((in_force, self.would_match(instance, rule)))
        return cast("Truth", self._memo[key])

    def would_match(self, instance: Instance, rule: CompiledRule) -> Truth:
        """Whether a rule would match if it were in force."""
        scope = True if rule.scope is None else self.condition(rule.scope, instance)
        if scope is False:
            return False
        return conjoin(
            (
                scope,
                self.condition(rule.when, instance),
                *(negate(self.condition(exception, instance)) for exception in rule.unless),
            )
        )

    def condition(self, expr: ir.Expr, instance: Instance) -> Truth:
        """The truth of a condition for a subject."""
        return cast("Truth", self.value(expr, instance))

    # expressions

    def value(self, expr: ir.Expr, here: Instance, env: Mapping[str, Instance] = _NO_VARIABLES, *, bounded: bool = False) -> Any:
        """The value of an expression.

        Args:
            expr: What to evaluate.
            here: The subject whose facts its bare names are.
            env: The parts that quantifiers around have in hand.
            bounded: An unknown number stands for the interval from its declared minimum to its declared maximum; that
                is how sums over parts look at their elements.

        Returns:
            The value; None where it is not known.
        """
        evaluate = _FORMS[type(expr)]
        return evaluate(self, expr, here, env, bounded)

    def find(self, base: ir.Base, here: Instance, env: Mapping[str, Instance]) -> Instance | None:
        """The subject that a base stands for; None where it is not known."""
        match base:
            case ir.Self():
                return here
            case ir.Variable(name=name):
                return env[name]
            case ir.Owner(of=inner):
                found = self.find(inner, here, env)
                return found.owner if found is not None else None
            case ir.OnePart(of=inner, part=part):
                found = self.find(inner, here, env)
                listed = found.parts.get(part) if found is not None else None
                return listed[0] if listed else None

    def derived(self, instance: Instance, name: str, *, bounded: bool = False) -> Any:
        """The value of a derived fact of a subject."""
        found = self.plan.compiled.derived.get((instance.kind, name))
        if found is None:
            return None
        key = (id(instance), "derived", name, bounded)
        if key not in self._memo:
            in_force = found.effective is None or found.effective.is_in_force(self.as_of) is True
            self._memo[key] = self.value(found.expr, instance, bounded=bounded) if in_force else None
        return self._memo[key]

    def note(self, kind: str, words: str) -> None:
        """Remember why something could not be computed."""
        self.notes[kind, words] = None

    def _constant(self, expr: ir.Const, *_: Any) -> Any:
        return expr.value

    def _unknown(self, *_: Any) -> None:
        return None

    def _as_of(self, *_: Any) -> date:
        return self.as_of

    def _fact(self, expr: ir.FactRef, here: Instance, env: Mapping[str, Instance], bounded: bool) -> Any:
        instance = self.find(expr.base, here, env)
        found = instance.facts.get(expr.name) if instance is not None else None
        if found is None and bounded and expr.type.name == "number":
            fact = self.plan.compiled.source.subjects[(instance or expr).kind].facts.get(expr.name)
            unbounded = fact is None or (fact.minimum is None and fact.maximum is None)
            return None if fact is None or unbounded else Interval(fact.minimum, fact.maximum)
        return found

    def _derived(self, expr: ir.DerivedRef, here: Instance, env: Mapping[str, Instance], bounded: bool) -> Any:
        instance = self.find(expr.base, here, env)
        return None if instance is None else self.derived(instance, expr.name, bounded=bounded)

    def _rule(self, expr: ir.RuleRef, here: Instance, env: Mapping[str, Instance], _bounded: bool) -> Truth:
        instance = self.find(expr.base, here, env)
        if instance is None or instance.kind != expr.kind:
            return None if expr.name in self.plan.rules else False
        return self.matches(instance, expr.name)

    def _parameter(self, expr: ir.ParameterRef, *_: Any) -> Any:
        return self.plan.parameters.get(expr.name)

    def _total(self, expr: ir.Total, *_: Any) -> intervals.Amount:
        key = (0, "total", expr.parameter, False)
        if key in self._memo:
            return cast("intervals.Amount", self._memo[key])
        total: intervals.Amount = 0
        for instance in walk(self.root):
            for name in carriers(self.plan, instance.kind, expr.parameter):
                truth = self.truth(instance, name)
                if truth is not False:
                    amount = self.carried(instance, self.plan.rules[name], expr.parameter)
                    total = intervals.add(total, amount if truth is True else intervals.hull(0, amount))
        if any(open_parts(self.plan, instance, expr.parameter) for instance in walk(self.root)):
            total = intervals.between(intervals.bounds(total)[0], float("inf"))
        self._memo[key] = total
        return total

    def carried(self, instance: Instance, rule: CompiledRule, parameter: str) -> intervals.Amount:
        """How much of a parameter the actions of a rule carry, as the rules that amend it change them.

        Where these differ, or where it is open which of them hold, the amount lies between all that are possible.
        """
        key = f"carried:{parameter}:{rule.name}"
        if key in self.plan.engine_state:
            return cast("intervals.Amount", self.plan.engine_state[key])
        amount = self._carried(instance, rule, parameter)
        if is_fixed(self.plan, rule, parameter):
            self.plan.engine_state[key] = amount
        return amount

    def _carried(self, instance: Instance, rule: CompiledRule, parameter: str) -> intervals.Amount:
        amounts = self._by_action(instance, rule, parameter)
        changed: dict[str, tuple[bool, list[intervals.Amount]]] = {}
        for name in self.plan.amenders.get(rule.name, ()):
            truth = self.truth(instance, name)
            for action, amount in (
                self._by_action(instance, self.plan.rules[name], parameter).items() if truth is not False else ()
            ):
                surely, several = changed.get(action, (False, []))
                changed[action] = (surely or truth is True, [*several, amount])
        for action, (surely, several) in changed.items():
            before = [] if surely else [amounts.get(action, 0)]
            amounts[action] = reduce(intervals.hull, [*before, *several])
        return reduce(intervals.add, amounts.values(), cast("intervals.Amount", 0))

    def _by_action(self, instance: Instance, rule: CompiledRule, parameter: str) -> dict[str, intervals.Amount]:
        amounts: dict[str, intervals.Amount] = {}
        for action in rule.actions:
            if parameter in action.values:
                least, most = (None if end is None else self.value(end, instance) for end in action.values[parameter])
                amount = intervals.between(intervals.bounds(least)[0], intervals.bounds(most)[1])
                amounts[action.use.action] = intervals.add(amounts.get(action.use.action, 0), amount)
        return amounts

    def _lookup(self, expr: ir.Lookup, here: Instance, env: Mapping[str, Instance], _bounded: bool) -> Any:
        if expr.table not in self.plan.tables and not self.as_if_in_force:
            self.note("table_not_in_force", expr.table)
            return None
        keys = [self.value(key, here, env) for key in expr.keys]
        if any(key is None for key in keys):
            return None
        row = self.plan.compiled.source.tables[expr.table].rows.get(tuple(_key_text(key) for key in keys))
        if row is None:
            self.note("not_in_table", f"{expr.table}({', '.join(_key_text(key) for key in keys)})")
            return None
        return row[expr.column]

    def _not(self, expr: ir.Not, here: Instance, env: Mapping[str, Instance], bounded: bool) -> Truth:
        return negate(self.value(expr.item, here, env, bounded=bounded))

    def _junction(self, expr: ir.Junction, here: Instance, env: Mapping[str, Instance], bounded: bool) -> Truth:
        combine = conjoin if expr.op == "and" else disjoin
        return combine(self.value(item, here, env, bounded=bounded) for item in expr.items)

    def _at_least(self, expr: ir.AtLeast, here: Instance, env: Mapping[str, Instance], bounded: bool) -> Truth:
        truths = [self.value(item, here, env, bounded=bounded) for item in expr.items]
        sure = sum(truth is True for truth in truths)
        held = intervals.between(sure, sure + sum(truth is None for truth in truths))
        return intervals.compare(">=", held, self.value(expr.count, here, env, bounded=bounded))

    def _compare(self, expr: ir.Compare, here: Instance, env: Mapping[str, Instance], bounded: bool) -> Truth:
        left = self.value(expr.left, here, env, bounded=bounded)
        right = self.value(expr.right, here, env, bounded=bounded)
        if left is None or right is None:
            return None
        if expr.left.type.name == "number":
            return intervals.compare(expr.op, left, right)
        return bool(_PLAIN[expr.op](left, right))

    def _in(self, expr: ir.In, here: Instance, env: Mapping[str, Instance], bounded: bool) -> Truth:
        item = self.value(expr.item, here, env, bounded=bounded)
        if item is None:
            return None
        if expr.item.type.name == "number":
            return disjoin(intervals.compare("==", item, cast("int", option.value)) for option in expr.options)
        return item in [option.value for option in expr.options]

    def _intersects(self, expr: ir.Intersects, here: Instance, env: Mapping[str, Instance], bounded: bool) -> Truth:
        container = self.value(expr.container, here, env, bounded=bounded)
        return None if container is None else not expr.options.isdisjoint(container)

    def _arithmetic(self, expr: ir.Arithmetic, here: Instance, env: Mapping[str, Instance], bounded: bool) -> Any:
        left = self.value(expr.left, here, env, bounded=bounded)
        right = self.value(expr.right, here, env, bounded=bounded)
        if expr.op == "/" and right == 0:
            self.note("division_by_zero", f"{expr.span}")
        return _ARITHMETIC[expr.op](left, right)

    def _scale(self, expr: ir.Scale, here: Instance, env: Mapping[str, Instance], bounded: bool) -> Any:
        return intervals.scale(self.value(expr.item, here, env, bounded=bounded), expr.factor)

    def _date_shift(self, expr: ir.DateShift, here: Instance, env: Mapping[str, Instance], bounded: bool) -> Any:
        day = self.value(expr.day, here, env, bounded=bounded)
        amount = self.value(expr.amount, here, env, bounded=bounded)
        if day is None or amount is None or isinstance(amount, Interval):
            return None
        return shift(day, amount, expr.sign, self.working_day)

    def working_day(self, day: date) -> bool | None:
        """Whether a day is a working day by the rulebook's calendar; None where the calendar does not cover it."""
        return self.plan.compiled.working_day(day)

    def _date_difference(self, expr: ir.DateDifference, here: Instance, env: Mapping[str, Instance], bounded: bool) -> Any:
        left = self.value(expr.left, here, env, bounded=bounded)
        right = self.value(expr.right, here, env, bounded=bounded)
        if left is None or right is None:
            return None
        return normalise(Fraction(seconds_between(left, right)) / expr.type.unit.factor)

    def _choice(self, expr: ir.Choice, here: Instance, env: Mapping[str, Instance], bounded: bool) -> Any:
        condition = self.value(expr.condition, here, env, bounded=bounded)
        if condition is not None:
            return self.value(expr.then if condition else expr.otherwise, here, env, bounded=bounded)
        then = self.value(expr.then, here, env, bounded=bounded)
        otherwise = self.value(expr.otherwise, here, env, bounded=bounded)
        if expr.type.name == "number":
            return intervals.hull(then, otherwise)
        return then if then == otherwise else None

    def _function(self, expr: ir.Function, here: Instance, env: Mapping[str, Instance], bounded: bool) -> Any:
        items = [self.value(item, here, env, bounded=bounded) for item in expr.items]
        match expr.name:
            case "min":
                return intervals.least(items)
            case "max":
                return intervals.greatest(items)
            case "abs":
                return intervals.absolute(items[0])
            case _:
                return intervals.rounded(items[0], up=expr.name == "ceil")

    def _quantified(self, expr: ir.Quantified, here: Instance, env: Mapping[str, Instance], bounded: bool) -> Any:
        instance = self.find(expr.base, here, env)
        parts = instance.parts.get(expr.part) if instance is not None else None
        if parts is None:
            return Interval(0, None) if expr.function == "count" else None
        chosen: list[tuple[Truth, Any]] = []
        for part in parts:
            inner = {**env, expr.variable: part}
            included = True if expr.where is None else self.value(expr.where, here, inner, bounded=bounded)
            if included is False:
                continue
            numeric = expr.function in ("sum", "min", "max")
            item = None if expr.item is None else self.value(expr.item, here, inner, bounded=bounded or numeric)
            chosen.append((included, item))
        return _QUANTIFIERS[expr.function](self, expr, chosen)

    def _table_value(self, expr: ir.TableValue, here: Instance, env: Mapping[str, Instance], bounded: bool) -> Any:
        for condition, value in expr.rows:
            truth = self.value(condition, here, env, bounded=bounded)
            if truth is not False:  # behind a row that may hold no other decides: learning more could revoke it
                return self.value(value, here, env, bounded=bounded) if truth else None
        return None

    # quantifiers over (included, item): included is never False

    def _any(self, _expr: ir.Quantified, chosen: list[tuple[Truth, Any]]) -> Truth:
        return disjoin(conjoin(pair) for pair in chosen)

    def _all(self, _expr: ir.Quantified, chosen: list[tuple[Truth, Any]]) -> Truth:
        return conjoin(disjoin((negate(included), item)) for included, item in chosen)

    def _count(self, _expr: ir.Quantified, chosen: list[tuple[Truth, Any]]) -> intervals.Amount:
        return intervals.between(sum(included is True for included, _ in chosen), len(chosen))

    def _sum(self, _expr: ir.Quantified, chosen: list[tuple[Truth, Any]]) -> intervals.Amount:
        total: intervals.Amount = 0
        for included, item in chosen:
            total = intervals.coarse(intervals.add(total, item if included is True else intervals.hull(0, item)))
        return total

    def _extreme(self, expr: ir.Quantified, chosen: list[tuple[Truth, Any]]) -> intervals.Amount:
        """The least or greatest item; parts that may not count can only push it further."""
        choose = intervals.least if expr.function == "min" else intervals.greatest
        sure = [item for included, item in chosen if included is True]
        if not sure:
            if not chosen:
                self.note("extreme_of_nothing", f"{expr.span}")
            return None
        certain = choose(sure)
        perhaps = [item for included, item in chosen if included is None]
        return intervals.hull(certain, choose([certain, *perhaps])) if perhaps else certain


def shift(day: date, amount: Any, sign: int, working_day: Callable[[date], bool | None]) -> date | None:
    """A day or moment plus a calendar span, or plus a time (in days for a day, in hours for a moment)."""
    if isinstance(amount, CalendarSpan):
        return add_span(day, amount if sign > 0 else amount.negated(), working_day)
    exact = Fraction(amount) * sign
    try:
        if isinstance(day, datetime):
            return day + timedelta(microseconds=int(exact * 3_600_000_000))
        return day + timedelta(days=int(exact)) if exact.denominator == 1 else None
    except OverflowError:
        return None


def _key_text(key: Any) -> str:
    return str(key)


_PLAIN: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
_ARITHMETIC: dict[str, Callable[[Any, Any], intervals.Amount]] = {
    "+": intervals.add,
    "-": intervals.subtract,
    "*": intervals.multiply,
    "/": intervals.divide,
}
_QUANTIFIERS: dict[str, Callable[[Evaluator, ir.Quantified, list[tuple[Any, Any]]], Any]] = {
    "any": Evaluator._any,  # noqa: SLF001 - a table of this class's own methods
    "all": Evaluator._all,  # noqa: SLF001
    "count": Evaluator._count,  # noqa: SLF001
    "sum": Evaluator._sum,  # noqa: SLF001
    "min": Evaluator._extreme,  # noqa: SLF001
    "max": Evaluator._extreme,  # noqa: SLF001
}
_FORMS: dict[type, Callable[..., Any]] = {
    ir.Const: Evaluator._constant,  # noqa: SLF001 - a table of this class's own methods
    ir.Unknown: Evaluator._unknown,  # noqa: SLF001
    ir.AsOf: Evaluator._as_of,  # noqa: SLF001
    ir.FactRef: Evaluator._fact,  # noqa: SLF001
    ir.DerivedRef: Evaluator._derived,  # noqa: SLF001
    ir.RuleRef: Evaluator._rule,  # noqa: SLF001
    ir.ParameterRef: Evaluator._parameter,  # noqa: SLF001
    ir.Total: Evaluator._total,  # noqa: SLF001
    ir.Lookup: Evaluator._lookup,  # noqa: SLF001
    ir.Not: Evaluator._not,  # noqa: SLF001
    ir.Junction: Evaluator._junction,  # noqa: SLF001
    ir.AtLeast: Evaluator._at_least,  # noqa: SLF001
    ir.Compare: Evaluator._compare,  # noqa: SLF001
    ir.In: Evaluator._in,  # noqa: SLF001
    ir.Intersects: Evaluator._intersects,  # noqa: SLF001
    ir.Arithmetic: Evaluator._arithmetic,  # noqa: SLF001
    ir.Scale: Evaluator._scale,  # noqa: SLF001
    ir.DateShift: Evaluator._date_shift,  # noqa: SLF001
    ir.DateDifference: Evaluator._date_difference,  # noqa: SLF001
    ir.Choice: Evaluator._choice,  # noqa: SLF001
    ir.Function: Evaluator._function,  # noqa: SLF001
    ir.Quantified: Evaluator._quantified,  # noqa: SLF001
    ir.TableValue: Evaluator._table_value,  # noqa: SLF001
}
