"""`hazardrules diff`: what changed in meaning is found with facts that show it; what is only written otherwise is proven equal."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pairs import rule, rulebook

import hazardrules
from hazardrules.diff import compare, has_solver
from hazardrules.engines.reference import Evaluator
from hazardrules.testing.generated_rulebooks import FILES, SUBMITTED, conditions

if TYPE_CHECKING:
    from hazardrules.diff import Difference, RuleDifference

solver = pytest.mark.skipif(not has_solver(), reason="hazardrules[verify]")


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing found in one test is used in another."""
    monkeypatch.setenv("HAZARDRULES_NO_CACHE", "1")


def difference(old: Path, new: Path, *, solver: bool | None = None) -> Difference:
    """Two rulebooks compared."""
    return compare(hazardrules.load(old).compiled, hazardrules.load(new).compiled, solver=solver)


def of_rule(
    folder: Path, before: str, after: str, *, head: tuple[str, str] = ("", ""), solver: bool | None = None
) -> RuleDifference:
    """The difference of a rulebook of one rule."""
    old, new = (rulebook(folder / name, text, head=top) for name, text, top in (("o", before, head[0]), ("n", after, head[1])))
    (found,) = difference(old, new, solver=solver).rules
    return found


def of_condition(folder: Path, before: str, after: str, *, solver: bool | None = None) -> RuleDifference:
    """The difference of two conditions."""
    return of_rule(folder, rule("r", before), rule("r", after), solver=solver)


# conditions


@solver
@pytest.mark.parametrize(
    ("before", "after", "facts", "turns"),
    [
        ("people > 20", "people >= 20", {"people": "20"}, [(False, True)]),
        ("area > 300 m²", "area > 500 m²", {"area"}, [(True, False)]),
        ("kind in {a, b}", "kind in {a, c}", {"kind"}, [(True, False), (False, True)]),
        ("uses contains x", "uses intersects {x, y}", {"uses": ["y"]}, [(False, True)]),
        ("open and alarm", "open or alarm", {"open", "alarm"}, [(False, True)]),
        ("any(t.full for t in tanks)", "all(t.full for t in tanks)", {"tanks"}, [(True, False), (False, True)]),
        ("count(t for t in tanks where t.full) >= 2", "count(t for t in tanks where t.full) >= 3", {"tanks"}, [(True, False)]),
        ("checked + 1 year < as_of", "checked + 1 year <= as_of", {"checked"}, [(False, True)]),
        ("as_of - checked > 15 days", "as_of - checked > 16 days", {"checked"}, [(True, False)]),
        ("load > limit", "load > 1.1 * limit", {"load", "limit"}, [(True, False)]),
        ("boss.age < 18", "boss.age <= 18", {"boss": {"age": "18"}}, [(False, True)]),
        ("as_of >= 2022-05-01 and open", "as_of >= 2022-06-01 and open", {"open"}, [(True, False)]),
    ],
)
def test_a_changed_condition_is_shown_by_facts(
    tmp_path: Path, before: str, after: str, facts: object, turns: list[tuple[bool, bool]]
) -> None:
    """Only by those that it is about, and in each direction in which the answer turns."""
    found = of_condition(tmp_path, before, after)
    assert (found.state, [change.aspect for change in found.changes]) == ("changed", ["condition"])
    assert found.condition is not None
    assert [(witness.before, witness.after) for witness in found.condition.witnesses] == turns
    for witness in found.condition.witnesses:
        assert witness.case_now is None
        assert set(witness.case["place"]) == set(facts)  # type: ignore[call-overload]  # names
        if isinstance(facts, dict):
            assert witness.case["place"] == facts


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("open and alarm", "alarm and open"),
        ("open and (alarm and people > 3)", "people > 3 and alarm and open"),
        ("not (open or alarm)", "not alarm and not open"),
        ("not people > 3", "people <= 3"),
        ("people > 3", "3 < people"),
        ("300 m² <= area and area < 0.1 ha", "300 m² <= area < 1000 m²"),
        ("kind in {a, b}", "类别 属于 {乙, 甲}"),
        ("kind in {a}", "kind == a"),
        ("any(t.full for t in tanks)", "any(x.full for x in tanks)"),
        ("open", "open and open"),
    ],
)
@pytest.mark.parametrize("with_solver", [True, False], ids=["solver", "alone"])
def test_what_has_one_normal_form_is_equal_with_and_without_the_solver(
    tmp_path: Path, before: str, after: str, with_solver: bool
) -> None:
    """Nothing else changed, so only the words did."""
    found = of_condition(tmp_path, before, after, solver=with_solver)
    assert (found.state, found.changes) == ("words", ())
    assert found.condition is not None
    assert found.condition.status == "same"


