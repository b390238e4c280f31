"""The two pages for people who have never programmed: what they show is what a reader will see."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hazardrules
from hazardrules.render.diagnostics import render_diagnostics
from hazardrules.testing.runner import run_cases

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"zh": DOCS / "first-rule.zh.md", "en": DOCS / "first-rule.md"}
FILE = re.compile(r"```yaml\n# (\S+\.yaml)\n(.*?)```", re.DOTALL)
MISTAKE = re.compile(r"<!-- mistake: (.*?) -> (.*?) -->\n```text\n(.*?)```", re.DOTALL)


def written(text: str) -> str:
    """A line of the page that cannot stand in a comment as it is: ⏎ is a line end, ␠ a blank."""
    return text.replace("⏎", "\n").replace("␠", " ")


def mistakes() -> list[tuple[str, str, str, str]]:
    """Every mistake of both pages: language, right, wrong, what is shown."""
    return [
        (lang, written(right), written(wrong), shown)
        for lang, page in PAGES.items()
        for right, wrong, shown in MISTAKE.findall(page.read_text("utf-8"))
    ]


def write_files(lang: str, folder: Path) -> None:
    """The files that the page tells its reader to save."""
    for name, content in FILE.findall(PAGES[lang].read_text("utf-8")):
        (folder / name).write_text(content, "utf-8")


def diagnose(folder: Path, lang: str) -> str:
    """What `hazardrules check` shows."""
    found = hazardrules.check(folder)
    sources = {path.name: path.read_text("utf-8") for path in folder.glob("*.yaml")}
    return render_diagnostics(found, sources, "text", lang)


@pytest.mark.parametrize("lang", PAGES)
def test_the_rulebook_of_the_page_is_clean_and_its_cases_pass(lang: str, tmp_path: Path) -> None:
    """A reader who copies the three files gets no message and four passed cases."""
    write_files(lang, tmp_path)
    assert diagnose(tmp_path, lang) == ""
    report = run_cases(hazardrules.load(tmp_path), tmp_path)
    assert report.passed
    assert len(report.results) == 4


@pytest.mark.parametrize("lang", PAGES)
def test_the_page_shows_many_mistakes(lang: str) -> None:
    """So that an empty match is noticed."""
    assert len([found for found in mistakes() if found[0] == lang]) >= 9


@pytest.mark.parametrize(("lang", "right", "wrong", "shown"), mistakes())
def test_a_mistake_gives_the_message_that_the_page_shows(lang: str, right: str, wrong: str, shown: str, tmp_path: Path) -> None:
    """Word for word."""
    write_files(lang, tmp_path)
    pack = tmp_path / "rental.yaml"
    text = pack.read_text("utf-8")
    assert text.count(right) == 1
    pack.write_text(text.replace(right, wrong), "utf-8")
    assert diagnose(tmp_path, lang) == shown.rstrip("\n")


@pytest.mark.parametrize("lang", PAGES)
def test_the_limit_written_with_the_wrong_sign_is_caught_by_the_case_at_the_limit(lang: str, tmp_path: Path) -> None:
    """The rule file has no fault that a check could find; the case has."""
    write_files(lang, tmp_path)
    pack = tmp_path / "rental.yaml"
    pack.write_text(pack.read_text("utf-8").replace("> 10", ">= 10"), "utf-8")
    assert diagnose(tmp_path, lang) == ""
    report = run_cases(hazardrules.load(tmp_path), tmp_path)
    assert [result.case.name for result in report.failed] == [report.results[1].case.name]
