"""The tree as written -> the typed tree: names, types and units, with a diagnostic for every misfit.

A method that returns None has already reported why; its callers stay silent.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, cast

from hazardrules.compiler.calls import Calls
from hazardrules.compiler.names import fold
from hazardrules.compiler.scope import Scope
from hazardrules.diagnostics import Related, did_you_mean, suggest, suggest_unit
from hazardrules.model import expressions as ir
from hazardrules.model import syntax_tree as ast
from hazardrules.model.scalars import read_bool
from hazardrules.model.types import BOOL, DATE, INTEGER, PURE, SPAN, TEXT, ValueType
from hazardrules.model.units import ONE, convert, find_unit, same_dimension, unit_names
from hazardrules.model.values import normalise
from hazardrules.written import Written

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    from hazardrules.compiler.names import Names, RuleName
    from hazardrules.diagnostics import Collector
    from hazardrules.model.rules import DerivedFact
    from hazardrules.model.units import Unit
    from hazardrules.source import Span

ORDERED = ("number", "date", "datetime")
HOURS = find_unit("h") or ONE
DAYS = find_unit("days") or ONE


class Resolver:
    """Resolves expressions against the names of a rulebook."""

    def __init__(self, names: Names, collector: Collector) -> None:
        """Start with no derived fact resolved."""
        self.names = names
        self.collector = collector
        self.source = names.source
        self.derive: Callable[[DerivedFact], ir.Expr | None] = lambda _derived: None
        self._derived: dict[tuple[str, str], ir.Expr | None] = {}
        self._deriving: list[tuple[str, str]] = []
        self._parameter_types: dict[str, ValueType | None] = {}
        self._calls = Calls(self)

    # public verbs

    def condition(self, expr: ast.Expr, scope: Scope) -> ir.Expr | None:
        """An expression that must be true or false."""
        found = self.resolve(expr, scope)
        if found is None:
            return None
        if found.type.name != "bool":
            self.collector.report(216, expr.span, type=self.describe(found.type))
            return None
        return found

    def value(self, expr: ast.Expr, scope: Scope, expected: ValueType) -> ir.Expr | None:
        """An expression of a given type, converted to its unit."""
        found = self.resolve(expr, scope, expected)
        return None if found is None else self.fit(found, expected)

    def fit(self, expr: ir.Expr, wanted: ValueType) -> ir.Expr | None:
        """An expression in the type and unit wanted."""
        if expr.type.name != wanted.name or (wanted.name in ("enum", "set") and expr.type.options != wanted.options):
            self.mismatch(expr.span, expr.type, wanted)
            return None
        return self.in_unit(expr, wanted.unit) if wanted.name == "number" else expr

    def derived(self, kind: str, name: str, span: Span) -> ir.Expr | None:
        """The expression of a derived fact, resolved once; a cycle is reported with every hop."""
        key = (kind, name)
        if key in self._derived:
            return self._derived[key]
        if key in self._deriving:
            hops = self._deriving[self._deriving.index(key) :]
            related = [Related(self.names.derived[hop].span, "related.hop", {"name": hop[1]}) for hop in hops]
            path = " → ".join([hop[1] for hop in hops] + [name])
            self.collector.report(301, span, path=path, related=related)
            return None
        self._deriving.append(key)
        found = self.derive(self.names.derived[key])
        self._deriving.pop()
        self._derived[key] = found
        return found

    def describe(self, value_type: ValueType) -> str:
        """A type for a message, which words it in its language: `number:m²`."""
        if value_type.name == "number" and value_type.unit.dimension:
            return f"number:{value_type.unit.name}"
        return value_type.name

    # resolution

    def resolve(
        self, expr: ast.Expr, scope: Scope, expected: ValueType | None = None
    ) -> ir.Expr | None:
        """Resolve an expression; `expected` helps to read bare enum words."""
        match expr:
            case ast.Number():
                return self._number(expr)
            case ast.SpanLiteral(value=value, written=written, span=span):
                return ir.Const(value, SPAN, written, span)
            case ast.Text(value=text, span=span):
                return ir.Const(text, TEXT, f'"{text}"', span)
            case ast.Day(value=day, span=span):
                return ir.Const(day, DATE, day.isoformat(), span)
            case ast.Flag(value=flag, span=span):
                return ir.Const(flag, BOOL, str(flag).lower(), span)
            case ast.Name():
                return self._name(expr, scope, expected)
            case ast.Not(item=item, span=span):
                inner = self.condition(item, scope)
                return None if inner is None else ir.Not(inner, span)
            case ast.Junction(op=op, items=items, span=span):
                found = self._conditions(items, scope)
                return None if found is None else ir.Junction(op, found, span)
            case ast.Threshold():
                return self._threshold(expr, scope)
            case ast.Comparison():
                return self._comparison(expr, scope)
            case ast.Membership():
                return self._membership(expr, scope)
            case ast.Contains(container=container, item=item, span=span):
                return self._intersects(container, (item,), span, scope)
            case ast.Intersects(container=container, options=options, span=span):
                return self._intersects(container, options, span, scope)
            case ast.Arithmetic():
                return self._arithmetic(expr, scope)
            case ast.Negative(item=item, span=span):
                inner = self.numeric(item, scope)
                if inner is None:
                    return None
                if isinstance(inner, ir.Const):
                    return replace(inner, value=-cast("Fraction", inner.value), written=f"-{inner.written}", span=span)
                zero = ir.Const(0, inner.type, "0", span)
                return ir.Arithmetic("-", zero, inner, inner.type, span)
            case ast.Choice():
                return self._choice(expr, scope, expected)
            case ast.Call():
                return self._calls.call(expr, scope)
            case ast.Comprehension():
                return self._calls.comprehension(expr, scope)

    def _conditions(self, items: tuple[ast.Expr, ...], scope: Scope) -> tuple[ir.Expr, ...] | None:
        found = [self.condition(item, scope) for item in items]
        return None if any(item is None for item in found) else tuple(item for item in found if item is not None)

    def _number(self, expr: ast.Number) -> ir.Expr | None:
        if expr.unit is None:
            kind = INTEGER if isinstance(expr.value, int) else PURE
            return ir.Const(expr.value, kind, expr.written, expr.span)
        unit = find_unit(expr.unit)
        if unit is None:
            self.collector.report(205, expr.span, text=expr.unit, hints=suggest_unit(expr.unit, unit_names()))
            return None
        return ir.Const(expr.value, ValueType("number", unit), expr.written, expr.span)

    # names

    def _name(self, expr: ast.Name, scope: Scope, expected: ValueType | None) -> ir.Expr | None:
        text, span = expr.text, expr.span
        if expected is not None and expected.name in ("enum", "set"):
            option = self.option(expected, text, scope.kind)
            if option is not None:
                return ir.Const(option, ValueType("enum", options=expected.options), text, span)
        if expected is not None and expected.name == "bool":
            flag = read_bool(text)
            if flag is not None:
                return ir.Const(flag, BOOL, text, span)
        if text == "as_of":
            return ir.AsOf(DATE, span)
        found = self._member(text, ir.Self(), scope.kind, scope, span)
        if found is not None:
            return found[0]
        parameter = self._parameter(text, scope)
        if parameter is not None:
            return parameter[0] and replace(parameter[0], span=span)
        rule = self.names.rules.get(text)
        if rule is None and scope.pack:
            rule = self.names.rules.get(f"{scope.pack}.{text}")
        if rule is not None:
            return self._rule(rule, ir.Self(), scope.kind, span)
        self._unknown_name(text, span, scope, expected)
        return None

    def _member(
        self, text: str, base: ir.Base, kind: str, scope: Scope, span: Span
    ) -> tuple[ir.Expr | None] | None:
        """A fact or derived fact by name or label, perhaps behind a variable, an owner or a single part.

        Returns:
            A box around the resolved expression (empty where a problem was reported), or None where there is none.
        """
        subject = self.source.subjects.get(kind)
        if subject is None:
            return (None,)
        if text in subject.facts:
            return (ir.FactRef(base, kind, text, subject.facts[text].type, span),)
        if (kind, text) in self.names.derived:
            inner = self.derived(kind, text, span)
            return (ir.DerivedRef(base, kind, text, inner.type, span) if inner is not None else None,)
        labelled = self.names.labelled(kind, text)
        if len(labelled) > 1:
            self.collector.report(213, span, label=text, names=", ".join(labelled))
            return (None,)
        if labelled and labelled[0] != text and labelled[0] not in subject.parts:
            return self._member(labelled[0], base, kind, scope, span)
        head, dot, rest = text.partition(".")
        if not dot:
            return None
        behind = self.behind(head, base, kind, scope)
        boxes = [(inner, self._member(rest, inner_base, inner, scope, span)) for inner_base, inner in behind]
        members = [(inner, box[0]) for inner, box in boxes if box is not None]
        if members:
            return self._one_type(rest, members, span)
        for inner_base, inner_kind in behind:
            if rest in self.names.rules:
                return (self._rule(self.names.rules[rest], inner_base, inner_kind, span),)
        return None

    def _one_type(self, text: str, members: list[tuple[str, ir.Expr | None]], span: Span) -> tuple[ir.Expr | None]:
        """A fact of the owner, whichever owner it is: all must mean the same kind of value by its name."""
        types = {replace(found.type, integer=False) if found is not None else None for _, found in members}
        if len(types) > 1:
            self.collector.report(213, span, label=text, names=", ".join(f"{kind}.{text}" for kind, _ in members))
            return (None,)
        return (members[0][1],)

    def behind(self, head: str, base: ir.Base, kind: str, scope: Scope) -> list[tuple[ir.Base, str]]:
        """What stands before a dot: a quantifier's variable, `owner`, or a single part."""
        if isinstance(base, ir.Self) and head in scope.variables:
            return [(ir.Variable(head), scope.variables[head])]
        if head == "owner":
            return [(ir.Owner(base), owner) for owner in self.names.owners.get(kind, ())]
        part = self.source.subjects[kind].parts.get(head)
        if part is not None and part.one and part.of in self.source.subjects:
            return [(ir.OnePart(base, head), part.of)]
        return []

    def _rule(self, rule: RuleName, base: ir.Base, kind: str, span: Span) -> ir.Expr | None:
        if rule.on != kind:
            self.collector.report(212, span, variant="subject", name=rule.name, on=rule.on, here=kind)
            return None
        if rule.rows:
            rows = tuple(ir.RuleRef(base, kind, row, span) for row in rule.rows)
            return ir.Junction("or", rows, span)
        return ir.RuleRef(base, kind, rule.name, span)

    def _parameter(self, text: str, scope: Scope) -> tuple[ir.ParameterRef | None] | None:
        name = f"{scope.pack}.{text}" if f"{scope.pack}.{text}" in self.names.parameters else text
        if name not in self.names.parameters:
            matching = [
                f"{scope.pack}.{parameter.name}"
                for pack in (self.source.packs.get(scope.pack),)
                if pack is not None
                for parameter in pack.parameters
                if any(fold(label) == fold(text) for label in parameter.label.values())
            ]
            if not matching:
                return None
            name = matching[0]
        parameter = self.names.parameters[name]
        if name not in self._parameter_types:
            first = next((dated.value for dated in parameter.values if dated.value is not None), None)
            constant = self.resolve(first, Scope("", ""), None) if first is not None else None
            self._parameter_types[name] = constant.type if constant is not None else None
        kind = self._parameter_types[name]
        if kind is None:
            return (None,)
        if kind.name == "number":
            kind = replace(kind, integer=False)
        return (ir.ParameterRef(name, kind, parameter.span),)

    def _unknown_name(self, text: str, span: Span, scope: Scope, expected: ValueType | None) -> None:
        if expected is not None and expected.name in ("enum", "set"):
            known = (*expected.options, *self.names.members(scope.kind))
            self.collector.report(206, span, name=text, hints=did_you_mean(text, known) or suggest(text, expected.options))
            return
        subject = self.source.subjects.get(scope.kind)
        known_names = [*self.names.members(scope.kind), *scope.variables, *self.names.rules, *self.names.parameters]
        labels = [label for fact in subject.facts.values() for label in fact.label.values()] if subject else []
        hints = did_you_mean(text, known_names) or did_you_mean(text, labels)
        head, _, rest = text.partition(".")
        for _base, kind in self.behind(head, ir.Self(), scope.kind, scope) if subject else ():
            near = did_you_mean(rest, self.names.members(kind))
            hints = near or hints
        if subject is not None:
            if text in subject.parts or any(name in subject.parts for name in self.names.labelled(scope.kind, text)):
                self.collector.report(217, span, variant="bare", name=text)
                return
            hints = [*hints, ("hint.declared_in", {"subject": scope.kind, "file": subject.span.file})]
        self.collector.report(201, span, name=text, hints=hints)

    def option(self, value_type: ValueType, text: str, kind: str) -> str | None:
        """The id of an enum value, by id or label."""
        if text in value_type.options:
            return text
        wanted = fold(text)
        for subject in [self.source.subjects.get(kind), *self.source.subjects.values()]:
            for fact in subject.facts.values() if subject else ():
                if fact.type.options == value_type.options:
                    for option in fact.options:
                        if any(fold(label) == wanted for label in option.label.values()):
                            return option.id
        return None

    # comparisons

    def _comparison(self, expr: ast.Comparison, scope: Scope) -> ir.Expr | None:
        operands = self._matched(expr.operands, scope)
        if operands is None:
            return None
        steps: list[ir.Expr] = []
        for number, op in enumerate(expr.ops):
            left, right = operands[number], operands[number + 1]
            span = _join(left.span, right.span) if len(expr.ops) > 1 else expr.span
            step = self.compare(op, left, right, span)
            if step is None:
                return None
            steps.append(step)
        return steps[0] if len(steps) == 1 else ir.Junction("and", tuple(steps), expr.span)

    def _matched(self, exprs: tuple[ast.Expr, ...], scope: Scope) -> list[ir.Expr] | None:
        """Operands of one comparison; a bare enum word takes its type from the other side."""
        found: list[ir.Expr | None] = [None] * len(exprs)
        words = [number for number, expr in enumerate(exprs) if self._may_be_word(expr, scope)]
        expected: ValueType | None = None
        failed = False
        for number, expr in enumerate(exprs):
            if number in words:
                continue
            found[number] = self.resolve(expr, scope)
            failed = failed or found[number] is None
            if found[number] is not None and expected is None:
                expected = found[number].type  # type: ignore[union-attr]  # just tested
        if failed:
            return None
        for number in words:
            found[number] = self.resolve(exprs[number], scope, expected)
            if found[number] is None:
                return None
            expected = expected or found[number].type  # type: ignore[union-attr]  # just tested
        return [item for item in found if item is not None]

    def _may_be_word(self, expr: ast.Expr, scope: Scope) -> bool:
        if not isinstance(expr, ast.Name) or expr.text == "as_of":
            return False
        subject = self.source.subjects.get(scope.kind)
        own = subject is not None and expr.text in subject.facts
        return not (own or (scope.kind, expr.text) in self.names.derived or self.names.labelled(scope.kind, expr.text))

    def compare(self, op: str, left: ir.Expr, right: ir.Expr, span: Span) -> ir.Expr | None:
        """A comparison of two resolved operands, the right one in the unit of the left (or the other way round)."""
        a, b = left.type, right.type
        if a.name == "bool" and b.name == "bool" and op in ("==", "!="):
            return self._bool_comparison(op, left, right, span)
        if a.name != b.name or (a.name == "enum" and a.options != b.options):
            self.collector.report(
                203,
                span,
                variant="compare",
                left=Written().text(left),
                left_type=self.describe(a),
                right=Written().text(right),
                right_type=self.describe(b),
            )
            return None
        if a.name == "set" or (op not in ("==", "!=") and a.name not in ORDERED):
            self.collector.report(203, span, variant="order", op=op, type=self.describe(a))
            return None
        if a.name == "number":
            if isinstance(left, ir.Const) and not isinstance(right, ir.Const):
                fitted = self.in_unit(left, b.unit, other=right)
                left = left if fitted is None else fitted
            else:
                fitted = self.in_unit(right, a.unit, other=left)
                right = right if fitted is None else fitted
            if fitted is None:
                return None
        return ir.Compare(cast("ast.CompareOp", op), left, right, span)

    def _bool_comparison(self, op: str, left: ir.Expr, right: ir.Expr, span: Span) -> ir.Expr:
        for flag, other in ((left, right), (right, left)):
            if isinstance(flag, ir.Const):
                self.collector.report(501, span)
                positive = bool(flag.value) == (op == "==")
                return other if positive else ir.Not(other, span)
        same = ir.Junction(
            "or",
            (
                ir.Junction("and", (left, right), span),
                ir.Junction("and", (ir.Not(left, span), ir.Not(right, span)), span),
            ),
            span,
        )
        return same if op == "==" else ir.Not(same, span)

    def in_unit(self, expr: ir.Expr, unit: Unit, other: ir.Expr | None = None) -> ir.Expr | None:
        """A number in another unit; zero and its like need no unit."""
        given = expr.type.unit
        if not same_dimension(given, unit):
            if isinstance(expr, ir.Const) and expr.value == 0 and not given.dimension:
                return replace(expr, type=ValueType("number", unit))
            hints = []
            if not given.dimension and given.factor == 1 and isinstance(expr, ir.Const):
                hints = [("HR204.hint_unit", {"example": f"{expr.written} {unit.name}"})]
            around = _join(other.span, expr.span) if other is not None else expr.span
            self.collector.report(
                204,
                around,
                text=Written().text(expr),
                given_type=self.describe(expr.type),
                wanted_type=self.describe(ValueType("number", unit)),
                hints=hints,
            )
            return None
        if given.factor == unit.factor:
            return expr
        if isinstance(expr, ir.Const):
            value = normalise(convert(cast("Fraction", expr.value), given, unit))
            return replace(expr, value=value, type=ValueType("number", unit))
        return ir.Scale(expr, given.factor / unit.factor, ValueType("number", unit), expr.span)

    def mismatch(self, span: Span, given: ValueType, wanted: ValueType) -> None:
        """Report a value of another type than the one wanted."""
        if given.name == wanted.name and given.name in ("enum", "set"):
            self.collector.report(203, span, variant="options")
            return
        self.collector.report(203, span, given_type=self.describe(given), wanted_type=self.describe(wanted))

    # membership

    def _membership(self, expr: ast.Membership, scope: Scope) -> ir.Expr | None:
        item = self.resolve(expr.item, scope)
        if item is None:
            return None
        if item.type.name == "set":
            self.collector.report(203, expr.span, variant="set_in", hints=[("HR203.hint_intersects", {})])
            return None
        options = self._options(expr.options, item.type, scope)
        return None if options is None else ir.In(item, options, expr.span)

    def _options(self, exprs: tuple[ast.Expr, ...], wanted: ValueType, scope: Scope) -> tuple[ir.Const, ...] | None:
        options: list[ir.Const] = []
        for expr in exprs:
            found = self.resolve(expr, scope, wanted)
            fitted = None if found is None else self.fit(found, wanted)
            if fitted is None:
                return None
            if not isinstance(fitted, ir.Const):
                self.collector.report(203, expr.span, variant="not_constant")
                return None
            options.append(fitted)
        return tuple(options)

    def _intersects(
        self, container: ast.Expr, options: tuple[ast.Expr, ...], span: Span, scope: Scope
    ) -> ir.Expr | None:
        found = self.resolve(container, scope)
        if found is None:
            return None
        if found.type.name != "set":
            hints: list[tuple[str, dict[str, str]]] = [("HR203.hint_in", {})] if found.type.name == "enum" else []
            self.collector.report(203, container.span, variant="not_a_set", type=self.describe(found.type), hints=hints)
            return None
        element = ValueType("enum", options=found.type.options)
        constants = self._options(options, element, scope)
        if constants is None:
            return None
        words = tuple(constant.written for constant in constants)
        return ir.Intersects(found, frozenset(str(constant.value) for constant in constants), words, span)

    def _threshold(self, expr: ast.Threshold, scope: Scope) -> ir.Expr | None:
        count = self.resolve(expr.count, scope)
        items = self._conditions(expr.items, scope)
        if count is None or items is None:
            return None
        if count.type.name != "number" or count.type.unit.dimension:
            self.mismatch(expr.count.span, count.type, INTEGER)
            return None
        if expr.op == "at_least":
            return ir.AtLeast(count, items, expr.span)
        one = ir.Const(1, INTEGER, "1", expr.count.span)
        more = (
            replace(count, value=cast("int", count.value) + 1)
            if isinstance(count, ir.Const)
            else ir.Arithmetic("+", count, one, INTEGER, expr.count.span)
        )
        return ir.Not(ir.AtLeast(more, items, expr.span), expr.span)

    # arithmetic

    def numeric(self, expr: ast.Expr, scope: Scope) -> ir.Expr | None:
        """An expression that must be a number."""
        found = self.resolve(expr, scope)
        if found is not None and found.type.name != "number":
            self.mismatch(expr.span, found.type, PURE)
            return None
        return found

    def _arithmetic(self, expr: ast.Arithmetic, scope: Scope) -> ir.Expr | None:
        left, right = self.resolve(expr.left, scope), self.resolve(expr.right, scope)
        if left is None or right is None:
            return None
        if left.type.name in ("date", "datetime"):
            return self._dates(expr, left, right)
        for side in (left, right):
            if side.type.name != "number":
                self.mismatch(side.span, side.type, PURE)
                return None
        return self.combine(expr.op, left, right, expr.span)

    def combine(self, op: str, left: ir.Expr, right: ir.Expr, span: Span) -> ir.Expr | None:
        """Arithmetic on two numbers; sums agree in their unit, shares are pure numbers."""
        integer = left.type.integer and right.type.integer and op != "/"
        if op in "+-":
            fitted = self.in_unit(right, left.type.unit, other=left)
            if fitted is None:
                return None
            return ir.Arithmetic(cast("Literal['+', '-', '*', '/']", op), left, fitted, ValueType("number", left.type.unit, integer), span)
        left, right = self._pure_share(left), self._pure_share(right)
        unit = left.type.unit.times(right.type.unit) if op == "*" else left.type.unit.per(right.type.unit)
        result = ir.Arithmetic(cast("Literal['+', '-', '*', '/']", op), left, right, ValueType("number", unit, integer), span)
        return self._pure_share(result)

    def _pure_share(self, expr: ir.Expr) -> ir.Expr:
        unit = expr.type.unit
        return expr if unit.dimension or unit.factor == 1 else self.in_unit(expr, ONE) or expr

    def _dates(self, expr: ast.Arithmetic, left: ir.Expr, right: ir.Expr) -> ir.Expr | None:
        if expr.op == "-" and right.type.name in ("date", "datetime"):
            unit = DAYS if left.type.name == right.type.name == "date" else HOURS
            return ir.DateDifference(left, right, ValueType("number", unit), expr.span)
        is_time = right.type.name == "number" and right.type.unit.dimension == HOURS.dimension
        if expr.op not in "+-" or not (right.type.name == "span" or is_time):
            self.collector.report(203, expr.span, variant="date", right=Written().text(right))
            return None
        if is_time:
            right = self.in_unit(right, DAYS if left.type.name == "date" else HOURS) or right
            if left.type.name == "date" and isinstance(right, ir.Const) and not isinstance(right.value, int):
                self.collector.report(203, expr.span, variant="date", right=Written().text(right))
                return None  # a day has no hours: no such sum would ever be known
        return ir.DateShift(left, right, 1 if expr.op == "+" else -1, left.type, expr.span)

    def _choice(self, expr: ast.Choice, scope: Scope, expected: ValueType | None) -> ir.Expr | None:
        condition = self.condition(expr.condition, scope)
        then = self.resolve(expr.then, scope, expected)
        otherwise = self.resolve(expr.otherwise, scope, then.type if then is not None else expected)
        if condition is None or then is None or otherwise is None:
            return None
        fitted = self.fit(otherwise, then.type)
        if fitted is None:
            return None
        kind = replace(then.type, integer=then.type.integer and otherwise.type.integer)
        return ir.Choice(then, condition, fitted, kind, expr.span)


def _join(left: Span, right: Span) -> Span:
    """From the start of one stretch to the end of another."""
    if left.file != right.file or (right.end_line, right.end_column) < (left.end_line, left.end_column):
        return left if left.file != right.file else left._replace(line=right.line, column=right.column)
    return left._replace(end_line=right.end_line, end_column=right.end_column)
