"""Where an expression stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.model import expressions as ir


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands: whose facts its bare names are.

    Attributes:
        kind: The subject judged.
        pack: The pack whose parameters may be named without their prefix.
        variables: The variables of the quantifiers around, with the kind of part each holds.
        open_parts: The parts that quantifiers around already run over.
    """

    kind: str
    pack: str
    variables: dict[str, str] = field(default_factory=dict)
    open_parts: frozenset[tuple[ir.Base, str]] = frozenset()
