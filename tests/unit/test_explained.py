"""What no case covers or notices, and is explained beside the rules."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from small import write

import hazardrules
from hazardrules.cli import main
from hazardrules.coverage import measure
from hazardrules.diagnostics import Collector
from hazardrules.mutation import Choice, try_mutants
from hazardrules.testing.case_files import read_case_file
from hazardrules.testing.runner import run_cases
from hazardrules.verify.explained import read_explanations

if TYPE_CHECKING:
    from pathlib import Path

    from hazardrules.verify.explained import Explanations

CASES = """
- name: a crowded hall
  as_of: 2024-06-01
  place: {kind: hall, people: 51}
  expect: {holds: [crowded_hall]}
"""
HALL = "rule small.crowded_hall"
OPEN = f"""
- finding: uncovered
  about: [{HALL}/when.1 below, {HALL}/when.1 at]
  why: {{zh: 厅都很满, en: halls are always full}}
- finding: uncovered
  about: {HALL}/when.1 unknown
  why: {{zh: 人数总是知道, en: people are always counted}}
- finding: unnoticed
  about: {HALL}/when.1 bound
  why: {{zh: 没有恰好五十人的厅, en: no hall holds exactly fifty}}
"""
OTHER_PACK = """
pack: other
label: {zh: 另, en: other}
law: xx-1
on: place
scale: hazard
rules:
  - id: shut
    clause: "3"
    text: {zh: 关门, en: shut}
    when: not open
    level: general
"""


def rulebook(folder: Path, explained: str = OPEN, cases: str = CASES) -> Path:
    """The small rulebook with one case and what is explained."""
    write(folder, cases.lstrip("\n"))
    (folder / "all/small.analysis.yaml").write_text(explained.lstrip("\n"), "utf-8")
    return folder


def entry(finding: str, *ids: str) -> str:
    """An entry of the file."""
    return f"- finding: {finding}\n  about: {json.dumps(ids)}\n  why: {{zh: 旧事, en: an old story}}\n"


def read(folder: Path) -> Explanations:
    """What is explained in a rulebook."""
    collector = Collector()
    found = read_explanations(folder, ("zh", "en"), "en", ["rectify", "close"], collector)
    assert not list(collector.diagnostics)
    return found


def run(command: str, *arguments: object, lang: str = "en") -> Any:
    """Run a command."""
    return CliRunner().invoke(main, [command, *map(str, arguments), "--lang", lang])


def mutate(folder: Path, *arguments: object, lang: str = "en") -> Any:
    """Try the mutants that are numbers and bounds."""
    return run("mutate", folder, "--no-store", "--no-solver", "--jobs", 1, "--only", "bound,step", *arguments, lang=lang)


# coverage


def test_what_is_explained_as_uncovered_is_not_asked_for(tmp_path: Path) -> None:
    """Neither in the total nor among what is open; formatting and order do not matter, since ids are given."""
    folder = rulebook(tmp_path)
    book = hazardrules.load(folder)
    results = run_cases(book, folder).results
    plain, found = measure(book, results), measure(book, results, explanations=read(folder))
    ids = {f"{HALL}/when.1 below", f"{HALL}/when.1 at", f"{HALL}/when.1 unknown"}
    assert {item.id for item in found.explained} == ids
    assert found.total == plain.total - 3
    assert found.covered == plain.covered
    assert {item.id for item in plain.open} - {item.id for item in found.open} == ids
    assert found.reasons[f"{HALL}/when.1 unknown"] == {"zh": "人数总是知道", "en": "people are always counted"}
    assert found.stale == ()


COVERAGE = {
    "en": """\
4 of 67 obligations covered: 5.9 %
3 more are explained beside the rules, and not asked for
""",
    "zh": """\
应检验 67 项，已检验 4 项：5.9 %
另有 3 项在规则旁已有说明，不作要求
""",
}
UNCOVERED = {
    "en": """
Explained
  rule small.crowded_hall  all/small.yaml:24:28
    people > 50: unknown
      people are always counted
    people > 50: below, exactly at
      halls are always full
""",
    "zh": """
已有说明
  rule small.crowded_hall  all/small.yaml:24:28
    people > 50：未知
      人数总是知道
    people > 50：低于、恰好等于
      厅都很满
