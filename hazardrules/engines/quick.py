"""Short cuts of the generated engine; each gives exactly what `model.intervals` gives, sooner.

Comparisons of a fact with constants of the law are made in floats where that cannot change the answer: rounding to the
nearest float keeps the order, so only a fact that rounds to the float of a constant must be compared exactly.
"""

from __future__ import annotations

import math
import operator
from datetime import date
from fractions import Fraction
from itertools import pairwise
from math import gcd
from typing import TYPE_CHECKING, Any

from hazardrules.engines.reference import shift
from hazardrules.model import intervals
from hazardrules.model.values import Interval, ShortDecimal, normalise, seconds_between

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hazardrules.model.intervals import Amount
    from hazardrules.model.values import Number, Truth

_new = object.__new__
MAX_DAYS = 4096
"""So many days are remembered with what they are shifted to."""
_PLAIN: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def ratio(numerator: int, denominator: int) -> Number:
    """The exact quotient of two whole numbers, the second above zero; ten times sooner than `Fraction` makes it."""
    common = gcd(numerator, denominator)
    if common == denominator:
        return numerator // denominator
    found = _new(Fraction)
    # the two slots of a fraction are all there is to it, and have been since Python 2.6; a test watches them
    found._numerator = numerator // common  # type: ignore[attr-defined]  # noqa: SLF001
    found._denominator = denominator // common  # type: ignore[attr-defined]  # noqa: SLF001
    return found


def add(left: Amount, right: Amount) -> Amount:
    """The sum."""
    if left is None or right is None:
        return None
    if left.__class__ is Interval or right.__class__ is Interval:
        return intervals.add(left, right)
    if left.__class__ is int and right.__class__ is int:
        return left + right
    (a, b), (c, d) = left.as_integer_ratio(), right.as_integer_ratio()  # type: ignore[union-attr]  # see above
    return ratio(a * d + c * b, b * d)


def subtract(left: Amount, right: Amount) -> Amount:
    """The difference."""
    if left is None or right is None:
        return None
    if left.__class__ is Interval or right.__class__ is Interval:
        return intervals.subtract(left, right)
    if left.__class__ is int and right.__class__ is int:
        return left - right
    (a, b), (c, d) = left.as_integer_ratio(), right.as_integer_ratio()  # type: ignore[union-attr]  # see above
    return ratio(a * d - c * b, b * d)


def multiply(left: Amount, right: Amount) -> Amount:
    """The product; zero times anything is zero."""
    if left.__class__ is Interval or right.__class__ is Interval:
        return intervals.multiply(left, right)
    if left is None or right is None:
        return 0 if left == 0 or right == 0 else None
    (a, b), (c, d) = left.as_integer_ratio(), right.as_integer_ratio()  # type: ignore[union-attr]  # both are numbers
    return ratio(a * c, b * d)


def divide(left: Amount, right: Amount) -> Amount:
    """The quotient; not known where the divisor is or may be zero."""
    if right is None or right == 0:
        return None
    if left is None or left.__class__ is Interval or right.__class__ is Interval:
        return intervals.divide(left, right)
    (a, b), (c, d) = left.as_integer_ratio(), right.as_integer_ratio()  # type: ignore[union-attr]  # both are numbers
    return ratio(a * d, b * c) if c > 0 else ratio(-a * d, b * -c)


def scale(amount: Amount, factor: Fraction) -> Amount:
    """An amount in another unit; factors are positive."""
    if amount is None:
        return None
    if amount.__class__ is Interval:
        return intervals.scale(amount, factor)
    (a, b), (c, d) = amount.as_integer_ratio(), factor.as_integer_ratio()  # type: ignore[union-attr]  # a number
    return ratio(a * c, b * d)


