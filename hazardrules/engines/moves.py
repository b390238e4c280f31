"""What a test does to the alternatives of many rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hazardrules.engines import quick
from hazardrules.engines.generator import compiled
from hazardrules.engines.readings import ask
from hazardrules.model import expressions as ir
from hazardrules.model.values import Interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from hazardrules.compiler.plan import Plan
    from hazardrules.engines.literals import Test

Layers = tuple[tuple[int, int], ...]
"""Where alternatives begin, and the conditions that have one there."""

Step = tuple[int, int, "Callable[..., Any] | None", int, int, int, "int | None", "Move"]
"""A move as it is made: its guard, its own alternatives if they alone decide it, its function, what it leaves, its slot."""


@dataclass(slots=True, eq=False)
class Move:
    """What a test does to the alternatives.

    Attributes:
        guard: The alternatives for which it matters; with none alive, it need not be known.
        bits: Its own alternatives, where it is decided by them.
        layers: Where it counts conditions: which of these alternatives are the first of each condition, the second, and so on.
        run: Computes it, where it must be computed.
        if_true: What is left where it is true.
        if_false: What is left where it is false.
        if_open: What is sure where it is not known, three times: altogether, as to the scope, as to the condition.
        left: What a value leaves, where tests look at a value.
        lookers: Those tests.
        slot: Where its value is kept, for those who read it.
        base: What it is in an empty case; None for what no case leaves untouched.
        asks: Computing it asks the reference.
    """

    test: Test
    guard: int = 0
    bits: int = 0
    layers: Layers = ()
    run: Callable[..., Any] | None = None
    if_true: int = -1
    if_false: int = -1
    if_open: int = -1
    left: Callable[[Any], int] | None = None
    lookers: tuple[Move, ...] = ()
    slot: int | None = None
    asks: bool = False
    base: Any = None
    plan: Plan | None = None

    def step(self) -> Step:
        """What is needed again and again."""
        bits = 0 if self.layers else self.bits
        return self.guard, bits, self.run, self.if_true, self.if_false, self.if_open, self.slot, self

    def decide(self, alive: int, sure: int) -> bool | None:
        """What it is, where its own alternatives decide it."""
        own = alive & self.bits
        if self.layers:
            if fold(own, self.layers).bit_count() < self.test.count:
                return False
            return True if fold(own & sure, self.layers).bit_count() >= self.test.count else None
        return False if not own else True if own & sure else None

    def ask(self, value: Any) -> Any:
        """What the reference says where the value is known within bounds only."""
        expr = self.test.expr
        assert expr is not None
        assert self.plan is not None
        if isinstance(expr, ir.Compare) and isinstance(expr.left, ir.FactRef) and isinstance(expr.right, ir.Const):
            return quick.compare(expr.op, value, expr.right.value)  # type: ignore[arg-type]  # numbers
        return ask(self.plan, expr, value)

    def effect(self, value: Any) -> tuple[int, int]:
        """What a value leaves alive, and what it leaves sure."""
        if value is None:
            return -1, self.if_open
        if self.left is None:
            return (self.if_true if value is True else self.if_false if value is False else -1), -1
        if value.__class__ is not Interval:
            return self.left(value), -1
        alive = sure = -1
        for looker in self.lookers:  # known within bounds: each test is asked on its own
            left, certain = looker.effect(looker.ask(value))
            alive, sure = alive & left, sure & certain
        return alive, sure


def fold(alternatives: int, layers: Layers) -> int:
    """The conditions of which one alternative is among these, as a bit set in the order in which they were laid out."""
    found = 0
    for start, mask in layers:
        found |= alternatives >> start & mask
    return found


def folding(layers: Layers) -> Callable[[int], int]:
    """The same as a function, without a loop."""
    terms = [f"a >> {start} & {mask}" if start else f"a & {mask}" for start, mask in layers]
    found: Callable[[int], int] = compiled(["def fold(a):", f"    return {' | '.join(terms) or 0}"], {}, "fold", "fold")
    return found
