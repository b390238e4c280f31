"""A local Ray answers row for row as one machine does."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

import hazardrules
from hazardrules.integrations import ray as on_ray

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Expected, Vehicles

ray = pytest.importorskip("ray", reason="hazardrules[ray] is not installed here: `make bigdata` runs these")
pytestmark = pytest.mark.filterwarnings(r"ignore:`use_\w+` is deprecated:DeprecationWarning:ray\.data\.context")
"""Ray warns of settings that it has made itself."""
CORES = 2


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """Two worker processes on this machine."""
    ray.init(num_cpus=CORES, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def loads() -> dict[int, int]:
    """How often each worker process has read a rulebook that was sent to it."""

    @ray.remote
    def ask() -> tuple[int, int]:
        import os

        from hazardrules.integrations import carried

        return os.getpid(), sum(carried.loads.values())

    return dict(ray.get([ask.remote() for _ in range(64)]))


def test_ray_says_what_one_machine_says(book: hazardrules.Rulebook, vehicles: Vehicles, expected: Expected) -> None:
    """Thresholds, gaps, days of other law, axle groups, drivers; bad rows are rejected, none is lost; each worker loads once."""
    import pyarrow as pa

    data = ray.data.read_parquet(str(vehicles.folder))
    answers = on_ray.classify(data, book, subject="vehicle", keep=["id"], batch_size=5_000)
    tables = [ray.get(reference) for reference in answers.materialize().to_arrow_refs()]
    expected.compare(pa.concat_tables(tables))
    less = on_ray.classify(data, book, subject="vehicle", keep=["id"], sections=["levels"]).materialize()
    assert less.count() == expected.classified.num_rows + len(expected.rejects)
    assert "findings" not in less.schema().names
    found = loads()
    assert sum(found.values()) >= 1
    assert set(found.values()) <= {0, 1}  # some workers only read files


def test_columns_are_checked_before_anything_runs_where_they_are_known(book: hazardrules.Rulebook) -> None:
    """With the nearest names, as on one machine; where they are not, the workers say it."""
    import pyarrow as pa

    table = pa.table({"laod_mass": ["10.5 t"]})
    options = {"subject": "vehicle", "as_of": date(2024, 3, 15)}
    with pytest.raises(hazardrules.FactsError, match="load_mass"):
        on_ray.classify(ray.data.from_arrow(table), book, **options)
    unknown = ray.data.from_arrow(table.rename_columns(["load_mass"])).map_batches(
        lambda batch: batch.rename_columns(["laod_mass"]), batch_format="pyarrow"
    )
    with pytest.raises(ray.exceptions.RayTaskError, match="load_mass"):
        on_ray.classify(unknown, book, **options).count()


def test_blocks_may_have_different_columns(book: hazardrules.Rulebook) -> None:
    """A fact that one block knows is unknown in the other; what rejected rows held is there in either."""
    import pyarrow as pa

    one = pa.table({"plate": ["A", "B"], "load_mass": ["10.5 t", "ten tons"], "approved_load": ["8 t", "8 t"]})
    other = pa.table({"plate": ["C", "D"], "load_mass": ["9 t", None], "use": ["spaceship", None]})
    data = ray.data.from_arrow(one).union(ray.data.from_arrow(other))
    answers = on_ray.classify(data, book, subject="vehicle", as_of=date(2024, 3, 15), keep="plate", sections=["levels"])
    found = {row["plate"]: row for row in answers.take_all()}
    assert {plate: row["reason"] is not None for plate, row in found.items()} == {"A": False, "B": True, "C": True, "D": False}
    assert found["B"]["given"]["load_mass"] == "ten tons"
    assert found["C"]["given"]["use"] == "spaceship"


def test_no_rows_are_no_answers(book: hazardrules.Rulebook) -> None:
    """As everywhere."""
    import pyarrow as pa

    empty = ray.data.from_arrow(pa.table({"load_mass": pa.array([], pa.string())}))
    assert on_ray.classify(empty, book, subject="vehicle", as_of=date(2024, 3, 15)).count() == 0
