"""Runs over files that are killed at any moment: no row is lost, none is written twice, nothing is there by half."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from demo import write_demo

pytest.importorskip("pyarrow")

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork and no kill -9")

TESTS = Path(__file__).parents[1]
RULES = ("uses", "people_lodged", "alarm_installed", "as_of")


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small rulebook."""
    return write_demo(tmp_path_factory.mktemp("demo"))


def rows(count: int) -> Iterator[dict[str, str]]:
    """Every seventh is refused."""
    rng = random.Random(3)  # noqa: S311 - drawn rows are no secret
    for number in range(count):
        people = "many" if number % 7 == 0 else str(rng.randrange(30))
        day = f"202{rng.randrange(5)}-12-02"
        yield {"id": f"n{number}", "uses": "lodging、production", "people_lodged": people, "alarm_installed": "no", "as_of": day}


def write_rows(path: Path, count: int) -> Path:
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows(count)), "utf-8")
    else:
        lines = [",".join(row.values()) for row in rows(count)]
        path.write_text("\n".join(["id,uses,people_lodged,alarm_installed,as_of", *lines]), "utf-8")
    return path


def environment() -> dict[str, str]:
    """The library is the one that is tested, not one that is installed."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)]), "PYTHONUTF8": "1"}


@pytest.mark.parametrize(
    ("kind", "out", "to", "every"),
    [("jsonl", "answers.jsonl", "jsonl", 3), ("csv", "answers", "parquet", 3), ("csv", "answers.parquet", "parquet", 1)],
    ids=["lines to lines", "csv to a folder", "csv to parquet"],
)
def test_a_run_that_kills_itself_at_any_moment_is_taken_up(
    rules: Path, tmp_path: Path, kind: str, out: str, to: str, every: int
) -> None:
    """After, and in the middle of, everything that changes the disk; also several times in a row."""
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        write_rows(tmp_path / "in" / f"{name}.{kind}", 50)
    words = [str(rules), str(tmp_path / "in"), out, to, str(tmp_path / "out"), str(every)]
    done = subprocess.run(
        [sys.executable, str(TESTS / "killed_batches.py"), *words],
        capture_output=True, text=True, check=False, timeout=500, env=environment(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["kills"] * every > 60
    assert sum(found["chains"]) > 6


def test_a_run_that_is_killed_from_outside_whenever_a_piece_appears_is_taken_up(rules: Path, tmp_path: Path) -> None:
    """The command itself; killed after one more piece each time until nothing is left to do."""
    source = write_rows(tmp_path / "rows.jsonl", 3_000)
    program = (
        "import sys; from hazardrules.batch import lines_in; lines_in.ROWS = 400\n"
        "from hazardrules.cli import main; main(sys.argv[1:])"
    )

    def start(target: Path) -> subprocess.Popen[bytes]:
        words = ["batch", str(source), str(target), "--subject", "premises", "--rules", str(rules), "--keep", "id"]
        words += ["--rejects", str(target) + ".rejects.jsonl", "--threads", "1"]
        return subprocess.Popen([sys.executable, "-c", program, *words], stdout=subprocess.DEVNULL, env=environment())

    whole = tmp_path / "whole.jsonl"
    assert start(whole).wait(timeout=100) == 0
    target = tmp_path / "answers.jsonl"
    pieces = tmp_path / "answers.jsonl.partial" / "pieces"
    kills = 0
    for wanted in (1, 2, 3, 5, 7):
        process = start(target)
        while not pieces.is_dir() or len(list(pieces.iterdir())) < wanted:
            try:
                assert process.wait(timeout=0.002) == 0
            except subprocess.TimeoutExpired:
                continue
            break
        if process.poll() is None:
            process.kill()
            kills += 1
        process.wait(timeout=100)
    if not target.exists():
        assert start(target).wait(timeout=100) == 0
    assert kills >= 2
    for suffix in ("", ".rejects.jsonl"):
        assert Path(str(target) + suffix).read_bytes() == Path(str(whole) + suffix).read_bytes()
    assert not pieces.parent.exists()
    assert (
        len(target.read_text("utf-8").splitlines()) + len(Path(str(target) + ".rejects.jsonl").read_text("utf-8").splitlines())
        == 3_000
    )
