"""What the known value of a fact leaves of many rules: looked up by the value, found out once per value.

What a value means for a test is asked of the reference, so it cannot differ from it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date
from math import inf, nextafter
from typing import TYPE_CHECKING, Any

from hazardrules.engines.reference import Evaluator
from hazardrules.model import expressions as ir
from hazardrules.model.instances import Instance
from hazardrules.model.values import ShortDecimal, is_short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hazardrules.compiler.plan import Plan
    from hazardrules.model.values import Number

MAX_VALUES = 4096
"""So many values of a fact are remembered."""
EXACT = 2**53
"""Whole numbers up to here are floats without rounding."""

PROBE = "probe"

Consequence = tuple[ir.Expr, int, int]
"""A test of one fact, what is left where it is true, and where it is false."""


def ask(plan: Plan, expr: ir.Expr, value: Any) -> Any:
    """What the reference says of a condition that looks at one fact, for a value of it."""
    facts = {item.name: value for item in ir.walk(expr) if isinstance(item, ir.FactRef)}
    probe = Instance(PROBE, facts=facts)
    return Evaluator(plan, probe, date.min).condition(expr, probe)


class Reading(dict[Any, int]):
    """By value of one fact: the alternatives that it leaves, as a bit set. A missing value is found out."""

    __slots__ = ("consequences", "plan")

    def __init__(self, plan: Plan, consequences: Sequence[Consequence]) -> None:
        super().__init__()
        self.plan, self.consequences = plan, consequences

    @property
    def is_of_decimals(self) -> bool:
        """Whether the fact is a number that need not be whole."""
        looked = [item for expr, _, _ in self.consequences for item in ir.walk(expr) if isinstance(item, ir.FactRef)]
        return any(item.type.name == "number" and not item.type.integer for item in looked)

    def __missing__(self, value: Any) -> int:
        """Find out, and remember."""
        found = self.left(value)
        if len(self) < MAX_VALUES:
            self[value] = found
        return found

    def left(self, value: Any) -> int:
        """What a value leaves, asked of the reference."""
        left = -1
        for expr, if_true, if_false in self.consequences:
            left &= if_true if ask(self.plan, expr, value) else if_false
        return left


class Positions:
    """The same for a number with decimals: what it leaves depends only on where it stands among the values of the law.

    Rounding to the nearest float keeps the order, so the place is looked up among floats; only a number that rounds to the
    float of a value of the law is compared exactly.
    """

    __slots__ = ("are_short", "between", "cuts", "exact", "floats", "reading")

    def __init__(self, reading: Reading) -> None:
        values: set[Number] = set()
        for expr, _, _ in reading.consequences:
            values.update(item.value for item in ir.walk(expr) if isinstance(item, ir.Const))  # type: ignore[misc]  # numbers
            parameters = [item.name for item in ir.walk(expr) if isinstance(item, ir.ParameterRef)]
            values.update(reading.plan.parameters[name] for name in parameters)  # type: ignore[misc]  # see above
        self.reading = reading
        self.exact = sorted(values)
        self.floats = [nearest(value) for value in self.exact]
        self.between: list[int | None] = [None] * (2 * len(values) + 1)
        self.are_short = all(is_short(value) for value in self.exact)
        self.cuts = [cut for value in self.floats for cut in (value, nextafter(value, inf))]

    def left(self, value: Number) -> int:
        """What a number leaves, as a bit set."""
        kind = value.__class__
        if self.are_short and (kind is ShortDecimal or kind is int):  # no other of so few digits has the same float
            place = bisect_right(self.cuts, value.near if kind is ShortDecimal else value)  # type: ignore[union-attr]  # it has
        else:
            place = self._place(value)
        found = self.between[place]
        if found is None:
            found = self.between[place] = self.reading.left(value)
        return found

    def _place(self, value: Number) -> int:
        """Below the first value of the law, at it, above it, at the second, and so on."""
        near = value if value.__class__ is int and -EXACT < value < EXACT else nearest(value)
        place = bisect_left(self.floats, near)
        if place == len(self.floats) or self.floats[place] != near:
            return 2 * place
        place = bisect_left(self.exact, value)
        is_at = place < len(self.exact) and self.exact[place] == value
        return 2 * place + is_at


def nearest(value: Number) -> float:
    """The nearest float; infinite beyond all floats."""
    try:
        return value.numerator / value.denominator
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
