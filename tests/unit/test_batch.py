"""Files of rows: what is read, what is answered, what is refused, what ends up on disk."""

from __future__ import annotations

import csv
import gzip
import json
import random
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from demo import write_demo
from tables import answer_of

import hazardrules
from hazardrules.batch import classify_files
from hazardrules.cli import main
from hazardrules.errors import BatchError

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

from hazardrules.batch import columns_in, lines_in, work  # noqa: E402 - they need pyarrow
from hazardrules.columnar.answers import SIDES  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from click.testing import Result

    from hazardrules.batch import BatchSummary

DAY = date(2021, 12, 2)
PIECE = 40
"""Rows of a piece in these tests."""
NAMES = ["id", "用途", "floor_area", "people_lodged", "耐火等级", "lodging.separated", "alarm_installed", "last inspection"]
VALUES: list[Sequence[str]] = [
    ("住宿、生产", "lodging, production", "storage", "business", "", "lodging", "住宿,经营", "{lodging}", "playing"),
    ("300", "300 m²", "300.1", "３００", "0.5 ha", "299.9", "301平方米", "0", "1e3", "-1", ""),
    ("20", "21", "21人", "0", "", "19", "22 persons", "2e1", "many"),
    ("1", "4", "", "3", "２", "2", "4", "5"),
    ("是", "否", "true", "false", "", "no", "有", "1"),
    ("yes", "no", "", "有", "无", "false"),
    ("2021-12-01", "2021/12/2", "", "2021年12月2日", "2020-02-29", "2020-02-30"),
]
RULE = "fire.lodging.no_alarm"


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small rulebook."""
    return write_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def book(rules: Path) -> hazardrules.Rulebook:
    return hazardrules.load(rules)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that small files have several."""
    monkeypatch.setattr(columns_in, "ROWS", PIECE)
    monkeypatch.setattr(lines_in, "ROWS", PIECE)


def drawn(count: int, seed: int = 1) -> list[list[str]]:
    """Rows of texts, as CSV has them; some of them are refused."""
    rng = random.Random(seed)  # noqa: S311 - drawn rows are no secret
    return [[f"n{number}", *(rng.choice(values) for values in VALUES)] for number in range(count)]


def as_case(cells: list[str]) -> dict[str, Any]:
    """A row as `classify` takes it."""
    return {name: cell for name, cell in zip(NAMES[1:], cells[1:], strict=True) if cell}


def write_csv(path: Path, rows: list[list[str]], names: Sequence[str] = NAMES, **options: Any) -> Path:
    encoding = options.pop("encoding", "utf-8")
    with path.open("w", encoding=encoding, newline="") as opened:
        writer = csv.writer(opened, **options)
        writer.writerow(names)
        writer.writerows(rows)
    return path


def write_lines(path: Path, rows: list[list[str]]) -> Path:
    cases = [{"id": row[0], **as_case(row)} for row in rows]
    path.write_text("".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases), "utf-8")
    return path


def write_parquet(path: Path, rows: list[list[str]]) -> Path:
    columns = [pa.array([row[number] for row in rows], pa.string()) for number in range(len(NAMES))]
    pq.write_table(pa.table(columns, names=NAMES), path, row_group_size=17)
    return path


WRITERS = {"csv": write_csv, "jsonl": write_lines, "parquet": write_parquet}


def read_answers(path: Path) -> list[dict[str, Any]]:
    """Answers in the form of a Parquet file, whatever they are written as."""
    paths = sorted(path.iterdir()) if path.is_dir() else [path]
    rows: list[dict[str, Any]] = []
    for each in paths:
        match each.suffix:
            case ".parquet":
                rows += pq.read_table(each).to_pylist()
            case ".jsonl":
                rows += [json.loads(line) for line in each.read_text("utf-8").splitlines()]
            case _:
                with each.open(encoding="utf-8", newline="") as opened:
                    rows += [_typed(row) for row in csv.DictReader(opened)]
    return rows


