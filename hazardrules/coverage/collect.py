"""Runs over cases and keeps what each of them exercises."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hazardrules.coverage.inventory import Inventory, days_of
from hazardrules.coverage.observer import Observer
from hazardrules.coverage.spoken import Listener
from hazardrules.engines.base import walk
from hazardrules.errors import FactsError
from hazardrules.intake import Case
from hazardrules.model import expressions as ir

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from hazardrules.api import Rulebook
    from hazardrules.classify import Inquiry
    from hazardrules.compiler.plan import CompiledRule
    from hazardrules.coverage.inventory import Key
    from hazardrules.coverage.spoken import Spoken
    from hazardrules.model.instances import Instance
    from hazardrules.testing.case_files import WrittenCase

Seen = dict["Key", dict[str, str]]


class Collector:
    """Collects what cases exercise.

    Attributes:
        seen: Place in the rulebook -> observation -> the case (`file:line`) that made it first.
    """

    def __init__(self, book: Rulebook, inventory: Inventory | None = None) -> None:
        """Begin with nothing seen."""
        self.book, self.compiled = book, book.compiled
        self.inventory = inventory or Inventory(book.compiled)
        self.listener = Listener(book.compiled)
        self.seen: Seen = {}
        self.watch: Callable[[Inquiry, Spoken], None] | None = None
        """Is told of every case that is added."""
        self._parameters = _Readers(self.inventory)

    def add(self, case: WrittenCase) -> None:
        """Add a case that passes."""
        try:
            inquiry = self.book.inquire(submitted(self.book, case), packs=case.packs)
        except FactsError:
            return
        spoken = self.listener.hear(case)
        if self.watch is not None:
            self.watch(inquiry, spoken)
        self.observe(case, inquiry, spoken)

    def observe(self, case: WrittenCase, inquiry: Inquiry, spoken: Spoken) -> None:
        """Add what a judged case exercises, by what it speaks of."""
        plan, day = inquiry.plan, inquiry.as_of
        observer = Observer(plan, inquiry.root, day, self.inventory, self.seen, case.place)
        instances = list(walk(inquiry.root))
        by_kind: dict[str, list[Instance]] = {}
        for instance in instances:
            by_kind.setdefault(instance.kind, []).append(instance)
        for name, states in spoken.named.items():
            rule = self.compiled.rules[name]
            for instance in by_kind.get(rule.on, ()):
                self.named(observer, instance, rule, states, table=name in spoken.tables)
        if spoken.lists or spoken.levels or spoken.actions or spoken.stated:
            self._unnamed(observer, inquiry, spoken)
        observer.strict = True
        for name in spoken.derived:
            observer.derived_fact(inquiry.root, name)
            self._days_of_home(observer, f"derived {inquiry.root.kind}.{name}", day)

    # rules

    def named(self, observer: Observer, instance: Instance, rule: CompiledRule, states: set[str], *, table: bool) -> None:
        """Observe a rule that a case names in some states; `table` where it only names the table of the rule."""
        plan, day = observer.plan, observer.as_of
        observer.strict = True
        if rule.name not in plan.rules:
            self._not_in_force(observer, instance, rule, states)
            return
        truth = observer.truth(instance, rule.name)
        if table and not states & {"fails", {True: "holds", False: "fails", None: "undetermined"}[truth]}:
            return  # the case names the table for the sake of another row
        observer.rule(instance, rule, states)
        self._first_and_last_day(observer, instance, rule, day)

    def _unnamed(self, observer: Observer, inquiry: Inquiry, spoken: Spoken) -> None:
        """Rules that the case does not name, but whose findings, levels or actions it would show."""
        plan = inquiry.plan
        looked_at = inquiry.packs
        observer.strict = False
        for verdict in inquiry.verdicts:
            instance = verdict.instance
            submitted_facts = set(instance.facts) | {name for name, parts in instance.parts.items() if parts is not None}
            holds, open_ = set(verdict.holds), set(verdict.undetermined)
            for name in plan.by_kind.get(instance.kind, ()):
                rule = plan.rules[name]
                if looked_at is not None and rule.pack not in looked_at:
                    continue
                if name in holds:
                    self._outcomes(rule, spoken, observer, inquiry)
                if name in spoken.named or rule.own_facts.isdisjoint(submitted_facts):
                    continue
                if spoken.lists and name not in open_ and not _silent(rule):
                    observer.rule(instance, rule, {"listed"})
                    self._first_and_last_day(observer, instance, rule, inquiry.as_of)

    def _outcomes(self, rule: CompiledRule, spoken: Spoken, observer: Observer, inquiry: Inquiry) -> None:
        """The level and the actions of a rule that holds, where the case states them."""
        key = (f"rule {rule.name}", "", ())
        stated = spoken.stated.get(rule.name, set())
        for what in stated:
            if what != "level" or rule.level is not None:
                observer.note_seen(key, what)
        if rule.level is not None and self._settles_level(rule, spoken, inquiry):
            observer.note_seen(key, "level")
        expected = {action for action, by in spoken.actions if by is None or by in (rule.name, rule.rule.name)}
        for use in rule.actions:
            if use.use.action in expected:
                observer.note_seen(key, f"action_{use.use.action}")
        for target in rule.amends:  # what a finding is said to ask for is what the rules that amend it give
            for what in spoken.stated.get(target, ()):
                if what != "level" and any(what == f"action_{use.use.action}" for use in rule.actions):
                    observer.note_seen(key, what)

    def _settles_level(self, rule: CompiledRule, spoken: Spoken, inquiry: Inquiry) -> bool:
        """Whether a level that the case states is that of this rule, and of no other that holds."""
        scale, level = rule.level or ("", "")
        if level not in spoken.levels.get(scale, ()):
            return False
        others = (
            inquiry.plan.rules[name]
            for verdict in inquiry.verdicts
            for name in verdict.holds
            if name != rule.name and (inquiry.packs is None or inquiry.plan.rules[name].pack in inquiry.packs)
        )
        step = self.compiled.source.scales[scale].step
        return all(other.level is None or other.level[0] != scale or step(other.level[1]) < step(level) for other in others)

    # dates

    def _first_and_last_day(self, observer: Observer, instance: Instance, rule: CompiledRule, day: date) -> None:
        if observer.matches(instance, rule.name) is True:
            self._days_of_home(observer, self.inventory.dated_by(rule), day, rule)
        elif rule.effective.in_force_by == day + timedelta(days=1) and observer.would_match(instance, rule) is True:
            observer.note_seen((self.inventory.dated_by(rule), f"from.{rule.effective.in_force_by}", ()), "day_before")
        for home in self._parameters.homes(rule):
            self._days_of_home(observer, home, day)

    def _not_in_force(self, observer: Observer, instance: Instance, rule: CompiledRule, states: set[str]) -> None:
        """The day before the first, and the day after the last: the rule would match, and is not law."""
        if rule.name not in observer.plan.dormant or not states & {"not_in_force", "fails"}:
            return
        as_if = Observer(observer.plan, observer.root, observer.as_of, self.inventory, {}, observer.place)
        as_if.as_if_in_force = True
        if as_if.would_match(instance, rule) is True:
            home = self.inventory.dated_by(rule)
            for part, edge in days_of(rule.effective):
                if part.startswith("from") and observer.as_of == edge - timedelta(days=1):
                    observer.note_seen((home, part, ()), "day_before")
                if part.startswith("until") and observer.as_of == edge:
                    observer.note_seen((home, part, ()), "day_after")

    def _days_of_home(self, observer: Observer, home: str, day: date, rule: CompiledRule | None = None) -> None:
        if rule is not None:
            for part, edge in days_of(rule.effective):
                if day == edge and part.startswith("from"):
                    observer.note_seen((home, part, ()), "first_day")
                elif part.startswith("until") and day == edge - timedelta(days=1):
                    observer.note_seen((home, part, ()), "last_day")
            return
        for part, edge in self.inventory.edges.get(home, ()):
            starts = part.startswith("from")
            if day == edge:
                observer.note_seen((home, part, ()), "first_day" if starts else "day_after")
            elif day == edge - timedelta(days=1):
                observer.note_seen((home, part, ()), "day_before" if starts else "last_day")


class _Readers:
    """Which parameters and dated derived facts a rule reads, through other derived facts and rules too."""

    def __init__(self, inventory: Inventory) -> None:
        self.compiled, self.inventory = inventory.compiled, inventory
        self._known: dict[str, frozenset[str]] = {}

    def homes(self, rule: CompiledRule) -> frozenset[str]:
        if rule.name not in self._known:
            self._known[rule.name] = frozenset()
            exprs = [rule.when, *rule.unless, *([rule.scope] if rule.scope is not None else [])]
            self._known[rule.name] = frozenset().union(*(self._of(expr) for expr in exprs))
        return self._known[rule.name]

    def _of(self, expr: ir.Expr) -> frozenset[str]:
        found: set[str] = set()
        for item in ir.walk(expr):
            match item:
                case ir.ParameterRef(name=name):
                    found.add(f"parameter {name}")
                case ir.DerivedRef(kind=kind, name=name) if (derived := self.compiled.derived.get((kind, name))) is not None:
                    home = f"derived {kind}.{name}"
                    if home not in self._known:
                        self._known[home] = frozenset()
                        self._known[home] = self._of(derived.expr)
                    found |= self._known[home]
                    found |= {home} if home in self.inventory.edges else set()
                case ir.RuleRef(name=name) if name in self.compiled.rules:
                    found |= self.homes(self.compiled.rules[name])
        return frozenset(found)


def submitted(book: Rulebook, case: WrittenCase) -> Case:
    """A written case as it is submitted."""
    kind = book.intake.find_subject(case.subject)
    return Case(kind, case.data, case.as_of, case.jurisdiction, case.complete, case.name, case.place)


def _silent(rule: CompiledRule) -> bool:
    return rule.row is not None and rule.level is None and not rule.actions
