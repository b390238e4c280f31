"""Values of many rows that are no numbers: words (enum, text, whatever is one of few), days and moments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from hazardrules.columnar.amounts import UNIT, Amounts
from hazardrules.columnar.columns import EPOCH, MICROSECOND, MIDNIGHT
from hazardrules.columnar.tape import pack, unpack
from hazardrules.engines.reference import shift

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hazardrules.columnar.columns import Column
    from hazardrules.columnar.tape import Array

_A_DAY = 86_400_000_000
_EXACT = 2**53
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """One of few values per row; number 0 is not known."""

    codes: Array
    table: tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """Days since 1970, or microseconds of moments; `known` is one flag a row, None where all are."""

    values: Array
    known: Array | None


# words


def words_of(column: Column | None, count: int) -> Words:
    """A submitted word."""
    if column is None:
        return Words(np.zeros(count, np.uint8), (None,))
    codes = column.data.astype(np.int32) + 1
    if column.known is not None:
        codes[~unpack(column.known, count)] = 0
    return Words(codes, (None, *column.words))


def among(words: Words, wanted: frozenset[Any]) -> tuple[Array, Array]:
    """Whether a word is one of some: surely and possibly, packed."""
    surely = np.array([value is not None and value in wanted for value in words.table])
    possibly = surely.copy()
    possibly[0] = True
    return pack(surely[words.codes]), pack(possibly[words.codes])


def holds(words: Words) -> tuple[Array, Array]:
    """Words that are true or false."""
    return among(words, frozenset((True,)))


def translated(words: Words, table: tuple[Any, ...]) -> Words:
    """Other words in the place of these: `table` is as long as `words.table`."""
    kept, codes = _numbered(table)
    return Words(codes[words.codes], kept)


def _numbered(values: Sequence[Any]) -> tuple[tuple[Any, ...], Array]:
    """Each value once, and for each which; the first is None."""
    places: dict[Any, int] = {None: 0}
    codes = [places.setdefault(value, len(places)) for value in values]
    return tuple(places), np.array(codes, np.int32)


def joined(one: Words, other: Words) -> Words:
    """Pairs of words, known where both are."""
    table = [None if a is None or b is None else (a, b) for a in one.table for b in other.table]
    kept, codes = _numbered(table)
    return Words(codes[one.codes.astype(np.int32) * len(other.table) + other.codes], kept)


def choose_words(count: int, items: Sequence[tuple[Array, Words]]) -> Words:
    """For each row the word whose flag is set; not known where none is."""
    table, codes = _numbered([value for _, words in items for value in words.table])
    found = np.zeros(count, np.int32)
    start = 0
    for flags, words in items:
        np.copyto(found, codes[start : start + len(words.table)][words.codes], where=flags)
        start += len(words.table)
    return Words(found, table)


def same_words(one: Words, other: Words) -> Array:
    """Where two words are known and the same; bool."""
    _, codes = _numbered([*one.table, *other.table])
    left, right = codes[: len(one.table)][one.codes], codes[len(one.table) :][other.codes]
    return np.asarray((left == right) & (left != 0))


# days


def ordinal(day: date) -> int:
    """A day or a moment as columns hold it."""
    return (day - MIDNIGHT) // MICROSECOND if isinstance(day, datetime) else day.toordinal() - EPOCH


def _day(value: int, moment: bool) -> date:
    return MIDNIGHT + value * MICROSECOND if moment else date.fromordinal(value + EPOCH)


def days_of(column: Column | None, count: int) -> Days:
    """A submitted day or moment."""
    if column is None:
        return Days(np.zeros(count, np.int64), np.zeros(count, np.bool_))
    return Days(column.data.astype(np.int64, copy=False), None if column.known is None else unpack(column.known, count))


def the_day(day: date) -> Days:
    """A value of the law, the same for every row."""
    return Days(np.int64(ordinal(day)), None)


def compare_days(op: str, left: Days, right: Days, count: int) -> tuple[Array, Array]:
    """A comparison: surely and possibly, packed."""
    said = np.broadcast_to(_COMPARE[op](left.values, right.values), count)
    known = _both(left.known, right.known)
    if known is None:
        mask = pack(said)
        return mask, mask
    return pack(said & known), pack(said | ~known)


def _both(one: Array | None, other: Array | None) -> Array | None:
    return other if one is None else one if other is None else one & other


def shifted(days: Days, amount: Any, sign: int, working_day: Any, count: int, *, moment: bool) -> Days:
    """Days plus or minus a span of the law; each distinct day is moved once, by the reference."""
    values = np.broadcast_to(days.values, count)
    distinct, codes = np.unique(values, return_inverse=True)
    moved = [shift(_day(value, moment), amount, sign, working_day) for value in distinct.tolist()]
    table = np.array([0 if day is None else ordinal(day) for day in moved], np.int64)
    found = np.array([day is not None for day in moved], np.bool_)
    return Days(table[codes], _both(days.known, None if found.all() else found[codes]))


def between(left: Days, right: Days, factor: Fraction, count: int, *, moments: tuple[bool, bool]) -> Amounts:
    """The time between days or moments; `factor` is the unit in seconds."""
    one, other = (
        side.values * (1 if moment or not any(moments) else _A_DAY) for side, moment in zip((left, right), moments, strict=True)
    )
    gap = np.broadcast_to(one - other, count)
    unit = Fraction(1, 1_000_000) / factor if any(moments) else Fraction(86400) / factor
    whole = unit.denominator == 1 and not (np.abs(gap) * unit.numerator >= _EXACT).any()
    values = gap.astype(np.float64) * float(unit.numerator) / float(unit.denominator)
    error: object = 0.0 if whole else np.abs(values) * (4 * UNIT)
    known = _both(left.known, right.known)
    if known is None:
        return Amounts(values, values, error, whole)
    return Amounts(np.where(known, values, -np.inf), np.where(known, values, np.inf), error, whole)


def choose_days(count: int, items: Sequence[tuple[Array, Days]]) -> Days:
    """For each row the day whose flag is set; not known where none is."""
    values, known = np.zeros(count, np.int64), np.zeros(count, np.bool_)
    for flags, days in items:
        np.copyto(values, days.values, where=flags)
        np.copyto(known, True if days.known is None else days.known, where=flags)
    return Days(values, known)


def same_days(one: Days, other: Days, count: int) -> Array:
    """Where two days are known and the same; bool."""
    surely, _ = compare_days("==", one, other, count)
    return unpack(surely, count)
