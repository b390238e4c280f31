"""HR664: a derived fact without a clause."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """What the law calls so stands somewhere in the law."""
    for pack in material.source.packs.values():
        for derived in pack.derived:
            rows = derived.table.rows if derived.table is not None else ()
            if not derived.basis and not any(row.basis for row in rows):
                findings.report(664, derived.span, name=derived.name)
