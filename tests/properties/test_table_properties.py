"""A table is answered row by row as `classify` answers each row: drawn rulebooks, drawn tables."""

from __future__ import annotations

import os
import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from tables import compare

import hazardrules
from hazardrules.testing.generated_rulebooks import DAYS, rulebooks, submissions, write

pa = pytest.importorskip("pyarrow")

SLOW = settings(
    max_examples=int(os.environ.get("HAZARDRULES_EXAMPLES", "60")), deadline=None, suppress_health_check=list(HealthCheck)
)
TANK = pa.struct([("full", pa.bool_()), ("mass", pa.string())])
BOSS = pa.struct([("trained", pa.bool_()), ("age", pa.int16())])
AS_TEXT = {
    "open": pa.bool_(), "alarm": pa.bool_(), "area": pa.string(), "load": pa.string(), "limit": pa.string(), "people": pa.string(),
    "kind": pa.string(), "uses": pa.list_(pa.string()), "checked": pa.string(), "tanks": pa.list_(TANK), "boss": BOSS,
}  # fmt: skip
TYPED = {
    **AS_TEXT,
    "area": pa.float64(), "load": pa.decimal128(9, 2), "limit": pa.int32(), "people": pa.int8(),
    "kind": pa.dictionary(pa.int8(), pa.string()), "uses": pa.large_list(pa.dictionary(pa.int8(), pa.string())), "checked": pa.date32(),
}  # fmt: skip
VALUES: dict[str, list[Any]] = {
    "area": [0.0, 299.9, 300.0, 300.5, 1000.0, 0.1],
    "load": [Decimal("0.10"), Decimal("0.20"), Decimal("10.40"), Decimal("-2.00"), Decimal("0.50"), Decimal("8.00")],
    "limit": [8000, 1, 10400, 1000],
    "people": [0, 3, 4, 19, 20, 50, 51, -1],
    "kind": ["a", "b", "c"],
    "uses": [[], ["x"], ["x", "y"], ["z", "z"], ["q"]],
    "checked": [date(2020, 2, 29), date(2021, 12, 1), date(2021, 12, 2), date(2024, 2, 29)],
}


def load(files: dict[str, str]) -> hazardrules.Rulebook:
    with tempfile.TemporaryDirectory() as folder:
        try:
            return hazardrules.load(write(files, Path(folder)))
        except hazardrules.RulebookError as error:
            if all(found.code.number == 301 for found in error.diagnostics):
                reject()  # rules that were drawn in a circle
            raise


def text_row(row: dict[str, Any]) -> dict[str, Any]:
    """A submission whose values fit into one column each."""
    return {name: str(value) if AS_TEXT[name] == pa.string() else value for name, value in row.items()}


@st.composite
def typed_rows(draw: Any) -> dict[str, Any]:
    """A submission of typed values, some of them refused."""
    row = draw(submissions())
    return {name: draw(st.sampled_from(VALUES[name])) if name in VALUES else value for name, value in row.items()}


def as_table(rows: list[dict[str, Any]], types: dict[str, Any]) -> Any:
    names = [name for name in types if any(name in row for row in rows)] or ["open"]
    return pa.table({name: pa.array([row.get(name) for row in rows], types[name]) for name in names})


days = st.sampled_from([date.fromisoformat(day) for day in DAYS])


@SLOW
@given(files=rulebooks(), rows=st.lists(submissions().map(text_row), min_size=1, max_size=30), day=days)
def test_a_table_of_texts_is_answered_as_its_rows(files: dict[str, str], rows: list[dict[str, Any]], day: date) -> None:
    """Numbers with units, labels, blanks: whatever the intake reads."""
    book = load(files)
    result = book.classify_table(as_table(rows, AS_TEXT), subject="place", as_of=day)
    compare(book, result, rows, "place", as_of=day)


@SLOW
@given(files=rulebooks(), rows=st.lists(typed_rows(), min_size=1, max_size=30), day=days)
def test_a_table_of_typed_columns_is_answered_as_its_rows(files: dict[str, str], rows: list[dict[str, Any]], day: date) -> None:
    """Floats, decimals, integers, dates, categories; values that no fact can have are rejected with the same words."""
    book = load(files)
    table = as_table(rows, TYPED)
    result = book.classify_table(table, subject="place", as_of=day)
    compare(book, result, rows, "place", as_of=day)


@SLOW
@given(
    files=rulebooks(), rows=st.lists(st.one_of(submissions(), typed_rows()), min_size=1, max_size=30), day=days, data=st.data()
)
def test_a_list_of_mappings_is_answered_as_its_rows(
    files: dict[str, str], rows: list[dict[str, Any]], day: date, data: st.DataObject
) -> None:
    """Under ids and labels, nested or not, with the statement that nothing else was wrong, and with names that are none."""
    book = load(files)
    cases: list[Any] = []
    forms = st.integers(0, 6)
    always = data.draw(st.one_of(st.none(), st.sampled_from((0, 1, 4, 5))))  # rows of one form are read fact by fact
    for row in rows:
        form = data.draw(forms) if always is None or data.draw(st.integers(0, 9)) == 0 else always
        labelled = {"面积": row["area"], **{name: row[name] for name in row if name != "area"}} if "area" in row else row
        wrong = {**row, "aera": 3}
        cases.append(
            [
                row,
                labelled,
                {"place": row},
                {"place": labelled, "complete": True},
                {**row, "判定日期": "2021-12-02"},
                wrong,
                {"boss": [row]},
            ][form]
        )
    result = book.classify_table(cases, subject="place", as_of=day)
    compare(book, result, cases, "", as_of=day)


@SLOW
@given(files=rulebooks(), rows=st.lists(submissions().map(text_row), min_size=1, max_size=12), data=st.data())
def test_each_row_is_judged_by_the_law_of_its_day(files: dict[str, str], rows: list[dict[str, Any]], data: st.DataObject) -> None:
    """The column `as_of`."""
    book = load(files)
    dated = [data.draw(st.sampled_from(DAYS)) for _ in rows]
    table = as_table(rows, AS_TEXT).append_column("as_of", pa.array(dated))
    result = book.classify_table(table, subject="place", threads=1)
    for number, day in enumerate(dated):
        one = book.classify_table(table.slice(number, 1), subject="place", threads=1)
        compare(book, one, rows[number : number + 1], "place", as_of=date.fromisoformat(day))
    whole = result.table.drop_columns("row").to_pylist()
    singles = [book.classify_table(table.slice(n, 1), subject="place", threads=1) for n in range(len(rows))]
    expected = [
        {name: row.get(name) for name in result.table.column_names[1:]} for single in singles for row in single.table.to_pylist()
    ]
    assert whole == expected
