"""The tree of an expression as it was written: names are not yet resolved, every node knows where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date
    from fractions import Fraction

    from hazardrules.model.values import CalendarSpan
    from hazardrules.source import Span

CompareOp = Literal["<", "<=", ">", ">=", "==", "!="]


@dataclass(frozen=True, slots=True)
class Number:
    """A number, perhaps with the spelling of its unit."""

    value: int | Fraction
    unit: str | None
    written: str
    span: Span


@dataclass(frozen=True, slots=True)
class SpanLiteral:
    """A calendar duration: `1 year`, `5 working days`."""

    value: CalendarSpan
    written: str
    span: Span


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted text."""

    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class Day:
    """A date literal."""

    value: date
    span: Span


@dataclass(frozen=True, slots=True)
class Flag:
    """`true` or `false`."""

    value: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    """An id with dots, or a label; what it stands for is decided by resolution."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    item: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Junction:
    """`and` / `or` over two or more items."""

    op: Literal["and", "or"]
    items: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Threshold:
    """`at_least` / `at_most` so many of the items hold."""

    op: Literal["at_least", "at_most"]
    count: Expr
    items: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Comparison:
    """A chain of comparisons: `a <= b < c` has three operands and two operators."""

    operands: tuple[Expr, ...]
    ops: tuple[CompareOp, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Membership:
    """`x in {a, b}`."""

    item: Expr
    options: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Contains:
    """`set contains value`."""

    container: Expr
    item: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Intersects:
    """`set intersects {a, b}`."""

    container: Expr
    options: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`+ - * /`."""

    op: Literal["+", "-", "*", "/"]
    left: Expr
    right: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Negative:
    """Unary minus."""

    item: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Choice:
    """`a if condition else b`."""

    then: Expr
    condition: Expr
    otherwise: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """A function or a table look-up."""

    function: str
    arguments: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Comprehension:
    """`function(item for variable in parts where condition)`."""

    function: str
    item: Expr
    variable: str
    parts: Name
    where: Expr | None
    span: Span


Expr = (
    Number
    | SpanLiteral
    | Text
    | Day
    | Flag
    | Name
    | Not
    | Junction
    | Threshold
    | Comparison
    | Membership
    | Contains
    | Intersects
    | Arithmetic
    | Negative
    | Choice
    | Call
    | Comprehension
)


@dataclass(frozen=True, slots=True)
class Range:
    """The value of an action's parameter: one bound, or both, either of them open."""

    low: Expr | None
    high: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class AnyCell:
    """A table cell that matches everything."""

    span: Span


@dataclass(frozen=True, slots=True)
class ElseCell:
    """The first condition cell of the row that closes the gaps."""

    span: Span


@dataclass(frozen=True, slots=True)
class ComparisonCell:
    """`>= 3`."""

    op: CompareOp
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class IntervalCell:
    """`[a, b)`."""

    low: Expr
    low_closed: bool
    high: Expr
    high_closed: bool
    span: Span


@dataclass(frozen=True, slots=True)
class OptionsCell:
    """One value or several: `coach`, `{coach, truck}`."""

    options: tuple[Expr, ...]
    negated: bool
    span: Span


Cell = AnyCell | ElseCell | ComparisonCell | IntervalCell | OptionsCell
