"""Verdicts that are bit sets; names are looked up when they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hazardrules.engines.base import Bits, Verdict, places

if TYPE_CHECKING:
    from collections.abc import Callable

    from hazardrules.compiler.plan import Plan


class Order(NamedTuple):
    """How the rules on a kind of subject stand in bit sets.

    Attributes:
        names: By bit.
        ranks: By bit, the place in plan order.
        in_order: In plan order.
    """

    names: tuple[str, ...]
    ranks: tuple[int, ...]
    in_order: tuple[str, ...]

    def of(self, bits: int) -> tuple[str, ...]:
        """The names of some rules, in plan order."""
        ranks, in_order = self.ranks, self.in_order
        return tuple([in_order[rank] for rank in sorted([ranks[place] for place in places(bits)])])


class BitVerdict(Verdict):
    """A verdict as bit sets.

    Attributes:
        order: How rules stand in them.
        held: The rules that hold.
        open: The undetermined rules.
        waiting: Those of the undetermined rules that match and only wait for a rule that would displace them.
        scopes: Tells which rules have neither their scope nor their condition surely met; others than open ones may be in it.
        touched: See `Bits`.
    """

    __slots__ = ("held", "open", "order", "scopes", "touched", "waiting")
    __init__ = object.__init__
    __setattr__ = object.__setattr__  # filled field by field: far sooner than by a constructor

    order: Order
    held: int
    open: int
    waiting: int
    scopes: Callable[[], int]
    touched: dict[object, int] | None

    @property
    def holds(self) -> tuple[str, ...]:
        """Names of the rules that hold, in plan order."""
        return self.order.of(self.held)

    @property
    def undetermined(self) -> tuple[str, ...]:
        """Names of the rules that are neither known to hold nor known to fail, in plan order."""
        return self.order.of(self.open)

    @property
    def but_for(self) -> tuple[str, ...]:
        """Those of the undetermined rules that match and only wait for a rule that would displace them."""
        return self.order.of(self.waiting)

    @property
    def unscoped(self) -> frozenset[str]:
        """Those of the undetermined rules of which neither the scope nor the condition is known to be met."""
        return frozenset(self.order.of(self.scopes() & self.open))

    def bits(self, _plan: Plan) -> Bits:
        """The same as bit sets."""
        return Bits(self.order.names, self.held, self.open, self.waiting, self.scopes(), self.touched)


class SettledVerdict(BitVerdict):
    """A verdict in which no rule stays open."""

    __slots__ = ()
    open = waiting = 0
    touched = None

    def scopes(self) -> int:
        """None is out of its scope that stays open."""
        return 0
