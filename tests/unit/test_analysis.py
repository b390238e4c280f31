"""`hazardrules analyze`: each defect made by hand is found, and what is right beside it is not."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from demo import write_demo
from pairs import rulebook

import hazardrules
from hazardrules.cli import main
from hazardrules.diagnostics import Collector
from hazardrules.folders import shipped_rules
from hazardrules.testing.generated_rulebooks import FILES

pytest.importorskip("z3")

from hazardrules.verify import checks
from hazardrules.verify.analyse import analyse
from hazardrules.verify.bounds_in_words import bounds_in
from hazardrules.verify.cases import yaml_lines
from hazardrules.verify.explained import applied, read_explanations
from hazardrules.verify.findings import Finding
from hazardrules.verify.lab import Lab
from hazardrules.verify.store import Store

if TYPE_CHECKING:
    from hazardrules.verify.analyse import Analysis

UNUSED = ("unused_fact", "unused_derived", "unused_parameter")


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing found in one test is used in another."""
    monkeypatch.setenv("HAZARDRULES_NO_CACHE", "1")
    monkeypatch.setenv("COLUMNS", "100")


def rule(name: str, when: str, *more: str, level: str | None = "general", zh: str = "文") -> str:
    """A rule; further lines stand below its condition."""
    lines = [f"- id: {name}", '  clause: "1"', f"  text: {{zh: {zh}, en: text}}", f"  when: {json.dumps(when)}"]
    lines += [f"  level: {level}"] if level else []
    return "\n".join([*lines, *(f"  {line}" for line in more)])


def analysis_of(folder: Path) -> Analysis:
    """The analysis of a rulebook."""
    return analyse(hazardrules.load(folder).compiled, folder, jobs=1, keep=False)


def found_in(folder: Path) -> list[Finding]:
    """The findings beside facts that the few rules of a test do not read, and the end of the first act."""
    return [found for found in analysis_of(folder).findings if found.kind not in UNUSED and found.variant != "ended"]


def kinds(folder: Path) -> list[tuple[str, str, list[str]]]:
    """Kind, variant and parties of each finding."""
    return [(found.kind, found.variant, [party.name for party in found.parties]) for found in found_in(folder)]


def answers(folder: Path, found: Finding) -> set[str]:
    """The rules that hold for the facts of a finding, read as `hazardrules classify` reads them."""
    file = folder / "witness.json"
    file.write_text("\n".join(yaml_lines(found.case or {})), "utf-8")
    done = CliRunner().invoke(main, ["classify", "--rules", str(folder), "--input", "yaml", "--format", "json", str(file)])
    assert done.exit_code == 0, done.output
    (answer,) = json.loads(done.stdout)
    return {entry["rule"].removeprefix("p.") for entry in answer["findings"]}


# rules alone


@pytest.mark.parametrize(
    ("when", "more", "variant"),
    [
        ("people > 20 and people < 10", (), "condition"),
        ("people > 50", (), "condition"),  # more than the declared maximum
        ("kind == a and kind == b", (), "condition"),
        ("uses contains x and not uses intersects {x, y}", (), "condition"),
        ("checked > 2022-01-01 and checked + 1 year < 2022-06-01", (), "condition"),
        ("load > 2 * limit and load <= limit", (), "condition"),
        ("any(t.mass > 50 kg for t in tanks) and all(t.mass < 50 kg for t in tanks)", (), "condition"),
        ("people > 3", ("applies: not alarm and alarm",), "scope"),
        ("people > 3", ("unless: {clause: '1', is: people > 2}",), "exceptions"),
    ],
)
def test_a_rule_that_can_never_hold_is_found(tmp_path: Path, when: str, more: tuple[str, ...], variant: str) -> None:
    """With the reason."""
    assert kinds(rulebook(tmp_path, rule("dead", when, *more))) == [("never_holds", variant, ["p.dead"])]


