"""The command line: what it prints, where, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner
from demo import write_demo

import hazardrules
from hazardrules.cli import main
from hazardrules.cli.inputs import sniff

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

LODGING = "premises: {people_lodged: 21, uses: [lodging, production], lodging.separated: false}\n"
GOOD = f"name: an attic\nas_of: 2021-12-02\n{LODGING}"


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small rulebook."""
    return write_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads what another run has kept."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("COLUMNS", raising=False)


def run(*words: object, text: str | bytes | None = None) -> Result:
    """Run a command and insist that it ends in order."""
    result = CliRunner().invoke(main, [str(word) for word in words], input=text)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_a_case_from_standard_input_is_classified_without_colour_codes(rules: Path) -> None:
    """The level comes first, the clause is cited, facts go by their labels."""
    result = run("classify", "--rules", rules, "--lang", "en", "-", text=GOOD)
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    lines = result.stdout.splitlines()
    assert lines.index("Levels") < lines.index("What to do") < lines.index("Why")
    assert "Combined premises provisions, XX 12-2020, 3" in result.stdout
    assert "people lodged 21 > " in result.stdout
    assert "people_lodged" not in result.stdout
    assert max(map(len, lines)) <= 100


def test_without_a_day_the_case_is_judged_by_the_law_of_today_and_the_answer_says_so(rules: Path) -> None:
    """Only the command line reads the clock."""
    assert "no day was given" in run("classify", "--rules", rules, "--lang", "en", text=LODGING).stdout
    [answer] = json.loads(run("classify", "--rules", rules, "--lang", "en", "--format", "json", text=LODGING).stdout)
    assert "no day was given" in answer["notes"][0]
    assert "no day was given" not in run("classify", "--rules", rules, "--lang", "en", text=GOOD).stdout


def test_a_case_that_cannot_be_read_is_reported_with_all_its_problems_and_the_others_are_classified(rules: Path) -> None:
    """The problems go to standard error; JSON Lines keep the place of every case."""
    cases = "\n".join(
        json.dumps(case)
        for case in (
            {"as_of": "2021-12-02", "premises": {"people_lodged": 5}},
            {"as_of": "2021-12-02", "premises": {"people_lodgd": 5, "floor_area": "big"}},
            {"as_of": "2021-12-02", "jurisdiction": "YY", "premises": {}},
            {"as_of": "2021-12-02", "premises": {"people_lodged": 6}},
        )
    )
    result = run("classify", "--rules", rules, "--lang", "en", "--format", "jsonl", text=cases)
    assert result.exit_code == 1
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert ["problems" in answer for answer in answers] == [False, True, True, False]
    assert [problem["path"] for problem in answers[1]["problems"]] == ["people_lodgd", "floor_area"]
    assert "-:2: people_lodgd: " in result.stderr
    assert "did you mean `people_lodged`?" in result.stderr
    assert "`YY` is not the name of a jurisdiction" in result.stderr
    assert "2 of 4 cases were not judged" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["classify", "--packs", "fires", "-"],
        ["classify", "--jurisdiction", "XX-S", "-"],
        ["classify", "--subject", "premisses", "-"],
        ["explain", "fire.lodging.no_alrm", "-"],
        ["show", "no_alrm"],
        ["schema", "premisses"],
        ["coverage", "xx-lodging-2021"],
    ],
    ids=lambda words: words[0] + words[1],
)
def test_an_unknown_name_is_one_clear_line_and_exit_2(rules: Path, words: list[str]) -> None:
    """With the nearest name that exists."""
    result = run(*words, "--rules", rules, "--lang", "en", text=GOOD)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert "did you mean" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["clasify"], "Did you mean 'classify'?"),
        (["classify", "--as-of", "2024-13-01", "-"], "is not a day"),
        (["classify", "/no/such"], "does not exist"),
    ],
)
def test_wrong_usage_ends_with_2(words: list[str], said: str) -> None:
    """And says what was meant."""
    result = run(*words)
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(
    "text", [b"\xff\xfe\x00", b"{", b"[1, 2]", b"premises: [", b'{"premises": {"floor_area": 1e999}}', b"\x00", b"a: &a [*a]"]
)
def test_hostile_input_is_a_problem_and_never_a_stack_trace(rules: Path, text: bytes) -> None:
    """Whatever the bytes are."""
    result = run("classify", "--rules", rules, "--as-of", "2024-01-01", "-", text=text)
    assert result.exit_code == 1
    assert result.stderr


