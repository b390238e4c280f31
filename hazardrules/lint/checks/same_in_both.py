"""HR506: a text that is the same in two languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

WORDS = re.compile(r"[a-z]{2,} [a-z]{2,}|[\u3400-\u9fff]{2}", re.IGNORECASE)


def check(material: Material, findings: Collector) -> None:
    """Abbreviations and numbers are the same everywhere; words are not."""
    for said in material.texts:
        texts = {scalar.text.strip() for _, scalar in said}
        if len(said.texts) > 1 and len(texts) == 1 and WORDS.search(next(iter(texts))):
            findings.report(506, said.span, name=said.owner, what=said.what)