@pytest.mark.parametrize(
    "when",
    [
        "people >= 50",
        "checked + 1 month < 2022-03-31 and checked >= 2022-02-28",
        "load / limit > 30 %",
        "any(t.mass > 50 kg for t in tanks) and any(t.mass < 50 kg for t in tanks)",
        "count(t for t in tanks where t.full) >= 8",
        "area / people == 1/3 m²".replace("1/3", "0.3"),
        "as_of < 2021-01-01",
    ],
)
def test_a_rule_that_can_hold_is_not(tmp_path: Path, when: str) -> None:
    """At the edge of what facts can be, and with many parts."""
    assert kinds(rulebook(tmp_path, rule("alive", when))) == []


def test_a_rule_that_is_always_displaced_never_holds(tmp_path: Path) -> None:
    """Its match is not enough."""
    general, special = rule("general", "people > 10"), rule("special", "people > 5", "overrides: [p.general]", level="major")
    assert kinds(rulebook(tmp_path, general, special)) == [("never_holds", "displaced", ["p.general", "p.special"])]


def test_a_rule_that_holds_wherever_it_applies_is_found(tmp_path: Path) -> None:
    """Its condition says no more than its scope."""
    folder = rulebook(
        tmp_path,
        rule("always", "people > 3", "applies: people > 5"),
        rule("proper", "people > 9", "applies: people > 6", level="major"),
    )
    (found,) = found_in(folder)
    assert (found.kind, found.variant, found.parties[0].name) == ("always_holds", "scope", "p.always")
    assert "always" in answers(folder, found)


def test_a_rule_of_which_nothing_is_known_is_not_checked(tmp_path: Path) -> None:
    """And said to be unchecked."""
    folder = rulebook(
        tmp_path,
        rule("points", "people > 3", "actions: [demerit: 3]"),
        rule("sum", "total(points) >= 100"),
    )
    analysis = analysis_of(folder)
    assert [(item.check, item.reason, item.parties[0].name) for item in analysis.unchecked] == [("never_holds", "total", "p.sum")]


# pairs


def test_rules_that_say_the_same_are_found(tmp_path: Path) -> None:
    """However they say it; with other consequences they are two rules."""
    folder = rulebook(
        tmp_path,
        rule("one", "people > 4 and not alarm"),
        rule("two", "not (alarm or people < 5)"),
        rule("three", "people >= 5 and not alarm", level="major"),
    )
    (found,) = found_in(folder)
    assert (found.kind, [party.name for party in found.parties]) == ("duplicate", ["p.two", "p.one"])
    assert {"one", "two"} <= answers(folder, found)


def test_a_rule_that_adds_nothing_is_found(tmp_path: Path) -> None:
    """A wider rule of the instrument with the same consequences is there."""
    narrow = rule("narrow", "people > 10 and open")
    assert kinds(rulebook(tmp_path / "a", rule("wide", "people > 5"), narrow)) == [("subsumed", "", ["p.narrow", "p.wide"])]
    assert kinds(rulebook(tmp_path / "b", rule("wide", "people > 15"), narrow)) == []
    other = rule("wide", "people > 5", "law: xx-2")
    assert kinds(rulebook(tmp_path / "c", other, narrow)) == []  # two instruments may both say it


def test_two_levels_for_the_same_facts_of_a_clause_are_found(tmp_path: Path) -> None:
    """Unless one is the other's case, or an override decides."""
    first, second = rule("first", "kind in {a, b}"), rule("second", "kind in {b, c}", level="major")
    folder = rulebook(tmp_path / "a", first, second)
    (found,) = found_in(folder)
    assert (found.kind, found.variant, [party.name for party in found.parties]) == (
        "contradiction",
        "levels",
        ["p.second", "p.first"],
    )
    assert answers(folder, found) == {"first", "second"}
    assert kinds(rulebook(tmp_path / "b", first, rule("second", "kind in {b, c}", "overrides: [p.first]", level="major"))) == []
    assert kinds(rulebook(tmp_path / "c", first, rule("second", "kind == b", level="major"))) == []


