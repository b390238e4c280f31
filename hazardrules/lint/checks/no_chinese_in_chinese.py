"""HR508: a Chinese text without a Chinese character."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

CHINESE = re.compile(r"[\u3400-\u9fff]")
WORD = re.compile(r"[a-z]{3,}")


def check(material: Material, findings: Collector) -> None:
    """Abbreviations in capitals and numbers stand for themselves."""
    for said in material.texts:
        scalar, english = said.texts.get("zh"), said.texts.get("en")
        if scalar is None or (english is not None and scalar.text == english.text):
            continue  # the same everywhere is HR506
        if not CHINESE.search(scalar.text) and WORD.search(scalar.text):
            findings.report(508, scalar.span, name=said.owner, words=scalar.text)
