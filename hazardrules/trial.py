"""Trying values for missing facts: does some choice of them settle a rule?"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import combinations, pairwise, product
from typing import TYPE_CHECKING, Any

from hazardrules.engines.base import walk
from hazardrules.engines.footing import Footing
from hazardrules.engines.reference import Evaluator
from hazardrules.intake.instance import copy_of
from hazardrules.model import expressions as ir
from hazardrules.model.values import Interval, normalise

if TYPE_CHECKING:
    from hazardrules.engines.reference import Found
    from hazardrules.model.instances import Instance

MAX_TRIED = 400
"""So many values of one set are tried, and at most ten times as many for one direction of a rule."""
MAX_VALUES = 72
MAX_OPTIONS = 6


class Trial:
    """Tries values for a set of facts: does some choice settle the rule?"""

    def __init__(self, evaluator: Evaluator, instance: Instance, name: str, *, wanted: bool) -> None:
        self.plan, self.as_of, self.name, self.wanted = evaluator.plan, evaluator.as_of, name, wanted
        self.root = copy_of(evaluator.root)  # values are tried on a copy: others may be reading the case
        self.instances = {found.path: found for found in walk(self.root)}
        self.instance = self.instances[instance.path]
        self._settled: dict[Found, Any] = {}
        """Learning facts revokes none of it."""
        self._open: list[tuple[frozenset[str], Found, Any]] = []
        """What stays open until one of these facts is learnt."""
        self._sort(evaluator)
        self.source = evaluator.plan.compiled.source
        self.values = Thresholds(evaluator.plan, name, evaluator.as_of)
        self.left = 10 * MAX_TRIED
        self._known: dict[frozenset[str], bool | None] = {}

    def _sort(self, evaluator: Evaluator) -> None:
        copies = {id(found): self.instances[found.path] for found in walk(evaluator.root)}
        footing = Footing.of(self.plan)
        for (whose, form, name, bounded), value in evaluator.found().items():
            copy = copies.get(whose)
            key = (id(copy) if copy is not None else whose, form, name, bounded)
            if value is not None and not isinstance(value, Interval):
                self._settled[key] = value
            elif copy is not None and (facts := footing.facts(form, copy.kind, name)) is not None:
                self._open.append((facts, key, value))

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
        tried = {fact for _, fact in places}
        same = {**self._settled, **{key: value for facts, key, value in self._open if facts.isdisjoint(tried)}}
        for chosen in product(*choices):
            for (instance, fact), value in zip(places, chosen, strict=True):
                instance.facts[fact] = value
            evaluator = Evaluator(self.plan, self.root, self.as_of)
            evaluator.take_over(same)
            truth = evaluator.truth(self.instance, self.name)
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


class Thresholds:
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
