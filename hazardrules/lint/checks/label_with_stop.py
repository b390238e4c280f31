"""HR515: a title or label that ends like a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

STOPS = "。；，.;,"


def check(material: Material, findings: Collector) -> None:
    """An abbreviation such as Ltd. or etc. keeps its stop."""
    for said in material.texts:
        for _, scalar in said if said.what in ("title", "label") else ():
            text = scalar.text.rstrip()
            last = text.rsplit(" ", 1)[-1]
            if text[-1:] in STOPS and not ("." in last and (last[:1].isupper() or last in ("etc.", "no."))):
                place = scalar.part(len(text) - 1, len(text))
                findings.report(515, place, name=said.owner, mark=text[-1], edits=material.replaced(place, ""))
