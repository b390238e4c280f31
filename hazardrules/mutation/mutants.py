"""A mutant: one small error put into a compiled rulebook, the kind that is made when law is written down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hazardrules.compiler.plan import CompiledDerived, CompiledParameter, CompiledRule
    from hazardrules.source import Span

Operator = Literal[
    "bound", "step", "junction", "condition", "negation", "option", "scope", "exception", "date", "override", "amends",
    "level", "action", "parameter",
]  # fmt: skip
OPERATORS: tuple[Operator, ...] = (
    "bound", "step", "junction", "condition", "negation", "option", "scope", "exception", "date", "override", "amends",
    "level", "action", "parameter",
)  # fmt: skip
TRUTH = frozenset(("bound", "step", "junction", "condition", "negation", "option", "scope", "exception"))
"""Operators that change when a rule holds, and nothing else."""


@dataclass(frozen=True, slots=True)
class Patch:
    """What a mutant replaces.

    Attributes:
        rules: Changed rules by name.
        derived: Changed derived facts.
        parameters: Changed parameters by name.
    """

    rules: Mapping[str, CompiledRule]
    derived: Mapping[tuple[str, str], CompiledDerived]
    parameters: Mapping[str, CompiledParameter]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One error.

    Attributes:
        id: A name that formatting does not change: place, operator, and a number where there are several.
        home: The rule, table, derived fact, scope, parameter or pack's dates that it is in.
        before: What stands there.
        after: What it makes of it.
    """

    id: str
    home: str
    pack: str
    operator: Operator
    before: str
    after: str
    span: Span
    patch: Patch
