"""All rules on a kind of subject as bit sets: a fact strikes out in one step every rule that it refutes.

Each rule is a choice of *alternatives*, each alternative a conjunction of *literals* (`literals`), each alternative a bit.
Two sets are kept: the alternatives that are still *alive* (no literal failed), and those that are *sure* (no literal is
unknown). A rule is possible where one of its alternatives is alive, and holds where one is both.

What a fact that nobody submitted does is the same in every case with the same facts, so it is done once per *shape*: the
names of what was submitted. Only the tests that these can touch are looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import TYPE_CHECKING, Any

from hazardrules.engines import quick
from hazardrules.engines.formulas import Writer
from hazardrules.engines.literals import Test, Tests
from hazardrules.engines.looks import AS_OF, OWNER, TOTAL, fact_token, part_token
from hazardrules.engines.readings import Positions, Reading, ask
from hazardrules.engines.reference import Evaluator
from hazardrules.engines.totals import Carriers
from hazardrules.engines.verdicts import Order
from hazardrules.model import expressions as ir
from hazardrules.model.instances import Instance
from hazardrules.model.values import Interval

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hazardrules.compiler.plan import Plan
    from hazardrules.engines.literals import Literal
    from hazardrules.model.intervals import Amount

MAX_SHAPES = 2048
"""So many shapes are remembered."""
_OWNER = ir.Owner(ir.Self())
A_DAY = date.min
"""For questions to which the day does not matter."""

Layers = tuple[tuple[int, int], ...]
"""Where alternatives begin, and the conditions that have one there."""
Roles = tuple[tuple["Literal", ...], ...]
"""An alternative of a rule: the literals of its scope, of its condition, and the others."""


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
        is_read: Somebody reads its value.
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
    is_read: bool = False
    asks: bool = False
    plan: Plan | None = None

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


@dataclass(frozen=True, slots=True)
class Shape:
    """What is settled by which facts were submitted, whatever they are.

    Attributes:
        alive: The alternatives that can still hold.
        sure: Those of which no literal is unknown; again as to their scope, and as to their condition.
        values: The values of all tests in an empty case.
        early: The tests that the facts can touch, in order.
        late: Those of them that stand on a sum over findings.
        asks: Whether the reference is asked.
    """

    alive: int
    sure: int
    values: tuple[Any, ...]
    early: tuple[Move, ...]
    late: tuple[Move, ...]
    asks: bool


@dataclass(slots=True, eq=False)
class State:
    """One subject while it is judged."""

    instance: Instance
    board: Board
    shape: Shape
    alive: int
    sure: int
    values: list[Any]
    settled: tuple[int, int, tuple[int, int, int]] | None = None
    """The verdict on what was alive and sure when it was last asked for."""

    def apply(self, moves: Iterable[Move], evaluator: Evaluator | None, as_of: date, total: Callable[[str], Amount]) -> None:
        """Look at tests in order, as far as something still depends on them."""
        alive, sure, values, instance = self.alive, self.sure, self.values, self.instance
        facts = instance.facts
        for move in moves:
            if alive & move.guard:
                if move.layers:
                    value = move.decide(alive, sure)
                elif move.run is None:
                    own = alive & move.bits
                    value = False if not own else True if own & sure else None
                else:
                    value = move.run(facts, instance, evaluator, as_of, values, total)
                if move.is_read:
                    values[move.test.number] = value
                if value is None:
                    sure &= move.if_open
                elif value is True:
                    alive &= move.if_true
                elif value is False:
                    alive &= move.if_false
                elif move.left is not None:
                    left, certain = move.effect(value)
                    alive, sure = alive & left, sure & certain
        self.alive, self.sure = alive, sure


class Board:
    """All rules on a kind of subject under one plan, ready to be judged together.

    Attributes:
        names: The rules, in the order of their bits: those with most alternatives first.
        in_order: The rules in plan order.
        order: The same, as verdicts want it.
        index: The bit of each rule.
        width: How many alternatives there are.
    """

    def __init__(self, plan: Plan, kind: str) -> None:
        self.plan, self.kind = plan, kind
        tests = Tests(plan, kind)
        self.in_order = plan.by_kind.get(kind, ())
        rules = {name: _alternatives(tests, name) for name in self.in_order}
        ranks = sorted(range(len(self.in_order)), key=lambda rank: (-len(rules[self.in_order[rank]]), rank))
        self.names = tuple(self.in_order[rank] for rank in ranks)
        self.order = Order(self.names, tuple(ranks), self.in_order)
        self.index = {name: bit for bit, name in enumerate(self.names)}
        moves = self._lay_out([rules[name] for name in self.names], tests)
        self._sort_out(moves)
        self._displaced = [
            (1 << self.index[name], others)
            for name in self.names
            if (others := _union(1 << self.index[other] for other in plan.overriders.get(name, ()) if other in self.index))
        ]
        self._displaceable = _union(mask for mask, _ in self._displaced)
        self._carriers: dict[str, Carriers] = {}
        self._shapes: dict[tuple[Any, ...], Shape] = {}
        self._base = self._empty_case(len(moves))

    def _lay_out(self, rules: list[list[Roles]], tests: Tests) -> list[Move]:
        """Give every alternative its bit: the first of every rule, the second of those that have two, and so on."""
        placed: list[tuple[int, Roles]] = []
        self._layers = _layers(rules, placed)
        moves = [Move(test, plan=self.plan) for test in tests.all]
        for move in moves:
            before = len(placed)
            own: list[list[Roles]] = [[((), (), alternative) for alternative in form] for form in move.test.counted]
            move.layers = _layers(sorted(own, key=len, reverse=True), placed)
            placed += [(len(placed) + bit, ((), (), alternative)) for bit, alternative in enumerate(move.test.alternatives)]
            move.bits = (1 << len(placed)) - (1 << before)
        width = len(placed)
        self.width, self.all = width, (1 << width) - 1
        self.thrice = (1 << 3 * width) - 1
        for bit, roles in placed:
            mask = 1 << bit
            for role, literals in enumerate(roles):
                for number, wanted in literals:
                    move = moves[number]
                    if wanted:
                        move.if_false &= ~mask
                    else:
                        move.if_true &= ~mask
                    move.guard |= mask
                    move.if_open &= ~mask if role == len(roles) - 1 else ~(mask | mask << width * (role + 1))
        for move in moves:  # a negative number, all ones to the left, is slower
            move.if_true, move.if_false = move.if_true & self.all, move.if_false & self.all
            move.if_open &= self.thrice
        return moves

    def _sort_out(self, moves: list[Move]) -> None:
        """Tests of one fact or value go together; what nobody can know is in doubt from the beginning."""
        self._sure = moves[0].if_open
        by_fact: dict[tuple[ir.Base, str], list[Move]] = {}
        for move in reversed(moves):
            test = move.test
            if test.source is not None:
                by_fact.setdefault(test.source, []).append(move)
            if test.of is not None:
                value = moves[test.of]
                value.lookers = (move, *value.lookers)
                value.guard |= move.guard
                value.if_open &= move.if_open
            for number in test.reads.values():
                moves[number].guard |= move.guard
                moves[number].is_read = True
        self._moves = [move for move in moves[1:] if move.test.source is None and move.test.of is None and move.guard]
        for move in self._moves:
            if move.lookers:
                move.left = self._reading(move.lookers)
        self._if_open = {fact_token(*source): _common(move.if_open for move in found) for source, found in by_fact.items()}
        self._sources: dict[ir.Base, dict[str, Callable[[Any], int]]] = {}
        for (base, name), found in by_fact.items():
            self._sources.setdefault(base, {})[name] = self._reading(found)
        self._own = self._sources.pop(ir.Self(), {})
        needs = {need for move in moves for need in move.test.needs}
        parts = self.plan.compiled.source.subjects[self.kind].parts
        self._parts = tuple(name for name in parts if any(need.startswith(part_token(name)) for need in needs))
        self._single = {name: ir.OnePart(ir.Self(), name) for name in self._parts if parts[name].one}
        self._sees_owner = any(need.startswith(OWNER) for need in needs)

    def _reading(self, moves: Sequence[Move]) -> Callable[[Any], int]:
        """What the value leaves at which tests look."""
        reading = Reading(
            self.plan, [(move.test.expr, move.if_true, move.if_false) for move in moves if move.test.expr is not None]
        )
        return Positions(reading).left if reading.is_of_decimals else reading.__getitem__

    # shapes

    def shape(self, instance: Instance) -> Shape:
        """What is settled by which facts of a subject are known."""
        key: tuple[Any, ...] = tuple(instance.facts)
        parts = instance.parts
        if self._parts and parts:
            key = key, tuple([name for name in self._parts if parts.get(name) is not None])
        if self._sees_owner or self._single:
            key = key, *[(base, *other.facts, None, *other.parts) for base, other in self._others(instance)]
        found = self._shapes.get(key)
        if found is None:
            if len(self._shapes) >= MAX_SHAPES:
                self._shapes.clear()
            found = self._shapes[key] = self._shape(instance)
        return found

    def _others(self, instance: Instance) -> list[tuple[ir.Base, Instance]]:
        """The other subjects at whose facts tests look: the owner and single parts, where they are there."""
        parts = instance.parts
        found: list[tuple[ir.Base, Instance]] = [(base, parts[name][0]) for name, base in self._single.items() if parts.get(name)]  # type: ignore[index]  # there
        return [*found, (_OWNER, instance.owner)] if self._sees_owner and instance.owner is not None else found

    def _shape(self, instance: Instance) -> Shape:
        known = {AS_OF, TOTAL, *instance.facts, *([OWNER] if instance.owner is not None else [])}
        for name, listed in instance.parts.items():
            known |= {part_token(name)} if listed is not None else set()
        for base, other in self._others(instance):
            known |= {fact_token(base, fact) for fact in other.facts}
            known |= {fact_token(base, part_token(part)) for part in other.parts}
        alive = self.all
        sure = self._sure & _common(if_open for token, if_open in self._if_open.items() if token not in known)
        touched: list[Move] = []
        for move in self._moves:
            if move.test.needs.isdisjoint(known) or not move.test.strict <= known:
                left, certain = move.effect(self._base[move.test.number])
                alive, sure = alive & left, sure & certain
            else:
                touched.append(move)
                self._prepare(move)
        early = tuple(move for move in touched if not move.test.is_late)
        late = tuple(move for move in touched if move.test.is_late)
        return Shape(alive, sure, self._base, early, late, any(move.asks for move in touched))

    def _prepare(self, move: Move) -> None:
        """Write the function of a test when it is first needed."""
        if move.test.expr is not None and move.run is None:
            writer = Writer(self.plan, self.kind, move.test)
            run = writer.build()
            move.run, move.asks = run, writer.asks

    def _empty_case(self, count: int) -> tuple[Any, ...]:
        """The values of all tests where nothing is known; None for those that no case leaves untouched."""
        nobody = Instance(self.kind)
        evaluator = Evaluator(self.plan, nobody, A_DAY)
        values: list[Any] = [None] * count
        alive, sure = self.all, self._sure & _common(self._if_open.values())
        for move in self._moves:
            if move.test.is_late or not move.test.needs.isdisjoint((AS_OF, TOTAL)):
                continue
            self._prepare(move)
            if move.run is None:
                value = move.decide(alive, sure)
            else:
                value = move.run(nobody.facts, nobody, evaluator, A_DAY, values, no_sum)
            values[move.test.number] = value
            left, certain = move.effect(value)
            alive, sure = alive & left, sure & certain
        return tuple(values)

    # judging

    def begin(self, instance: Instance) -> State:
        """Strike out what the facts of a subject refute."""
        shape = self.shape(instance)
        alive = shape.alive
        own = self._own
        for name, value in instance.facts.items():
            if name in own:
                alive &= own[name](value)
        if self._sources and (instance.parts or instance.owner is not None):
            for base, other in self._others(instance):
                readings = self._sources.get(base, {})
                for name, value in other.facts.items():
                    if name in readings:
                        alive &= readings[name](value)
        return State(instance, self, shape, alive, shape.sure, list(shape.values))

    def verdict(self, state: State) -> tuple[int, int, int]:
        """The rules that hold, those that stay open, and those of them that only wait for one that may displace them."""
        settled = state.settled
        if settled is not None and settled[0] == state.alive and settled[1] == state.sure:
            return settled[2]
        possible, held = fold(state.alive, self._layers), fold(state.alive & state.sure, self._layers)
        waiting = 0
        if possible & self._displaceable:
            sure, perhaps = held, possible
            for mask, others in self._displaced:
                if perhaps & mask:
                    if sure & others:
                        possible &= ~mask
                        held &= ~mask
                    elif perhaps & others:
                        waiting |= held & mask
                        held &= ~mask
        found = held, possible & ~held, waiting
        state.settled = state.alive, state.sure, found
        return found

    def unscoped(self, state: State) -> int:
        """The rules of which neither the scope nor the condition is known to be met; others than possible ones may be in it."""
        met = state.sure >> self.width | state.sure >> 2 * self.width
        return self._layers[0][1] & ~fold(state.alive & met, self._layers) if self._layers else 0

    def carriers(self, parameter: str) -> Carriers:
        """The rules that carry a parameter which is summed."""
        found = self._carriers.get(parameter)
        if found is None:
            found = self._carriers[parameter] = Carriers(self, parameter)
        return found


def _alternatives(tests: Tests, name: str) -> list[Roles]:
    """The alternatives of a rule, each literal under what it belongs to."""
    scope, when, rest = tests.of_rule(name)
    roles = [0] * len(scope) + [1] * len(when) + [2] * len(rest)
    found: dict[Roles, None] = {}
    for parts in product(*tests.fewer([*scope, *when, *rest])):
        literals: tuple[dict[Literal, None], ...] = ({}, {}, {})
        for role, part in zip(roles, parts, strict=True):
            literals[role].update(dict.fromkeys(part))
        found[tuple(tuple(role) for role in literals)] = None
    return list(found)


def _layers(conditions: list[list[Roles]], placed: list[tuple[int, Roles]]) -> Layers:
    """Give every alternative its bit: the first of every condition, the second of those that have two, and so on.

    Args:
        conditions: Those with most alternatives first.
        placed: Receives the alternatives with their bits.
    """
    found: list[tuple[int, int]] = []
    while count := sum(len(condition) > len(found) for condition in conditions):
        start = len(placed)
        placed += [(start + bit, condition[len(found)]) for bit, condition in enumerate(conditions[:count])]
        found.append((start, (1 << count) - 1))
    return tuple(found)


def fold(alternatives: int, layers: Layers) -> int:
    """The conditions of which one alternative is among these, as a bit set in the order in which they were laid out."""
    found = 0
    for start, mask in layers:
        found |= alternatives >> start & mask
    return found


def _union(masks: Iterable[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


def _common(masks: Iterable[int]) -> int:
    found = -1
    for mask in masks:
        found &= mask
    return found


def no_sum(parameter: str) -> Amount:
    """Stands for sums over findings where no test needs one."""
    raise LookupError(parameter)
