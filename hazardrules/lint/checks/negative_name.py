"""HR542: a fact named by what is not so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

NEGATIVE = re.compile(r"(?:^|\.)(?:no|not|never)_")


def check(material: Material, findings: Collector) -> None:
    """Facts and derived facts that are true or false; a rule may well name what is missing."""
    for kind in material.source.subjects.values():
        for fact in kind.facts.values():
            if fact.declared == "bool" and NEGATIVE.search(fact.name):
                findings.report(542, fact.span, name=fact.name)
