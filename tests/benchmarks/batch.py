"""Tables beside Polars, DuckDB and NumPy written by hand and OpenFisca-core: `python tests/benchmarks/batch.py --help`.

Prints ratios; never part of the tests.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

PARTS = ("tables", "rows", "memory", "thresholds", "dicts")
MILLION = 1_000_000
CELLS = 1_000_000_000
"""So many truths at most at once: some peers keep a byte for each."""
given = argparse.ArgumentParser(description=__doc__)
given.add_argument(
    "--rules", nargs="+", type=int, default=[10, 100, 1000, 5000], metavar="R", help="sizes of the seeded rulebook"
)
given.add_argument(
    "--rows", nargs="+", type=int, default=[1000, 10_000, 100_000, MILLION, 10 * MILLION], metavar="N", help="for `rows`"
)
given.add_argument(
    "--missing", nargs="+", type=float, default=[0.0, 0.1], metavar="M", help="shares of missing facts, for `tables`"
)
given.add_argument("--rounds", type=int, default=5, help="interleaved; the median ratio is printed")
given.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="for all that know threads")
given.add_argument("--only", nargs="+", choices=PARTS, help="these parts; default: all")
given.add_argument("--json", type=Path, metavar="FILE", help="write the rows as JSON; `chart.py` draws them")
given.add_argument("--alone", help=argparse.SUPPRESS)
OPTIONS_GIVEN = given.parse_args()
os.environ["POLARS_MAX_THREADS"] = str(OPTIONS_GIVEN.threads)

import numpy as np  # noqa: E402 - after the number of threads is set
import pyarrow as pa  # noqa: E402
from measures import DAY  # noqa: E402
from renderings import full_name, write_rulebook  # noqa: E402
from table_peers import (  # noqa: E402
    Peer,
    duckdb_peer,
    frame,
    numpy_peer,
    openfisca_peer,
    peers,
    polars_answers,
    polars_peer,
    polars_rules,
    table,
)
from timing import Contender, ratio  # noqa: E402
from workload import FACTS, OPTIONS, SEED, workload  # noqa: E402

import hazardrules  # noqa: E402
from hazardrules.columnar.arrow_rows import ArrowColumns, ArrowRows  # noqa: E402
from hazardrules.columnar.native import library  # noqa: E402
from hazardrules.columnar.run import blocks  # noqa: E402
from hazardrules.columnar.table import TableClassifier  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

FEW = 100
MASKS, OURS = "hazardrules, columns read before", "hazardrules, Arrow as it comes"
TABLES = ("polars", "duckdb", "numpy", "openfisca-core", MASKS, OURS)
RESULTS: list[dict[str, Any]] = []
"""Every line that was printed."""


def in_turn(contenders: list[Contender], rounds: int) -> dict[str, list[float]]:
    """Each contender in each round, beginning with another one each time; seconds of the processor by name."""
    used: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for number in range(rounds):
        turn = number % len(contenders)
        for contender in contenders[turn:] + contenders[:turn]:
            start, before = time.perf_counter(), time.process_time()
            contender.run(None)
            contender.seconds.append(time.perf_counter() - start)
            used[contender.name].append(time.process_time() - before)
    return used


def show(contenders: list[Contender], used: dict[str, list[float]], rows: int) -> list[dict[str, Any]]:
    """Rows per second, and the ratio to the first contender, by the clock and by the processor; the same as data."""
    first, lines = contenders[0], []
    for contender in contenders:
        found = ratio(first, contender)
        work = statistics.median(a / b for a, b in zip(used[first.name], used[contender.name], strict=True))
        clock, processor = statistics.median(contender.seconds), statistics.median(used[contender.name])
        print(
            f"  {contender.name:34} {_rate(rows / clock)} M rows/s,"
            f" {found['ratio']:6.2f} times ({found['low']:.2f}-{found['high']:.2f});"
            f" {_rate(rows / processor)} M rows per second of processor, {work:6.2f} times",
            flush=True,
        )
        lines.append(
            {"contender": contender.name, "seconds": clock, "processor": processor, "times": found, "times_processor": work}
        )
    return lines


def _rate(rows: float) -> str:
    return f"{rows / 1e6:8.{1 if rows >= 1e7 else 2 if rows >= 1e6 else 4}f}"


class Held:
    """A table that was read once, as somebody holds it who asks many questions of it."""

    def __init__(self, book: hazardrules.Rulebook, data: pa.Table) -> None:
        law, options = book.law_of_tables(), book.table_options("plant", as_of=DAY)
        columns = ArrowColumns(law, options, data.schema)
        self.classifier = TableClassifier(law, options)
        self.plan = law.compiled.in_force(DAY, None)
        self.blocks = [ArrowRows(columns, batch).read().block for batch, _ in blocks(data)]

    def masks(self) -> list[Any]:
        """The rules that hold, and those that are open."""
        numbers = [np.arange(block.count) for block in self.blocks]
        judge = lambda pair: self.classifier._judge(self.plan, *pair)  # noqa: E731 - what `classify` does after reading
        if OPTIONS_GIVEN.threads == 1:
            return [judge(pair) for pair in zip(self.blocks, numbers, strict=True)]
        with ThreadPoolExecutor(OPTIONS_GIVEN.threads) as pool:
            return list(pool.map(judge, zip(self.blocks, numbers, strict=True)))


def contenders_of(rules: int, rows: int, missing: float, folder: Path) -> tuple[list[Contender], bool]:
    """Polars first, the other peers, ourselves; and whether all said the same."""
    work = workload(rules, cases=1)
    book = hazardrules.load(write_rulebook(work.rules, folder / f"{rules}-{missing}"))
    data, threads = table(rows, missing), OPTIONS_GIVEN.threads
    held, ours_held = frame(data), Held(book, data)

    def ours() -> Any:
        return book.classify_table(data, subject="plant", as_of=DAY, threads=threads)

    def whole() -> Any:
        found = ours()
        return found.levels, found.section("findings")

    found, equal = [], True
    truths = ours().truths
    for peer in peers(work.rules, held, threads, gaps=bool(missing)):
        theirs = peer.truths(peer.run())
        same = all(_flat(truths[full_name(rule)]).equals(_flat(theirs[rule.name])) for rule in work.rules)
        if not same:
            print(f"  DISAGREEMENT: {peer.name}, {rules} rules, {missing:.0%} missing")
        equal &= same
        found.append(Contender(peer.name, lambda _, peer=peer: peer.run(), [None]))
    found += [
        Contender(MASKS, lambda _: ours_held.masks(), [None]),
        Contender(OURS, lambda _: ours(), [None]),
        Contender("… with levels", lambda _: ours().levels, [None]),
        Contender("… with levels and lists of rules", lambda _: whole(), [None]),
    ]
    if rules <= FEW:
        columns = polars_rules(work.rules)
        found.append(Contender("… with every column", lambda _: ours().table, [None]))
        found.append(Contender("polars, Arrow as it comes", lambda _: frame(data).lazy().select(columns).collect(), [None]))
        if not missing:
            answers = polars_answers(work.rules, held)
            found.append(Contender("polars + numpy, levels and lists", lambda _: answers(), [None]))
    return found, equal


def _flat(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def measure(rules: int, rows: int, missing: float, folder: Path, *, whole: bool = True) -> bool:
    """One size. Above a million rows the same million is judged again and again."""
    piece = min(rows, MILLION, CELLS // rules)
    times = max(1, rows // piece) if rows > MILLION else 1
    contenders, equal = contenders_of(rules, piece, missing, folder)
    if not whole:
        contenders = [contender for contender in contenders if contender.name in TABLES]
    for contender in contenders if times > 1 else ():
        contender.run = lambda item, run=contender.run: [run(item) is None for _ in range(times)]
    rounds = OPTIONS_GIVEN.rounds if rules <= FEW and times == 1 else min(OPTIONS_GIVEN.rounds, 3)
    head = f"{rules} rules, {piece * times:,} rows, {missing:.0%} missing, {OPTIONS_GIVEN.threads} threads"
    print(f"{head}, same truths: {equal}", flush=True)
    lines = show(contenders, in_turn(contenders, rounds), piece * times)
    about = {"part": "rules" if whole else "rows", "rules": rules, "rows": piece * times, "missing": missing}
    RESULTS.extend({**about, **line} for line in lines)
    save()
    return equal


def memory(rules: int, folder: Path) -> None:
    """What each contender takes beside what it was given, each in a process of its own."""
    rows = min(MILLION, CELLS // rules)
    print(f"{rules} rules, {rows:,} rows: peak memory beside the prepared columns, a process each")
    for name in TABLES:
        command = [sys.executable, __file__, "--alone", name, "--rules", str(rules), "--rows", str(rows)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
        found = json.loads(done.stdout.splitlines()[-1])
        print(f"  {name:34} {found['peak'] - found['before']:8.0f} MB above {found['before']:.0f} MB", flush=True)
        RESULTS.append({"part": "memory", "rules": rules, "rows": rows, "contender": name, **found})
    save()


def alone(name: str) -> None:
    """One contender, once; the memory before and at its peak, in MB, as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        (rules,), (rows,) = OPTIONS_GIVEN.rules, OPTIONS_GIVEN.rows
        contender = next(c for c in one_of(name, rules, rows, Path(folder)) if c.name == name)
        gc.collect()
        pa.default_memory_pool().release_unused()
        ctypes.CDLL(None).malloc_trim(0)  # what preparing left behind
        Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
        before = _status("VmRSS")
        kept = contender.run(None)
        print(json.dumps({"before": before, "peak": _status("VmHWM"), "kept": kept is not None}))


