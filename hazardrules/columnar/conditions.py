"""Conditions -> masks. What has no form for whole columns is asked of the row-wise engine, and only where it matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hazardrules.columnar import leaves, values
from hazardrules.columnar.columns import Threshold
from hazardrules.columnar.exact import Asked, Comparison
from hazardrules.columnar.frames import COMPLETE
from hazardrules.columnar.operands import Constant, Word
from hazardrules.columnar.places import NotNativeError, Place
from hazardrules.columnar.quantities import Quantities
from hazardrules.columnar.tape import NO, OPEN, YES, Pair
from hazardrules.columnar.values import ordinal
from hazardrules.model import expressions as ir
from hazardrules.model import intervals
from hazardrules.model.values import Interval

if TYPE_CHECKING:
    from datetime import date

    from hazardrules.columnar.frames import Shape
    from hazardrules.columnar.tape import Mask, Tape
    from hazardrules.compiler.plan import Plan

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_PLAIN: dict[str, Any] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def said(truth: bool | None) -> Pair:
    """What is the same for every row."""
    return OPEN if truth is None else YES if truth else NO


class Conditions(Quantities):
    """Compiles truths."""

    def __init__(self, plan: Plan, shape: Shape, tape: Tape, day: date) -> None:
        """Bind to the law of a period; see `Operands`."""
        super().__init__(plan, shape, tape, day)
        self._truths: dict[tuple[int, Place], Pair] = {}
        self._matches: dict[tuple[int, str], Pair] = {}
        self._derived_truths: dict[tuple[int, str, bool], Pair] = {}
        self._thresholds: dict[tuple[Any, bool], Threshold] = {}
        self._failed: set[tuple[int, Place]] = set()
        self._asked: dict[tuple[int, Place, Mask], Pair] = {}
        self._comparisons: dict[tuple[str, int, int, Place], Comparison] = {}
        self.asked: dict[str, None] = {}
        """Where conditions stand that are asked of the row-wise engine."""

    # rules

    def match(self, frame: int, name: str) -> Pair:
        """Whether a rule applies and its condition holds and none of its exceptions does."""
        key = (frame, name)
        found = self._matches.get(key)
        if found is None:
            found = self._matches[key] = self._match(frame, name)
        return found

    def _match(self, frame: int, name: str) -> Pair:
        rule = self.plan.rules.get(name)
        if rule is None:
            return NO
        place = Place(frame, frame)
        scope = YES if rule.scope is None else self.condition(rule.scope, place)
        if scope.possibly is False:
            return NO
        need = scope.possibly
        pairs = [scope, self.condition(rule.when, place, need)]
        pairs += [self.tape.negate(self.condition(exception, place, need)) for exception in rule.unless]
        found = self.tape.conjoin(pairs)
        return Pair(False, found.possibly) if name in self.plan.force else found

    def truth(self, frame: int, name: str) -> Pair:
        """Whether a rule holds: it matches, and no rule that overrides it matches."""
        match = self.match(frame, name)
        if match.possibly is False:
            return NO
        others = self.tape.disjoin([self.match(frame, other) for other in self.plan.overriders.get(name, ())])
        return self.tape.conjoin([match, self.tape.negate(others)])

    # conditions

    def condition(self, expr: ir.Expr, place: Place, need: Mask = True) -> Pair:
        """The truth of a condition.

        Args:
            expr: The condition.
            place: Where it is asked.
            need: The rows for which the answer matters; the others may get any.
        """
        key = (id(expr), place)
        found = self._truths.get(key)
        if found is None:
            try:
                found = self.native(expr, place)
            except NotNativeError:
                return self._partly(expr, place, need)
        return found

    def native(self, expr: ir.Expr, place: Place) -> Pair:
        """The truth of a condition by masks alone.

        Raises:
            NotNativeError: Something in it has no form for whole columns.
        """
        key = (id(expr), place)
        found = self._truths.get(key)
        if found is None:
            if key in self._failed:
                raise NotNativeError
            self._kept.append(expr)  # keeps the id its own
            try:
                found = self._truths[key] = self._condition(expr, place)
            except NotNativeError:
                self._failed.add(key)
                raise
        return found

    def _partly(self, expr: ir.Expr, place: Place, need: Mask) -> Pair:
        """Masks as far as they go; the rest is asked row by row, where the masks leave it open."""
        match expr:
            case ir.Not(item=item):
                return self.tape.negate(self.condition(item, place, need))
            case ir.Junction(op=op, items=items):
                late: list[ir.Expr] = []
                pairs: list[Pair] = []
                for item in items:
                    try:
                        pairs.append(self.native(item, place))
                    except NotNativeError:
                        late.append(item)
                for item in late:
                    if op == "and":
                        now = self.tape.both(need, self.tape.every(pair.possibly for pair in pairs))
                    else:
                        now = self.tape.both(need, self.tape.without(self.tape.some(pair.surely for pair in pairs)))
                    pairs.append(self.condition(item, place, now))
                return self.tape.conjoin(pairs) if op == "and" else self.tape.disjoin(pairs)
            case _:
                return self._ask(expr, place, need)

    def _ask(self, expr: ir.Expr, place: Place, need: Mask) -> Pair:
        if need is False:
            return OPEN
        key = (id(expr), place, need)
        found = self._asked.get(key)
        if found is None:
            self.asked[str(expr.span)] = None
            asked = Asked(self.plan, expr, place, self.shape, self.day)
            slots = () if isinstance(need, bool) else (need,)
            found = self._asked[key] = self.tape.halves(self.tape.step(asked.run, 0, *slots))
        return found

    def _condition(self, expr: ir.Expr, place: Place) -> Pair:
        match expr:
            case ir.Const(value=value):
                return said(bool(value))
            case ir.Unknown():
                return OPEN
            case ir.ParameterRef(name=name):
                given = self.plan.parameters.get(name)
                return said(None if given is None else bool(given))
            case ir.FactRef(base=base, name=name):
                frame = self.resolve(base, place)
                return self._of_fact(frame, name, place, leaves.flag)
            case ir.DerivedRef(base=base, name=name):
                return self._derived_truth(base, name, place)
            case ir.RuleRef(base=base, kind=kind, name=name):
                frame = self.resolve(base, place)
                if name not in self.plan.rules:
                    return NO
                if frame is None or self.shape.frames[frame].kind != kind:
                    return OPEN
                return self.carry(self.match(frame, name), frame, place.rows)
            case ir.Not(item=item):
                return self.tape.negate(self.native(item, place))
            case ir.Junction(op=op, items=items):
                pairs = [self.native(item, place) for item in items]
                return self.tape.conjoin(pairs) if op == "and" else self.tape.disjoin(pairs)
            case ir.AtLeast():
                return self._at_least(expr, place)
            case ir.Compare():
                return self._compare(expr, place)
            case ir.In():
                return self._in(expr, place)
            case ir.Intersects():
                return self._intersects(expr, place)
            case ir.Choice(then=then, condition=condition, otherwise=otherwise):
                return self._either_way(*(self.native(item, place) for item in (condition, then, otherwise)))
            case ir.Quantified(function="any" | "all"):
                return self.over_parts(expr, place)
            case ir.TableValue(rows=rows):
                return self._table_truth(rows, place)
            case ir.Lookup():
                found = self.value(expr, place)
                if isinstance(found, Constant):
                    return said(found.value)
                assert isinstance(found, Word)  # a look-up of truths gives words
                return self.tape.halves(self.tape.step(values.holds, found.slot))
        raise NotNativeError

    # facts

    def _of_fact(self, frame: int | None, name: str, place: Place, test: Any, *literals: Any) -> Pair:
        """What a test says of a fact; open where it is not known."""
        state = None if frame is None else dict(self.shape.frames[frame].columns).get(name)
        if frame is None or state is None:
            return OPEN
        mask = self.tape.step(test, 0, literals=(frame, name, *literals))
        return self.carry(self._where_known(mask, frame, name, state), frame, place.rows)

    def _where_known(self, mask: Mask, frame: int, name: str, state: str) -> Pair:
        if state == COMPLETE:
            return Pair(mask, mask)
        known = self.known(frame, name)
        surely = self.tape.both(mask, known)
        return Pair(surely, self.tape.either(surely, self.tape.without(known)))

    def known(self, frame: int, name: str) -> Mask:
        """Where a fact is known."""
        state = dict(self.shape.frames[frame].columns).get(name)
        if state is None:
            return False
        return True if state == COMPLETE else self.tape.step(leaves.known, 0, literals=(frame, name))

    def _derived_truth(self, base: ir.Base, name: str, place: Place) -> Pair:
        frame = self.resolve(base, place)
        found = None if frame is None else self.in_force(self.shape.frames[frame].kind, name)
        if frame is None or found is None:
            return OPEN
        key = (frame, name, place.bounded)
        pair = self._derived_truths.get(key)
        if pair is None:
            pair = self._derived_truths[key] = self.condition(found, Place(frame, frame, (), place.bounded))
        return self.carry(pair, frame, place.rows)

    # comparisons

    def _compare(self, expr: ir.Compare, place: Place) -> Pair:
        left, right, op = expr.left, expr.right, expr.op
        if isinstance(left, (ir.Const, ir.ParameterRef)):
            left, right, op = right, left, _FLIPPED[op]  # type: ignore[assignment]  # the flipped operator is one too
        kind = left.type.name
        other = self.value(right, place)
        if isinstance(other, Constant) and other.value is None:
            return OPEN
        if isinstance(left, ir.FactRef) and isinstance(other, Constant):
            found = self._against(left, op, other.value, place)
            if found is not None:
                return found
        value = self.value(left, place)
        if isinstance(value, Constant) and value.value is None:
            return OPEN
        if isinstance(value, Constant) and isinstance(other, Constant):
            truth = (
                intervals.compare(op, value.value, other.value)
                if kind == "number"
                else bool(_PLAIN[op](value.value, other.value))
            )
            return said(truth)
        if kind == "number":
            return self._numbers(op, self.as_number(value), self.as_number(other), expr, place)
        if kind in ("date", "datetime"):
            slots = [self.like(side, kind).slot for side in (value, other)]
            return self.tape.halves(self.tape.step(leaves.compare_days, 0, *slots, literals=(op, place.rows)))
        if isinstance(value, Constant):
            value, other = other, value
        if isinstance(value, Word) and isinstance(other, Constant):
            pair = self.tape.halves(self.tape.step(values.among, value.slot, literals=(frozenset((other.value,)),)))
            return pair if op == "==" else self.tape.negate(pair)
        raise NotNativeError

    def _numbers(self, op: str, left: int, right: int, expr: ir.Compare, place: Place) -> Pair:
        key = (op, left, right, place)
        found = self._comparisons.get(key)
        if found is None:
            found = self._comparisons[key] = Comparison(op, Asked(self.plan, expr, place, self.shape, self.day))
        return self.tape.halves(self.tape.step(found.run, 0, left, right))

    def _against(self, fact: ir.FactRef, op: str, value: Any, place: Place) -> Pair | None:
        """A submitted fact against a value of the law; None where there is no short way."""
        frame = self.resolve(fact.base, place)
        kind = fact.type.name
        if kind == "number":
            if isinstance(value, Interval) or (place.bounded and self.limits(fact, frame) is not None):
                return None
            if op in ("==", "!="):
                pair = self.tape.conjoin(
                    [self._at(frame, fact.name, value, place), self.tape.negate(self._over(frame, fact.name, value, place))]
                )
                return pair if op == "==" else self.tape.negate(pair)
            test = self._at if op in (">=", "<") else self._over
            pair = test(frame, fact.name, value, place)
            return pair if op in (">", ">=") else self.tape.negate(pair)
        if kind in ("date", "datetime"):
            at = ordinal(value)
            from_then = [self._of_fact(frame, fact.name, place, leaves.is_day_from, bound) for bound in (at, at + 1)]
            if op in ("==", "!="):
                pair = self.tape.conjoin([from_then[0], self.tape.negate(from_then[1])])
                return pair if op == "==" else self.tape.negate(pair)
            pair = from_then[0] if op in (">=", "<") else from_then[1]
            return pair if op in (">", ">=") else self.tape.negate(pair)
        if kind in ("enum", "text"):
            pair = self._of_fact(frame, fact.name, place, leaves.is_word, value)
            return pair if op == "==" else self.tape.negate(pair)
        return None

    def _at(self, frame: int | None, name: str, value: Any, place: Place) -> Pair:
        return self._of_fact(frame, name, place, leaves.at_least, self._threshold(value, strictly=False))

    def _over(self, frame: int | None, name: str, value: Any, place: Place) -> Pair:
        return self._of_fact(frame, name, place, leaves.at_least, self._threshold(value, strictly=True))

    def _threshold(self, value: Any, *, strictly: bool) -> Threshold:
        key = (value, strictly)
        found = self._thresholds.get(key)
        if found is None:
            found = self._thresholds[key] = Threshold(value, strictly=strictly)
        return found

    def _in(self, expr: ir.In, place: Place) -> Pair:
        item, options = expr.item, expr.options
        if isinstance(item, ir.FactRef) and item.type.name in ("enum", "text", "number", "date", "datetime"):
            pairs = [self._against(item, "==", option.value, place) for option in options]
            known = [pair for pair in pairs if pair is not None]
            if len(known) == len(options):
                return self.tape.disjoin(known)
        value = self.value(item, place)
        if isinstance(value, Constant):
            if value.value is None:
                return OPEN
            if item.type.name == "number":
                return self.tape.disjoin([said(intervals.compare("==", value.value, option.value)) for option in options])  # type: ignore[arg-type]  # numbers
            return said(value.value in [option.value for option in options])
        if isinstance(value, Word):
            wanted = frozenset(option.value for option in options)
            return self.tape.halves(self.tape.step(values.among, value.slot, literals=(wanted,)))
        steps = [ir.Compare("==", item, option, expr.span) for option in options]
        return self.tape.disjoin([self.native(step, place) for step in self._remembered(expr, steps)])

    def _remembered(self, expr: ir.Expr, steps: list[ir.Compare]) -> list[ir.Compare]:
        self._kept += [expr, *steps]  # made here, and known by their ids
        return steps

    def _intersects(self, expr: ir.Intersects, place: Place) -> Pair:
        container = expr.container
        if isinstance(container, ir.FactRef):
            frame = self.resolve(container.base, place)
            places = {option: at for at, option in enumerate(container.type.options)}
            wanted = sorted(places[option] for option in expr.options if option in places)
            found = [self._of_fact(frame, container.name, place, leaves.contains, at) for at in wanted]
            return self.tape.disjoin(found) if found else self._of_fact(frame, container.name, place, leaves.nowhere)
        value = self.value(container, place)
        if isinstance(value, Constant):
            return said(None if value.value is None else not expr.options.isdisjoint(value.value))
        if not isinstance(value, Word):
            raise NotNativeError
        return self.tape.halves(self.tape.step(leaves.meets, value.slot, literals=(expr.options,)))

    # truths of several

    def _either_way(self, condition: Pair, then: Pair, otherwise: Pair) -> Pair:
        """A choice between truths: where the condition is open, what both say."""
        tape = self.tape
        yes, no = condition.surely, tape.without(condition.possibly)
        maybe = tape.both(condition.possibly, tape.without(condition.surely))

        def chosen(one: Mask, other: Mask) -> Mask:
            return tape.some((tape.both(yes, one), tape.both(no, other), tape.every((maybe, one, other))))

        surely = chosen(then.surely, otherwise.surely)
        fails = chosen(tape.without(then.possibly), tape.without(otherwise.possibly))
        return Pair(surely, tape.without(fails))

    def _table_truth(self, rows: tuple[tuple[ir.Expr, ir.Expr], ...], place: Place) -> Pair:
        tape = self.tape
        left: Mask = True
        surely: list[Mask] = []
        fails: list[Mask] = []
        for condition, cell in rows:
            pair, value = self.native(condition, place), self.native(cell, place)
            taken = tape.both(left, pair.surely)
            surely.append(tape.both(taken, value.surely))
            fails.append(tape.both(taken, tape.without(value.possibly)))
            left = tape.both(left, tape.without(pair.possibly))
        return Pair(tape.some(surely), tape.without(tape.some(fails)))

    def _at_least(self, expr: ir.AtLeast, place: Place) -> Pair:
        pairs = [self.native(item, place) for item in expr.items]
        count = self.value(expr.count, place)
        if not isinstance(count, Constant):
            raise NotNativeError
        if count.value is None:
            return OPEN
        if isinstance(count.value, Interval):
            raise NotNativeError
        surely, possibly = (self._so_many(list(masks), count.value) for masks in zip(*pairs, strict=True))
        return Pair(surely, possibly)

    def _so_many(self, masks: list[Mask], count: Any) -> Mask:
        """Where at least so many masks are set."""
        need = -((-count) // 1) - sum(mask is True for mask in masks)
        rest = [mask for mask in masks if not isinstance(mask, bool)]
        if need <= 0:
            return True
        if need > len(rest):
            return False
        # have[k]: at least k of the masks looked at so far
        have: list[Mask] = [True, *([False] * int(need))]
        for mask in rest:
            for k in range(int(need), 0, -1):
                have[k] = self.tape.either(have[k], self.tape.both(have[k - 1], mask))
        return have[int(need)]
