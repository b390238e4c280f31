"""HR658: working days in a rulebook without a calendar."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hazardrules.lint.material import action_uses

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

WORKING = re.compile(r"working\s+days?|个?工作日")


def check(material: Material, findings: Collector) -> None:
    """Said at the first limit in working days."""
    if material.source.calendar is not None:
        return
    for rule in material.source.rules():
        for use in action_uses(rule):
            limit = next((text for text in use.written.values() if WORKING.search(text)), None)
            if limit is not None:
                findings.report(658, use.span, name=rule.name, words=limit)
                return