PROVEN = [
    ("people >= 1 and people >= 0", "people >= 1"),
    ("people >= 0 and open", "open"),  # the declared minimum
    ("open and alarm or open and not alarm", "open"),
    ("kind in {a, b}", "kind != c"),
    ("load + limit > 10 t", "limit + load > 10000 kg"),
    ("people > 3", "people >= 4"),
    ("load / limit > 2 or open", "open or load > 2 * limit"),
    ("any(t.full for t in tanks) and open", "open and any(t.full for t in tanks where open)"),
    ("not any(t.full for t in tanks)", "all(not t.full for t in tanks)"),
    ("count(t for t in tanks where t.full) >= 2 and people >= 0", "count(t for t in tanks where t.full) >= 2"),
    ("checked + 6 months < as_of and people >= 0", "as_of > checked + 6 months"),
    ("total(points) >= 6 and people >= 0", "total(points) >= 6"),
]


@solver
@pytest.mark.parametrize(("before", "after"), PROVEN)
def test_what_is_written_otherwise_is_proven_equal(tmp_path: Path, before: str, after: str) -> None:
    """By the solver, within what facts can be."""
    found = of_condition(tmp_path, before, after)
    assert found.condition is not None
    assert (found.condition.status, found.state, found.words) == ("proven", "words", ("condition",))


@pytest.mark.parametrize(("before", "after"), PROVEN[:3])
def test_without_the_solver_nobody_can_say(tmp_path: Path, before: str, after: str) -> None:
    """And that is said."""
    found = of_condition(tmp_path, before, after, solver=False)
    assert found.condition is not None
    assert (found.state, found.condition.status, found.condition.reason) == ("unsure", "unsure", "no_solver")


@solver
def test_what_is_proved_for_short_lists_only_is_not_called_equal(tmp_path: Path) -> None:
    """A sum over parts may be anything once there are more of them."""
    found = of_condition(
        tmp_path, "sum(t.mass for t in tanks) > 100 kg", "sum(t.mass for t in tanks) > 100 kg and count(tanks) >= 1"
    )
    assert found.condition is not None
    assert (found.state, found.condition.reason) == ("unsure", "bounded")


@solver
def test_formatting_comments_order_and_files_are_no_difference(tmp_path: Path) -> None:
    """The same rules in another order, with comments, one of them in another file of the pack."""
    one, two = rule("one", "people > 3 and open"), rule("two", "area >= 300 m²")
    old = rulebook(tmp_path / "o", one, two)
    new = rulebook(tmp_path / "n", "# first\n" + two, one.replace(" and ", "   and   ").replace("  level", "  # why\n  level"))
    found = difference(old, new)
    assert [item.state for item in found.rules] == ["same", "same"]
    assert found.is_same


# what stands behind conditions