def test_amounts_that_exclude_one_another_are_found(tmp_path: Path) -> None:
    """Where one clause fines the same facts twice."""
    low, high = "actions: [fine: {amount: 100..500 CNY}]", "actions: [fine: {amount: 1000..5000 CNY}]"
    folder = rulebook(tmp_path / "a", rule("low", "people > 5", low), rule("high", "people > 10", high))
    assert ("contradiction", "amounts", ["p.high", "p.low"]) in kinds(folder)
    folder = rulebook(tmp_path / "b", rule("low", "5 < people <= 10", low), rule("high", "people > 10", high))
    assert kinds(folder) == []


def test_actions_declared_contrary_are_found(tmp_path: Path) -> None:
    """The rulebook says which ones are."""
    files = {"rulebook.analysis.yaml": "- contrary: [rectify, demerit]\n  why: {zh: 二者相反, en: one excludes the other}\n"}
    rules = (
        rule("one", "people > 5", "actions: [rectify: 3 days]", level=None),
        rule("two", "open", "actions: [demerit: 3]", level=None),
    )
    assert kinds(rulebook(tmp_path, *rules, files=files)) == [("contradiction", "actions", ["p.two", "p.one"])]


# overrides


def test_overrides_that_never_or_always_apply_are_found(tmp_path: Path) -> None:
    """A proper one is not."""
    general = rule("general", "people > 5")
    never = rule("never", "people < 3", "overrides: [p.general]", level="major")
    proper = rule("proper", "people > 9 and open", "overrides: [p.general]", level="major")
    assert kinds(rulebook(tmp_path / "a", general, never, proper)) == [("override_never", "facts", ["p.never", "p.general"])]
    dated = rule(
        "dated", "people > 5", "overrides: [p.general]", "effective: {from: 2022-01-01, until: 2024-01-01}", level="major"
    )
    folder = rulebook(tmp_path / "b", general, dated)
    (found,) = found_in(folder)
    assert (found.kind, [party.name for party in found.parties]) == ("override_always", ["p.dated", "p.general"])
    assert found.args == {"day": "2022-01-01"}
    assert answers(folder, found) == {"dated"}


def test_an_override_between_rules_of_different_days_is_found(tmp_path: Path) -> None:
    """They never meet."""
    general = rule("general", "people > 5", "effective: {from: 2020-07-01, until: 2021-01-01}")
    special = rule(
        "special", "people > 9", "effective: {from: 2021-01-01, until: 2024-01-01}", "overrides: [p.general]", level="major"
    )
    assert kinds(rulebook(tmp_path, general, special)) == [("override_never", "days", ["p.special", "p.general"])]


def test_a_change_that_never_changes_anything_is_found(tmp_path: Path) -> None:
    """One that sometimes does is not."""
    fined = rule("fined", "people > 5", "actions: [fine: {amount: 100 CNY}]")
    for number, (when, expected) in enumerate(
        [("people < 5", [("amends_never", "facts", ["p.harder", "p.fined"])]), ("open", [])]
    ):
        harder = rule("harder", when, "kind: amends", "of: [p.fined]", "actions: [fine: {amount: 200 CNY}]", level=None)
        assert kinds(rulebook(tmp_path / str(number), fined, harder)) == expected


