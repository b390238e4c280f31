"""Tables whose values are blank, unreadable, repeated or written in any type of Arrow are answered as their rows."""

from __future__ import annotations

import json
from datetime import date
from itertools import product
from typing import TYPE_CHECKING, Any

import probe
import pytest

import hazardrules

if TYPE_CHECKING:
    from pathlib import Path

np = pytest.importorskip("numpy")
pa = pytest.importorskip("pyarrow")

DAY = date(2021, 12, 2)


@pytest.fixture(scope="module", params=[True, False], ids=["machine code", "numpy"])
def book(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Judged with machine code and without; programs are kept with the rulebook."""
    from hazardrules.columnar import answers, arrow_values, native, program

    with pytest.MonkeyPatch.context() as patch:
        if request.param:
            assert native.library() is not None
        else:
            for module in (arrow_values, program, answers):
                patch.setattr(module, "library", lambda: None)
        yield probe.load(tmp_path_factory.mktemp("probe"))


def is_rejected(result: Any) -> list[int]:
    return list(result.rejects["row"].to_pylist())


WORDS = ("", "zz", "bb", "aa", None)


def test_words_keep_their_meaning_whatever_stands_before_them(book: hazardrules.Rulebook) -> None:
    """Blanks are unknown and unreadable words are rejected; neither moves the words that come after."""
    for words in product(WORDS, repeat=3):
        rows = [{"kind": word, "other": word} for word in words]
        table = pa.table({"kind": pa.array(words, pa.string()), "other": pa.array(words, pa.dictionary(pa.int8(), pa.string()))})
        result = probe.check(book, table, rows, as_of=DAY)
        assert is_rejected(result) == [row for row, word in enumerate(words) if word == "zz"]


@pytest.mark.parametrize(
    "words", [["", "bb"], [" ", "bb", "aa"], ["zz", "bb"], ["乙", "bb", "", "aa"], ["~", "zz", "null", "dd"]]
)
def test_words_of_mappings_and_of_parts_keep_their_meaning(book: hazardrules.Rulebook, words: list[str]) -> None:
    """The same where rows are mappings, and inside lists of structs."""
    rows: list[dict[str, Any]] = [{"kind": word, "name": word, "gas.kind": word} for word in words]
    result = book.classify_table(rows, subject="place", as_of=DAY)
    probe.compare(book, result, rows, "place", as_of=DAY)
    parts: list[dict[str, Any]] = [
        {"tanks": [{"colour": word, "valves": [{"state": word}]}], "boss": {"colour": word}, "gas": {"kind": word}}
        for word in words
    ]
    probe.check(book, pa.Table.from_pylist(parts), parts, as_of=DAY)


@pytest.mark.parametrize(
    "dictionary", [["aa", "bb", "cc"], ["", "cc", "bb"], ["zz", "bb", "bb"], ["乙", "bb", None], [None, "cc", "aa"]]
)
def test_dictionaries_with_unused_repeated_or_null_entries_say_what_their_entries_say(
    book: hazardrules.Rulebook, dictionary: list[str | None]
) -> None:
    """An entry that no row uses says nothing."""
    for codes in product((0, 1, 2, None), repeat=2):
        words = [None if code is None else dictionary[code] for code in codes]
        array = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8()), pa.array(dictionary, pa.string()))
        inner = pa.ListArray.from_arrays(pa.array(range(len(codes) + 1), pa.int32()), array)
        rows = [{"kind": word, "name": word, "uses": [word]} for word in words]
        probe.check(book, pa.table({"kind": array, "name": array, "uses": inner}), rows, as_of=DAY)


def test_words_of_files_keep_their_meaning(book: hazardrules.Rulebook, tmp_path: Path) -> None:
    """Every cell of CSV is text, and blank cells are texts too."""
    from hazardrules.batch import classify_files

    words = ["", "bb", "zz", " ", "乙", "aa", "bb", ""]
    (tmp_path / "rows.csv").write_text("\n".join(["kind,open,uses", *(f"{word},是,{word}" for word in words)]), "utf-8")
    classify_files(
        book, tmp_path / "rows.csv", tmp_path / "answers.jsonl", subject="place", as_of=DAY, rejects=tmp_path / "bad.jsonl"
    )
    found = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text("utf-8").splitlines()]
    assert [row["row"] for row in found] == [row for row, word in enumerate(words) if word != "zz"]
    for row in found:
        word = words[row["row"]]
        (case,) = book.classify_many([{"place": {"kind": word, "open": True, "uses": word}}], as_of=DAY)
        assert isinstance(case, hazardrules.Classification)
        assert row["findings"] == probe.answer_of(case)["findings"]


@pytest.mark.parametrize("seed", range(60))
def test_drawn_tables_of_every_type_are_answered_as_their_rows(book: hazardrules.Rulebook, seed: int) -> None:
    """As columns, and as mappings."""
    from odd_columns import Columns

    table = Columns(seed).table()
    rows = [without_nulls(row) for row in table.to_pylist()]
    probe.check(book, table, rows, as_of=DAY)
    result = book.classify_table(rows, subject="place", as_of=DAY)
    probe.compare(book, result, rows, "place", as_of=DAY)


ODD_FLOATS = (float("inf"), float("-inf"), float("nan"), 1e308, -1e308, 1e39, 1e-320, 5e-324, -0.0, 1e22, 2.0**53, 0.1 + 0.2)


@pytest.mark.parametrize("odd", ODD_FLOATS)
@pytest.mark.parametrize("others", [[0.1, 300.0], [300.0, 10.4, 1e14], [0.123456789], [None, 0.0]])
def test_floats_that_no_fact_can_have_are_rejected(book: hazardrules.Rulebook, odd: float, others: list[float | None]) -> None:
    """Infinities, what is no number, and what has too many digits; wherever they stand, in the first hundreds or after them."""
    for before in (0, 1, 300):
        values = [*(others[:1] * before), odd, *others]
        rows = [{"area": value, "load": value, "number": value} for value in values]
        table = pa.table({name: pa.array(values, pa.float64()) for name in ("area", "load", "number")})
        probe.check(book, table, rows, as_of=DAY)


def in_type(words: list[str | None], form: str) -> Any:
    """Words as a column."""
    array = pa.array(words, pa.string())
    match form:
        case "string" | "large_string" | "string_view" | "binary" | "large_binary":
            return array.cast(getattr(pa, form)())
        case "binary_view":
            return array.cast(pa.binary()).cast(pa.binary_view())
        case "runs":
            return pa.compute.run_end_encode(array)
        case "runs of views":
            found = pa.compute.run_end_encode(array)
            return pa.RunEndEncodedArray.from_arrays(found.run_ends, found.values.cast(pa.string_view()))
    found = array.dictionary_encode()
    inner = {"dictionary": pa.string(), "dictionary of large": pa.large_string(), "dictionary of views": pa.string_view()}[form]
    return pa.DictionaryArray.from_arrays(found.indices.cast(pa.int8()), found.dictionary.cast(inner))


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_narrow_floats_mean_their_own_shortest_decimals(book: hazardrules.Rulebook, dtype: str) -> None:
    """In a column and in a dictionary: 0.1 of 16 bits is 0.1, and not 0.0999755859375."""
    values = np.array([0.1, 10.4, 300, 0.1, np.inf, np.nan, -2, 300], dtype)
    rows = [{"area": float(str(value)), "load": float(str(value))} for value in values]
    plain = pa.array(values)
    words = pa.array(np.array([0.1, 10.4, 300, np.inf, np.nan, -2], dtype))
    coded = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 0, 3, 4, 5, 2], pa.int8()), words)
    for column in (plain, coded):
        probe.check(book, pa.table({"area": column, "load": column}), rows, as_of=DAY)


def test_a_value_with_two_faults_is_refused_once(book: hazardrules.Rulebook) -> None:
    """No whole number, and above the maximum."""
    rows: list[dict[str, Any]] = [{"people": 299.9}, {"people": 20.0}, {"people": -0.5}]
    result = probe.check(book, pa.Table.from_pylist(rows), rows, as_of=DAY)
    assert ";" not in result.rejects["reason"][0].as_py()


FORMS = (
    "string", "large_string", "string_view", "binary", "large_binary", "binary_view", "runs", "runs of views",
    "dictionary", "dictionary of large", "dictionary of views",
)  # fmt: skip
COLUMN = ["", "bb", "bb", None, "zz", "aa", "乙", "bb", " ", "dd"]


def as_given(words: list[str | None], form: str) -> list[Any]:
    return [None if word is None else word.encode() if "binary" in form else word for word in words]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("shape", ["whole", "chunked", "sliced"])
def test_words_in_any_type_of_arrow_say_the_same(book: hazardrules.Rulebook, form: str, shape: str) -> None:
    """Also where rows have to be taken: some are rejected."""
    column, rows = in_type(COLUMN, form), as_given(COLUMN, form)
    kept: Any = in_type(COLUMN, form)
    if shape == "chunked":
        column = pa.chunked_array([column.slice(0, 3), column.slice(3, 0), column.slice(3)])
        kept = pa.chunked_array([kept.slice(0, 7), kept.slice(7)])
    elif shape == "sliced":
        column, kept, rows = column.slice(3), kept.slice(3), rows[3:]
    given = [{"kind": word, "name": word, "open": word, "area": word, "uses": word, "checked": word} for word in rows]
    for name in given[0]:
        table = pa.table({name: column, "note": kept, "boss": pa.nulls(len(column))})
        result = book.classify_table(table, subject="place", as_of=DAY, keep=["note"])
        probe.compare(book, result, [{name: row[name]} for row in given], "place", as_of=DAY)
        assert result.table["note"].to_pylist() == [rows[row] for row in result.table["row"].to_pylist()]
        assert result.rejects["note"].to_pylist() == [rows[row] for row in result.rejects["row"].to_pylist()]


LISTS = ("list_", "large_list", "list_view", "large_list_view", "fixed")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("shape", ["whole", "sliced"])
def test_words_in_parts_of_any_type_of_arrow_say_the_same(book: hazardrules.Rulebook, form: str, shape: str) -> None:
    """Structs, lists of structs and lists of lists; a list that is null is unknown, an empty list is none."""
    struct = pa.StructArray.from_arrays([in_type(COLUMN, form), pa.array(range(10), pa.int8())], ["colour", "mass"])
    for kind in LISTS:
        lists = in_lists(struct, kind)
        lists = lists if shape == "whole" else lists.slice(1)
        probe.check(book, pa.table({"tanks": lists}), [{"tanks": without_nulls(row)} for row in lists.to_pylist()], as_of=DAY)
    boss = struct if shape == "whole" else struct.slice(3)
    for part in ("boss", "tanks"):  # a struct is no list
        probe.check(book, pa.table({part: boss}), [{part: without_nulls(row)} for row in boss.to_pylist()], as_of=DAY)


def in_lists(struct: Any, kind: str) -> Any:
    """Structs as lists."""
    if kind == "fixed":
        return pa.FixedSizeListArray.from_arrays(struct, 2)
    size = pa.int64() if "large" in kind else pa.int32()
    if "view" in kind:
        make: Any = pa.LargeListViewArray if "large" in kind else pa.ListViewArray
        return make.from_arrays(pa.array([5, 0, 0, 4, 8], size), pa.array([4, 3, 0, 1, 2], size), struct)
    make = pa.LargeListArray if "large" in kind else pa.ListArray
    return make.from_arrays(pa.array([0, 3, 3, None, 9], size), struct)


def without_nulls(value: Any) -> Any:
    """Parts without the facts that are not known."""
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return {name: item for name, item in value.items() if item is not None} if isinstance(value, dict) else value


def test_files_of_views_are_read_as_files_of_texts(book: hazardrules.Rulebook, tmp_path: Path) -> None:
    """Parquet remembers the types of Arrow; kept columns and rejects too."""
    from pyarrow import parquet

    from hazardrules.batch import classify_files

    found = []
    for form in ("string", "string_view"):
        table = pa.table({"kind": in_type(COLUMN, form), "note": in_type(COLUMN, form)})
        parquet.write_table(table, tmp_path / f"{form}.parquet")
        out, bad = tmp_path / f"{form}.out.parquet", tmp_path / f"{form}.bad.jsonl"
        summary = classify_files(book, tmp_path / f"{form}.parquet", out, subject="place", as_of=DAY, keep=["note"], rejects=bad)
        assert (summary.classified, summary.rejected) == (9, 1)
        found.append((parquet.read_table(out).to_pylist(), [json.loads(line) for line in bad.read_text("utf-8").splitlines()]))
    for rejected in found[1][1]:
        rejected["file"] = found[0][1][0]["file"]
    assert found[0] == found[1]


def test_a_row_with_too_many_parts_does_not_take_those_of_the_others(book: hazardrules.Rulebook) -> None:
    """Only the row itself is rejected, for all that is wrong with it."""
    rows: list[dict[str, Any]] = [
        {"boss": [{"colour": "cc", "mass": 60}]},
        {"boss": [{"colour": "cc"}, {"colour": "zz"}]},
        {"boss": []},
        {"boss": [{"colour": "cc", "mass": 101}]},
        {"boss": None},
    ]
    result = probe.check(book, pa.Table.from_pylist(rows), [without_nulls(row) for row in rows], as_of=DAY)
    assert is_rejected(result) == [1, 3]


def test_what_stands_behind_a_part_that_is_null_says_nothing(book: hazardrules.Rulebook) -> None:
    """Neither of the part nor of the reasons for which its row is rejected."""
    struct = pa.StructArray.from_arrays([pa.array(["zz", "bb", "zz"])], ["colour"], mask=pa.array([True, False, True]))
    lists = pa.ListArray.from_arrays(pa.array([0, 1, 2, 3], pa.int32()), struct, mask=pa.array([False, False, True]))
    for part in ("tanks", "boss"):
        rows = [{part: row} for row in lists.to_pylist()]
        assert is_rejected(probe.check(book, pa.table({part: lists}), rows, as_of=DAY)) == [0]
    probe.check(book, pa.table({"boss": struct}), [{"boss": row} for row in struct.to_pylist()], as_of=DAY)


@pytest.mark.parametrize("form", FORMS)
def test_no_rows_of_any_type_are_no_rows(book: hazardrules.Rulebook, form: str) -> None:
    """Days in a dictionary, which Arrow does not make of nothing, too."""
    column = in_type(COLUMN, form).slice(0, 0)
    coded = pa.array([DAY]).dictionary_encode().slice(0, 0)
    struct = pa.StructArray.from_arrays([column, coded], ["colour", "filled"])
    table = pa.table({"kind": column, "checked": coded, "boss": struct, "note": column})
    for given in (table, pa.table({name: pa.chunked_array([], table[name].type) for name in table.column_names})):
        result = book.classify_table(given, subject="place", as_of=DAY, keep=["note"])
        assert (result.table.num_rows, result.rejects.num_rows, result.summary()["rows"]) == (0, 0, 0)
        assert "note" in result.table.column_names


@pytest.mark.parametrize("words", [["aa", None], [None, "bb"]])
def test_chunks_whose_dictionaries_differ_and_hold_null_are_read(book: hazardrules.Rulebook, words: list[str | None]) -> None:
    """Arrow does not put such chunks together, nor such lists."""
    chunks = [
        pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 1, 0, 0], pa.int8()), pa.array(found, pa.string()))
        for found in (words, ["cc", None], ["", "zz"])
    ]
    column = pa.chunked_array(chunks)
    rows = [{"kind": word} for word in column.to_pylist()]
    probe.check(book, pa.table({"kind": column}), rows, as_of=DAY)
    struct = pa.StructArray.from_arrays([chunks[0]], ["colour"])
    places = pa.array([4, 0, 2], pa.int32())
    views = pa.ListViewArray.from_arrays(places, pa.array([2, 3, 2], pa.int32()), struct, mask=pa.array([False, True, False]))
    fixed = pa.FixedSizeListArray.from_arrays(struct, 2, mask=pa.array([False, True, False]))
    for lists in (views, fixed):
        for some in (lists, lists.slice(1)):
            given = [{"tanks": without_nulls(row)} for row in some.to_pylist()]
            probe.check(book, pa.table({"tanks": some}), given, as_of=DAY)


def moments(values: list[int | None], unit: str) -> Any:
    return pa.array(values, pa.int64()).cast(pa.timestamp(unit))


FAR = {
    "days": ("checked", pa.array([0, None, 10**7, -(10**7)], pa.int32()).cast(pa.date32())),
    "days in a dictionary": ("checked", pa.array([0, None, 10**7, -(10**7)], pa.int32()).cast(pa.date32()).dictionary_encode()),
    "days in milliseconds": ("checked", pa.array([0, None, 864 * 10**14, -864 * 10**13], pa.int64()).cast(pa.date64())),
    "moments as days": ("checked", moments([0, None, 2**62, -(2**62)], "us")),
    "seconds": ("seen", moments([0, None, 10**13, -(10**13)], "s")),
    "microseconds": ("seen", moments([0, None, 2**62, -(2**62)], "us")),
    "moments in a dictionary": ("seen", moments([0, None, 2**62, -(2**62)], "us").dictionary_encode()),
    "days as words": ("kind", pa.array([None, None, 10**7, -(10**7)], pa.int32()).cast(pa.date32())),
}


@pytest.mark.parametrize("which", FAR)
def test_days_that_python_cannot_hold_are_rejected(book: hazardrules.Rulebook, tmp_path: Path, which: str) -> None:
    """Before the year 1 and after the year 9999; in files, and in columns that are carried over, too."""
    from pyarrow import parquet

    from hazardrules.batch import classify_files

    name, column = FAR[which]
    table = pa.table({name: column, "began": moments([0, 0, 0, 0], "us"), "note": column})
    result = book.classify_table(table, subject="place", as_of=DAY, keep=["note"])
    assert is_rejected(result) == [2, 3]
    assert all(reason.startswith(f"{name}: ") for reason in result.rejects["reason"].to_pylist())
    assert len(result.truths) == len(result.table) == 2
    parquet.write_table(table, tmp_path / "a.parquet")
    for form in ("parquet", "csv", "jsonl"):
        out, bad = tmp_path / f"out.{form}", tmp_path / f"bad.{form}"
        classify_files(book, tmp_path / "a.parquet", out, subject="place", as_of=DAY, keep=["note"], rejects=bad)


def test_rows_whose_own_day_python_cannot_hold_are_rejected(book: hazardrules.Rulebook) -> None:
    """The column `as_of`."""
    days = pa.array([18963, 10**7, None], pa.int32()).cast(pa.date32())
    result = book.classify_table(pa.table({"open": [True, False, True], "as_of": days}), subject="place")
    assert is_rejected(result) == [1, 2]


def test_texts_that_are_none_are_rejected(book: hazardrules.Rulebook) -> None:
    """Arrow does not look at the bytes of a text."""
    ends = pa.py_buffer(np.array([0, 1, 3], np.int32).tobytes())
    column = pa.Array.from_buffers(pa.string(), 2, [None, ends, pa.py_buffer(b"\xffaa")])
    for name in ("kind", "name", "open", "uses", "checked", "area"):
        result = book.classify_table(pa.table({name: column}), subject="place", as_of=DAY)
        assert is_rejected(result)[0] == 0


def test_nanoseconds_are_cut_off(book: hazardrules.Rulebook) -> None:
    """Python has none; a moment before 1970 is cut off downwards too."""
    seen, began = moments([1_001, -1, None, 2_000], "ns"), moments([1, -1, 0, 2], "us")
    rows: list[dict[str, Any]] = [{"seen": value, "began": value} for value in began.to_pylist()]
    rows[2].pop("seen")
    probe.check(book, pa.table({"seen": seen, "began": began}), rows, as_of=DAY)


def test_one_bad_value_takes_nothing_else_with_it(book: hazardrules.Rulebook) -> None:
    """What stands beside it in a column that is carried over is still shown."""
    from hazardrules.columnar.arrow_types import python_values

    day = pa.array([2**31 - 1], pa.int32()).cast(pa.date32())
    text = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(np.array([0, 1], np.int32).tobytes()), pa.py_buffer(b"\xff")])
    column = pa.StructArray.from_arrays([pa.array(["A 1"]), day, pa.ListArray.from_arrays([0, 1], text)], ["plate", "day", "more"])
    (value,) = python_values(column)
    assert (value["plate"], value["more"]) == ("A 1", [b"\xff"])
    assert "2147483647" in str(value["day"])
    result = book.classify_table(pa.table({"open": [True], "note": column}), subject="place", as_of=DAY, keep=["note"])
    assert len(result.table) == 1
