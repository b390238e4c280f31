"""The columnar engine: tables of the national rulebook, and what tables can hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from drawn import Drawn
from tables import compare

import hazardrules

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
