"""HR653: a case without its day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.syntax.nodes import Scalar

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

DAYS = ("as_of", "判定日期")


def check(material: Material, findings: Collector) -> None:
    """The day stands in the case, or in a column of its rows."""
    for cases in material.cases.values():
        for case in cases:
            rows = case.get("rows")
            headings = rows.text.strip().split("\n", 1)[0] if isinstance(rows, Scalar) else ""
            if not any(day in case.entries or day in [one.strip() for one in headings.split("|")] for day in DAYS):
                name = case.get("name")
                findings.report(653, case.span, name=name.text if isinstance(name, Scalar) else "")
