"""RulebookSource -> Compiled: every condition resolved, the dependency order found, tables checked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from hazardrules.compiler.checks import run_checks
from hazardrules.compiler.checks.table_rows import check_table
from hazardrules.compiler.graph import dependency_order, override_cycles
from hazardrules.compiler.names import Names
from hazardrules.compiler.plan import Compiled, CompiledAction, CompiledDerived, CompiledParameter, CompiledRule
from hazardrules.compiler.resolve import HOURS, Resolver
from hazardrules.compiler.scope import Scope
from hazardrules.compiler.tables import plain_conditions, row_conditions
from hazardrules.diagnostics import did_you_mean, suggest
from hazardrules.model import expressions as ir
from hazardrules.model.law import ClauseRef, Effective, NotEncoded
from hazardrules.model.rules import Rule, row_actions
from hazardrules.model.types import BOOL, INTEGER, PURE, ValueType
from hazardrules.model.units import find_unit, same_dimension

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from hazardrules.diagnostics import Collector
    from hazardrules.model.rulebook import RulebookSource
    from hazardrules.model.rules import ActionUse, DerivedFact, Pack, TableRow
    from hazardrules.source import Span

_CURRENCIES = tuple(unit for unit in (find_unit(name) for name in ("CNY", "EUR", "USD")) if unit is not None)


def compile_source(source: RulebookSource, collector: Collector) -> Compiled:
    """Compile a rulebook.

    Args:
        source: The rulebook as its files say it.
        collector: Receives every problem of names, types, units, graph and tables.

    Returns:
        The compiled rulebook; whatever had an error is left out of it, so use it only where none was reported.
    """
    return _Compiler(source, collector).run()


class _Compiler:
    def __init__(self, source: RulebookSource, collector: Collector) -> None:
        self.source, self.collector = source, collector
        self.names = Names(source, collector)
        self.resolver = Resolver(self.names, collector)
        self.resolver.derive = self._derive
        self.rules: dict[str, CompiledRule] = {}
        self.scopes: dict[str, ir.Expr | None] = {}

    def run(self) -> Compiled:
        for subject in self.source.subjects.values():
            for part in subject.parts.values():
                if part.of not in self.source.subjects:
                    hints = suggest(part.of, self.source.subjects)
                    self.collector.report(207, part.span, name=part.of, hints=hints)
        derived = self._derived_facts()
        parameters = self._parameters()
        for pack in self.source.packs.values():
            self._pack(pack)
        own = _OwnFacts(self.rules, {key: found.expr for key, found in derived.items()}, self.names.owners)
        self.rules = {
            name: replace(rule, own_facts=own.of_rule(rule)) for name, rule in sorted(self.rules.items())
        }
        order = dependency_order(self.rules, derived, self.names.owners, self.collector)
        override_cycles(self.rules, self.collector)
        run_checks(self.source, self.collector)
        return Compiled(
            self.source,
            self.rules,
            derived,
            parameters,
            self.scopes,
            order,
            self._breakpoints(derived.values(), parameters.values()),
        )

    def _breakpoints(
        self, derived: Iterable[CompiledDerived], parameters: Iterable[CompiledParameter]
    ) -> tuple[date, ...]:
        periods: list[Effective] = [rule.effective for rule in self.rules.values()]
        periods += [instrument.effective for instrument in self.source.instruments.values()]
        periods += [found.effective for found in derived if found.effective is not None]
        periods += [effective for parameter in parameters for effective, _ in parameter.values]
        return tuple(sorted({day for period in periods for day in period.breakpoints}))

    # derived facts and parameters

    def _derived_facts(self) -> dict[tuple[str, str], CompiledDerived]:
        compiled: dict[tuple[str, str], CompiledDerived] = {}
        for (on, name), derived in sorted(self.names.derived.items()):
            if on not in self.source.subjects:  # the loader has said so
                continue
            expr = self.resolver.derived(on, name, derived.span)
            if expr is None:
                continue
            compiled[on, name] = CompiledDerived(
                name,
                on,
                derived.pack,
                derived.label,
                expr,
                derived.report,
                derived.verified,
                derived.effective,
                derived.basis,
                derived.span,
            )
        return compiled

    def _derive(self, derived: DerivedFact) -> ir.Expr | None:
        scope = Scope(derived.on, derived.pack)
        expr: ir.Expr | None = None
        if derived.expression is not None:
            expr = self.resolver.resolve(derived.expression, scope)
        elif derived.table is not None:
            expr = self._table_value(derived, scope)
        if expr is None or derived.unit is None:
            return expr
        unit = find_unit(derived.unit)
        if unit is None or expr.type.name != "number":
            self.collector.report(205, derived.span, text=derived.unit)
            return None
        return self.resolver.in_unit(expr, unit)

    def _table_value(self, derived: DerivedFact, scope: Scope) -> ir.Expr | None:
        table = derived.table
        if table is None:
            return None
        plain = plain_conditions(table, self.resolver, scope)
        conditions = row_conditions(table, plain)
        check_table(table, plain, self.source, self.collector)
        rows: list[tuple[ir.Expr, ir.Expr]] = []
        kind: ValueType | None = None
        for row, condition in zip(table.rows, conditions, strict=True):
            if row.value is None:
                if not row.cells or condition is None:
                    return None
                continue  # an `else` row without a value: nothing is known there
            value = self.resolver.resolve(row.value, scope, kind)
            if value is not None and kind is not None:
                value = self.resolver.fit(value, replace(kind, integer=value.type.integer))
            if value is None or condition is None:
                return None
            integer = value.type.integer and (kind is None or kind.integer)
            kind = replace(value.type, integer=integer)
            rows.append((condition, value))
        return ir.TableValue(tuple(rows), kind, table.span) if kind is not None else None

    def _parameters(self) -> dict[str, CompiledParameter]:
        compiled: dict[str, CompiledParameter] = {}
        for name, parameter in self.names.parameters.items():
            kind: ValueType | None = None
            values = []
            for dated in parameter.values:
                value = self.resolver.resolve(dated.value, Scope("", ""), kind) if dated.value is not None else None
                if value is not None and kind is not None:
                    value = self.resolver.fit(value, replace(kind, integer=False))
                if value is None:
                    continue
                if not isinstance(value, ir.Const):
                    self.collector.report(203, dated.span, variant="not_constant")
                    continue
                kind = kind or value.type
                values.append((dated.effective, value.value))
            if kind is not None:
                compiled[name] = CompiledParameter(name, parameter.label, kind, tuple(values))
        return compiled

    # rules

    def _pack(self, pack: Pack) -> None:
        if pack.on not in self.source.subjects:  # the loader has said so
            return
        scope = self.resolver.condition(pack.applies, Scope(pack.on, pack.name)) if pack.applies is not None else None
        self.scopes[pack.name] = scope
        if pack.unread:
            self._unread(pack, scope)
        for rule in pack.rules:
            if rule.on in self.source.subjects:
                self._rule(rule, pack, scope)

    def _unread(self, pack: Pack, scope: ir.Expr | None) -> None:
        """An instrument whose text nobody read: in its scope its scale is undetermined up to the top."""
        if pack.scale is None or pack.scale not in self.source.scales:
            return
        name = f"{pack.name}.text_unread"
        top = self.source.scales[pack.scale].levels[-1].id
        basis = tuple(ref for entry in pack.not_encoded for ref in _as_refs(entry))[:1]
        rule = Rule(
            name, pack.name, pack.on, "rule", basis, (), verified=False, why_unverified=None, title=pack.label,
            text=pack.label, applies=None, when=None, unless=(), level=(pack.scale, top), actions=(), of=(),
            overrides=(), effective=pack.effective, jurisdiction=pack.jurisdiction, table=None, span=pack.span,
        )  # fmt: skip
        nobody_knows = ir.Unknown(BOOL, pack.span)
        self.rules[name] = CompiledRule(
            name, pack.name, pack.on, rule, None, None, scope, nobody_knows, (), (pack.scale, top), (),
            frozenset(), (), (), unread=True,
        )  # fmt: skip

    def _rule(self, rule: Rule, pack: Pack, pack_scope: ir.Expr | None) -> None:
        here = Scope(rule.on, rule.pack)
        scopes = [] if rule.drops_scope or rule.on != pack.on or pack_scope is None else [pack_scope]
        if rule.applies is not None:
            own = self.resolver.condition(rule.applies, here)
            if own is not None:
                scopes.append(own)
        scope = None
        if scopes:
            scope = scopes[0] if len(scopes) == 1 else ir.Junction("and", tuple(scopes), rule.span)
        unless = [
            self.resolver.condition(exemption.condition, here) if exemption.condition is not None else None
            for exemption in rule.unless
        ]
        exceptions = tuple(condition for condition in unless if condition is not None)
        whole = len(exceptions) == len(unless)
        overrides = self._targets(rule.overrides, rule)
        amends = self._targets(rule.of, rule)
        when = self.resolver.condition(rule.when, here) if rule.when is not None else None
        if rule.table is None:
            if when is not None and whole:
                actions = self._actions(rule.actions, here)
                self.rules[rule.name] = CompiledRule(
                    rule.name, rule.pack, rule.on, rule, None, None, scope, when, exceptions, rule.level, actions,
                    frozenset(), overrides, amends,
                )  # fmt: skip
            return
        plain = plain_conditions(rule.table, self.resolver, here)
        conditions = row_conditions(rule.table, plain)
        complete = check_table(rule.table, plain, self.source, self.collector)
        for row, condition in zip(rule.table.rows, conditions, strict=True):
            if condition is None or not whole or (rule.when is not None and when is None):
                continue
            whole_row = condition if when is None else ir.Junction("and", (when, condition), row.span)
            name = f"{rule.name}.{row.number}"
            actions = self._actions(row_actions(rule, row), here)
            level = row.level or rule.level
            if _says_nothing(row):
                level, actions = None, ()
            self.rules[name] = CompiledRule(
                name, rule.pack, rule.on, rule, row, rule.name, scope, whole_row, exceptions, level, actions,
                frozenset(), overrides, amends, complete=complete,
            )  # fmt: skip

    def _targets(self, written: tuple[tuple[str, Span], ...], rule: Rule) -> tuple[str, ...]:
        found: list[str] = []
        for name, span in written:
            target = self.names.rules.get(name) or self.names.rules.get(f"{rule.pack}.{name}")
            if target is None:
                self.collector.report(212, span, name=name, hints=did_you_mean(name, self.names.rules))
            elif target.on != rule.on:
                self.collector.report(212, span, variant="subject", name=target.name, on=target.on, here=rule.on)
            else:
                found.extend(target.rows or (target.name,))
        return tuple(dict.fromkeys(found))

    def _actions(self, uses: tuple[ActionUse, ...], scope: Scope) -> tuple[CompiledAction, ...]:
        compiled: list[CompiledAction] = []
        for use in uses:
            declared = self.source.actions.get(use.action)
            values: dict[str, tuple[ir.Expr | None, ir.Expr | None]] = {}
            for name, given in use.values.items():
                kind = declared.parameters.get(name) if declared else None
                low = self._parameter_value(given.low, kind, scope) if given.low is not None else None
                high = low if given.high is given.low else None
                if given.high is not None and given.high is not given.low:
                    high = self._parameter_value(given.high, kind, scope)
                values[name] = (low, high)
            compiled.append(CompiledAction(use, values))
        return tuple(compiled)

    def _parameter_value(self, expr: object, kind: str | None, scope: Scope) -> ir.Expr | None:
        found = self.resolver.resolve(cast("ir.Expr", expr), scope)  # type: ignore[arg-type]  # a syntax tree
        if found is None or kind is None:
            return None
        if kind == "money":
            if found.type.name == "number" and any(same_dimension(found.type.unit, unit) for unit in _CURRENCIES):
                return self.resolver.in_unit(found, next(u for u in _CURRENCIES if same_dimension(found.type.unit, u)))
            self.collector.report(210, found.span, variant="money")
            return None
        wanted = {"integer": INTEGER, "number": PURE, "duration": ValueType("number", HOURS)}.get(kind)
        if wanted is None:
            return None
        return self.resolver.fit(found, replace(wanted, integer=found.type.integer))


def _says_nothing(row: TableRow) -> bool:
    """A row that only closes a gap: neither level nor actions."""
    return row.level is None and not row.actions and not row.basis


def _as_refs(entry: NotEncoded) -> tuple[ClauseRef, ...]:
    return tuple(ClauseRef(entry.law, clause, None, entry.span) for clause in entry.clauses)


class _OwnFacts:
    """Which facts of the subject itself a rule reads in its condition and exceptions."""

    def __init__(
        self, rules: dict[str, CompiledRule], derived: dict[tuple[str, str], ir.Expr], owners: dict[str, tuple[str, ...]]
    ) -> None:
        self.rules, self.derived, self.owners = rules, derived, owners
        self._memo: dict[object, frozenset[str]] = {}

    def of_rule(self, rule: CompiledRule) -> frozenset[str]:
        return frozenset().union(*(self.of(expr, rule.on) for expr in (rule.when, *rule.unless)))

    def of(self, expr: ir.Expr, kind: str) -> frozenset[str]:
        found: set[str] = set()
        for item in ir.walk(expr):
            match item:
                case ir.FactRef(base=base, name=name) | ir.Quantified(base=base, part=name):
                    found |= _from(base, {name})
                case ir.DerivedRef(base=base, kind=on, name=name):
                    kinds = self.owners.get(kind, ()) if base == ir.Owner(ir.Self()) else (on,)
                    for each in kinds:
                        found |= _from(base, self._behind((each, name), self.derived.get((each, name)), each))
                case ir.RuleRef(base=base, kind=on, name=name) if name in self.rules:
                    found |= _from(base, self._of_named(name, on))
                case ir.Total(parameter=parameter):
                    for name, rule in self.rules.items():
                        if rule.on == kind and any(parameter in action.values for action in rule.actions):
                            found |= self._of_named(name, kind)
        return frozenset(found)

    def _of_named(self, name: str, kind: str) -> set[str]:
        rule = self.rules[name]
        return {fact for number, inner in enumerate((rule.when, *rule.unless)) for fact in self._behind((name, number), inner, kind)}

    def _behind(self, key: object, expr: ir.Expr | None, kind: str) -> frozenset[str]:
        if expr is None:
            return frozenset()
        if key not in self._memo:
            self._memo[key] = frozenset()  # a cycle ends here; it is reported elsewhere
            self._memo[key] = self.of(expr, kind)
        return self._memo[key]


def _from(base: ir.Base, names: Iterable[str]) -> set[str]:
    """Facts of what a base stands for, as the subject sees them: of a single part the part, of the owner `owner.…`."""
    match base:
        case ir.Self():
            return set(names)
        case ir.OnePart(of=inner, part=part):
            return _from(inner, (part,))
        case ir.Owner(of=ir.Self()):
            return {f"owner.{name}" for name in names}
        case ir.Owner(of=inner):
            return _from(inner, ())
        case _:
            return set()
