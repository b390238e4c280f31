"""Numbers of many rows: floats with a bound on their error, known within bounds or not at all, as in `model.intervals`.

A comparison is decided where the error cannot change it; the other rows are told to whoever asked.

Source:
    The standard model of floating-point arithmetic: each operation is off by at most `UNIT` of its result.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from hazardrules.columnar.tape import pack, unpack
from hazardrules.model import intervals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hazardrules.columnar.columns import Column
    from hazardrules.columnar.tape import Array

UNIT = 2.0**-53
SAFETY = 1.001
"""The bounds are computed in floats themselves."""
SMALLEST = 1e-290
"""Added where a result may have been rounded to zero."""
WHOLE = 2.0**53


@dataclass(frozen=True, slots=True, eq=False)
class Amounts:
    """The least and the greatest value of a number, for each row.

    Attributes:
        low: Minus infinity where there is no bound.
        high: The same array as `low` where every row has one value.
        error: Neither is further off than this; a number for all rows, or an array.
        whole: Both are integers, so that sums and products of them are exact as long as they are not huge.
    """

    low: Array
    high: Array
    error: Any
    whole: bool = False

    @property
    def is_point(self) -> bool:
        """Every row has one value."""
        return self.low is self.high


def _finite(values: Array) -> Array:
    return np.where(np.isinf(values), 0.0, np.abs(values))


def _size(low: Array, high: Array) -> Array:
    return np.abs(low) if low is high else np.maximum(_finite(low), _finite(high))


def _rounded(low: Array, high: Array, error: Any, whole: bool) -> Amounts:
    """The result of an operation, whose own rounding comes on top of the error that was handed on."""
    size = _size(low, high)
    if whole:
        if not np.any(size >= WHOLE):
            return Amounts(low, high, error, whole)
        return Amounts(low, high, error + size * UNIT)
    return Amounts(low, high, error + (size * UNIT + SMALLEST))


def constant(value: Any) -> Amounts:
    """A value of the law: a number, an interval, or None."""
    low, high = intervals.bounds(value)
    near = [np.float64(_near(bound)) for bound in (low, high)]
    exact = all(
        isinstance(bound, float) or _is_exactly(float(found), bound) for bound, found in zip((low, high), near, strict=True)
    )
    error = 0.0 if exact else float(_size(*near)) * UNIT + SMALLEST
    if any(math.isinf(found) and not isinstance(bound, float) for bound, found in zip((low, high), near, strict=True)):
        error = math.inf
    whole = exact and all(math.isinf(found) or float(found).is_integer() for found in near)
    return Amounts(near[0], near[0] if low == high else near[1], error, whole)


def _is_exactly(near: float, bound: Any) -> bool:
    return math.isfinite(near) and Fraction(near) == bound


def _near(bound: Any) -> float:
    if isinstance(bound, float):
        return bound
    try:
        return float(bound.numerator / bound.denominator)
    except OverflowError:
        return math.inf if bound > 0 else -math.inf


def of_column(column: Column | None, count: int, limits: tuple[Any, Any] | None) -> Amounts:
    """A submitted number.

    Args:
        column: The column; None where nothing is known.
        count: How many rows.
        limits: What is known of a number that was not submitted: its declared minimum and maximum.
    """
    least, most = limits or (None, None)
    bounds = constant(intervals.between(-math.inf if least is None else least, math.inf if most is None else most))
    if column is None:
        return Amounts(np.full(count, bounds.low), np.full(count, bounds.high), bounds.error, bounds.whole)
    values, exact = column.floats()
    error: Any = 0.0 if exact else np.abs(values) * UNIT
    if column.known is None:
        return Amounts(values, values, error, exact)
    known = unpack(column.known, count)
    if not exact:
        error = np.where(known, error, bounds.error)
    low, high = np.where(known, values, bounds.low), np.where(known, values, bounds.high)
    return Amounts(low, high, error, exact and bounds.whole)


def of_table(values: Sequence[Any], codes: Array) -> Amounts:
    """Numbers that are taken from few: for each row which."""
    each = [constant(value) for value in values]
    low = np.array([float(found.low) for found in each])[codes]
    high = np.array([float(found.high) for found in each])[codes]
    error = np.array([found.error for found in each])
    point = all(found.is_point for found in each)
    return Amounts(low, low if point else high, error[codes] if error.any() else 0.0, all(found.whole for found in each))


# arithmetic


def add(left: Amounts, right: Amounts) -> Amounts:
    """The sum."""
    low = left.low + right.low
    high = low if left.is_point and right.is_point else left.high + right.high
    return _rounded(low, high, left.error + right.error, left.whole and right.whole)


def negative(amounts: Amounts) -> Amounts:
    """The same with the other sign."""
    low = -amounts.high
    return Amounts(low, low if amounts.is_point else -amounts.low, amounts.error, amounts.whole)


def subtract(left: Amounts, right: Amounts) -> Amounts:
    """The difference."""
    return add(left, negative(right))


def multiply(left: Amounts, right: Amounts) -> Amounts:
    """The product; zero times anything is zero."""
    with np.errstate(invalid="ignore"):
        error = _size(left.low, left.high) * right.error + _size(right.low, right.high) * left.error + left.error * right.error
    error = np.where(np.isnan(error), np.inf, error) if np.any(np.isnan(error)) else error
    whole = left.whole and right.whole
    if left.is_point and right.is_point and _all_finite(left.low) and _all_finite(right.low):
        with np.errstate(over="ignore"):
            low = left.low * right.low
        if _all_finite(low):
            return _rounded(low, low, error, whole)
    products, doubt = [], np.False_
    for one in (left.low, left.high):
        for other in (right.low, right.high):
            found, unsure = _times(one, left.error, other, right.error)
            products.append(found)
            doubt = doubt | unsure
    low, high = np.minimum.reduce(products), np.maximum.reduce(products)
    return _rounded(low, high, np.where(doubt, np.inf, error) if np.any(doubt) else error, whole)


def _all_finite(values: Array) -> bool:
    return bool(np.isfinite(values).all())


def _times(one: Array, one_error: Any, other: Array, other_error: Any) -> tuple[Array, Array]:
    """A product of bounds, and where it is not known whether an unbounded side is multiplied by zero."""
    with np.errstate(invalid="ignore", over="ignore"):
        product = one * other
    product = np.where(np.isnan(product), 0.0, product)
    too_large = np.isinf(product) & np.isfinite(one) & np.isfinite(other)
    near_zero = too_large | np.isinf(other) & (np.abs(one) <= one_error * SAFETY) & (np.asarray(one_error) > 0)
    near_zero |= np.isinf(one) & (np.abs(other) <= other_error * SAFETY) & (np.asarray(other_error) > 0)
    return product, near_zero


def divide(left: Amounts, right: Amounts) -> Amounts:
    """The quotient; not known where the divisor is or may be zero."""
    slack = right.error * SAFETY
    zero = (right.low <= 0) & (right.high >= 0)
    with np.errstate(invalid="ignore"):
        surely_zero = (right.low + slack <= 0) & (right.high - slack >= 0)
        doubt = (right.low - slack <= 0) & (right.high + slack >= 0) & (np.asarray(slack) > 0) & ~surely_zero
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        least = np.where(np.isinf(right.high), 0.0, 1.0 / right.high)
        most = least if right.is_point else np.where(np.isinf(right.low), 0.0, 1.0 / right.low)
        gap = np.maximum(np.minimum(_above_zero(right.low), _above_zero(right.high)) - slack, 0.0)
        error = np.where(gap > 0, right.error / (gap * gap), np.inf)
    unknown = zero | doubt
    least, most = np.where(unknown, 1.0, least), np.where(unknown, 1.0, most)
    size = np.maximum(np.abs(least), np.abs(most))
    inverse = Amounts(least, least if right.is_point else most, np.where(unknown, 0.0, error + size * UNIT + SMALLEST))
    found = multiply(left, inverse)
    if not np.any(unknown):
        return found
    error = np.where(doubt, np.inf, np.where(zero, 0.0, found.error))
    return Amounts(np.where(unknown, -np.inf, found.low), np.where(unknown, np.inf, found.high), error)


def _above_zero(values: Array) -> Array:
    return np.abs(values)


def scale(amounts: Amounts, factor: Fraction) -> Amounts:
    """An amount in another unit; factors are positive."""
    return multiply(amounts, constant(factor))


def least(*items: Amounts) -> Amounts:
    """The smallest."""
    return _joined(np.minimum.reduce, np.minimum.reduce, items)


def greatest(*items: Amounts) -> Amounts:
    """The largest."""
    return _joined(np.maximum.reduce, np.maximum.reduce, items)


def hull(*items: Amounts) -> Amounts:
    """What is known of a number that is one of these."""
    return _joined(np.minimum.reduce, np.maximum.reduce, items)


def _joined(lower: Any, upper: Any, items: tuple[Amounts, ...]) -> Amounts:
    low = lower(_same_length([item.low for item in items]))
    point = lower is upper and all(item.is_point for item in items)
    high = low if point else upper(_same_length([item.high for item in items]))
    error = items[0].error
    for item in items[1:]:
        error = np.maximum(error, item.error)
    return Amounts(low, high, error, all(item.whole for item in items))


def _same_length(arrays: list[Array]) -> list[Array]:
    return list(np.broadcast_arrays(*arrays))


def absolute(amounts: Amounts) -> Amounts:
    """The size without the sign."""
    if amounts.is_point:
        size = np.abs(amounts.low)
        return Amounts(size, size, amounts.error, amounts.whole)
    one, other = np.abs(amounts.low), np.abs(amounts.high)
    low = np.where((amounts.low <= 0) & (amounts.high >= 0), 0.0, np.minimum(one, other))
    return Amounts(low, np.maximum(one, other), amounts.error, amounts.whole)


def rounded(amounts: Amounts, *, up: bool) -> Amounts:
    """The whole number below (or above)."""
    step = np.ceil if up else np.floor
    slack = amounts.error * SAFETY
    low, high = step(amounts.low), step(amounts.high)
    doubt = (step(amounts.low - slack) != step(amounts.low + slack)) | (step(amounts.high - slack) != step(amounts.high + slack))
    error = np.where(doubt, np.inf, 0.0) if np.any(doubt) else 0.0
    return Amounts(low, low if amounts.is_point else high, error, whole=isinstance(error, float))


def choose(count: int, items: Sequence[tuple[Array, Amounts]]) -> Amounts:
    """For each row the amount whose flag is set; not known where none is. Flags exclude one another."""
    low, high, error = np.full(count, -np.inf), np.full(count, np.inf), np.zeros(count)
    for flags, item in items:
        np.copyto(low, item.low, where=flags)
        np.copyto(high, item.high, where=flags)
        np.copyto(error, item.error, where=flags)
    return Amounts(low, high, error, all(item.whole for _, item in items))


def floor(amounts: Amounts) -> Amounts:
    """The whole number below."""
    return rounded(amounts, up=False)


def ceil(amounts: Amounts) -> Amounts:
    """The whole number above."""
    return rounded(amounts, up=True)


# comparison


def compare(op: str, left: Amounts, right: Amounts, count: int) -> tuple[Array, Array, Array | None]:
    """A comparison, decided where bounds and errors decide it.

    Returns:
        Surely, possibly (bool), and the rows in doubt, which are neither; None where there are none.
    """
    slack = (left.error + right.error) * SAFETY
    with np.errstate(invalid="ignore"):
        below = right.low - left.high  # above zero: surely less
        above = left.low - right.high  # above zero: surely greater
    match op:
        case "<":
            surely, never = below > 0, above >= 0
        case "<=":
            surely, never = below >= 0, above > 0
        case ">":
            surely, never = above > 0, below >= 0
        case ">=":
            surely, never = above >= 0, below > 0
        case _:
            surely, never = (below >= 0) & (above >= 0), (below > 0) | (above > 0)
            if op == "!=":
                surely, never = never, surely
    surely, possibly = _flags(surely, count), ~_flags(never, count)
    if not np.any(slack > 0):
        return surely, possibly, None
    doubt = _flags(((np.abs(below) <= slack) | (np.abs(above) <= slack)) & (np.asarray(slack) > 0), count)
    return (surely, possibly, doubt) if doubt.any() else (surely, possibly, None)


def _flags(flags: Any, count: int) -> Array:
    return flags if np.ndim(flags) else np.full(count, bool(flags), np.bool_)


def packed(surely: Array, possibly: Array) -> tuple[Array, Array]:
    """Both masks."""
    return pack(surely), pack(possibly)
