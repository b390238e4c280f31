"""HR550: a key with the value that it has anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.syntax.nodes import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material
    from hazardrules.syntax.nodes import Node

DEFAULTS = {
    "rules": {"kind": "rule", "verified": "true", "hit": "unique"},
    "derived": {"report": "false", "verified": "true", "hit": "unique"},
    "facts": {"judgement": "false", "clock": "false"},
    "parts": {"one": "false"},
}
ALIASES = {"true": "yes", "false": "no"}


def check(material: Material, findings: Collector) -> None:
    """In rules, derived facts, facts and parts."""
    for root in material.roots.values():
        for section, defaults in DEFAULTS.items():
            for entry in _entries(root.get(section) if isinstance(root, Mapping) else None):
                for key, usual in defaults.items():
                    value = entry.get(key)
                    if isinstance(value, Scalar) and value.text in (usual, ALIASES.get(usual)):
                        place = entry.key(key).span
                        findings.report(550, place, words=f"{key}: {value.text}", edits=material.without(entry, key))


def _entries(listed: Node | None) -> Iterator[Mapping]:
    values = [value for _, value in listed.items()] if isinstance(listed, Mapping) else []
    values += listed.items if isinstance(listed, Sequence) else ()
    return (value for value in values if isinstance(value, Mapping))
