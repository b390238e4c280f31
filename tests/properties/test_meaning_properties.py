"""Laws of the meaning, on drawn rulebooks and facts."""

from __future__ import annotations

import os
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

import hazardrules
from hazardrules.api import usable_engines
from hazardrules.engines.reference import Evaluator
from hazardrules.testing.generated_rulebooks import DAYS, SUBMITTED, rulebooks, submissions, write

SLOW = settings(
    max_examples=int(os.environ.get("HAZARDRULES_EXAMPLES", "60")), deadline=None, suppress_health_check=list(HealthCheck)
)


def load(files: dict[str, str]) -> hazardrules.Rulebook:
    with tempfile.TemporaryDirectory() as folder:
        try:
            return hazardrules.load(write(files, Path(folder)))
        except hazardrules.RulebookError as error:
            if all(found.code.number == 301 for found in error.diagnostics):
                reject()  # rules that were drawn in a circle
            raise


def truths(book: hazardrules.Rulebook, facts: dict[str, Any], day: date, engine: str) -> dict[tuple[str, str], bool | None]:
    inquiry = book.inquire({"place": facts}, as_of=day, engine=engine)
    found: dict[tuple[str, str], bool | None] = {}
    for verdict in inquiry.verdicts:
        for name in inquiry.plan.by_kind.get(verdict.instance.kind, ()):
            found[verdict.instance.path, name] = (
                True if name in verdict.holds else None if name in verdict.undetermined else False
            )
    return found


days = st.sampled_from([date.fromisoformat(day) for day in DAYS])


@SLOW
@given(files=rulebooks(), cases=st.lists(submissions(), min_size=1, max_size=12), day=days)
def test_engines_agree_with_the_reference(files: dict[str, str], cases: list[dict[str, Any]], day: date) -> None:
    """Whatever the rulebook and the facts, each engine decides each rule as the reference does."""
    book = load(files)
    for facts in cases:
        expected = truths(book, facts, day, "reference")
        for engine in usable_engines():
            assert truths(book, facts, day, engine) == expected, engine
            reference = book.classify({"place": facts}, as_of=day, engine="reference").model_copy(update={"engine": engine})
            found = book.classify({"place": facts}, as_of=day, engine=engine)
            assert found.levels == reference.levels
            assert [entry.rule for entry in found.undetermined] == [entry.rule for entry in reference.undetermined]


@SLOW
@given(files=rulebooks(), facts=submissions(), day=days, data=st.data())
def test_learning_a_fact_never_revokes_an_answer(
    files: dict[str, str], facts: dict[str, Any], day: date, data: st.DataObject
) -> None:
    """What is decided despite gaps stays decided the same way when gaps are filled; levels only narrow."""
    book = load(files)
    more = {**facts}
    for name, values in SUBMITTED.items():
        if name not in more and data.draw(st.booleans(), label=name):
            more[name] = data.draw(st.sampled_from(values))
    if "tanks" not in more:
        more["tanks"] = data.draw(st.sampled_from([[], [{"mass": "100"}], [{"full": True, "mass": 50}, {}]]))
    else:
        more["tanks"] = [{"full": True, "mass": 50, **tank} for tank in more["tanks"]]
    if "boss" not in more:
        more["boss"] = {"trained": True}
    before, after = truths(book, facts, day, "reference"), truths(book, more, day, "reference")
    assert all(truth is None or after[rule] == truth for rule, truth in before.items())
    first = book.classify({"place": facts}, as_of=day)
    second = book.classify({"place": more}, as_of=day)
    order = ["none", "general", "major"]
    for scale, earlier in first.levels.items():
        later = second.levels[scale]
        assert order.index(later.at_least) >= order.index(earlier.at_least)
        assert order.index(later.at_most) <= order.index(earlier.at_most)
        assert order.index(later.at_least) <= order.index(later.at_most_examined) <= order.index(later.at_most)


@SLOW
@given(files=rulebooks(), facts=submissions(), day=days)
def test_the_order_of_facts_does_not_matter(files: dict[str, str], facts: dict[str, Any], day: date) -> None:
    """Facts submitted in another order give the same answer to the letter."""
    book = load(files)
    turned = dict(reversed(facts.items()))
    assert (
        book.classify({"place": facts}, as_of=day).model_dump_json()
        == book.classify({"place": turned}, as_of=day).model_dump_json()
    )


@SLOW
@given(files=rulebooks(), facts=submissions(), day=days)
def test_every_answer_can_be_explained_and_every_missing_set_would_settle(
    files: dict[str, str], facts: dict[str, Any], day: date
) -> None:
    """Findings have reasons, and named missing facts are facts that were not submitted."""
    book = load(files)
    answer = book.classify({"place": facts}, as_of=day)
    for finding in answer.findings:
        assert finding.reasons or book.rule(finding.rule).compiled.when is not None
        assert book.explain({"place": facts}, finding.rule, as_of=day, part=finding.subject).truth == "holds"
    for open_rule in answer.undetermined:
        for facts_needed in (*open_rule.missing.to_hold, *open_rule.missing.to_clear):
            assert facts_needed
            assert not set(facts_needed) & set(facts)


@SLOW
@given(files=rulebooks(), facts=submissions(), day=days)
def test_what_is_taken_over_between_trials_changes_no_missing_set(files: dict[str, str], facts: dict[str, Any], day: date) -> None:
    """Each trial of values starts from what the facts tried cannot change; starting from nothing says the same."""
    book = load(files)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Evaluator, "take_over", lambda *_: None)
        alone = [entry.missing for entry in book.classify({"place": facts}, as_of=day).undetermined]
    assert [entry.missing for entry in book.classify({"place": facts}, as_of=day).undetermined] == alone


@pytest.mark.parametrize("engine", usable_engines())
@given(load=st.integers(0, 400), share=st.sampled_from([0, 10, 30, 31, 50]))
def test_a_share_is_exact_at_every_threshold(engine: str, load: int, share: int) -> None:
    """Overload by exactly 30 % is never more than 30 %, whatever the numbers look like in floats."""
    book = _exact()
    facts = {"load": f"{load / 10:.1f} t", "limit": "8 t"}
    over = truths(book, facts, date(2021, 12, 2), engine)["", "exact.more_than_30"]
    at = truths(book, facts, date(2021, 12, 2), engine)["", "exact.at_least_30"]
    assert over is (load * 100 > 104 * 100)
    assert at is (load * 100 >= 104 * 100)
    del share


def _exact() -> hazardrules.Rulebook:
    global _EXACT  # noqa: PLW0603 - loaded once for all examples
    if _EXACT is None:
        from hazardrules.testing.generated_rulebooks import FILES

        pack = """pack: exact
label: {zh: 精确, en: exact}
law: xx-1
on: place
scale: hazard
rules:
  - id: more_than_30
    clause: "1"
    text: {zh: 超过, en: more}
    when: load / limit - 1 > 30 %
    level: major
  - id: at_least_30
    clause: "1"
    text: {zh: 达到, en: at least}
    when: load / limit - 1 >= 30 %
    level: general
"""
        _EXACT = load({**FILES, "all/exact.yaml": pack})
    return _EXACT


_EXACT: hazardrules.Rulebook | None = None
