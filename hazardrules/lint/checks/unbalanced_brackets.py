"""HR511: a bracket or quotation mark without its other half."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material

PAIRS = {"（": "）", "(": ")", "《": "》", "「": "」", "『": "』", "“": "”", "[": "]"}
CLOSING = {close: opening for opening, close in PAIRS.items()}
LISTED = re.compile(r"(?:.*[^A-Za-z0-9])?[A-Za-z0-9]{1,2}", re.DOTALL)


def check(material: Material, findings: Collector) -> None:
    """Numbers of items such as a) have no opening bracket."""
    for said in material.texts:
        for _, scalar in said:
            at = _odd(scalar.text)
            if at is not None:
                findings.report(511, scalar.part(at, at + 1), name=said.owner, mark=scalar.text[at])


def _odd(text: str) -> int | None:
    """Where the first bracket stands that has no other half."""
    pending: list[int] = []
    for at, character in enumerate(text):
        if character in PAIRS:
            pending.append(at)
        elif character in CLOSING:
            if not pending and LISTED.fullmatch(text[:at]):
                continue
            if not pending or text[pending[-1]] != CLOSING[character]:
                return at
            pending.pop()
    return pending[0] if pending else None
