"""HR644: a rule that is law where its instrument is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.diagnostics import Related
from hazardrules.model.law import ancestry

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """The place of a rule lies within the place of each instrument that it rests on."""
    source = material.source
    for rule in source.rules():
        around = ancestry(source.jurisdictions, rule.jurisdiction)
        for law in dict.fromkeys(ref.law for ref in rule.basis):
            instrument = source.instruments.get(law)
            if instrument is not None and instrument.jurisdiction not in around:
                related = [Related(instrument.span, "related.instrument")]
                place, own = rule.jurisdiction, instrument.jurisdiction
                findings.report(644, rule.span, related=related, name=rule.name, place=place, law=law, own=own)
