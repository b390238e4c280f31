"""HR503: a title that is too long for a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

LONGEST = {"zh": 30, "en": 100}
"""Characters that a title has at most, by language."""


def check(material: Material, findings: Collector) -> None:
    """Lists, notices and pictures show titles on one line."""
    for said in material.texts:
        for lang, scalar in said if said.what == "title" and said.file in material.pack_files else ():
            most = LONGEST.get(lang, len(scalar.text))
            if len(scalar.text) > most:
                findings.report(503, scalar.span, name=said.owner, count=len(scalar.text), most=most)
