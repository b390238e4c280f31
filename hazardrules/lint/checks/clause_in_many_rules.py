"""HR645: a clause that very many rules rest on."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

MOST = 24


def check(material: Material, findings: Collector) -> None:
    """Tables are one rule each. Said at the first rule that is one too many."""
    cited: Counter[tuple[str, str]] = Counter()
    for rule in material.source.rules():
        for law, clause in {(ref.law, ref.clause) for ref in rule.basis}:
            cited[law, clause] += 1
            if cited[law, clause] == MOST + 1:
                findings.report(645, rule.span, name=rule.name, clause=clause, law=law, most=MOST)
