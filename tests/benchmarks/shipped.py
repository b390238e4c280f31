"""`classify` over the cases that come with the shipped rules: ever another subject, another choice of facts, another day."""

from __future__ import annotations

import json
import random
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timing import Contender, interleave, microseconds, ratio

import hazardrules
from hazardrules.classify import Inquiry
from hazardrules.intake.cases import read_case
from hazardrules.testing.case_files import find_case_files, read_case_file

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
LEAST, MOST = 16, 30
"""Cases of so many facts, parts included."""
TURNS = 9


def shipped() -> tuple[list[dict[str, Any]], list[str]]:
    """Times per case, asked again and again and in turn, with what its steps take; beside one JSON round trip of each."""
    book = hazardrules.load(ROOT / "rules", cache=True)
    cases = _cases(book)
    for case in cases:
        book.classify(case)
    again = [_median(lambda case=case: book.classify(case)) for case in cases]
    turns: list[list[float]] = [[] for _ in cases]
    for _ in range(TURNS):
        for case, times in zip(cases, turns, strict=True):
            start = time.perf_counter()
            book.classify(case)
            times.append(time.perf_counter() - start)
    notes = [
        f"{len(cases)} shipped cases of {LEAST} to {MOST} facts on {len({str(case['as_of']) for case in cases})} days, µs per case:",
        f"asked again and again: {_spread(again)}",
        f"in turn, {TURNS} rounds: {_spread([statistics.median(times) for times in turns])}",
    ]
    steps: dict[str, list[float]] = {}
    for case in cases:
        for name, step in _steps(book, case).items():
            steps.setdefault(name, []).append(_median(step))
    notes += [f"{name}: {_spread(times)}" for name, times in steps.items()]
    ours = Contender("hazardrules", book.classify, cases)
    text = Contender("JSON round trip", lambda case: json.loads(json.dumps(case, default=str)), cases)
    interleave([ours, text], 2 * TURNS + 3)
    what = "classify, shipped cases in turn"
    shared = {"what": what, "against": text.name}
    return [{**shared, "contender": one.name, **ratio(one, text), "us": microseconds(one)} for one in (ours, text)], notes


def _cases(book: hazardrules.Rulebook) -> list[dict[str, Any]]:
    found = []
    for path in find_case_files(ROOT / "rules"):
        for written in read_case_file(path, book).cases:
            if LEAST <= _count(written.data) <= MOST:
                case = {written.subject: written.data, "as_of": written.as_of}
                found.append({**case, "jurisdiction": written.jurisdiction} if written.jurisdiction else case)
    random.Random("shipped").shuffle(found)  # noqa: S311 - an order, not a secret
    return found


def _count(data: Any) -> int:
    """How many facts there are, those of parts included."""
    if isinstance(data, dict):
        return sum(_count(value) for value in data.values())
    if isinstance(data, list) and data and isinstance(data[0], dict):
        return sum(map(_count, data))
    return 1


def _steps(book: hazardrules.Rulebook, case: dict[str, Any]) -> dict[str, Callable[[], object]]:
    read = read_case(case, book.intake)
    subject = book.intake.read(read.subject, read.data)
    assert read.as_of is not None
    day, plan = read.as_of, book.compiled.in_force(read.as_of, read.jurisdiction)
    inquiry = Inquiry(plan, subject, day, book.engine, book.compiled.source.default_language)
    return {
        "reading the case and its facts": lambda: book.intake.read(read.subject, read_case(case, book.intake).data),
        "the kernel": lambda: book.engine.evaluate(plan, subject, day),
        "levels, findings, open rules": inquiry.classification,
    }


def _median(run: Callable[[], object]) -> float:
    times = []
    for _ in range(TURNS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _spread(times: list[float]) -> str:
    tenths = statistics.quantiles([one * 1e6 for one in times], n=10)
    return f"median {statistics.median(times) * 1e6:.1f}, nine in ten below {tenths[8]:.1f}"
