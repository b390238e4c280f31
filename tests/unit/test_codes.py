"""Every code of the table has its page, its bad example, and golden texts in both languages.

`UPDATE_SNAPSHOTS=1` rewrites the golden texts and the output shown on the pages.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hazardrules.diagnostics import CODES
from hazardrules.folders import compile_folder
from hazardrules.lint import fix_folder, lint_folder
from hazardrules.render.diagnostics import render_diagnostics
from hazardrules.syntax.folder import source_texts
from hazardrules.wording import LANGUAGES, say

if TYPE_CHECKING:
    from hazardrules.diagnostics import Code, Diagnostic

TESTS = Path(__file__).resolve().parents[1]
PAGES = TESTS.parent / "docs" / "codes"
BASE = TESTS / "bad" / "base"
LINT_BASE = TESTS / "bad" / "lint_base"
"""A rulebook in which the linter finds nothing."""
SNAPSHOTS = TESTS / "snapshots" / "codes"
SECTIONS = ["What it means", "Example", "Write instead", "Why", "Since"]
UPDATE = bool(os.environ.get("UPDATE_SNAPSHOTS"))
NOT_UTF8 = 101
_BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)

each_code = pytest.mark.parametrize("code", CODES.values(), ids=str)
each_lint_code = pytest.mark.parametrize("code", [code for code in CODES.values() if code.tool == "lint"], ids=str)


def bad_example(code: Code) -> Path:
    """The file that shows the mistake."""
    return TESTS / "bad" / f"{code}-{code.slug}.yaml"


def laid_over(content: bytes, folder: Path, base: Path = BASE) -> Path:
    """The good rulebook with one more file, whose first line names its place; the path of that file."""
    place = content.split(b"\n", 1)[0].decode().removeprefix("# ")
    shutil.copytree(base, folder)
    (folder / place).write_bytes(content)
    return folder / place


def checked(content: bytes, folder: Path, code: Code = CODES[101]) -> list[Diagnostic]:
    """What is said of the good rulebook with one more file by the tool that finds a code."""
    if code.tool == "lint":
        laid_over(content, folder, LINT_BASE)
        report = lint_folder(folder)
        return [*compile_folder(folder)[1], *report.errors, *report.findings]
    laid_over(content, folder)
    return compile_folder(folder)[1]


def page_sections(code: Code) -> dict[str, str]:
    """The sections of a code's page."""
    parts = re.split(r"^## (.+)\n", (PAGES / f"{code}.md").read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def blocks(text: str, kind: str) -> list[str]:
    """The blocks of a kind in a section."""
    return [block for name, block in _BLOCK.findall(text) if name == kind]


def test_the_rulebook_that_the_examples_are_laid_over_is_clean() -> None:
    """Whatever an example shows, it shows alone."""
    assert compile_folder(BASE)[1] == []
    assert compile_folder(LINT_BASE)[1] == []
    assert lint_folder(LINT_BASE).findings == ()


@each_code
def test_the_bad_example_shows_its_code_and_no_other(code: Code, tmp_path: Path) -> None:
    """One mistake, one message."""
    found = checked(bad_example(code).read_bytes(), tmp_path / "book", code)
    assert [str(diagnostic.code) for diagnostic in found] == [str(code)]


@each_code
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_message_is_the_golden_text(code: Code, lang: str, tmp_path: Path) -> None:
    """Words, place and hint are those that somebody has read and approved."""
    found = checked(bad_example(code).read_bytes(), tmp_path / "book", code)
    files = {span.file for one in found for span in (one.span, *(related.span for related in one.related))}
    text = render_diagnostics(found, source_texts(tmp_path / "book", files), "text", lang) + "\n"
    golden = SNAPSHOTS / f"{code}.{lang}.txt"
    if UPDATE:
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, "utf-8")
        if lang == "en":
            page = PAGES / f"{code}.md"
            written = page.read_text("utf-8")
            page.write_text(re.sub(r"```text\n.*?```", lambda _: f"```text\n{text}```", written, flags=re.DOTALL), "utf-8")
    assert golden.read_text("utf-8") == text


