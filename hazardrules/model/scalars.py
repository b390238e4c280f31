"""Text -> values: the one place that knows how people write numbers, quantities, truth, days and times."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from hazardrules.model.units import find_unit
from hazardrules.model.values import CalendarSpan, normalise

if TYPE_CHECKING:
    from hazardrules.model.units import Unit
    from hazardrules.model.values import Number

MAX_DIGITS = 40
"""More digits than any measurement has; a longer number is refused rather than computed with."""

_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_SPLIT = re.compile(r"([+-]?[\d,]+(?:\.\d+)?(?:[eE][+-]?\d+(?![\w.]))?)\s*(\S.*)", re.ASCII)
_TRUE = frozenset(("true", "yes", "是", "有"))
_FALSE = frozenset(("false", "no", "否", "无"))
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})|(\d{4})年(\d{1,2})月(\d{1,2})日")
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)")
_ISO_SPAN = re.compile(r"P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,5})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?")
_SPAN = re.compile(r"(\d{1,5})\s*(years?|months?|working\s+days?|个工作日|工作日|个月|年)")


def _ascii_digits(text: str) -> str:
    """Full-width digits and signs as ASCII; nothing else changes."""
    return unicodedata.normalize("NFKC", text).replace("−", "-").strip() if not text.isascii() else text.strip()


def read_number(text: str) -> Number | None:
    """A plain number: `300`, `1,000`, `0.5`, `1e3`, `３００`; None where the text is none or is absurdly long."""
    plain = _ascii_digits(text)
    if len(plain) > MAX_DIGITS or not _NUMBER.fullmatch(plain):
        return None
    value = Decimal(plain.replace(",", ""))
    if abs(value.adjusted()) > MAX_DIGITS:
        return None
    return normalise(Fraction(value))


def read_quantity(text: str) -> tuple[Number, Unit] | None:
    """A number with a unit: `3.5 t`, `3500kg`, `30 %`, `3.5吨`; None where either is missing or unknown."""
    found = _SPLIT.fullmatch(text.strip()) or _SPLIT.fullmatch(_ascii_digits(text))
    if found is None:
        found = _SPLIT.fullmatch("".join(_ascii_digits(char) if char.isdigit() or char in ".．" else char for char in text.strip()))
    if found is None:
        return None
    value = read_number(found.group(1))
    unit = find_unit(found.group(2))
    return None if value is None or unit is None else (value, unit)


def read_bool(text: str) -> bool | None:
    """`true` `yes` `是` `有`, `false` `no` `否` `无`; None where it is neither."""
    word = text.strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def read_date(text: str) -> date | None:
    """A day: `2021-12-02` or `2021年12月2日`."""
    found = _DAY.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day = (int(group) for group in found.groups() if group)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def read_datetime(text: str) -> datetime | None:
    """A moment in local time: `2021-12-02T08:30`."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return None
    try:
        return datetime.fromisoformat(f"{found.group(1)}T{found.group(2)}")
    except ValueError:
        return None


def read_span(text: str) -> CalendarSpan | None:
    """A calendar span: `15 days`, `3 months`, `1 year`, `5 working days`, `P15D`, `P1Y6M`; also in Chinese."""
    plain = text.strip()
    found = _ISO_SPAN.fullmatch(plain)
    if found and any(found.groups()) and not any(found.groups()[4:]):
        years, months, weeks, days = (int(group or 0) for group in found.groups()[:4])
        return CalendarSpan(months=12 * years + months, days=7 * weeks + days)
    named = _SPAN.fullmatch(plain)
    if named:
        count, word = int(named.group(1)), named.group(2)
        if "working" in word or "工作日" in word:
            return CalendarSpan(working_days=count)
        return CalendarSpan(months=count * 12 if word.startswith("year") or word == "年" else count)
    quantity = read_quantity(plain)
    if quantity is None or quantity[1].dimension != (("s", 1),):
        return None
    days_exact = quantity[0] * quantity[1].factor / 86400
    return CalendarSpan(days=int(days_exact)) if days_exact.denominator == 1 else None


def read_duration(text: str) -> Number | None:
    """A time of fixed length in seconds: `2 h`, `90 min`, `PT2H`, `P1DT12H`, `15 days`."""
    plain = text.strip()
    found = _ISO_SPAN.fullmatch(plain)
    if found and any(found.groups()) and not any(found.groups()[:2]):
        weeks, days, hours, minutes, seconds = (int(group or 0) for group in found.groups()[2:])
        return ((weeks * 7 + days) * 24 + hours) * 3600 + minutes * 60 + seconds
    quantity = read_quantity(plain)
    if quantity is None or quantity[1].dimension != (("s", 1),):
        return None
    return normalise(quantity[0] * quantity[1].factor)