@solver
def test_a_derived_fact_that_changed_is_named_as_the_reason(tmp_path: Path) -> None:
    """The rule itself is written as before."""
    head = 'derived:\n  crowd:\n    clause: "1"\n    label: {zh: 群, en: crowd}\n    is: people > 3\n'
    found = of_rule(tmp_path, rule("r", "crowd"), rule("r", "crowd"), head=(head, head.replace("> 3", ">= 3")))
    assert (found.state, found.changes, found.through) == ("changed", (), ("derived place.crowd",))
    assert found.condition is not None
    assert [witness.case["place"] for witness in found.condition.witnesses] == [{"people": "3"}]


def test_a_derived_fact_taken_out_of_a_condition_is_no_difference(tmp_path: Path) -> None:
    """Whatever it is called."""
    head = 'derived:\n  crowd:\n    clause: "1"\n    label: {zh: 群, en: crowd}\n    is: people > 3\n'
    found = of_rule(tmp_path, rule("r", "people > 3 and open"), rule("r", "crowd and open"), head=("", head))
    assert (found.state, found.words) == ("words", ("condition",))


PARAMETER = 'parameters:\n  cap:\n    - {from: 2020-07-01, until: 2023-01-01, value: 20, clause: "1"}\n'
LATER = '    - {from: 2023-01-01, value: 4, clause: "1"}\n'


@solver
def test_a_dated_value_counts_on_its_days_alone(tmp_path: Path) -> None:
    """The facts that show it are judged by the law of a day on which it differs."""
    head = (PARAMETER + LATER, PARAMETER + LATER.replace("4", "5"))
    found = of_rule(tmp_path, rule("r", "people > cap", law="xx-1"), rule("r", "people > cap", law="xx-1"), head=head)
    assert found.through == ("parameter p.cap",)
    assert found.condition is not None
    assert [witness.case for witness in found.condition.witnesses] == [{"as_of": "2023-01-01", "place": {"people": "5"}}]


@solver
def test_a_value_that_changes_only_beyond_the_days_of_the_rule_is_no_difference(tmp_path: Path) -> None:
    """The rule ends before."""
    ends = "effective: {until: 2022-01-01}"
    one = rule("r", "people > cap", ends, law="xx-1")
    found = of_rule(tmp_path, one, one, head=(PARAMETER + LATER, PARAMETER + LATER.replace("4", "5")))
    assert found.state == "same"


REPORTED = """
derived:
  crowd:
    clause: "1"
    label: {zh: 群, en: crowd}
    is: people > 3
    report: true
"""


@solver
def test_a_derived_fact_that_answers_show_matters_unless_it_is_proved_the_same(tmp_path: Path) -> None:
    """Even where no rule reads it."""
    for now, matters in (("people >= 4", False), ("people > 4", True)):
        old = rulebook(tmp_path / "o", rule("r", "open"), head=REPORTED)
        new = rulebook(tmp_path / now, rule("r", "open"), head=REPORTED.replace("people > 3", now))
        found = difference(old, new)
        assert [(thing.name, thing.change, thing.matters) for thing in found.things] == [("place.crowd", "changed", matters)]
        assert found.is_same is not matters


def test_an_amount_that_stands_on_a_changed_value_is_found(tmp_path: Path) -> None:
    """The rule is written as before."""
    head = 'parameters:\n  tariff:\n    - {from: 2020-07-01, value: 200 CNY, clause: "1"}\n'
    one = rule("r", "open", "actions:", "  - fine: {amount: tariff}", law="xx-1")
    found = of_rule(tmp_path, one, one, head=(head, head.replace("200", "300")))
    assert (found.state, found.through) == ("changed", ("parameter p.tariff",))
    assert [(change.aspect, change.before == change.after) for change in found.changes] == [("actions", True)]


# facts


