"""HR652: a pack without cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.syntax.loader import CASES
from hazardrules.syntax.nodes import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def check(material: Material, findings: Collector) -> None:
    """Cases beside the pack, or elsewhere with the pack in `packs`."""
    named = {text for cases in material.cases.values() for case in cases for text in _packs(case)}
    for pack in material.source.packs.values():
        beside = f"{pack.file.removesuffix('.yaml')}{CASES}"
        if pack.rules and beside not in material.cases and pack.name not in named:
            findings.report(652, pack.span, name=pack.name)


def _packs(case: Mapping) -> list[str]:
    node = case.get("packs")
    items = node.items if isinstance(node, Sequence) else [node]
    return [item.text.strip() for item in items if isinstance(item, Scalar)]