@each_code
def test_the_page_of_a_code_has_every_section_and_shows_the_example_with_its_message(code: Code) -> None:
    """The page is what a search for the code finds."""
    sections = page_sections(code)
    assert list(sections) == SECTIONS
    encoding = "gbk" if code.number == NOT_UTF8 else "utf-8"
    example = bad_example(code).read_bytes().decode(encoding)
    assert blocks(sections["Example"], "yaml") == [example]
    assert blocks(sections["Example"], "text") == [(SNAPSHOTS / f"{code}.en.txt").read_text("utf-8")]
    assert sections["Since"].strip() == code.since
    text = (PAGES / f"{code}.md").read_text("utf-8")
    assert text.startswith(f"# {code} {code.slug}\n")
    assert say("zh", f"{code}.summary") in text


@each_code
def test_what_is_to_be_written_instead_is_clean(code: Code, tmp_path: Path) -> None:
    """The cure brings no illness of its own."""
    (block,) = blocks(page_sections(code)["Write instead"], "yaml")
    assert checked(block.encode(), tmp_path / "book", code) == []


@each_lint_code
def test_what_the_linter_mends_becomes_what_is_to_be_written_instead(code: Code, tmp_path: Path) -> None:
    """Where it says that it can; elsewhere it changes nothing."""
    place = laid_over(bad_example(code).read_bytes(), tmp_path / "book", LINT_BASE)
    report = fix_folder(tmp_path / "book")
    (better,) = blocks(page_sections(code)["Write instead"], "yaml")
    assert place.read_text("utf-8") == (better if code.fixable else bad_example(code).read_text("utf-8"))
    assert [str(fixed.code) for fixed in report.fixed] == ([str(code)] if code.fixable else [])
    assert report.refused == ()


@each_lint_code
def test_a_page_of_the_linter_names_the_command(code: Code) -> None:
    """And says whether it mends it."""
    text = (PAGES / f"{code}.md").read_text("utf-8")
    assert "Found by `hazardrules lint`." in text
    assert ("`hazardrules lint --fix` mends it." in text) == code.fixable


def found_as(code: Code) -> str:
    """How grave a code is, or that the linter finds it and perhaps mends it."""
    return code.severity if code.tool == "check" else "lint, fix" if code.fixable else "lint"


def test_the_index_lists_every_code_with_its_summaries() -> None:
    """A row per code, in order."""
    rows = [line for line in (PAGES / "README.md").read_text("utf-8").splitlines() if line.startswith("| [HR")]
    assert rows == [
        f"| [{code}]({code}.md) | `{code.slug}` | {found_as(code)} | {say('en', f'{code}.summary')} | {say('zh', f'{code}.summary')} |"
        for code in CODES.values()
    ]


def test_no_page_example_or_golden_text_outlives_its_code() -> None:
    """Nothing is left of codes that are gone."""
    codes = {str(code) for code in CODES.values()}
    assert {path.stem for path in PAGES.glob("HR*.md")} == codes
    assert {path.name for path in (TESTS / "bad").glob("*.yaml")} == {bad_example(code).name for code in CODES.values()}
    assert {path.name for path in SNAPSHOTS.iterdir()} == {f"{code}.{lang}.txt" for code in codes for lang in LANGUAGES}


HEAD = """\
# fire/extra.yaml
pack: fire.extra
label: {zh: 补充规则, en: further rules}
law: xx-lodging-2020
on: premises
scale: hazard
"""
RULE = """\
rules:
  - id: crowded
    clause: "3"
    text: {zh: 住宿人数过多, en: too many people lodged}
    when: people_lodged > limit
    level: major
"""
LIMIT = """\
parameters:
  limit:
    - {from: 2020-07-01, until: 2023-01-01, value: 20, clause: "3"}
    - {from: 2023-01-01, value: 10, clause: "3"}
"""
WHOLE = HEAD + LIMIT + RULE


