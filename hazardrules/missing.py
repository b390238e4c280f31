"""The smallest sets of missing facts whose suitable values would settle a rule, in both directions.

The structure of a condition proposes sets of facts; small sets are then tried out with values on both sides of every
threshold, so that a set in which no values work is not named. A set too large to try out is kept as proposed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import combinations, islice, product
from typing import TYPE_CHECKING, Any

from hazardrules.engines.reference import Evaluator
from hazardrules.model import expressions as ir
from hazardrules.model.values import Interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hazardrules.compiler.plan import CompiledRule
    from hazardrules.model.instances import Instance
    from hazardrules.model.values import Truth

MAX_SETS = 5
MAX_PROPOSED = 60
MAX_TRIED = 400
MAX_VALUES = 12

Sets = list[frozenset[str]]


@dataclass(frozen=True, slots=True)
class Missing:
    """Which facts would settle a rule.

    Attributes:
        to_hold: At most five smallest sets of facts with which the rule can come to hold.
        to_clear: The same for the rule to fail.
        more: More sets exist than are listed.
    """

    to_hold: tuple[tuple[str, ...], ...]
    to_clear: tuple[tuple[str, ...], ...]
    more: bool


def missing_facts(evaluator: Evaluator, instance: Instance, name: str) -> Missing:
    """The smallest sets of facts that would settle an undetermined rule.

    Args:
        evaluator: The evaluated case.
        instance: The subject that the rule is about.
        name: The rule.

    Returns:
        For each direction at most five sets of paths, ordered by size, then name.
    """
    search = _Search(evaluator)
    hold, more_hold = search.settle(instance, name, wanted=True)
    clear, more_clear = search.settle(instance, name, wanted=False)
    return Missing(hold, clear, more_hold or more_clear)


def open_facts(evaluator: Evaluator, expr: ir.Expr, instance: Instance) -> tuple[str, ...]:
    """The unknown facts that a condition reads, by path."""
    return tuple(sorted(_Search(evaluator).leaves(expr, instance, {}, set())))


class _Search:
    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.plan = evaluator.plan

    def settle(self, instance: Instance, name: str, *, wanted: bool) -> tuple[tuple[tuple[str, ...], ...], bool]:
        proposed = _smallest(self._rule(instance, name, wanted))
        trial = _Trial(self.evaluator, instance, name)
        found: Sets = []
        rejected: Sets = []
        for facts in proposed:
            if any(other <= facts for other in found):
                continue
            if trial.works(facts, wanted=wanted):
                found.append(facts)
            else:
                rejected.append(facts)
            if len(found) > MAX_SETS:
                break
        if not found and rejected:  # the parts of a condition exclude one another: look at unions of proposals
            unions = _smallest([a | b for a, b in combinations(rejected[:8], 2)])
            found = [facts for facts in unions if trial.works(facts, wanted=wanted)][: MAX_SETS + 1]
        listed = tuple(tuple(sorted(facts)) for facts in sorted(found, key=_by_size)[:MAX_SETS])
        return listed, len(found) > MAX_SETS

    # proposals

    def _rule(self, instance: Instance, name: str, wanted: bool) -> Sets:
        rule = self.plan.rules.get(name)
        truth = self.evaluator.truth(instance, name)
        if truth is not None or rule is None:
            return [frozenset()] if truth is wanted else []
        others = self.plan.overriders.get(name, ())
        parts = [self._match(instance, rule, wanted)]
        parts += [self._match(instance, self.plan.rules[other], not wanted) for other in others]
        return _product(parts) if wanted else _union(parts)

    def _match(self, instance: Instance, rule: CompiledRule, wanted: bool) -> Sets:
        if rule.name in self.plan.force and wanted:
            return []  # nobody knows whether it was in force: no fact settles that
        parts = [] if rule.scope is None else [self.sets(rule.scope, instance, {}, wanted)]
        parts.append(self.sets(rule.when, instance, {}, wanted))
        parts += [self.sets(exception, instance, {}, not wanted) for exception in rule.unless]
        return _product(parts) if wanted else _union(parts)

    def sets(
        self, expr: ir.Expr, here: Instance, env: Mapping[str, Instance], wanted: bool
    ) -> Sets:
        """Sets of facts that could make a condition true (or false)."""
        truth: Truth = self.evaluator.value(expr, here, env)
        if truth is not None:
            return [frozenset()] if truth is wanted else []
        match expr:
            case ir.Not(item=item):
                return self.sets(item, here, env, not wanted)
            case ir.Junction(op=op, items=items):
                parts = [self.sets(item, here, env, wanted) for item in items]
                return _product(parts) if (op == "and") == wanted else _union(parts)
            case ir.AtLeast(count=count, items=items):
                return self._at_least(count, items, here, env, wanted)
            case ir.DerivedRef(base=base, name=name):
                instance = self.evaluator.find(base, here, env)
                found = self.plan.compiled.derived.get((instance.kind, name)) if instance is not None else None
                if instance is None or found is None:
                    return self._atom(expr, here, env)
                return self.sets(found.expr, instance, {}, wanted)
            case ir.RuleRef(base=base, name=name):
                instance = self.evaluator.find(base, here, env)
                rule = self.plan.rules.get(name)
                if instance is None or rule is None:
                    return self._atom(expr, here, env)
                return self._match(instance, rule, wanted)
            case ir.Quantified(function="any" | "all", item=item) if item is not None:
                return self._parts(expr, item, here, env, wanted)
            case ir.Choice(then=then, condition=condition, otherwise=otherwise):
                by_then = _product([self.sets(condition, here, env, True), self.sets(then, here, env, wanted)])
                by_else = _product([self.sets(condition, here, env, False), self.sets(otherwise, here, env, wanted)])
                return _union([by_then, by_else])
            case _:
                return self._atom(expr, here, env)

    def _at_least(
        self, count: ir.Expr, items: tuple[ir.Expr, ...], here: Instance, env: Mapping[str, Instance], wanted: bool
    ) -> Sets:
        need = self.evaluator.value(count, here, env)
        if not isinstance(need, int):
            return _union([self._atom(item, here, env) for item in items])
        truths = [self.evaluator.value(item, here, env) for item in items]
        unknown = [item for item, truth in zip(items, truths, strict=True) if truth is None]
        held = sum(truth is True for truth in truths)
        lacking = need - held if wanted else held + len(unknown) - need + 1
        parts = [self.sets(item, here, env, wanted) for item in unknown]
        chosen = islice(combinations(parts, max(lacking, 0)), MAX_PROPOSED)
        return _union([_product(list(combination)) for combination in chosen])

    def _parts(self, expr: ir.Quantified, item: ir.Expr, here: Instance, env: Mapping[str, Instance], wanted: bool) -> Sets:
        instance = self.evaluator.find(expr.base, here, env)
        listed = instance.parts.get(expr.part) if instance is not None else None
        if listed is None:
            return self._atom(expr, here, env)
        settled_by_one = (expr.function == "any") == wanted
        sets: list[Sets] = []
        for part in listed:
            inner = {**env, expr.variable: part}
            included = [frozenset[str]()] if expr.where is None else self.sets(expr.where, here, inner, True)
            excluded: Sets = [] if expr.where is None else self.sets(expr.where, here, inner, False)
            decided = self.sets(item, here, inner, wanted)
            sets.append(_product([included, decided]) if settled_by_one else _union([excluded, decided]))
        return _union(sets) if settled_by_one else _product(sets)

    def _atom(self, expr: ir.Expr, here: Instance, env: Mapping[str, Instance]) -> Sets:
        found = self.leaves(expr, here, env, set())
        return [frozenset(found)] if found else []

    def leaves(self, expr: ir.Expr, here: Instance, env: Mapping[str, Instance], found: set[str]) -> set[str]:
        """The unknown facts below an expression."""
        match expr:
            case ir.FactRef(base=base, name=name):
                self._leaf(base, name, here, env, found)
            case ir.DerivedRef(base=base, name=name):
                instance = self.evaluator.find(base, here, env)
                derived = self.plan.compiled.derived.get((instance.kind, name)) if instance is not None else None
                if instance is None or derived is None:
                    self._leaf(base, name, here, env, found)
                elif isinstance(self.evaluator.derived(instance, name), Interval | None):
                    self.leaves(derived.expr, instance, {}, found)
            case ir.RuleRef(base=base, name=name):
                instance, rule = self.evaluator.find(base, here, env), self.plan.rules.get(name)
                if instance is not None and rule is not None:
                    for inner in (rule.when, *rule.unless, *([rule.scope] if rule.scope is not None else [])):
                        self.leaves(inner, instance, {}, found)
            case ir.Quantified():
                self._part_leaves(expr, here, env, found)
            case ir.TableValue(rows=rows):
                for condition, _ in rows:
                    if self.evaluator.value(condition, here, env) is None:
                        self.leaves(condition, here, env, found)
            case _:
                for child in ir.children(expr):
                    self.leaves(child, here, env, found)
        return found

    def _leaf(self, base: ir.Base, name: str, here: Instance, env: Mapping[str, Instance], found: set[str]) -> None:
        instance = self.evaluator.find(base, here, env)
        if instance is None:
            path = _open_path(base, here, env, self.evaluator)
            if path is not None:
                found.add(f"{path}.{name}")
        elif name not in instance.facts:
            found.add(f"{instance.path}.{name}" if instance.path else name)

    def _part_leaves(self, expr: ir.Quantified, here: Instance, env: Mapping[str, Instance], found: set[str]) -> None:
        instance = self.evaluator.find(expr.base, here, env)
        listed = instance.parts.get(expr.part) if instance is not None else None
        if listed is None:
            if instance is not None:
                found.add(f"{instance.path}.{expr.part}" if instance.path else expr.part)
            return
        for part in listed:
            inner = {**env, expr.variable: part}
            if expr.where is not None and self.evaluator.value(expr.where, here, inner) is False:
                continue
            for child in ir.children(expr):
                self.leaves(child, here, inner, found)


def _open_path(base: ir.Base, here: Instance, env: Mapping[str, Instance], evaluator: Evaluator) -> str | None:
    """The path of a single part that was not submitted; None for an owner that does not exist."""
    if isinstance(base, ir.OnePart):
        around = evaluator.find(base.of, here, env)
        prefix = around.path if around is not None else _open_path(base.of, here, env, evaluator)
        return None if prefix is None else f"{prefix}.{base.part}".lstrip(".")
    return None


def _by_size(facts: frozenset[str]) -> tuple[int, tuple[str, ...]]:
    return len(facts), tuple(sorted(facts))


def _smallest(sets: Iterable[frozenset[str]]) -> Sets:
    """Without sets that contain another one; smallest first."""
    kept: Sets = []
    for facts in sorted(set(sets), key=_by_size):
        if not any(other <= facts for other in kept):
            kept.append(facts)
        if len(kept) >= MAX_PROPOSED:
            break
    return kept


def _union(parts: list[Sets]) -> Sets:
    return _smallest(facts for part in parts for facts in part)


def _product(parts: list[Sets]) -> Sets:
    combined: Sets = [frozenset()]
    for part in sorted(parts, key=len):
        combined = _smallest(a | b for a in combined for b in part)
        if not combined:
            break
    return combined


class _Trial:
    """Tries values for a set of facts: does some choice settle the rule?"""

    def __init__(self, evaluator: Evaluator, instance: Instance, name: str) -> None:
        self.evaluator, self.name = evaluator, name
        self.instances = {found.path: found for found in _all(evaluator.root)}
        self.instance = instance
        self.source = evaluator.plan.compiled.source
        self.values = _Thresholds(evaluator.plan, name)

    def works(self, facts: frozenset[str], *, wanted: bool) -> bool:
        """Whether some values of these facts settle the rule as wanted; True also where too many would have to be tried."""
        places: list[tuple[Instance, str]] = []
        choices: list[list[Any]] = []
        for path in sorted(facts):
            place = self._place(path)
            if place is None:
                return True  # a list of parts, or a part that was not submitted: not tried out
            places.append(place)
            choices.append(self.values.of(place[0].kind, place[1]))
        total = 1
        for values in choices:
            total *= max(len(values), 1)
        if total > MAX_TRIED:
            return True
        for chosen in product(*choices):
            for (instance, fact), value in zip(places, chosen, strict=True):
                instance.facts[fact] = value
            try:
                fresh = Evaluator(self.evaluator.plan, self.evaluator.root, self.evaluator.as_of)
                truth = fresh.truth(self.instance, self.name)
            finally:
                for instance, fact in places:
                    del instance.facts[fact]
            if truth is wanted:
                return True
        return False

    def _place(self, path: str) -> tuple[Instance, str] | None:
        best = max((p for p in self.instances if not p or path.startswith(f"{p}.")), key=len)
        instance = self.instances[best]
        name = path[len(best) + 1 :] if best else path
        return (instance, name) if name in self.source.subjects[instance.kind].facts else None


def _all(root: Instance) -> list[Instance]:
    found = [root]
    for parts in root.parts.values():
        for part in parts or ():
            found.extend(_all(part))
    return found


class _Thresholds:
    """For every fact the values worth trying: both sides of each constant that a rule compares anything with."""

    def __init__(self, plan: Any, name: str) -> None:
        self.source = plan.compiled.source
        self.plan = plan
        self.numbers: set[int | Fraction] = {0, 1}
        self.days: set[date] = set()
        self._seen: set[object] = set()
        rule = plan.rules[name]
        for other in (rule, *(plan.rules[over] for over in plan.overriders.get(name, ()))):
            for expr in (other.when, *other.unless, *([other.scope] if other.scope is not None else [])):
                self._gather(expr)

    def _gather(self, expr: ir.Expr) -> None:
        for item in ir.walk(expr):
            match item:
                case ir.Const(value=bool()):
                    pass
                case ir.Const(value=int() | Fraction() as value):
                    self.numbers.add(value)
                case ir.Const(value=date() as day):
                    self.days.add(day)
                case ir.ParameterRef(name=name):
                    value = self.plan.parameters.get(name)
                    if isinstance(value, (int, Fraction)) and not isinstance(value, bool):
                        self.numbers.add(value)
                case ir.DerivedRef(kind=kind, name=name) if (kind, name) not in self._seen:
                    self._seen.add((kind, name))
                    derived = self.plan.compiled.derived.get((kind, name))
                    if derived is not None:
                        self._gather(derived.expr)
                case ir.RuleRef(name=name) if name not in self._seen and name in self.plan.rules:
                    self._seen.add(name)
                    self._gather(self.plan.rules[name].when)

    def of(self, kind: str, name: str) -> list[Any]:
        fact = self.source.subjects[kind].facts[name]
        match fact.type.name:
            case "bool":
                return [True, False]
            case "enum":
                return list(fact.type.options)
            case "set":
                singles = [frozenset((option,)) for option in fact.type.options]
                return [frozenset(), *singles, frozenset(fact.type.options)]
            case "number":
                return self._numbers(fact.minimum, fact.maximum, integer=fact.declared == "integer")
            case "date" | "datetime":
                return self._days(moment=fact.type.name == "datetime")
            case _:
                return ["", "x"]

    def _numbers(self, low: Any, high: Any, *, integer: bool) -> list[Any]:
        far = 1000 * max(*self.numbers, -min(self.numbers)) + 1
        values = {point for number in self.numbers for point in (number - 1, number, number + 1)} | {far, -far}
        if not integer:
            values |= {number + Fraction(1, 1000) for number in self.numbers}
        kept = [v for v in sorted(values) if (low is None or v >= low) and (high is None or v <= high)]
        kept = [v for v in kept if not integer or Fraction(v).denominator == 1]
        bounds = [bound for bound in (low, high) if bound is not None]
        return (kept + bounds)[: MAX_VALUES * 6]

    def _days(self, *, moment: bool) -> list[Any]:
        as_of = max(self.days, default=date(2021, 12, 2))
        days = {day + timedelta(days=step) for day in {*self.days, as_of} for step in (-1, 0, 1, -400, 400, -40000, 40000)}
        return [datetime(d.year, d.month, d.day) if moment else d for d in sorted(days)]  # noqa: DTZ001 - local time


