"""Vehicles as they come from many hands, and what one machine says of them."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from drawn import Drawn

import hazardrules

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

DAY = date(2024, 3, 15)
ROWS = 30_000
DRAWN = 2_000
"""So many rows are drawn; the others mix their columns."""
FILES = 3
BAD = 40
"""One value in so many of some columns is one that no vehicle has."""


class Vehicles(NamedTuple):
    """A table of vehicles.

    Attributes:
        table: The rows; `id` numbers them.
        folder: The same in a few Parquet files.
    """

    table: pa.Table
    folder: Path


@pytest.fixture(scope="session")
def book() -> hazardrules.Rulebook:
    """The shipped rulebook."""
    return hazardrules.load()


@pytest.fixture(scope="session")
def vehicles(book: hazardrules.Rulebook, tmp_path_factory: pytest.TempPathFactory) -> Vehicles:
    """Facts on the thresholds of the law, unknown ones, bad ones, axle groups and drivers."""
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    chance = random.Random("vehicles")  # noqa: S311 - rows for tests, not a secret
    drawn = Drawn(book, seed=11)
    rows = [drawn.row("vehicle") for _ in range(DRAWN)]
    for row in rows:
        spoil(row, chance)
    names = sorted({name for row in rows for name in row})
    columns: dict[str, Any] = {"id": pa.array(range(ROWS))}
    for name in names:
        known = pa.array([row.get(name) for row in rows])
        columns[name] = known.take(pa.array([chance.randrange(DRAWN) for _ in range(ROWS)]))
    columns["as_of"] = pa.array([DAY - timedelta(days=chance.choice((0, 0, 0, 0, 1_000, 2_000))) for _ in range(ROWS)])
    table = pa.table(columns)
    folder = tmp_path_factory.mktemp("vehicles")
    for number in range(FILES):
        size = -(-ROWS // FILES)
        parquet.write_table(table.slice(number * size, size), folder / f"{number}.parquet", row_group_size=4_000)
    return Vehicles(table, folder)


def spoil(row: dict[str, Any], chance: random.Random) -> None:
    """Values as people write them, some of which cannot be read."""
    if "load_mass" in row:
        row["load_mass"] = "ten tons" if chance.randrange(BAD) == 0 else f"{row['load_mass']} t"
    if "use" in row and chance.randrange(BAD) == 0:
        row["use"] = "spaceship"
    if "driver" in row and chance.randrange(BAD) == 0:
        row["driver"]["licence_state"] = "lost"
    for group in row.get("axle_groups", []):
        if "axles" in group and chance.randrange(BAD) == 0:
            group["axles"] = -1


class Expected(NamedTuple):
    """What one machine says.

    Attributes:
        classified: The table of answers, by id, with plain texts in lists.
        rejects: `id`, `reason`, and the row as it was given.
    """

    classified: pa.Table
    rejects: list[dict[str, Any]]

    def compare(self, answers: pa.Table) -> None:
        """Every row that was given is answered as on one machine, or rejected with the same words and whole."""
        import pyarrow.compute as pc

        assert answers.num_rows == ROWS
        answers = answers.sort_by("id")
        is_rejected = pc.is_valid(answers["reason"])
        assert pc.is_valid(answers["given"]).equals(is_rejected)
        for name in self.classified.column_names:
            found = answers[name].filter(pc.invert(is_rejected)).cast(self.classified.schema.field(name).type).combine_chunks()
            assert found.equals(self.classified[name].combine_chunks()), name
        rejected = answers.filter(is_rejected)
        own = {"id", "reason", "given"}
        assert set(rejected.column_names) == own | set(self.classified.column_names)
        assert all(rejected[name].null_count == rejected.num_rows for name in rejected.column_names if name not in own)
        assert rejected.select(["id", "reason", "given"]).to_pylist() == self.rejects


@pytest.fixture(scope="session")
def expected(book: hazardrules.Rulebook, vehicles: Vehicles) -> Expected:
    """What `classify_table` says."""
    import pyarrow as pa

    result = book.classify_table(vehicles.table, subject="vehicle", keep=["id"])
    assert ROWS / 100 < result.rejected < ROWS / 2
    table = result.table.drop_columns("row")
    lists = pa.list_(pa.string())
    types = {field.name: lists if pa.types.is_large_list(field.type) else pa.string() for field in table.schema}
    table = table.cast(pa.schema({**types, "id": pa.int64()}))
    rejects = [{"id": row["id"], "reason": row.pop("reason"), "given": row} for row in result.rejects.to_pylist()]
    for entry in rejects:
        del entry["given"]["row"]
    return Expected(table.sort_by("id"), rejects)