def one_of(name: str, rules: int, rows: int, folder: Path) -> list[Contender]:
    """Contenders of a name, with nothing else in memory."""
    work = workload(rules, cases=1)
    data, threads = table(rows, 0.0), OPTIONS_GIVEN.threads
    if name in (MASKS, OURS):
        book = hazardrules.load(write_rulebook(work.rules, folder))
        if name == OURS:
            book.classify_table(data.slice(0, 10_000), subject="plant", as_of=DAY)
            run = lambda _: book.classify_table(data, subject="plant", as_of=DAY, threads=threads)  # noqa: E731 - one of two
            return [Contender(name, run, [None])]
        held = Held(book, data)
        return [Contender(name, lambda _: held.masks(), [None])]
    held_by_peer = frame(data)
    makers: dict[str, Callable[[], Peer]] = {
        "polars": lambda: polars_peer(work.rules, held_by_peer),
        "duckdb": lambda: duckdb_peer(work.rules, held_by_peer, threads),
        "numpy": lambda: numpy_peer(work.rules, held_by_peer, threads),
        "openfisca-core": lambda: openfisca_peer(work.rules, held_by_peer),
    }
    peer = makers[name]()
    return [Contender(name, lambda _: peer.run(), [None])]


def _status(name: str) -> float:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def overloads(book: hazardrules.Rulebook, data: pa.Table) -> Callable[[object], Any]:
    """Judges loads by the road traffic law."""
    return lambda _: book.classify_table(data, subject="vehicle", as_of=DAY, packs=["road.traffic_law"], threads=1)


