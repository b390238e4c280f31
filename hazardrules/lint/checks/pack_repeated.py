"""HR551: a rule that says what its pack says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.syntax.nodes import Mapping, Scalar

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """`law`, `on`, `jurisdiction` and `effective`, where leaving them out changes nothing."""
    for pack in material.source.packs.values():
        instrument = material.source.instruments.get(pack.law)
        as_instrument = instrument is not None and (pack.effective, pack.jurisdiction) == (
            instrument.effective,
            instrument.jurisdiction,
        )
        for rule in pack.rules:
            entry = material.rule_entries[rule.name]
            foreign = entry.get("law") is not None and _text(entry, "law") != pack.law
            same = {
                "law": as_instrument and _text(entry, "law") == pack.law,
                "on": rule.on == pack.on,
                "jurisdiction": not foreign and rule.jurisdiction == pack.jurisdiction,
                "effective": not foreign and rule.effective == pack.effective,
            }
            for key in (key for key in same if same[key] and entry.get(key) is not None):
                edits = material.without(entry, key)
                findings.report(551, entry.key(key).span, name=rule.name, key=key, edits=edits)


def _text(entry: Mapping, key: str) -> str:
    value = entry.get(key)
    return value.text.strip() if isinstance(value, Scalar) else ""
