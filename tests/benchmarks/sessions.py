"""A session of many subjects, and a year of a few: `python tests/benchmarks/sessions.py --help`.

Prints how long it takes to tell of all subjects, to change one, and to let a year pass; and how many judgements each took.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import random
import statistics
import tempfile
import time
from contextlib import contextmanager, nullcontext
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hazardrules
from hazardrules.sessions.judging import Judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.sessions.session import Session

SEED = 20211202
FIRST = date(2022, 2, 1)
LAST = date(2023, 2, 1)
A_DAY = timedelta(days=1)
PER_TRANSACTION = 1000
CHANGES = 200
EVENTS_PER_DAY = 0.2
KINDS = ("vehicle", "driver", "premises", "enterprise", "special_equipment", "gas_cylinder")


def day(draw: random.Random, before: int, after: int) -> str:
    """A day about the year that is replayed, counted from its first."""
    return str(FIRST + timedelta(days=draw.randint(-before, after)))


def facts_of(kind: str, draw: random.Random) -> dict[str, Any]:
    """What a register knows of a subject: mostly days, and a list that grows."""
    match kind:
        case "vehicle":
            violations = [{"kind": "over_limit", "date": day(draw, 400, -1)} for _ in range(draw.randint(0, 4))]
            passed = day(draw, 500, -1)
            return {"vehicle_class": "heavy_truck", "inspection": {"last_passed_on": passed}, "violations": violations}
        case "driver":
            issued = day(draw, 4000, -1)
            return {"licence": {"first_issued_on": issued}, "full_score_notice_on": day(draw, 30, -1)}
        case "premises":
            return {
                "people_lodged": draw.randint(0, 40),
                "inspection": {"last_on": day(draw, 400, -1)},
                "drill": {"last_on": day(draw, 400, -1)},
            }
        case "enterprise":
            hazard = {"major_by_standard": draw.random() < 0.3, "found_on": day(draw, 60, -1), "rectify_by": day(draw, 0, 200)}
            hazards = [{**hazard, "removed": False} for _ in range(draw.randint(0, 2))]
            return {"plan": {"assessed_on": day(draw, 1200, -1)}, "hazards": hazards}
        case "special_equipment":
            return {"inspection_valid_until": day(draw, 100, 400), "design_life_ends_on": day(draw, 100, 4000)}
        case _:
            return {"made_on": day(draw, 5000, -1), "last_inspected_on": day(draw, 1400, -1)}


@contextmanager
def counted() -> Iterator[list[int]]:
    """Count judgements."""
    judge = Judge.judge
    count = [0]

    def judged(self: Judge, *args: Any) -> Any:
        count[0] += 1
        return judge(self, *args)

    Judge.judge = judged  # type: ignore[method-assign]  # for a while
    try:
        yield count
    finally:
        Judge.judge = judge  # type: ignore[method-assign]  # as before


def told(session: Session, subjects: int, draw: random.Random) -> list[tuple[str, str]]:
    """Tell of so many subjects; gives their names and kinds."""
    names = []
    for start in range(0, subjects, PER_TRANSACTION):
        with session.together():
            for number in range(start, min(start + PER_TRANSACTION, subjects)):
                kind = KINDS[number % len(KINDS)]
                session.put(f"{kind} {number}", kind, facts_of(kind, draw), at=FIRST)
                names.append((f"{kind} {number}", kind))
    return names


class Watch:
    """Seconds since it was made: by the clock, and of this process's work."""

    def __init__(self) -> None:
        self.begun = time.perf_counter(), time.process_time()

    def spent(self) -> float:
        """Seconds by the clock."""
        return time.perf_counter() - self.begun[0]

    def __str__(self) -> str:
        """Both."""
        return f"{self.spent():.2f} s ({time.process_time() - self.begun[1]:.2f} s of work)"


def many(book: hazardrules.Rulebook, store: Path, subjects: int) -> None:
    """So many subjects in one session: tell, change single ones, let a year pass."""
    draw = random.Random(SEED)  # noqa: S311 - repeatable
    with book.session(store) as session, counted() as count:
        watch = Watch()
        names = told(session, subjects, draw)
        print(f"{subjects:,} subjects told, {PER_TRANSACTION} together: {watch}")
        count[0], spans = 0, []
        for _ in range(CHANGES):
            name, kind = draw.choice(names)
            facts, watch = facts_of(kind, draw), Watch()
            session.put(name, kind, facts, at=FIRST)
            spans.append(watch.spent())
        print(f"one changed: {statistics.median(spans) * 1e3:.1f} ms, {count[0] / CHANGES:.2f} judgements (median of {CHANGES})")
        count[0], watch = 0, Watch()
        changes = session.advance(LAST)
        print(f"a year passed: {watch}, {count[0]:,} judgements, {len(changes):,} changes")


def few(book: hazardrules.Rulebook, store: str, subjects: int, *, together: bool = False) -> None:
    """A year of some subjects, day by day, with an event now and then."""
    draw = random.Random(SEED)  # noqa: S311 - repeatable
    with book.session(store) as session, counted() as count:
        told(session, subjects, draw)
        count[0], events, watch = 0, 0, Watch()
        with session.together() if together else nullcontext():
            today = FIRST
            while today < LAST:
                today += A_DAY
                session.advance(today)
                if draw.random() < EVENTS_PER_DAY:
                    session.post("vehicle 0", "vehicle_violation_recorded", {"kind": "over_limit"}, at=today)
                    events += 1
        how = "in memory" if store == "sqlite://" else "one call on disk" if together else "each call on disk"
        print(f"{subjects} subjects, 365 days one by one, {events} events, {how}: {watch}, {count[0]} judgements")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", type=int, default=100_000, help="how many in one session; 0 for none")
    parser.add_argument("--few", type=int, nargs="*", default=[1, 30], help="how many whose year is gone through day by day")
    parser.add_argument("--profile", action="store_true", help="show where the time goes")
    given = parser.parse_args()
    book = hazardrules.load(cache=True)
    profile = cProfile.Profile()
    if given.profile:
        profile.enable()
    with tempfile.TemporaryDirectory() as folder:
        for number in given.few:
            few(book, "sqlite://", number)  # the first one also makes the law of each period ready
            few(book, "sqlite://", number)
            few(book, f"{folder}/few-{number}.db", number)
            few(book, f"{folder}/together-{number}.db", number, together=True)
        if given.subjects:
            many(book, Path(folder) / "many.db", given.subjects)
    if given.profile:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(45)


if __name__ == "__main__":
    main()
