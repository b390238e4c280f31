"""Tables beside Polars written by hand: `python tests/benchmarks/batch.py --help`. Prints ratios; never part of the tests."""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

given = argparse.ArgumentParser(description=__doc__)
given.add_argument("--rows", type=int, default=1_000_000)
given.add_argument("--rules", nargs="+", type=int, default=[100, 1000], metavar="R")
given.add_argument("--rounds", type=int, default=5, help="interleaved; the median ratio is printed")
given.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="for both")
OPTIONS_GIVEN = given.parse_args()
os.environ["POLARS_MAX_THREADS"] = str(OPTIONS_GIVEN.threads)

import numpy as np  # noqa: E402 - after the number of threads is set
import polars as pl  # noqa: E402
import pyarrow as pa  # noqa: E402
from measures import DAY  # noqa: E402
from renderings import full_name, write_rulebook  # noqa: E402
from timing import Contender, ratio  # noqa: E402
from workload import FACTS, OPTIONS, SEED, workload  # noqa: E402

import hazardrules  # noqa: E402

if TYPE_CHECKING:
    from workload import Condition, Rule


def table(rows: int, missing: float) -> pa.Table:
    """The workload as columns: whole numbers, decimals as floats, choices as categories, sets as lists."""
    chance = np.random.default_rng(SEED)
    columns: dict[str, pa.Array] = {}
    for name, kind in FACTS.items():
        gone = chance.random(rows) < missing if missing else None
        match kind:
            case "bool":
                columns[name] = pa.array(chance.random(rows) < 0.5, mask=gone)
            case "integer":
                columns[name] = pa.array(chance.integers(0, 100, rows), mask=gone)
            case "decimal":
                columns[name] = pa.array(chance.integers(0, 10_000, rows) / 100, mask=gone)
            case "enum":
                codes = pa.array(chance.integers(0, len(OPTIONS), rows).astype(np.int8), mask=gone)
                columns[name] = pa.DictionaryArray.from_arrays(codes, pa.array(OPTIONS))
            case _:
                flags = chance.random((rows, len(OPTIONS))) < 1 / 3
                values = pa.DictionaryArray.from_arrays(pa.array(np.nonzero(flags)[1].astype(np.int8)), pa.array(OPTIONS))
                offsets = np.concatenate(([0], np.cumsum(flags.sum(1)))).astype(np.int32)
                mask = None if gone is None else pa.array(gone)
                columns[name] = pa.ListArray.from_arrays(pa.array(offsets), values, mask=mask)
    return pa.table(columns)


COMPARE: dict[str, Any] = {"<": pl.Expr.lt, "<=": pl.Expr.le, ">": pl.Expr.gt, ">=": pl.Expr.ge}


def expression(condition: Condition) -> pl.Expr:
    """A condition as one would write it; nulls follow Kleene in Polars too. Sets are prepared, one flag per option."""
    match condition:
        case ("is", name, truth):
            return pl.col(name) if truth else ~pl.col(name)
        case ("compare", name, op, number):
            return COMPARE[op](pl.col(name), float(number) if FACTS[name] == "decimal" else int(number))
        case ("in", name, options):
            return pl.any_horizontal([pl.col(name) == option for option in options])
        case ("meets", name, options):
            return pl.any_horizontal([pl.col(f"{name}.{option}") for option in options])
        case ("not", inner):
            return ~expression(inner)
        case ("any", items):
            return pl.any_horizontal([expression(item) for item in items])
    raise ValueError(condition)


def by_hand(rules: tuple[Rule, ...]) -> list[pl.Expr]:
    """One expression per rule; Polars computes what they share once."""
    return [pl.all_horizontal([expression(item) for item in rule.conditions]).alias(rule.name) for rule in rules]


def frame(data: pa.Table) -> pl.DataFrame:
    """The table as somebody who knows Polars holds it: choices as enums, sets as flags."""
    found: dict[str, Any] = {}
    for name, kind in FACTS.items():
        column = pl.from_arrow(data[name])
        assert isinstance(column, pl.Series)
        if kind == "set":
            for option in OPTIONS:
                found[f"{name}.{option}"] = column.list.contains(option)
        else:
            found[name] = column.cast(pl.Enum(OPTIONS)) if kind == "enum" else column
    return pl.DataFrame(found)


def measure(rules: int, missing: float, folder: Path) -> None:
    """One size: Polars, our rules as columns, our levels, our whole table."""
    work = workload(rules, cases=1)
    book = hazardrules.load(write_rulebook(work.rules, folder / str(rules)))
    data = table(OPTIONS_GIVEN.rows, missing)
    held = frame(data)
    columns = by_hand(work.rules)

    def polars() -> Any:
        return held.lazy().select(columns).collect()

    def ours() -> Any:
        return book.classify_table(data, subject="plant", as_of=DAY, threads=OPTIONS_GIVEN.threads)

    same = ours().truths.select([full_name(rule) for rule in work.rules])
    theirs = polars().to_arrow()
    equal = all(same[full_name(rule)].equals(theirs[rule.name]) for rule in work.rules)
    hand = Contender("polars", lambda _: polars(), [None])
    contenders = [
        hand,
        Contender("polars, arrow in", lambda _: frame(data).lazy().select(columns).collect(), [None]),
        Contender("truths", lambda _: ours(), [None]),
        Contender("levels", lambda _: ours().levels, [None]),
        Contender("table", lambda _: ours().table, [None]),
    ]
    processor: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for number in range(OPTIONS_GIVEN.rounds):
        turn = number % len(contenders)
        for contender in contenders[turn:] + contenders[:turn]:
            start, used = time.perf_counter(), time.process_time()
            contender.run(None)
            contender.seconds.append(time.perf_counter() - start)
            processor[contender.name].append(time.process_time() - used)
    print(
        f"{rules} rules, {OPTIONS_GIVEN.rows:,} rows, {missing:.0%} missing, {OPTIONS_GIVEN.threads} threads, same truths: {equal}"
    )
    for contender in contenders:
        speed = OPTIONS_GIVEN.rows / statistics.median(contender.seconds) / 1e6
        found = ratio(hand, contender)
        work_done = [a / b for a, b in zip(processor[hand.name], processor[contender.name], strict=True)]
        print(
            f"  {contender.name:16} {speed:7.2f} M rows/s, {found['ratio']:5.2f} times polars ({found['low']:.2f}-{found['high']:.2f});"
            f" {OPTIONS_GIVEN.rows / statistics.median(processor[contender.name]) / 1e6:6.2f} M rows per second of processor,"
            f" {statistics.median(work_done):5.2f} times"
        )
    if not equal:
        sys.exit(1)


def main() -> None:
    """Every size, complete and with gaps."""
    with tempfile.TemporaryDirectory() as folder:
        for rules in OPTIONS_GIVEN.rules:
            for missing in (0.0, 0.1):
                measure(rules, missing, Path(folder))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB")


if __name__ == "__main__":
    main()
