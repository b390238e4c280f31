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