# bands


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("area < 300 m²", "area > 300 m²", ("band_gap", "at")),
        ("area <= 300 m²", "area > 300 m²", None),
        ("area < 300 m²", "area >= 300 m²", None),
        ("100 m² <= area <= 300 m²", "300 m² <= area < 500 m²", ("band_overlap", "at")),
        ("100 m² <= area < 300 m²", "350 m² <= area < 500 m²", ("band_gap", "between")),
        ("100 m² <= area < 300 m²", "250 m² <= area < 500 m²", ("band_overlap", "between")),
        ("area < 100 m²", "area > 300 m²", None),  # too little and too much
        ("1 <= people <= 9", "people > 10", ("band_gap", "at")),
        ("1 <= people <= 9", "people >= 10", None),
        ("1 <= people < 10", "9 < people", None),
        ("checked < 2021-01-01", "checked > 2021-01-01", ("band_gap", "at")),
        ("is_small", "not is_small and area <= 500 m²", None),
    ],
)
def test_gaps_and_overlaps_of_bands_are_found(tmp_path: Path, low: str, high: str, expected: tuple[str, str] | None) -> None:
    """Across rules, with all other facts the same."""
    head = """
        derived:
          is_small: {clause: "1", label: {zh: 小, en: small}, is: area < 300 m²}
    """
    folder = rulebook(tmp_path, rule("low", f"open and {low}"), rule("high", f"open and {high}", level="major"), head=head)
    found = [item for item in found_in(folder) if item.kind.startswith("band")]
    assert [(item.kind, item.variant) for item in found] == ([expected] if expected else [])
    if expected:
        assert answers(folder, found[0]) == (set() if expected[0] == "band_gap" else {"low", "high"})


def test_a_band_that_a_third_rule_closes_is_no_gap(tmp_path: Path) -> None:
    """Whatever order they stand in."""
    folder = rulebook(
        tmp_path,
        rule("low", "1 <= people < 10"),
        rule("high", "20 <= people < 30", level="major"),
        rule("between", "10 <= people < 20", level="major"),
    )
    assert kinds(folder) == []


def test_bands_of_other_days_and_of_other_instruments_are_compared(tmp_path: Path) -> None:
    """A bound that changed, of a local rule in a file of its own: the gap is between 20 and 30, until the bound changes."""
    head = """
        parameters:
          cap:
            - {from: 2020-07-01, until: 2021-01-01, value: 30, clause: "1"}
            - {from: 2021-01-01, value: 20, clause: "1"}
    """
    local = """
        pack: n
        label: {zh: 北, en: north}
        law: xx-3
        on: place
        scale: hazard
        rules:
          - id: low
            clause: "1"
            text: {zh: 文, en: text}
            when: open and 1 <= people < 20
            level: general
    """
    north = FILES["law/xx-1.yaml"].replace("xx-1", "xx-3").replace("jurisdiction: XX", "jurisdiction: XX-N")
    files = {"north/n.yaml": dedent(local), "law/xx-3.yaml": north}
    (found,) = found_in(rulebook(tmp_path, rule("high", "open and people >= cap", level="major"), head=head, files=files))
    assert (found.kind, found.variant, [party.name for party in found.parties]) == ("band_gap", "between", ["p.high", "n.low"])
    assert found.case == {"as_of": "2020-07-01", "jurisdiction": "XX-N", "place": {"open": "true", "people": "24"}}
    assert answers(tmp_path, found) == set()


# words


@pytest.mark.parametrize(
    ("text", "when", "variant"),
    [
        ("人数超过10人的", "people >= 10", "lower"),
        ("人数10人以上的", "people > 10", "upper"),
        ("建筑面积在三百平方米以上", "area > 300 m²", "upper"),
        ("面积不足300m²的", "area <= 300 m²", "upper"),
        ("面积不得超过300平方米", "area >= 300 m²", "lower"),
        ("超载百分之三十以上", "load / limit - 1 > 30 %", "upper"),
        ("人数超过10人的", "people > 10", None),
        ("人数超过10人的", "people >= 11", None),
        ("人数10人以上的", "people >= 10", None),
        ("人数10人以上20人以下", "people >= 10 and people <= 20", None),
        ("不足300平方米", "not area >= 300 m²", None),
        ("每年至少10次", "people > 10", None),  # another thing is counted
        ("三级以下", "people > 3", None),  # ranks are counted downwards
    ],
)
def test_bounds_against_the_words_are_found(tmp_path: Path, text: str, when: str, variant: str | None) -> None:
    """以上 includes the number, 超过 and 不足 do not."""
    files = {
        "subjects/place.yaml": FILES["subjects/place.yaml"].replace(
            "type: integer, minimum", "type: integer, counts: {zh: 人, en: persons}, minimum"
        )
    }
    folder = rulebook(tmp_path, rule("worded", when, zh=text), files=files)
    found = found_in(folder)
    assert [(item.kind, item.variant) for item in found] == ([("bound_wording", variant)] if variant else [])
    if variant:
        assert found[0].case is not None
        assert answers(folder, found[0]) == ({"worded"} if found[0].shows == "holds" else set())


