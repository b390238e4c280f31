"""What workers of other systems do, without those systems: rulebooks that travel, rows in batches, one answer for each."""

from __future__ import annotations

import pickle
import sys
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from demo import write_demo

import hazardrules
from hazardrules.errors import EngineError, MissingExtraError
from hazardrules.intake.problems import Problem
from hazardrules.integrations import SECTIONS, carried
from hazardrules.integrations import ray as on_ray
from hazardrules.integrations import spark as on_spark

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pa = pytest.importorskip("pyarrow")

DAY = date(2021, 12, 2)
LONG_AGO = date(2000, 1, 1)
ROWS = [
    {"id": 0, "people_lodged": "21", "uses": ["lodging", "production"], "lodging.separated": False},
    {"id": 1, "people_lodged": "many", "uses": ["lodging"], "lodging.separated": None},
    {"id": 2, "people_lodged": None, "uses": None, "lodging.separated": None},
    {"id": 3, "people_lodged": "3", "uses": ["lodging", "circus"], "lodging.separated": True},
    {"id": 4, "people_lodged": "3", "uses": [], "lodging.separated": True},
]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> hazardrules.Rulebook:
    """The small rulebook."""
    return hazardrules.load(write_demo(tmp_path_factory.mktemp("rules")))


@pytest.fixture
def new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that no rulebook has been sent to."""
    monkeypatch.setattr(carried, "_kept", {})
    monkeypatch.setattr(carried, "loads", type(carried.loads)())


def table(rows: list[dict[str, Any]]) -> Any:
    return pa.table({name: pa.array([row[name] for row in rows]) for name in rows[0]})


def judged(book: hazardrules.Rulebook, batches: list[Any], sections: Any = SECTIONS, **options: Any) -> Any:
    """What a worker sends back."""
    from hazardrules.integrations.judging import judge, task_of

    chosen = book.table_options("premises", **options)
    return pa.Table.from_batches(judge(task_of(book, chosen, sections), lambda: carried.written(book), batches))


@pytest.mark.usefixtures("new_process")
@pytest.mark.parametrize("size", [1, 2, 100])
def test_every_row_is_answered_as_in_a_table_or_rejected_whole(book: hazardrules.Rulebook, size: int) -> None:
    """In the order given, however the rows come; the rulebook is read once."""
    many = table(ROWS * 30).append_column("as_of", pa.array([DAY, DAY, DAY, LONG_AGO, None] * 30))
    expected = book.classify_table(many, subject="premises", keep=["id"], lang="en")
    found = judged(book, many.to_batches(max_chunksize=size), keep=["id"], lang="en").to_pylist()
    assert carried.loads == {book.digest: 1}
    assert len(found) == many.num_rows == len(expected) + expected.rejected
    for row in expected.table.to_pylist():
        answer = found[row.pop("row")]
        assert {**row, "reason": None, "given": None} == answer
    for row in expected.rejects.to_pylist():
        answer = found[row.pop("row")]
        assert answer.pop("reason") == row.pop("reason")
        assert answer.pop("given") == row
        assert answer.pop("id") == row["id"]
        assert set(answer.values()) == {None}


def test_a_partition_without_rows_gives_none(book: hazardrules.Rulebook) -> None:
    """Nor does it need the rulebook."""
    from hazardrules.integrations.judging import judge, task_of

    task = task_of(book, book.table_options("premises", as_of=DAY), SECTIONS)
    empty = pa.RecordBatch.from_pydict({"people_lodged": pa.array([], pa.string())})
    assert list(judge(task, lambda: pytest.fail("fetched"), [empty, empty])) == []
    assert list(judge(task, lambda: pytest.fail("fetched"), [])) == []


def test_rows_of_columns_that_are_never_null_are_answered_too(book: hazardrules.Rulebook) -> None:
    """As files of strict schemas have them: what was given is null all the same where nothing was rejected."""
    schema = pa.schema([pa.field("people_lodged", pa.string(), nullable=False)])
    rows = pa.Table.from_pydict({"people_lodged": ["3", "many"]}, schema)
    found = judged(book, rows.to_batches(), ["levels"], as_of=DAY)
    found.validate(full=True)
    assert found["given"].to_pylist() == [None, {"people_lodged": "many"}]


def test_only_the_sections_asked_for_are_sent_back(book: hazardrules.Rulebook) -> None:
    """Under the names they have in tables; what is kept steps aside for them."""
    from hazardrules.columnar.result import LISTS

    assert ("levels", *LISTS) == SECTIONS
    rows = table(ROWS).append_column("reason", pa.array(["a"] * 5)).append_column("findings", pa.array(["b"] * 5))
    options: dict[str, Any] = {"as_of": DAY, "keep": ["id", "reason", "findings"]}
    found = judged(book, rows.to_batches(), "findings", **options)
    assert found.column_names == ["id", "given.reason", "given.findings", "findings", "reason", "given"]
    assert found["given.reason"].to_pylist() == ["a"] * 5
    with pytest.raises(hazardrules.LookupFailedError, match="did you mean `findings`"):
        judged(book, rows.to_batches(), ["finding"], **options)


@pytest.mark.usefixtures("new_process")
def test_a_rulebook_is_read_once_and_an_old_one_makes_room(book: hazardrules.Rulebook, tmp_path: Path) -> None:
    """One that came from the cache of this user travels as well as one that was compiled."""
    folder = write_demo(tmp_path / "rules")
    sent = carried.written(book)
    first = carried.received(book.digest, lambda: sent)
    assert carried.received(book.digest, lambda: pytest.fail("fetched again")) is first
    case = {"premises": {"people_lodged": 21, "uses": ["lodging", "production"], "lodging.separated": False}}
    assert first.classify(case, as_of=DAY).model_dump() == book.classify(case, as_of=DAY).model_dump()
    third = carried._read(carried.written(first))
    assert third.classify(case, as_of=DAY).model_dump() == book.classify(case, as_of=DAY).model_dump()
    for number in range(carried.KEPT):
        (folder / "levels.yaml").write_text((folder / "levels.yaml").read_text("utf-8") + f"# {number}\n", "utf-8")
        other = hazardrules.load(folder)
        carried.received(other.digest, lambda other=other: carried.written(other))
    assert len(carried._kept) == carried.KEPT
    assert carried.received(book.digest, lambda: sent) is not first
    assert carried.loads[book.digest] == 2


@pytest.mark.usefixtures("new_process")
def test_a_worker_of_another_version_refuses(book: hazardrules.Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says which, and the error travels back whole."""
    sent = carried.written(book)
    monkeypatch.setattr(hazardrules, "__version__", "99.1")
    with pytest.raises(EngineError, match=r"^HR903 workers run hazardrules 99\.1, but .*; install one version") as raised:
        carried.received(book.digest, lambda: sent)
    back = pickle.loads(pickle.dumps(raised.value))  # noqa: S301 - what was just written
    assert (type(back), str(back), back.code, back.key) == (EngineError, str(raised.value), "HR903", "engine.other_version")


@pytest.mark.parametrize(
    "error",
    [
        hazardrules.FactsError([Problem("as_of", "intake.no_as_of")]),
        hazardrules.LookupFailedError("fact", "laod", ["load"]),
        MissingExtraError("ray", "ray"),
        hazardrules.RulebookError([]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_travel_between_processes(error: hazardrules.HazardRulesError) -> None:
    """With all they carry."""
    back = pickle.loads(pickle.dumps(error))  # noqa: S301 - what was just written
    assert type(back) is type(error)
    assert str(back) == str(error)
    assert back.__dict__ == error.__dict__


@pytest.mark.parametrize(
    ("classify", "package", "extra"), [(on_spark.classify, "pyspark", "spark"), (on_ray.classify, "ray", "ray")]
)
def test_a_missing_extra_is_named(
    book: hazardrules.Rulebook, monkeypatch: pytest.MonkeyPatch, classify: Callable[..., Any], package: str, extra: str
) -> None:
    """With the command that brings it."""
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'hazardrules\[{extra}\]'") as raised:
        classify(None, book, subject="premises", as_of=DAY)
    assert raised.value.extra == extra
