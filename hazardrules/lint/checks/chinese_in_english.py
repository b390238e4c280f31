"""HR507: Chinese characters in an English text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

CHINESE = re.compile(r"[\u3400-\u9fff]+")
QUOTED = re.compile(r"[《「『“(（‘'\"].*?[》」』”)）’'\"]")


def check(material: Material, findings: Collector) -> None:
    """Titles of instruments and words in quotation marks or brackets may be quoted."""
    for said in material.texts:
        scalar = said.texts.get("en")
        if scalar is None:
            continue
        hidden = QUOTED.sub(lambda found: " " * len(found.group()), scalar.text)
        found = CHINESE.search(hidden)
        if found is not None:
            findings.report(507, scalar.part(*found.span()), name=said.owner, words=found.group())