def test_the_witness_of_a_bound_stands_on_the_number(tmp_path: Path) -> None:
    """And the other facts let the rule hang on it."""
    found = found_in(rulebook(tmp_path, rule("worded", "load > 10 kg and not alarm", zh="10公斤以上")))
    assert found[0].case is not None
    assert found[0].case["place"] == {"alarm": "false", "load": "0.01"}


def test_another_unit_than_in_the_words_is_found(tmp_path: Path) -> None:
    """The same number with another unit of its kind."""
    assert kinds(rulebook(tmp_path / "a", rule("worded", "load > 10 kg", zh="超过10吨")))[0][0] == "unit_wording"
    assert kinds(rulebook(tmp_path / "b", rule("worded", "load > 10000 kg", zh="超过10吨"))) == []


def test_bounds_are_read_in_legal_chinese() -> None:
    """Digits and characters, units and things counted."""
    read = [(bound.words, bound.number, bound.unit.name if bound.unit else bound.counted, bound.side) for bound in bounds_in(
        "死亡三十人以上，或者直接经济损失1亿元以上；面积不超过1,200.5平方米；百分之五十以下；二万元以上；十二周岁"
    )]  # fmt: skip
    assert [(words, float(number), unit, side) for words, number, unit, side in read] == [
        ("三十人以上", 30, "人", "upper"),
        ("1亿元以上", 1, "亿元", "upper"),
        ("超过1,200.5平方米", 1200.5, "m²", "lower"),
        ("百分之五十以下", 50, "%", "lower"),
        ("二万元以上", 20000, "CNY", "upper"),
    ]


# dates and use


def test_days_without_law_are_found(tmp_path: Path) -> None:
    """Between the end of an instrument and its successor, and where both are in force."""
    gap = FILES["law/xx-2.yaml"].replace("{from: unknown, in_force_by: 2021-12-02}", "{from: 2024-03-01}\nsupersedes: [xx-1]")
    for number, (text, variant) in enumerate(
        [(gap, "gap"), (gap.replace("2024-03-01", "2023-03-01"), "both"), (gap.replace("2024-03-01", "2024-01-01"), None)]
    ):
        folder = rulebook(tmp_path / str(number), rule("some", "people > 3"), files={"law/xx-2.yaml": text})
        assert kinds(folder) == ([("no_law", variant, ["xx-1", "xx-2"])] if variant else [])


def test_an_instrument_that_ended_without_a_successor_is_found(tmp_path: Path) -> None:
    """The first act of these tests."""
    ended = [found for found in analysis_of(rulebook(tmp_path, rule("some", "people > 3"))).findings if found.variant == "ended"]
    assert [(found.kind, [party.name for party in found.parties], found.args) for found in ended] == [
        ("no_law", ["xx-1"], {"from": "2024-01-01"})
    ]


@pytest.mark.parametrize(
    ("start", "third", "found"), [("2022-03-01", "", True), ("2022-01-01", "", False), ("2022-03-01", "2021-06-01", False)]
)
def test_days_on_which_a_clause_has_no_rule_are_found(tmp_path: Path, start: str, third: str, found: bool) -> None:
    """Between a rule and the later one of the same clause, unless a third one is there."""
    rules = [
        rule("old", "people > 3", "effective: {until: 2022-01-01}"),
        rule("new", "people > 5", f"effective: {{from: {start}}}"),
    ]
    rules += [rule("third", "people > 7 and open", f"effective: {{from: {third}}}")] if third else []
    gaps = [item for item in found_in(rulebook(tmp_path, *rules)) if item.kind == "no_law"]
    assert [(item.variant, [party.name for party in item.parties]) for item in gaps] == [("clause", ["p.new", "p.old"])] * found


