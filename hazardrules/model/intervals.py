"""Arithmetic on numbers that are known, known within bounds, or not known at all.

A number is an `int` or `Fraction`; an `Interval` has at least one known bound; `None` is any number at all.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from hazardrules.model.values import Interval, Number, normalise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hazardrules.model.values import Truth

Amount = Number | Interval | None
MAX_BITS = 50_000
_GRID = 10**3000
_Bound = int | Fraction | float
"""A bound; the only floats are plus and minus infinity, and comparisons with them are exact."""


def bounds(amount: Amount) -> tuple[_Bound, _Bound]:
    """The least and the greatest value that an amount can have."""
    if amount is None:
        return -math.inf, math.inf
    if isinstance(amount, Interval):
        return (-math.inf if amount.low is None else amount.low), (math.inf if amount.high is None else amount.high)
    return amount, amount


def between(low: _Bound, high: _Bound) -> Amount:
    """The amount with these bounds."""
    if low == high and not isinstance(low, float):
        return normalise(low)
    lower = None if isinstance(low, float) else normalise(low)
    upper = None if isinstance(high, float) else normalise(high)
    return None if lower is None and upper is None else Interval(lower, upper)


def add(left: Amount, right: Amount) -> Amount:
    """The sum."""
    (a, b), (c, d) = bounds(left), bounds(right)
    return between(a + c, b + d)


def subtract(left: Amount, right: Amount) -> Amount:
    """The difference."""
    (a, b), (c, d) = bounds(left), bounds(right)
    return between(a - d, b - c)


def _times(left: _Bound, right: _Bound) -> _Bound:
    return 0 if left == 0 or right == 0 else left * right


def multiply(left: Amount, right: Amount) -> Amount:
    """The product."""
    products = [_times(a, b) for a in bounds(left) for b in bounds(right)]
    return between(min(products), max(products))


def divide(left: Amount, right: Amount) -> Amount:
    """The quotient; not known where the divisor is or may be zero."""
    low, high = bounds(right)
    if low <= 0 <= high:
        return None
    inverses = [0 if isinstance(bound, float) else Fraction(1) / bound for bound in (high, low)]
    products = [_times(a, b) for a in bounds(left) for b in inverses]
    return between(min(products), max(products))


def scale(amount: Amount, factor: Fraction) -> Amount:
    """An amount in another unit; factors are positive."""
    low, high = bounds(amount)
    return between(low * factor if not isinstance(low, float) else low, high * factor if not isinstance(high, float) else high)


def coarse(amount: Amount) -> Amount:
    """An amount itself, or the bounds next to it where it became too fine to compute with: a sum of thousands of odd quotients."""
    low, high = bounds(amount)
    if all(bound.denominator.bit_length() <= MAX_BITS for bound in (low, high) if not isinstance(bound, float)):
        return amount
    lower = low if isinstance(low, float) else Fraction(math.floor(low * _GRID), _GRID)
    upper = high if isinstance(high, float) else Fraction(math.ceil(high * _GRID), _GRID)
    return between(lower, upper)


def least(amounts: Iterable[Amount]) -> Amount:
    """The smallest of some amounts."""
    pairs = [bounds(amount) for amount in amounts]
    return between(min(low for low, _ in pairs), min(high for _, high in pairs))


def greatest(amounts: Iterable[Amount]) -> Amount:
    """The largest of some amounts."""
    pairs = [bounds(amount) for amount in amounts]
    return between(max(low for low, _ in pairs), max(high for _, high in pairs))


def absolute(amount: Amount) -> Amount:
    """The size without the sign."""
    low, high = bounds(amount)
    if low <= 0 <= high:
        return between(0, max(-low, high))
    sizes: list[_Bound] = sorted((low if low > 0 else -low, high if high > 0 else -high))
    return between(sizes[0], sizes[1])


def rounded(amount: Amount, *, up: bool) -> Amount:
    """The whole number below (or above)."""
    low, high = bounds(amount)
    step = math.ceil if up else math.floor
    return between(low if isinstance(low, float) else step(low), high if isinstance(high, float) else step(high))


def hull(left: Amount, right: Amount) -> Amount:
    """What is known of a number that is one or the other."""
    (a, b), (c, d) = bounds(left), bounds(right)
    return between(min(a, c), max(b, d))


def compare(op: str, left: Amount, right: Amount) -> Truth:
    """A comparison, decided where the bounds decide it."""
    (a, b), (c, d) = bounds(left), bounds(right)
    match op:
        case "<":
            return True if b < c else False if a >= d else None
        case "<=":
            return True if b <= c else False if a > d else None
        case ">":
            return True if a > d else False if b <= c else None
        case ">=":
            return True if a >= d else False if b < c else None
    same = False if b < c or d < a else True if a == b == c == d else None
    return same if op == "==" or same is None else not same
