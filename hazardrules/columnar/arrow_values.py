"""Arrow arrays -> columns; what does not look right at once is read value by value by the intake, which knows what to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hazardrules.columnar.arrow_types import python_values
from hazardrules.columnar.columns import (
    EPOCH,
    LONGEST,
    MICROSECOND,
    MIDNIGHT,
    Column,
    Threshold,
    code_dtype,
    narrowest,
    number_column,
    set_dtype,
)
from hazardrules.columnar.native import library
from hazardrules.columnar.tape import pack, unpack
from hazardrules.intake.problems import Refused
from hazardrules.intake.values import BLANK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hazardrules.columnar.tape import Array
    from hazardrules.model.subjects import FactDeclaration

    Refuse = Callable[[int, Refused], None]

_HUGE, _TINY = 1e39, 1e-39
"""Between these a float is a number of at most 40 digits."""
_PLAIN_NUMBER = r"^-?[0-9]{1,9}(\.[0-9]{1,6})?$"
"""Texts that have fewer than 16 digits, so that the nearest float stands for them."""
_FIFTEEN_DIGITS = 1e15
_SAMPLE = 256
_LANE = 255
_BYTE = 255
_MAX_PLACES = 6
_FIRST_DAY, _LAST_DAY = -719162, 2932896
"""The years 1 to 9999, in days since 1970."""
_FIRST_MOMENT, _LAST_MOMENT = _FIRST_DAY * 86_400_000_000, (_LAST_DAY + 1) * 86_400_000_000 - 1


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
        self.known = validity(self.array)

    def column(self) -> Column | None:
        kind, data = self.fact.type.name, self.array.type
        if kind == "bool" and pa.types.is_boolean(data):
            return Column(self.fact, _bits(self.array.buffers()[1], self.array.offset, len(self.array)), self.known)
        if kind == "number":
            found = self._numbers()
            if found is not None:
                return found
        if kind == "date" and pa.types.is_date32(data):
            return self._days()
        if kind == "datetime" and pa.types.is_timestamp(data) and data.tz is None and data.unit != "ns":
            return self._moments()
        if kind == "set" and (pa.types.is_list(data) or pa.types.is_large_list(data)):
            return self._sets()
        return self._by_value()

    # numbers

    def _numbers(self) -> Column | None:
        data = self.array.type
        if pa.types.is_string(data):
            if self.fact.type.integer or not _all_plain(self.array):
                return None
            return self._floats(raw(self.array.cast(pa.float64()), np.float64))
        if pa.types.is_floating(data):
            return self._floats(raw(self.array, np.float64))
        if pa.types.is_integer(data) and data != pa.uint64():
            return self._wholes(raw(self.array, data.to_pandas_dtype()), 0)
        if pa.types.is_decimal(data) and 0 <= data.scale <= 18:  # noqa: PLR2004 - places that fit into 64 bits
            return self._decimals(data.scale)
        return None

    def _floats(self, values: Array) -> Column:
        """Floats that are decimals of few places become integers; the others stay what they are."""
        if self.known is not None and not np.isfinite(values).all():
            values = np.where(unpack(self.known, len(values)), values, 0.0)
        places = _places(values[:_SAMPLE])
        if places is not None:
            unit = 10.0**places
            machine = library()
            quick = None
            if machine is not None and values.flags.c_contiguous:
                few = values[:_SAMPLE] * unit
                guess = narrowest(int(few.min()), int(few.max()))
                quick = machine.scaled(values, unit, guess if guess != np.int64 else np.int32)
            if quick is not None:
                whole, low, high = quick
                return self._wholes(whole.astype(narrowest(low, high), copy=False), places, (low, high))
            with np.errstate(over="ignore"):
                scaled = np.rint(values * unit) if places else values
            if np.array_equal(scaled / unit if places else np.rint(values), values):
                least, most = float(scaled.min()), float(scaled.max())
                if max(most, -least) < _FIFTEEN_DIGITS:
                    limits = (int(least), int(most))
                    return self._wholes(scaled.astype(narrowest(*limits)), places, limits)
        size = np.abs(values)
        doubtful = ~(size < _HUGE) | ((size < _TINY) & (values != 0))
        if self.fact.type.integer:
            doubtful |= values != np.rint(values)
        column = Column(self.fact, values, self.known)
        if self.fact.minimum is not None:
            doubtful |= ~column.at_least(Threshold(self.fact.minimum, strictly=False))
        if self.fact.maximum is not None:
            doubtful |= column.at_least(Threshold(self.fact.maximum, strictly=True))
        self._reread(doubtful)
        return column

    def _wholes(self, values: Array, scale: int, limits: Sequence[int] | None = None) -> Column:
        """Integers that stand for themselves divided by a power of ten."""
        fact = self.fact
        if limits is None:
            values, *limits = _narrow(values)
        low, high = limits
        doubtful: list[Array] = []
        if scale and fact.type.integer:
            values = values.astype(np.int64)
            doubtful.append(values % 10**scale != 0)
            values, scale = values // 10**scale, 0
            low, high = int(values.min()), int(values.max())
        column = Column(fact, values, self.known, scale, limits=(low, high))
        unit = 10**scale
        if fact.minimum is not None and low < fact.minimum * unit:
            doubtful.append(~column.at_least(Threshold(fact.minimum, strictly=False)))
        if fact.maximum is not None and high > fact.maximum * unit:
            doubtful.append(column.at_least(Threshold(fact.maximum, strictly=True)))
        if doubtful:
            self._reread(np.logical_or.reduce(doubtful))
        return column

    def _decimals(self, scale: int) -> Column | None:
        data = self.array
        if not pa.types.is_decimal128(data.type):
            try:
                data = data.cast(pa.decimal128(38, scale))
            except pa.ArrowInvalid:
                return None
        words = np.frombuffer(data.buffers()[1], np.int64)[2 * data.offset : 2 * (data.offset + len(data))].reshape(-1, 2)
        low, high = words[:, 0], words[:, 1]
        if self.known is not None:
            known = unpack(self.known, len(low))
            low, high = np.where(known, low, 0), np.where(known, high, 0)
        if not np.array_equal(high, low >> 63) or max(int(low.max()), -int(low.min())) >= LONGEST:
            return None
        return self._wholes(np.ascontiguousarray(low), scale)

    def _reread(self, doubtful: Array) -> None:
        """What looks wrong is read by the intake, which refuses it and says why."""
        if self.known is not None:
            doubtful = doubtful & unpack(self.known, len(doubtful))
        if doubtful.any():
            for row in np.flatnonzero(doubtful).tolist():
                self._value(row, python_values(self.array.slice(row, 1))[0])

    def _value(self, row: int, given: Any) -> None:
        try:
            self.read(given)
        except Refused as refused:
            self.refuse(row, refused)

    # days

    def _days(self) -> Column:
        days = raw(self.array, np.int32)
        if int(days.min()) < _FIRST_DAY or int(days.max()) > _LAST_DAY:
            outside = (days < _FIRST_DAY) | (days > _LAST_DAY)
            if self.known is not None:
                outside &= unpack(self.known, len(days))
            for row in np.flatnonzero(outside).tolist():
                self.refuse(row, Refused("intake.not_date", {"given": f"{int(days[row])} days after 1970-01-01"}))
        return Column(self.fact, days, self.known)

    def _moments(self) -> Column | None:
        try:
            moments = raw(self.array.cast(pa.timestamp("us")), np.int64)
        except pa.ArrowInvalid:  # too far from 1970 for microseconds
            return self._by_value()
        if int(moments.min()) < _FIRST_MOMENT or int(moments.max()) > _LAST_MOMENT:
            self._reread((moments < _FIRST_MOMENT) | (moments > _LAST_MOMENT))
        return Column(self.fact, moments, self.known)

    # sets

    def _sets(self) -> Column | None:
        options = self.fact.type.options
        dtype = set_dtype(len(options))
        offsets = raw(self.array.offsets, self.array.offsets.type.to_pandas_dtype())
        inner = plain(self.array.values.slice(offsets[0], offsets[-1] - offsets[0]))
        is_plain = pa.types.is_string(inner.type) or pa.types.is_dictionary(inner.type)
        if dtype is np.object_ or not is_plain:
            return self._by_value()
        words, codes = distinct(inner)
        places = np.array([self._option(word) for word in words], np.int64)
        found = sets_of(places, codes, offsets, dtype)
        if found is None:
            return self._by_value()
        if inner.null_count or (places < 0).any():
            bad = np.append(places < 0, np.True_)[codes] if inner.null_count else (places < 0)[codes]
            owners = np.repeat(np.arange(len(found)), np.diff(offsets))
            wrong = np.zeros(len(found), np.bool_)
            wrong[owners[bad]] = True
            self._reread(wrong)
        return Column(self.fact, found, self.known)

    def _option(self, word: Any) -> int:
        try:
            (option,) = self.read([word])[0]
        except Refused:
            return -1
        return self.fact.type.options.index(option)

    # anything else

    def _by_value(self) -> Column | None:
        """Each distinct value is read once by the intake."""
        if self.known is not None and self.fact.type.name == "enum" and pa.types.is_dictionary(self.array.type):
            quick = self._as_they_are()
            if quick is not None:
                return quick
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
        return column_of(self.fact, values, codes, self.known)

    def _as_they_are(self) -> Column | None:
        """Categories of which every word is a value of its own, with their numbers; None where one is not."""
        words = []
        for given in python_values(self.array.dictionary):
            try:
                words.append(self.read(given)[0])
            except Refused:
                return None
        indices = self.array.indices
        return (
            Column(self.fact, raw(indices, indices.type.to_pandas_dtype()), self.known, None, tuple(words))
            if len(set(words)) == len(words)
            else None
        )


def column_of(fact: FactDeclaration, values: list[Any], codes: Array, known: Array | None) -> Column | None:
    """A column from its distinct values.

    Args:
        fact: The declaration.
        values: As the intake gives them; None is unknown.
        codes: For each row which; one past the last where there is none.
        known: Where there is one at all, packed; None where there always is.

    Returns:
        The column; None where nothing is known.
    """
    given = values if known is None else [*values, None]
    if None in values:
        is_known = np.array([value is not None for value in given])[codes]
        if not is_known.any():
            return None
        known = None if is_known.all() else pack(is_known)
    values = given
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
        case _:
            places: dict[Any, int] = {}
            numbers = [0 if value is None else places.setdefault(value, len(places)) for value in values]
            if values[: len(places)] != list(places) or any(value is not None for value in values[len(places) :]):
                codes = np.array(numbers, code_dtype(len(places))).take(codes.astype(np.intp))
            return Column(fact, codes, known, None, tuple(places))


def _narrow(values: Array) -> tuple[Array, int, int]:
    """Integers in a type that the first of them fit into, where all do; the least and the greatest."""
    machine, few = library(), values[:_SAMPLE]
    guess = narrowest(int(few.min()), int(few.max()))
    if machine is None or not values.flags.c_contiguous or guess == values.dtype:
        return values, int(values.min()), int(values.max())
    return machine.narrow(values, guess)


def sets_of(places: Array, codes: Array, offsets: Array, dtype: Any) -> Array | None:
    """Lists of words as bits; None where a list is too long.

    Eight options share a 64-bit integer, a byte each, in which a running sum counts them; no list may be longer than a
    byte can count. The difference of two sums then tells which options stand between.

    Args:
        places: For each word the number of its option; negative for none.
        codes: The words of all lists, one list after the other; one past the last is null.
        offsets: Where each list begins, and the end; the first is where the codes begin.
        dtype: An unsigned integer with a bit for each option.
    """
    width = np.dtype(dtype).itemsize
    machine = library()
    if machine is not None and len(places) < _BYTE:
        bits = np.array([1 << int(place) if place >= 0 else 0 for place in (*places, -1)], dtype)
        ends = offsets.astype(np.int32, copy=False)
        return machine.sets(ends, codes.view(np.uint8) if codes.itemsize == 1 else codes.astype(np.uint8), bits)
    if (offsets[1:] - offsets[:-1]).max() > _LANE:
        return None
    offsets = offsets - offsets[0]
    found = np.zeros((len(offsets) - 1, width), np.uint8)
    at = codes.astype(np.intp)
    sums = np.zeros(len(codes) + 1, np.uint64)
    for eight in range(width):
        inside = (places >= eight * 8) & (places < eight * 8 + 8)
        if inside.any():
            shifts = np.where(inside, places - eight * 8, 0).astype(np.uint64) * np.uint64(8)
            lanes = np.append(np.where(inside, np.uint64(1) << shifts, np.uint64(0)), np.uint64(0))
            np.cumsum(lanes.take(at), out=sums[1:])
            sides: Array = sums.take(offsets)
            found[:, eight] = pack((sides[1:] - sides[:-1]).view(np.uint8) != 0)
    return found.view(dtype).ravel()


# Arrow


def plain(array: pa.Array) -> pa.Array:
    """An array in one of few types; a narrow float means its own shortest decimal."""
    data = array.type
    if pa.types.is_float16(data):
        return _halves(array)
    if pa.types.is_float32(data):
        return array.cast(pa.string()).cast(pa.float64())
    if pa.types.is_large_string(data):
        return array.cast(pa.string())
    if pa.types.is_dictionary(data):
        inner = plain(array.dictionary)
        return array if inner.type == data.value_type else pa.DictionaryArray.from_arrays(array.indices, inner)
    if pa.types.is_timestamp(data) and data.unit == "ns":
        return _in_microseconds(array, pa.timestamp("us", data.tz))
    if pa.types.is_duration(data) and data.unit == "ns":
        return _in_microseconds(array, pa.duration("us"))
    return array


def _in_microseconds(array: pa.Array, data: pa.DataType) -> pa.Array:
    """Nanoseconds in the unit that Python has; what is left over is cut off."""
    whole = raw(array, np.int64) // 1000
    return pa.array(whole, mask=array.is_null().to_numpy(zero_copy_only=False)).cast(data)


def _halves(array: pa.Array) -> pa.Array:
    """Floats of 16 bits, each as its own shortest decimal."""
    found, codes = np.unique(raw(array, np.float16), return_inverse=True)
    return pa.array(np.array([float(str(value)) for value in found])[codes], mask=array.is_null().to_numpy(zero_copy_only=False))


def distinct(array: pa.Array) -> tuple[list[Any], Array]:
    """The distinct values of an array, and for each row which; of a null one past the last.

    Of types that Arrow cannot tell apart every row counts as distinct.
    """
    if not pa.types.is_dictionary(array.type):
        try:
            array = array.dictionary_encode()
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
            words = python_values(array)
            return words, np.arange(len(words))
    return python_values(array.dictionary), codes_of(array)


def codes_of(array: pa.Array) -> Array:
    """For each entry of a dictionary array which word it is; of a null one past the last."""
    codes = raw(array.indices, array.indices.type.to_pandas_dtype())
    if not array.indices.null_count:
        return codes
    past = len(array.dictionary)
    wide = codes if past <= np.iinfo(codes.dtype).max else codes.astype(np.int32)
    return np.where(unpack(validity(array.indices), len(codes)), wide, wide.dtype.type(past))


def raw(array: pa.Array, dtype: Any) -> Array:
    """The values of an array as they lie in memory, without a copy; anything where null."""
    found = np.frombuffer(array.buffers()[1], dtype)
    return found[array.offset : array.offset + len(array)]


def validity(array: pa.Array) -> Array | None:
    """Which values are not null, packed; None where all are."""
    return _bits(array.buffers()[0], array.offset, len(array)) if array.null_count else None


def list_lengths(array: pa.Array, known: Array | None) -> Array:
    """How many entries each list has; none where it is null."""
    if not len(array):
        return np.zeros(0, np.int64)
    offsets = raw(array.offsets, array.offsets.type.to_pandas_dtype()).astype(np.int64)
    lengths = offsets[1:] - offsets[:-1]
    return lengths if known is None else np.where(unpack(known, len(lengths)), lengths, 0)


def _bits(buffer: pa.Buffer, offset: int, count: int) -> Array:
    """A bitmap as a mask, without a copy where it begins on a byte."""
    whole = np.frombuffer(buffer, np.uint8)
    if offset % 8 == 0:
        start = offset // 8
        return whole[start : start + (count + 7) // 8]
    return pack(np.unpackbits(whole, count=offset + count, bitorder="little")[offset:])


def _places(values: Array) -> int | None:
    """How many decimal places some numbers have; None where they are many, or one is no number of few digits."""
    if not (np.abs(values) < _FIFTEEN_DIGITS).all():
        return None
    for places in range(_MAX_PLACES + 1):
        unit = 10.0**places
        if np.array_equal(np.rint(values * unit) / unit, values):
            return places
    return None


def _all_plain(array: pa.Array) -> bool:
    return pc.all(pc.match_substring_regex(array, _PLAIN_NUMBER), min_count=0).as_py() is not False