def test_days_without_what_a_rule_reads_are_found(tmp_path: Path) -> None:
    """A parameter that begins after the rule."""
    head = """
        parameters:
          cap:
            - {from: 2021-01-01, value: 20, clause: "1"}
    """
    (found,) = found_in(rulebook(tmp_path, rule("some", "people > cap"), head=head))
    assert (found.kind, found.args["from"], found.args["until"]) == ("not_in_force", "2020-07-01", "2021-01-01")
    assert [party.name for party in found.parties] == ["p.cap", "p.some"]


def test_what_nothing_uses_is_found(tmp_path: Path) -> None:
    """Facts, derived facts and parameters; reported ones are used."""
    head = """
        parameters:
          cap: [{from: 2020-01-01, value: 20, clause: "1"}]
        derived:
          unread: {clause: "1", label: {zh: 甲, en: first}, is: people > 3}
          shown: {clause: "1", label: {zh: 乙, en: second}, report: true, is: people > 4}
    """
    findings = analysis_of(rulebook(tmp_path, rule("some", "open and any(t.full for t in tanks)"), head=head)).findings
    names = {(found.kind, found.parties[0].name) for found in findings}
    assert {
        ("unused_derived", "place.unread"),
        ("unused_parameter", "p.cap"),
        ("unused_fact", "place.alarm"),
        ("unused_fact", "tank.mass"),
    } <= names
    assert (
        not {
            ("unused_derived", "place.shown"),
            ("unused_fact", "place.people"),
            ("unused_fact", "place.open"),
            ("unused_fact", "tank.full"),
        }
        & names
    )


# explanations


def test_a_finding_is_explained_beside_the_rule_and_a_stale_explanation_is_found(tmp_path: Path) -> None:
    """With a reason in both languages."""
    files = {
        "all/p.analysis.yaml": """
- finding: never_holds
  about: p.dead
  why: {zh: 法律如此, en: the law says so}
- finding: subsumed
  about: [p.dead, p.alive]
  why: {zh: 旧事, en: an old story}
- finding: uncovered
  about: [rule p.dead held, rule p.gone held]
  why: {zh: 不会成立, en: it never holds}
- finding: unnoticed
  about: rule p.dead/when step
  why: {zh: 不会成立, en: it never holds}
"""
    }
    folder = rulebook(tmp_path, rule("dead", "people > 50"), rule("alive", "people > 3"), files=files)
    dead, stale = found_in(folder)[::-1]  # what is explained by id is for `test --coverage` and `mutate` to judge
    assert (dead.kind, dead.because) == ("never_holds", {"zh": "法律如此", "en": "the law says so"})
    assert (stale.kind, stale.because, str(stale.span)) == ("stale_explanation", None, "all/p.analysis.yaml:5:3")
    assert hazardrules.check(folder) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("- finding: never_hold\n  about: p.a\n  why: so\n", "HR109"),
        ("- about: p.a\n  why: so\n", "HR108"),
        ("- contrary: [rectify, nothing]\n  why: so\n", "HR209"),
        ("finding: never_holds\n", "HR106"),
        ("- finding: never_holds\n  about: []\n  why: so\n", "HR110"),
        ("- finding: never_holds\n  about:\n  why: so\n", "HR110"),
        ("- contrary: []\n  why: so\n", "HR110"),
        ("- contrary: [rectify, close]\n  why:\n", "HR110"),
        ("- contrary: [rectify, close]\n  why: ''\n", "HR110"),
        ("- contrary: [rectify, close]\n  why: [so]\n", "HR106"),
        ("- finding: never_holds\n  about: p.a\n  why: ''\n", "HR110"),
        ("- finding: never_holds\n  about: p.a\n  why: {}\n", "HR110"),
        ("- contrary: rectify\n  why: so\n", "HR106"),
        ("- contrary: [rectify, rectify]\n  why: so\n", "HR106"),
        ("- contrary: [rectify, close]\n  finding: never_holds\n  about: p.a\n  why: so\n", "HR107"),
    ],
)
def test_a_bad_explanation_is_a_diagnostic(tmp_path: Path, text: str, code: str) -> None:
    """With its place."""
    folder = rulebook(tmp_path, rule("some", "people > 3"), files={"all/p.analysis.yaml": text})
    assert code in {str(found.code) for found in analysis_of(folder).diagnostics}


