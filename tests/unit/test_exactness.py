"""Numbers mean the decimal that was written, in every engine."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from tables import compare

import hazardrules
from hazardrules.api import usable_engines
from hazardrules.testing.generated_rulebooks import FILES, write

if TYPE_CHECKING:
    from pathlib import Path

PACK = """pack: exact
label: {zh: 精确, en: exact}
law: xx-1
on: place
scale: hazard
derived:
  third_share:
    clause: "1"
    label: {zh: 三分之一之和, en: thirds}
    is: sum(t.mass / 3 kg for t in tanks)
  source_sum:
    clause: "1"
    label: {zh: 比值之和, en: sum of quotients}
    report: true
    is: sum(t.mass / 70 kg for t in tanks)
rules:
  - {id: over_30, clause: "1", text: {zh: 超过, en: over}, when: load / limit - 1 > 30 %, level: major}
  - {id: from_30, clause: "1", text: {zh: 达到, en: from}, when: load / limit - 1 >= 30 %, level: general}
  - {id: sum_is_3, clause: "1", text: {zh: 和, en: sum}, when: load + 0.2 t == 0.3 t, level: general}
  - {id: thirds, clause: "1", text: {zh: 三分, en: thirds}, when: third_share == 1, level: general}
  - {id: excess, clause: "1", text: {zh: 超出, en: excess}, when: load / (limit - load) >= 30 %, level: general}
  - id: band
    clause: "1"
    text: {zh: 档, en: band}
    table: |
      source_sum | level
      < 1        | -
      [1, 10)    | general
      >= 10      | major
"""
DAY = date(2021, 12, 2)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> hazardrules.Rulebook:
    folder: Path = tmp_path_factory.mktemp("exact")
    return hazardrules.load(write({**FILES, "all/exact.yaml": PACK}, folder))


def holds(book: hazardrules.Rulebook, engine: str, **facts: Any) -> set[str]:
    answer = book.classify({"place": facts}, as_of=DAY, engine=engine)
    return {finding.rule.removeprefix("exact.") for finding in answer.findings}


@pytest.mark.parametrize("engine", usable_engines())
@pytest.mark.parametrize("load", ["10.4 t", "10400 kg", "10.4", 10.4, Decimal("10.4"), "１０.４吨"])
def test_ten_point_four_tonnes_on_eight_is_exactly_thirty_per_cent(book: hazardrules.Rulebook, engine: str, load: Any) -> None:
    """However it is written: "30 % or more" holds, "more than 30 %" does not."""
    assert holds(book, engine, load=load, limit="8 t") == {"from_30"}


@pytest.mark.parametrize("engine", usable_engines())
def test_a_tenth_and_two_tenths_are_three_tenths(book: hazardrules.Rulebook, engine: str) -> None:
    """In floats they are not."""
    assert "sum_is_3" in holds(book, engine, load=0.1)
    assert "sum_is_3" not in holds(book, engine, load="0.1000000000000000055")


@pytest.mark.parametrize("engine", usable_engines())
def test_three_thirds_are_one(book: hazardrules.Rulebook, engine: str) -> None:
    """A sum of shares that no decimal can write."""
    assert "thirds" in holds(book, engine, tanks=[{"mass": 1}, {"mass": 1}, {"mass": 1}])


@pytest.mark.parametrize("engine", usable_engines())
def test_a_sum_of_quotients_that_hits_the_edge_of_a_band_is_in_the_upper_band(book: hazardrules.Rulebook, engine: str) -> None:
    """7 parts of 10/70 are 1, not a little less."""
    at_edge = [{"mass": 10}] * 7
    below = [{"mass": 10}] * 6 + [{"mass": "9.999999999"}]
    assert "band.2" in holds(book, engine, tanks=at_edge)
    assert "band.2" not in holds(book, engine, tanks=below)


@pytest.mark.parametrize("engine", usable_engines())
def test_three_known_parts_decide_what_a_fourth_cannot_change(book: hazardrules.Rulebook, engine: str) -> None:
    """A sum over parts is an interval: an unknown tank weighs something between its declared bounds."""
    known = [{"mass": 100}] * 7
    answer = book.classify({"place": {"tanks": [*known, {}]}}, as_of=DAY, engine=engine)
    assert answer.levels["hazard"].at_least == "major"
    answer = book.classify({"place": {"tanks": [{"mass": 69}, {}]}}, as_of=DAY, engine=engine)
    assert answer.levels["hazard"].level is None


@pytest.mark.parametrize(("load", "asked"), [(None, 0), ("10.33 t", 0), ("0.3 t", 1)], ids=["unknown", "far", "near"])
def test_a_table_asks_the_reference_only_where_a_limit_is_near(
    book: hazardrules.Rulebook, monkeypatch: pytest.MonkeyPatch, load: str | None, asked: int
) -> None:
    """A divisor that may be anything is not in doubt: its quotient is not known, whatever floats lose."""
    pa = pytest.importorskip("pyarrow")
    from hazardrules.columnar.exact import Asked

    count = 0
    answer = Asked._answer

    def counted(self: Asked, *args: Any) -> Any:
        nonlocal count
        count += 1
        return answer(self, *args)

    monkeypatch.setattr(Asked, "_answer", counted)
    rows = [{"load": "0.7 t", "limit": "9.1 t"}, {"load": load, "limit": "1.3 t"}, {"load": "0.7 t", "limit": None}]
    result = book.classify_table(pa.Table.from_pylist(rows), subject="place", as_of=DAY)
    assert count == asked
    compare(book, result, rows, "place", as_of=DAY)
