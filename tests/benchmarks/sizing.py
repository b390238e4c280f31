"""Rows per second and core on one machine, on Spark and on Ray: `python tests/benchmarks/sizing.py --help`. Never part of the tests.

What counts is the time of processors, of all processes together, since a shared machine says little by the clock.
Everybody reads the same Parquet files, new rows in every round; answers are made and counted, not stored.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parents[2])]

SUBJECT, DAY = "vehicle", date(2024, 3, 15)
DRAWN, FACTS, FILES = 5_000, 24, 8
PROVINCE = 100_000_000
CORES = (8, 32, 128)
ALL = ("levels", "findings", "actions", "undetermined", "missing")
PACKS = {"all": None, "one pack": ("road.over_limit",)}
"""The whole law on vehicles, or the 22 rules of one regulation."""
SIZES = {"levels": ("levels",), "levels and findings": ("levels", "findings"), "everything": ALL}
FEW = 4
"""Of what takes much room only one file in so many is read."""
FOLDERS = {"everything": "few"}
TICKS = os.sysconf("SC_CLK_TCK")


def write_vehicles(folder: Path, rows: int, rounds: int) -> None:
    """A folder per round of vehicles with an id and the facts that most rules read, about 60 % of them known, and lists of axle groups."""
    import numpy as np
    import pyarrow as pa
    from drawn import Drawn
    from pyarrow import parquet

    import hazardrules

    book = hazardrules.load(cache=True)
    read = [name for info in book.rules() if info.compiled.on == SUBJECT for name in info.compiled.own_facts]
    subject = book.subject(SUBJECT)
    wanted = {*sorted(subject.facts, key=lambda name: (-read.count(name), name))[:FACTS], "axle_groups"}
    drawn = Drawn(book, seed=3)
    several = [drawn.row(SUBJECT) for _ in range(DRAWN)]
    chance = np.random.default_rng(3)
    known = {name: pa.array([row.get(name) for row in several]) for name in sorted(wanted)}
    size = rows // FILES
    for number in range(rounds):
        whole, few = (folder / name / str(number) for name in ("whole", "few"))
        whole.mkdir(parents=True)
        few.mkdir(parents=True)
        for file in range(FILES):
            columns: dict[str, Any] = {"id": pa.array(range(file * size, (file + 1) * size))}
            for name, column in known.items():
                columns[name] = column.take(pa.array(chance.integers(0, DRAWN, size)))
            parquet.write_table(pa.table(columns), whole / f"{file}.parquet")
            if file % FEW == 0:
                (few / f"{file}.parquet").hardlink_to(whole / f"{file}.parquet")


# processes


def family() -> dict[int, tuple[str, float, int]]:
    """This process and those it has started: command, seconds of processor, most memory in MiB."""
    parents: dict[int, int] = {}
    facts: dict[int, tuple[str, float, int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "stat").read_text("utf-8").rpartition(")")[2].split()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            status = (entry / "status").read_text("utf-8")
        except OSError:
            continue
        peak = next((int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)
        parents[int(entry.name)] = int(words[1])
        facts[int(entry.name)] = (command, sum(map(int, words[11:15])) / TICKS, peak)
    ours, grown = {os.getpid()}, True
    while grown:
        found = {child for child, parent in parents.items() if parent in ours} - ours
        ours |= found
        grown = bool(found)
    return {number: facts[number] for number in ours if number in facts}


def processor() -> float:
    """Seconds of processor of this process and those it has started."""
    return sum(seconds for _, seconds, _ in family().values())


def memory(word: str) -> int:
    """The most memory that one process with a word in its command has had, in MiB."""
    return max((peak for command, _, peak in family().values() if word in command), default=0)


def rows_of(folder: Path) -> int:
    """How many rows a folder holds."""
    from pyarrow import parquet

    return sum(parquet.read_metadata(path).num_rows for path in folder.glob("*.parquet"))


# contenders: each gives a function that judges all rows of a folder, and who its workers are

Contender = tuple["Callable[[Path], int]", str]


def columnar(sections: tuple[str, ...], packs: tuple[str, ...] | None) -> Contender:
    """The kernel in this process, with one thread, as workers call it."""
    from pyarrow import parquet

    import hazardrules
    from hazardrules.integrations.carried import written
    from hazardrules.integrations.judging import judge, task_of

    book = hazardrules.load(cache=True)
    task = task_of(book, book.table_options(SUBJECT, as_of=DAY, packs=packs, keep=["id"]), sections)
    start = time.process_time()
    sent = written(book)
    print(f"the rulebook: {len(sent) / 1e6:.1f} MB on its way, written in {time.process_time() - start:.1f} s", file=sys.stderr)

    def run(folder: Path) -> int:
        count = size = 0
        for path in sorted(folder.glob("*.parquet")):
            for batch in judge(task, lambda: sent, parquet.read_table(path, use_threads=False).to_batches()):
                count += batch.num_rows
                size += batch.nbytes
        run.size = size / count  # type: ignore[attr-defined]
        return count

    return run, "sizing.py"


def spark(sections: tuple[str, ...], packs: tuple[str, ...] | None) -> Contender:
    """A local Spark with as many workers as cores."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    from pyspark.sql import SparkSession

    import hazardrules
    from hazardrules.integrations.spark import classify

    builder = SparkSession.builder.master(f"local[{os.cpu_count()}]").config("spark.driver.memory", "3g")
    session = builder.config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    book = hazardrules.load(cache=True)

    def run(folder: Path) -> int:
        frame = session.read.parquet(str(folder))
        answers = classify(frame, book, subject=SUBJECT, as_of=DAY, packs=packs, keep=["id"], sections=sections)
        answers.write.format("noop").mode("overwrite").save()
        return rows_of(folder)

    return run, "pyspark.daemon"


