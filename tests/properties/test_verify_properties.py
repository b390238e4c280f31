"""The solver's terms allow what the reference engine answers, and nothing else where the form is said exactly."""

from __future__ import annotations

import os
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pairs
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

import hazardrules
from hazardrules.engines.reference import Evaluator
from hazardrules.model.values import CalendarSpan, add_span
from hazardrules.testing.generated_rulebooks import DAYS, SUBMITTED, rulebooks, submissions, write

pytest.importorskip("z3")

from hazardrules.verify.dates import first_day_reaching, lengths
from hazardrules.verify.solve import Questions
from hazardrules.verify.terms import conj, fails, holds, neg

SLOW = settings(
    max_examples=int(os.environ.get("HAZARDRULES_EXAMPLES", "60")), deadline=None, suppress_health_check=list(HealthCheck)
)
TANK = {"full": True, "mass": "50"}
BOSS = {"trained": False, "age": 18}
days = st.sampled_from([date.fromisoformat(day) for day in DAYS])


def load(files: dict[str, str]) -> hazardrules.Rulebook:
    with tempfile.TemporaryDirectory() as folder:
        try:
            return hazardrules.load(write(files, Path(folder)))
        except hazardrules.RulebookError as error:
            if all(found.code.number == 301 for found in error.diagnostics):
                reject()  # rules that were drawn in a circle
            raise


def complete(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts without gaps."""
    full = {name: values[0] for name, values in SUBMITTED.items()} | {"tanks": [], "boss": {}} | facts
    return full | {"tanks": [TANK | tank for tank in full["tanks"]], "boss": BOSS | full["boss"]}


@SLOW
@given(files=rulebooks(), cases=st.lists(submissions(), min_size=1, max_size=6), day=days)
def test_the_terms_of_a_rule_are_what_the_reference_says(files: dict[str, str], cases: list[dict[str, Any]], day: date) -> None:
    """For known facts each rule is true, false or unknown as the reference says it is."""
    book = load(files)
    plan = book.compiled.in_force(day)
    questions = Questions(plan, "place", day)
    world, encoder = questions.world, questions.encoder
    terms = {name: encoder.truth(world.subject, name) for name in plan.by_kind.get("place", ())}
    exact = not encoder.approximated
    for facts in map(complete, cases):
        instance = book.inquire({"place": facts}, as_of=day).root
        evaluator = Evaluator(plan, instance, day)
        given = world.assigned(world.subject, instance)
        for name, term in terms.items():
            answers = {True: holds(term), False: fails(term), None: neg(term.known)}
            truth = evaluator.truth(instance, name)
            assert questions.ask(*given, answers.pop(truth))[0] == "possible", name
            if exact and not encoder.strict():
                for other in answers.values():
                    assert questions.ask(*given, other)[0] == "impossible", name


def test_a_sum_of_points_may_be_open_though_every_fact_is_known(tmp_path: Path) -> None:
    """Nobody knows a share of nothing, so nobody knows whether its points count."""
    by_share = pairs.rule("by_share", "area / people < 15 m²", "actions:", "  - demerit: 6")
    book = hazardrules.load(pairs.rulebook(tmp_path, by_share, pairs.rule("by_points", "total(points) >= 6")))
    day = date(2022, 1, 1)
    plan = book.compiled.in_force(day)
    instance = book.inquire({"place": complete({"area": 0, "people": 0})}, as_of=day).root
    assert Evaluator(plan, instance, day).truth(instance, "p.by_points") is None
    questions = Questions(plan, "place", day)
    subject = questions.world.subject
    term = questions.encoder.truth(subject, "p.by_points")
    given_facts = questions.world.assigned(subject, instance)
    for answer in (holds(term), fails(term), neg(term.known)):
        assert questions.ask(*given_facts, answer)[0] == "possible"


@SLOW
@given(files=rulebooks(), day=days)
def test_facts_that_the_solver_proposes_are_confirmed(files: dict[str, str], day: date) -> None:
    """What it holds to be possible the reference finds true, wherever the form is said exactly."""
    book = load(files)
    plan = book.compiled.in_force(day)
    questions = Questions(plan, "place", day)
    subject = questions.world.subject
    for name in plan.by_kind.get("place", ()):
        term = questions.encoder.truth(subject, name)
        status, witness = questions.witness(
            [holds(term)], lambda evaluator, found, name=name: evaluator.truth(found, name) is True
        )
        exact = not questions.encoder.approximated and not questions.encoder.strict()
        assert (witness is not None) == (status == "possible") or not exact, name


@settings(max_examples=300, deadline=None)
@given(
    day=st.dates(date(1950, 1, 1), date(2100, 1, 1)),
    span=st.builds(CalendarSpan, months=st.integers(0, 150), days=st.integers(0, 40)),
    sign=st.sampled_from([1, -1]),
)
def test_days_that_a_span_leads_to(day: date, span: CalendarSpan, sign: int) -> None:
    """The first day from which a span reaches another does, the day before does not; lengths bound every span."""

    def moved(start: date) -> date:
        found = add_span(start, span if sign > 0 else span.negated(), lambda _: None)
        assert found is not None
        return found

    first = first_day_reaching(day.toordinal(), span, sign, lambda _: None)
    assert first is not None
    assert moved(date.fromordinal(first)) >= day > moved(date.fromordinal(first - 1))
    least, most = lengths(span)
    assert least <= (moved(day) - day).days * sign <= most


def test_a_conjunction_of_nothing_is_true() -> None:
    """Plain values never reach the solver."""
    assert conj([]) is True
    assert conj([True, False]) is False