# the command


def run(*words: str) -> Any:
    """The command, on one process."""
    return CliRunner().invoke(main, ["analyze", "--jobs", "1", "--lang", "en", *words])


def test_the_command_shows_findings_in_three_forms(tmp_path: Path) -> None:
    """Exit code 1, with the place of every party."""
    folder = rulebook(tmp_path, rule("wide", "people > 5"), rule("narrow", "people > 10 and open"))
    text = run(str(folder / "all"))
    assert text.exit_code == 1
    assert "p.narrow  subsumed" in text.stdout
    assert "p.wide" in text.stdout
    assert "people: 11" in text.stdout
    data = json.loads(run(str(folder / "all"), "--format", "json").stdout)
    (found,) = data["findings"]
    assert (data["format"], found["kind"], found["line"], found["case"]["place"]) == (
        "hazardrules-analysis-1", "subsumed", 12, {"open": "true", "people": "11"}
    )  # fmt: skip
    annotated = run(str(folder / "all"), "--format", "github")
    assert annotated.stdout.startswith("::warning file=")
    assert "line=12" in annotated.stdout


def test_what_was_found_out_is_kept_and_only_what_changed_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the digest of the expressions, so that comments and lines do not matter."""
    monkeypatch.delenv("HAZARDRULES_NO_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    rules = [rule(f"r{number}", f"people > {number} and open") for number in range(3)]

    def asked(*written: str) -> int:
        folder = rulebook(tmp_path / "book", *written)
        return analyse(hazardrules.load(folder).compiled, folder, jobs=1).asked

    everything = asked(*rules)
    assert everything > 3
    assert asked(*rules) == 0
    assert asked("# a comment\n" + rules[0], *rules[1:]) == 0
    assert 0 < asked(rules[0].replace("people > 0", "people > 4"), *rules[1:]) < everything


# the page and the shipped law


def test_the_page_shows_what_the_command_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example of docs/analysis.md, word by word, but for the number of questions."""
    page = (Path(__file__).parents[2] / "docs" / "analysis.md").read_text("utf-8")
    pack, shown = re.findall(r"```(?:yaml|text)\n(.*?)```", page, re.DOTALL)[:2]
    folder = write_demo(tmp_path)
    (folder / "fire" / "area.yaml").write_text(pack, "utf-8")
    monkeypatch.chdir(folder)
    done = run("fire/area.yaml")
    assert done.exit_code == 1
    assert re.sub(r"; \d+ questions.*", "", done.stdout) == shown


SMALL = 12
"""Kinds of subject of the shipped rulebook with at most so many rules are looked at here; `hazardrules analyze` looks at all."""


def test_the_shipped_law_has_no_finding_that_nobody_explained() -> None:
    """On the kinds of subject with few rules, and on dates, facts and instruments altogether."""
    folder = shipped_rules()
    compiled = hazardrules.load().compiled
    collector = Collector()
    explanations = read_explanations(folder, ("zh", "en"), "zh", compiled.source.actions, collector)
    lab = Lab(compiled, Store(), explanations.contraries)
    count = Counter(rule.on for rule in compiled.rules.values())
    found = [
        *checks.of_book(lab),
        *(item for kind in sorted(count) if count[kind] <= SMALL for item in checks.of_kind(lab, kind)),
    ]
    findings = [item for item in found if isinstance(item, Finding)]
    left = [item for item in applied(findings, explanations) if item.because is None and item.kind != "stale_explanation"]
    assert [(item.kind, [party.name for party in item.parties]) for item in left] == []
    assert collector.diagnostics == []
