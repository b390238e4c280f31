"""Submitted numbers, exactly: a float means its shortest decimal, a quantity is converted to the unit of its fact."""

from __future__ import annotations

import enum
import math
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from numbers import Integral, Rational, Real
from typing import TYPE_CHECKING

from hazardrules.intake.problems import Refused, listed, shown
from hazardrules.model.scalars import MAX_DIGITS, read_duration, read_number, read_quantity
from hazardrules.model.units import SPELLINGS, Unit, convert, find_unit, same_dimension
from hazardrules.model.values import ShortDecimal, is_short, normalise, shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from hazardrules.intake.instance import Value
    from hazardrules.intake.problems import Hint
    from hazardrules.model.subjects import FactDeclaration
    from hazardrules.model.values import Number

    Reading = tuple[Value, str]
    FactReader = Callable[[object], Reading]

MAX_WORD = 200
"""Longer texts are no number, day or word."""

_LIMIT = 10**MAX_DIGITS
_CACHED = 4096


def unwrapped(value: object) -> object:
    """The plain value inside an enum member, a NumPy scalar other than a number, or a NumPy array."""
    if isinstance(value, enum.Enum):
        return value.value
    if type(value).__module__ == "numpy" and not isinstance(value, Real) and hasattr(value, "tolist"):
        return value.tolist()
    return value


@lru_cache(_CACHED)
def _exact_float(value: float) -> Number | None:
    found = read_number(float.__repr__(value))
    return None if found is None else shortened(found)


@lru_cache(_CACHED)
def _exact_text(text: str) -> Number | None:
    found = read_number(text)
    return None if found is None else shortened(found)


def exact_number(value: object) -> Number:
    """A number of Python as the exact number that it means; refuses truth, NaN, infinity and absurd sizes."""
    found: Number | None = None
    if isinstance(value, float):
        found = _exact_float(float(value))
    elif isinstance(value, bool):
        raise Refused("intake.not_number", {"given": shown(value)}, [("intake.hint.not_bool", {})])
    elif isinstance(value, Integral):
        whole = int(value)
        found = whole if -_LIMIT < whole < _LIMIT else None
    elif isinstance(value, Decimal):
        found = _exact_decimal(value)
    elif isinstance(value, Rational):
        ratio = Fraction(int(value.numerator), int(value.denominator))
        found = normalise(ratio) if max(abs(ratio.numerator), ratio.denominator) < _LIMIT else None
    elif isinstance(value, Real):
        found = read_number(str(value))
    else:
        raise Refused("intake.not_number", {"given": shown(value)})
    if found is None:
        is_nan = value.is_nan() if isinstance(value, Decimal) else isinstance(value, float) and math.isnan(value)
        hints: list[Hint] = [("intake.hint.unknown", {})] if is_nan else []
        raise Refused("intake.not_finite", {"given": shown(value), "digits": MAX_DIGITS}, hints)
    return found


def _exact_decimal(value: Decimal) -> Number | None:
    if not value.is_finite():
        return None
    if not value:
        return 0
    exponent = value.as_tuple().exponent
    highest = value.adjusted()
    if not isinstance(exponent, int) or abs(highest) > MAX_DIGITS or highest - exponent >= MAX_DIGITS:
        return None
    return normalise(Fraction(value))


def plain_number(value: Number) -> str:
    """An exact number as people write it: a decimal where it has one, else a fraction."""
    if value.denominator == 1:
        return str(value.numerator)
    rest, places = value.denominator, 0
    while rest % 10 == 0:
        rest, places = rest // 10, places + 1
    while rest % 2 == 0:
        rest, places = rest // 2, places + 1
    while rest % 5 == 0:
        rest, places = rest // 5, places + 1
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    scaled = value * 10**places
    digits = str(abs(scaled.numerator)).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}".rstrip("0")
    return f"-{text}" if value < 0 else text


def with_unit(value: Number, unit: Unit) -> str:
    """A number with the name of its unit."""
    return f"{plain_number(value)} {unit.name}" if unit.name else plain_number(value)