""",
}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_table_counts_what_is_explained_and_verbose_shows_the_reasons(tmp_path: Path, lang: str) -> None:
    """In both languages."""
    folder = rulebook(tmp_path)
    short = run("test", folder, "--coverage", lang=lang)
    assert short.exit_code == 0, short.output
    assert COVERAGE[lang] in short.output
    assert UNCOVERED[lang] not in short.output
    assert run("test", folder, "--coverage", "-v", lang=lang).output.endswith(UNCOVERED[lang])


def test_the_reports_of_coverage_tell_what_is_explained(tmp_path: Path) -> None:
    """JSON by id; the page with the reason at its place."""
    folder, page, data = rulebook(tmp_path / "rules"), tmp_path / "c.html", tmp_path / "c.json"
    assert run("test", folder, "--html", page, "--json", data).exit_code == 0
    found = json.loads(data.read_text("utf-8"))
    assert found["explained"] == [f"{HALL}/when.1 unknown", f"{HALL}/when.1 below", f"{HALL}/when.1 at"]
    assert found["total"] == 67 == len(found["obligations"])
    text = page.read_text("utf-8")
    assert "3 more are explained beside the rules, and not asked for</p>" in text
    assert "<span class=why>explained</span>" in text
    assert "\nunknown: explained: people are always counted\n" in text
    plain = rulebook(tmp_path / "plain", "[]\n")
    assert run("test", plain, "--html", page).exit_code == 0
    assert "explained" not in page.read_text("utf-8")


def test_what_is_explained_as_uncovered_needs_no_case(tmp_path: Path) -> None:
    """`cases --missing` makes no stub for it."""
    plain = run("cases", "--missing", rulebook(tmp_path / "a", "[]\n"), "--only", "threshold", "--no-solver").output
    found = run("cases", "--missing", rulebook(tmp_path / "b"), "--only", "threshold", "--no-solver").output
    assert "people > 50: exactly at" in plain
    assert "people > 50" not in found
    assert "people > 10: exactly at" in found


def test_a_covered_obligation_needs_no_explanation_any_more(tmp_path: Path) -> None:
    """It is said with its place, counts as usual, and ends the command with 1."""
    folder = rulebook(tmp_path, OPEN + entry("uncovered", f"{HALL}/when.1 above", f"{HALL} held"))
    done = run("test", folder, "--coverage")
    assert done.exit_code == 1
    for column, name in ((11, f"{HALL}/when.1 above"), (51, f"{HALL} held")):
        assert (
            f"/all/small.analysis.yaml:11:{column}: `{name}` is explained as uncovered,"
            " but all/small.cases.yaml:1 covers it: take it out\n"
        ) in done.stderr
    assert COVERAGE["en"] in done.stdout


def test_an_obligation_that_there_is_not_is_stale(tmp_path: Path) -> None:
    """Whatever part of the rulebook is measured."""
    folder = rulebook(tmp_path, entry("uncovered", "rule small.crowded_barn held"))
    (folder / "all/other.yaml").write_text(OTHER_PACK, "utf-8")
    for part in (folder, folder / "all", folder / "all/small.cases.yaml"):
        done = run("test", part, "--coverage")
        assert done.exit_code == 1
        assert "the rulebook has no obligation `rule small.crowded_barn held`: correct it, or take it out" in done.stderr


def test_only_what_was_measured_is_judged(tmp_path: Path) -> None:
    """An explanation of another pack is left alone."""
    folder = rulebook(tmp_path, entry("uncovered", f"{HALL} held", "rule other.shut failed"))
    (folder / "all/other.yaml").write_text(OTHER_PACK, "utf-8")
    book = hazardrules.load(folder)
    results = run_cases(book, folder).results
    for packs, stale in ((["other"], []), (["small"], [f"{HALL} held"]), (None, [f"{HALL} held"])):
        assert [item.id for item in measure(book, results, packs, explanations=read(folder)).stale] == stale


def test_proving_asks_nothing_about_what_is_explained(tmp_path: Path) -> None:
    """What no facts can show may be explained: with the solver and without it is the same."""
    pytest.importorskip("z3")
    folder = rulebook(tmp_path, "[]\n")
    pack = folder / "all/small.yaml"
    pack.write_text(pack.read_text("utf-8").replace("people > 50", "people > 50 and people > 20"), "utf-8")
    book = hazardrules.load(folder)
    results = run_cases(book, folder).results
    impossible = {item.id for item in measure(book, results, prove=True).impossible}
    assert impossible
    (folder / "all/small.analysis.yaml").write_text(entry("uncovered", *impossible), "utf-8")
    for prove in (False, True):
        found = measure(book, results, prove=prove, explanations=read(folder))
        assert ({item.id for item in found.explained}, found.impossible, found.stale) == (impossible, (), ())


# mutants


SURVIVORS = {
    "en": """\
1 of 7 mutants noticed: 14.2 %
1 of those not noticed are explained beside the rules

Not noticed
  derived place.is_busy  all/small.yaml
    10:18  bound: people > 10 → people >= 10
    10:18  number: people > 10 → people > 11
  rule small.heavy_tanks  all/small.yaml
    31:26  bound: t.mass > 100 kg → t.mass >= 100 kg
    31:26  number: t.mass > 100 kg → t.mass > 101 kg
    31:26  number: t.mass > 100 kg → t.mass > 99 kg
""",
    "zh": """\
7 个变异中发现 1 个：14.2 %
没有发现的变异中 1 个在规则旁已有说明

