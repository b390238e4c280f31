"""Calls and quantifiers: functions, look-ups in data tables, totals, and what runs over parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from hazardrules.compiler.scope import Scope
from hazardrules.diagnostics import did_you_mean, suggest
from hazardrules.model import expressions as ir
from hazardrules.model import syntax_tree as ast
from hazardrules.model.types import BOOL, INTEGER, PURE, ValueType
from hazardrules.model.units import ONE

if TYPE_CHECKING:
    from hazardrules.compiler.resolve import Resolver
    from hazardrules.source import Span

_QUANTIFIERS = ("any", "all", "count", "sum", "min", "max")
_FUNCTIONS = ("min", "max", "abs", "floor", "ceil")


@dataclass(frozen=True, slots=True)
class _Part:
    base: ir.Base
    kind: str
    name: str
    of: str
    one: bool


class Calls:
    """Resolves calls for a resolver."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.names, self.source, self.collector = resolver.names, resolver.source, resolver.collector

    def call(self, expr: ast.Call, scope: Scope) -> ir.Expr | None:
        """A function, a count of parts, or a look-up."""
        name = expr.function
        if name == "total":
            return self._total(expr)
        if name in ("count", "any", "all", "sum") or (name in ("min", "max") and len(expr.arguments) == 1):
            only = expr.arguments[0]
            if name == "count" and len(expr.arguments) == 1 and isinstance(only, ast.Name):
                part = self._part(only, scope)
                return None if part is None else self._quantified("count", "", part, None, None, INTEGER, expr.span)
            self.collector.report(215, expr.span, variant="quantifier", name=name)
            return None
        if name in _FUNCTIONS:
            return self._function(expr, scope)
        table_name, _, column_name = name.partition(".")
        table = self.source.tables.get(table_name)
        if table is None:
            known = (*_FUNCTIONS, *_QUANTIFIERS, "total", *self.source.tables)
            self.collector.report(215, expr.span, name=name, hints=suggest(name, known))
            return None
        columns = list(table.columns)
        if (column_name and column_name not in columns) or (not column_name and len(columns) != 1):
            hints = [("hint.options", {"names": ", ".join(f"{table_name}.{column}" for column in columns)})]
            self.collector.report(215, expr.span, variant="column", name=name, hints=hints)
            return None
        if len(expr.arguments) != len(table.keys):
            self.collector.report(215, expr.span, variant="keys", name=name, count=len(table.keys))
            return None
        keys: list[ir.Expr] = []
        for argument, wanted in zip(expr.arguments, table.keys.values(), strict=True):
            key = self.resolver.resolve(argument, scope, wanted)
            if key is None:
                return None
            if key.type.name not in ("text", "enum") and key.type.name != wanted.name:
                self.resolver.mismatch(argument.span, key.type, wanted)
                return None
            fitted = self.resolver.fit(key, wanted) if wanted.name == "number" else key
            if fitted is None:
                return None
            keys.append(fitted)
        index = columns.index(column_name) if column_name else 0
        return ir.Lookup(table_name, index, tuple(keys), table.columns[columns[index]], expr.span)

    def _total(self, expr: ast.Call) -> ir.Expr | None:
        only = expr.arguments[0]
        known = {
            parameter
            for action in self.source.actions.values()
            for parameter, kind in action.parameters.items()
            if kind in ("integer", "number")
        }
        if len(expr.arguments) != 1 or not isinstance(only, ast.Name) or only.text not in known:
            hints = [("hint.options", {"names": ", ".join(sorted(known))})] if known else []
            self.collector.report(215, expr.span, variant="total", hints=hints)
            return None
        return ir.Total(only.text, PURE, expr.span)

    def _function(self, expr: ast.Call, scope: Scope) -> ir.Expr | None:
        items = [self.resolver.numeric(argument, scope) for argument in expr.arguments]
        if any(item is None for item in items):
            return None
        first = cast("ir.Expr", items[0])
        if expr.function in ("abs", "floor", "ceil") and len(items) != 1:
            self.collector.report(215, expr.span, variant="arguments", name=expr.function)
            return None
        if expr.function in ("floor", "ceil"):
            pure = self.resolver.in_unit(first, ONE)
            return None if pure is None else ir.Function(expr.function, (pure,), INTEGER, expr.span)  # type: ignore[arg-type]  # one of the five
        fitted = [self.resolver.in_unit(cast("ir.Expr", item), first.type.unit, other=first) for item in items]
        if any(item is None for item in fitted):
            return None
        known = tuple(item for item in fitted if item is not None)
        integer = all(item.type.integer for item in known)
        return ir.Function(expr.function, known, ValueType("number", first.type.unit, integer), expr.span)  # type: ignore[arg-type]  # one of the five

    def _part(self, expr: ast.Name, scope: Scope) -> _Part | None:
        """The parts that a name stands for."""
        base: ir.Base = ir.Self()
        kind, text = scope.kind, expr.text
        while True:
            subject = self.source.subjects.get(kind)
            if subject is None:
                return None
            by_label = [name for name in self.names.labelled(kind, text) if name in subject.parts]
            part = subject.parts.get(text) or (subject.parts[by_label[0]] if by_label else None)
            if part is not None:
                return _Part(base, kind, part.name, part.of, part.one) if part.of in self.source.subjects else None
            head, dot, rest = text.partition(".")
            behind = self.resolver.behind(head, base, kind, scope) if dot else []
            if not behind:
                labels = [label for each in subject.parts.values() for label in each.label.values()]
                self.collector.report(217, expr.span, name=text, hints=did_you_mean(text, subject.parts) or suggest(text, labels))
                return None
            found = [(b, k) for b, k in behind if rest.partition(".")[0] in self.source.subjects[k].parts or rest.partition(".")[1]]
            base, kind = (found or behind)[0]
            text = rest

    def _quantified(
        self,
        function: str,
        variable: str,
        part: _Part,
        item: ir.Expr | None,
        where: ir.Expr | None,
        value_type: ValueType,
        span: Span,
    ) -> ir.Expr:
        return ir.Quantified(
            function,  # type: ignore[arg-type]  # one of the six
            variable,
            part.base,
            part.kind,
            part.name,
            part.of,
            item,
            where,
            value_type,
            span,
        )

    def comprehension(self, expr: ast.Comprehension, scope: Scope) -> ir.Expr | None:
        """A quantifier over parts."""
        if expr.function not in _QUANTIFIERS:
            self.collector.report(215, expr.span, name=expr.function, hints=suggest(expr.function, _QUANTIFIERS))
            return None
        part = self._part(expr.parts, scope)
        if part is None:
            return None
        over = (part.base, part.name)
        if over in scope.open_parts:
            self.collector.report(214, expr.span, name=part.name)
            return None
        if expr.variable in scope.variables or "." in expr.variable:
            self.collector.report(202, expr.span, variant="variable", name=expr.variable)
            return None
        inner = Scope(
            scope.kind, scope.pack, {**scope.variables, expr.variable: part.of}, scope.open_parts | {over}
        )
        where = self.resolver.condition(expr.where, inner) if expr.where is not None else None
        if expr.where is not None and where is None:
            return None
        if expr.function == "count":
            if not isinstance(expr.item, ast.Name) or expr.item.text != expr.variable:
                self.collector.report(215, expr.item.span, variant="count_item", name=expr.variable)
                return None
            return self._quantified("count", expr.variable, part, None, where, INTEGER, expr.span)
        if expr.function in ("any", "all"):
            item = self.resolver.condition(expr.item, inner)
            return None if item is None else self._quantified(expr.function, expr.variable, part, item, where, BOOL, expr.span)
        item = self.resolver.numeric(expr.item, inner)
        return None if item is None else self._quantified(expr.function, expr.variable, part, item, where, item.type, expr.span)
