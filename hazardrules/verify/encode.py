"""Conditions of a plan as terms of the solver: the meaning that `engines/reference.py` gives them, with facts fully known.

Every answer of the reference for some facts is among those that the terms allow. Where a form cannot be said exactly
(`Encoder.approximated`) the terms allow more: what they exclude is excluded, what they allow is to be tried.
"""

from __future__ import annotations

import operator
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

import z3

from hazardrules.engines.reference import shift
from hazardrules.model import expressions as ir
from hazardrules.model.values import CalendarSpan
from hazardrules.verify import dates
from hazardrules.verify.spans import Either, Shifted, choose, compare_days
from hazardrules.verify.terms import (
    NOTHING,
    Term,
    all_of,
    any_of,
    calculate,
    compare,
    conj,
    differs,
    disj,
    extreme,
    fails,
    holds,
    is_plain,
    ite,
    neg,
    negated,
    quotient,
    rounded,
    total,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hazardrules.compiler.plan import CompiledRule, Plan
    from hazardrules.verify.world import Subject, World

Environment = "Mapping[str, Subject]"
_NO_VARIABLES: dict[str, Any] = {}
_SECONDS = 86_400


class Encoder:
    """Says the rules of a plan over the variables of a world.

    Attributes:
        approximated: Forms that were not said exactly, so far.
    """

    def __init__(self, plan: Plan, world: World, as_of: date, until: date | None = None) -> None:
        """Bind a plan to a world.

        Args:
            plan: The law of a day and place.
            world: The subject.
            as_of: The day of the case; with `until`, the first of the days among which it is left open.
            until: The day after the last of these days.
        """
        self.plan, self.world, self.first_day = plan, world, as_of
        self.approximated: set[str] = set()
        self._memo: dict[object, Any] = {}
        self._loose: list[Any] = []
        self._gaps: list[tuple[Shifted, Any]] = []
        self.day: Any = as_of.toordinal()
        if until is not None:
            self.day = world.integer("as_of")
            world.domains.append(z3.And(self.day >= as_of.toordinal(), self.day < until.toordinal()))

    # rules

    def truth(self, subject: Subject, name: str) -> Term:
        """Whether a rule holds: it matches, and no rule that overrides it matches."""
        if name not in self.plan.rules:
            return Term(value=False)
        overriders = [self.matches(subject, other) for other in self.plan.overriders.get(name, ())]
        return all_of([self.matches(subject, name), negated(any_of(overriders))])

    def matches(self, subject: Subject, name: str) -> Term:
        """Whether a rule applies and its condition holds and none of its exceptions does."""
        rule = self.plan.rules.get(name)
        if rule is None:
            return Term(value=False)
        key = (id(subject), name)
        if key not in self._memo:
            in_force = [NOTHING] if name in self.plan.force else []
            self._memo[key] = all_of([*in_force, *self.sections(subject, rule)])
        return cast("Term", self._memo[key])

    def sections(self, subject: Subject, rule: CompiledRule) -> list[Term]:
        """What must be true of a rule: its scope, its condition, and that no exception holds."""
        scope = [] if rule.scope is None else [self.term(rule.scope, subject)]
        return [*scope, self.term(rule.when, subject), *(negated(self.term(item, subject)) for item in rule.unless)]

    # expressions

    def term(self, expr: ir.Expr, here: Subject, env: Mapping[str, Subject] = _NO_VARIABLES) -> Term:
        """An expression as a term.

        Args:
            expr: What to say.
            here: The subject whose facts its bare names are.
            env: The parts that quantifiers around have in hand.
        """
        return _FORMS[type(expr)](self, expr, here, env)

    def find(self, base: ir.Base, here: Subject, env: Mapping[str, Subject]) -> Subject | None:
        """The subject that a base stands for; None where there is none."""
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
                return self.world.single(found, part) if found is not None else None

    def derived(self, subject: Subject, name: str) -> Term:
        """A derived fact of a subject."""
        found = self.plan.compiled.derived.get((subject.kind, name))
        if found is None:
            return NOTHING
        key = (id(subject), "derived", name)
        if key not in self._memo:
            in_force = found.effective is None or found.effective.is_in_force(self.first_day) is True
            self._memo[key] = self.term(found.expr, subject) if in_force else NOTHING
        return cast("Term", self._memo[key])

    def _constant(self, expr: ir.Const, *_: Any) -> Term:
        return Term(self.plain(expr.value, expr.type.options))

    def plain(self, value: Any, options: tuple[str, ...] = ()) -> Any:
        """A value of the law in the form that terms have."""
        if isinstance(value, frozenset):
            return {option: option in value for option in (options or sorted(value))}
        if isinstance(value, str):
            return self.world.codes.of(value)
        return dates.number_of(value) if isinstance(value, date) else value

    def _unknown(self, *_: Any) -> Term:
        return NOTHING

    def _as_of(self, *_: Any) -> Term:
        return Term(self.day)

    def _fact(self, expr: ir.FactRef, here: Subject, env: Mapping[str, Subject]) -> Term:
        subject = self.find(expr.base, here, env)
        if subject is None or expr.name not in self.world.subjects[subject.kind].facts:
            return NOTHING
        return Term(self.world.fact(subject, expr.name))

    def _derived(self, expr: ir.DerivedRef, here: Subject, env: Mapping[str, Subject]) -> Term:
        subject = self.find(expr.base, here, env)
        return NOTHING if subject is None else self.derived(subject, expr.name)

    def _rule(self, expr: ir.RuleRef, here: Subject, env: Mapping[str, Subject]) -> Term:
        subject = self.find(expr.base, here, env)
        if subject is None or subject.kind != expr.kind:
            return NOTHING if expr.name in self.plan.rules else Term(value=False)
        return self.matches(subject, expr.name)

    def _parameter(self, expr: ir.ParameterRef, *_: Any) -> Term:
        value = self.plan.parameters.get(expr.name)
        return NOTHING if value is None else Term(self.plain(value, expr.type.options))

    def _total(self, expr: ir.Total, *_: Any) -> Term:
        self.approximated.add("total")
        key = ("total", expr.parameter)
        if key not in self._memo:  # open where a rule that brings points is open, be every fact known: a share of nothing
            self._memo[key] = Term(self.world.fresh(None, None, whole=False), self.world.fresh_bool(), loose=True)
        return cast("Term", self._memo[key])

    def _lookup(self, expr: ir.Lookup, here: Subject, env: Mapping[str, Subject]) -> Term:
        if expr.table not in self.plan.tables:
            return NOTHING
        table = self.plan.compiled.source.tables[expr.table]
        keys = [self.term(key, here, env) for key in expr.keys]
        if any(key.type.name not in ("enum", "text") for key in expr.keys):
            self.approximated.add("lookup")
            value = self.world.fresh(None, None, whole=False) if expr.type.name == "number" else None
            return NOTHING if value is None else Term(value, self.world.fresh_bool())
        found: Any = None
        hits = []
        for words, row in table.rows.items():
            same = [compare("==", key.value, self.world.codes.of(word)) for key, word in zip(keys, words, strict=True)]
            value = self.plain(row[expr.column], expr.type.options)
            if value is None:
                continue
            hit = conj((*(key.known for key in keys), *same))
            if hit is True:
                return Term(value)
            if hit is not False:
                hits.append(hit)
                found = value if found is None else ite(hit, value, found)
        return NOTHING if found is None else Term(found, disj(hits))

    def _not(self, expr: ir.Not, here: Subject, env: Mapping[str, Subject]) -> Term:
        return negated(self.term(expr.item, here, env))

    def _junction(self, expr: ir.Junction, here: Subject, env: Mapping[str, Subject]) -> Term:
        combine = all_of if expr.op == "and" else any_of
        return combine([self.term(item, here, env) for item in expr.items])

    def _at_least(self, expr: ir.AtLeast, here: Subject, env: Mapping[str, Subject]) -> Term:
        items = [self.term(item, here, env) for item in expr.items]
        wanted = self.term(expr.count, here, env)
        known = conj(item.known for item in (*items, wanted))
        held = total([ite(item.value, 1, 0) for item in items])
        return self._loosely(Term(compare(">=", held, wanted.value), known, loose=True))

    def _compare(self, expr: ir.Compare, here: Subject, env: Mapping[str, Subject]) -> Term:
        left, right = self.term(expr.left, here, env), self.term(expr.right, here, env)
        known = conj((left.known, right.known))
        if known is False and not (left.loose or right.loose):
            return NOTHING
        if isinstance(left.value, dict):
            same = conj(neg(differs(left.value[o], right.value.get(o, False))) for o in left.value)
            value = same if expr.op == "==" else neg(same)
        else:
            value = compare_days(self, expr.op, left.value, right.value)
        return self._loosely(Term(value, known, loose=left.loose or right.loose))

    def _loosely(self, term: Term) -> Term:
        """A truth value of which more may be known than is modelled: where it is not known it may be anything."""
        if term.known is True or not term.loose:
            return Term(term.value, term.known)
        true, false = self.world.fresh_bool(), self.world.fresh_bool()
        self.world.domains.append(z3.Not(z3.And(true, false)))
        self._loose += [true, false]
        surely, surely_not = holds(term), fails(term)
        unknown = neg(term.known)
        is_true = disj((surely, conj((unknown, true))))
        return Term(is_true, disj((is_true, surely_not, conj((unknown, false)))))

    def strict(self) -> list[Any]:
        """Assumptions under which nothing is known beyond what is modelled: a model under them is likely to be right."""
        return [z3.Not(item) for item in self._loose]

    def _in(self, expr: ir.In, here: Subject, env: Mapping[str, Subject]) -> Term:
        item = self.term(expr.item, here, env)
        options = [self.plain(option.value) for option in expr.options]
        value = disj(compare_days(self, "==", item.value, option) for option in options)
        return self._loosely(Term(value, item.known, loose=item.loose))

    def _intersects(self, expr: ir.Intersects, here: Subject, env: Mapping[str, Subject]) -> Term:
        container = self.term(expr.container, here, env)
        if container.known is False:
            return NOTHING
        return Term(disj(container.value.get(option, False) for option in sorted(expr.options)), container.known)

    def _arithmetic(self, expr: ir.Arithmetic, here: Subject, env: Mapping[str, Subject]) -> Term:
        left, right = self.term(expr.left, here, env), self.term(expr.right, here, env)
        known = conj((left.known, right.known))
        loose = left.loose or right.loose or (expr.op in "*/" and known is not True)
        if expr.op == "/":
            known = conj((known, compare("!=", right.value, 0)))
            return Term(quotient(left.value, right.value), known, loose)
        return Term(calculate(_ARITHMETIC[expr.op], left.value, right.value), known, loose)

    def _scale(self, expr: ir.Scale, here: Subject, env: Mapping[str, Subject]) -> Term:
        item = self.term(expr.item, here, env)
        return Term(calculate(operator.mul, item.value, expr.factor), item.known, item.loose)

    def _date_shift(self, expr: ir.DateShift, here: Subject, env: Mapping[str, Subject]) -> Term:
        day, amount = self.term(expr.day, here, env), self.term(expr.amount, here, env)
        known = conj((day.known, amount.known))
        if known is False:
            return NOTHING
        moment = expr.type.name == "datetime"
        span = amount.value
        if not isinstance(span, CalendarSpan):
            return self._fixed_shift(day.value, span, expr.sign, known, moment=moment)
        if not span.months and not span.working_days:
            return Term(
                calculate(operator.add, self.number(day.value), expr.sign * span.days * (_SECONDS if moment else 1)), known
            )
        if is_plain(day.value):
            return self._moved(day, span, expr)
        return Term(Shifted(day.value, span, expr.sign, moment), conj((known, self._in_calendar(day.value, span, moment=moment))))

    def _in_calendar(self, day: Any, span: CalendarSpan, *, moment: bool) -> Any:
        """When working days can be counted from a day, as far as the day itself tells."""
        source = self.plan.compiled.source
        table = source.tables.get(source.calendar) if source.calendar else None
        if not span.working_days:
            return True
        if table is None:
            return False
        years = sorted({int(key[0][:4]) for key in table.rows})
        first, last = (date(year, 12, 31).toordinal() * (_SECONDS if moment else 1) for year in (years[0] - 1, years[-1] + 1))
        number = self.number(day)
        return conj((compare(">=", number, first), compare("<", number, last)))

    def _fixed_shift(self, day: Any, amount: Any, sign: int, known: Any, *, moment: bool) -> Term:
        """A day plus a number of days, a moment plus a number of hours; part of a day is nothing that a day can have."""
        if moment:
            seconds = calculate(operator.mul, amount, 3600 * sign)
            whole = seconds if is_plain(seconds) or seconds.is_int() else z3.ToInt(seconds)
            if not (is_plain(seconds) and isinstance(seconds, int)):
                self.approximated.add("seconds")
            return Term(calculate(operator.add, self.number(day), int(whole) if is_plain(whole) else whole), known)
        if is_plain(amount):
            return Term(calculate(operator.add, self.number(day), sign * amount), known) if isinstance(amount, int) else NOTHING
        whole = amount if amount.is_int() else z3.ToInt(amount)
        known = known if amount.is_int() else conj((known, z3.IsInt(amount)))
        return Term(calculate(operator.add, self.number(day), calculate(operator.mul, whole, sign)), known)

    def _moved(self, day: Term, span: CalendarSpan, expr: ir.DateShift) -> Term:
        start = dates.moment_of(day.value) if expr.type.name == "datetime" else date.fromordinal(day.value)
        moved = shift(start, span, expr.sign, self.plan.compiled.working_day)
        return NOTHING if moved is None else Term(dates.number_of(moved), day.known)

    def number(self, value: Any) -> Any:
        """A day as a number; what a calendar span makes of a day that is not fixed is a number within bounds."""
        if isinstance(value, Either):
            return ite(value.condition, self.number(value.then), self.number(value.otherwise))
        if not isinstance(value, Shifted):
            return value
        self.approximated.add("calendar")
        key = ("shifted", value.key())
        if key not in self._memo:
            least, most = self._lengths(value)
            unit = _SECONDS if value.moment else 1
            gap = self.world.fresh(least * unit, most * unit)
            self._gaps.append((value, gap))
            self._memo[key] = calculate(operator.add, self.number(value.day), calculate(operator.mul, gap, value.sign))
        return self._memo[key]

    def _lengths(self, value: Shifted) -> tuple[int, int]:
        source, working_day = self.plan.compiled.source, self.plan.compiled.working_day
        years = (
            sorted({int(key[0][:4]) for key in source.tables[source.calendar].rows}) if source.calendar in source.tables else []
        )
        if value.span.working_days and years:
            return dates.working_lengths(value.span, value.sign, (years[0], years[-1]), working_day) or (0, 0)
        return dates.lengths(value.span)

    def learn(self, value_of: Callable[[Any], Any]) -> list[Any]:
        """Say what calendar spans make of the days of a model, where it had that wrong.

        Returns:
            These days with what the spans make of them, to be tried next; empty where nothing was wrong.
        """
        learned: list[Any] = []
        for value, gap in self._gaps:
            day = self.number(value.day)
            given = value_of(day)
            start = dates.moment_of(given) if value.moment else date.fromordinal(given)
            moved = shift(start, value.span, value.sign, self.plan.compiled.working_day)
            if moved is None or dates.number_of(moved) == given + value.sign * value_of(gap):
                continue
            found, exactly = day + value.sign * gap, dates.number_of(moved)
            # a span never turns two days round
            self.world.domains += [z3.Implies(day >= given, found >= exactly), z3.Implies(day <= given, found <= exactly)]
            learned += [day == given, found == exactly]
        return learned

    def _date_difference(self, expr: ir.DateDifference, here: Subject, env: Mapping[str, Subject]) -> Term:
        seconds = []
        left, right = self.term(expr.left, here, env), self.term(expr.right, here, env)
        for term, side in ((left, expr.left), (right, expr.right)):
            factor = 1 if side.type.name == "datetime" else _SECONDS
            seconds.append(calculate(operator.mul, self.number(term.value), factor))
        gap = calculate(operator.sub, *seconds)
        return Term(calculate(operator.mul, gap, 1 / Fraction(expr.type.unit.factor)), conj((left.known, right.known)))

    def _choice(self, expr: ir.Choice, here: Subject, env: Mapping[str, Subject]) -> Term:
        condition = self.term(expr.condition, here, env)
        then, otherwise = self.term(expr.then, here, env), self.term(expr.otherwise, here, env)
        if condition.known is True and isinstance(condition.value, bool):
            return then if condition.value else otherwise
        value = choose(condition.value, then, otherwise)
        known = conj((condition.known, ite(condition.value, then.known, otherwise.known)))
        term = Term(value, known, loose=then.loose or otherwise.loose or condition.known is not True)
        return self._loosely(term) if expr.type.name == "bool" else term

    def _function(self, expr: ir.Function, here: Subject, env: Mapping[str, Subject]) -> Term:
        items = [self.term(item, here, env) for item in expr.items]
        known = conj(item.known for item in items)
        loose = known is not True
        values = [item.value for item in items]
        match expr.name:
            case "min" | "max":
                found = values[0]
                for value in values[1:]:
                    found = extreme(expr.name, found, value)
                return Term(found, known, loose)
            case "abs":
                (value,) = values
                minus = calculate(operator.sub, 0, value)
                return Term(ite(compare(">=", value, 0), value, minus), known, loose)
            case _:
                return Term(rounded(values[0], up=expr.name == "ceil"), known, loose)

    def _quantified(self, expr: ir.Quantified, here: Subject, env: Mapping[str, Subject]) -> Term:
        subject = self.find(expr.base, here, env)
        if subject is None:
            return NOTHING
        parts = self.world.list_of(subject, expr.part)
        chosen: list[tuple[Term, Term]] = []
        for number, part in enumerate(parts.items):
            inner = {**env, expr.variable: part}
            there = Term(parts.present(number))
            included = there if expr.where is None else all_of([there, self.term(expr.where, here, inner)])
            chosen.append((included, Term(value=True) if expr.item is None else self.term(expr.item, here, inner)))
        return self._combined(expr.function, chosen)

    def _combined(self, function: str, chosen: list[tuple[Term, Term]]) -> Term:
        if function == "any":
            return any_of([all_of(list(pair)) for pair in chosen])
        if function == "all":
            return all_of([any_of([negated(included), item]) for included, item in chosen])
        counted = conj(included.known for included, _ in chosen)
        known = conj([counted, *(disj((neg(included.value), item.known)) for included, item in chosen)])
        if function in ("count", "sum"):
            amounts = [ite(included.value, 1 if function == "count" else item.value, 0) for included, item in chosen]
            return Term(total(amounts), counted if function == "count" else known, loose=True)
        found: Any = None
        some: Any = False
        for included, item in chosen:
            further = item.value if found is None else ite(some, extreme(function, found, item.value), item.value)
            found = further if found is None else ite(included.value, further, found)
            some = disj((some, included.value))
        return Term(found, conj((known, some)), loose=True)

    def _table_value(self, expr: ir.TableValue, here: Subject, env: Mapping[str, Subject]) -> Term:
        found = NOTHING if expr.type.name == "bool" else None
        for condition, value in reversed(expr.rows):
            when, then = self.term(condition, here, env), self.term(value, here, env)
            if found is None:
                found = Term(then.value, conj((holds(when), then.known)), then.loose)
                continue
            known = disj((conj((holds(when), then.known)), conj((fails(when), found.known))))
            found = Term(choose(when.value, then, found), known, then.loose or found.loose)
        if found is None:
            return NOTHING
        return self._loosely(found) if expr.type.name == "bool" else found


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_FORMS: dict[type, Callable[..., Term]] = {
    ir.Const: Encoder._constant,  # noqa: SLF001 - a table of this class's own methods
    ir.Unknown: Encoder._unknown,  # noqa: SLF001
    ir.AsOf: Encoder._as_of,  # noqa: SLF001
    ir.FactRef: Encoder._fact,  # noqa: SLF001
    ir.DerivedRef: Encoder._derived,  # noqa: SLF001
    ir.RuleRef: Encoder._rule,  # noqa: SLF001
    ir.ParameterRef: Encoder._parameter,  # noqa: SLF001
    ir.Total: Encoder._total,  # noqa: SLF001
    ir.Lookup: Encoder._lookup,  # noqa: SLF001
    ir.Not: Encoder._not,  # noqa: SLF001
    ir.Junction: Encoder._junction,  # noqa: SLF001
    ir.AtLeast: Encoder._at_least,  # noqa: SLF001
    ir.Compare: Encoder._compare,  # noqa: SLF001
    ir.In: Encoder._in,  # noqa: SLF001
    ir.Intersects: Encoder._intersects,  # noqa: SLF001
    ir.Arithmetic: Encoder._arithmetic,  # noqa: SLF001
    ir.Scale: Encoder._scale,  # noqa: SLF001
    ir.DateShift: Encoder._date_shift,  # noqa: SLF001
    ir.DateDifference: Encoder._date_difference,  # noqa: SLF001
    ir.Choice: Encoder._choice,  # noqa: SLF001
    ir.Function: Encoder._function,  # noqa: SLF001
    ir.Quantified: Encoder._quantified,  # noqa: SLF001
    ir.TableValue: Encoder._table_value,  # noqa: SLF001
}