@solver
def test_a_fact_that_was_renamed_is_the_same_fact(tmp_path: Path) -> None:
    """The rule is equal, but cases must be written otherwise."""
    renamed = FILES["subjects/place.yaml"].replace("  people:", "  persons:").replace("en: people", "en: persons")
    old = rulebook(tmp_path / "o", rule("r", "people > 3 and open"))
    new = rulebook(tmp_path / "n", rule("r", "open and persons >= 4"), files={"subjects/place.yaml": renamed})
    found = difference(old, new)
    assert [(item.state, item.condition and item.condition.status) for item in found.rules] == [("words", "proven")]
    assert [(thing.change, thing.before, thing.after, thing.matters) for thing in found.things] == [
        ("renamed", "place.people", "place.persons", True)
    ]
    assert not found.is_same
    other = rulebook(tmp_path / "x", rule("r", "open and persons >= 5"), files={"subjects/place.yaml": renamed})
    (changed,) = difference(old, other).rules
    assert changed.condition is not None
    (witness,) = changed.condition.witnesses
    assert witness.case_now is not None
    assert (witness.case["place"]["people"], witness.case_now["place"]["persons"]) == ("4", "4")


@solver
def test_a_fact_in_another_unit_is_converted(tmp_path: Path) -> None:
    """10 t are 10000 kg, and 10001 kg are more."""
    in_kg = FILES["subjects/place.yaml"].replace("load: {type: number, unit: t,", "load: {type: number, unit: kg,")
    old = rulebook(tmp_path / "o", rule("r", "load > 10 t"))
    for bound, state in (("10000 kg", "words"), ("10001 kg", "changed")):
        new = rulebook(tmp_path / bound, rule("r", f"load > {bound}"), files={"subjects/place.yaml": in_kg})
        found = difference(old, new)
        assert [item.state for item in found.rules] == [state]
        assert [(thing.name, thing.change, thing.matters) for thing in found.things] == [("place.load", "changed", True)]


@solver
def test_a_value_that_only_one_rulebook_knows_is_shown_as_such(tmp_path: Path) -> None:
    """The old one would refuse the facts."""
    more = FILES["subjects/place.yaml"].replace("c: 丙}", "c: 丙, d: 丁}")
    old = rulebook(tmp_path / "o", rule("r", "kind == a"))
    new = rulebook(tmp_path / "n", rule("r", "kind in {a, d}"), files={"subjects/place.yaml": more})
    (found,) = difference(old, new).rules
    assert found.condition is not None
    (witness,) = found.condition.witnesses
    assert (witness.case["place"], witness.refused) == ({"kind": "d"}, "old")


def test_a_fact_of_another_type_cannot_be_compared(tmp_path: Path) -> None:
    """Nobody can say, with the reason."""
    other = FILES["subjects/place.yaml"].replace("open: {type: bool", "open: {type: integer")
    old = rulebook(tmp_path / "o", rule("r", "open and alarm"))
    new = rulebook(tmp_path / "n", rule("r", "open > 0 and alarm"), files={"subjects/place.yaml": other})
    (found,) = difference(old, new).rules
    assert found.condition is not None
    assert (found.state, found.condition.reason) == ("unsure", "types")


# everything else that a rule says


@pytest.mark.parametrize(
    ("more", "now", "aspect", "texts"),
    [
        ("", "effective: {from: 2022-01-01}", "dates", ("in_force_by 2021-12-02", "from 2022-01-01")),
        ("actions: [{fine: {amount: 200..500 CNY}}]", "actions: [{fine: {amount: 200..1000 CNY}}]", "actions",
         ("fine amount=200 CNY..500 CNY", "fine amount=200 CNY..1000 CNY")),
        ("actions: [{rectify: 15 days}]", "actions: [{rectify: 10 days}]", "actions",
         ("rectify within=15 days", "rectify within=10 days")),
        ("actions: [{rectify: 15 days}]", "actions: [{rectify: 15 days}, {demerit: 3}]", "actions", ("", "demerit points=3")),
        ("", "jurisdiction: XX-N", "jurisdiction", ("XX", "XX-N")),
    ],
)  # fmt: skip
def test_what_follows_from_a_rule_is_compared(tmp_path: Path, more: str, now: str, aspect: str, texts: tuple[str, str]) -> None:
    """Amounts, deadlines, dates, places."""
    found = of_rule(tmp_path, rule("r", "open", more), rule("r", "open", now))
    assert found.state == "changed"
    assert [(change.aspect, change.before, change.after) for change in found.changes] == [(aspect, *texts)]


