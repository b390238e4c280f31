"""The smallest sets of missing facts whose suitable values would settle a rule, in both directions.

The structure of a condition proposes sets of facts; small sets are then tried out with values on both sides of every
threshold. A set in which no values can work is not named; a set of which that cannot be shown (it is too large to try out,
or its facts go into sums and quotients) is kept as proposed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, islice
from typing import TYPE_CHECKING

from hazardrules.engines.base import walk
from hazardrules.engines.carriers import open_parts
from hazardrules.model import expressions as ir
from hazardrules.model.values import Interval
from hazardrules.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hazardrules.compiler.plan import CompiledRule
    from hazardrules.engines.reference import Evaluator
    from hazardrules.model.instances import Instance
    from hazardrules.model.values import Truth

MAX_SETS = 5
MAX_PROPOSED = 60
MAX_FACTOR = 24
"""So many of the smallest sets of each part are combined with those of the other parts."""
MAX_CHOICES = 15
MAX_SPARE = 4
"""So many items more than needed are looked at where some of many must hold."""

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
        self._known: dict[tuple[int, str, bool], Sets] = {}

    def settle(self, instance: Instance, name: str, *, wanted: bool) -> tuple[tuple[tuple[str, ...], ...], bool]:
        proposed = _smallest(facts for facts in self._rule(instance, name, wanted) if facts)
        trial = Trial(self.evaluator, instance, name, wanted=wanted)
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
        found = _smallest(self._reduced(facts, trial) for facts in found)
        listed = tuple(tuple(sorted(facts)) for facts in sorted(found, key=_by_size)[:MAX_SETS])
        return listed, len(found) > MAX_SETS

    @staticmethod
    def _reduced(facts: frozenset[str], trial: Trial) -> frozenset[str]:
        """A set without the facts that are not needed: each is left out in turn where the rest is seen to do."""
        for fact in sorted(facts):
            rest = facts - {fact}
            if rest and trial.works(rest) is True:
                facts = rest
        return facts

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
        key = (id(instance), rule.name, wanted)
        if key not in self._known:
            self._known[key] = self._match_anew(instance, rule, wanted)
        return self._known[key]

    def _match_anew(self, instance: Instance, rule: CompiledRule, wanted: bool) -> Sets:
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
                key = (id(instance), f"derived:{name}", wanted)
                if key not in self._known:
                    self._known[key] = self.sets(found.expr, instance, {}, wanted)
                return self._known[key]
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
        parts = [found for item in unknown if (found := self.sets(item, here, env, wanted))]
        if lacking > len(parts):
            return []
        parts.sort(key=lambda found: _by_size(found[0]))  # the items that need the fewest facts make the smallest sets
        chosen = islice(combinations(parts[: lacking + MAX_SPARE], max(lacking, 0)), MAX_CHOICES)
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
        for part in open_parts(self.plan, instance, parameter):
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
    """Without sets that contain another one; smallest first, and at most so many that a larger one is not needed."""
    by_length: dict[int, set[frozenset[str]]] = {}
    for facts in sets:
        by_length.setdefault(len(facts), set()).add(facts)
    kept: Sets = []
    for length in sorted(by_length):
        fresh = [facts for facts in by_length[length] if not any(other <= facts for other in kept)]
        kept += sorted(fresh, key=sorted)
        if len(kept) >= MAX_PROPOSED:
            break
    return kept[:MAX_PROPOSED]


def _union(parts: list[Sets]) -> Sets:
    return _smallest(facts for part in parts for facts in part)


def _product(parts: list[Sets]) -> Sets:
    combined: Sets = [frozenset()]
    for part in sorted(parts, key=len):
        combined = _smallest(a | b for a in combined[:MAX_FACTOR] for b in part[:MAX_FACTOR])
        if not combined:
            break
    return combined
