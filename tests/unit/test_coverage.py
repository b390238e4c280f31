"""What `test --coverage` counts: only what a case speaks of, and only where the answer turns with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from small import write

import hazardrules
from hazardrules.cli import main
from hazardrules.coverage import measure
from hazardrules.testing.runner import run_cases

if TYPE_CHECKING:
    from hazardrules.coverage import CoverageReport

RULES = Path(__file__).parents[2] / "rules"


def case(expect: str, facts: str, day: str = "2024-06-01") -> str:
    """A case."""
    return f"- name: a case\n  as_of: {day}\n  place: {{{facts}}}\n  expect: {{{expect}}}\n"


def covered(folder: Path, cases: str, **changes: tuple[str, str]) -> CoverageReport:
    """What cases exercise."""
    book = hazardrules.load(write(folder, cases, **changes))
    report = run_cases(book, folder)
    return measure(book, report.results)


def seen(report: CoverageReport, home: str) -> set[str]:
    """The covered obligations of a home: `when.0 true`."""
    return {
        item.id.removeprefix(home).lstrip("/ ")
        for item in report.obligations
        if item.home == home and report.case_of(item) is not None
    }


def wanted(report: CoverageReport, home: str) -> set[str]:
    """All obligations of a home."""
    return {item.id.removeprefix(home).lstrip("/ ") for item in report.obligations if item.home == home}


def test_what_there_is_to_exercise(tmp_path: Path) -> None:
    """States, atoms, thresholds, exceptions, dates, outcomes; nothing that cannot occur."""
    report = covered(tmp_path, "")
    assert report.covered == 0
    assert wanted(report, "rule small.crowded_hall") == {
        "held", "failed", "undetermined", "level", "action_close",
        "when.0 true", "when.0 false", "when.0 unknown", "when.0 deciding",
        "when.1 true", "when.1 false", "when.1 unknown", "when.1 deciding", "when.1 below", "when.1 at", "when.1 above",
    }  # fmt: skip
    assert {"displaced", "unless.0 granted", "unless.0 not_granted", "unless.0 open"} <= wanted(report, "rule small.no_alarm")
    assert wanted(report, "dates small") == {"from.2020-07-01 day_before", "from.2020-07-01 first_day"}
    assert {item.state for item in report.clauses} == {"never"}


def test_a_band_that_starts_at_the_least_value_is_not_asked_for_below_it(tmp_path: Path) -> None:
    """Nobody counts fewer than no people, whichever side of the comparison the bound stands on."""
    report = covered(tmp_path, "", band=("people > 50", "0 < people <= 50"))
    asked = {name for name in wanted(report, "rule small.crowded_hall") if name.endswith(("below", "at", "above"))}
    assert len(asked) == 5
    assert sum(name.endswith("above") for name in asked) == 1


def test_a_case_exercises_only_what_it_speaks_of(tmp_path: Path) -> None:
    """`crowded_hall` is evaluated too, but nobody would notice if it went wrong."""
    report = covered(tmp_path, case("holds: [no_alarm]", "open: true, people: 11, alarm: false, watched: false, kind: shop"))
    assert seen(report, "rule small.no_alarm") >= {"held", "when.0 true", "unless.0 not_granted"}
    assert not seen(report, "rule small.crowded_hall") & {"failed"}


def test_a_case_that_fails_exercises_nothing(tmp_path: Path) -> None:
    """What it states is not what the rule does."""
    assert (
        covered(tmp_path, case("fails: [no_alarm]", "open: true, people: 11, alarm: false, watched: false, kind: shop")).covered
        == 0
    )


def test_an_atom_decides_where_the_answer_turns_with_it_alone(tmp_path: Path) -> None:
    """Kind and people both false: neither decides; each alone: it does."""
    both = covered(tmp_path / "a", case("fails: [crowded_hall]", "kind: shop, people: 50"))
    assert seen(both, "rule small.crowded_hall") == {"failed", "when.0 false", "when.1 false"}
    each = covered(
        tmp_path / "b",
        case("fails: [crowded_hall]", "kind: hall, people: 50") + case("holds: [crowded_hall]", "kind: hall, people: 51"),
    )
    assert "when.1 deciding" in seen(each, "rule small.crowded_hall")
    assert "when.0 deciding" not in seen(each, "rule small.crowded_hall")
    assert {"when.1 at", "when.1 above"} <= seen(each, "rule small.crowded_hall")
    assert "when.1 below" not in seen(each, "rule small.crowded_hall")


def test_derived_facts_are_looked_through(tmp_path: Path) -> None:
    """An atom of a derived fact decides where a rule turns, and not where the rule is settled otherwise."""
    facts = "open: true, people: 10, alarm: false, watched: false, kind: shop"
    turned = covered(tmp_path / "a", case("fails: [no_alarm]", facts))
    assert {"is.1 at", "is.1 false"} <= seen(turned, "derived place.is_busy")
    settled = covered(tmp_path / "b", case("fails: [no_alarm]", facts.replace("alarm: false", "alarm: true")))
    assert "is.1 false" in seen(settled, "derived place.is_busy")
    assert "is.1 at" not in seen(settled, "derived place.is_busy")


def test_a_derived_fact_that_a_case_states_is_exercised_by_itself(tmp_path: Path) -> None:
    """`derived:` speaks of it."""
    report = covered(tmp_path, case("derived: {is_busy: true}", "open: true, people: 11"))
    assert {"is.0 true", "is.1 above"} <= seen(report, "derived place.is_busy")


def test_exceptions_and_overrides(tmp_path: Path) -> None:
    """An exception counts where the rule would hold but for it; a displaced rule is seen displaced."""
    busy = "open: true, people: 60, alarm: false"
    report = covered(
        tmp_path,
        case("fails: [no_alarm]", f"{busy}, watched: true, kind: shop")
        + case("undetermined: [no_alarm]", f"{busy}, kind: shop")
        + case("displaced: [no_alarm]", f"{busy}, watched: false, kind: hall"),
    )
    assert {"unless.0 granted", "unless.0 open", "displaced"} <= seen(report, "rule small.no_alarm")
    assert "unless.0 not_granted" in seen(report, "rule small.no_alarm")  # granted, it would not be displaced


def test_parts_are_looked_into(tmp_path: Path) -> None:
    """Each element of a list decides where the others do not."""
    report = covered(
        tmp_path,
        case("holds: [heavy_tanks]", "tanks: [{full: true, mass: 100.5 kg}, {full: false, mass: 200 kg}]")
        + case("fails: [heavy_tanks]", "tanks: [{full: true, mass: 100 kg}]")
        + case("undetermined: [heavy_tanks]", "open: true"),
    )
    found = seen(report, "rule small.heavy_tanks")
    assert {"when.0.1 deciding", "when.0.1 at", "when.0.1 above", "when.0.0 false", "when unknown"} <= found
    assert "when.0.0 deciding" not in found


def test_listed_findings_speak_of_every_rule_of_the_pack_but_not_of_what_is_unknown(tmp_path: Path) -> None:
    """`findings: []` tells a rule that holds from one that does not, and no more."""
    report = covered(tmp_path, case("findings: []", "kind: hall, people: 50, open: false"))
    assert {"failed", "when.1 at"} <= seen(report, "rule small.crowded_hall")
    assert seen(report, "rule small.heavy_tanks") == set()


def test_levels_and_actions_count_where_they_are_stated(tmp_path: Path) -> None:
    """In a finding, or for the case as a whole where one rule alone settles it."""
    facts = "kind: hall, people: 51, open: false"
    named = covered(tmp_path / "a", case("holds: [crowded_hall]", facts))
    assert not {"level", "action_close"} & seen(named, "rule small.crowded_hall")
    stated = covered(tmp_path / "b", case("findings: [{rule: crowded_hall, level: major, actions: [close]}]", facts))
    assert {"level", "action_close"} <= seen(stated, "rule small.crowded_hall")
    whole = covered(tmp_path / "c", case("level: major, actions: [close]", facts))
    assert {"level", "action_close"} <= seen(whole, "rule small.crowded_hall")


def test_dates_count_where_the_rule_matches(tmp_path: Path) -> None:
    """The day before with facts that do not matter shows nothing."""
    hall = "kind: hall, people: 51"
    idle = covered(tmp_path / "a", case("fails: [crowded_hall]", "kind: shop, people: 1", "2020-06-30"))
    assert seen(idle, "dates small") == set()
    report = covered(
        tmp_path / "b",
        case("not_in_force: [crowded_hall]", hall, "2020-06-30") + case("holds: [crowded_hall]", hall, "2020-07-01"),
    )
    assert seen(report, "dates small") == {"from.2020-07-01 day_before", "from.2020-07-01 first_day"}


def test_formatting_changes_no_name(tmp_path: Path) -> None:
    """Lines move, obligations do not."""
    one = covered(tmp_path / "a", "")
    other = covered(
        tmp_path / "b",
        "",
        line=("    when: kind == hall and people > 50\n", "    when: >-\n      kind == hall\n      and people > 50\n"),
    )
    assert [item.id for item in one.obligations] == [item.id for item in other.obligations]
    assert one.obligations[-1].span != other.obligations[-1].span


def run(*arguments: str) -> Any:
    """Run a command."""
    return CliRunner().invoke(main, [*arguments, "--lang", "en"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A rulebook with one case."""
    return write(tmp_path / "rules", case("holds: [crowded_hall]", "kind: hall, people: 51").replace("a case", "a <hall>"))


