"""Memory that is used again is never memory that somebody still sees."""

from __future__ import annotations

import gc
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

import hazardrules
from hazardrules.testing.generated_rulebooks import FILES, write

np = pytest.importorskip("numpy")
pa = pytest.importorskip("pyarrow")
room = pytest.importorskip("hazardrules.columnar.room")

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MILLION = 1_000_000
DAY = date(2021, 12, 2)
PACK = """pack: kept
label: {zh: 保留, en: kept}
law: xx-1
on: place
scale: hazard
rules:
  - {id: crowded, clause: "1", text: {zh: 人多, en: crowded}, when: people >= 40, level: major}
  - {id: large, clause: "1", text: {zh: 大, en: large}, when: area > 300.5 m², level: general}
  - {id: mixed, clause: "1", text: {zh: 混, en: mixed}, when: uses contains y and kind == c, level: general}
  - {id: either, clause: "1", text: {zh: 或, en: either}, when: people < 10 or area <= 20 m², level: general}
  - {id: none, clause: "1", text: {zh: 非, en: none}, when: not (people >= 5 and open), level: major}
"""


def address(array: Any) -> int:
    return int(array.ctypes.data)


def stamped(given: Any, stamp: int) -> Any:
    given.view(np.uint8).fill(stamp)
    return given


# what keeps a lease


def _cut(array: Any) -> Any:
    return array[8:-8][::2]


def _of_arrow(array: Any) -> Any:
    return pa.Array.from_buffers(pa.uint8(), len(array), [None, pa.py_buffer(array)])


def _taken_over(array: Any) -> Any:
    column = _of_arrow(array)
    return pa.RecordBatchReader.from_stream(pa.table({"a": column}).slice(3))


def _struct(array: Any) -> Any:
    return pa.StructArray.from_arrays([_of_arrow(array)], ["a"]).field(0)


KEEPERS: dict[str, Callable[[Any], Any]] = {
    "itself": lambda array: array,
    "a slice with steps": _cut,
    "a slice of a slice": lambda array: array[10:][5:][1:4],
    "one row of another shape": lambda array: array.reshape(-1, 64)[-1, 3:9],
    "another type": lambda array: array.view(np.int32)[7:],
    "a view that cannot write": lambda array: np.lib.stride_tricks.as_strided(array, (4, 4), (1, 1), writeable=False),
    "what numpy broadcasts": lambda array: np.broadcast_to(array[:16], (2, 16)),
    "a view by the buffer protocol": lambda array: np.frombuffer(memoryview(array)[100:200], np.uint8),
    "a memoryview": lambda array: memoryview(array)[4:40],
    "what stands before numpy": lambda array: array.base,
    "a buffer of arrow": pa.py_buffer,
    "a slice of a buffer": lambda array: pa.py_buffer(array).slice(64, 64),
    "an array of arrow": _of_arrow,
    "a slice of an array of arrow": lambda array: _of_arrow(array).slice(1000, 5),
    "a field": _struct,
    "numpy on arrow": lambda array: _of_arrow(array).slice(10, 20).to_numpy(zero_copy_only=True),
    "a table that was taken over": _taken_over,
    "a chunk": lambda array: pa.chunked_array([_of_arrow(array)]).slice(7, 9),
}


@pytest.mark.parametrize("keep", KEEPERS.values(), ids=KEEPERS)
def test_memory_that_somebody_sees_is_not_handed_out(keep: Callable[[Any], Any]) -> None:
    """Whatever is left of an array; when nothing is left, the memory comes again."""
    given = room.Room()
    array = stamped(given.empty(MILLION, np.uint8), 7)
    where = address(array)
    kept = keep(array)
    del array
    others = [stamped(given.empty(MILLION, np.uint8), 9) for _ in range(20)]
    assert where not in map(address, others)
    del kept, others
    gc.collect()
    assert where in map(address, [given.empty(MILLION, np.uint8) for _ in range(21)])


