"""HR504: a text of a rule that nobody reads to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

LONGEST = {"zh": 150, "en": 400}
"""Characters that the text of a rule has at most, by language."""


def check(material: Material, findings: Collector) -> None:
    """The clause is cited; the text restates it."""
    for said in material.texts:
        for lang, scalar in said if said.what == "text" and said.file in material.pack_files else ():
            most = LONGEST.get(lang, len(scalar.text))
            if len(scalar.text) > most:
                findings.report(504, scalar.span, name=said.owner, count=len(scalar.text), most=most)