def thresholds() -> None:
    """A computed number of every row lies on a threshold of the law: the load is 1.3 times what is approved."""
    book = hazardrules.load()
    rng = np.random.default_rng(SEED)
    rows = 200_000
    print(f"load ratios under the shipped law, {rows:,} rows")
    contenders, checks = [], []
    for name, distinct in (("291 loads", 291), ("49,000 loads", 49_000), ("every row another", 0)):
        grams = 1_000_000 + 10 * (
            rng.integers(0, distinct, rows) * (29_000_000 // distinct // 10) if distinct else rng.permutation(rows)
        )
        for where, factor in (("beside", 1.31), ("on the threshold", 1.3)):
            loads = np.rint(grams * factor).astype(np.int64)
            data = pa.table(
                {"approved_load": grams / 1e6, "load_mass": loads / 1e6, "vehicle_class": pa.array(["heavy_truck"] * rows)}
            )
            run = overloads(book, data)
            truths = run(None).truths
            above = truths["road.traffic_law.goods_overload_above_30"].to_numpy()
            expected = 10 * loads > 13 * grams
            checks.append(bool((above == expected).all()))
            contenders.append(Contender(f"{name}, {where}", run, [None]))
    print(f"  right in every row: {all(checks)}")
    show(contenders, in_turn(contenders, min(OPTIONS_GIVEN.rounds, 3)), rows)


def dicts() -> None:
    """Rows as mappings: how fast they come in, beside NumPy columns made from them by hand, with nothing checked."""
    work = workload(100, cases=1)
    rows = 100_000
    data = table(rows, 0.0)
    given = data.to_pylist()
    numbers = [name for name, kind in FACTS.items() if kind in ("bool", "integer", "decimal")]

    def by_numpy(_: object) -> Any:
        found = {name: np.array([row[name] for row in given]) for name in numbers}
        for name, kind in FACTS.items():
            if kind == "enum":
                codes = {option: code for code, option in enumerate(OPTIONS)}
                found[name] = np.array([codes[row[name]] for row in given], np.int8)
            elif kind == "set":
                for option in OPTIONS:
                    found[f"{name}.{option}"] = np.array([option in row[name] for row in given])
        return found

    with tempfile.TemporaryDirectory() as folder:
        book = hazardrules.load(write_rulebook(work.rules, Path(folder)))
        print(f"rows as mappings, {rows:,} rows of {len(FACTS)} facts, 100 rules, one thread")
        contenders = [
            Contender("numpy by hand, ingest only", by_numpy, [None]),
            Contender("pyarrow.Table.from_pylist, ingest only", lambda _: pa.Table.from_pylist(given), [None]),
            Contender("classify_table of mappings", lambda _: book.classify_table(given, subject="plant", as_of=DAY), [None]),
            Contender(
                "classify_table of from_pylist",
                lambda _: book.classify_table(pa.Table.from_pylist(given), subject="plant", as_of=DAY, threads=1),
                [None],
            ),
        ]
        show(contenders, in_turn(contenders, OPTIONS_GIVEN.rounds), rows)


def save() -> None:
    """Write what was measured so far."""
    if OPTIONS_GIVEN.json:
        about = {
            "date": datetime.now().astimezone().isoformat(timespec="minutes"),
            "cores": os.cpu_count(),
            "load": os.getloadavg()[0],
            "threads": OPTIONS_GIVEN.threads,
            "machine code": library() is not None,
            **{name: version(name) for name in ("hazardrules", "numpy", "polars", "duckdb", "openfisca-core", "pyarrow")},
        }
        OPTIONS_GIVEN.json.write_text(json.dumps({"about": about, "rows": RESULTS}, ensure_ascii=False, indent=1), "utf-8")


def main() -> None:
    """Every size, complete and with gaps; more and more rows; memory; rows on thresholds; rows as mappings."""
    if OPTIONS_GIVEN.alone:
        alone(OPTIONS_GIVEN.alone)
        return
    wanted = OPTIONS_GIVEN.only or PARTS
    equal = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "tables" in wanted:
            for rules in OPTIONS_GIVEN.rules:
                for missing in OPTIONS_GIVEN.missing:
                    equal &= measure(rules, MILLION, missing, folder)
        if "rows" in wanted:
            for rows in OPTIONS_GIVEN.rows:
                equal &= measure(100, rows, 0.0, folder, whole=False)
        if "memory" in wanted:
            for rules in OPTIONS_GIVEN.rules:
                memory(rules, folder)
    if "thresholds" in wanted:
        thresholds()
    if "dicts" in wanted:
        dicts()
    if not equal:
        sys.exit(1)


if __name__ == "__main__":
    main()