def test_a_name_cannot_steer_the_terminal(rules: Path) -> None:
    """Escapes in a case are blanks in the output."""
    case = json.dumps({"name": "a\x1b[2Jb", "as_of": "2021-12-02", "premises": {}})
    result = run("classify", "--rules", rules, text=case)
    assert "\x1b" not in result.stdout + result.stderr


def test_explain_says_why_not_and_what_is_missing(rules: Path) -> None:
    """For a rule that stays open."""
    result = run("explain", "fire.lodging.no_alarm", "--rules", rules, "--lang", "en", text=GOOD)
    assert result.exit_code == 0
    assert "Missing facts" in result.stdout
    assert "alarm installed" in result.stdout
    [found] = json.loads(run("explain", "fire.lodging.no_alarm", "--rules", rules, "--format", "json", text=GOOD).stdout)
    assert found["truth"] == "undetermined"


def test_explaining_a_table_explains_the_row_that_holds(rules: Path) -> None:
    """Rows that fail are left out while another one does not."""
    case = GOOD.replace("people_lodged: 21", "people_lodged: 21, resistance_class: 3")
    result = run("explain", "fire.points.lodging_points", "--rules", rules, text=case)
    assert "fire.points.lodging_points.3" in result.stdout
    assert "fire.points.lodging_points.1" not in result.stdout


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("fire.lodging.no_alarm", "rule"),
        ("fire.points.lodging_points", "table"),
        ("fire.lodging", "pack"),
        ("premises.floor_area", "fact"),
        ("建筑面积", "fact"),
        ("premises.is_combined_use", "derived_fact"),
        ("xx-lodging-2020", "instrument"),
        ("rectify", "action"),
        ("premises", "subject"),
    ],
)
def test_show_finds_everything_that_has_a_name(rules: Path, name: str, kind: str) -> None:
    """As text and as JSON, in both languages."""
    for lang in ("zh", "en"):
        assert run("show", name, "--rules", rules, "--lang", lang).exit_code == 0
    [card] = json.loads(run("show", name, "--rules", rules, "--format", "json").stdout)
    assert card["kind"] == kind


def test_schema_and_coverage_are_json_where_asked(rules: Path) -> None:
    """For other systems."""
    assert json.loads(run("schema", "premises", "--rules", rules).stdout)["x-subject"] == "premises"
    [measured] = json.loads(run("coverage", "--rules", rules, "--format", "json").stdout)
    assert measured["clauses"] == measured["encoded"] + measured["explained"] + len(measured["missing"])
    assert "xx-lodging-2020" not in run("coverage", "--rules", rules).stdout


def test_coverage_writes_a_page_per_sector(rules: Path, tmp_path: Path) -> None:
    """With every rule on the page of its folder; a folder that cannot be made is an error in words."""
    folder = tmp_path / "law"
    assert run("coverage", "--rules", rules, "--pages", folder).exit_code == 0
    pages = {page.name: page.read_text("utf-8") for page in folder.iterdir()}
    written = "".join(pages.values())
    assert "README.md" in pages
    assert all(f"`{rule.table or rule.name}`" in written for rule in hazardrules.load(rules).compiled.rules.values())
    (tmp_path / "file").write_text("", "utf-8")
    refused = run("coverage", "--rules", rules, "--pages", tmp_path / "file" / "law")
    assert refused.exit_code == 2
    assert "Traceback" not in refused.output


