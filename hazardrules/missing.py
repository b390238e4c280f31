"""The smallest sets of missing facts whose suitable values would settle a rule, in both directions.

The structure of a condition proposes sets of facts; small sets are then tried out with values on both sides of every
threshold. A set in which no values can work is not named; a set of which that cannot be shown (it is too large to try out,
or its facts go into sums and quotients) is kept as proposed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import combinations, islice, pairwise, product
from typing import TYPE_CHECKING, Any

from hazardrules.engines.base import walk
from hazardrules.engines.reference import Evaluator
from hazardrules.intake.instance import copy_of
from hazardrules.model import expressions as ir
from hazardrules.model.values import Interval, normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hazardrules.compiler.plan import CompiledRule
    from hazardrules.model.instances import Instance
    from hazardrules.model.values import Truth

MAX_SETS = 5
MAX_PROPOSED = 60
MAX_TRIED = 400
"""So many values of one set are tried, and at most ten times as many for one direction of a rule."""
MAX_VALUES = 72
MAX_OPTIONS = 6

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
        self.coarse: set[str] = set()
        """Facts that were proposed together only because one comparison reads them all: fewer may do."""

    def settle(self, instance: Instance, name: str, *, wanted: bool) -> tuple[tuple[tuple[str, ...], ...], bool]:
        proposed = _smallest(facts for facts in self._rule(instance, name, wanted) if facts)
        trial = _Trial(self.evaluator, instance, name, wanted=wanted)
        found: Sets = []
        rejected: Sets = []
        for facts in proposed:
            for smaller in self._smaller(facts):
                if not any(other <= smaller for other in found) and trial.works(smaller) is True:
                    found.append(smaller)
            if any(other <= facts for other in found):
                continue
            (rejected if trial.works(facts) is False else found).append(facts)
            if len(found) > MAX_SETS:
                break
        if not found and rejected:  # the parts of a condition exclude one another: look at unions of proposals
            unions = _smallest([a | b for a, b in combinations(rejected[:8], 2)])
            found = [facts for facts in unions if trial.works(facts) is not False][: MAX_SETS + 1]
        found = _smallest(found)
        listed = tuple(tuple(sorted(facts)) for facts in sorted(found, key=_by_size)[:MAX_SETS])
        return listed, len(found) > MAX_SETS

    def _smaller(self, facts: frozenset[str]) -> Iterable[frozenset[str]]:
        """Smaller sets of the facts of a proposal, the smallest first."""
        loose = sorted(facts & self.coarse)
        fixed = facts.difference(loose)
        subsets = (fixed.union(chosen) for size in range(len(loose)) for chosen in combinations(loose, size))
        return (subset for subset in islice(subsets, MAX_PROPOSED) if subset)

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

    def sets(self, expr: ir.Expr, here: Instance, env: Mapping[str, Instance], wanted: bool) -> Sets:
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
        if len(found) > 1:
            self.coarse |= found
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
                    self._open_part(base, here, env, found)
                elif isinstance(self.evaluator.derived(instance, name), Interval | None):
                    self.leaves(derived.expr, instance, {}, found)
            case ir.RuleRef(base=base, name=name):
                instance, rule = self.evaluator.find(base, here, env), self.plan.rules.get(name)
                if instance is None and rule is not None:
                    self._open_part(base, here, env, found)
                elif instance is not None and rule is not None:
                    for inner in (rule.when, *rule.unless, *([rule.scope] if rule.scope is not None else [])):
                        self.leaves(inner, instance, {}, found)
            case ir.Quantified():
                self._part_leaves(expr, here, env, found)
            case ir.TableValue(rows=rows):
                for condition, value in rows:
                    truth = self.evaluator.value(condition, here, env)
                    for child in () if truth is False else (condition, value):
                        self.leaves(child, here, env, found)
            case ir.Total(parameter=parameter):
                for instance in walk(self.evaluator.root):
                    self._carrier_leaves(instance, parameter, found)
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
        elif name not in instance.facts and name in self.plan.compiled.source.subjects[instance.kind].facts:
            found.add(f"{instance.path}.{name}" if instance.path else name)

    def _part_leaves(self, expr: ir.Quantified, here: Instance, env: Mapping[str, Instance], found: set[str]) -> None:
        instance = self.evaluator.find(expr.base, here, env)
        listed = instance.parts.get(expr.part) if instance is not None else None
        if listed is None:
            if instance is not None:
                found.add(f"{instance.path}.{expr.part}" if instance.path else expr.part)
            else:
                self._open_part(expr.base, here, env, found)
            return
        for part in listed:
            inner = {**env, expr.variable: part}
            if expr.where is not None and self.evaluator.value(expr.where, here, inner) is False:
                continue
            for child in ir.children(expr):
                self.leaves(child, here, inner, found)

    def _carrier_leaves(self, instance: Instance, parameter: str, found: set[str]) -> None:
        """Unknown facts of the open rules that carry a parameter, and lists of parts that could bring such rules."""
        for name in self.plan.by_kind.get(instance.kind, ()):
            rule = self.plan.rules[name]
            if any(parameter in action.values for action in rule.actions) and self.evaluator.truth(instance, name) is None:
                for expr in (rule.when, *rule.unless, *([rule.scope] if rule.scope is not None else [])):
                    self.leaves(expr, instance, {}, found)
        for part in self.evaluator.open_parts(instance, parameter):
            found.add(f"{instance.path}.{part}" if instance.path else part)

    def _open_part(self, base: ir.Base, here: Instance, env: Mapping[str, Instance], found: set[str]) -> None:
        path = _open_path(base, here, env, self.evaluator)
        if path is not None:
            found.add(path)


def _open_path(base: ir.Base, here: Instance, env: Mapping[str, Instance], evaluator: Evaluator) -> str | None:
    """The path of a single part that was not submitted; None for an owner that does not exist."""
    if isinstance(base, ir.OnePart):
        around = evaluator.find(base.of, here, env)
        if around is not None and around.parts.get(base.part) is not None:
            return None  # it is known that there is none
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

    def __init__(self, evaluator: Evaluator, instance: Instance, name: str, *, wanted: bool) -> None:
        self.plan, self.as_of, self.name, self.wanted = evaluator.plan, evaluator.as_of, name, wanted
        self.root = copy_of(evaluator.root)  # values are tried on a copy: others may be reading the case
        self.instances = {found.path: found for found in walk(self.root)}
        self.instance = self.instances[instance.path]
        self.source = evaluator.plan.compiled.source
        self.values = _Thresholds(evaluator.plan, name, evaluator.as_of)
        self.left = 10 * MAX_TRIED
        self._known: dict[frozenset[str], bool | None] = {}

    def works(self, facts: frozenset[str]) -> bool | None:
        """Whether some values of these facts settle the rule as wanted; None where that is neither found nor excluded."""
        if facts not in self._known:
            self._known[facts] = self._works(facts)
        return self._known[facts]

    def _works(self, facts: frozenset[str]) -> bool | None:
        places: list[tuple[Instance, str]] = []
        choices: list[list[Any]] = []
        exhaustive, total = True, 1
        for path in sorted(facts):
            place = self._place(path)
            if place is None:
                return None  # a list of parts, or a part that was not submitted: not tried out
            values, all_of_them = self.values.of(place[0].kind, place[1])
            places.append(place)
            choices.append(values)
            exhaustive = exhaustive and all_of_them
            total *= max(len(values), 1)
        if total > min(MAX_TRIED, self.left):
            return None
        self.left -= total
        for chosen in product(*choices):
            for (instance, fact), value in zip(places, chosen, strict=True):
                instance.facts[fact] = value
            truth = Evaluator(self.plan, self.root, self.as_of).truth(self.instance, self.name)
            for instance, fact in places:
                del instance.facts[fact]
            if truth is self.wanted:
                return True
        return False if exhaustive else None

    def _place(self, path: str) -> tuple[Instance, str] | None:
        around = (p for p in self.instances if not p or path.startswith(f"{p}."))
        for prefix in sorted(around, key=len, reverse=True):
            instance = self.instances[prefix]
            name = path[len(prefix) + 1 :] if prefix else path
            if name in self.source.subjects[instance.kind].facts:
                return instance, name
        return None


class _Thresholds:
    """For every fact the values worth trying: both sides of each constant that a rule compares it with."""

    def __init__(self, plan: Any, name: str, as_of: date) -> None:
        self.source = plan.compiled.source
        self.plan, self.as_of = plan, as_of
        self.numbers: set[int | Fraction] = {0, 1}
        self.days: set[date] = {as_of}
        self.direct: dict[tuple[str, str], set[Any]] = {}
        """For a fact the constants that it is compared with."""
        self.mixed: set[tuple[str, str]] = set()
        """Facts that go into arithmetic, functions, sums or look-ups: no few values stand for all of theirs."""
        self._seen: set[object] = set()
        self._rule(name)

    def _rule(self, name: str) -> None:
        if name in self._seen or name not in self.plan.rules:
            return
        self._seen.add(name)
        rule = self.plan.rules[name]
        for expr in (rule.when, *rule.unless, *([rule.scope] if rule.scope is not None else [])):
            self._gather(expr)
        for other in self.plan.overriders.get(name, ()):
            self._rule(other)

    def _gather(self, expr: ir.Expr) -> None:
        """Note constants, and which facts are compared with which."""
        whole: set[int] = set()
        """The facts that stand where a few values stand for all: by the id of their place in the tree."""
        for item in ir.walk(expr):
            self._note(item, whole)
            if isinstance(item, ir.FactRef) and item.type.name not in ("bool", "enum", "set") and id(item) not in whole:
                self.mixed.add((item.kind, item.name))

    def _note(self, item: ir.Expr, whole: set[int]) -> None:
        match item:
            case ir.Compare(left=left, right=right):
                for fact, other in ((left, right), (right, left)):
                    value = self._constant(other)
                    if isinstance(fact, ir.FactRef) and value is not None:
                        whole.add(id(fact))
                        self.direct.setdefault((fact.kind, fact.name), set()).add(value)
            case ir.In(item=ir.FactRef() as fact, options=options):
                whole.add(id(fact))
                self.direct.setdefault((fact.kind, fact.name), set()).update(option.value for option in options)
            case ir.Const(value=bool()):
                pass
            case ir.Const(value=int() | Fraction() as value):
                self.numbers.add(value)
            case ir.Const(value=date() as day):
                self.days.add(day)
            case ir.ParameterRef():
                value = self._constant(item)
                if isinstance(value, (int, Fraction)) and not isinstance(value, bool):
                    self.numbers.add(value)
            case ir.DerivedRef(name=name):
                for key, derived in self.plan.compiled.derived.items():
                    if key[1] == name and key not in self._seen:
                        self._seen.add(key)
                        self._gather(derived.expr)
            case ir.RuleRef(name=name):
                self._rule(name)
            case ir.Total(parameter=parameter):
                for name, rule in self.plan.rules.items():
                    for ends in [action.values[parameter] for action in rule.actions if parameter in action.values]:
                        for carrier in (name, *rule.amends):
                            self._rule(carrier)
                        for end in ends:
                            if end is not None:
                                self._gather(end)

    def _constant(self, expr: ir.Expr) -> Any:
        if isinstance(expr, ir.Const):
            return expr.value
        if isinstance(expr, ir.AsOf):
            return self.as_of
        return self.plan.parameters.get(expr.name) if isinstance(expr, ir.ParameterRef) else None

    def of(self, kind: str, name: str) -> tuple[list[Any], bool]:
        """Values of a fact worth trying, and whether they stand for all that it can have."""
        fact = self.source.subjects[kind].facts[name]
        key = (kind, name)
        plain = key not in self.mixed
        match fact.type.name:
            case "bool":
                return [True, False], True
            case "enum":
                return list(fact.type.options), True
            case "set":
                sizes = (
                    range(len(fact.type.options) + 1) if len(fact.type.options) <= MAX_OPTIONS else (0, 1, len(fact.type.options))
                )
                subsets = [frozenset(chosen) for size in sizes for chosen in combinations(fact.type.options, size)]
                return subsets, len(fact.type.options) <= MAX_OPTIONS
            case "number":
                known = self.direct.get(key, set()) | (set() if plain else self.numbers)
                return self._numbers(known or {0}, fact.minimum, fact.maximum, integer=fact.declared == "integer"), plain
            case "date" | "datetime":
                return self._days(moment=fact.type.name == "datetime"), plain
            case _:
                texts = sorted(self.direct.get(key, set()))
                return [*texts, "".join(texts) + "x"], plain

    def _numbers(self, known: set[Any], low: Any, high: Any, *, integer: bool) -> list[Any]:
        """The known numbers, one between each two, one on either side, near ones, and the declared bounds."""
        ordered = sorted(known)
        far = 1000 * (max(int(abs(number)) for number in ordered) + 1)
        values = {*ordered, *(sign * far * 1000**step for sign in (1, -1) for step in range(5)), ordered[0] - 1, ordered[-1] + 1}
        for below, above in pairwise(ordered):
            values.add(Fraction(below + above) / 2 if not integer else below // 1 + 1)
        values |= {bound for bound in (low, high) if bound is not None}
        if len(ordered) * 3 < MAX_VALUES:
            values |= {number + step for number in ordered for step in (-1, 1, Fraction(1, 1000))}
        kept = [normalise(v) for v in sorted(values) if (low is None or v >= low) and (high is None or v <= high)]
        return [v for v in kept if not integer or isinstance(v, int)]

    def _days(self, *, moment: bool) -> list[Any]:
        days: set[date] = set()
        for day in self.days:
            for step in (-1, 0, 1, -400, 400, -40000, 40000):
                try:
                    days.add(date(day.year, day.month, day.day) + timedelta(days=step))
                except OverflowError:
                    continue
        return [datetime(d.year, d.month, d.day) if moment else d for d in sorted(days)]  # noqa: DTZ001 - local time
