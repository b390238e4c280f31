"""Draw the picture of the README: the answer to `examples/workshop.yaml` as a terminal shows it.

Run it in a checkout, after `pip install -e .`: `python docs/images/draw.py`.
"""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console
from rich.text import Text

import hazardrules
from hazardrules.intake import load_cases_file
from hazardrules.render.classification import render_classification
from hazardrules.render.layout import STYLES

ROOT = Path(__file__).parents[2]
WIDTH = 100
PICTURES = {"en": "classify.svg", "zh": "classify.zh.svg"}


def draw(lang: str) -> str:
    """The answer in a language, as SVG."""
    book = hazardrules.load(ROOT / "rules")
    (case,) = load_cases_file(ROOT / "examples" / "workshop.yaml", book.intake)
    page = render_classification(book.classify(case, lang=lang), book.compiled.source)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for row in page.rows(WIDTH):
        console.print(Text.assemble(*((text, STYLES.get(style, "")) for text, style in row)), no_wrap=True, crop=False)
    return console.export_svg(title="hazardrules classify examples/workshop.yaml", unique_id=f"hazardrules-{lang}")


if __name__ == "__main__":
    for language, name in PICTURES.items():
        (ROOT / "docs" / "images" / name).write_text(draw(language), "utf-8")