def test_the_cases_of_a_rulebook_run_and_leave_a_junit_report(rules: Path, tmp_path: Path) -> None:
    """One test per case; the rulebook is found around a single file."""
    report = tmp_path / "report.xml"
    result = run("test", rules / "fire" / "lodging.cases.yaml", "--junit", report, "--lang", "en")
    assert result.exit_code == 0, result.output
    suites = ET.fromstring(report.read_text("utf-8"))  # noqa: S314 - we wrote it
    assert int(suites.attrib["tests"]) == len(list(suites.iter("testcase"))) >= 5
    assert suites.attrib["failures"] == "0"


def test_a_failed_case_shows_its_differences_and_ends_with_1(tmp_path: Path) -> None:
    """In the terminal and in the report."""
    rules = write_demo(tmp_path / "rules")
    cases = rules / "fire" / "lodging.cases.yaml"
    cases.write_text(cases.read_text("utf-8").replace("level: major", "level: general"), "utf-8")
    result = run("test", rules, "--lang", "en", "--junit", tmp_path / "report.xml")
    assert result.exit_code == 1
    assert "failed fire/lodging.cases.yaml:" in result.stdout
    assert "<failure" in (tmp_path / "report.xml").read_text("utf-8")


def test_problems_of_the_rulebook_end_every_command_with_1(tmp_path: Path) -> None:
    """Said with their place; nothing is classified by a broken rulebook."""
    rules = write_demo(tmp_path / "rules")
    pack = rules / "fire" / "lodging.yaml"
    pack.write_text(pack.read_text("utf-8").replace("when: not alarm_installed", "when: not alarm_instaled"), "utf-8")
    checked = run("check", rules, "--lang", "en", "--format", "short")
    assert checked.exit_code == 1
    assert "HR201" in checked.stdout
    assert run("check", rules / "levels.yaml", "--lang", "en").exit_code == 0
    result = run("classify", "--rules", rules, "--lang", "en", text=GOOD)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "HR201" in result.stderr


def test_fmt_check_changes_nothing(tmp_path: Path) -> None:
    """It only says which files would change."""
    file = tmp_path / "levels.yaml"
    file.write_text("scales:\n  hazard:\n      label:   {zh: 隐患, en: hazard}\n", "utf-8")
    before = file.read_bytes()
    assert run("fmt", "--check", file).exit_code in (0, 1)
    assert file.read_bytes() == before


@pytest.mark.parametrize("command", ["classify", "explain", "check", "fmt", "test", "show", "schema", "coverage"])
def test_the_help_of_every_command_has_an_example(command: str) -> None:
    """Which begins like a command."""
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"hazardrules {command}" in result.stdout


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (b'{"premises": {}}', "json"),
        (b'{"premises": {}}\n{"premises": {}}\n', "jsonl"),
        (b'[{"premises": {}}]', "json"),
        (b'{\n  "premises": {}\n}', "json"),
        (b"premises: {}\n", "yaml"),
        (b"- premises: {}\n", "yaml"),
        (b"{premises: {}}", "yaml"),
        (b"[{premises: {}}]", "yaml"),
        (b"", "yaml"),
    ],
)
def test_the_format_of_standard_input_is_looked_at(start: bytes, expected: str) -> None:
    """JSON, JSON Lines and YAML in flow style begin alike."""
    assert sniff(start) == expected


def test_a_reader_that_stops_early_leaves_no_trace(rules: Path, tmp_path: Path) -> None:
    """As `hazardrules classify … | head -1` does."""
    case = tmp_path / "case.yaml"
    case.write_text("\n".join("- " + GOOD.replace("\n", "\n  ").rstrip() for _ in range(40)), "utf-8")
    words = [sys.executable, "-m", "hazardrules", "classify", "--rules", str(rules), str(case)]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONUTF8": "1"}
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
