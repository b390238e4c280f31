"""HR517: a text without its language in a rulebook of several."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

WORDS = re.compile(r"[a-z]{2,}|[\u3400-\u9fff]", re.IGNORECASE)


def check(material: Material, findings: Collector) -> None:
    """A plain text is one in the rulebook's own language; the other readers see it too."""
    languages = [lang for lang in material.source.languages if lang != material.source.default_language]
    for said in material.texts if languages else ():
        (first, *_) = said.texts.values()
        if said.plain and WORDS.search(first.text):
            findings.report(517, said.span, name=said.owner, what=said.what, languages=", ".join(languages))
