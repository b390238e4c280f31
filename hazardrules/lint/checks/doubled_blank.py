"""HR512: two blanks in a row, or a blank between Chinese characters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

CHINESE = "\u3400-\u9fff，。；：、？！（）《》"
BLANK = re.compile(rf"(?<=\S)[ \u3000]{{2,}}(?=\S)|(?<=[{CHINESE}])[ \u3000]+(?=[{CHINESE}])")
BETWEEN = re.compile(rf"[{CHINESE}]")


def check(material: Material, findings: Collector) -> None:
    """Line breaks of the file are YAML's business."""
    for said in material.texts:
        for _, scalar in said:
            for found in BLANK.finditer(scalar.text):
                place = scalar.part(*found.span())
                if material.words(place).strip(" \u3000"):
                    continue  # the blank is where the author broke the line
                chinese = BETWEEN.match(scalar.text[found.start() - 1]) and BETWEEN.match(scalar.text[found.end()])
                edits = material.replaced(place, "" if chinese else " ")
                findings.report(512, place, name=said.owner, edits=edits)
