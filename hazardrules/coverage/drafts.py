"""A case that is being looked for: facts, a day and a place; and what it would exercise."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hazardrules.coverage.observer import Observer
from hazardrules.engines.base import walk
from hazardrules.intake.instance import copy_of
from hazardrules.model import expressions as ir

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hazardrules.compiler.plan import CompiledRule
    from hazardrules.coverage.collect import Collector, Seen
    from hazardrules.model.instances import Instance

_NICE = (1, 2, 5, 10, 20, 50, 100, 1000, 0)
_DAYS = (0, -1, -10, -30, -100, -366, -1000, -4000, 1, 10, 30, 100, 366, 1000, 4000)


@dataclass(frozen=True, slots=True)
class Draft:
    """Facts, a day and a place."""

    root: Instance
    as_of: date
    place: str | None

    def copy(self) -> Draft:
        """One that can be changed."""
        return Draft(copy_of(self.root), self.as_of, self.place)

    def facts(self) -> list[tuple[Instance, str]]:
        """Where its facts are."""
        return [(instance, name) for instance in walk(self.root) for name in instance.facts]

    @property
    def size(self) -> int:
        """How many facts it states."""
        return len(self.facts())


class Judge:
    """Says what drafts exercise."""

    def __init__(self, collector: Collector) -> None:
        """Observe as a collector does, without keeping anything."""
        self.collector, self.compiled = collector, collector.compiled

    def observe(self, draft: Draft, rule: CompiledRule, focus: frozenset[int] | None = None) -> Seen:
        """What a draft exercises if it names a rule in the state in which it is; of its conditions only those in focus."""
        seen: Seen = {}
        plan = self.compiled.in_force(draft.as_of, draft.place)
        observer = Observer(plan, draft.root, draft.as_of, self.collector.inventory, seen, "")
        observer.focus = focus
        for instance in walk(draft.root):
            if instance.kind == rule.on:
                states = {self.state(observer, instance, rule)}
                self.collector.named(observer, instance, rule, states, table=False)
        return seen

    def derived(self, draft: Draft, name: str) -> Seen:
        """What a draft exercises if it states a derived fact."""
        seen: Seen = {}
        plan = self.compiled.in_force(draft.as_of, draft.place)
        observer = Observer(plan, draft.root, draft.as_of, self.collector.inventory, seen, "")
        observer.derived_fact(draft.root, name)
        return seen

    def state(self, observer: Observer, instance: Instance, rule: CompiledRule) -> str:
        """The state in which a case would name a rule."""
        plan = observer.plan
        if rule.name not in plan.rules:
            return "not_in_force"
        truth = observer.truth(instance, rule.name)
        if truth is False and observer.matches(instance, rule.name) is True:
            return "displaced"
        return {True: "holds", False: "fails", None: "undetermined"}[truth]

    def states(self, draft: Draft, rule: CompiledRule) -> set[str]:
        """The states of a rule for all subjects of a draft."""
        plan = self.compiled.in_force(draft.as_of, draft.place)
        observer = Observer(plan, draft.root, draft.as_of, self.collector.inventory, {}, "")
        return {self.state(observer, instance, rule) for instance in walk(draft.root) if instance.kind == rule.on}


def reduced(draft: Draft, good: Callable[[Draft], bool]) -> Draft:
    """A draft of which no fact and no part can be left out, with numbers and days that are easy to read.

    Args:
        draft: A good draft.
        good: Whether a draft still shows what it is for.
    """
    draft = draft.copy()
    if draft.place is not None and good(Draft(draft.root, draft.as_of, None)):
        draft = Draft(draft.root, draft.as_of, None)
    for instance in list(walk(draft.root)):
        for name in list(instance.parts):
            kept = instance.parts.pop(name)
            if not good(draft):
                instance.parts[name] = kept
                if kept:
                    instance.parts[name] = []
                    if not good(draft):
                        instance.parts[name] = kept
                        _fewer(draft, instance, name, good)
    for instance in walk(draft.root):
        for name in sorted(instance.facts):
            value = instance.facts.pop(name)
            if not good(draft):
                instance.facts[name] = value
    for instance in walk(draft.root):
        for name, value in list(instance.facts.items()):
            _nicer(draft, instance, name, value, good)
    return draft


def _fewer(draft: Draft, instance: Instance, name: str, good: Callable[[Draft], bool]) -> None:
    parts = instance.parts[name] or []
    for part in list(parts[1:]):
        rest = [item for item in instance.parts[name] or [] if item is not part]
        before = instance.parts[name]
        instance.parts[name] = rest
        if not good(draft):
            instance.parts[name] = before


def _nicer(draft: Draft, instance: Instance, name: str, value: Any, good: Callable[[Draft], bool]) -> None:
    """Replace a value by the first of some easy ones that shows the same."""
    choices: Iterable[Any] = ()
    if isinstance(value, bool | str):
        return
    if isinstance(value, date):
        choices = _days(draft.as_of, value)
    elif isinstance(value, (int, Fraction)):
        simple = value.denominator == 1 and 0 < value <= max(_NICE)
        choices = () if simple else (*_NICE, value // 1, value // 1 + 1)
    elif isinstance(value, frozenset) and len(value) > 1:
        choices = (value - {option} for option in sorted(value))
    for choice in choices:
        instance.facts[name] = choice
        if good(draft):
            return
        instance.facts[name] = value


def _days(as_of: date, value: date) -> Iterator[date]:
    for days in _DAYS:
        near = as_of + timedelta(days=days)
        yield value.replace(year=near.year, month=near.month, day=near.day) if hasattr(value, "hour") else near


class Readers:
    """Which rules can show an obligation: those that a place belongs to, and those that read a derived fact."""

    def __init__(self, collector: Collector) -> None:
        """Index a rulebook."""
        self.compiled = collector.compiled
        self.inventory = collector.inventory
        self._rules: dict[str, list[str]] = {}
        self._reading: dict[str, set[str]] = {}
        for name, rule in self.compiled.rules.items():
            for home in self._homes(rule):
                self._rules.setdefault(home, []).append(name)
        for key, derived in self.compiled.derived.items():
            for item in ir.walk(derived.expr):
                if isinstance(item, ir.DerivedRef):
                    self._reading.setdefault(f"derived {item.kind}.{item.name}", set()).add(f"derived {key[0]}.{key[1]}")
                elif isinstance(item, ir.ParameterRef):
                    self._reading.setdefault(f"parameter {item.name}", set()).add(f"derived {key[0]}.{key[1]}")
        self._weight = Counter({name: sum(1 for _ in ir.walk(rule.when)) for name, rule in self.compiled.rules.items()})

    def _homes(self, rule: CompiledRule) -> set[str]:
        homes = {f"rule {rule.name}", self.inventory.dated_by(rule)}
        if rule.table is not None:
            homes.add(f"table {rule.table}")
        for _, expr in self.inventory.rule_roots(rule):
            for item in ir.walk(expr):
                root = self.inventory.roots.get(id(item))
                if root is not None:
                    homes.add(root.home)
                if isinstance(item, ir.DerivedRef):
                    homes.add(f"derived {item.kind}.{item.name}")
                elif isinstance(item, ir.ParameterRef):
                    homes.add(f"parameter {item.name}")
        return homes

    def of(self, home: str, pack: str) -> list[CompiledRule]:
        """The rules that can show what belongs to a home, the simplest of its own pack first."""
        homes, pending = {home}, [home]
        while pending:
            for other in self._reading.get(pending.pop(), ()):
                if other not in homes:
                    homes.add(other)
                    pending.append(other)
        own = home.partition(" ")[2]
        names = {name for each in homes for name in self._rules.get(each, ())}
        order = sorted(names, key=lambda name: (name != own, self.compiled.rules[name].pack != pack, self._weight[name], name))
        return [self.compiled.rules[name] for name in order]