def test_a_changed_level_is_found(tmp_path: Path) -> None:
    """With its scale."""
    found = of_rule(tmp_path, rule("r", "open"), rule("r", "open", level="major"))
    assert [(change.before, change.after) for change in found.changes] == [("hazard: general", "hazard: major")]


def test_another_clause_and_another_override_are_found(tmp_path: Path) -> None:
    """Both change what an answer says."""
    files = {"law/xx-2.yaml": FILES["law/xx-2.yaml"].replace('["1"]', '["1", "2"]')}
    rules = (rule("one", "open"), rule("two", "open and alarm", "overrides: [p.one]"))
    old = rulebook(tmp_path / "o", *rules, files=files)
    new = rulebook(tmp_path / "n", rules[0].replace('"1"', '"2"'), rules[1].replace("\n  overrides: [p.one]", ""), files=files)
    found = {item.name: item for item in difference(old, new).rules}
    assert [(change.aspect, change.before, change.after) for change in found["p.one"].changes] == [
        ("citation", "xx-2 1", "xx-2 2")
    ]
    assert [(change.aspect, change.before, change.after) for change in found["p.two"].changes] == [("overrides", "p.one", "")]


def test_amounts_that_are_written_otherwise_are_the_same(tmp_path: Path) -> None:
    """In another unit, or computed."""
    one = rule("r", "open", "actions: [{fine: {amount: 200..5000 CNY}}]")
    assert of_rule(tmp_path / "1", one, one.replace("200..5000 CNY", "0.02..0.5 万元")).state in ("same", "words")


@solver
def test_computed_amounts_are_compared_by_the_solver(tmp_path: Path) -> None:
    """`100 CNY * people` and `people * 100 CNY` and twice the half; not one more."""
    one = rule("r", "open", "actions:", "  - fine: {amount: 100 CNY * people}")
    assert of_rule(tmp_path / "1", one, one.replace("100 CNY * people", "50 CNY * people + 50 CNY * people")).state == "same"
    assert of_rule(tmp_path / "2", one, one.replace("100 CNY * people", "100 CNY * (people + 1)")).state == "changed"


def test_who_has_to_act_is_compared_as_it_is_meant(tmp_path: Path) -> None:
    """Whether the rule says it, or the catalogue does."""
    one = rule("r", "open", "actions: [{rectify: {within: 15 days, by: operator}}]")
    assert of_rule(tmp_path / "1", one, one.replace(", by: operator", "")).state == "same"
    more = {"authorities.yaml": FILES["authorities.yaml"] + "  owner: {label: {zh: 所有者, en: owner}}\n"}
    old, new = rulebook(tmp_path / "o", one, files=more), rulebook(tmp_path / "n", one.replace("operator", "owner"), files=more)
    (found,) = difference(old, new).rules
    assert [(change.before, change.after) for change in found.changes] == [
        ("rectify within=15 days by=operator", "rectify within=15 days by=owner")
    ]


def test_words_alone_are_told_apart(tmp_path: Path) -> None:
    """A title and a text."""
    one = rule("r", "open", "title: {zh: 题, en: title}")
    found = of_rule(tmp_path, one, one.replace("en: title", "en: heading").replace("en: text", "en: wording"))
    assert (found.state, found.words) == ("words", ("title", "text"))


def test_rules_that_came_went_or_were_renamed_are_told_apart(tmp_path: Path) -> None:
    """A renamed rule says all it said."""
    old = rulebook(tmp_path / "o", rule("gone", "open"), rule("was", "people > 3", level="major"))
    new = rulebook(tmp_path / "n", rule("new", "alarm"), rule("is_now", "3 < people", level="major"))
    found = difference(old, new)
    assert {item.name: item.state for item in found.rules} == {"p.gone": "removed", "p.new": "added", "p.is_now": "words"}
    assert found.names == {"p.was": "p.is_now"}
    assert not found.is_same


