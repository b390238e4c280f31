"""HR552: an action that says what the catalogue says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.syntax.nodes import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """`by` and `authority` as the action declares them."""
    for name, entry in material.rule_entries.items():
        listed = entry.get("actions")
        for item in listed.items if isinstance(listed, Sequence) else ():
            for action, given in item.items() if isinstance(item, Mapping) else ():
                declared = material.source.actions[action.text]
                for key, usual in (("by", declared.by), ("authority", declared.authority)):
                    value = given.get(key) if isinstance(given, Mapping) else None
                    if isinstance(given, Mapping) and isinstance(value, Scalar) and value.text == usual:
                        alone = len(given.entries) == 1
                        edits = material.replaced(item.span, action.text) if alone else material.without(given, key)
                        span = given.key(key).span
                        findings.report(552, span, edits=edits, name=name, action=action.text, key=key, value=usual)
