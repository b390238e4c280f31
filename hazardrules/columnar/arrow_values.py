"""Arrow arrays -> columns; what does not look right at once is read value by value by the intake, which knows what to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hazardrules.columnar.columns import EPOCH, LONGEST, MICROSECOND, MIDNIGHT, Column, code_dtype, number_column, set_dtype
from hazardrules.columnar.tape import pack
from hazardrules.intake.problems import Refused
from hazardrules.intake.values import BLANK

if TYPE_CHECKING:
    from collections.abc import Callable

    from hazardrules.columnar.tape import Array
    from hazardrules.model.subjects import FactDeclaration

    Refuse = Callable[[int, Refused], None]

_HUGE, _TINY = 1e39, 1e-39
"""Between these a float is a number of at most 40 digits."""
_PLAIN_NUMBER = r"^-?[0-9]{1,9}(\.[0-9]{1,6})?$"
"""Texts that have fewer than 16 digits, so that the nearest float stands for them."""
_FIRST_DAY, _LAST_DAY = -719162, 2932896
"""The years 1 to 9999, in days since 1970."""


def read_array(fact: FactDeclaration, read: Callable[[Any], Any], array: pa.Array, refuse: Refuse) -> Column | None:
    """Read the values of a fact.

    Args:
        fact: The declaration.
        read: The intake's reader of the fact: the value and how it is written.
        array: The values.
        refuse: Told of each row whose value cannot be read, and why.

    Returns:
        The column; None where no value is known.
    """
    return None if array.null_count == len(array) else _Reading(fact, read, array, refuse).column()


class _Reading:
    def __init__(self, fact: FactDeclaration, read: Callable[[Any], Any], array: pa.Array, refuse: Refuse) -> None:
        self.fact, self.read, self.array, self.refuse = fact, read, plain(array), refuse

    def column(self) -> Column | None:
        kind, data = self.fact.type.name, self.array.type
        if kind == "bool" and pa.types.is_boolean(data):
            return Column(self.fact, _bits(pc.fill_null(self.array, False)), self.known())
        if kind == "number":
            found = self._numbers()
            if found is not None:
                return found
        if kind == "date" and pa.types.is_date32(data):
            return self._days()
        if kind == "datetime" and pa.types.is_timestamp(data) and data.tz is None and data.unit != "ns":
            moments = _filled(self.array.cast(pa.timestamp("us")).cast(pa.int64()))
            return Column(self.fact, moments, self.known())
        if kind == "set" and (pa.types.is_list(data) or pa.types.is_large_list(data)):
            return self._sets()
        return self._by_value()

    def known(self) -> Array | None:
        """Which values are not null, packed; None where all are."""
        return validity(self.array)

    # numbers

    def _numbers(self) -> Column | None:
        data = self.array.type
        if pa.types.is_string(data):
            if self.fact.type.integer or not _all_plain(self.array):
                return None
            return self._floats(_filled(self.array.cast(pa.float64())))
        if pa.types.is_floating(data):
            return self._floats(_filled(self.array))
        if pa.types.is_integer(data):
            if data == pa.uint64():
                return None
            return self._wholes(_filled(self.array), 0)
        if pa.types.is_decimal(data) and 0 <= data.scale <= 18:  # noqa: PLR2004 - places that fit into 64 bits
            return self._decimals(data.scale)
        return None

    def _floats(self, values: Array) -> Column:
        size = np.abs(values)
        doubtful = ~(size < _HUGE) | ((size < _TINY) & (values != 0))
        if self.fact.type.integer:
            doubtful |= values != np.rint(values)
        return self._checked(Column(self.fact, values, self.known()), doubtful)

    def _wholes(self, values: Array, scale: int) -> Column:
        doubtful = np.zeros(len(values), np.bool_)
        if scale and self.fact.type.integer:
            unit = 10**scale
            doubtful = values % unit != 0
            values, scale = values // unit, 0
        return self._checked(Column(self.fact, values, self.known(), scale), doubtful)

    def _decimals(self, scale: int) -> Column | None:
        data = pc.fill_null(self.array, 0)
        if not pa.types.is_decimal128(data.type):
            try:
                data = data.cast(pa.decimal128(38, scale))
            except pa.ArrowInvalid:
                return None
        words = np.frombuffer(data.buffers()[1], np.int64)[2 * data.offset : 2 * (data.offset + len(data))].reshape(-1, 2)
        low, high = words[:, 0], words[:, 1]
        if len(low) and ((high != low >> 63).any() or max(int(low.max()), -int(low.min())) >= LONGEST):
            return None
        return self._wholes(np.ascontiguousarray(low), scale)

    def _checked(self, column: Column, doubtful: Array) -> Column:
        """Numbers beyond the declared bounds are refused, and said why."""
        if self.fact.minimum is not None:
            doubtful |= ~column.at_least(self.fact.minimum, strictly=False)
        if self.fact.maximum is not None:
            doubtful |= column.at_least(self.fact.maximum, strictly=True)
        if doubtful.any():
            for row in np.flatnonzero(doubtful).tolist():
                self._value(row, self.array[row].as_py())
        return column

    def _value(self, row: int, given: Any) -> Any:
        if given is None:
            return None
        try:
            return self.read(given)[0]
        except Refused as refused:
            self.refuse(row, refused)
        return None

    # days

    def _days(self) -> Column:
        days = _filled(self.array.cast(pa.int32()))
        outside = (days < _FIRST_DAY) | (days > _LAST_DAY)
        if outside.any():
            for row in np.flatnonzero(outside).tolist():
                if self.array[row].is_valid:
                    self.refuse(row, Refused("intake.not_date", {"given": f"{int(days[row])} days after 1970-01-01"}))
            days = np.where(outside, 0, days)
        return Column(self.fact, days, self.known())

    # sets

    def _sets(self) -> Column | None:
        offsets = self.array.offsets.to_numpy().astype(np.int64)
        inner = plain(self.array.values.slice(offsets[0], offsets[-1] - offsets[0]))
        if not pa.types.is_string(inner.type) and not pa.types.is_dictionary(inner.type):
            return self._by_value()
        words, codes = distinct(inner)
        options = self.fact.type.options
        dtype = set_dtype(len(options))
        table = np.zeros(len(words) + 1, dtype)
        bad = np.zeros(len(table), np.bool_)
        bad[-1] = True  # a null among the entries
        for number, given in enumerate(words):
            try:
                (option,) = self.read([given])[0]
                table[number] = 1 << options.index(option)
            except Refused:
                bad[number] = True
        starts, ends = offsets[:-1] - offsets[0], offsets[1:] - offsets[0]
        full = ends > starts
        if self.array.null_count:  # what stands behind a null says nothing
            full &= pc.is_valid(self.array).to_numpy(zero_copy_only=False)
        values = np.zeros(len(self.array), dtype)
        rows = np.flatnonzero(full)
        if len(rows):
            bounds = np.column_stack((starts[rows], ends[rows])).ravel()
            values[rows] = np.bitwise_or.reduceat(np.append(table[codes], table.dtype.type(0)), bounds)[::2]
            wrong = np.logical_or.reduceat(np.append(bad[codes], np.False_), bounds)[::2]
            for row in rows[wrong].tolist():
                self._value(row, self.array[row].as_py())
        return Column(self.fact, values, self.known())

    # anything else

    def _by_value(self) -> Column | None:
        """Each distinct value is read once by the intake."""
        words, codes = distinct(self.array)
        values: list[Any] = []
        bad: dict[int, Refused] = {}
        for number, given in enumerate(words):
            value = None
            if given is not None and not (isinstance(given, str) and given.strip() in BLANK):
                try:
                    value = self.read(given)[0]
                except Refused as refused:
                    bad[number] = refused
            values.append(value)
        for number, why in bad.items():
            for row in np.flatnonzero(codes == number).tolist():
                self.refuse(row, why)
        return column_of(self.fact, values, codes)


def column_of(fact: FactDeclaration, values: list[Any], codes: Array) -> Column | None:
    """A column from its distinct values.

    Args:
        fact: The declaration.
        values: As the intake gives them; None is unknown.
        codes: For each row which; one past the last value is unknown.

    Returns:
        The column; None where nothing is known.
    """
    values = [*values, None]
    is_known = np.array([value is not None for value in values])[codes]
    if not is_known.any():
        return None
    known = None if is_known.all() else pack(is_known)
    match fact.type.name:
        case "bool":
            return Column(fact, pack(np.array([value is True for value in values])[codes]), known)
        case "number":
            return number_column(fact, values, codes, known)
        case "date":
            days = [0 if value is None else value.toordinal() - EPOCH for value in values]
            return Column(fact, np.array(days, np.int32)[codes], known)
        case "datetime":
            moments = [0 if value is None else (value - MIDNIGHT) // MICROSECOND for value in values]
            return Column(fact, np.array(moments, np.int64)[codes], known)
        case "set":
            bits = {option: 1 << number for number, option in enumerate(fact.type.options)}
            sums = [sum(bits[option] for option in value or ()) for value in values]
            return Column(fact, np.array(sums, set_dtype(len(bits)))[codes], known)
        case "enum":
            number = {option: at + 1 for at, option in enumerate(fact.type.options)}
            dtype = code_dtype(len(number) + 1)
            table = np.array([0 if value is None else number[value] for value in values], dtype)
            return Column(fact, table[codes], known, None, (None, *fact.type.options))
        case _:
            places = {value: at for at, value in reversed(list(enumerate(values)))}
            table = np.array([0 if value is None else places[value] + 1 for value in values], np.int32)
            return Column(fact, table[codes], known, None, (None, *values))


# Arrow


def plain(array: pa.Array) -> pa.Array:
    """An array in one of few types; a narrow float means its own shortest decimal."""
    data = array.type
    if pa.types.is_float32(data) or pa.types.is_float16(data):
        return array.cast(pa.float32()).cast(pa.string()).cast(pa.float64())
    if pa.types.is_large_string(data) or data == pa.string_view():
        return array.cast(pa.string())
    if pa.types.is_timestamp(data) and data.unit == "ns" and data.tz is None:
        try:
            return array.cast(pa.timestamp("us"))
        except pa.ArrowInvalid:  # nanoseconds that are not zero: read one by one
            return array
    return array


def distinct(array: pa.Array) -> tuple[list[Any], Array]:
    """The distinct values of an array, and for each row which; one past the last is null.

    Of types that Arrow cannot tell apart every row counts as distinct.
    """
    if not pa.types.is_dictionary(array.type):
        try:
            array = array.dictionary_encode()
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
            words = array.to_pylist()
            return words, np.arange(len(words))
    words = array.dictionary.to_pylist()
    codes = pc.fill_null(array.indices.cast(pa.int32()), len(words))
    return words, codes.to_numpy(zero_copy_only=False)


def validity(array: pa.Array) -> Array | None:
    """Which values are not null, packed; None where all are."""
    return _bits(array.is_valid()) if array.null_count else None


def _bits(flags: pa.Array) -> Array:
    """Flags as a mask, without a copy where they begin on a byte."""
    if flags.offset % 8 == 0 and flags.null_count == 0:
        whole = np.frombuffer(flags.buffers()[1], np.uint8)
        start = flags.offset // 8
        return whole[start : start + (len(flags) + 7) // 8]
    return pack(flags.to_numpy(zero_copy_only=False))


def _filled(array: pa.Array) -> Array:
    return (pc.fill_null(array, 0) if array.null_count else array).to_numpy(zero_copy_only=False)


def _all_plain(array: pa.Array) -> bool:
    return pc.all(pc.match_substring_regex(array, _PLAIN_NUMBER), min_count=0).as_py() is not False
