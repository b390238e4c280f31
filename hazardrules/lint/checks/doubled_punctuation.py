"""HR513: a punctuation mark twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

TWICE = re.compile(r"([，。；：、！？])[，。；：、！？]|([,;:!?])\2|(?<!\.)\.\.(?![.\d])|[,;:] ?(?=[,;:.])")


def check(material: Material, findings: Collector) -> None:
    """An ellipsis and a range such as 3..5 are none."""
    for said in material.texts:
        for _, scalar in said:
            found = TWICE.search(scalar.text)
            if found is not None:
                findings.report(513, scalar.part(*found.span()), name=said.owner, words=found.group())
