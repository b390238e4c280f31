"""Working days: what the shipped calendar says, and what deadlines make of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

import hazardrules
from hazardrules.api import usable_engines
from hazardrules.model.values import CalendarSpan, add_span

LORRY = {
    "vehicle_class": "semitrailer_tractor",
    "road": "highway",
    "axle_count": 6,
    "configuration": "articulated",
    "tractor_driving_axles": 2,
    "single_tyre_axles": 0,
    "gross_mass": "60 t",
    "cargo_divisible": True,
}
"""An over-limit lorry: its case is passed on within 7 working days (overlimit-2016 44)."""


@pytest.fixture(scope="module")
def book() -> hazardrules.Rulebook:
    return hazardrules.load()


def after(book: hazardrules.Rulebook, day: str, count: int) -> str | None:
    """The day so many working days after a day."""
    found = add_span(date.fromisoformat(day), CalendarSpan(working_days=count), book.compiled.working_day)
    return found.isoformat() if found is not None else None


@pytest.mark.parametrize(
    ("day", "working"),
    [
        ("2021-09-30", True),
        ("2021-10-01", False),  # Friday, National Day
        ("2021-10-07", False),  # Thursday, last day of the holiday
        ("2021-10-08", True),
        ("2021-10-09", True),  # Saturday, worked in exchange
        ("2021-10-10", False),  # an ordinary Sunday
        ("2022-01-29", True),  # Saturday, worked in exchange
        ("2022-01-30", True),  # Sunday, worked in exchange
        ("2022-01-31", False),  # Monday, eve of the Spring Festival
        ("2022-12-31", False),  # Saturday, first day of the holiday of 2023: needs no row
        ("2024-02-09", True),  # the eve of 2024 was recommended, not declared a holiday
        ("2026-12-31", True),
        ("2020-12-31", None),
        ("2027-01-01", None),
    ],
)
def test_a_day_is_worked_or_not_as_the_notices_say(book: hazardrules.Rulebook, day: str, working: bool | None) -> None:
    """Holidays, make-up days and the years before and after those covered."""
    assert book.compiled.working_day(date.fromisoformat(day)) is working


def test_the_calendar_holds_only_days_that_differ_from_their_week(book: hazardrules.Rulebook) -> None:
    """A weekday is a holiday there, a day of the weekend is worked, and every year of 2021 to 2026 has both."""
    rows = {date.fromisoformat(key[0]): row[0] for key, row in book.compiled.source.tables["public_holidays"].rows.items()}
    assert [day for day, working in rows.items() if working is not (day.weekday() >= 5)] == []
    kinds = {(day.year, working) for day, working in rows.items()}
    assert kinds == {(year, working) for year in range(2021, 2027) for working in (True, False)}


@pytest.mark.parametrize(("year", "days"), [(2021, 250), (2022, 249), (2023, 249), (2024, 251), (2025, 248), (2026, 248)])
def test_a_year_has_its_working_days(book: hazardrules.Rulebook, year: int, days: int) -> None:
    """The public sums of working days a year catch a row too many or too few."""
    first = date(year, 1, 1)
    all_days = [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]
    assert sum(book.compiled.working_day(day) is True for day in all_days) == days


@pytest.mark.parametrize(
    ("day", "count", "end"),
    [
        ("2021-09-28", 7, "2021-10-13"),  # over National Day 2021
        ("2021-09-30", 1, "2021-10-08"),
        ("2021-09-30", 2, "2021-10-09"),  # ends on a worked Saturday
        ("2021-10-03", 1, "2021-10-08"),  # counted from within the holiday
        ("2022-01-27", 7, "2022-02-10"),  # over the Spring Festival of 2022
        ("2022-01-28", 2, "2022-01-30"),  # ends on a worked Sunday
        ("2022-01-30", 1, "2022-02-07"),
        ("2022-02-07", -1, "2022-01-30"),  # backwards: "5 working days before"
        ("2022-12-30", 1, "2023-01-03"),  # over a New Year that two notices cover
        ("2026-12-30", 1, "2026-12-31"),
        ("2026-12-31", 1, None),  # 2027 is not covered
        ("2021-01-04", -1, None),  # nor is 2020
        ("2026-12-31", 0, "2026-12-31"),  # no working day is needed
    ],
)
def test_working_days_are_counted_over_holidays_and_make_up_days(
    book: hazardrules.Rulebook, day: str, count: int, end: str | None
) -> None:
    """The day itself does not count; a year without rows gives no day."""
    assert after(book, day, count) == end


@pytest.mark.parametrize("engine", usable_engines())
@pytest.mark.parametrize(
    ("day", "due"), [("2021-09-28", "2021-10-13"), ("2022-01-27", "2022-02-10"), ("2026-12-22", "2026-12-31")]
)
def test_an_action_within_working_days_has_its_due_date(engine: str, day: str, due: str) -> None:
    """The same in every engine, and nothing to note."""
    book = hazardrules.load(engine=engine)
    found = book.classify(LORRY, subject="vehicle", as_of=date.fromisoformat(day), packs=["road.over_limit"], lang="en")
    action = next(item for item in found.actions if item.action == "notify_home_transport_authority")
    assert (action.within, action.due) == ("7 working days", date.fromisoformat(due))
    assert [note for note in found.notes if "calendar" in note] == []


def test_a_year_not_covered_gives_no_due_date_but_a_note(book: hazardrules.Rulebook) -> None:
    """The deadline stays; only its day is left open, and the result says why."""
    found = book.classify(LORRY, subject="vehicle", as_of=date(2026, 12, 23), packs=["road.over_limit"], lang="en")
    action = next(item for item in found.actions if item.action == "notify_home_transport_authority")
    assert (action.within, action.due) == ("7 working days", None)
    assert "no due date for `7 working days`: the rulebook's calendar does not cover the year" in found.notes


def test_other_deadlines_need_no_calendar(book: hazardrules.Rulebook) -> None:
    """Days and months run through holidays and through years not covered."""
    assert add_span(date(2026, 12, 31), CalendarSpan(days=15), book.compiled.working_day) == date(2027, 1, 15)
    assert add_span(date(2026, 12, 31), CalendarSpan(months=3), book.compiled.working_day) == date(2027, 3, 31)
