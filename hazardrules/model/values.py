"""Values and their logic: exact numbers, three-valued truth, intervals, calendar spans."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Number = int | Fraction
"""An exact number; whole numbers are always `int`."""

Truth = bool | None
"""`True`, `False`, or `None`: not known yet."""


def normalise(value: Number) -> Number:
    """A whole fraction as an `int`, so that equal numbers look and print alike."""
    if value.__class__ is not int and value.denominator == 1:  # asking for the class is sooner than `isinstance`
        return value.numerator
    return value


SHORT = 15
"""Decimals of so many digits, and no more, are told apart by their nearest floats."""
_SCALES = {2**twos * 5**fives: 10 ** max(twos, fives) // (2**twos * 5**fives) for twos in range(SHORT) for fives in range(SHORT)}
"""By denominator: times what a numerator is whole without it, in as few decimal places as possible."""


class ShortDecimal(Fraction):
    """A decimal of at most fifteen digits, with its nearest float.

    Rounding keeps the order, and no two such decimals have the same float: comparing their floats compares them.

    Attributes:
        near: The nearest float.
    """

    __slots__ = ("near",)

    near: float

    def __new__(cls, numerator: Any = 0, denominator: int | None = None) -> ShortDecimal:  # noqa: PYI034 - nobody derives from it
        """As for a fraction.

        Raises:
            ValueError: It has more digits, or is no decimal.
        """
        found = super().__new__(cls, numerator, denominator)
        if not is_short(found):
            raise ValueError(f"{Fraction(found)} is no decimal of {SHORT} digits")
        found.near = found.numerator / found.denominator
        return found


def is_short(value: Number) -> bool:
    """Whether a number is a decimal of at most fifteen digits."""
    scale = _SCALES.get(value.denominator)
    return scale is not None and -(10**SHORT) < value.numerator * scale < 10**SHORT


def shortened(value: Number) -> Number:
    """The same number, with its float where that says it all."""
    if value.__class__ is not Fraction or not is_short(value):
        return value
    return ShortDecimal(value.numerator, value.denominator)


def negate(truth: Truth) -> Truth:
    """Kleene's not."""
    return None if truth is None else not truth


def conjoin(truths: Iterable[Truth]) -> Truth:
    """Kleene's and: false where one is false, true where all are true."""
    result: Truth = True
    for truth in truths:
        if truth is False:
            return False
        if truth is None:
            result = None
    return result


def disjoin(truths: Iterable[Truth]) -> Truth:
    """Kleene's or: true where one is true, false where all are false."""
    result: Truth = False
    for truth in truths:
        if truth is True:
            return True
        if truth is None:
            result = None
    return result


@dataclass(frozen=True, slots=True)
class Interval:
    """A number known only within bounds, both included; None where a bound is not known."""

    low: Number | None
    high: Number | None


@dataclass(frozen=True, slots=True)
class CalendarSpan:
    """A duration that only a calendar can measure: `1 year`, `3 months`, `5 working days`."""

    months: int = 0
    days: int = 0
    working_days: int = 0

    def negated(self) -> CalendarSpan:
        """The same span backwards."""
        return CalendarSpan(-self.months, -self.days, -self.working_days)


def add_months(day: date, months: int) -> date:
    """The same day of the month so many months later, or the last day of a shorter month."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return day.replace(year=year, month=month + 1, day=min(day.day, last))


def add_working_days(day: date, count: int, is_working_day: Callable[[date], bool | None]) -> date | None:
    """The day so many working days after a day; None where the calendar does not cover a day on the way."""
    step = timedelta(days=1 if count >= 0 else -1)
    for _ in range(abs(count)):
        while True:
            day += step
            working = is_working_day(day)
            if working is None:
                return None
            if working:
                break
    return day


def add_span(day: date, span: CalendarSpan, is_working_day: Callable[[date], bool | None]) -> date | None:
    """A day plus a calendar span: months first, then days, then working days.

    Returns:
        The day (a datetime keeps its time of day), or None where it leaves the calendar (years 1 to 9999) or needs
        working days of a year that the rulebook's calendar does not cover.
    """
    try:
        moved = add_months(day, span.months) + timedelta(days=span.days)
        return add_working_days(moved, span.working_days, is_working_day) if span.working_days else moved
    except (ValueError, OverflowError):
        return None


def seconds_between(later: date, earlier: date) -> Number:
    """The time from one day or moment to another, in seconds, exactly."""
    gap = _moment(later) - _moment(earlier) if isinstance(later, datetime) or isinstance(earlier, datetime) else later - earlier
    return normalise(Fraction(gap // timedelta(microseconds=1), 1_000_000))


def _moment(day: date) -> datetime:
    return day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)  # noqa: DTZ001 - facts carry local time
