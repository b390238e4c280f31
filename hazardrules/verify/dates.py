"""Days as numbers, and calendar spans on days that are not fixed.

A calendar span is not a number of days. Where the result is compared with a fixed day, the comparison is turned into
one of the day itself, exactly: adding a span never turns two days round. Elsewhere the result is some day within
the least and the greatest length that the span can have.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from hazardrules.engines.reference import shift

if TYPE_CHECKING:
    from collections.abc import Callable

    from hazardrules.model.values import CalendarSpan

EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)
"""The days that a submitted fact is taken to lie between."""
_DAY = 86_400
_SHORTEST = (0, 28, 59, 89, 120, 150, 181, 212, 242, 273, 303, 334)
_LONGEST = (0, 31, 62, 92, 123, 153, 184, 215, 245, 276, 306, 337)


def number_of(day: date) -> int:
    """A day as its ordinal, a moment in seconds."""
    if isinstance(day, datetime):
        return day.toordinal() * _DAY + day.hour * 3600 + day.minute * 60 + day.second
    return day.toordinal()


def day_of(number: int) -> date | None:
    """The day with an ordinal; None outside of the calendar."""
    return date.fromordinal(number) if 1 <= number <= date.max.toordinal() else None


def moment_of(number: int) -> datetime:
    """The moment with a number of seconds."""
    return datetime.fromordinal(number // _DAY) + timedelta(seconds=number % _DAY)


def first_day_reaching(wanted: int, span: CalendarSpan, sign: int, working_day: Callable[[date], bool | None]) -> int | None:
    """The first day from which a span leads to a day (an ordinal) or beyond; None where the calendar cannot tell.

    A day leads to `wanted` or beyond where it is the answer or later, since adding a span never turns two days round.
    """
    low, high = EARLIEST.toordinal() - 1, LATEST.toordinal() + 1  # low does not reach it, high does
    if span.working_days:  # the calendar covers few years: look near the day alone
        reach = 40 + 4 * span.working_days + 31 * abs(span.months) + abs(span.days)
        low, high = (wanted - reach, wanted) if sign > 0 else (wanted - 1, wanted + reach)
    while high - low > 1:
        middle = (low + high) // 2
        day = day_of(middle)
        moved = shift(day, span, sign, working_day) if day is not None else None
        if moved is None:
            return None
        if moved.toordinal() >= wanted:
            high = middle
        else:
            low = middle
    return high


def lengths(span: CalendarSpan) -> tuple[int, int]:
    """The least and the greatest number of days that the months and days of a span can have."""
    years, months = divmod(span.months, 12)
    least = 365 * years + max(0, years // 4 - 1 - years // 100) + _SHORTEST[months]  # a century may lack its leap day
    most = 365 * years + -(-years // 4) + _LONGEST[months]
    return least + span.days, most + span.days


def working_lengths(
    span: CalendarSpan, sign: int, years: tuple[int, int], working_day: Callable[[date], bool | None]
) -> tuple[int, int] | None:
    """The least and the greatest number of days that a span with working days has in the years that the calendar covers."""
    found: list[int] = []
    for number in range(date(years[0] - 1, 12, 1).toordinal(), date(years[1] + 1, 1, 31).toordinal()):
        moved = shift(date.fromordinal(number), span, sign, working_day)
        if moved is not None:
            found.append((moved.toordinal() - number) * sign)
    return (min(found), max(found)) if found else None
