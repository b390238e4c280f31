"""Where rules compare a number or a day with a constant of the law."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from hazardrules.engines.reference import Evaluator
from hazardrules.model import expressions as ir
from hazardrules.model.values import normalise
from hazardrules.verify import dates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hazardrules.compiler.plan import CompiledRule, Plan
    from hazardrules.model.instances import Instance
    from hazardrules.source import Span

Side = Literal["lower", "upper"]


@dataclass(frozen=True, slots=True)
class Threshold:
    """A comparison of a quantity with a constant.

    Attributes:
        key: The quantity: equal for the same quantity anywhere.
        expr: The quantity.
        value: The constant, in the unit of the quantity; a day as its ordinal.
        side: Which side the constant itself belongs to: `upper` for `>=` and `<`, `lower` for `>` and `<=`.
        above: Whether the rule asks for the upper side (through an even number of negations).
        const: The constant as written.
    """

    key: str
    expr: ir.Expr
    value: int | Fraction
    side: Side
    above: bool
    const: ir.Const
    span: Span


class Thresholds:
    """The thresholds of the rules of a plan."""

    def __init__(self, plan: Plan, as_of: date) -> None:
        self.plan, self.as_of = plan, as_of

    def of_rule(self, rule: CompiledRule) -> list[Threshold]:
        """The thresholds in a rule's scope, condition and exceptions, through derived facts of the same subject."""
        found: list[Threshold] = []
        for expr in (*([] if rule.scope is None else [rule.scope]), rule.when):
            found += self._of(expr, rule.on, positive=True, seen=frozenset())
        for expr in rule.unless:
            found += self._of(expr, rule.on, positive=False, seen=frozenset())
        return found

    def _of(self, expr: ir.Expr, kind: str, *, positive: bool, seen: frozenset[str]) -> Iterator[Threshold]:
        match expr:
            case ir.Not(item=item):
                yield from self._of(item, kind, positive=not positive, seen=seen)
            case ir.Junction(items=items):
                for item in items:
                    yield from self._of(item, kind, positive=positive, seen=seen)
            case ir.AtLeast(items=items):
                for item in items:
                    yield from self._of(item, kind, positive=positive, seen=seen)
            case ir.DerivedRef(base=ir.Self(), name=name) if name not in seen:
                derived = self.plan.compiled.derived.get((kind, name))
                if derived is not None and derived.expr.type.name == "bool":
                    yield from self._of(derived.expr, kind, positive=positive, seen=seen | {name})
            case ir.Compare(op=op) if op in _SIDES:
                found = self._comparison(expr)
                if found is not None:
                    quantity, turned, const = found
                    value = _value(const.value)
                    if value is not None:
                        side, above = _SIDES[turned]
                        yield Threshold(ir.key_of(quantity), quantity, value, side, above == positive, const, expr.span)

    def _comparison(self, expr: ir.Compare) -> tuple[ir.Expr, str, ir.Const] | None:
        left, right = self._constant(expr.left), self._constant(expr.right)
        if isinstance(right, ir.Const) and not isinstance(left, ir.Const):
            return left, expr.op, right
        if isinstance(left, ir.Const) and not isinstance(right, ir.Const):
            return right, _TURNED[expr.op], left
        return None

    def _constant(self, expr: ir.Expr) -> ir.Expr:
        if isinstance(expr, ir.ParameterRef) and expr.name in self.plan.parameters:
            value: Any = self.plan.parameters[expr.name]
            return ir.Const(value, expr.type, expr.name, expr.span)
        return expr


_SIDES: dict[str, tuple[Side, bool]] = {
    "<": ("upper", False),
    ">=": ("upper", True),
    "<=": ("lower", False),
    ">": ("lower", True),
}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _value(value: object) -> int | Fraction | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, Fraction)):
        return normalise(value)
    return dates.number_of(value) if isinstance(value, date) else None


def stands_at(evaluator: Evaluator, instance: Instance, threshold: Threshold, value: int | Fraction) -> bool:
    """Whether the quantity of a threshold has a value."""
    found = evaluator.value(threshold.expr, instance)
    return (dates.number_of(found) if isinstance(found, date) else found) == value


def moved_to(
    evaluator: Evaluator, instance: Instance, threshold: Threshold, value: int | Fraction, asked: Callable[[Evaluator], bool]
) -> bool:
    """What the reference engine says with another value of the quantity; true where that is no single fact of the subject."""
    expr = threshold.expr
    if not isinstance(expr, ir.FactRef) or not isinstance(expr.base, ir.Self):
        return True
    kind = expr.type.name
    other: Any = value if kind == "number" else dates.day_of(int(value)) if kind == "date" else dates.moment_of(int(value))
    kept, instance.facts[expr.name] = instance.facts[expr.name], other
    try:
        return asked(Evaluator(evaluator.plan, evaluator.root, evaluator.as_of))
    finally:
        instance.facts[expr.name] = kept
