"""The Python interface as another system meets it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING

import pytest

import hazardrules
from hazardrules.model.results import Classification
from hazardrules.testing.generated_rulebooks import FILES, write

if TYPE_CHECKING:
    from pathlib import Path

PACK = """pack: demo
label: {zh: 示例, en: demo}
law: xx-1
on: place
scale: hazard
rules:
  - id: crowded
    clause: "1"
    text: {zh: 拥挤, en: crowded}
    when: people > 20
    level: major
    actions: [rectify: 15 days, fine: {amount: 200..500 CNY}]
  - id: no_alarm
    clause: "1"
    text: {zh: 无报警, en: no alarm}
    when: not alarm
    unless: {clause: "1", text: {zh: 小型, en: small}, is: area <= 300 m²}
    level: general
    actions: [rectify: {within: 3 months}]
  - id: heavier_fine
    kind: amends
    of: [demo.crowded]
    clause: "1"
    text: {zh: 从重, en: heavier}
    when: open
    actions: [fine: {amount: 500 CNY}]
  - id: special
    clause: "1"
    text: {zh: 特别, en: special}
    when: not alarm and kind == a
    level: major
    overrides: [demo.no_alarm]
"""
DAY = date(2021, 12, 2)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> hazardrules.Rulebook:
    folder: Path = tmp_path_factory.mktemp("api")
    return hazardrules.load(write({**FILES, "all/demo.yaml": PACK}, folder))


def test_actions_have_deadline_due_date_amount_duty_holder_and_authority(book: hazardrules.Rulebook) -> None:
    """Everything an officer needs to act stands in the action."""
    answer = book.classify({"place": {"people": 21}}, as_of=DAY, lang="en")
    rectify, fine = answer.actions
    assert (rectify.action, rectify.within, rectify.due) == ("rectify", "15 days", date(2021, 12, 17))
    assert rectify.duty_holder is not None
    assert rectify.duty_holder.title == "operator"
    assert rectify.authority is not None
    assert rectify.authority.role == "office"
    assert fine.amount is not None
    assert (fine.amount.low, fine.amount.high, fine.amount.unit) == ("200", "500", "CNY")
    assert fine.basis[0].clause == "1"


def test_an_amending_rule_changes_actions_and_says_so(book: hazardrules.Rulebook) -> None:
    """The fine is the heavier one, and names the rule that made it so."""
    fine = book.classify({"place": {"people": 21, "open": True}}, as_of=DAY).actions[-1]
    assert (fine.amount and fine.amount.low, fine.amended_by, fine.rules) == ("500", ["demo.heavier_fine"], ["demo.crowded"])
    assert not book.classify({"place": {"people": 2, "open": True}}, as_of=DAY).findings


def test_a_relief_is_named_and_a_displaced_rule_stays_visible(book: hazardrules.Rulebook) -> None:
    """Nothing disappears without a word."""
    relieved = book.classify({"place": {"alarm": False, "area": 300, "kind": "b"}}, as_of=DAY)
    assert [note.rule for note in relieved.relieved] == ["demo.no_alarm"]
    displaced = book.classify({"place": {"alarm": False, "area": 301, "kind": "a"}}, as_of=DAY)
    assert [(note.rule, note.by) for note in displaced.displaced] == [("demo.no_alarm", ["demo.special"])]


def test_an_open_override_counts_at_its_lowest_outcome(book: hazardrules.Rulebook) -> None:
    """Whether general or special, something holds: at least general, could be major."""
    level = book.classify({"place": {"alarm": False, "area": 301}}, as_of=DAY).levels["hazard"]
    assert (level.level, level.at_least, level.at_most_examined) == (None, "general", "major")


def test_complete_takes_unsubmitted_facts_to_satisfy_the_law_and_lists_them(book: hazardrules.Rulebook) -> None:
    """The statement that nothing else was wrong is visible in the answer."""
    answer = book.classify({"place": {"people": 3}}, as_of=DAY, complete=True)
    assert {assumption.fact for assumption in answer.assumptions} >= {"alarm", "tanks"}
    assert answer.levels["hazard"].level == "none"


def test_not_yet_and_no_longer_are_said(book: hazardrules.Rulebook) -> None:
    """The same facts on both sides of the dates of force."""
    facts = {"place": {"people": 21}}
    early = book.classify(facts, as_of=date(2020, 6, 30))
    late = book.classify(facts, as_of=date(2024, 1, 1))
    assert [(note.rule, note.state, note.date) for note in early.not_in_force] == [("demo.crowded", "not_yet", "2020-07-01")]
    assert [(note.rule, note.state, note.date) for note in late.not_in_force] == [("demo.crowded", "no_longer", "2023-12-31")]
    assert early.levels["hazard"].level == late.levels["hazard"].level == "none"


def test_problems_of_a_case_come_all_at_once_with_their_paths(book: hazardrules.Rulebook) -> None:
    """A wrong unit, an unknown fact and a bad enum value in one run."""
    with pytest.raises(hazardrules.FactsError) as caught:
        book.classify({"place": {"area": "3 kg", "peple": 3, "kind": "z", "tanks": [{"mass": -1}]}}, as_of=DAY)
    paths = {problem.path for problem in caught.value.problems}
    assert {"area", "peple", "kind", "tanks[0].mass"} <= paths
    assert "people" in str(caught.value)


def test_a_day_is_never_guessed(book: hazardrules.Rulebook) -> None:
    """Without a day there is no answer."""
    with pytest.raises(hazardrules.FactsError):
        book.classify({"place": {}})


@pytest.mark.parametrize(
    ("call", "near"),
    [
        (lambda book: book.rule("demo.crowdd"), "demo.crowded"),
        (lambda book: book.fact("place", "aera"), "area"),
        (lambda book: book.classify({"place": {}}, as_of=DAY, jurisdiction="XX-M"), "XX-N"),
        (lambda book: book.classify({"place": {}}, as_of=DAY, packs=["dmo"]), "demo"),
        (lambda book: book.classify({"place": {}}, as_of=DAY, engine="generate"), "generated"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest(book: hazardrules.Rulebook, call: object, near: str) -> None:
    """Whatever is looked up."""
    with pytest.raises(hazardrules.LookupFailedError) as caught:
        call(book)  # type: ignore[operator]  # one of the lambdas above
    assert near in str(caught.value)


def test_many_cases_keep_their_places_and_none_is_lost(book: hazardrules.Rulebook) -> None:
    """A bad case gives its error where its answer would stand."""
    cases = [{"place": {"people": 21}}, {"place": {"people": "many"}}, {"place": {"people": 1}}]
    answers = list(book.classify_many(cases, as_of=DAY))
    assert [type(answer).__name__ for answer in answers] == ["Classification", "FactsError", "Classification"]


def test_a_model_made_from_the_vocabulary_can_be_classified(book: hazardrules.Rulebook) -> None:
    """Ids and labels, quantities and enum labels, as in a mapping."""
    place = book.model("place")(people=21, 面积="1 ha", kind="甲")
    answer = book.classify(place, as_of=DAY)
    assert answer.findings[0].rule == "demo.crowded"


def test_one_rulebook_serves_many_threads(book: hazardrules.Rulebook) -> None:
    """The same answers, whoever asks first."""
    cases = [{"place": {"people": n % 40, "alarm": n % 3 == 0, "area": n}} for n in range(200)]

    def answer(case: dict[str, object]) -> str:
        return book.classify(case, as_of=date(2021, 12, 2 + hash(str(case)) % 3)).model_dump_json()

    alone = [answer(case) for case in cases]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(answer, cases)) == alone


def test_the_json_of_an_answer_follows_its_published_schema(book: hazardrules.Rulebook) -> None:
    """docs/classification.schema.json is the schema that this version writes, and answers follow it."""
    from pathlib import Path

    import jsonschema

    published = json.loads((Path(__file__).parents[2] / "docs" / "classification.schema.json").read_text("utf-8"))
    assert published == json.loads(json.dumps(Classification.model_json_schema(mode="serialization")))
    answer = book.classify({"place": {"people": 21, "alarm": False, "area": 400}}, as_of=DAY)
    jsonschema.validate(json.loads(answer.model_dump_json(by_alias=True)), published)


def test_an_answer_can_be_read_back_from_its_json(book: hazardrules.Rulebook) -> None:
    """Digest, rules and levels survive a round trip."""
    answer = book.classify({"place": {"people": 21}}, as_of=DAY)
    data = json.loads(answer.model_dump_json(by_alias=True))
    assert data["rulebook"]["digest"] == book.digest
    assert data["findings"][0]["reasons"][0]["condition"] == "people 21 > 20"
