"""HR651: two cases of a file with one name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.diagnostics import Related
from hazardrules.syntax.nodes import Scalar

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """Reports name a case by its file and name."""
    for cases in material.cases.values():
        seen: dict[str, Scalar] = {}
        for case in cases:
            name = case.get("name")
            if isinstance(name, Scalar) and seen.setdefault(name.text, name) is not name:
                related = [Related(seen[name.text].span, "lint.first_time")]
                findings.report(651, name.span, name=name.text, related=related)
