"""One meaning: every engine gives what is written in the cases, and what the reference gives elsewhere."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import agreement
import beside_tables
import contenders
from agreement import TOTAL, Tally
from contenders import CONTENDERS
from demo import write_demo

import hazardrules
from hazardrules.api import usable_engines
from hazardrules.folders import shipped_rules
from hazardrules.testing.runner import run_cases

ROOT = Path(__file__).resolve().parents[2]
TABLES = {f"columnar, {form}" for form in beside_tables.FORMS}
each_engine = pytest.mark.parametrize("engine", usable_engines())


@pytest.fixture(scope="module")
def law() -> hazardrules.Rulebook:
    """The shipped rulebook."""
    return hazardrules.load()


def shown(tally: Tally) -> str:
    """The tally; pytest shows it with `-s` or where the test fails."""
    text = "\n".join(tally.lines())
    print(text)
    return text


@each_engine
def test_the_shared_cases_have_their_written_outcome(engine: str, tmp_path: Path) -> None:
    """Those of the page on the rule language and of the examples: levels, findings, reasons, actions, missing facts."""
    for folder in (write_demo(tmp_path), ROOT / "examples" / "warehouse-abroad"):
        report = run_cases(hazardrules.load(folder), folder, engine=engine)
        assert report.results
        assert [(case.case.name, [str(one) for one in case.differences]) for case in report.failed] == []


def test_engines_agree_on_drawn_rulebooks() -> None:
    """Whatever the rules and the facts."""
    tally = agreement.on_drawn_rulebooks(TOTAL)
    assert tally.disagreements == [], shown(tally)
    assert set(tally.cases) == {*(one.name for one in CONTENDERS), *TABLES}
    assert all(tally.cases[one.name] >= TOTAL // one.every * 0.8 for one in CONTENDERS), shown(tally)
    shown(tally)


def test_engines_agree_on_the_law(law: hazardrules.Rulebook) -> None:
    """Its cases with less known, and with facts of one another; the cases as written are run in test_shipped_rules."""
    tally = agreement.on_the_law(law, shipped_rules(), TOTAL // 4)
    assert tally.disagreements == [], shown(tally)
    assert set(tally.cases) == {one.name for one in CONTENDERS}
    shown(tally)


def test_tables_agree_on_the_law(law: hazardrules.Rulebook) -> None:
    """Facts of its cases with gaps, as mappings and as Arrow tables, on days of change."""
    tally = agreement.on_the_law_in_tables(law, shipped_rules(), TOTAL // 12)
    assert tally.disagreements == [], shown(tally)
    assert set(tally.cases) == TABLES
    shown(tally)


@pytest.mark.parametrize("change", ["holds", "undetermined", "but_for", "unscoped"])
def test_a_single_wrong_rule_is_seen(change: str, tmp_path: Path) -> None:
    """The comparison is no better than what it looks at."""
    book = hazardrules.load(write_demo(tmp_path))
    day = book.compiled.breakpoints[-1]
    plan = book.compiled.in_force(day)
    (root, *_) = agreement.instances(book, agreement.shipped_cases(book, tmp_path))["premises"]

    def judge(*case: Any) -> list[Any]:
        told = []
        for verdicts in contenders.reference(*case):
            first, *others = verdicts
            names = set(getattr(first, change) or ()) ^ {plan.by_kind["premises"][0]}
            if change == "unscoped":
                scopes = agreement.open_scopes(*(case[0], verdicts[0].instance, case[2]), verdicts)[""]
                names = scopes ^ {first.undetermined[0]}
            told.append([replace(first, **{change: frozenset(names) if change == "unscoped" else tuple(sorted(names))}), *others])
        return told

    tally = Tally()
    agreement.compare(plan, [root], day, tally, [contenders.Contender("wrong", judge)], "a test")
    assert len(tally.disagreements) == 1
    agreement.compare(plan, [root], day, tally, [contenders.Contender("right", contenders.reference)], "a test")
    assert len(tally.disagreements) == 1
