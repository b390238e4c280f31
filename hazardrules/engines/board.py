"""All rules on a kind of subject as bit sets: a fact strikes out in one step every rule that it refutes.

Each rule is a choice of *alternatives*, each alternative a conjunction of *literals* (`literals`), each alternative a bit.
Two sets are kept: the alternatives that are still *alive* (no literal failed), and those that are *sure* (no literal is
unknown). A rule is possible where one of its alternatives is alive, and holds where one is both.

What a fact that nobody submitted does is the same in every case with the same facts, so it is done once per *shape*: the
names of what was submitted. Only the tests that these can touch are looked at again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import TYPE_CHECKING, Any

from hazardrules.engines.formulas import Writer
from hazardrules.engines.literals import Tests
from hazardrules.engines.looks import AS_OF, OWNER, TOTAL, fact_token, part_token
from hazardrules.engines.moves import Layers, Move, folding
from hazardrules.engines.readings import Positions, Reading
from hazardrules.engines.reference import Evaluator
from hazardrules.engines.shapes import Shapes
from hazardrules.engines.totals import Carriers
from hazardrules.engines.verdicts import Order
from hazardrules.model import expressions as ir
from hazardrules.model.instances import Instance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hazardrules.compiler.plan import Plan
    from hazardrules.engines.literals import Literal
    from hazardrules.engines.moves import Step
    from hazardrules.engines.shapes import Shape
    from hazardrules.model.intervals import Amount

_OWNER = ir.Owner(ir.Self())
A_DAY = date.min
"""For questions to which the day does not matter."""

Others = Sequence[tuple[ir.Base, Instance]]
"""Other subjects at whose facts tests look, as seen from the one that is judged."""
Roles = tuple[tuple["Literal", ...], ...]
"""An alternative of a rule: the literals of its scope, of its condition, and the others."""


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

    def apply(self, moves: Iterable[Step], evaluator: Evaluator | None, as_of: date, total: Callable[[str], Amount]) -> None:
        """Look at tests in order, as far as something still depends on them."""
        alive, sure, values, instance = self.alive, self.sure, self.values, self.instance
        facts = instance.facts
        for guard, bits, run, if_true, if_false, if_open, slot, move in moves:
            if alive & guard:
                if bits:
                    own = alive & bits
                    value = (True if own & sure else None) if own else False
                elif run is not None:
                    value = run(facts, instance, evaluator, as_of, values, total)
                else:
                    value = move.decide(alive, sure)
                if slot is not None:
                    values[slot] = value
                if value is None:
                    sure &= if_open
                elif value is True:
                    alive &= if_true
                elif value is False:
                    alive &= if_false
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
        self._base = self._empty_case(sum(move.slot is not None for move in moves))
        self._shapes = Shapes(self.all, self._sure, self._if_open, self._moves, self._prepare)

    def _lay_out(self, rules: list[list[Roles]], tests: Tests) -> list[Move]:
        """Give every alternative its bit: the first of every rule, the second of those that have two, and so on."""
        placed: list[tuple[int, Roles]] = []
        self._layers = _layers(rules, placed)
        self._fold = folding(self._layers)
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
        read: dict[int, None] = {}
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
                read[number] = None
        for slot, number in enumerate(read):
            moves[number].slot = slot
        self._slots = {move.test.number: move.slot for move in moves if move.slot is not None}
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
        self._sees_others = self._sees_owner or bool(self._single)

    def _reading(self, moves: Sequence[Move]) -> Callable[[Any], int]:
        """What the value leaves at which tests look."""
        reading = Reading(
            self.plan, [(move.test.expr, move.if_true, move.if_false) for move in moves if move.test.expr is not None]
        )
        return Positions(reading).left if reading.is_of_decimals else reading.__getitem__

    # shapes

    def shape(self, instance: Instance, others: Others) -> Shape:
        """What is settled by which facts of a subject are known."""
        key: tuple[Any, ...] = tuple(instance.facts)
        parts = instance.parts
        if self._parts and parts:
            key = key, tuple([name for name in self._parts if parts.get(name) is not None])
        for base, other in others:
            key = key, base, tuple(other.facts), tuple(other.parts)
        found = self._shapes.known.get(key)
        return found if found is not None else self._shapes.new(key, self._tokens(instance, others))

    def _others(self, instance: Instance) -> Others:
        """The other subjects at whose facts tests look: the owner and single parts, where they are there."""
        parts = instance.parts
        found: list[tuple[ir.Base, Instance]] = [(base, parts[name][0]) for name, base in self._single.items() if parts.get(name)]  # type: ignore[index]  # there
        return [*found, (_OWNER, instance.owner)] if self._sees_owner and instance.owner is not None else found

    def _tokens(self, instance: Instance, others: Others) -> set[str]:
        """What is known in a case."""
        known = {AS_OF, TOTAL, *instance.facts}
        if instance.owner is not None:
            known.add(OWNER)
        for name, listed in instance.parts.items():
            if listed is not None:
                known.add(part_token(name))
        for base, other in others:
            known.update([fact_token(base, fact) for fact in other.facts])
            known.update([fact_token(base, part_token(part)) for part in other.parts])
        return known

    def _prepare(self, move: Move) -> None:
        """Write the function of a test when it is first needed."""
        if move.test.expr is not None and move.run is None:
            writer = Writer(self.plan, self.kind, move.test, self._slots)
            run = writer.build()
            move.run, move.asks = run, writer.asks

    def _empty_case(self, count: int) -> tuple[Any, ...]:
        """The values, where nothing is known, of all tests whose value is read; None for those that no case leaves untouched."""
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
            move.base = value
            if move.slot is not None:
                values[move.slot] = value
            left, certain = move.effect(value)
            alive, sure = alive & left, sure & certain
        return tuple(values)

    # judging

    def begin(self, instance: Instance) -> State:
        """Strike out what the facts of a subject refute."""
        others = self._others(instance) if self._sees_others and (instance.parts or instance.owner is not None) else ()
        shape = self.shape(instance, others)
        alive = shape.alive
        own = self._own
        for name, value in instance.facts.items():
            if name in own:
                alive &= own[name](value)
        for base, other in others:
            readings = self._sources.get(base, own)
            if readings is not own:
                for name, value in other.facts.items():
                    if name in readings:
                        alive &= readings[name](value)
        return State(instance, self, shape, alive, shape.sure, list(self._base))

    def verdict(self, state: State) -> tuple[int, int, int]:
        """The rules that hold, those that stay open, and those of them that only wait for one that may displace them."""
        settled = state.settled
        if settled is not None and settled[0] == state.alive and settled[1] == state.sure:
            return settled[2]
        possible, held = self._fold(state.alive), self._fold(state.alive & state.sure)
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
        return self._layers[0][1] & ~self._fold(state.alive & met) if self._layers else 0

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