def test_the_command_shows_the_table_and_what_is_open(folder: Path) -> None:
    """With the words of the condition."""
    done = run("test", str(folder), "--coverage")
    assert done.exit_code == 0, done.output
    assert "people > 50: false, unknown, deciding, below, exactly at" in done.output
    assert "small" in done.output


def test_the_score_can_be_demanded(folder: Path) -> None:
    """Exit 1 under it, 0 from it on."""
    assert run("test", str(folder), "--fail-under", "90").exit_code == 1
    assert run("test", str(folder), "--fail-under", "5").exit_code == 0


def test_the_reports(folder: Path, tmp_path: Path) -> None:
    """JSON with every obligation; a page that needs no network and shows the rule file."""
    done = run("test", str(folder), "--html", str(tmp_path / "c.html"), "--json", str(tmp_path / "c.json"))
    assert done.exit_code == 0, done.output
    data = json.loads((tmp_path / "c.json").read_text("utf-8"))
    assert data["format"] == "hazardrules-coverage-1"
    assert data["total"] == len(data["obligations"])
    assert data["covered"] == sum(item["case"] is not None for item in data["obligations"])
    held = next(item for item in data["obligations"] if item["id"] == "rule small.crowded_hall held")
    assert held["case"] == "all/small.cases.yaml:1"
    page = (tmp_path / "c.html").read_text("utf-8")
    assert "people &gt; 50" in page
    assert "http" not in page
    assert 'class="none"' in page
    assert 'class="some"' in page


def test_the_shipped_law_is_measured() -> None:
    """One sector; nothing is covered twice or lost."""
    book = hazardrules.load()
    report = measure(book, run_cases(book, RULES / "fire", keyword="three_in_one").results, ["fire.three_in_one"])
    assert report.score > 80
    assert len({item.id for item in report.obligations}) == report.total
    assert sum(count.total for count in report.groups.values()) == report.total
