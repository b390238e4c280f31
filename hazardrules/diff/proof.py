"""Whether two conditions mean the same: by normal form, else proved by the solver, else with facts that tell them apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from hazardrules.coverage.reach import Reach, conditions_of
from hazardrules.diff.forms import Forms
from hazardrules.diff.model import Verdict
from hazardrules.model import expressions as ir
from hazardrules.model.law import ancestry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hazardrules.compiler.plan import Compiled, CompiledRule, Plan
    from hazardrules.diff.vocabulary import Vocabulary

END = date(2200, 1, 1)
"""The end of a stretch of days that has none."""
SAME = Verdict("same")


@dataclass(frozen=True, slots=True)
class Book:
    """One of the two rulebooks, with what is asked of it again and again."""

    compiled: Compiled
    reach: Reach
    forms: Forms


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days in a place on which both rules are law, and nothing behind them changes: the law of both rulebooks."""

    old: Plan
    new: Plan
    start: date
    until: date
    place: str | None


class Court:
    """Asks about pairs of rules."""

    def __init__(self, old: Compiled, new: Compiled, vocabulary: Vocabulary, *, solver: bool) -> None:
        """Bind to two rulebooks; without the solver normal forms decide."""
        self.vocabulary, self.solver = vocabulary, solver
        self.old = Book(old, Reach(old), Forms(old))
        self.new = Book(new, Reach(new), Forms(new, vocabulary.renamed))
        self.asked = 0
        self._forms: dict[tuple[int, date], Forms] = {}

    def forms(self, plan: Plan, day: date) -> Forms:
        """The normal forms of the law of a day."""
        key = (id(plan), day)
        if key not in self._forms:
            renamed = self.vocabulary.renamed if plan.compiled is self.new.compiled else None
            self._forms[key] = Forms(plan.compiled, renamed, plan, day)
        return self._forms[key]

    def verdict(self, old: CompiledRule, new: CompiledRule) -> Verdict:
        """Whether a rule matches for the same facts as before, on every day on which both are law."""
        if old.on != new.on:
            return Verdict("differs")
        if self.old.forms.rule(old.name) == self.new.forms.rule(new.name):
            return SAME
        if self._conflicts(new):
            return Verdict("unsure", "types")
        stretches = list(self._stretches(old, new))
        if not stretches:
            return Verdict("unsure", "apart")
        open_ = [
            found
            for found in stretches
            if self.forms(found.old, found.start).rule(old.name) != self.forms(found.new, found.start).rule(new.name)
        ]
        if not open_:
            return SAME
        self.asked += 1
        if not self.solver:
            return Verdict("unsure", "no_solver")
        from hazardrules.diff.solver import Duel  # noqa: PLC0415 - the solver is an extra

        duel = Duel(self, old, new)
        worst = Verdict("proven")
        for stretch in reversed(open_):
            found = duel.verdict(stretch)
            if found.status == "differs":
                return found
            if found.status == "unsure":
                worst = found
        return worst

    def same_amount(self, old: CompiledRule, new: CompiledRule, before: ir.Expr, after: ir.Expr) -> bool:
        """Whether two amounts of a rule are the same for all facts for which it matches; without the solver nobody can say."""
        if not self.solver or before.type.unit.dimension != after.type.unit.dimension or old.on != new.on:
            return False
        if before.type.unit.factor != after.type.unit.factor or self._conflicts(new):
            return False
        from hazardrules.diff.solver import Duel  # noqa: PLC0415 - the solver is an extra

        stretches = list(self._stretches(old, new, (before, after)))
        duel = Duel(self, old, new, (before, after))
        return bool(stretches) and all(duel.same_values(stretch, before, after) for stretch in stretches)

    def same_derived(self, kind: str, name: str) -> bool:
        """Whether a derived fact of both rulebooks has the same value for all facts; without the solver nobody can say."""
        items = self.derived_items(kind, name)
        if not self.solver or self._are_other(items):
            return False
        from hazardrules.diff.solver import same_derived  # noqa: PLC0415 - the solver is an extra

        books = (self.old, self.new)
        before, after = (book.compiled.derived[kind, name] for book in books)
        if before.expr.type.name != after.expr.type.name or before.expr.type.unit != after.expr.type.unit:
            return False
        dated = [found.effective for found in (before, after) if found.effective is not None]
        days = {day for effective in dated for day in effective.breakpoints}
        days |= {
            day
            for book in books
            for day in book.reach.days_of(book.reach.items_of([book.compiled.derived[kind, name].expr]), None)
        }
        stretches = [
            Stretch(self.old.compiled.in_force(start), self.new.compiled.in_force(start), start, until, None)
            for start, until in zip(sorted(days), [*sorted(days)[1:], END], strict=True)
        ]
        return same_derived(self, kind, name, stretches)

    def derived_items(self, kind: str, name: str) -> tuple[ir.Expr, ...]:
        """Every expression behind a derived fact of both rulebooks."""
        books = (self.old, self.new)
        return tuple(item for book in books for item in book.reach.items_of([book.compiled.derived[kind, name].expr]))

    def _conflicts(self, rule: CompiledRule) -> bool:
        """Whether a rule reads a fact or part that was something else before."""
        return self._are_other(self.new.reach.items_of(conditions_of(rule)))

    def _are_other(self, items: Iterable[ir.Expr]) -> bool:
        if not self.vocabulary.conflicts:
            return False
        for item in items:
            name = item.name if isinstance(item, ir.FactRef) else item.part if isinstance(item, ir.Quantified) else ""
            if name and (getattr(item, "kind", ""), name) in self.vocabulary.conflicts:
                return True
        return False

    def items(self, old: CompiledRule, new: CompiledRule, beside: tuple[ir.Expr, ir.Expr] | None = None) -> tuple[ir.Expr, ...]:
        """Every expression behind either rule, and behind further ones of theirs."""
        before, after = ([one] for one in beside) if beside is not None else ([], [])
        return (
            *self.old.reach.items_of([*conditions_of(old), *before]),
            *self.new.reach.items_of([*conditions_of(new), *after]),
        )

    def _stretches(
        self, old: CompiledRule, new: CompiledRule, beside: tuple[ir.Expr, ir.Expr] | None = None
    ) -> Iterator[Stretch]:
        """The earliest first; `beside` are further expressions of the rules that are asked about."""
        before, after = ([one] for one in beside) if beside is not None else ([], [])
        old_items = self.old.reach.items_of([*conditions_of(old), *before])
        new_items = self.new.reach.items_of([*conditions_of(new), *after])
        days = sorted({*self.old.reach.days_of(old_items, old.effective), *self.new.reach.days_of(new_items, new.effective)})
        untils = [rule.effective.until for rule in (old, new) if rule.effective.until is not None]
        last = min([*untils, END])
        for place in self._places(old, new, (*old_items, *new_items)):
            for start, until in zip(days, [*days[1:], last], strict=True):
                if start < last and old.effective.is_in_force(start) is True and new.effective.is_in_force(start) is True:
                    plans = (self._plan(self.old, start, place, old), self._plan(self.new, start, place, new))
                    yield Stretch(*plans, start, min(until, last), place)

    def _plan(self, book: Book, day: date, place: str | None, rule: CompiledRule) -> Plan:
        return book.compiled.in_force(day, place or rule.rule.jurisdiction)

    def _places(self, old: CompiledRule, new: CompiledRule, items: tuple[ir.Expr, ...]) -> list[str | None]:
        """The places of the rules themselves, and those of rules that they ask about and that are law there alone."""
        found: dict[str | None, None] = {None: None}
        for item in items:
            for book in (self.old, self.new):
                rule = book.compiled.rules.get(item.name) if isinstance(item, ir.RuleRef) else None
                if rule is not None and rule.rule.jurisdiction not in (old.rule.jurisdiction, new.rule.jurisdiction):
                    found[rule.rule.jurisdiction] = None
        known = self.old.compiled.source.jurisdictions.keys() & self.new.compiled.source.jurisdictions.keys()
        return [
            place
            for place in found
            if place is None
            or (place in known and all(self._is_law_in(book, rule, place) for book, rule in ((self.old, old), (self.new, new))))
        ]

    def _is_law_in(self, book: Book, rule: CompiledRule, place: str) -> bool:
        return rule.rule.jurisdiction in ancestry(book.compiled.source.jurisdictions, place)


def with_vocabulary(plan: Plan, vocabulary: Vocabulary) -> Plan:
    """The law of a day over the facts of both rulebooks."""
    source: Any = replace(plan.compiled.source, subjects=vocabulary.subjects)
    return replace(plan, compiled=replace(plan.compiled, source=source))
