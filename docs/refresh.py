"""Write again what the pages show of the library: pictures, answers, a rule, messages. A test compares the texts.

Run it in a checkout, after `pip install -e '.[test]'`: `python docs/refresh.py`. It writes the README files, the pages
on the first rule and on linting, the pages of `docs/law/`, and the pictures in `docs/images/`.
"""

# ruff: noqa: INP001 - a script beside the pages
from __future__ import annotations

import io
import re
import tempfile
from functools import cache
from pathlib import Path

from rich.console import Console
from rich.text import Text

import hazardrules
from hazardrules.intake import load_cases_file
from hazardrules.render.classification import render_classification
from hazardrules.render.diagnostics import render_diagnostics
from hazardrules.render.labels import Labels
from hazardrules.render.law_pages import law_pages
from hazardrules.render.layout import Page, rich_style
from hazardrules.testing.runner import run_cases
from hazardrules.wording import say

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 100
PICTURED = 50
"""Lines of the picture."""
FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""rich lets pictures load a font from the network; ours use the reader's own."""
PICTURES = {"en": "classify.svg", "zh": "classify.zh.svg"}
LAW = {"en": ROOT / "docs" / "law", "zh": ROOT / "docs" / "law" / "zh"}
READMES = (ROOT / "README.md", ROOT / "README.zh.md")
SHOWING = (*READMES, ROOT / "docs" / "linting.md")
"""Pages that show files and answers."""
FIRST_RULE = {"zh": ROOT / "docs" / "first-rule.zh.md", "en": ROOT / "docs" / "first-rule.md"}

SHOWN = re.compile(r"<!-- (output|rule|file): (.*?) -->\n```(\w+)\n.*?```", re.DOTALL)
FILE = re.compile(r"```yaml\n(# (\S+\.yaml)\n.*?)```", re.DOTALL)
MISTAKE = re.compile(r"<!-- (mistake|failing): (.*?) -> (.*?) -->\n```text\n(.*?)```", re.DOTALL)


@cache
def book() -> hazardrules.Rulebook:
    """The rulebook of this checkout."""
    return hazardrules.load(ROOT / "rules")


def answer(facts: str, lang: str) -> Page:
    """What `hazardrules classify` shows for a file of facts."""
    (case,) = load_cases_file(ROOT / facts, book().intake)
    return render_classification(book().classify(case, lang=lang), book().compiled.source)


def excerpt(facts: str, lang: str, lines: str) -> str:
    """The first lines of an answer."""
    every = answer(facts, lang).text(WIDTH).split("\n")
    return "\n".join(every[: int(lines)] + (["…"] if len(every) > int(lines) else []))


def rule(file: str, name: str) -> str:
    """A rule as it stands in its file."""
    text = (ROOT / file).read_text("utf-8")
    found = re.search(rf"^  - id: {name}\n(?:    .*\n)+", text, re.MULTILINE)
    if found is None:
        raise LookupError(name)
    return re.sub("^  ", "", found.group(), flags=re.MULTILINE).rstrip("\n")


def shown(found: re.Match[str]) -> str:
    """A block of a README with its present content."""
    match found[1], found[2].split():
        case "output", [facts, lang, lines]:
            content = excerpt(facts, lang, lines)
        case "rule", [file, name]:
            content = rule(file, name)
        case _, [file]:
            content = (ROOT / file).read_text("utf-8").rstrip("\n")
        case _:
            raise LookupError(found[2])
    return f"<!-- {found[1]}: {found[2]} -->\n```{found[3]}\n{content}\n```"


def written(text: str) -> str:
    """A line that cannot stand in a comment as it is: ⏎ is a line end, ␠ a blank."""
    return text.replace("⏎", "\n").replace("␠", " ")


def write_files(lang: str, folder: Path) -> None:
    """The files that a page on the first rule tells its reader to save."""
    for content, name in FILE.findall(FIRST_RULE[lang].read_text("utf-8")):
        (folder / name).write_text(content, "utf-8")


def diagnose(folder: Path, lang: str) -> str:
    """What `hazardrules check` shows."""
    sources = {path.name: path.read_text("utf-8") for path in folder.glob("*.yaml")}
    return render_diagnostics(hazardrules.check(folder), sources, "text", lang, prefix="my-rules/")


def fail(folder: Path, lang: str) -> str:
    """What `hazardrules test` shows of the cases that fail."""
    words: list[str] = []
    for result in run_cases(hazardrules.load(folder), folder).failed:
        words.append(say(lang, "cli.failed_case", {"place": result.case.place, "name": result.case.name}))
        words += [
            say(lang, "cli.difference", {"thing": found.what, "expected": found.expected, "got": found.got})
            for found in result.differences
        ]
    return "\n".join(words)


def mistaken(lang: str, found: re.Match[str]) -> str:
    """A block of a page on the first rule: what is shown once a mistake is made in its pack."""
    kind, right, wrong = found[1], written(found[2]), written(found[3])
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_files(lang, folder)
        pack = folder / "rental.yaml"
        text = pack.read_text("utf-8")
        if text.count(right) != 1:
            raise LookupError(right)
        pack.write_text(text.replace(right, wrong), "utf-8")
        content = diagnose(folder, lang) if kind == "mistake" else fail(folder, lang)
    return f"<!-- {kind}: {found[2]} -> {found[3]} -->\n```text\n{content}\n```"


def refreshed(page: Path) -> str:
    """A page with everything it shows as it is now."""
    text = page.read_text("utf-8")
    lang = next((lang for lang, first in FIRST_RULE.items() if first == page), None)
    if lang is None:
        return SHOWN.sub(shown, text)
    return MISTAKE.sub(lambda found: mistaken(lang, found), text)


def law(lang: str) -> dict[str, str]:
    """The pages on the law, by file name."""
    source = book().compiled.source
    return law_pages(book().compiled, Labels(source, lang))


def picture(lang: str) -> str:
    """The answer for the workshop as a terminal shows it, as SVG."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    rows = list(answer("examples/workshop.yaml", lang).rows(WIDTH))
    for row in [*rows[:PICTURED], [("…", "dim")]]:
        console.print(Text.assemble(*((text, rich_style(style)) for text, style in row)), no_wrap=True, crop=False)
    drawn = console.export_svg(title="hazardrules classify examples/workshop.yaml", unique_id=f"hazardrules-{lang}")
    return FONT.sub("", drawn)


def main() -> None:
    """Refresh every page and picture."""
    for page in (*SHOWING, *FIRST_RULE.values()):
        page.write_text(refreshed(page), "utf-8")
    for lang, folder in LAW.items():
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.md"):
            old.unlink()
        for name, text in law(lang).items():
            (folder / name).write_text(text, "utf-8")
    for lang, name in PICTURES.items():
        (ROOT / "docs" / "images" / name).write_text(picture(lang), "utf-8")


if __name__ == "__main__":
    main()