def number_reader(fact: FactDeclaration) -> FactReader:
    """A reader of a number, money or duration."""
    unit, low, high = fact.type.unit, fact.minimum, fact.maximum
    suffix = f" {unit.name}" if unit.name else ""
    from_text = _count_text(fact) if fact.type.integer else _quantity_text(fact)
    whole = fact.type.integer
    near_bounds = all(bound is None or is_short(bound) for bound in (low, high))
    least, most = (
        bound if bound is None or not near_bounds or isinstance(bound, int) else bound.numerator / bound.denominator
        for bound in (low, high)
    )

    def read(value: object) -> Reading:
        number: Number
        written: str | None = None
        if type(value) is int and -_LIMIT < value < _LIMIT:
            number = value
        elif type(value) is float:
            found = _exact_float(value)
            number = exact_number(value) if found is None else found
        else:
            number, written = _other_number(value, from_text, unit)
        if whole and number.__class__ is not int:
            raise Refused("intake.not_whole", {"given": shown(value if isinstance(value, str) else plain_number(number))})
        if number.__class__ is Fraction:
            number = shortened(number)
        probe = number.near if near_bounds and number.__class__ is ShortDecimal else number
        if (least is not None and probe < least) or (most is not None and probe > most):
            raise _out_of_bounds(fact, value if isinstance(value, str) else with_unit(number, unit))
        return number, written or f"{number if number.__class__ is int else plain_number(number)}{suffix}"

    return read


def _other_number(value: object, from_text: Callable[[str], Number], unit: Unit) -> tuple[Number, str | None]:
    if isinstance(value, str):
        text = str.strip(value)
        if len(text) > MAX_WORD:
            raise Refused("intake.not_number", {"given": shown(text)})
        plain = _exact_text(text)
        return (from_text(text), text) if plain is None else (plain, f"{text} {unit.name}" if unit.name else text)
    plain_value = unwrapped(value)
    if isinstance(plain_value, str):
        return _other_number(plain_value, from_text, unit)
    if isinstance(plain_value, timedelta) and same_dimension(unit, _SECOND):
        seconds = Fraction(plain_value // timedelta(microseconds=1), 1_000_000)
        return normalise(seconds / unit.factor), None
    return exact_number(plain_value), None


def _out_of_bounds(fact: FactDeclaration, given: str) -> Refused:
    unit = fact.type.unit
    words = {"given": shown(given)}
    if fact.minimum is not None:
        words["minimum"] = with_unit(fact.minimum, unit)
    if fact.maximum is not None:
        words["maximum"] = with_unit(fact.maximum, unit)
    below, above = "minimum" in words, "maximum" in words
    sides = "between" if below and above else "above" if above else "below"
    return Refused(f"intake.bounds.{sides}", words)


def unit_spellings(unit: Unit) -> list[str]:
    """Every spelling of every unit in which a number of this unit can be submitted."""
    found = [spelling for spelling in SPELLINGS if (other := find_unit(spelling)) and same_dimension(other, unit)]
    return [spelling for spelling in found if spelling] if unit.name or unit.dimension else [s for s in found if s in "%‰"]


def _unit_hint(unit: Unit) -> list[tuple[str, dict[str, str]]]:
    units = {other.name: other for spelling in unit_spellings(unit) if (other := find_unit(spelling))}
    names = sorted(units, key=lambda name: units[name].factor)
    if not names:
        return [("intake.hint.plain_number", {})]
    return [("intake.hint.units", {"names": listed(names), "unit": unit.name or "1"})]


_SECOND = find_unit("s") or Unit("s", (("s", 1),), Fraction(1))


def _quantity_text(fact: FactDeclaration) -> Callable[[str], Number]:
    unit = fact.type.unit
    is_time = same_dimension(unit, _SECOND)

    @lru_cache(_CACHED)
    def read(text: str) -> Number | None:
        if is_time:
            seconds = read_duration(text)
            if seconds is not None:
                return normalise(seconds / unit.factor)
        found = read_quantity(text)
        if found is None or not same_dimension(found[1], unit):
            return None
        return shortened(normalise(convert(found[0], found[1], unit)))

    def checked(text: str) -> Number:
        number = read(text)
        if number is not None:
            return number
        found = read_quantity(text)
        if found is not None:
            words = {"given": shown(text), "unit": unit.name}
            raise Refused("intake.wrong_unit" if unit.name else "intake.no_unit", words, _unit_hint(unit))
        starts_as_number = text[:1].isdigit() or text[:1] in "+-\u2212"
        raise Refused(
            "intake.not_quantity" if starts_as_number else "intake.not_number", {"given": shown(text)}, _unit_hint(unit)
        )

    return checked


def _count_text(fact: FactDeclaration) -> Callable[[str], Number]:
    words: set[str] = set()
    for word in (fact.counts or {}).values():
        folded = word.strip().casefold()
        words.update((folded, folded.removesuffix("s")))
    words.discard("")
    longest_first = sorted(words, key=len, reverse=True)

    def read(text: str) -> Number:
        folded = text.casefold()
        for word in longest_first:
            if folded.endswith(word):
                number = _exact_text(text[: len(text) - len(word)].rstrip())
                if number is not None:
                    return number
        hints = [("intake.hint.counts", {"names": listed(dict.fromkeys((fact.counts or {}).values()))})] if fact.counts else []
        raise Refused("intake.not_whole", {"given": shown(text)}, hints)

    return read
