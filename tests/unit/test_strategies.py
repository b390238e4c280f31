"""What is public for those who test rules: drawn facts, and properties that find what is broken."""

from __future__ import annotations

import os
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from demo import write_demo
from hypothesis import HealthCheck, Phase, find, given, settings

import hazardrules
from hazardrules.api import ENGINES
from hazardrules.engines.base import Verdict
from hazardrules.engines.generated import Generated
from hazardrules.testing import properties, strategies

if TYPE_CHECKING:
    from hazardrules.intake import Case

ROOT = Path(__file__).resolve().parents[2]
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@cache
def law() -> hazardrules.Rulebook:
    """The shipped law."""
    return hazardrules.load()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> hazardrules.Rulebook:
    return hazardrules.load(write_demo(tmp_path_factory.mktemp("book")))


def test_every_drawn_case_can_be_read() -> None:
    """Whatever the subject: values have the right type, lie within bounds, and are written as people write them."""

    @QUICK
    @given(strategies.cases(law()))
    def check(case: Case) -> None:
        law().intake.read(case.subject, case.data)

    check()


def test_whole_facts_leave_nothing_out(demo: hazardrules.Rulebook) -> None:
    kind = demo.subject("premises")

    @QUICK
    @given(strategies.facts(demo, "premises", whole=True))
    def check(facts: dict[str, Any]) -> None:
        assert facts.keys() == kind.facts.keys() | kind.parts.keys()

    check()


def test_numbers_and_dates_lie_on_thresholds_and_beside_them(demo: hazardrules.Rulebook) -> None:
    """Found within a few hundred tries, not by luck."""
    assert 50 in strategies.thresholds(law(), "premises")["building.height"]
    known = strategies.thresholds(demo, "premises")["floor_area"]
    drawn = strategies.facts(demo, "premises")
    once = settings(max_examples=2000, database=None, deadline=None, derandomize=True, phases=[Phase.generate])
    for wanted in (known[0], known[0] - Fraction(1, 100), known[0] + Fraction(1, 100)):
        assert find(drawn, lambda facts, wanted=wanted: Fraction(facts.get("floor_area", -1)) == wanted, settings=once)
    edge = law().compiled.breakpoints[-1]
    assert find(strategies.days(law()), lambda day: day == edge, settings=once) == edge


def test_the_shipped_law_keeps_its_properties() -> None:
    """Few examples: the suites of properties and of agreement draw many."""
    for test in (properties.learning_never_revokes, properties.order_never_matters, properties.unknown_is_never_an_error):
        test(law(), max_examples=8)()
    properties.of(ROOT / "examples" / "warehouse-abroad", max_examples=10)()


class Guessing(Generated):
    """Takes what is not known for true."""

    name = "guessing"

    def evaluate(self, *args: Any) -> Any:
        return [Verdict(v.instance, (*v.holds, *v.undetermined), ()) for v in super().evaluate(*args)]


def test_an_engine_that_guesses_is_found_out(demo: hazardrules.Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its disagreement, and by what it has to take back."""
    settings.register_profile("first", phases=[Phase.generate])
    settings.load_profile("first")
    try:
        found_out(demo, monkeypatch)
    finally:
        settings.load_profile("ci" if os.environ.get("CI") else "default")


def found_out(demo: hazardrules.Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENGINES, "guessing", Guessing())
    with pytest.raises(AssertionError, match="`guessing` differs from `reference`"):
        properties.engines_agree(demo)()
    monkeypatch.setattr(demo, "_engine", Guessing())
    with pytest.raises((AssertionError, BaseExceptionGroup)):
        properties.learning_never_revokes(demo)()


def test_a_property_is_a_test_that_pytest_collects(tmp_path: Path, demo: hazardrules.Rulebook) -> None:
    made = properties.of(demo, subjects=["premises"], max_examples=2)
    assert made.__name__ == "test_law"
    made()
    with pytest.raises(hazardrules.RulebookError):
        properties.of(tmp_path / "nowhere")


def test_days_reach_beyond_the_law(demo: hazardrules.Rulebook) -> None:
    found = find(strategies.days(demo), lambda day: day < date(2010, 1, 1), settings=settings(database=None))
    assert found.year < 2010
