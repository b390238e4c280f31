"""HR535: a list of conditions with one condition in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.syntax.nodes import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material
    from hazardrules.syntax.nodes import Node

KEYS = ("all", "any")


def check(material: Material, findings: Collector) -> None:
    """A condition in quotation marks may need its list, since YAML would read it otherwise."""
    for name, file in ((pack.name, pack.file) for pack in material.source.packs.values()):
        pending: list[Node] = [material.roots[file]]
        while pending:
            node = pending.pop()
            if isinstance(node, Sequence):
                pending += node.items
            elif isinstance(node, Mapping):
                for key, value in node.items():
                    if key.text in KEYS and isinstance(value, Sequence) and _is_one(value):
                        findings.report(535, key.span, name=name, what=key.text)
                    pending.append(value)


def _is_one(value: Sequence) -> bool:
    return len(value.items) == 1 and not (isinstance(value.items[0], Scalar) and value.items[0].style != "plain")