def ray(sections: tuple[str, ...], packs: tuple[str, ...] | None) -> Contender:
    """A local Ray with as many workers as cores."""
    import ray as library
    import ray.data

    import hazardrules
    from hazardrules.integrations.ray import classify

    library.init(include_dashboard=False, log_to_driver=False)
    library.data.DataContext.get_current().enable_progress_bars = False
    book = hazardrules.load(cache=True)

    def run(folder: Path) -> int:
        data = library.data.read_parquet(str(folder))
        answers = classify(data, book, subject=SUBJECT, as_of=DAY, packs=packs, keep=["id"], sections=sections)
        return sum(bundle.num_rows() or 0 for bundle in answers.iter_internal_ref_bundles())

    return run, "ray::"


CONTENDERS = {"columnar": columnar, "spark": spark, "ray": ray}


def measure(name: str, folder: Path, size: str, packs: str, rounds: int) -> dict[str, Any]:
    """One contender, in this process: the first round reads the rulebook and compiles, the others count."""
    run, worker = CONTENDERS[name](SIZES[size], PACKS[packs])
    rates, clock = [], []
    first = 0.0
    for number in range(rounds + 1):
        before, start = processor(), time.perf_counter()
        rows = run(folder / FOLDERS.get(size, "whole") / str(number))
        used, passed = processor() - before, time.perf_counter() - start
        if number:
            rates.append(rows / used)
            clock.append(rows / passed)
        else:
            first = used
    return {
        "name": name,
        "size": size,
        "packs": packs,
        "rows": rows,
        "rate": statistics.median(rates),
        "low": min(rates),
        "high": max(rates),
        "clock": statistics.median(clock),
        "first": first - rows / statistics.median(rates),
        "worker": memory(worker),
        "java": memory("java"),
        "bytes": getattr(run, "size", 0),
    }


def shown(found: list[dict[str, Any]]) -> list[str]:
    """What is printed: a table in Markdown."""
    base = {(one["packs"], one["size"]): one["rate"] for one in found if one["name"] == "columnar"}
    cores = " | ".join(f"{number} cores" for number in CORES)
    lines = [
        f"| | rules | sections | rows/s per core | of columnar alone | first round, s of processor more | MiB per worker | MiB of Java | 10⁸ rows: {cores} |",
        f"| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | {' | '.join(['---:'] * len(CORES))} |",
    ]
    for one in found:
        times = " | ".join(_hours(PROVINCE / one["rate"] / number) for number in CORES)
        alone = base.get((one["packs"], one["size"]))
        share = f"{one['rate'] / alone:.2f}" if alone else ""
        lines.append(
            f"| {one['name']} | {one['packs']} | {one['size']} | {one['rate']:,.0f} ({one['low']:,.0f}-{one['high']:,.0f}) | {share} |"
            f" {one['first']:.0f} | {one['worker']:,} | {one['java'] if one['name'] == 'spark' else '-'} | {times} |"
        )
    lines += [
        f"an answer of {one['packs']}, {one['size']}: {one['bytes']:,.0f} bytes a row in Arrow" for one in found if one["bytes"]
    ]
    return lines


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 5400 else f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def main() -> None:
    """Each contender in a process of its own."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--rows", type=int, default=320_000, help="of each round; a quarter of them where everything is said")
    given.add_argument("--rounds", type=int, default=2)
    given.add_argument("--only", nargs="+", choices=list(CONTENDERS), default=list(CONTENDERS))
    given.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    given.add_argument("--packs", nargs="+", choices=list(PACKS), default=list(PACKS))
    given.add_argument("--one", help=argparse.SUPPRESS)
    options = given.parse_args()
    if options.one:
        found = measure(options.only[0], Path(options.one), options.sizes[0], options.packs[0], options.rounds)
        print(json.dumps(found))
        return
    each = []
    with tempfile.TemporaryDirectory() as folder:
        write_vehicles(Path(folder), options.rows // FILES * FILES, options.rounds + 1)
        for packs, size, name in product(options.packs, options.sizes, options.only):
            command = [sys.executable, str(HERE), "--one", folder, "--rounds", str(options.rounds)]
            command += ["--packs", packs, "--sizes", size, "--only", name]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            each.append(json.loads(done.stdout.splitlines()[-1]))
            print(each[-1], file=sys.stderr)
    print(f"{options.rows:,} rows a round, {os.cpu_count()} cores, Python {sys.version.split()[0]}")
    print("\n".join(shown(each)))


if __name__ == "__main__":
    main()
