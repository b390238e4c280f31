"""Classifications and explanations as text, against golden texts; `make snapshots` rewrites them."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from demo import write_demo

from hazardrules.api import Rulebook, load
from hazardrules.render.classification import render_classification
from hazardrules.render.diagnostics import display_width
from hazardrules.render.explanation import render_explanation
from hazardrules.render.labels import Labels
from hazardrules.render.layout import Page

if TYPE_CHECKING:
    from hazardrules.model.results import Classification

SNAPSHOTS = Path(__file__).parents[1] / "snapshots" / "text"
DAY = date(2021, 12, 2)
CASES: dict[str, dict[str, object]] = {
    "nothing_known": {},
    "open": {"people_lodged": 12, "uses": ["lodging", "business"], "lodging.separated": False},
    "findings": {
        "people_lodged": 25,
        "uses": ["lodging", "production"],
        "lodging.separated": False,
        "alarm_installed": False,
        "floor_area": "420 m²",
        "resistance_class": 3,
        "cylinders": [{"contents": "lpg", "capacity": 15}, {"contents": "lpg"}],
    },
    "relieved": {
        "people_lodged": 6,
        "uses": ["lodging", "storage"],
        "lodging.separated": False,
        "alarm_installed": False,
        "floor_area": 200,
        "separation_difficult": True,
    },
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    """The small rulebook."""
    return load(write_demo(tmp_path_factory.mktemp("demo")))


def answer(book: Rulebook, name: str, lang: str) -> Classification:
    """The answer for one of the cases."""
    facts = {"name": name.replace("_", " "), "premises": CASES[name]}
    return book.classify(facts, as_of=DAY, jurisdiction="XX-N", lang=lang, complete=name == "relieved")


def matches(name: str, text: str) -> None:
    """Compare with the golden text, or write it."""
    path = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", "utf-8")
    assert path.read_text("utf-8") == text + "\n"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", CASES)
def test_an_answer_reads_as_its_golden_text(book: Rulebook, name: str, lang: str) -> None:
    """Level, what to do, why, what stays open."""
    matches(
        f"classification_{name}_{lang}",
        _without_digest(render_classification(answer(book, name, lang), book.compiled.source), book),
    )


def _without_digest(page: Page, book: Rulebook) -> str:
    return page.text(100).replace(book.digest[:12], "(digest)")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("rule", ["fire.lodging.no_alarm", "fire.lodging.too_many_lodgers", "fire.lodging.combined_failings"])
@pytest.mark.parametrize("name", ["open", "relieved"])
def test_an_explanation_reads_as_its_golden_text(book: Rulebook, name: str, rule: str, lang: str) -> None:
    """Why, why not, and what is missing."""
    found = book.explain({"premises": CASES[name]}, rule, as_of=DAY, lang=lang)
    page = render_explanation(found, book.compiled.source, lang, kind="premises")
    matches(f"explanation_{name}_{rule.rsplit('.', 1)[1]}_{lang}", page.text(100))


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", CASES)
def test_no_line_is_wider_than_the_terminal(book: Rulebook, name: str, lang: str, width: int) -> None:
    """Chinese characters take two columns; the border is as wide as it is."""
    page = render_classification(answer(book, name, lang), book.compiled.source, verbose=True)
    for line in page.text(width).splitlines():
        if " " in line.strip():
            assert display_width(line) <= width, line


def test_verbose_shows_no_less(book: Rulebook) -> None:
    """Nothing that the short form says is missing from the long one."""
    found = answer(book, "findings", "en")
    long = render_classification(found, book.compiled.source, verbose=True).text(120)
    assert "--verbose" not in long
    assert all(finding.title in long for finding in found.findings)


def test_ids_of_facts_do_not_appear(book: Rulebook) -> None:
    """People read labels."""
    for name in CASES:
        text = render_classification(answer(book, name, "en"), book.compiled.source).text(100)
        for fact in ("people_lodged", "floor_area", "alarm_installed", "separation_difficult", "lodging.separated"):
            assert fact not in text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "premises"),
        ("floor_area", "floor area"),
        ("lodging.separated", "lodging fully separated"),
        ("cylinders", "gas cylinders"),
        ("cylinders[1]", "gas cylinders[1]"),
        ("cylinders[1].capacity", "gas cylinders[1]: capacity"),
        ("cylinders[1].owner.floor_area", "floor area"),
        ("is_combined_use", "combined premises"),
        ("nothing.known", "nothing.known"),
    ],
)
def test_a_path_is_read_by_its_labels(book: Rulebook, path: str, words: str) -> None:
    """Step by step; what has no label keeps its name."""
    assert Labels(book.compiled.source, "en").path("premises", path) == words


def test_chinese_is_wrapped_between_characters_but_not_before_a_closing_mark() -> None:
    """A line does not begin with a comma."""
    page = Page()
    page.line("住宿与非住宿部分应完全分隔，" * 9, indent=2)
    lines = page.text(40).splitlines()
    assert len(lines) > 1
    assert not any(line.lstrip().startswith("，") for line in lines)
    assert "".join(line.strip() for line in lines) == "住宿与非住宿部分应完全分隔，" * 9


def test_a_word_longer_than_the_line_is_cut() -> None:
    """Rather than running over the edge."""
    page = Page()
    page.line("x" * 130)
    assert [len(line.strip()) for line in page.text(50).splitlines()] == [50, 48, 32]
