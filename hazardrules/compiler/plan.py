"""What engines run: the compiled rulebook, and its cut to one day and place."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hazardrules.model.law import ancestry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from hazardrules.model import expressions as ir
    from hazardrules.model.law import ClauseRef, Effective, Localized
    from hazardrules.model.rulebook import RulebookSource
    from hazardrules.model.rules import ActionUse, Rule, TableRow
    from hazardrules.model.types import ValueType
    from hazardrules.model.values import Truth
    from hazardrules.source import Span


@dataclass(frozen=True, slots=True)
class CompiledAction:
    """A required action of a rule with its computed parameters: the low and the high end of each."""

    use: ActionUse
    values: dict[str, tuple[ir.Expr | None, ir.Expr | None]]


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule, or one row of a decision table, ready to be judged.

    Attributes:
        name: Its full name; a row is `table.n`.
        table: The name of the table it is a row of.
        scope: The scope of its pack and its own, or None where it has none.
        when: Its condition.
        unless: Its exceptions, in the order of `rule.unless`.
        own_facts: Facts of the subject itself that its condition and exceptions read, through derived facts too.
        overrides: The rules it displaces, rows of tables one by one.
        amends: The rules whose actions it changes.
        unread: It stands for an instrument whose text nobody read.
        complete: It is a row of a table in which exactly one row holds, whatever the facts.
    """

    name: str
    pack: str
    on: str
    rule: Rule
    row: TableRow | None
    table: str | None
    scope: ir.Expr | None
    when: ir.Expr
    unless: tuple[ir.Expr, ...]
    level: tuple[str, str] | None
    actions: tuple[CompiledAction, ...]
    own_facts: frozenset[str]
    overrides: tuple[str, ...]
    amends: tuple[str, ...]
    unread: bool = False
    complete: bool = False

    @property
    def basis(self) -> tuple[ClauseRef, ...]:
        """Its legal basis; a row's own clauses come first."""
        return self.row.basis or self.rule.basis if self.row is not None else self.rule.basis

    @property
    def effective(self) -> Effective:
        """When it is in force."""
        return self.rule.effective

    @property
    def text(self) -> Localized:
        """What it says; a row's own text where it has one."""
        return self.row.text or self.rule.text if self.row is not None else self.rule.text

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.row.span if self.row is not None else self.rule.span


@dataclass(frozen=True, slots=True)
class CompiledDerived:
    """A derived fact with its resolved expression."""

    name: str
    on: str
    pack: str
    label: Localized
    expr: ir.Expr
    report: bool
    verified: bool
    effective: Effective | None
    basis: tuple[ClauseRef, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class CompiledParameter:
    """A dated value of the law."""

    name: str
    label: Localized
    type: ValueType
    values: tuple[tuple[Effective, object], ...]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rulebook with every name resolved, for all days and places.

    Attributes:
        order: Names of all members in dependency order: (subject, derived fact) and (subject, rule).
        breakpoints: The days on which the law changes, sorted.
    """

    source: RulebookSource
    rules: dict[str, CompiledRule]
    derived: dict[tuple[str, str], CompiledDerived]
    parameters: dict[str, CompiledParameter]
    scopes: dict[str, ir.Expr | None]
    order: tuple[tuple[str, str, str], ...]
    breakpoints: tuple[date, ...]
    _plans: dict[tuple[int, tuple[str, ...]], Plan] = field(default_factory=dict, compare=False, repr=False)

    def working_day(self, day: date) -> bool | None:
        """Whether a day is a working day; None where the rulebook's calendar does not cover its year."""
        table = self.source.tables.get(self.source.calendar) if self.source.calendar else None
        if table is None:
            return None
        row = table.rows.get((day.isoformat()[:10],))
        if row is not None:
            return bool(row[0])
        covered = any(key[0].startswith(f"{day.year}-") for key in table.rows)
        return day.weekday() < 5 if covered else None  # noqa: PLR2004 - Saturday is day 5

    def in_force(self, as_of: date, jurisdiction: str | None = None) -> Plan:
        """The law of one day and place; the same plan serves every day of its period."""
        place = jurisdiction or self.source.root
        chain = ancestry(self.source.jurisdictions, place)
        key = (bisect_right(self.breakpoints, as_of), chain)
        found = self._plans.get(key)
        if found is None:
            found = self._plans.setdefault(key, cut(self, as_of, chain))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The rules in force on one day and in one place.

    Attributes:
        rules: The rules in force, or perhaps in force, by name.
        force: Rules of which nobody knows whether they were in force yet.
        dormant: Rules of this place that are not in force: not yet, or no longer.
        elsewhere: Rules of narrower places than the one asked for, or of other places.
        parameters: Values of the day; absent where none is in force.
        overriders: For a rule, the rules in force that displace it.
        amenders: For a rule, the rules in force that change its actions.
        by_kind: For a subject, the names of the rules on it.
    """

    compiled: Compiled
    places: tuple[str, ...]
    rules: dict[str, CompiledRule]
    force: frozenset[str]
    dormant: dict[str, CompiledRule]
    elsewhere: tuple[str, ...]
    parameters: Mapping[str, object]
    tables: frozenset[str]
    overriders: dict[str, tuple[str, ...]]
    amenders: dict[str, tuple[str, ...]]
    by_kind: dict[str, tuple[str, ...]]
    engine_state: dict[str, object] = field(default_factory=dict, repr=False)


def cut(compiled: Compiled, as_of: date, places: tuple[str, ...]) -> Plan:
    """Cut a rulebook to one day and place."""
    rules: dict[str, CompiledRule] = {}
    dormant: dict[str, CompiledRule] = {}
    perhaps: set[str] = set()
    elsewhere: list[str] = []
    for name, rule in compiled.rules.items():
        if rule.rule.jurisdiction not in places:
            elsewhere.append(name)
            continue
        state: Truth = rule.effective.is_in_force(as_of)
        if state is False:
            dormant[name] = rule
            continue
        rules[name] = rule
        if state is None:
            perhaps.add(name)
    parameters = {
        name: value
        for name, parameter in compiled.parameters.items()
        for effective, value in parameter.values
        if effective.is_in_force(as_of) is True
    }
    instruments = compiled.source.instruments
    tables = frozenset(
        name
        for name, table in compiled.source.tables.items()
        if all(ref.law not in instruments or instruments[ref.law].effective.is_in_force(as_of) is True for ref in table.basis)
    )
    overriders: dict[str, list[str]] = {}
    amenders: dict[str, list[str]] = {}
    by_kind: dict[str, list[str]] = {}
    for name, rule in rules.items():
        by_kind.setdefault(rule.on, []).append(name)
        for target in rule.overrides:
            if target in rules:
                overriders.setdefault(target, []).append(name)
        for target in rule.amends:
            if target in rules:
                amenders.setdefault(target, []).append(name)
    return Plan(
        compiled,
        places,
        rules,
        frozenset(perhaps),
        dormant,
        tuple(elsewhere),
        parameters,
        tables,
        {name: tuple(found) for name, found in overriders.items()},
        {name: tuple(found) for name, found in amenders.items()},
        {kind: tuple(found) for kind, found in by_kind.items()},
    )
