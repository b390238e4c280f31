"""Steps that look at the block: columns as masks and values, and values chosen by masks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hazardrules.columnar import amounts, values
from hazardrules.columnar.columns import EPOCH
from hazardrules.columnar.tape import everywhere, pack, unpack
from hazardrules.columnar.values import Days, Words

if TYPE_CHECKING:
    from fractions import Fraction

    from hazardrules.columnar.amounts import Amounts
    from hazardrules.columnar.columns import Column, Threshold
    from hazardrules.columnar.frames import Block
    from hazardrules.columnar.tape import Array


def _column(block: Block, frame: int, name: str) -> tuple[Column | None, int]:
    found = block.frames[frame]
    return found.columns.get(name), found.count


# masks; what they say of unknown facts means nothing


def known(block: Block, frame: int, name: str) -> Array:
    """Where a fact is known."""
    column, count = _column(block, frame, name)
    if column is None:
        return everywhere(count, flag=False)
    return everywhere(count, flag=True) if column.known is None else column.known


def listed(block: Block, frame: int, part: str) -> Array:
    """Where a list of parts is known."""
    child = block.frames[block.frames[frame].parts[part]]
    return everywhere(block.frames[frame].count, flag=True) if child.listed is None else child.listed


def flag(block: Block, frame: int, name: str) -> Array:
    """Where a flag is set."""
    column, count = _column(block, frame, name)
    return everywhere(count, flag=False) if column is None else column.data


def at_least(block: Block, frame: int, name: str, threshold: Threshold) -> Array:
    """Where a number is not below a value of the law (or is above it)."""
    column, count = _column(block, frame, name)
    return everywhere(count, flag=False) if column is None else pack(column.at_least(threshold))


def is_day_from(block: Block, frame: int, name: str, bound: int) -> Array:
    """Where a day or moment is not before another."""
    column, count = _column(block, frame, name)
    return everywhere(count, flag=False) if column is None else pack(np.greater_equal(column.data, bound))


def is_word(block: Block, frame: int, name: str, word: str) -> Array:
    """Where a choice or text is this one."""
    column, count = _column(block, frame, name)
    if column is None or word not in column.words:
        return everywhere(count, flag=False)
    return pack(np.equal(column.data, column.words.index(word)))


def contains(block: Block, frame: int, name: str, option: int) -> Array:
    """Where a set holds an option."""
    column, count = _column(block, frame, name)
    if column is None:
        return everywhere(count, flag=False)
    bits = column.data
    if bits.dtype == np.object_:
        return pack(np.fromiter((value >> option & 1 for value in bits.tolist()), np.bool_, count))
    return pack(np.bitwise_and(bits, bits.dtype.type(1 << option)) != 0)


def nowhere(block: Block, frame: int, _name: str) -> Array:
    """No subject."""
    return everywhere(block.frames[frame].count, flag=False)


def meets(words: Words, options: frozenset[str]) -> tuple[Array, Array]:
    """Where one of few sets holds one of some options: surely and possibly."""
    surely = np.array([value is not None and not options.isdisjoint(value) for value in words.table])
    possibly = surely.copy()
    possibly[0] = True
    return pack(surely[words.codes]), pack(possibly[words.codes])


# values


def as_of(block: Block) -> Days:
    """The day of each row."""
    return Days(block.days - EPOCH, None)


def amounts_of(block: Block, frame: int, name: str, limits: tuple[Any, Any] | None) -> Amounts:
    """A submitted number."""
    return amounts.of_column(*_column(block, frame, name), limits)


def words_of(block: Block, frame: int, name: str) -> Words:
    """A submitted choice or text."""
    return values.words_of(*_column(block, frame, name))


def days_of(block: Block, frame: int, name: str) -> Days:
    """A submitted day or moment."""
    return values.days_of(*_column(block, frame, name))


def constant_word(value: Any) -> Words:
    """The same word for every row."""
    return Words(np.array(0 if value is None else 1), (None,) if value is None else (None, value))


def constant_day(value: Any) -> Days:
    """The same day for every row."""
    return Days(np.array(0), np.array(False)) if value is None else values.the_day(value)


# choices


def _flags(
    block: Block, given: tuple[Any, ...], rows: int, masks: tuple[bool | None, ...]
) -> tuple[int, list[tuple[Array, Any]]]:
    """The flags and the values: `given` holds the masks that are none of `masks`, then the values."""
    count = block.frames[rows].count
    packed = iter(given[: len(given) - len(masks)])
    chosen = given[len(given) - len(masks) :]
    flags = [np.full(count, mask) if mask is not None else unpack(next(packed), count) for mask in masks]
    return count, list(zip(flags, chosen, strict=True))


def choose_amounts(block: Block, *given: Any) -> Amounts:
    """For each row the amount whose mask is set."""
    *rest, rows, masks = given
    return amounts.choose(*_flags(block, tuple(rest), rows, masks))


def choose_words(block: Block, *given: Any) -> Words:
    """For each row the word whose mask is set."""
    *rest, rows, masks = given
    return values.choose_words(*_flags(block, tuple(rest), rows, masks))


def choose_days(block: Block, *given: Any) -> Days:
    """For each row the day whose mask is set."""
    *rest, rows, masks = given
    return values.choose_days(*_flags(block, tuple(rest), rows, masks))


def same_words(block: Block, one: Words, other: Words, rows: int) -> Array:
    """Where two words are known and the same."""
    return pack(np.broadcast_to(values.same_words(one, other), block.frames[rows].count))


def same_days(block: Block, one: Days, other: Days, rows: int) -> Array:
    """Where two days are known and the same."""
    return pack(values.same_days(one, other, block.frames[rows].count))


def compare_days(block: Block, one: Days, other: Days, op: str, rows: int) -> tuple[Array, Array]:
    """A comparison of days."""
    return values.compare_days(op, one, other, block.frames[rows].count)


# days


def shifted(block: Block, days: Days, amount: Any, sign: int, working_day: Any, rows: int, moment: bool) -> Days:
    """Days plus or minus a span of the law."""
    return values.shifted(days, amount, sign, working_day, block.frames[rows].count, moment=moment)


def between(block: Block, left: Days, right: Days, factor: Fraction, rows: int, moments: tuple[bool, bool]) -> Amounts:
    """The time between days or moments."""
    return values.between(left, right, factor, block.frames[rows].count, moments=moments)


# look-ups


def _looked_up(words: tuple[Words, ...], rows: tuple[tuple[tuple[str, ...], Any], ...]) -> tuple[list[Any], Array]:
    """What a table of the law gives for words: the values, and for each row which."""
    found = dict(rows)
    keys = words[0]
    if len(words) == 1:
        table = [None if word is None else found.get((str(word),)) for word in keys.table]
        return table, keys.codes
    for other in words[1:]:
        keys = values.joined(keys, other)
    return [None if key is None else found.get(_flat(key)) for key in keys.table], keys.codes


def _flat(key: Any) -> tuple[str, ...]:
    return (*_flat(key[0]), str(key[1])) if isinstance(key[0], tuple) else (str(key[0]), str(key[1]))


def look_up_amounts(*given: Any) -> Amounts:
    """A number from a table of the law."""
    *words, rows = given
    return amounts.of_table(*_looked_up(tuple(words), rows))


def look_up_words(*given: Any) -> Words:
    """A word from a table of the law."""
    *words, rows = given
    table, codes = _looked_up(tuple(words), rows)
    return values.translated(Words(codes, tuple(table)), tuple(table))
