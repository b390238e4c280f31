"""What stands behind a rule: the expressions it reads through derived facts and other rules, and the days they change."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from hazardrules.model import expressions as ir

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hazardrules.compiler.plan import Compiled, CompiledRule
    from hazardrules.model.law import Effective

Leaf = tuple[str, str]
"""A kind of subject and one of its facts."""
LONG_AGO = date(1949, 10, 1)


class Reach:
    """Follows references; what was followed once is remembered."""

    def __init__(self, compiled: Compiled) -> None:
        """Bind to a rulebook."""
        self.compiled = compiled
        self.overriders: dict[str, list[CompiledRule]] = {}
        for rule in compiled.rules.values():
            for target in rule.overrides:
                self.overriders.setdefault(target, []).append(rule)
        self._leaves: dict[object, frozenset[Leaf]] = {}
        self._items: dict[str, tuple[ir.Expr, ...]] = {}
        self._ways: dict[tuple[int, int], list[tuple[ir.Expr, ...]]] = {}

    def behind(self, item: ir.Expr) -> list[ir.Expr]:
        """The expressions that a reference stands for."""
        if isinstance(item, ir.DerivedRef):
            found = self.compiled.derived.get((item.kind, item.name))
            return [found.expr] if found is not None else []
        if isinstance(item, ir.RuleRef) and item.name in self.compiled.rules:
            return conditions_of(self.compiled.rules[item.name])
        return []

    def leaves(self, exprs: Iterable[ir.Expr]) -> frozenset[Leaf]:
        """The facts behind expressions."""
        found: set[Leaf] = set()
        for expr in exprs:
            for item in ir.walk(expr):
                if isinstance(item, ir.FactRef):
                    found.add((item.kind, item.name))
                    continue
                inner = self.behind(item)
                if inner:
                    key = tuple(map(id, inner))
                    if key not in self._leaves:
                        self._leaves[key] = frozenset()
                        self._leaves[key] = self.leaves(inner)
                    found |= self._leaves[key]
        return frozenset(found)

    def items(self, rule: CompiledRule) -> tuple[ir.Expr, ...]:
        """Every expression that a rule and the rules that override it read; each derived fact and rule once."""
        if rule.name not in self._items:
            pending = conditions_of(rule)
            for other in self.overriders.get(rule.name, ()):
                pending += conditions_of(other)
            self._items[rule.name] = self.items_of(pending)
        return self._items[rule.name]

    def items_of(self, exprs: Iterable[ir.Expr]) -> tuple[ir.Expr, ...]:
        """Every expression behind some; each derived fact and rule once."""
        found: list[ir.Expr] = []
        seen: set[int] = set()
        pending = list(exprs)
        while pending:
            expr = pending.pop()
            if id(expr) in seen:
                continue
            seen.add(id(expr))
            for item in ir.walk(expr):
                found.append(item)
                pending += self.behind(item)
        return tuple(found)

    def chains(self, rule: CompiledRule, target: ir.Expr) -> list[tuple[ir.Expr, ...]]:
        """Every way from a rule to an expression: the references on the way, and the expression."""
        return [way for expr in conditions_of(rule) for way in self._chains(expr, target)]

    def _chains(self, expr: ir.Expr, target: ir.Expr) -> list[tuple[ir.Expr, ...]]:
        key = (id(expr), id(target))
        if key not in self._ways:
            self._ways[key] = []
            found: dict[tuple[int, ...], tuple[ir.Expr, ...]] = {}
            for item in ir.walk(expr):
                if item is target:
                    found[(id(item),)] = (item,)
                for inner in self.behind(item):
                    for way in self._chains(inner, target):
                        found[id(item), *map(id, way)] = (item, *way)
            self._ways[key] = list(found.values())
        return self._ways[key]

    def focus(self, rule: CompiledRule, target: ir.Expr) -> frozenset[int]:
        """The identities of the expressions that lead to one: itself, what it is a part of, and references to these."""
        found: set[int] = {id(target)}
        known: dict[int, bool] = {}

        def leads(expr: ir.Expr) -> bool:
            if expr is target:
                return True
            if id(expr) not in known:
                known[id(expr)] = False
                inside = [leads(child) for child in (*ir.children(expr), *self.behind(expr))]
                known[id(expr)] = any(inside)
                if known[id(expr)]:
                    found.add(id(expr))
            return known[id(expr)]

        for expr in conditions_of(rule):
            leads(expr)
        for other in self.overriders.get(rule.name, ()):
            for expr in conditions_of(other):
                leads(expr)
        return frozenset(found)

    def days(self, rule: CompiledRule) -> list[date]:
        """The days on which what a rule means can change, within its force."""
        others = [other.effective for other in self.overriders.get(rule.name, ())]
        return self.days_of(self.items(rule), rule.effective, others)

    def days_of(self, items: Iterable[ir.Expr], effective: Effective | None, others: Iterable[Effective] = ()) -> list[date]:
        """The days on which what some expressions mean can change, within a period."""
        periods = [*others, *(period for item in items for period in self._periods(item))]
        first = (effective.start or effective.in_force_by if effective is not None else None) or LONG_AGO
        until = effective.until if effective is not None else None
        days = {day for period in periods for day in period.breakpoints}
        return sorted({first, *(day for day in days if day > first and (until is None or day < until))})

    def _periods(self, item: ir.Expr) -> Iterator[Effective]:
        match item:
            case ir.DerivedRef(kind=kind, name=name) if (found := self.compiled.derived.get((kind, name))) is not None:
                if found.effective is not None:
                    yield found.effective
            case ir.RuleRef(name=name) if name in self.compiled.rules:
                yield self.compiled.rules[name].effective
            case ir.ParameterRef(name=name) if name in self.compiled.parameters:
                yield from (effective for effective, _ in self.compiled.parameters[name].values)
            case ir.Lookup(table=table) if table in self.compiled.source.tables:
                instruments = self.compiled.source.instruments
                for ref in self.compiled.source.tables[table].basis:
                    if ref.law in instruments:
                        yield instruments[ref.law].effective


def conditions_of(rule: CompiledRule) -> list[ir.Expr]:
    """Scope, condition and exceptions of a rule."""
    return [*([rule.scope] if rule.scope is not None else []), rule.when, *rule.unless]