class Shift(dict[date | None, date | None]):
    """Days and moments, shifted by a value of the law; computed once each."""

    __slots__ = ("amount", "sign", "working_day")

    def __init__(self, amount: Any, sign: int, working_day: Callable[[date], bool | None]) -> None:
        """By how much, forwards or backwards, and what tells working days."""
        super().__init__({None: None})
        self.amount, self.sign, self.working_day = amount, sign, working_day

    def __missing__(self, day: date) -> date | None:
        """Compute it, and remember."""
        found = shift(day, self.amount, self.sign, self.working_day)
        if len(self) < MAX_DAYS:
            self[day] = found
        return found


def shifted(day: date | None, amount: Any, sign: int, working_day: Callable[[date], bool | None]) -> date | None:
    """A day or moment, shifted by an amount that is known or not."""
    if day is None or amount is None or amount.__class__ is Interval:
        return None
    return shift(day, amount, sign, working_day)


def between(later: date | None, earlier: date | None, unit: Fraction) -> Number | None:
    """The time between two days or moments, in a unit of so many seconds."""
    if later is None or earlier is None:
        return None
    if later.__class__ is date and earlier.__class__ is date:
        whole = (later - earlier).days * 86400
        return ratio(whole * unit.denominator, unit.numerator)
    return normalise(Fraction(seconds_between(later, earlier)) / unit)


def hull(left: Amount, right: Amount) -> Amount:
    """What is known of a number that is one or the other."""
    return None if left is None or right is None else intervals.hull(left, right)


def compare(op: str, left: Amount, right: Amount) -> Truth:
    """A comparison, decided where the bounds decide it."""
    if left is None or right is None:
        return None
    if left.__class__ is Interval or right.__class__ is Interval:
        return _bounded(op, left, right)
    (a, b), (c, d) = left.as_integer_ratio(), right.as_integer_ratio()  # type: ignore[union-attr]  # both are numbers
    return _PLAIN[op](a * d, c * b)


def _bounded(op: str, left: Amount, right: Amount) -> Truth:
    """A comparison of amounts of which one is known within bounds only."""
    if op in (">", "<="):  # the mirror images of the other two
        left, right = right, left
    elif op not in ("<", ">="):
        return intervals.compare(op, left, right)
    is_negated = op in (">=", "<=")
    least, most = (left.low, left.high) if left.__class__ is Interval else (left, left)
    low, high = (right.low, right.high) if right.__class__ is Interval else (right, right)
    if most is not None and low is not None and most < low:  # type: ignore[operator]  # numbers
        return not is_negated
    if least is not None and high is not None and least >= high:  # type: ignore[operator]  # numbers
        return is_negated
    return None


def marks(constants: Iterable[Number]) -> dict[float, Number] | None:
    """The constants that a fact is compared with, by their floats.

    Returns:
        None where floats cannot stand for them: two are the same or neighbouring floats, one is too large, one is an
        integer or a fraction whose float says otherwise.
    """
    found: dict[float, Number] = {}
    for constant in constants:
        try:
            rounded = constant.numerator / constant.denominator
        except OverflowError:
            return None
        if rounded in found or (rounded.is_integer() and rounded != constant):
            return None
        found[rounded] = constant
    ordered = sorted(found)
    if any(math.nextafter(low, math.inf) >= high for low, high in pairwise(ordered)):
        return None
    return found


def bounds(amount: Amount, marked: Mapping[float, Number] | None) -> tuple[Number | float, Number | float]:
    """The least and the greatest value of an amount, as `near` gives them."""
    if amount is None:
        return -math.inf, math.inf
    if isinstance(amount, Interval):
        low = -math.inf if amount.low is None else near(amount.low, marked)
        return low, (math.inf if amount.high is None else near(amount.high, marked))
    found = near(amount, marked)
    return found, found


def near(value: Number, marked: Mapping[float, Number] | None) -> Number | float:
    """A float that stands to each marked constant's float as the value stands to the constant; without marks the value."""
    if marked is None:
        return value
    if value.__class__ is ShortDecimal:
        mark = marked.get(value.near)
        if mark is None:
            return value.near
    try:
        rounded = value.numerator / value.denominator
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    mark = marked.get(rounded)
    if mark is None or mark == value:
        return rounded
    return math.nextafter(rounded, math.inf if value > mark else -math.inf)