BANDS = """
- id: bands
  law: xx-2
  clause: "1"
  text: {zh: 分档, en: bands}
  table: |
    people   | level   | actions
    [0, 4)   | -       | -
    [4, 20]  | general | demerit: 3
    > 20     | major   | demerit: 12
"""


@solver
def test_rows_of_a_table_are_known_by_what_they_say(tmp_path: Path) -> None:
    """Moving a row is no change of meaning; a moved bound is one, on both sides of it."""
    rows = BANDS.strip("\n").split("\n")
    moved = "\n".join([*rows[:6], rows[8], rows[6], rows[7]])
    old = rulebook(tmp_path / "o", BANDS)
    assert {item.state for item in difference(old, rulebook(tmp_path / "1", moved)).rules} == {"words"}
    found = difference(old, rulebook(tmp_path / "2", BANDS.replace("[4, 20] ", "[4, 21] ").replace("> 20 ", "> 21 ")))
    assert [item.state for item in found.rules] == ["same", "changed", "changed"]


# soundness


FULL = st.fixed_dictionaries(
    {
        **{name: st.sampled_from(values) for name, values in SUBMITTED.items()},
        "tanks": st.lists(
            st.fixed_dictionaries({"full": st.booleans(), "mass": st.sampled_from(["0", "50", "50.001"])}), max_size=3
        ),
        "boss": st.fixed_dictionaries({"trained": st.booleans(), "age": st.sampled_from([17, 18, 60])}),
    }
)
DERIVED = """
derived:
  total_mass: {clause: "1", label: {zh: 总质量, en: total mass}, is: "sum(t.mass for t in tanks)"}
  is_heavy: {on: tank, clause: "1", label: {zh: 重, en: heavy}, is: mass > 50 kg and owner.open}
"""
FORMS = (
    ("{a}", "{a} or {a} and {b}"),
    ("{a} and {b}", "not (not {a} or not {b})"),
    ("{a}", "{a} and {b} or {a} and not {b}"),
    ("{a} if open else {b}", "open and {a} or not open and {b}"),
    ("{a}", "{b}"),
)


@solver
@given(
    first=conditions((), 1), second=conditions((), 1), form=st.sampled_from(FORMS), facts=st.lists(FULL, min_size=8, max_size=8)
)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_called_equal_is_judged_alike(
    first: str, second: str, form: tuple[str, str], facts: list[dict[str, Any]]
) -> None:
    """Whatever the conditions: the reference engine tells no facts apart that are fully known."""
    texts = [text.format(a=f"({first})", b=f"({second})").replace("drawn.", "p.") for text in form]
    tank = rule("tank_rule", "is_heavy and not full", "on: tank")
    with TemporaryDirectory() as name:
        books = [
            hazardrules.load(rulebook(Path(name) / str(number), tank, rule("r", text), head=DERIVED))
            for number, text in enumerate(texts)
        ]
    found = {item.name: item for item in compare(books[0].compiled, books[1].compiled).rules}["p.r"]
    if found.condition is None or found.condition.status not in ("same", "proven"):
        return
    day = date(2022, 1, 1)
    for given_facts in facts:
        truths = []
        for book in books:
            root = book.intake.read("place", given_facts)
            truths.append(Evaluator(book.compiled.in_force(day), root, day).matches(root, "p.r"))
        assert truths[0] is truths[1]


def test_the_shipped_law_is_the_same_as_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it by normal form."""
    monkeypatch.delenv("HAZARDRULES_NO_CACHE")
    compiled = hazardrules.load(cache=True).compiled
    found = compare(compiled, compiled)
    assert (found.counts["same"], found.asked, found.things) == (len(compiled.rules), 0, ())
