"""Engines beside the reference, as long as you like: `python tests/agreement/run.py --help`. `make nightly` runs a million.

Ends with 1 where anything disagrees, and shows the smallest rulebook that has it.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import agreement
from agreement import Tally

import hazardrules
from hazardrules.folders import shipped_rules

STEP = 60_000
"""So many cases at a time: Hypothesis remembers what it has drawn."""


def drawn(total: int, seed: int) -> Tally:
    """Compare on drawn rulebooks, step by step."""
    tally = Tally()
    for done in range(0, total, STEP):
        tally.add(agreement.on_drawn_rulebooks(min(STEP, total - done), seed + done))
        print(f"  … {tally.rulebooks:,} rulebooks", flush=True)
    return tally


def main() -> int:
    """Compare, print what was compared."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--total", type=int, default=1_000_000, help="cases; a quarter of them on the shipped law")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="what they are drawn from; default: the clock")
    given = parser.parse_args()
    print(f"seed {given.seed}")
    wrong = 0
    begun = time.perf_counter()
    book = hazardrules.load(cache=True)
    quarter = given.total // 4
    for name, run in (
        ("the shipped law", lambda: agreement.on_the_law(book, shipped_rules(), quarter, given.seed)),
        (
            "the shipped law in tables",
            lambda: agreement.on_the_law_in_tables(book, shipped_rules(), given.total // 40, given.seed),
        ),
        ("drawn rulebooks", lambda: drawn(given.total - quarter, given.seed)),
    ):
        try:
            tally = run()
        except AssertionError as error:
            print(f"{name}: {error}")
            wrong += 1
            continue
        wrong += len(tally.disagreements)
        print(f"{name}, {time.perf_counter() - begun:.0f} s")
        print("\n".join(f"  {line}" for line in tally.lines()), flush=True)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
