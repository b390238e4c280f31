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
