"""The typed tree of a condition: names are resolved, units agree, every node knows where it was written.

Numbers are exact and stand in the unit of the node's type; where two units meet, the compiler has put a `Scale` between.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Literal

from hazardrules.model.types import BOOL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from fractions import Fraction

    from hazardrules.model.syntax_tree import CompareOp
    from hazardrules.model.types import ValueType
    from hazardrules.model.values import CalendarSpan
    from hazardrules.source import Span

Value = "bool | int | Fraction | str | date | frozenset[str] | CalendarSpan"


@dataclass(frozen=True, slots=True)
class Self:
    """The subject that is judged."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The subject that contains another."""

    of: Base


@dataclass(frozen=True, slots=True)
class OnePart:
    """The single part of a subject under a name."""

    of: Base
    part: str


@dataclass(frozen=True, slots=True)
class Variable:
    """The part that a quantifier has in hand."""

    name: str


Base = Self | Owner | OnePart | Variable


@dataclass(frozen=True, slots=True)
class Const:
    """A value of the law; `written` is how its author wrote it."""

    value: bool | int | Fraction | str | date | frozenset[str] | CalendarSpan
    type: ValueType
    written: str
    span: Span


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can say: the text of an instrument that was not read."""

    type: ValueType
    span: Span


@dataclass(frozen=True, slots=True)
class AsOf:
    """The day of the case."""

    type: ValueType
    span: Span


@dataclass(frozen=True, slots=True)
class FactRef:
    """A submitted fact of a subject."""

    base: Base
    kind: str
    name: str
    type: ValueType
    span: Span


@dataclass(frozen=True, slots=True)
class DerivedRef:
    """A derived fact of a subject."""

    base: Base
    kind: str
    name: str
    type: ValueType
    span: Span


@dataclass(frozen=True, slots=True)
class RuleRef:
    """Whether a rule matches: it applies, its condition holds, no exception does; displaced or not."""

    base: Base
    kind: str
    name: str
    span: Span
    type: ValueType = BOOL


@dataclass(frozen=True, slots=True)
class ParameterRef:
    """A dated value of the law."""

    name: str
    type: ValueType
    span: Span


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of a parameter over all findings of the case."""

    parameter: str
    type: ValueType
    span: Span


@dataclass(frozen=True, slots=True)
class Lookup:
    """A value of a data table."""

    table: str
    column: int
    keys: tuple[Expr, ...]
    type: ValueType
    span: Span


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    item: Expr
    span: Span
    type: ValueType = BOOL


@dataclass(frozen=True, slots=True)
class Junction:
    """`and` / `or`."""

    op: Literal["and", "or"]
    items: tuple[Expr, ...]
    span: Span
    type: ValueType = BOOL


@dataclass(frozen=True, slots=True)
class AtLeast:
    """So many of the items hold, or more."""

    count: Expr
    items: tuple[Expr, ...]
    span: Span
    type: ValueType = BOOL


@dataclass(frozen=True, slots=True)
class Compare:
    """One comparison."""

    op: CompareOp
    left: Expr
    right: Expr
    span: Span
    type: ValueType = BOOL


@dataclass(frozen=True, slots=True)
class In:
    """One of some values."""

    item: Expr
    options: tuple[Const, ...]
    span: Span
    type: ValueType = BOOL


@dataclass(frozen=True, slots=True)
class Intersects:
    """A set holds at least one of some values."""

    container: Expr
    options: frozenset[str]
    written: tuple[str, ...]
    span: Span
    type: ValueType = BOOL


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`+ - * /` on numbers."""

    op: Literal["+", "-", "*", "/"]
    left: Expr
    right: Expr
    type: ValueType
    span: Span


@dataclass(frozen=True, slots=True)
class Scale:
    """A number in another unit."""

    item: Expr
    factor: Fraction
    type: ValueType
    span: Span


@dataclass(frozen=True, slots=True)
class DateShift:
    """A day plus (or minus) a calendar span or a time."""

    day: Expr
    amount: Expr
    sign: Literal[1, -1]
    type: ValueType
    span: Span


@dataclass(frozen=True, slots=True)
class DateDifference:
    """The time between two days or moments, in hours."""

    left: Expr
    right: Expr
    type: ValueType
    span: Span


@dataclass(frozen=True, slots=True)
class Choice:
    """`a if condition else b`."""

    then: Expr
    condition: Expr
    otherwise: Expr
    type: ValueType
    span: Span


@dataclass(frozen=True, slots=True)
class Function:
    """`min`, `max`, `abs`, `floor`, `ceil`."""

    name: Literal["min", "max", "abs", "floor", "ceil"]
    items: tuple[Expr, ...]
    type: ValueType
    span: Span


@dataclass(frozen=True, slots=True)
class Quantified:
    """`function(item for variable in parts where condition)`; the item of `count` is None."""

    function: Literal["any", "all", "count", "sum", "min", "max"]
    variable: str
    base: Base
    kind: str
    part: str
    of: str
    item: Expr | None
    where: Expr | None
    type: ValueType
    span: Span


@dataclass(frozen=True, slots=True)
class TableValue:
    """The value of the row of a decision table that holds; `rows` are conditions with their values."""

    rows: tuple[tuple[Expr, Expr], ...]
    type: ValueType
    span: Span


Expr = (
    Const
    | Unknown
    | AsOf
    | FactRef
    | DerivedRef
    | RuleRef
    | ParameterRef
    | Total
    | Lookup
    | Not
    | Junction
    | AtLeast
    | Compare
    | In
    | Intersects
    | Arithmetic
    | Scale
    | DateShift
    | DateDifference
    | Choice
    | Function
    | Quantified
    | TableValue
)


def children(expr: Expr) -> tuple[Expr, ...]:
    """The expressions that an expression is made of, in the order written."""
    match expr:
        case Lookup(keys=items) | Junction(items=items) | Function(items=items):
            return items
        case Not(item=item) | Scale(item=item):
            return (item,)
        case AtLeast(count=count, items=items):
            return (count, *items)
        case Compare(left=left, right=right) | Arithmetic(left=left, right=right) | DateDifference(left=left, right=right):
            return (left, right)
        case In(item=item, options=options):
            return (item, *options)
        case Intersects(container=container):
            return (container,)
        case DateShift(day=day, amount=amount):
            return (day, amount)
        case Choice(then=then, condition=condition, otherwise=otherwise):
            return (then, condition, otherwise)
        case Quantified(item=item, where=where):
            return tuple(part for part in (item, where) if part is not None)
        case TableValue(rows=rows):
            return tuple(part for row in rows for part in row)
        case _:
            return ()


def walk(expr: Expr) -> Iterator[Expr]:
    """An expression and everything in it."""
    pending = [expr]
    while pending:
        item = pending.pop()
        yield item
        pending.extend(reversed(children(item)))


def key_of(expr: object) -> str:
    """What is the same expression in two places: its form and all that it names, without its spans."""
    if isinstance(expr, tuple):
        return f"({', '.join(key_of(item) for item in expr)})"
    if not is_dataclass(expr) or isinstance(expr, type):
        return repr(sorted(expr)) if isinstance(expr, frozenset) else repr(expr)
    parts = (key_of(getattr(expr, part.name)) for part in fields(expr) if part.name not in ("span", "written", "type"))
    return f"{type(expr).__name__}({', '.join(parts)})"
