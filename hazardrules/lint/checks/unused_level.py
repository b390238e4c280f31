"""HR613: a level that no rule gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.lint.material import levels_given

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """The lowest step of a scale is given by no rule: it means that nothing was found. An unread instrument gives the highest."""
    source = material.source
    given = {level for rule in source.rules() for level in levels_given(rule)}
    given |= {
        (pack.scale, source.scales[pack.scale].levels[-1].id) for pack in source.packs.values() if pack.unread and pack.scale
    }
    for scale in source.scales.values():
        for level in scale.levels[1:]:
            if (scale.id, level.id) not in given:
                findings.report(613, material.declared("scales", scale.id, "levels", level.id), name=f"{scale.id}.{level.id}")