def test_memory_is_used_again() -> None:
    """Or the whole thing would be of no use."""
    given = room.Room()
    where = address(given.empty(MILLION, np.uint8))
    assert {address(given.empty(MILLION - number, np.uint8)) for number in range(50)} == {where}
    assert address(given.empty((1000, 250), np.int32)) == where


@pytest.mark.parametrize("shape", [0, (0, 5), 1000, (3, 50_000), room.MOST // 4 + 1])
def test_an_array_is_what_was_asked_for(shape: Any) -> None:
    """Of any size; the very small and the very large ones come from NumPy."""
    given = room.Room()
    array, usual = given.empty(shape, np.int32), np.empty(shape, np.int32)
    assert (array.shape, array.dtype, array.strides) == (usual.shape, usual.dtype, usual.strides)
    assert array.flags.c_contiguous
    assert array.flags.writeable
    assert array.flags.aligned
    array[:] = 5
    assert (array == 5).all()


# how much


def test_little_is_kept_and_what_is_in_use_is_not_lost() -> None:
    """The limit counts what is in use, too."""
    given = room.Room(most=8 * 2**20)
    arrays = [stamped(given.empty(MILLION, np.uint8), number) for number in range(30)]
    assert given.kept <= 8 * 2**20
    assert [int(array.max()) for array in arrays] == [int(array.min()) for array in arrays] == list(range(30))
    del arrays
    assert given.kept <= 8 * 2**20


def test_who_keeps_everything_does_not_stop_the_others() -> None:
    """Memory that stays in use is given up in the end, and other memory is kept instead."""
    given = room.Room(most=4 * 2**20)
    held = [stamped(given.empty(MILLION, np.uint8), 1) for _ in range(4)]
    seen = [address(given.empty(MILLION, np.uint8)) for _ in range(2 * room.PATIENCE)]
    assert len(set(seen[-20:])) == 1
    assert seen[-1] not in map(address, held)
    assert all((array == 1).all() for array in held)


def test_other_sizes_take_the_place_of_those_that_are_not_asked_for_any_more() -> None:
    """Otherwise the first table would settle what is kept."""
    given = room.Room(most=4 * 2**20)
    old = [given.empty(MILLION, np.uint8) for _ in range(4)]
    del old
    seen = [address(given.empty(3 * MILLION, np.uint8)) for _ in range(4)]
    assert len(set(seen[1:])) == 1


# cycles, exceptions, processes


class Riser:
    """Comes back when it is swept up with what it refers to, and tells."""

    risen: list[Any] = []  # noqa: RUF012 - that is where they come back to

    def __init__(self, array: Any) -> None:
        self.array, self.myself = array, self

    def __del__(self) -> None:
        Riser.risen.append(self)


def test_what_comes_back_from_a_cycle_still_sees_its_own() -> None:
    """The collector clears weak references inside a cycle before it asks whether anybody comes back; arrays are not in it."""
    given = room.Room()
    array = stamped(given.empty(MILLION, np.uint8), 3)
    assert not gc.is_tracked(array)
    where = address(array)
    Riser(array[5:])
    del array
    gc.collect()
    (risen,) = Riser.risen
    Riser.risen.clear()
    others = [stamped(given.empty(MILLION, np.uint8), 4) for _ in range(5)]
    assert where not in map(address, others)
    assert (risen.array == 3).all()
    risen.myself = None


def test_an_exception_keeps_what_its_frames_see_and_no_longer() -> None:
    """The frames of a traceback may still be looked at."""
    given = room.Room()
    seen = []

    def fail() -> None:
        array = stamped(given.empty(MILLION, np.uint8), 5)
        seen.append(address(array))
        raise ValueError(len(array))

    kept: list[BaseException] = []
    try:
        fail()
    except ValueError as problem:
        kept.append(problem)
    other = given.empty(MILLION, np.uint8)
    assert address(other) != seen[0]
    kept.clear()
    assert address(given.empty(MILLION, np.uint8)) == seen[0]


def test_who_asks_while_someone_asks_gets_other_memory() -> None:
    """A destructor may run at any moment, also while the room is looking for memory; it must not wait for itself."""
    given = room.Room()
    with given._lock:
        array = given.empty(MILLION, np.uint8)
    assert given.kept == 0
    assert array.base is None


FORKED = """
import os, threading
import numpy as np
from hazardrules.columnar.room import ROOM
array = ROOM.empty(1_000_000, np.uint8)
array.fill(6)
free = ROOM.empty(1_000_000, np.uint8).ctypes.data
assert ROOM.kept
with ROOM._lock:  # as another thread may have it at that moment
    child = os.fork()
    if child == 0:
        assert ROOM.kept == 0
        others = [ROOM.empty(1_000_000, np.uint8) for _ in range(3)]
        [other.fill(8) for other in others]
        assert ROOM.kept and array.ctypes.data not in [other.ctypes.data for other in others]
        os._exit(0 if (array == 6).all() else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert (array == 6).all() and ROOM.empty(1_000_000, np.uint8).ctypes.data == free
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_process_begins_with_nothing() -> None:
    """Even if another thread was asking at that moment; what was in use stays as it was, on both sides."""
    subprocess.run([sys.executable, "-c", FORKED], check=True)


# many at once


def _work(given: Any, seed: int) -> int:
    """Arrays come, are cut, kept and dropped at random; what is kept holds what was written, however often one looks."""
    chance = random.Random(seed)  # noqa: S311 - a test
    held: list[tuple[Any, int]] = []
    for number in range(600):
        stamp = (seed * 37 + number) % 251
        array = given.empty(chance.choice([200_000, 250_000, 400_000, MILLION]), np.uint8)
        array.fill(stamp)
        how = chance.randrange(6)
        if how == 1:
            held.append((array, stamp))
        elif how == 2:
            held.append((array[100_000:150_000][::7], stamp))
        elif how == 3:
            held.append((_of_arrow(array).slice(50, 100_000), stamp))
        elif how == 4:
            held.append((array.reshape(-1, 50)[3:900, 4:], stamp))
        del array
        for kept, expected in held if number % 25 == 0 else held[-2:]:
            values = kept.to_numpy() if isinstance(kept, pa.Array) else kept
            assert values.min() == values.max() == expected
        while len(held) > 12:
            held.pop(chance.randrange(len(held)))
    return seed


@pytest.mark.parametrize("most", [2, 16, 64], ids=lambda most: f"{most} MB")
def test_eight_threads_never_see_what_another_one_wrote(most: int) -> None:
    """Each writes its own mark and looks for it again."""
    given = room.Room(most=most * 2**20)
    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(_work, [given] * 8, range(8))) == list(range(8))
    assert given.kept <= most * 2**20


# tables


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> hazardrules.Rulebook:
    folder: Path = tmp_path_factory.mktemp("kept")
    return hazardrules.load(write({**FILES, "all/kept.yaml": PACK}, folder))


def places(seed: int, rows: int) -> dict[str, Any]:
    """Facts as NumPy holds them."""
    chance = np.random.default_rng(seed)
    return {
        "open": chance.random(rows) < 0.5,
        "people": chance.integers(0, 51, rows),
        "area": chance.integers(0, 6010, rows) / 10,
        "kind": chance.integers(0, 3, rows),
        "uses": chance.integers(0, 8, rows),
    }


def as_table(facts: dict[str, Any]) -> Any:
    flags = (facts["uses"][:, None] >> np.arange(3)) & 1
    offsets = np.concatenate(([0], np.cumsum(flags.sum(1)))).astype(np.int32)
    uses = pa.DictionaryArray.from_arrays(pa.array(np.nonzero(flags)[1].astype(np.int8)), pa.array(["x", "y", "z"]))
    kinds = pa.DictionaryArray.from_arrays(pa.array(facts["kind"].astype(np.int8)), pa.array(["a", "b", "c"]))
    columns = {name: pa.array(facts[name]) for name in ("open", "people", "area")}
    return pa.table({**columns, "kind": kinds, "uses": pa.ListArray.from_arrays(pa.array(offsets), uses)})


def expected(facts: dict[str, Any]) -> dict[str, Any]:
    """The rules by hand."""
    people, area = facts["people"], np.rint(facts["area"] * 10)
    return {
        "kept.crowded": people >= 40,
        "kept.large": area > 3005,
        "kept.mixed": (facts["uses"] & 2 > 0) & (facts["kind"] == 2),
        "kept.either": (people < 10) | (area <= 200),
        "kept.none": ~((people >= 5) & facts["open"]),
    }


def wrong(truths: Any, facts: dict[str, Any]) -> list[str]:
    """The rules of which a table says anything else."""
    return [name for name, flags in expected(facts).items() if not (truths[name].to_numpy() == flags).all()]


def test_answers_that_are_kept_stay_what_they_were(book: hazardrules.Rulebook) -> None:
    """Of many calls on different tables; some are read at once, some late, of some a slice alone is kept."""
    early, late, slices = [], [], []
    for seed in range(24):
        facts = places(seed, 150_000 + 20_000 * (seed % 3))
        result = book.classify_table(as_table(facts), subject="place", as_of=DAY, threads=1 + seed % 2)
        if seed % 3 == 0:
            early.append((result.truths, result.levels, result.section("findings"), facts))
        elif seed % 3 == 1:
            late.append((result, facts))
        else:
            slices.append((result.truths["kept.mixed"].slice(1001, 70_003), expected(facts)["kept.mixed"][1001:71_004]))
    for truths, levels, findings, facts in early:
        assert not wrong(truths, facts)
        said = expected(facts)
        major, general = said["kept.crowded"] | said["kept.none"], said["kept.large"] | said["kept.mixed"] | said["kept.either"]
        level = np.where(major, "major", np.where(general, "general", "none"))
        assert (levels["hazard.level"].combine_chunks().dictionary_decode().to_numpy(zero_copy_only=False) == level).all()
        assert (np.diff(findings.offsets.to_numpy()) == sum(flags.astype(int) for flags in said.values())).all()
    for result, facts in late:
        assert not wrong(result.truths, facts)
        assert result.levels["hazard.level"].null_count == 0
    assert all((column.to_numpy() == flags).all() for column, flags in slices)


def test_eight_threads_judge_their_own_tables(book: hazardrules.Rulebook) -> None:
    """Each keeps the answers before and looks at them again."""

    def work(number: int) -> list[str]:
        facts, held, found = places(number, 140_000 + 3_000 * number), [], []
        data = as_table(facts)
        for turn in range(6):
            if turn % 3 == 2:
                facts = places(100 * number + turn, 140_000)
                data = as_table(facts)
            held.append((book.classify_table(data, subject="place", as_of=DAY, threads=1 + turn % 2).truths, facts))
            held = held[-3:]
            found += [name for truths, given in held for name in wrong(truths, given)]
        return found

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == [[]] * 8


def test_a_call_that_fails_leaves_nothing_behind(book: hazardrules.Rulebook) -> None:
    """The next one is right, and the answers before are."""
    facts = places(1, 150_000)
    before = book.classify_table(as_table(facts), subject="place", as_of=DAY).truths
    for _ in range(3):
        with pytest.raises(hazardrules.FactsError):
            book.classify_table(
                as_table(facts).rename_columns(["open", "people", "area", "kind", "nothing"]), subject="place", as_of=DAY
            )
        assert not wrong(book.classify_table(as_table(facts), subject="place", as_of=DAY).truths, facts)
    assert not wrong(before, facts)
