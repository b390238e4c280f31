"""A local Spark answers row for row as one machine does."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

import hazardrules
from hazardrules.integrations import spark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Expected, Vehicles
    from pyspark.sql import DataFrame, SparkSession

pytest.importorskip("pyspark", reason="hazardrules[spark] is not installed here: `make bigdata` runs these")
OVER_CONNECT = """
    import sys
    from datetime import date
    from pyspark.sql import SparkSession
    import hazardrules
    from hazardrules.integrations import spark

    session = SparkSession.builder.remote("local[2]").getOrCreate()
    rows = [("A", "8 t", "10.5 t"), ("B", "8 t", "ten tons"), ("C", "8 t", None)]
    given = session.createDataFrame(rows, "plate string, approved_load string, load_mass string").repartition(3)
    answers = spark.classify(given, hazardrules.load(), subject="vehicle", as_of=date(2024, 3, 15), keep=["plate"], lang="en")
    print("found", sorted((row["plate"], row["reason"]) for row in answers.collect()))
    session.stop()
"""
PARTITIONS = 8
CORES = 2


@pytest.fixture(scope="module")
def session() -> Iterator[SparkSession]:
    """Two worker processes on this machine."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "3g",
        "spark.sql.shuffle.partitions": "4",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.master(f"local[{CORES}]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="module")
def frame(session: SparkSession, vehicles: Vehicles) -> DataFrame:
    """The vehicles, from Parquet."""
    return session.read.parquet(str(vehicles.folder)).repartition(PARTITIONS)


def loads(session: SparkSession) -> dict[int, int]:
    """How often each worker process has read a rulebook that was sent to it."""

    def ask(batches: Any) -> Any:
        import os

        import pyarrow as pa

        from hazardrules.integrations import carried

        for _ in batches:
            yield pa.RecordBatch.from_pydict({"process": [os.getpid()], "loads": [sum(carried.loads.values())]})

    asked = session.range(0, 32, 1, 32).mapInArrow(ask, "process long, loads long")
    return {row["process"]: row["loads"] for row in asked.collect()}


def test_spark_says_what_one_machine_says(
    book: hazardrules.Rulebook, session: SparkSession, frame: DataFrame, expected: Expected
) -> None:
    """Thresholds, gaps, days of other law, axle groups, drivers; bad rows are rejected, none is lost; each worker loads once."""
    answers = spark.classify(frame, book, subject="vehicle", keep=["id"])
    expected.compare(answers.toArrow())
    less = spark.classify(frame, book, subject="vehicle", keep=["id"], sections=["levels"])
    assert less.columns == [name for name in answers.columns if name not in ("findings", "actions", "undetermined", "missing")]
    assert less.where("given is null").count() == expected.classified.num_rows
    found = loads(session)
    assert 1 <= len(found) <= CORES
    assert set(found.values()) == {1}


def test_columns_are_checked_before_anything_runs(book: hazardrules.Rulebook, frame: DataFrame) -> None:
    """With the nearest names, as on one machine."""
    with pytest.raises(hazardrules.FactsError, match="load_mass"):
        spark.classify(frame.withColumnRenamed("load_mass", "laod_mass"), book, subject="vehicle", keep=["id"])
    with pytest.raises(hazardrules.LookupFailedError, match="did you mean `levels`"):
        spark.classify(frame, book, subject="vehicle", keep=["id"], sections=["level"])


def test_a_kept_column_steps_aside_for_the_answer(book: hazardrules.Rulebook, session: SparkSession) -> None:
    """Its name is that of a column of the answer; a timestamp is a moment somewhere, and facts are local."""
    from datetime import date, datetime

    rows = [("first", "A", datetime(2024, 3, 1, 8)), ("second", "B", None)]
    small = session.createDataFrame(rows, "reason string not null, plate string, registered_on timestamp")
    answers = spark.classify(small, book, subject="vehicle", as_of=date(2024, 3, 15), keep=["reason", "plate"], lang="en")
    found = {row["given.reason"]: row for row in answers.collect()}
    assert found["second"]["reason"] is None
    assert found["first"]["plate"] == "A"
    assert found["first"]["reason"].startswith("registered_on: ")
    assert found["first"]["given"]["reason"] == "first"


def test_no_rows_are_no_answers(book: hazardrules.Rulebook, frame: DataFrame) -> None:
    """Of the same columns."""
    empty = spark.classify(frame.limit(0), book, subject="vehicle", keep=["id"])
    assert empty.count() == 0
    assert "offence.level" in empty.columns


def test_the_rulebook_travels_over_spark_connect_too() -> None:
    """Where nothing can be broadcast."""
    pytest.importorskip("grpc", reason="pyspark[connect] is not installed here: `make bigdata` runs this")
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable}
    command = [sys.executable, "-c", textwrap.dedent(OVER_CONNECT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment)
    assert "found [('A', None), ('B', 'load_mass: " in done.stdout, done.stderr[-2000:]
    assert done.stdout.rstrip().endswith("('C', None)]")
