"""HR509: half-width punctuation between Chinese characters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

FULL = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！"}
_CHINESE = "\u3400-\u9fff"
_MARK = re.compile(rf"(?<=[{_CHINESE}」』》）])[,;:?!](?=[ {_CHINESE}「《（]|$)|(?<=\S)[,;?!](?=[{_CHINESE}])")
_BRACKETS = re.compile(rf"(?<=[{_CHINESE}])\([^()]*[{_CHINESE}][^()]*\)")


def check(material: Material, findings: Collector) -> None:
    """Brackets only where Chinese stands before and in them; clause numbers such as 4(1) keep theirs."""
    for said in material.texts:
        scalar = said.texts.get("zh")
        if scalar is None:
            continue
        for found in _MARK.finditer(scalar.text):
            place, better = scalar.part(*found.span()), FULL[found.group()]
            edits = material.replaced(place, better)
            findings.report(509, place, name=said.owner, mark=found.group(), better=better, edits=edits)
        for found in _BRACKETS.finditer(scalar.text):
            first, last = (scalar.part(at, at + 1) for at in (found.start(), found.end() - 1))
            edits = (*material.replaced(first, "（"), *material.replaced(last, "）"))
            findings.report(509, first, name=said.owner, mark="()", better="（）", edits=edits)
