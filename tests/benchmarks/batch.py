"""Tables beside Polars written by hand: `python tests/benchmarks/batch.py --help`. Prints ratios; never part of the tests."""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

given = argparse.ArgumentParser(description=__doc__)
given.add_argument("--rows", type=int, default=1_000_000)
given.add_argument("--rules", nargs="+", type=int, default=[100, 1000], metavar="R")
given.add_argument("--rounds", type=int, default=5, help="interleaved; the median ratio is printed")
given.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="for both")
given.add_argument("--only", choices=["tables", "thresholds", "dicts"], help="one part")
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
from hazardrules.columnar.arrow_rows import ArrowColumns, ArrowRows  # noqa: E402
from hazardrules.columnar.run import blocks  # noqa: E402
from hazardrules.columnar.table import TableClassifier  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

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


def show(contenders: list[Contender], used: dict[str, list[float]], rows: int) -> None:
    """Rows per second, and the ratio to the first contender, by the clock and by the processor."""
    first = contenders[0]
    for contender in contenders:
        found = ratio(first, contender)
        work = [a / b for a, b in zip(used[first.name], used[contender.name], strict=True)]
        print(
            f"  {contender.name:34} {rows / statistics.median(contender.seconds) / 1e6:7.2f} M rows/s,"
            f" {found['ratio']:5.2f} times ({found['low']:.2f}-{found['high']:.2f});"
            f" {rows / statistics.median(used[contender.name]) / 1e6:6.2f} M rows per second of processor,"
            f" {statistics.median(work):5.2f} times"
        )


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


def measure(rules: int, missing: float, folder: Path) -> None:
    """One size: Polars, our rules as columns, our levels, our whole table."""
    work = workload(rules, cases=1)
    book = hazardrules.load(write_rulebook(work.rules, folder / str(rules)))
    data = table(OPTIONS_GIVEN.rows, missing)
    held, ours_held = frame(data), Held(book, data)
    columns = by_hand(work.rules)

    def ours() -> Any:
        return book.classify_table(data, subject="plant", as_of=DAY, threads=OPTIONS_GIVEN.threads)

    same = ours().truths.select([full_name(rule) for rule in work.rules])
    theirs = held.lazy().select(columns).collect().to_arrow()
    equal = all(same[full_name(rule)].equals(theirs[rule.name]) for rule in work.rules)
    contenders = [
        Contender("polars, prepared columns", lambda _: held.lazy().select(columns).collect(), [None]),
        Contender("masks, columns read before", lambda _: ours_held.masks(), [None]),
        Contender("classify_table, Arrow as it comes", lambda _: ours(), [None]),
        Contender("polars, Arrow as it comes", lambda _: frame(data).lazy().select(columns).collect(), [None]),
        Contender("classify_table with levels", lambda _: ours().levels, [None]),
        Contender("classify_table, all columns", lambda _: ours().table, [None]),
    ]
    head = f"{rules} rules, {OPTIONS_GIVEN.rows:,} rows, {missing:.0%} missing, {OPTIONS_GIVEN.threads} threads"
    print(f"{head}, same truths: {equal}")
    show(contenders, in_turn(contenders, OPTIONS_GIVEN.rounds), OPTIONS_GIVEN.rows)
    if not equal:
        sys.exit(1)


def overloads(book: hazardrules.Rulebook, data: pa.Table) -> Callable[[object], Any]:
    """Judges loads by the road traffic law."""
    return lambda _: book.classify_table(data, subject="vehicle", as_of=DAY, packs=["road.traffic_law"], threads=1)


def thresholds() -> None:
    """A computed number of every row lies on a threshold of the law: the load is 1.3 times what is approved."""
    book = hazardrules.load()
    rng = np.random.default_rng(SEED)
    rows = OPTIONS_GIVEN.rows
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
    rows = min(OPTIONS_GIVEN.rows, 100_000)
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


def main() -> None:
    """Every size, complete and with gaps; rows on thresholds; rows as mappings."""
    if OPTIONS_GIVEN.only in (None, "tables"):
        with tempfile.TemporaryDirectory() as folder:
            for rules in OPTIONS_GIVEN.rules:
                for missing in (0.0, 0.1):
                    measure(rules, missing, Path(folder))
    if OPTIONS_GIVEN.only in (None, "thresholds"):
        thresholds()
    if OPTIONS_GIVEN.only in (None, "dicts"):
        dicts()
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB")


if __name__ == "__main__":
    main()
