"""One fact of all rows of a block, in the form that the masks are made of; every value keeps the meaning the intake gives it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from hazardrules.columnar.tape import pack, unpack
from hazardrules.intake.numbers import exact_number
from hazardrules.intake.problems import Refused
from hazardrules.model.values import normalise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hazardrules.columnar.tape import Array
    from hazardrules.model.subjects import FactDeclaration
    from hazardrules.model.values import Number

EPOCH = date(1970, 1, 1).toordinal()
MIDNIGHT = datetime(1970, 1, 1)  # noqa: DTZ001 - facts carry local time
MICROSECOND = timedelta(microseconds=1)
LONGEST = 10**18
"""Whole numbers below this, and sums and differences of two of them, fit into 64 bits."""
_LIMITS = ((2**7, np.int8), (2**15, np.int16), (2**31, np.int32))


class Threshold:
    """A value of the law that numbers are compared with, in the form of each column that meets it."""

    __slots__ = ("_limits", "bound", "strictly")

    def __init__(self, bound: Number, *, strictly: bool) -> None:
        """Keep the value.

        Args:
            bound: The value.
            strictly: The number has to be above it, and not just not below.
        """
        self.bound, self.strictly = bound, strictly
        self._limits: dict[tuple[int | None, Any], tuple[bool, Any]] = {}

    def limit(self, scale: int | None, dtype: Any) -> tuple[bool, Any]:
        """Whether a number of a column has to be above something or not below it, and that; or what is true of all."""
        found = self._limits.get((scale, dtype))
        if found is None:
            found = self._limits[scale, dtype] = self._of_floats(dtype) if scale is None else self._of_integers(scale, dtype)
        return found

    def _of_floats(self, dtype: Any) -> tuple[bool, Any]:
        try:
            near = self.bound.numerator / self.bound.denominator
        except OverflowError:
            return False, self.bound < 0
        said = _said(near)  # rounding keeps order: only this float has to be looked at
        return (said < self.bound or (self.strictly and said == self.bound)), dtype.type(near)

    def _of_integers(self, scale: int, dtype: Any) -> tuple[bool, Any]:
        exact = self.bound * 10**scale
        least = exact.__floor__() + 1 if self.strictly else -((-exact).__floor__())
        limits = np.iinfo(dtype)
        if least <= limits.min:
            return False, True
        if least > limits.max:
            return False, False
        return False, dtype.type(least)


@dataclass(slots=True, eq=False)
class Column:
    """One fact of all subjects of a frame.

    Attributes:
        fact: Its declaration.
        data: bool: packed. Number: integers that stand for themselves divided by `10**scale`, or floats that stand for
            their shortest decimals. date: days since 1970, datetime: microseconds. enum and text: numbers into `words`.
            set: bits by option. Anything where unknown.
        known: Packed; None where all are.
        scale: Decimal places of integers; None for floats and for what is no number.
        words: What numbers into it stand for, each once.
        exact: For floats that are not all the shortest decimals of their numbers: the numbers, and for each row which.
        limits: The least and the greatest integer of `data`, where somebody looked.
    """

    fact: FactDeclaration
    data: Array
    known: Array | None
    scale: int | None = None
    words: Sequence[Any] = ()
    exact: tuple[list[Number | None], Array] | None = None
    limits: tuple[int, int] | None = None
    _narrow: Array = None

    def take(self, rows: Array, count: int) -> Column:
        """The same fact of some subjects only, in the order of `rows`."""
        known = None if self.known is None else pack(unpack(self.known, count)[rows])
        data = pack(unpack(self.data, count)[rows]) if self.fact.type.name == "bool" else self.data[rows]
        exact = None if self.exact is None else (self.exact[0], self.exact[1][rows])
        return Column(self.fact, data, known, self.scale, self.words, exact)

    def values(self, rows: Array, count: int) -> list[Any]:
        """The facts of some subjects as the intake gives them; None where unknown."""
        found = self._values(rows, count)
        if self.known is None:
            return found
        known = unpack(self.known, count)[rows].tolist()
        return [value if is_known else None for value, is_known in zip(found, known, strict=True)]

    @property
    def form(self) -> tuple[Any, ...]:
        """What `keys` are to be read by: the same keys in the same form are the same facts."""
        return (self.scale, self.exact is not None)

    def keys(self, rows: Array, count: int) -> list[Any]:
        """Something per subject that is the same where the fact is the same."""
        if self.fact.type.name in ("bool", "enum", "text") or self.exact is not None:
            return self.values(rows, count)
        found: list[Any] = self.data[rows].tolist()
        if self.known is None:
            return found
        known = unpack(self.known, count)[rows].tolist()
        return [value if is_known else None for value, is_known in zip(found, known, strict=True)]

    def _values(self, rows: Array, count: int) -> list[Any]:
        kind = self.fact.type.name
        if kind == "bool":
            return list(unpack(self.data, count)[rows].tolist())
        if self.exact is not None:
            numbers = self.exact[0]
            return [numbers[code] for code in self.exact[1][rows].tolist()]
        found = self.data[rows].tolist()
        if kind in ("enum", "text"):
            size = len(self.words)
            return [self.words[code] if 0 <= code < size else None for code in found]
        if kind == "set":
            options = self.fact.type.options
            return [frozenset(option for bit, option in enumerate(options) if value >> bit & 1) for value in found]
        if self.known is not None:  # what stands behind a null may be no day and no number
            found = np.where(unpack(self.known, count)[rows], self.data[rows], 0).tolist()
        if kind == "date":
            return [date.fromordinal(value + EPOCH) for value in found]
        if kind == "datetime":
            return [MIDNIGHT + value * MICROSECOND for value in found]
        if self.scale is None:
            return [exact_number(value) for value in found]
        if self.scale == 0:
            return list(found)
        unit = 10**self.scale
        return [normalise(Fraction(value, unit)) for value in found]

    # numbers

    def floats(self) -> tuple[Array, bool]:
        """The nearest floats, and whether each is its number exactly."""
        if self.scale is None:
            return self.data, False
        values = self.data.astype(np.float64)
        if self.scale:
            return values / float(10**self.scale), False
        return values, bool(self.data.dtype.itemsize < 8 or not len(self.data) or np.abs(self.data).max() <= 2**53)  # noqa: PLR2004 - bytes

    def at_least(self, threshold: Threshold) -> Array:
        """Which numbers are not below a value of the law (or are above it); bool, anything where unknown."""
        found = self.comparable(threshold)
        if found is None:
            return self._one_by_one(threshold)
        kept, above, limit = found
        if isinstance(limit, bool):
            return np.full(len(kept), limit, np.bool_)
        return np.greater(kept, limit) if above else np.greater_equal(kept, limit)

    def comparable(self, threshold: Threshold) -> tuple[Array, bool, Any] | None:
        """Numbers, whether they have to be above something or not below it, and that; None where they are compared one by one."""
        if self.exact is not None:
            return None
        kept = self.compared
        return (kept, *threshold.limit(self.scale, kept.dtype))

    @property
    def compared(self) -> Array:
        """What comparisons look at."""
        return self._narrow if self._narrow is not None else self._narrowed()

    def _narrowed(self) -> Array:
        """The same numbers in the smallest type that holds them: less to read for each comparison."""
        self._narrow = self.data
        if self.scale is not None and len(self.data) and self.data.dtype.itemsize > 1:
            low, high = self.limits or (int(self.data.min()), int(self.data.max()))
            self._narrow = self.data.astype(narrowest(low, high), copy=False)
        return self._narrow

    def _one_by_one(self, threshold: Threshold) -> Array:
        numbers, codes = self.exact  # type: ignore[misc]  # asked for by the caller
        bound, strictly = threshold.bound, threshold.strictly
        said = [number is not None and (number > bound or (number == bound and not strictly)) for number in numbers]
        return np.array(said, np.bool_)[codes]


def _said(near: float) -> Number:
    """The number that a float stands for; of one that no fact can have, the float itself."""
    try:
        return exact_number(near)
    except Refused:
        return Fraction(near)


def number_column(fact: FactDeclaration, numbers: list[Number | None], codes: Array, known: Array | None) -> Column:
    """A column of numbers of which the distinct ones are given exactly."""
    scale = 0
    for number in numbers:
        if number is not None:
            scale = max(scale, _places(number))
    unit = 10**scale
    if scale <= 18 and all(number is None or abs(number * unit) < LONGEST for number in numbers):  # noqa: PLR2004 - digits
        whole = np.array([0 if number is None else int(number * unit) for number in numbers], np.int64)
        return Column(fact, whole[codes], known, scale)
    near = np.array([0.0 if number is None else number.numerator / number.denominator for number in numbers])
    return Column(fact, near[codes], known, None, (), (numbers, codes))


def _places(number: Number) -> int:
    """How many decimal places a number has; too many for 64 bits where it has no finite decimal."""
    rest, twos, fives = number.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives) if rest == 1 else 99


def narrowest(low: int, high: int) -> Any:
    """The smallest type of integers that holds all between two."""
    return next((dtype for limit, dtype in _LIMITS if -limit <= low and high < limit), np.int64)


def set_dtype(options: int) -> Any:
    """The narrowest type with a bit for each option; objects (whole numbers of Python) where there is none."""
    for dtype, bits in ((np.uint8, 8), (np.uint16, 16), (np.uint32, 32), (np.uint64, 64)):
        if options <= bits:
            return dtype
    return np.object_


def code_dtype(words: int) -> Any:
    """The narrowest type that numbers so many words."""
    return np.uint8 if words <= 255 else np.uint16 if words <= 65535 else np.int32  # noqa: PLR2004 - what bytes hold
