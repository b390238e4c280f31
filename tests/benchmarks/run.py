"""Benchmarks beside peers, printed as ratios: `python tests/benchmarks/run.py --help`. Tables: `batch.py` beside it.

Never part of the tests: a ratio on a busy machine is a hint, not a verdict.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from datetime import datetime
from pathlib import Path

import measures
from peers import versions
from rich.console import Console
from rich.table import Table
from shipped import shipped

import hazardrules

PARTS = ("kernel", "classify", "national", "shipped", "load", "cold", "memory")


def main() -> int:
    """Measure what was asked for, print a table, perhaps write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="these parts; default: all")
    parser.add_argument("--rules", nargs="+", type=int, default=[10, 100, 1000], metavar="R", help="sizes of the seeded rulebook")
    parser.add_argument("--alone", action="store_true", help="kernel beside the functions by hand only, without other engines")
    parser.add_argument("--rounds", type=int, default=21, help="interleaved rounds; the median is printed")
    parser.add_argument("--quick", action="store_true", help="few rounds and 10,000 classifications: to see that it runs")
    parser.add_argument("--long", action="store_true", help="memory over a million classifications instead of 100,000")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows and notes as JSON")
    given = parser.parse_args()
    rounds = 5 if given.quick else given.rounds
    total = 1_000_000 if given.long else 10_000 if given.quick else 100_000
    console = Console(width=None if sys.stdout.isatty() else 130)
    rows: list[measures.Row] = []
    notes: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts = {
            "kernel": lambda: measures.kernel(given.rules, rounds, folder, alone=given.alone),
            "classify": lambda: measures.classify(given.rules, rounds, folder),
            "national": lambda: measures.national(rounds),
            "shipped": shipped,
            "load": lambda: measures.load(rounds, folder),
            "cold": lambda: measures.cold(rounds),
            "memory": lambda: measures.memory(total),
        }
        for part in PARTS:
            if part in given.only:
                console.print(f"… {part}", style="dim")
                try:
                    found, said = parts[part]()
                except hazardrules.RulebookError as error:
                    found, said = [], [f"{part}: the rulebook does not load: {str(error).splitlines()[0]}"]
                rows += found
                notes += said
    console.print(_table(rows))
    for note in notes:
        console.print(f"- {note}", markup=False, highlight=False)
    console.print(
        "- tables beside Polars, DuckDB, NumPy and OpenFisca-core: tests/benchmarks/batch.py", markup=False, highlight=False
    )
    if given.json:
        about = {
            "date": datetime.now().astimezone().isoformat(timespec="minutes"),
            "python": platform.python_version(),
            "rounds": rounds,
            "hazardrules": hazardrules.__version__,
            **versions(),
        }
        given.json.write_text(json.dumps({"about": about, "rows": rows, "notes": notes}, ensure_ascii=False, indent=1), "utf-8")
    return 1 if any(note.startswith("DISAGREEMENT") for note in notes) else 0


def _table(rows: list[measures.Row]) -> Table:
    table = Table(title="ratios: median of interleaved rounds (quartiles); times are context only")
    for heading, side in (
        ("measure", "left"),
        ("contender", "left"),
        ("against", "left"),
        ("ratio", "right"),
        ("quartiles", "right"),
        ("time", "right"),
    ):
        table.add_column(heading, justify=side)
    previous = None
    for row in rows:
        if previous is not None and row["what"] != previous:
            table.add_section()
        time = (
            f"{row['us'] / 1e6:.2f} s"
            if row["us"] >= 1e6
            else f"{row['us'] / 1e3:.1f} ms"
            if row["us"] >= 1e4
            else f"{row['us']:.1f} µs"
        )
        shown = "" if row["what"] == previous else row["what"]
        table.add_row(shown, row["contender"], row["against"], f"{row['ratio']:.2f}", f"{row['low']:.2f}-{row['high']:.2f}", time)
        previous = row["what"]
    return table


if __name__ == "__main__":
    sys.exit(main())
