"""`cases --missing`: stubs that run, cover what they are for, say that nobody has confirmed them, and hold nothing needless."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from small import write

import hazardrules
from hazardrules.cli import main
from hazardrules.coverage import Collector, CoverageReport, measure
from hazardrules.coverage.finder import Finder
from hazardrules.testing.runner import run_cases

if TYPE_CHECKING:
    from hazardrules.coverage.finder import Search

pytest.importorskip("z3")

RULES = Path(__file__).parents[2] / "rules"


def search(folder: Path, *, solver: bool = True) -> tuple[Search, CoverageReport]:
    """Look for everything that a rulebook lacks."""
    book = hazardrules.load(folder)
    collector = Collector(book)
    report = CoverageReport(collector.inventory, collector.seen)
    return Finder(collector, {}, solver=solver).run(report.obligations), report


def run(*arguments: str) -> Any:
    """Run a command."""
    return CliRunner().invoke(main, [*arguments, "--lang", "en"])


def test_a_pack_without_cases_gets_all_of_them(tmp_path: Path) -> None:
    """Written into the file of cases they pass, and cover everything."""
    folder = write(tmp_path / "rules", "")
    done = run("cases", "--missing", str(folder), "--write")
    assert done.exit_code == 1, done.output
    assert "nothing found for 0" in done.output
    book = hazardrules.load(folder)
    report = run_cases(book, folder)
    assert report.diagnostics == ()
    assert [str(found) for result in report.failed for found in result.differences] == []
    found = measure(book, report.results)
    assert [item.id for item in found.open] == []
    assert all(found.only_unconfirmed(item) for item in found.obligations)
    assert run("fmt", "--check", str(folder / "all/small.cases.yaml")).exit_code == 0


def test_a_second_run_finds_nothing_to_add(tmp_path: Path) -> None:
    """And says so with 0."""
    folder = write(tmp_path / "rules", "")
    run("cases", "--missing", str(folder), "--write")
    done = run("cases", "--missing", str(folder))
    assert (done.exit_code, done.stdout) == (0, "")


def test_the_coverage_says_what_nobody_has_confirmed(tmp_path: Path) -> None:
    """Until the mark is taken away."""
    folder = write(tmp_path / "rules", "")
    run("cases", "--missing", str(folder), "--write")
    assert "covered only by cases that nobody has confirmed" in run("test", str(folder), "--coverage").output
    file = folder / "all/small.cases.yaml"
    file.write_text(file.read_text("utf-8").replace("[to be confirmed] ", ""), "utf-8")
    done = run("test", str(folder), "--coverage", "--fail-under", "100")
    assert done.exit_code == 0
    assert "nobody has confirmed" not in done.output


def test_stubs_hold_nothing_needless(tmp_path: Path) -> None:
    """A crowded hall needs two facts; that fifty people are not too many needs one."""
    found, _ = search(write(tmp_path, ""))
    facts = [item.draft.root.facts for item in found.found if item.item.home == "rule small.crowded_hall"]
    assert {"people": 50} in facts
    assert any(set(some) == {"kind", "people"} for some in facts)
    assert all(len(some) <= 2 for some in facts)


def test_what_cannot_occur_is_proved(tmp_path: Path) -> None:
    """A flag that is asked twice decides nothing when it is false."""
    again = ("    when: is_busy and not alarm\n", "    when: is_busy and open and not alarm\n")
    found, _ = search(write(tmp_path, "", again=again))
    twice = {"derived place.is_busy/is.0 deciding", "rule small.no_alarm/when.1 deciding"}
    assert {item.id for item in found.impossible} == twice
    assert found.failed == []
    book = hazardrules.load(tmp_path)
    assert {item.id for item in measure(book, (), prove=True).impossible} == twice


def test_what_nobody_knows_is_compared_with_nothing() -> None:
    """A table that is not in force yet stands as a truth value where its numbers would."""
    from hazardrules.coverage.proofs import same_value

    assert same_value(False, 5000) is False
    assert same_value(5000, False) is False
    assert same_value(5000, 5000) is True


def test_without_the_solver_only_near_cases_are_found(tmp_path: Path) -> None:
    """From a case that holds: the bound, and what is unknown."""
    folder = write(
        tmp_path, "- name: a\n  as_of: 2024-06-01\n  place: {kind: hall, people: 51}\n  expect: {holds: [crowded_hall]}\n"
    )
    done = run("cases", "--missing", str(folder), "--no-solver", "--only", "threshold")
    assert "| 50 " in done.output
    assert "no facts found" in done.output


@pytest.mark.parametrize(
    ("arguments", "words"), [((), "say what you want"), (("--missing", "--only", "bounds"), "no group bounds")]
)
def test_wrong_usage_is_explained(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    """Exit 2."""
    done = run("cases", str(write(tmp_path, "")), *arguments)
    assert done.exit_code == 2
    assert words in done.output


def test_the_shipped_law_gets_stubs_that_pass(tmp_path: Path) -> None:
    """Some obligations of one pack whose cases are taken away, read back from what is printed."""
    copy = tmp_path / "rules"
    shutil.copytree(RULES, copy)
    for file in (copy / "fire").glob("*.cases.yaml"):
        file.unlink()
    done = run("cases", "--missing", str(copy / "fire/three_in_one.yaml"), "--only", "threshold", "--limit", "4")
    stubs = tmp_path / "stubs"
    stubs.mkdir()
    (stubs / "some.cases.yaml").write_text(done.stdout.replace("fails: [", "fails: [fire.three_in_one."), "utf-8")
    report = run_cases(hazardrules.load(), stubs)
    assert report.diagnostics == ()
    assert report.results
    assert report.passed
