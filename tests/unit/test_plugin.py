"""pytest collects case files, and agrees with `hazardrules test`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hazardrules.api import load
from hazardrules.testing.runner import run_cases

pytest_plugins = ["pytester"]

BASE = Path(__file__).resolve().parents[1] / "bad" / "base"
PASSING = """\
- name: an alarm is missing
  as_of: 2021-12-02
  premises: {alarm_installed: false}
  expect: {level: general, findings: [no_alarm]}
- name: by alarm
  as_of: 2021-12-02
  premises: {}
  rows: |
    alarm_installed | holds    | fails
    no              | no_alarm | -
    yes             | -        | no_alarm
"""
FAILING = """\
- name: an alarm is missing, and that is a major hazard
  as_of: 2021-12-02
  premises: {alarm_installed: false}
  expect: {level: major}
"""


@pytest.fixture
def book(pytester: pytest.Pytester) -> Path:
    """A rulebook below the root of a run, with one passing case file."""
    folder = pytester.path / "book"
    shutil.copytree(BASE, folder)
    (folder / "fire" / "lodging.cases.yaml").write_text(PASSING, "utf-8")
    return folder


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    """Run pytest on the rulebook."""
    return pytester.runpytest("-q", *options, "book")


def run_command(folder: Path) -> tuple[int, int, int]:
    """What `hazardrules test` finds: passed, failed, exit code."""
    done = subprocess.run([sys.executable, "-m", "hazardrules", "test", str(folder)], capture_output=True, check=False)
    report = run_cases(load(folder), folder)
    return len(report.results) - len(report.failed), len(report.failed), done.returncode


def test_every_case_and_every_row_is_a_test(pytester: pytest.Pytester, book: Path) -> None:
    """The plugin and the command see the same cases."""
    result = run(pytester)
    result.assert_outcomes(passed=3)
    assert run_command(book) == (3, 0, 0)


def test_a_failure_names_the_line_of_the_case_and_both_sides(pytester: pytest.Pytester, book: Path) -> None:
    """The text can be read without knowing pytest, and the command fails as well."""
    (book / "fire" / "lodging.cases.yaml").write_text(PASSING + FAILING, "utf-8")
    result = run(pytester)
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        [
            "book/fire/lodging.cases.yaml:12: an alarm is missing, and that is a major hazard",
            "  hazard.level",
            "      expected: major",
            "      got:      general",
        ]
    )
    assert "Traceback" not in result.stdout.str()
    assert run_command(book) == (3, 1, 1)


def test_a_broken_rulebook_is_one_test_that_fails_with_its_diagnostics(pytester: pytest.Pytester, book: Path) -> None:
    """The place in the rule file is shown with a caret."""
    pack = book / "fire" / "lodging.yaml"
    pack.write_text(pack.read_text("utf-8").replace("not alarm_installed", "not alarm_instaled"), "utf-8")
    (book / "fire" / "more.cases.yaml").write_text(PASSING, "utf-8")
    result = run(pytester, "--hazardrules-lang", "en")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["error*HR201*undeclared fact `alarm_instaled`", "*--> book/fire/lodging.yaml:10:15", "* ^^^^*"])


def test_a_broken_case_file_fails_beside_the_cases_that_could_be_read(pytester: pytest.Pytester, book: Path) -> None:
    """A typing error in one case does not hide the others."""
    cases = PASSING.replace("as_of: 2021-12-02", "as_of: some day", 1)
    (book / "fire" / "lodging.cases.yaml").write_text(cases, "utf-8")
    result = run(pytester, "--hazardrules-lang", "en")
    outcomes = result.parseoutcomes()
    assert outcomes["passed"] == 2
    result.stdout.fnmatch_lines(["error*HR109*", "*--> book/fire/lodging.cases.yaml:2:10"])
    assert run_command(book)[2] == 1


def test_the_engine_can_be_chosen(pytester: pytest.Pytester, book: Path) -> None:
    """The reference gives the same outcome; an unknown engine is refused."""
    run(pytester, "--hazardrules-engine", "reference").assert_outcomes(passed=3)
    assert run(pytester, "--hazardrules-engine", "abacus").ret == pytest.ExitCode.USAGE_ERROR


def test_one_case_can_be_chosen_by_its_name(pytester: pytest.Pytester, book: Path) -> None:
    """`-k` works as for any test."""
    run(pytester, "-k", "missing").assert_outcomes(passed=1, deselected=2)


def test_a_case_file_outside_a_rulebook_is_left_alone(pytester: pytest.Pytester) -> None:
    """Other tools use the name, too."""
    (pytester.path / "other.cases.yaml").write_text("- 1\n", "utf-8")
    assert pytester.runpytest("-q").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_the_plugin_is_light_until_a_case_file_is_met() -> None:
    """A run without rulebooks does not pay for them."""
    heavy = ("lark", "networkx", "yaml", "rich", "click", "hypothesis")
    code = f"import hazardrules.testing.plugin, sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