def messages(text: str, folder: Path) -> list[str]:
    """What is said about a pack beside the good rulebook."""
    return [found.short("en").split(": ", 1)[1] for found in checked(text.encode(), folder)]


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("pack: fire", "pakc: fire", "HR107 unknown key `pakc` in a pack"),
        ("on: premises", "on: premise", "HR207 unknown subject `premise`"),
        ("scale: hazard", "scle: hazard", "HR107 unknown key `scle` in a pack"),
        ('clause: "3"\n    text', 'cluase: "3"\n    text', "HR107 unknown key `cluase` in a rule"),
        ("{zh: 住宿人数过多, en:", "{zh: 住宿人数过多, enn:", "HR107 unknown key `enn` in `text`"),
        ("until: 2023-01-01", "untill: 2023-01-01", "HR107 unknown key `untill` in a parameter"),
        ("until: 2023-01-01, ", "", "HR405 two values are in force on 2023-01-01"),
        ("people_lodged > limit", "people_lodgd > limit", "HR201 undeclared fact `people_lodgd`"),
        ("people_lodged > limit", "people_lodged > 10 peple", "HR205 unknown unit `peple`"),
        ("> limit", "> last_inspection", "HR203 `people_lodged` is a plain number and `last_inspection` is a date, so they cannot be compared"),
        ("people_lodged > limit", "uses in {lodging}", "HR203 a set is not one of some values; it may share some with them"),
        ("level: major", "leve: major", "HR107 unknown key `leve` in a rule"),
    ],
)  # fmt: skip
def test_one_slip_is_reported_once(right: str, wrong: str, said: str, tmp_path: Path) -> None:
    """What follows from a slip that was reported is not reported again."""
    assert messages(WHOLE, tmp_path / "good") == []
    assert right in WHOLE
    assert messages(WHOLE.replace(right, wrong, 1), tmp_path / "book") == [said]


@pytest.mark.parametrize(
    ("right", "wrong", "variant"),
    [
        ("when: people", "\twhen: people", "tab"),
        ("{zh: 住宿人数过多, en: too many people lodged}", "{zh: 住宿人数过多, en: too many people lodged", "bracket"),
        ("when: people_lodged", "when: people: lodged", "colon"),
        ("    level: major", "   level: major", "indent"),
        ("level: major", "level\n    actions: []", "no_colon"),
        ("when: people_lodged > limit", "when: 'people_lodged > limit", "quote"),
    ],
)
def test_a_fault_of_the_yaml_is_said_without_the_words_of_a_parser(right: str, wrong: str, variant: str, tmp_path: Path) -> None:
    """In both languages."""
    (found,) = checked(WHOLE.replace(right, wrong, 1).encode(), tmp_path / "book")
    assert found.key == f"HR102.{variant}"


@pytest.mark.parametrize(
    ("dates", "keys"),
    [
        ("{from: 2020-07-01}", []),
        ("{from: unknown, in_force_by: 2020-07-01}", []),
        ("{from: 2020-06-30}", ["HR406.early"]),
        ("{from: unknown, in_force_by: 2020-06-30}", ["HR406.early"]),
    ],
)
def test_a_pack_is_in_force_within_the_days_of_its_instrument(dates: str, keys: list[str], tmp_path: Path) -> None:
    """Said once for a pack, not for each of its rules."""
    text = WHOLE.replace("scale: hazard", f"scale: hazard\neffective: {dates}")
    assert [found.key for found in checked(text.encode(), tmp_path / "book")] == keys


def test_a_rule_does_not_outlive_its_instrument(tmp_path: Path) -> None:
    """The first day out of force is a border as well."""
    law = (BASE / "law" / "xx-lodging-2020.yaml").read_text("utf-8").replace("2020-07-01}", "2020-07-01, until: 2025-01-01}")
    for dates, keys in (("{until: 2025-01-01}", []), ("{until: 2025-01-02}", ["HR406.late"])):
        folder = tmp_path / dates
        shutil.copytree(BASE, folder)
        (folder / "law" / "xx-lodging-2020.yaml").write_text(law, "utf-8")
        (folder / "fire" / "extra.yaml").write_text(f"{WHOLE}    effective: {dates}\n", "utf-8")
        assert [found.key for found in compile_folder(folder)[1]] == keys


def test_a_rulebook_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    """No rulebook is refused without a message."""
    folder = tmp_path / "book"
    shutil.copytree(BASE, folder)
    file = folder / "rulebook.yaml"
    file.write_text(file.read_text("utf-8").split("jurisdictions:")[0] + "jurisdictions: {}\n", "utf-8")
    compiled, found = compile_folder(folder)
    assert compiled is None
    assert [diagnostic.key for diagnostic in found] == ["HR110"]
