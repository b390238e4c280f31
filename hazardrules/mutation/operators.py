"""Every mutant of a rulebook, made from its compiled form."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hazardrules.coverage.inventory import ORDERED, Inventory, days_of, name_of
from hazardrules.model import expressions as ir
from hazardrules.model.values import CalendarSpan, normalise
from hazardrules.mutation.mutants import Mutant, Operator, Patch
from hazardrules.mutation.outcomes import Outcomes
from hazardrules.mutation.trees import substituted
from hazardrules.written import Written, decimal_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hazardrules.compiler.plan import Compiled, CompiledRule
    from hazardrules.coverage.inventory import Key, Root
    from hazardrules.model.law import Effective
    from hazardrules.source import Span

_Change = tuple[Operator, str, ir.Expr] | tuple[Operator, str, ir.Expr, ir.Expr, ir.Expr]
"""The kind of error, a number where there are several, the new expression; where these are clearer the words before and after."""
_FLIPPED: dict[str, Any] = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_SAME_AS_FLIPPED = {">": -1, "<=": -1, ">=": 1, "<": 1}
"""For whole numbers the step that does what the flipped bound does."""
_NUMBER = re.compile(r"-?\d+(?:\.(\d+))?")


class Mutator:
    """Makes mutants."""

    def __init__(self, compiled: Compiled, inventory: Inventory | None = None) -> None:
        """Bind to a rulebook."""
        self.compiled, self.inventory = compiled, inventory or Inventory(compiled)
        self.written = Written()
        self._holding: dict[int, list[str]] = defaultdict(list)
        for name, rule in compiled.rules.items():
            for expr in _conditions(rule):
                for item in ir.walk(expr):
                    if id(item) in self.inventory.roots and name not in self._holding[id(item)][-1:]:
                        self._holding[id(item)].append(name)

    def mutants(self, packs: Iterable[str] | None = None) -> Iterator[Mutant]:
        """Every mutant, in some packs only where they are given; in the order of the rulebook."""
        wanted = set(packs) if packs is not None else set(self.compiled.source.packs)
        for root in self.inventory.roots.values():
            if root.pack in wanted and not root.path:
                yield from self._of_root(root)
        yield from self._parameters(wanted)
        yield from self._dates(wanted)
        for rule in self.compiled.rules.values():
            if rule.pack in wanted and not rule.unread:
                yield from Outcomes(self.compiled, rule).mutants()

    # conditions

    def _of_root(self, root: Root) -> Iterator[Mutant]:
        if root.part.startswith("unless"):
            yield from self._exception(root)
        elif root.part == "applies":
            yield self._scope(root)
        yield from self._inside(root.expr, root, ())

    def _inside(self, expr: ir.Expr, root: Root, path: tuple[int, ...]) -> Iterator[Mutant]:
        found = self.inventory.roots.get(id(expr))
        if path and found is not None and found.key != (root.home, root.part, path):
            return
        key: Key = (root.home, root.part, path)
        for operator, number, new, *words in self._changes(expr):
            before, after = words or (expr, new)
            name = f"{name_of(key)} {operator}{f' {number}' if number else ''}"
            yield Mutant(
                name, root.home, root.pack, operator, self.written.text(before), self.written.text(after), before.span,
                self._patch(root, expr, new),
            )  # fmt: skip
        for place, child in enumerate(ir.children(expr)):
            if not (isinstance(expr, ir.In) and place):
                yield from self._inside(child, root, (*path, place))

    def _changes(self, expr: ir.Expr) -> Iterator[_Change]:
        """What can be made of an expression, without what can be made of those inside it."""
        match expr:
            case ir.Compare(op=op, left=left, right=right):
                if op in ORDERED:
                    yield "bound", "", replace(expr, op=_FLIPPED[op])
                whole = left.type.integer and not isinstance(left, ir.Const)
                for name, side in (("left", left), ("right", right)):
                    for sign, new in _steps(side):
                        if not (
                            whole and name == "right" and op in ORDERED and _SAME_AS_FLIPPED[op] == sign and _is_one(side, new)
                        ):
                            yield (
                                "step",
                                f"{name} {_signed(sign)}",
                                replace(expr, left=new) if name == "left" else replace(expr, right=new),
                            )
            case ir.Arithmetic() | ir.DateShift() | ir.AtLeast():
                for number, child in enumerate(ir.children(expr)[: 1 if isinstance(expr, ir.AtLeast) else 2]):
                    for sign, new in _steps(child):
                        yield "step", f"{number}{_signed(sign)}", substituted(expr, child, new)
            case ir.Junction(op=op, items=items):
                yield "junction", "", replace(expr, op="or" if op == "and" else "and")
                for number, _ in enumerate(items):
                    rest = items[:number] + items[number + 1 :]
                    yield "condition", str(number), rest[0] if len(rest) == 1 else replace(expr, items=rest)
            case ir.Not(item=item):
                yield "negation", "", item
            case ir.In(options=options) if len(options) > 1:
                for number, option in enumerate(options):
                    yield "option", option.written, replace(expr, options=options[:number] + options[number + 1 :])
            case ir.Intersects(options=options, written=written) if len(options) > 1:
                for word in written:
                    kept = tuple(other for other in written if other != word)
                    gone = _option_of(expr, word)
                    if gone is not None:
                        yield "option", word, replace(expr, options=options - {gone}, written=kept)
            case ir.Quantified(function=function, where=where):
                if function in ("any", "all"):
                    yield "junction", "", replace(expr, function="all" if function == "any" else "any")
                if where is not None:
                    yield "condition", "where", replace(expr, where=None)
            case ir.Choice(then=then, otherwise=otherwise):
                for name, child in (("then", then), ("otherwise", otherwise)):
                    for sign, new in _steps(child):
                        yield (
                            "step",
                            f"{name} {_signed(sign)}",
                            replace(expr, then=new) if name == "then" else replace(expr, otherwise=new),
                            child,
                            new,
                        )
            case ir.TableValue(rows=rows):
                for number, (condition, value) in enumerate(rows):
                    for sign, new in _steps(value):
                        changed = (*rows[:number], (condition, new), *rows[number + 1 :])
                        yield "step", f"{number}{_signed(sign)}", replace(expr, rows=changed), value, new

    def _patch(self, root: Root, old: ir.Expr, new: ir.Expr) -> Patch:
        if root.home.startswith("derived "):
            kind, _, name = root.home.removeprefix("derived ").partition(".")
            found = self.compiled.derived[kind, name]
            return Patch({}, {(kind, name): replace(found, expr=substituted(found.expr, old, new))}, {})
        changed = {}
        for name in self._holding[id(root.expr)]:
            rule = self.compiled.rules[name]
            changed[name] = replace(
                rule,
                scope=None if rule.scope is None else substituted(rule.scope, old, new),
                when=substituted(rule.when, old, new),
                unless=tuple(substituted(item, old, new) for item in rule.unless),
            )
        return Patch(changed, {}, {})

    def _exception(self, root: Root) -> Iterator[Mutant]:
        changed = {}
        for name in self._holding[id(root.expr)]:
            rule = self.compiled.rules[name]
            kept = [number for number, item in enumerate(rule.unless) if item is not root.expr]
            if len(kept) < len(rule.unless):
                exemptions = tuple(rule.rule.unless[number] for number in kept)
                changed[name] = replace(
                    rule, unless=tuple(rule.unless[n] for n in kept), rule=replace(rule.rule, unless=exemptions)
                )
        if changed:
            text = self.written.text(root.expr)
            yield Mutant(
                f"{name_of(root.key)} exception", root.home, root.pack, "exception", text, "", root.expr.span, Patch(changed, {}, {})
            )  # fmt: skip

    def _scope(self, root: Root) -> Mutant:
        """A scope is forgotten: that of a pack, or that of a rule."""
        changed = {}
        for name in self._holding[id(root.expr)]:
            rule = self.compiled.rules[name]
            if rule.scope is root.expr:
                changed[name] = replace(rule, scope=None)
            elif isinstance(rule.scope, ir.Junction) and any(item is root.expr for item in rule.scope.items):
                (rest,) = (item for item in rule.scope.items if item is not root.expr)
                changed[name] = replace(rule, scope=rest)
        text = self.written.text(root.expr)
        return Mutant(
            f"{name_of(root.key)} scope", root.home, root.pack, "scope", text, "", root.expr.span, Patch(changed, {}, {})
        )

    # parameters and dates

    def _parameters(self, wanted: set[str]) -> Iterator[Mutant]:
        for name, pack, span in self._declared_parameters(wanted):
            found = self.compiled.parameters[name]
            for number, (effective, value) in enumerate(found.values):
                constant = ir.Const(value, found.type, _shown(value), span)  # type: ignore[arg-type]  # a value of the law
                for sign, new in _steps(constant):
                    values = (*found.values[:number], (effective, new.value), *found.values[number + 1 :])
                    yield Mutant(
                        f"parameter {name}/value.{number} step {_signed(sign)}", f"parameter {name}", pack, "step",
                        constant.written, new.written, span, Patch({}, {}, {name: replace(found, values=values)}),
                    )  # fmt: skip

    def _declared_parameters(self, wanted: set[str]) -> Iterator[tuple[str, str, Span]]:
        for pack in self.compiled.source.packs.values():
            for parameter in pack.parameters if pack.name in wanted else ():
                if parameter.name in self.compiled.parameters:
                    yield parameter.name, pack.name, parameter.span

    def _dates(self, wanted: set[str]) -> Iterator[Mutant]:
        """A date is forgotten, or a day early or late: of a pack, or of a rule that has its own."""
        by_home: dict[str, list[str]] = defaultdict(list)
        for name, rule in self.compiled.rules.items():
            if rule.pack in wanted and not rule.unread:
                by_home[self.inventory.dated_by(rule)].append(name)
        for home, names in by_home.items():
            first = self.compiled.rules[names[0]]
            span = self.compiled.source.packs[first.pack].span if home.startswith("dates ") else first.rule.span
            for what, before, after, effective in _redated(first.effective):
                changed = {}
                for name in names:
                    rule = self.compiled.rules[name]
                    changed[name] = replace(rule, rule=replace(rule.rule, effective=effective))
                yield Mutant(f"{home}/{what}", home, first.pack, "date", before, after, span, Patch(changed, {}, {}))


def _redated(effective: Effective) -> Iterator[tuple[str, str, str, Effective]]:
    for part, day in days_of(effective):
        field = "until" if part.startswith("until") else "start" if effective.start is not None else "in_force_by"
        if field != "in_force_by":
            yield f"{part} date dropped", day.isoformat(), "", replace(effective, **{field: None})
        for days, word in ((-1, "earlier"), (1, "later")):
            moved = day + timedelta(days=days)
            yield f"{part} date {word}", day.isoformat(), moved.isoformat(), replace(effective, **{field: moved})


def _steps(expr: ir.Expr) -> Iterator[tuple[int, ir.Const]]:
    """A number, a day or a span of the law one step up and down; a step is one in the last place that is written."""
    if not isinstance(expr, ir.Const) or isinstance(expr.value, (bool, str, frozenset)):
        return
    for sign in (1, -1):
        value: Any = None
        match expr.value:
            case datetime() | date():
                value = expr.value + timedelta(days=sign)
            case CalendarSpan() as span:
                field = "working_days" if span.working_days else "days" if span.days else "months"
                size = 12 if field == "months" and span.months % 12 == 0 else 1
                value = replace(span, **{field: getattr(span, field) + sign * size})
            case int() | Fraction():
                value = normalise(expr.value + sign * _step(expr))
        yield sign, replace(expr, value=value, written=_rewritten(expr, value))


def _step(expr: ir.Const) -> Fraction:
    found = _NUMBER.search(expr.written)
    value = Fraction(expr.value)  # type: ignore[arg-type]  # a number
    if found is None:
        return Fraction(1)
    size = Fraction(1, 10 ** len(found.group(1) or ""))
    number = Fraction(found.group())
    return size * value / number if number else size


def _rewritten(expr: ir.Const, value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    found = _NUMBER.search(expr.written)
    if isinstance(value, CalendarSpan) or found is None:
        return f"({_shown(value)})"
    number = Fraction(found.group())
    factor = Fraction(expr.value) / number if number else Fraction(1)  # type: ignore[arg-type]  # a number
    return f"{decimal_text(normalise(Fraction(value) / factor))}{expr.written[found.end() :]}"


def _shown(value: Any) -> str:
    if isinstance(value, CalendarSpan):
        years, months = divmod(value.months, 12)
        parts = {"years": years, "months": months, "days": value.days, "working days": value.working_days}
        return " ".join(f"{number} {word}" for word, number in parts.items() if number) or "0 days"
    return decimal_text(value) if isinstance(value, (int, Fraction)) else str(value)


def _is_one(old: ir.Expr, new: ir.Const) -> bool:
    return (
        isinstance(old, ir.Const)
        and isinstance(old.value, int)
        and isinstance(new.value, int)
        and abs(old.value - new.value) == 1
    )


def _signed(sign: int) -> str:
    return "+" if sign > 0 else "-"


def _option_of(expr: ir.Intersects, word: str) -> str | None:
    """The id of an option that may be written by its label."""
    if word in expr.options:
        return word
    others = expr.options - set(expr.written)
    return next(iter(others)) if len(others) == 1 else None


def _conditions(rule: CompiledRule) -> list[ir.Expr]:
    return [*([rule.scope] if rule.scope is not None else []), rule.when, *rule.unless]