没有发现的
  derived place.is_busy  all/small.yaml
    10:18  界限：people > 10 → people >= 10
    10:18  数值：people > 10 → people > 11
  rule small.heavy_tanks  all/small.yaml
    31:26  界限：t.mass > 100 kg → t.mass >= 100 kg
    31:26  数值：t.mass > 100 kg → t.mass > 101 kg
    31:26  数值：t.mass > 100 kg → t.mass > 99 kg
""",
}
UNNOTICED = {
    "en": """
Explained
  rule small.crowded_hall  all/small.yaml
    24:28  bound: people > 50 → people >= 50
      no hall holds exactly fifty
""",
    "zh": """
已有说明
  rule small.crowded_hall  all/small.yaml
    24:28  界限：people > 50 → people >= 50
      没有恰好五十人的厅
""",
}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_survivors_that_are_explained_stand_apart(tmp_path: Path, lang: str) -> None:
    """They stay in the score; `--verbose` shows them with the reason."""
    folder = rulebook(tmp_path)
    short = mutate(folder, lang=lang)
    assert short.exit_code == 0, short.output
    assert short.output.endswith(SURVIVORS[lang])
    assert mutate(folder, "-v", lang=lang).output.endswith(SURVIVORS[lang] + UNNOTICED[lang])
    assert mutate(folder, "--at-least", 20).exit_code == 1


def test_the_report_of_mutants_gives_reasons(tmp_path: Path) -> None:
    """By language; nothing of them where nobody explained."""
    folder, file = rulebook(tmp_path / "rules"), tmp_path / "m.json"
    assert mutate(folder, "--json", file).exit_code == 0
    data = json.loads(file.read_text("utf-8"))
    because = {item["id"]: item["because"] for item in data["mutants"] if item["because"] is not None}
    assert because == {f"{HALL}/when.1 bound": {"zh": "没有恰好五十人的厅", "en": "no hall holds exactly fifty"}}
    assert (data["total"], data["survived"]) == (7, 6)


def test_where_all_survivors_are_explained_that_is_said(tmp_path: Path) -> None:
    """And not that everything was noticed."""
    done = mutate(rulebook(tmp_path), "-k", "crowded_hall")
    assert done.exit_code == 0, done.output
    assert "Not noticed\n  nothing that is not explained\n" in done.output


def test_a_mutant_that_is_noticed_needs_no_explanation_any_more(tmp_path: Path) -> None:
    """It is said with its place and the case, and ends the command with 1."""
    done = mutate(rulebook(tmp_path, entry("unnoticed", f"{HALL}/when.1 step right +")))
    assert done.exit_code == 1
    assert (
        f"/all/small.analysis.yaml:2:11: `{HALL}/when.1 step right +` is explained as unnoticed,"
        " but all/small.cases.yaml:1 notices it: take it out\n"
    ) in done.stderr


def test_a_mutant_that_there_is_not_is_stale_and_one_that_is_not_tried_is_left_alone(tmp_path: Path) -> None:
    """Whatever part is tried."""
    folder = rulebook(tmp_path, entry("unnoticed", f"{HALL}/when.1 step right +", "rule small.crowded_barn action close"))
    done = mutate(folder, "-k", "heavy_tanks")
    assert done.exit_code == 1
    assert "the rulebook has no mutant `rule small.crowded_barn action close`: correct it, or take it out\n" in done.stderr
    assert "step" not in done.stderr


def test_a_mutant_that_is_proved_to_change_nothing_is_stale(tmp_path: Path) -> None:
    """It does not count anyway."""
    pytest.importorskip("z3")
    name = f"{HALL}/when condition 2"
    folder = rulebook(tmp_path, entry("unnoticed", name))
    pack = folder / "all/small.yaml"
    pack.write_text(pack.read_text("utf-8").replace("people > 50", "people > 50 and people > 20"), "utf-8")
    book = hazardrules.load(folder)
    cases = read_case_file(folder / "all/small.cases.yaml", book).cases
    choice = Choice(operators=frozenset(["condition"]))
    for prove, stale in ((False, []), (True, [(name, "equivalent")])):
        found = try_mutants(book, cases, choice, prove=prove, explanations=read(folder))
        assert [(item.id, item.why) for item in found.stale] == stale
    done = run("mutate", folder, "--no-store", "--jobs", 1, "--only", "condition")
    assert "is proved to change nothing" in done.stderr
    assert done.exit_code == 0


# the files


def test_a_file_that_cannot_be_read_ends_both_commands_with_1(tmp_path: Path) -> None:
    """With the place, and what was meant."""
    folder = rulebook(tmp_path, entry("uncoverd", f"{HALL} failed"))
    for done in (run("test", folder, "--coverage"), mutate(folder)):
        assert done.exit_code == 1
        assert "HR109" in done.stderr
        assert "small.analysis.yaml:1:12" in done.stderr
        assert "uncovered" in done.stderr
    assert run("test", folder).exit_code == 0
