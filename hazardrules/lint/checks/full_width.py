"""HR510: full-width punctuation in an English text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

HALF = {"，": ", ", "；": "; ", "：": ": ", "？": "? ", "！": "! ", "（": " (", "）": ") ", "。": ". ", "、": ", ", "％": "%"}
MARK = re.compile(rf"[{''.join(HALF)}]")
CHINESE = "\u3400-\u9fff"
QUOTED = re.compile(rf"[{CHINESE}《》「」，；：？！（）。、]*[{CHINESE}《》「」][{CHINESE}《》「」，；：？！（）。、]*")


def check(material: Material, findings: Collector) -> None:
    """What stands within quoted Chinese is left alone; blanks are put where English has them, and nowhere twice."""
    for said in material.texts:
        scalar = said.texts.get("en")
        if scalar is None:
            continue
        text = QUOTED.sub(lambda found: " " * len(found.group()), scalar.text)
        for found in MARK.finditer(text):
            better = HALF[found.group()]
            before, after = text[: found.start()][-1:], text[found.end() :][:1]
            better = better.lstrip() if not before or before.isspace() else better
            better = better.rstrip() if not after or not (after.isalnum() or after == "(") else better
            place = scalar.part(*found.span())
            edits = material.replaced(place, better)
            findings.report(510, place, name=said.owner, mark=found.group(), better=better.strip(), edits=edits)
