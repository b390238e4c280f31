"""What the pages show is what a reader will see: code, answers, rules, messages, links."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hazardrules
from hazardrules.testing.runner import run_cases

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")
DIGEST = re.compile(r"[0-9a-f]{12}")


def load_refresh() -> ModuleType:
    """`docs/refresh.py`, which is no package."""
    spec = importlib.util.spec_from_file_location("refresh", DOCS / "refresh.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["refresh"] = module
    spec.loader.exec_module(module)
    return module


refresh = load_refresh()


@pytest.mark.parametrize("page", [*refresh.SHOWING, *refresh.FIRST_RULE.values()], ids=lambda page: page.name)
def test_a_page_is_fresh(page: Path) -> None:
    """Run `python docs/refresh.py` where this fails, and read the difference."""
    assert DIGEST.sub("digest", refresh.refreshed(page)) == DIGEST.sub("digest", page.read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    """Files and folders of this repository."""
    links = LINK.findall(page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("lang", refresh.LAW)
def test_the_pages_on_the_law_are_those_of_the_rules(lang: str) -> None:
    """Run `python docs/refresh.py` where this fails."""
    folder = refresh.LAW[lang]
    assert {page.name: page.read_text("utf-8") for page in folder.glob("*.md")} == refresh.law(lang)


@pytest.mark.parametrize("lang", refresh.PICTURES)
def test_the_picture_can_be_drawn(lang: str) -> None:
    """It is drawn by hand, since each change of a rule changes its digest."""
    assert refresh.picture(lang).startswith("<svg")
    assert (DOCS / "images" / refresh.PICTURES[lang]).is_file()


@pytest.mark.parametrize("lang", refresh.FIRST_RULE)
def test_a_reader_who_copies_the_three_files_gets_no_message_and_four_passed_cases(lang: str, tmp_path: Path) -> None:
    """The rulebook of the page on the first rule."""
    refresh.write_files(lang, tmp_path)
    assert refresh.diagnose(tmp_path, lang) == ""
    report = run_cases(hazardrules.load(tmp_path), tmp_path)
    assert report.passed
    assert len(report.results) == 4


@pytest.mark.parametrize("lang", refresh.FIRST_RULE)
def test_each_mistake_of_the_page_gives_one_message(lang: str) -> None:
    """And the page shows many."""
    mistakes = refresh.MISTAKE.findall(refresh.FIRST_RULE[lang].read_text("utf-8"))
    assert len(mistakes) >= 9
    for kind, _, _, shown in mistakes:
        assert shown.count("[HR") == (kind == "mistake")


@pytest.mark.parametrize("lang", refresh.FIRST_RULE)
def test_a_limit_with_the_wrong_sign_is_caught_by_the_case_at_the_limit_alone(lang: str) -> None:
    """The rule file has no fault that a check could find; the case has."""
    (shown,) = [
        found[3] for found in refresh.MISTAKE.findall(refresh.FIRST_RULE[lang].read_text("utf-8")) if found[0] == "failing"
    ]
    assert shown.count("rental.cases.yaml:") == 1
