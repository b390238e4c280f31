"""The rulebook that comes with the library: clean, and right by its own cases in every engine."""

from __future__ import annotations

import pytest

import hazardrules
from hazardrules.api import usable_engines
from hazardrules.folders import shipped_rules
from hazardrules.testing.runner import run_cases


@pytest.fixture(scope="module")
def book() -> hazardrules.Rulebook:
    return hazardrules.load()


def test_the_shipped_rulebook_has_no_diagnostics() -> None:
    """Not even a warning."""
    assert [str(found.short("en")) for found in hazardrules.check()] == []


@pytest.mark.parametrize("engine", usable_engines())
def test_every_case_of_the_shipped_rulebook_passes(book: hazardrules.Rulebook, engine: str) -> None:
    """Levels, findings, reasons, actions and missing facts are exactly those of the cases."""
    report = run_cases(book, shipped_rules(), engine=engine)
    assert report.results
    assert [f"{failed.case.place}: {failed.differences[0]}" for failed in report.failed] == []


def test_every_rule_of_the_shipped_rulebook_is_met_by_cases_from_both_sides(book: hazardrules.Rulebook) -> None:
    """Each rule holds in some case (perhaps displaced) and fails in another; what no fact can settle is left out."""
    held: set[str] = set()
    failed: set[str] = set()
    by_kind: dict[str, set[str]] = {}
    for name, rule in book.compiled.rules.items():
        by_kind.setdefault(rule.on, set()).add(name)
    from hazardrules.intake import Case
    from hazardrules.testing.case_files import find_case_files, read_case_file

    for path in find_case_files(shipped_rules()):
        for case in read_case_file(path, book).cases:
            submitted = Case(
                book.intake.find_subject(case.subject), case.data, case.as_of, case.jurisdiction, case.complete, None, ""
            )
            inquiry = book.inquire(submitted, packs=case.packs)
            for verdict in inquiry.verdicts:
                seen = by_kind.get(verdict.instance.kind, set())
                held.update(verdict.holds)
                failed.update(seen - set(verdict.holds) - set(verdict.undetermined))
                displaced = (n for n in inquiry.plan.overriders if n in seen)
                held.update(n for n in displaced if n not in held and inquiry.evaluator.matches(verdict.instance, n) is True)
    settled = {
        name
        for name, rule in book.compiled.rules.items()
        if not rule.unread and not (rule.row and not rule.level and not rule.actions)
    }
    assert sorted(settled - held) == []
    assert sorted(settled - failed) == []
