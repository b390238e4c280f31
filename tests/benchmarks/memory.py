"""Memory over many classifications of the shipped cases: `python tests/benchmarks/memory.py --help`.

Prints what the process holds after each tenth, and ends with 1 where it grew after the first. Linux only.
"""

from __future__ import annotations

import argparse
import gc
import sys
import threading
import time
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

import hazardrules
from hazardrules.api import usable_engines
from hazardrules.folders import shipped_rules
from hazardrules.intake import Case
from hazardrules.testing.case_files import find_case_files, read_case_file

if TYPE_CHECKING:
    from datetime import date

ALLOWED_MIB = 8.0
"""So much the process may hold more at the end than after the first tenth."""
TENTHS = 10


def held_mib() -> float:
    """What the process holds in memory now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 / 2**20


def sample(book: hazardrules.Rulebook, count: int, day: date) -> list[Case]:
    """Shipped cases of all subjects, judged by the law of one day."""
    folder = shipped_rules()
    written = [case for path in find_case_files(folder) for case in read_case_file(path, book, path.name).cases]
    chosen = written[:: max(1, len(written) // count)]
    cases = [
        Case(book.intake.find_subject(case.subject), case.data, day, None, case.complete, case.name, case.place)
        for case in chosen
    ]
    return [case for case in cases if can_be_judged(book, case)]


def can_be_judged(book: hazardrules.Rulebook, case: Case) -> bool:
    """Some cases are about what is refused, or about packs by name."""
    try:
        book.classify(case)
    except hazardrules.HazardRulesError:
        return False
    return True


def run(book: hazardrules.Rulebook, cases: list[Case], total: int, engine: str, threads: int) -> list[float]:
    """What the process holds after each tenth of so many classifications."""

    def work() -> None:
        for case in islice(cycle(cases), total // TENTHS // threads):
            book.classify(case, engine=engine)

    found = []
    for tenth in range(TENTHS):
        workers = [threading.Thread(target=work) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        gc.collect()
        found.append(held_mib())
        print(f"  {(tenth + 1) * total // TENTHS:>9,}  {found[-1]:8.1f} MiB", flush=True)
    return found


def main() -> int:
    """Measure the engines asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", nargs="+", choices=usable_engines(), default=["generated"])
    parser.add_argument("--total", type=int, default=1_000_000, help="classifications per engine; default: a million")
    parser.add_argument("--cases", type=int, default=500, help="different cases, in turn")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    book = hazardrules.load(cache=True)
    cases = sample(book, given.cases, book.compiled.breakpoints[-1])
    grew = False
    for engine in given.engine:
        print(f"{engine}: {len(cases)} cases, {given.threads} threads")
        begun = time.perf_counter()
        found = run(book, cases, given.total, engine, given.threads)
        more = found[-1] - found[0]
        grew = grew or more > ALLOWED_MIB
        print(f"  {more:+.1f} MiB from the first tenth to the last, {time.perf_counter() - begun:.0f} s")
    return int(grew)


if __name__ == "__main__":
    sys.exit(main())
