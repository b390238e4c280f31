"""On which days, and whether by place, what a rule asks may change: its parameters, derived facts, tables and other rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hazardrules.model import expressions as ir

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from hazardrules.compiler.plan import Compiled, CompiledRule


@dataclass(frozen=True, slots=True)
class Changes:
    """When what is asked may change.

    Attributes:
        days: First days of something else.
        by_place: It may differ from place to place.
    """

    days: frozenset[date] = frozenset()
    by_place: bool = False

    def __or__(self, other: Changes) -> Changes:
        """The changes of both."""
        return Changes(self.days | other.days, self.by_place or other.by_place) if other != _NONE else self


_NONE = Changes()


class Dated:
    """The changes of the rules of a rulebook."""

    def __init__(self, compiled: Compiled) -> None:
        """Bind to a rulebook."""
        self.compiled = compiled
        self._memo: dict[object, Changes] = {}

    def of_rule(self, rule: CompiledRule) -> Changes:
        """When a rule that is in force may begin to ask something else."""
        if rule.name not in self._memo:
            self._memo[rule.name] = self._of((rule.when, *rule.unless, *([] if rule.scope is None else [rule.scope])))
        return self._memo[rule.name]

    def _of(self, exprs: Iterable[ir.Expr]) -> Changes:
        found = _NONE
        for expr in exprs:
            for item in ir.walk(expr):
                found |= self._of_item(item)
        return found

    def _of_item(self, item: ir.Expr) -> Changes:
        compiled = self.compiled
        match item:
            case ir.ParameterRef(name=name):
                return Changes(
                    frozenset(day for effective, _ in compiled.parameters[name].values for day in effective.breakpoints)
                )
            case ir.Lookup(table=table):
                laws = [compiled.source.instruments.get(ref.law) for ref in compiled.source.tables[table].basis]
                return Changes(frozenset(day for law in laws if law is not None for day in law.effective.breakpoints))
            case ir.RuleRef(name=name):
                rule = compiled.rules[name]
                return Changes(frozenset(rule.effective.breakpoints), by_place=True) | self.of_rule(rule)
            case ir.DerivedRef(kind=kind, name=name):
                key = (kind, name)
                derived = compiled.derived.get(key)
                if key not in self._memo:
                    own = (
                        frozenset(derived.effective.breakpoints)
                        if derived is not None and derived.effective is not None
                        else frozenset()
                    )
                    self._memo[key] = Changes(own) | (self._of([derived.expr]) if derived is not None else _NONE)
                return self._memo[key]
            case _:
                return _NONE
