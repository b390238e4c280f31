"""HR514: a word that says that something is unfinished."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

WORDS = re.compile(r"\b(?:TODO|FIXME|XXX|TBD|TBC)\b|待补充|待定义|待完善|暂缺|[?？]{3}|lorem ipsum", re.IGNORECASE)


def check(material: Material, findings: Collector) -> None:
    """In texts for people; comments are the author's own."""
    for said in material.texts:
        for _, scalar in said:
            found = WORDS.search(scalar.text)
            if found is not None:
                findings.report(514, scalar.part(*found.span()), name=said.owner, words=found.group())
