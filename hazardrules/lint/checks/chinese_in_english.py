"""HR507: Chinese characters in an English text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

CHINESE = re.compile(r"[\u3400-\u9fff]+")
QUOTED = re.compile(r"[《「『“(（‘'\"].*?[》」』”)）’'\"]|[\u3400-\u9fff]+[〔\[]\d{4}[〕\]]\d*号?")


def check(material: Material, findings: Collector) -> None:
    """Numbers and titles of instruments may be quoted, and words in quotation marks or brackets."""
    for said in material.texts:
        scalar = said.texts.get("en")
        if scalar is None:
            continue
        hidden = QUOTED.sub(lambda found: " " * len(found.group()), scalar.text)
        found = CHINESE.search(hidden)
        if found is not None:
            findings.report(507, scalar.part(*found.span()), name=said.owner, words=found.group())
