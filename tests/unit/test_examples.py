"""Every example runs, and says what its page says it says."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

import hazardrules
from hazardrules.intake import load_cases_file
from hazardrules.testing.runner import run_cases

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
ABROAD = EXAMPLES / "warehouse-abroad"


@pytest.fixture(scope="module")
def national() -> hazardrules.Rulebook:
    """The rulebook that comes with the library."""
    return hazardrules.load(ROOT / "rules")


EXPECTED = {
    "workshop.yaml": (
        {"offence": "unlawful"},
        {
            "fire.three_in_one.no_alarm",
            "fire.three_in_one.not_fire_separated",
            "fire.three_in_one.window_bars",
            "fire.fire_law.dwelling_shared_below_standard",
            "fire.fire_law.escape_obstructed",
            "fire.sd_fire_2015.dwelling_not_separated",
        },
        {"stop_work", "rectify", "fine"},
    ),
    "lpg_shop.yaml": (
        {"hazard": "major", "offence": "unlawful"},
        {
            "gas.operator_major_hazards.no_gas_licence",
            "gas.regulation.no_gas_licence",
            "gas.regulation.filling_rules_broken",
            "gas.regulation.operator_stores_gas_unsafely",
            "gas.special_equipment_law.filling_without_licence",
            "gas.special_equipment_law.unfit_cylinder_used",
        },
        {"ban_activity", "stop_act", "fine", "eliminate_hazard"},
    ),
    "tipper.yaml": (
        {"offence": None},
        {
            "road.traffic_law.goods_overload_above_30",
            "road.over_limit.divisible_cargo",
            "road.over_limit.mass_fine",
            "road.demerit_2021.goods_overload.1",
        },
        {"unload_excess", "detain_vehicle", "fine", "demerit"},
    ),
    "coach.yaml": (
        {"offence": None},
        {
            "road.traffic_law.coach_overcrowded_above_20",
            "road.sd_expressway.coach_overcrowded_20_to_50",
            "road.demerit_2021.overcrowded.1",
        },
        {"transfer_passengers", "detain_vehicle", "fine", "demerit"},
    ),
}


def test_no_example_is_left_out() -> None:
    """Each file of facts has its expected answer."""
    assert {path.name for path in EXAMPLES.glob("*.yaml")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_has_the_levels_findings_and_actions_it_is_there_to_show(name: str, national: hazardrules.Rulebook) -> None:
    """The level on each scale, and at least the main findings and what follows from them."""
    levels, findings, actions = EXPECTED[name]
    (case,) = load_cases_file(EXAMPLES / name, national.intake)
    result = national.classify(case)
    assert {scale: result.levels[scale].level for scale in levels} == levels
    assert result.levels["offence"].at_least == "unlawful"
    assert findings <= {finding.rule for finding in result.findings}
    assert actions <= {action.action for action in result.actions}


def test_an_overfull_coach_is_at_least_unlawful_while_nobody_asked_how_fast_it_went(national: hazardrules.Rulebook) -> None:
    """What stays open is said with the facts that would settle it."""
    (case,) = load_cases_file(EXAMPLES / "coach.yaml", national.intake)
    result = national.classify(case)
    assert result.levels["offence"].at_least == "unlawful"
    missing = {
        fact for rule in result.undetermined if rule.level == "criminal" for group in rule.missing.to_hold for fact in group
    }
    assert "speed" in missing


def test_the_unlicensed_shop_is_no_major_hazard_before_the_standard_for_it_was_law(national: hazardrules.Rulebook) -> None:
    """The same facts in 2021: the rule is named as not yet in force."""
    (case,) = load_cases_file(EXAMPLES / "lpg_shop.yaml", national.intake)
    result = national.at(date(2021, 12, 2), "CN-SD-JN").classify(case)
    assert result.levels["hazard"].at_least == "none"
    assert "gas.operator_major_hazards.no_gas_licence" in {note.rule for note in result.not_in_force}


def test_the_library_example_runs_as_a_script() -> None:
    """It ends without an error and shows an answer, a refusal, an explanation and a table of cases."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "use_as_library.py")],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert '"status": 200' in done.stdout
    assert '"status": 422' in done.stdout
    assert "road.traffic_law.goods_overload_above_30: fails" in done.stdout
    assert "did you mean `approved_load`" in done.stdout
    assert "not read: load_mass" in done.stdout


def test_a_rulebook_of_three_files_loads_without_a_warning_and_passes_its_cases() -> None:
    """Declarations may stand in rulebook.yaml itself."""
    assert sorted(path.name for path in ABROAD.iterdir()) == ["rulebook.yaml", "warehouse.cases.yaml", "warehouse.yaml"]
    assert hazardrules.check(ABROAD) == []
    book = hazardrules.load(ABROAD)
    report = run_cases(book, ABROAD)
    assert report.passed
    assert len(report.results) == 7
    overloaded = {"floor_load": 600, "floor_load_limit": 500}
    assert book.classify(overloaded, subject="warehouse", as_of=date(2026, 3, 2)).levels["danger"].at_least == "defect"


def test_a_problem_in_an_inline_section_points_into_rulebook_yaml(tmp_path: Path) -> None:
    """A section of rulebook.yaml is checked like the file it stands for."""
    text = (ABROAD / "rulebook.yaml").read_text("utf-8")
    wrong = text.replace("type: date", "type: day").replace("severity: 4", "severity: 9")
    (tmp_path / "rulebook.yaml").write_text(wrong, "utf-8")
    (tmp_path / "warehouse.yaml").write_text((ABROAD / "warehouse.yaml").read_text("utf-8"), "utf-8")
    found = [(diagnostic.code.number, diagnostic.span.file) for diagnostic in hazardrules.check(tmp_path)]
    assert found.count((109, "rulebook.yaml")) == 2


def test_a_name_declared_inline_and_in_a_file_is_declared_twice(tmp_path: Path) -> None:
    """Both places count; neither wins in silence."""
    for path in ABROAD.glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    (tmp_path / "subjects").mkdir()
    (tmp_path / "subjects" / "rack.yaml").write_text(
        "subject: rack\nlabel: shelf\nfacts:\n  tall: {type: bool, label: tall}\n", "utf-8"
    )
    assert [diagnostic.code.number for diagnostic in hazardrules.check(tmp_path)] == [202]


def test_an_inline_list_of_subjects_must_be_a_list(tmp_path: Path) -> None:
    """The wrong shape is a diagnostic, not a crash."""
    text = (ABROAD / "rulebook.yaml").read_text("utf-8").split("subjects:")[0] + "subjects: warehouse\ninstruments:\n  - 3\n"
    (tmp_path / "rulebook.yaml").write_text(text, "utf-8")
    assert [diagnostic.code.number for diagnostic in hazardrules.check(tmp_path)] == [106, 106]