def _typed(row: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {name: value or None for name, value in row.items()}
    for name in ("findings", "actions", "undetermined", "missing"):
        found[name] = row[name].split(";") if row[name] else []
    return {**found, "row": int(row["row"])}


def read_rejects(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def check(
    book: hazardrules.Rulebook, rows: list[list[str]], answers: list[dict[str, Any]], rejects: list[dict[str, Any]]
) -> None:
    """Every row is answered as `classify` answers it, or rejected for the reason that `classify` gives."""
    by_row = {answer["row"]: answer for answer in answers}
    refused = {entry["row"]: entry for entry in rejects}
    assert [*by_row] == sorted(by_row)
    assert len(by_row) + len(refused) == len(answers) + len(rejects) == len(rows)
    for number, cells in enumerate(rows):
        (case,) = book.classify_many([{"premises": as_case(cells)}], as_of=DAY, lang="en")
        if isinstance(case, hazardrules.FactsError):
            entry = refused[number]
            assert sorted(entry["reason"].split("; ")) == sorted(
                "; ".join(problem.message("en") for problem in case.problems).split("; ")
            )
            assert entry["id"] == entry["given"]["id"] == cells[0]
            continue
        expected, answer = answer_of(case), by_row[number]
        assert answer["id"] == cells[0]
        for name in ("findings", "undetermined", "actions"):
            assert answer[name] == expected[name]
        for scale, sides in expected["levels"].items():
            assert {side: answer.get(f"{scale}.{side}") for side in SIDES} == sides


def judge(book: hazardrules.Rulebook, source: Path, target: Path, **options: Any) -> BatchSummary:
    return classify_files(book, source, target, subject="premises", **{"as_of": DAY, "keep": ["id"], "lang": "en", **options})


# what is answered


@pytest.mark.parametrize("out", ["a.parquet", "a.csv", "a.jsonl", "parquet", "csv", "jsonl"])
@pytest.mark.parametrize("kind", WRITERS)
def test_every_row_is_answered_as_classify_answers_it_or_rejected(
    book: hazardrules.Rulebook, tmp_path: Path, kind: str, out: str
) -> None:
    """Whatever is read and written; rows read = rows answered + rows rejected."""
    rows = drawn(130)
    source = WRITERS[kind](tmp_path / f"rows.{kind}", rows)
    target = tmp_path / (out if "." in out else "answers")
    summary = judge(book, source, target, to=out if "." not in out else "parquet", threads=3)
    answers, rejects = read_answers(target), read_rejects(tmp_path / f"{target.name}.rejects.jsonl")
    check(book, rows, answers, rejects)
    assert (summary.rows, summary.classified, summary.rejected) == (130, len(answers), len(rejects))
    assert summary.classified + summary.rejected == summary.rows
    assert len(rejects) > 20
    holding = sum(RULE in answer["findings"] for answer in answers)
    assert summary.findings.get(RULE, 0) == holding
    level = [answer.get("hazard.level") for answer in answers if answer.get("hazard.at_least")]
    assert summary.levels["hazard"].get("general", 0) == level.count("general")
    assert summary.levels["hazard"]["open"] == level.count(None)
    assert not (tmp_path / f"{target.name}.partial").exists()
    if "." not in out:
        assert [path.name for path in sorted(target.iterdir())] == [f"part-0000{number}.{out}" for number in range(4)]


def test_numbers_and_parts_of_json_lines_and_parquet_are_exact(book: hazardrules.Rulebook, tmp_path: Path) -> None:
    """Decimals, lists, structs: no float comes between."""
    lines = [
        '{"floor_area": 300.10, "uses": ["lodging", "住宿"], "cylinders": [{"capacity": 15}, {"capacity": "0.0150 t"}]}',
        '{"premises": {"floor_area": "300 m²"}, "as_of": "2021-12-02"}',
    ]
    (tmp_path / "rows.jsonl").write_text("\ufeff" + "\n\n".join(lines) + "\n \n", "utf-8")
    summary = judge(book, tmp_path / "rows.jsonl", tmp_path / "a.jsonl", keep=[])
    assert (summary.rows, summary.rejected) == (2, 0)
    answers = read_answers(tmp_path / "a.jsonl")
    for number, line in enumerate(lines):
        expected = answer_of(book.classify(json.loads(line), subject="premises", as_of=DAY))
        assert answers[number]["findings"] == expected["findings"]
        assert answers[number]["undetermined"] == expected["undetermined"]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_each_row_may_have_its_own_day(book: hazardrules.Rulebook, tmp_path: Path, kind: str) -> None:
    """The column `as_of` or 判定日期; a row without one is rejected."""
    days = ["2021-12-01", "2021-12-02", "", "2024-01-01"]
    rows = [[day, "住宿、生产", "21", "否"] for day in days]
    names = ["判定日期", "uses", "people_lodged", "alarm_installed"]
    if kind == "csv":
        write_csv(tmp_path / "rows.csv", rows, names)
    else:
        lines = (json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) for row in rows)
        (tmp_path / "rows.jsonl").write_text("\n".join(lines), "utf-8")
    summary = judge(book, tmp_path / f"rows.{kind}", tmp_path / "a.jsonl", keep=[], as_of=None)
    assert (summary.classified, summary.rejected) == (3, 1)
    answers = read_answers(tmp_path / "a.jsonl")
    for answer in answers:
        day = date.fromisoformat(days[answer["row"]])
        facts = {"uses": ["lodging", "production"], "people_lodged": 21, "alarm_installed": False}
        assert answer["findings"] == answer_of(book.classify({"premises": facts}, as_of=day))["findings"]
    assert read_rejects(tmp_path / "a.jsonl.rejects.jsonl")[0]["reason"] == "as_of: nothing says for which day the case is judged"


# rows that are none


def test_rows_of_csv_that_are_none_are_rejected_with_their_numbers(book: hazardrules.Rulebook, tmp_path: Path) -> None:
    """Too few cells, too many, bytes that are no text; blank lines are no rows, a cell may hold line ends."""
    text = '\ufeffid,floor_area,uses\r\na,300,住宿\r\nb,300\r\n\r\nc,300,住宿,\r\n"d\nd",300,"住宿,生产"\r\ne,300,\xff\r\nf,3'
    (tmp_path / "rows.csv").write_bytes(text.encode("utf-8").replace("\xff".encode(), b"\xff"))
    summary = judge(book, tmp_path / "rows.csv", tmp_path / "a.jsonl")
    assert (summary.rows, summary.classified, summary.rejected) == (6, 2, 4)
    assert [(answer["row"], answer["id"]) for answer in read_answers(tmp_path / "a.jsonl")] == [(0, "a"), (3, "d\nd")]
    rejects = read_rejects(tmp_path / "a.jsonl.rejects.jsonl")
    assert [(entry["row"], entry["given"]) for entry in rejects] == [
        (1, "b,300"),
        (2, "c,300,住宿,"),
        (4, {"id": "e", "floor_area": "300", "uses": "\\xff"}),
        (5, "f,3"),
    ]
    assert rejects[0]["reason"] == "2 cells where there are 3 columns"
    assert "--encoding" in rejects[2]["reason"]


def test_bad_rows_keep_their_numbers_across_pieces_and_blocks(
    book: hazardrules.Rulebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader meets them before their neighbours."""
    from hazardrules.batch import csv_text

    monkeypatch.setattr(csv_text, "BLOCK", 256)
    rows = drawn(300)
    bad = {0, 1, 39, 40, 41, 79, 119, 120, 200, 298, 299}
    lines = [",".join(f'"{cell}"' for cell in row) if number not in bad else f"n{number}" for number, row in enumerate(rows)]
    (tmp_path / "rows.csv").write_text("\n".join([",".join(NAMES), *lines]), "utf-8")
    judge(book, tmp_path / "rows.csv", tmp_path / "a.jsonl")
    rejects = read_rejects(tmp_path / "a.jsonl.rejects.jsonl")
    assert {entry["row"] for entry in rejects if isinstance(entry["given"], str)} == bad
    answers = read_answers(tmp_path / "a.jsonl")
    assert sorted([entry["row"] for entry in rejects] + [answer["row"] for answer in answers]) == list(range(300))
    assert all(answer["id"] == f"n{answer['row']}" for answer in answers)


def test_lines_that_are_no_rows_are_rejected_one_by_one(book: hazardrules.Rulebook, tmp_path: Path) -> None:
    """Broken JSON, lists, numbers that are none, names that nobody knows, lines without end."""
    lines = [
        '{"floor_area": 300}', '{"floor_area": 300', "[1, 2]", "null", '{"floor_area": NaN}', '{"flor_area": 3}',
        '{"floor_area": 1, "floor_area": 2}', '"' + "x" * (lines_in.MAX_LINE + 5) + '"', '{"id": "\xff"}', '{"floor_area": 301}',
    ]  # fmt: skip
    raw = "\n".join(lines).encode("utf-8").replace("\xff".encode(), b"\xff")
    (tmp_path / "rows.jsonl").write_bytes(raw)
    summary = judge(book, tmp_path / "rows.jsonl", tmp_path / "a.jsonl")
    assert (summary.rows, summary.classified) == (10, 2)
    rejects = read_rejects(tmp_path / "a.jsonl.rejects.jsonl")
    assert [entry["row"] for entry in rejects] == [1, 2, 3, 4, 5, 6, 7, 8]
    reasons = [entry["reason"] for entry in rejects]
    for found, word in zip(
        reasons, ("no JSON", "", "", "", "did you mean `floor_area`", "twice", "bytes", "--encoding"), strict=True
    ):
        assert word in found or word == "no JSON", found
    assert rejects[0]["given"] == '{"floor_area": 300'
    assert rejects[1]["given"] == [1, 2]
    assert rejects[4]["given"] == {"flor_area": 3}


@pytest.mark.parametrize("zipped", [False, True])
def test_csv_in_another_encoding_with_other_delimiters(book: hazardrules.Rulebook, tmp_path: Path, zipped: bool) -> None:
    """GB 18030 and semicolons, compressed or not."""
    rows = drawn(90)
    source = write_csv(tmp_path / "rows.csv", rows, encoding="gb18030", delimiter=";")
    if zipped:
        packed = tmp_path / "rows.csv.gz"
        packed.write_bytes(gzip.compress(source.read_bytes()))
        source = packed
    judge(book, source, tmp_path / "a.jsonl", encoding="gb18030", delimiter=";")
    check(book, rows, read_answers(tmp_path / "a.jsonl"), read_rejects(tmp_path / "a.jsonl.rejects.jsonl"))


def test_compressed_json_lines_and_tabs_are_read(book: hazardrules.Rulebook, tmp_path: Path) -> None:
    """By their suffixes."""
    rows = drawn(90)
    lines = write_lines(tmp_path / "plain.jsonl", rows)
    (tmp_path / "rows.ndjson.gz").write_bytes(gzip.compress(lines.read_bytes()))
    write_csv(tmp_path / "rows.tsv", rows, delimiter="\t")
    for source in ("rows.ndjson.gz", "rows.tsv"):
        judge(book, tmp_path / source, tmp_path / "a.jsonl", overwrite=True)
        check(book, rows, read_answers(tmp_path / "a.jsonl"), read_rejects(tmp_path / "a.jsonl.rejects.jsonl"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'resistance_class,floor_area\n3,"3\n4,4\n', "a quotation mark is not closed"),
        (b"", "cannot be read"),
        ("姓名,b\n".encode("gb18030"), "--encoding"),
    ],
)
def test_a_csv_file_that_is_none_is_refused(book: hazardrules.Rulebook, tmp_path: Path, content: bytes, words: str) -> None:
    """Nothing appears where the answers would be."""
    (tmp_path / "rows.csv").write_bytes(content)
    with pytest.raises(BatchError, match=words):
        judge(book, tmp_path / "rows.csv", tmp_path / "a.jsonl", keep=[])
    assert not (tmp_path / "a.jsonl").exists()


def test_a_broken_parquet_file_is_refused(book: hazardrules.Rulebook, tmp_path: Path) -> None:
    """Cut off, or damaged in the middle."""
    whole = write_parquet(tmp_path / "rows.parquet", drawn(200)).read_bytes()
    for content in (whole[:-100], whole[:40] + bytes(600) + whole[640:]):
        (tmp_path / "rows.parquet").write_bytes(content)
        with pytest.raises(BatchError, match=r"rows\.parquet: cannot be read"):
            judge(book, tmp_path / "rows.parquet", tmp_path / "a.jsonl")
        assert not (tmp_path / "a.jsonl").exists()


def test_columns_that_are_no_facts_stop_the_run_before_anything_is_written(book: hazardrules.Rulebook, tmp_path: Path) -> None:
    """All columns of all files are complained of at once."""
    write_csv(tmp_path / "one.csv", [["x", "3"]], ["id", "flor_area"])
    write_csv(tmp_path / "two.csv", [["x", "3", "3"]], ["floor_area", "建筑面积", "people"])
    with pytest.raises(hazardrules.FactsError) as caught:
        judge(book, tmp_path, tmp_path / "out")
    messages = [problem.message("en") for problem in caught.value.problems]
    assert any("one.csv: flor_area" in message and "did you mean `floor_area`" in message for message in messages)
    assert any("two.csv: floor_area" in message for message in messages)
    assert any("two.csv: id: no column" in message for message in messages)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.csv", "two.csv"]


# which files


def test_a_folder_is_read_at_any_depth_without_what_the_run_writes(book: hazardrules.Rulebook, tmp_path: Path) -> None:
    """`file` says which row is whose; hidden files and files of other kinds are left alone."""
    (tmp_path / "in" / "deep" / "er").mkdir(parents=True)
    (tmp_path / "in" / "_old").mkdir()
    write_csv(tmp_path / "in" / "b.csv", drawn(3, 2))
    write_parquet(tmp_path / "in" / "deep" / "er" / "a.parquet", drawn(50, 3))
    write_lines(tmp_path / "in" / "deep" / "c.jsonl", drawn(45, 4))
    write_csv(tmp_path / "in" / "_old" / "d.csv", [["x"]], ["nothing"])
    write_csv(tmp_path / "in" / ".e.csv", [["x"]], ["nothing"])
    (tmp_path / "in" / "readme.txt").write_text("nothing", "utf-8")
    for _ in range(2):
        out = tmp_path / "in" / "answers.parquet"
        rejects = tmp_path / "in" / "rejects.jsonl"
        summary = judge(book, tmp_path / "in", out, rejects=rejects, overwrite=True)
        assert (summary.rows, summary.files) == (98, 3)
        answers, refused = read_answers(out), read_rejects(rejects)
        found = sorted([(entry["file"], entry["row"]) for entry in [*answers, *refused]])
        names = {"b.csv": 3, "deep/c.jsonl": 45, "deep/er/a.parquet": 50}
        assert found == sorted((name, number) for name, count in names.items() for number in range(count))
        assert [(entry["file"], entry["row"]) for entry in answers] == sorted((e["file"], e["row"]) for e in answers)


def test_a_pattern_names_files(book: hazardrules.Rulebook, tmp_path: Path) -> None:
    """In the order of their names."""
    for name in ("2024-02.csv", "2024-01.csv", "2023-01.csv"):
        write_csv(tmp_path / name, drawn(2))
    summary = judge(book, tmp_path / "2024-*.csv", tmp_path / "a.jsonl")
    assert (summary.files, summary.rows) == (2, 4)


def test_files_without_rows_give_answers_without_rows(book: hazardrules.Rulebook, tmp_path: Path) -> None:
    """With the columns that answers have."""
    write_csv(tmp_path / "empty.csv", [])
    write_parquet(tmp_path / "empty.parquet", [])
    (tmp_path / "empty.jsonl").write_text("\n", "utf-8")
    (tmp_path / "header.csv").write_text("id,floor_area", "utf-8")
    write_csv(tmp_path / "some.csv", drawn(5))
    judge(book, tmp_path / "some.csv", tmp_path / "some.parquet")
    for name in ("empty.csv", "empty.parquet", "empty.jsonl", "header.csv"):
        summary = judge(book, tmp_path / name, tmp_path / "a.parquet", overwrite=True)
        assert summary.rows == 0
        assert pq.read_schema(tmp_path / "a.parquet") == pq.read_schema(tmp_path / "some.parquet")
        judge(book, tmp_path / name, tmp_path / "folder", overwrite=True, to="csv")
        assert [path.name for path in (tmp_path / "folder").iterdir()] == ["part-00000.csv"]


def test_kept_columns_have_their_types_and_never_take_the_name_of_another(book: hazardrules.Rulebook, tmp_path: Path) -> None:
    """Types that differ between files become text; what holds several values becomes JSON."""
    shared = {"row": [7], "day": [date(2024, 1, 2)], "tags": [["x", "y"]], "kind": pa.array(["k"]).dictionary_encode()}
    pq.write_table(pa.table({**shared, "number": pa.array([5], pa.int64())}), tmp_path / "one.parquet")
    one = judge(book, tmp_path / "one.parquet", tmp_path / "a.parquet", keep=["row", "day", "tags", "kind", "number"])
    assert one.rejected == 0
    schema = pq.read_schema(tmp_path / "a.parquet")
    assert [schema.field(name).type for name in ("row", "given.row", "day", "kind")] == [
        pa.int64(), pa.int64(), pa.date32(), pa.string(),
    ]  # fmt: skip
    assert pq.read_table(tmp_path / "a.parquet").to_pylist()[0]["tags"] == ["x", "y"]
    pq.write_table(pa.table({**shared, "number": pa.array(["five"])}), tmp_path / "two.parquet")
    judge(book, tmp_path / "[ot]*.parquet", tmp_path / "b.csv", keep=["row", "day", "tags", "kind", "number"])
    cells = [{name: row[name] for name in ("given.row", "day", "tags", "number")} for row in read_answers(tmp_path / "b.csv")]
    expected = {"given.row": "7", "day": "2024-01-02", "tags": '["x", "y"]'}
    assert cells == [{**expected, "number": "5"}, {**expected, "number": "five"}]


# what is on disk


def test_what_exists_is_only_replaced_on_request(book: hazardrules.Rulebook, tmp_path: Path) -> None:
    """A file, a folder of parts; never a folder that holds something else."""
    source = write_csv(tmp_path / "rows.csv", drawn(50))
    target, folder = tmp_path / "a.jsonl", tmp_path / "folder"
    for out in (target, folder):
        judge(book, source, out)
        with pytest.raises(BatchError, match="exists already"):
            judge(book, source, out)
    write_csv(source, drawn(90, 5))
    for out in (target, folder):
        summary = judge(book, source, out, overwrite=True, threads=1)
        assert summary.taken_up == 0
        assert len(read_answers(out)) == summary.classified
    (folder / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(BatchError, match=r"`notes\.txt`"):
        judge(book, source, folder, overwrite=True)
    assert (folder / "notes.txt").read_text("utf-8") == "mine"


def test_rejects_of_an_earlier_run_do_not_stay(book: hazardrules.Rulebook, tmp_path: Path) -> None:
    """They would be taken for those of this one; a file that was asked for is there even if it is empty."""
    source = write_csv(tmp_path / "rows.csv", [["a", "many"]], ["id", "floor_area"])
    judge(book, source, tmp_path / "a.jsonl")
    assert (tmp_path / "a.jsonl.rejects.jsonl").exists()
    write_csv(source, [["a", "3"]], ["id", "floor_area"])
    assert judge(book, source, tmp_path / "a.jsonl", overwrite=True).rejects is None
    assert not (tmp_path / "a.jsonl.rejects.jsonl").exists()
    for suffix in ("csv", "parquet", "jsonl"):
        path = tmp_path / f"none.{suffix}"
        assert judge(book, source, tmp_path / "a.jsonl", overwrite=True, rejects=path).rejects == path
        assert path.exists()


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_rejects_are_written_in_the_form_that_is_asked_for(book: hazardrules.Rulebook, tmp_path: Path, suffix: str) -> None:
    """The same rows as in JSON Lines, `given` as a text."""
    source = write_csv(tmp_path / "rows.csv", [*drawn(90), ["odd"]])
    judge(book, source, tmp_path / "a.jsonl")
    path = tmp_path / f"rejects.{suffix}"
    judge(book, source, tmp_path / "b.jsonl", rejects=path)
    expected = [
        {**entry, "row": str(entry["row"]), "given": json.dumps(entry["given"], ensure_ascii=False)}
        for entry in read_rejects(tmp_path / "a.jsonl.rejects.jsonl")
    ]
    if suffix == "csv":
        with path.open(encoding="utf-8", newline="") as opened:
            found = [{name: value or None for name, value in row.items()} for row in csv.DictReader(opened)]
    else:
        found = [{**row, "row": str(row["row"])} for row in pq.read_table(path).to_pylist()]
    assert found == expected


@pytest.mark.parametrize(
    ("source", "target", "options", "words"),
    [
        ("rows.csv", "rows.csv", {"overwrite": True}, "read and written"),
        ("rows.csv", "a.csv", {"rejects": "rows.csv", "overwrite": True}, "read and written"),
        ("rows.csv", "a.jsonl", {"rejects": "a.jsonl"}, "same file"),
        ("rows.csv", "a.xlsx", {}, "cannot be written"),
        ("rows.csv", "a.csv", {"rejects": "r.txt"}, "cannot be written"),
        ("rows.csv", "folder", {"to": "xml"}, "cannot be written"),
        ("none.csv", "a.csv", {}, "no such file"),
        ("no*.csv", "a.csv", {}, "no file of a kind"),
        ("notes.txt", "a.csv", {}, "cannot be read"),
        ("rows.csv", "a.csv", {"encoding": "klingon"}, "klingon"),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(
    book: hazardrules.Rulebook, tmp_path: Path, source: str, target: str, options: dict[str, Any], words: str
) -> None:
    """And nothing is written."""
    write_csv(tmp_path / "rows.csv", drawn(3))
    (tmp_path / "notes.txt").write_text("x", "utf-8")
    before = sorted(path.name for path in tmp_path.iterdir())
    content = (tmp_path / "rows.csv").read_bytes()
    if "rejects" in options:
        options = {**options, "rejects": tmp_path / options["rejects"]}
    with pytest.raises(BatchError, match=words):
        judge(book, tmp_path / source, tmp_path / target, **options)
    assert (tmp_path / "rows.csv").read_bytes() == content
    left = sorted(path.name for path in tmp_path.iterdir() if not path.name.endswith(".partial"))
    assert left == before


def test_two_runs_into_one_target_are_refused(book: hazardrules.Rulebook, tmp_path: Path) -> None:
    """The second is told; the first goes on."""
    source = write_csv(tmp_path / "rows.csv", drawn(3))
    with work.Work(tmp_path / "a.jsonl.partial", tmp_path / "a.jsonl"), pytest.raises(BatchError, match="another run"):
        judge(book, source, tmp_path / "a.jsonl")
    assert judge(book, source, tmp_path / "a.jsonl").rows == 3


class Stop(Exception):  # noqa: N818 - no error, an end
    """Ends a run in its middle."""


def stop_after(pieces: int) -> Any:
    """A listener that ends the run after some pieces."""
    seen = iter(range(pieces))

    def listen(_: object) -> None:
        if next(seen, None) is None:
            raise Stop

    return listen


def test_a_run_that_ended_early_is_taken_up_unless_something_changed(book: hazardrules.Rulebook, tmp_path: Path) -> None:
    """Input, options, form; and where it is wanted the work is thrown away."""
    source, target = write_csv(tmp_path / "rows.csv", drawn(200)), tmp_path / "a.jsonl"
    begin = lambda: judge(book, source, target, threads=1, progress=stop_after(2))  # noqa: E731 - short
    with pytest.raises(Stop):
        begin()
    summary = judge(book, source, target, threads=1)
    assert summary.taken_up in (PIECE, 2 * PIECE, 3 * PIECE)
    assert (summary.rows, summary.restarted) == (200, ())
    check(book, drawn(200), read_answers(target), read_rejects(tmp_path / "a.jsonl.rejects.jsonl"))
    target.unlink()
    (tmp_path / "a.jsonl.rejects.jsonl").unlink()
    changes: list[tuple[Any, dict[str, Any], tuple[str, ...]]] = [
        (lambda: None, {"lang": "zh"}, ("options",)),
        (lambda: None, {"delimiter": ","}, ("form",)),
        (lambda: None, {"restart": True}, ()),
        (lambda: write_csv(source, drawn(200, 9)), {}, ("files",)),
    ]
    for change, options, restarted in changes:
        with pytest.raises(Stop):
            begin()
        change()
        found = judge(book, source, target, threads=1, **options)
        assert (found.taken_up, found.restarted, found.rows) == (0, restarted, 200)
        target.unlink()
        (tmp_path / "a.jsonl.rejects.jsonl").unlink()


def test_an_input_that_changes_during_the_run_ends_it(book: hazardrules.Rulebook, tmp_path: Path) -> None:
    """What was read may be neither the old nor the new."""
    source = write_csv(tmp_path / "rows.csv", drawn(200))

    def meddle(_: object) -> None:
        with source.open("a", encoding="utf-8") as opened:
            opened.write("z\n")

    with pytest.raises(BatchError, match="changed while it was read"):
        judge(book, source, tmp_path / "a.jsonl", progress=meddle)
    assert not (tmp_path / "a.jsonl").exists()


def test_progress_counts_every_row_once(book: hazardrules.Rulebook, tmp_path: Path) -> None:
    """It grows, and ends with everything done."""
    for kind, write in WRITERS.items():
        seen: list[Any] = []
        source = write(tmp_path / f"rows.{kind}", drawn(200))
        judge(book, source, tmp_path / f"{kind}.jsonl", progress=seen.append)
        assert [found.rows for found in seen] == sorted(found.rows for found in seen)
        assert (seen[0].rows, seen[0].share) == (0, 0)
        assert (seen[-1].rows, seen[-1].share) == (200, pytest.approx(1))


# the command


def run(*words: object) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_the_command_says_what_went_where(rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows in = classified + rejected; levels; rules; exit 1 where rows are rejected and nobody said where to."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    source = write_csv(tmp_path / "rows.csv", drawn(100))
    common = ("--rules", rules, "--lang", "en", "--subject", "premises", "--on", "2021-12-02", "--keep", "id")
    first = run("batch", source, tmp_path / "a.csv", *common)
    assert first.exit_code == 1
    summary = json.loads(run("batch", source, tmp_path / "b.csv", *common, "--format", "json").stdout)
    assert summary["rows"] == summary["classified"] + summary["rejected"] == 100
    assert f"100 rows = {summary['classified']} classified + {summary['rejected']} rejected" in first.stdout
    assert f"open {summary['levels']['hazard']['open']}" in first.stdout
    assert all(f"{count}  " in first.stdout and rule in first.stdout for rule, count in summary["findings"].items())
    asked = run("batch", source, tmp_path / "c.csv", *common, "--rejects", tmp_path / "r.csv")
    assert asked.exit_code == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "c.csv").read_bytes()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--subject", "premise"], 2, "did you mean `premises`"),
        (["--subject", "premises", "--jurisdiction", "ZZ"], 2, "jurisdiction"),
        (["--subject", "premises", "--packs", "fire.lodgin"], 2, "did you mean"),
        (["--subject", "premises"], 1, "nothing says for which day"),
        (["--subject", "premises", "--on", "2021-12-02"], 1, "`id`"),
        (["--subject", "premises", "--on", "2021-12-02", "--keep", "ID"], 1, "no column is called `ID`"),
        (["--subject", "premises", "--on", "2021-13-02"], 2, "is not a day"),
        ([], 2, "--subject"),
    ],
)
def test_the_command_ends_as_other_commands_do(
    rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, said: str
) -> None:
    """Wrong names are wrong usage, wrong columns are problems of facts."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    source = write_csv(tmp_path / "rows.csv", drawn(3))
    result = run("batch", source, tmp_path / "a.csv", "--rules", rules, "--lang", "en", *words)
    assert result.exit_code == code
    assert said in result.output
    assert not (tmp_path / "a.csv").exists()
