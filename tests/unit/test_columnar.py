"""The columnar engine: tables of the national rulebook, and what tables can hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from drawn import Drawn
from tables import compare

import hazardrules

np = pytest.importorskip("numpy")
pa = pytest.importorskip("pyarrow")

DAY = date(2024, 3, 15)


@pytest.fixture(scope="module")
def book() -> hazardrules.Rulebook:
    return hazardrules.load()


def floats(value: Any) -> Any:
    """The same row with decimals as floats."""
    if isinstance(value, dict):
        return {name: floats(item) for name, item in value.items()}
    if isinstance(value, list):
        return [floats(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value


def columns(rows: list[dict[str, Any]]) -> Any:
    """Rows as a table; Arrow finds the types."""
    names = sorted({name for row in rows for name in row})
    return pa.table({name: pa.array([row.get(name) for row in rows]) for name in names})


@pytest.mark.parametrize("as_floats", [False, True], ids=["decimals", "floats"])
@pytest.mark.parametrize("subject", ["premises", "vehicle", "gas_operator"])
def test_national_law_says_the_same_of_a_table_as_of_each_row(book: hazardrules.Rulebook, subject: str, as_floats: bool) -> None:
    """Many facts on the thresholds of the law, gaps, and parts within parts."""
    drawn = Drawn(book, seed=7)
    rows = [drawn.row(subject) for _ in range(60)]
    if as_floats:
        rows = floats(rows)
    result = book.classify_table(columns(rows), subject=subject, as_of=DAY)
    assert result.rejected == 0
    compare(book, result, rows, subject, as_of=DAY)


@pytest.mark.parametrize("mappings", [False, True], ids=["table", "mappings"])
@pytest.mark.parametrize("count", [0, 2], ids=["no rows", "all rejected"])
def test_a_table_of_which_nothing_is_classified_still_has_its_columns(
    book: hazardrules.Rulebook, count: int, mappings: bool
) -> None:
    """So that whoever puts tables together finds the same columns in each."""
    rows = [{"plate": "A", "gross_mass": "heavy"}] * count
    whole = pa.table({"plate": pa.array(["A"] * count, pa.string()), "gross_mass": pa.array(["heavy"] * count, pa.string())})
    given = rows if mappings else whole
    result = book.classify_table(given, subject="vehicle", as_of=DAY, keep=["plate"])
    some = book.classify_table(pa.table({"plate": ["A"], "gross_mass": ["3 t"]}), subject="vehicle", as_of=DAY, keep=["plate"])
    assert (len(result), result.rejected) == (0, count)
    assert result.table.schema.names == some.table.schema.names
    assert result.rejects.num_rows == count
    assert result.summary()["rows"] == count


@pytest.mark.parametrize("fast", [True, False], ids=["machine code", "numpy"])
@pytest.mark.parametrize("count", [4096, 70_001])
def test_long_tables_say_of_each_row_what_a_short_one_says(
    monkeypatch: pytest.MonkeyPatch, book: hazardrules.Rulebook, count: int, fast: bool
) -> None:
    """Rows in whole chunks and behind the last one, with machine code and without, in one block and in several."""
    from hazardrules.columnar import answers, arrow_values, native, program

    if fast:
        assert native.library() is not None
    else:
        monkeypatch.setattr(arrow_values, "library", lambda: None)
        monkeypatch.setattr(program, "library", lambda: None)
        monkeypatch.setattr(answers, "library", lambda: None)
        book = hazardrules.load()  # programs are kept with the rulebook
    drawn = Drawn(book, seed=11)
    for subject in ("premises", "vehicle"):
        some = columns([drawn.row(subject) for _ in range(48)])
        short = book.classify_table(some, subject=subject, as_of=DAY)
        which = np.random.default_rng(3).integers(0, 48, count)
        long = book.classify_table(some.take(pa.array(which)), subject=subject, as_of=DAY, threads=2)
        expected = short.table.drop_columns("row").take(pa.array(which))
        assert long.table.drop_columns("row").equals(expected.cast(long.table.drop_columns("row").schema))
        assert long.truths.equals(short.truths.take(pa.array(which)))
        assert len(long.findings) == sum(len(found) for found in long.table["findings"].to_pylist()) + _on_parts(long)


def _on_parts(result: Any) -> int:
    """Findings beyond the first of a rule in a row: the same rule on several parts."""
    rows = result.findings.select(["row", "rule"]).to_pylist()
    return len(rows) - len({(row["row"], row["rule"]) for row in rows})


def test_machine_code_reads_decimals_and_sets_as_numpy_does() -> None:
    """Floats on, beside and far from decimals of few places; lists of every length."""
    from hazardrules.columnar import arrow_values, native

    library = native.library()
    assert library is not None
    rng = np.random.default_rng(5)
    for unit in (1.0, 10.0, 100.0, 1000.0, 1e6):
        for size in (1, 7, 8, 9, 999):
            whole = rng.integers(-(10**8), 10**8, size)
            values = whole / unit
            for guess in (np.int8, np.int16, np.int32):
                found = library.scaled(values, unit, guess)
                assert found is not None
                assert (found[0] == whole).all()
                assert (found[1], found[2]) == (min(0, whole.min()), max(0, whole.max()))
            values[rng.integers(0, size)] *= 1 + 2**-52
            found = library.scaled(values, unit, np.int32)
            assert found is None or (found[0] / unit == values).all()
    for odd in (np.nan, np.inf, -np.inf, 1e300, 5e-324, 0.1 + 0.2, 2.0**31):
        assert library.scaled(np.array([0.5, odd]), 100.0, np.int8) is None
    for options in (3, 8, 9, 40):
        for longest in (0, 1, 6, 8, 9, 30):
            lengths = rng.integers(0, longest + 1, 500)
            offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
            codes = rng.integers(0, options, offsets[-1]).astype(np.uint8)
            dtype = np.uint8 if options <= 8 else np.uint64
            bits = np.array([1 << option for option in range(options)], dtype)
            expected = [sum({1 << code for code in codes[a:b].tolist()}) for a, b in pairwise(offsets)]
            for first in (0, 3):
                assert library.sets(offsets + np.int32(first), codes, bits).tolist() == expected
    assert arrow_values.library() is library


@pytest.mark.parametrize("data", [np.int64, np.int32])
@pytest.mark.parametrize("guess", [np.int8, np.int16, np.int32])
def test_machine_code_narrows_integers_that_fit_and_leaves_others(data: Any, guess: Any) -> None:
    """Around the ends of each type, wherever in the column the number stands."""
    from hazardrules.columnar import native

    library = native.library()
    assert library is not None
    limits = np.iinfo(guess)
    for size in (1, 31, 32, 33, 500):
        for odd in {limits.min, limits.max, max(limits.min - 1, np.iinfo(data).min), min(limits.max + 1, np.iinfo(data).max)}:
            for at in {0, size // 2, size - 1}:
                values = np.full(size, 5, data)
                values[at] = odd
                found, low, high = library.narrow(values, guess)
                assert (found == values).all()
                assert (low, high) == (values.min(), values.max())
                fits = limits.min <= odd <= limits.max
                assert found.dtype == (guess if fits and guess != data else data)


def test_machine_code_lists_the_masks_of_each_row() -> None:
    """Rows in whole words and behind the last one; bits behind the last row say nothing."""
    from hazardrules.columnar import native

    library = native.library()
    assert library is not None
    rng = np.random.default_rng(6)
    for count in (1, 7, 8, 63, 64, 65, 200, 256):
        for masks in (0, 1, 5, 70):
            flags = rng.random((masks, count)) < 0.3
            packed = [np.packbits(row, bitorder="little") for row in flags]
            for mask in packed:
                mask[-1] |= 0xFF << (count % 8 or 8) & 0xFF
            numbers = rng.permutation(masks).astype(np.int32)
            lengths, found = library.lists(packed, numbers, count)
            assert lengths.tolist() == flags.sum(0).tolist()
            assert found.tolist() == [number for row in flags.T for number in numbers[row].tolist()]
