"""Quantifiers over parts, and sums over findings -> steps on the tape."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hazardrules.columnar import leaves, parts
from hazardrules.columnar.frames import COMPLETE
from hazardrules.columnar.operands import UNKNOWN, Constant, Number, Operands, Value
from hazardrules.columnar.places import NotNativeError, Place
from hazardrules.columnar.tape import OPEN, YES, Mask, Pair
from hazardrules.engines.carriers import carriers, open_parts
from hazardrules.model import intervals
from hazardrules.model.instances import Instance
from hazardrules.model.values import Interval

if TYPE_CHECKING:
    from hazardrules.compiler.plan import CompiledRule
    from hazardrules.model import expressions as ir

_LARGEST = 2**40
"""Amounts up to this are summed exactly."""


class Quantities(Operands):
    """Compiles what is said of several subjects together."""

    def truth(self, frame: int, name: str) -> Pair:
        """Whether a rule holds."""
        raise NotImplementedError

    def listed(self, frame: int, part: str) -> Mask:
        """Where a list of parts is known."""
        shape = self.shape.frames[frame]
        if part not in dict(shape.parts):
            return False
        return True if dict(shape.lists)[part] == COMPLETE else self.tape.step(leaves.listed, 0, literals=(frame, part))

    def _parts_of(self, expr: ir.Quantified, place: Place) -> tuple[int, int, Place] | None:
        """The frame of the subject, that of its parts, and the place inside; None where nothing is known of them."""
        frame = self.resolve(expr.base, place)
        child = None if frame is None else dict(self.shape.frames[frame].parts).get(expr.part)
        if frame is None or child is None:
            return None
        return frame, child, replace(place, rows=child, env=(*place.env, (expr.variable, child)))

    def over_parts(self, expr: ir.Quantified, place: Place) -> Pair:
        """`any` and `all`."""
        found = self._parts_of(expr, place)
        if found is None or expr.item is None:
            return OPEN
        frame, child, inside = found
        counted = YES if expr.where is None else self.condition(expr.where, inside)
        item = self.condition(expr.item, inside)
        tape = self.tape
        if expr.function == "any":
            each = tape.conjoin([counted, item])
            pair = Pair(self._any(each.surely, child), self._any(each.possibly, child))
        else:
            each = tape.negate(tape.disjoin([tape.negate(counted), item]))
            pair = tape.negate(Pair(self._any(each.surely, child), self._any(each.possibly, child)))
        listed = self.listed(frame, expr.part)
        pair = Pair(tape.both(pair.surely, listed), tape.either(pair.possibly, tape.without(listed)))
        return self.carry(pair, frame, place.rows)

    def _any(self, mask: Mask, child: int) -> Mask:
        if mask is False:
            return False
        if mask is True:
            return self.tape.step(parts.has_parts, 0, literals=(child,))
        return self.tape.step(parts.any_part, 0, mask, literals=(child,))

    def quantity(self, expr: ir.Quantified, place: Place) -> Value:
        """`count`, `sum`, `min` and `max`."""
        found = self._parts_of(expr, place)
        if found is None:
            return Constant(Interval(0, None)) if expr.function == "count" else UNKNOWN
        frame, child, inside = found
        counted = YES if expr.where is None else self.condition(expr.where, inside)
        masks = [mask for mask in counted if not isinstance(mask, bool)]
        flags = tuple(mask if isinstance(mask, bool) else None for mask in counted)
        if expr.function == "count":
            slot = self.tape.step(parts.count_parts, 0, *masks, literals=(child, flags))
        else:
            if expr.item is None:
                raise NotNativeError
            item = self.number(expr.item, replace(inside, bounded=True))
            if expr.function == "sum":
                slot = self.tape.step(parts.sum_parts, 0, item, *masks, literals=(child, flags))
            else:
                literals = (child, flags, expr.function == "min")
                slot = self.tape.step(parts.extreme_part, 0, item, *masks, literals=literals)
        route = self.route(place.rows, frame)
        if expr.function == "count" and any(way == "down" for way, _ in route):
            raise NotNativeError  # where the subject is not known, a count is at least nothing, and not just unknown
        return Number(self.carry_value(slot, frame, place.rows))

    # sums over findings

    def total(self, expr: ir.Total, place: Place) -> Value:
        """The sum of a parameter over all findings of a row."""
        masks: list[int] = []
        amounts: list[tuple[Any, ...]] = []
        unlisted: list[tuple[int, bool]] = []
        lists: list[int] = []
        for frame in self.shape.frames:
            for name in carriers(self.plan, frame.kind, expr.parameter):
                rule, pair = self.plan.rules[name], self.truth(frame.number, name)
                if pair.possibly is False:
                    continue
                least, most = self._amount(rule, expr.parameter, Place(frame.number, frame.number))
                masks += [mask for mask in pair if not isinstance(mask, bool)]
                flags = tuple(mask if isinstance(mask, bool) else None for mask in pair)
                amounts.append((frame.number, flags, least, most))
            for part in open_parts(self.plan, Instance(frame.kind), expr.parameter):
                listed = self.listed(frame.number, part)
                if listed is not True:
                    unlisted.append((frame.number, not isinstance(listed, bool)))
                    lists += [] if isinstance(listed, bool) else [listed]
        literals = (tuple(amounts), tuple(unlisted))
        return Number(
            self.carry_value(self.tape.step(parts.total_of_findings, 0, *masks, *lists, literals=literals), 0, place.rows)
        )

    def _amount(self, rule: CompiledRule, parameter: str, place: Place) -> tuple[float, float]:
        """How much the actions of a rule carry, where that is the same for every subject."""
        own = {action.use.action for action in rule.actions}
        for name in self.plan.amenders.get(rule.name, ()):
            changes = self.plan.rules[name].actions
            if any(parameter in action.values or action.use.action in own for action in changes):
                raise NotNativeError
        total: intervals.Amount = 0
        for action in rule.actions:
            if parameter in action.values:
                ends = [UNKNOWN if end is None else self.value(end, place) for end in action.values[parameter]]
                if not all(isinstance(end, Constant) for end in ends):
                    raise NotNativeError
                least, most = (end.value for end in ends if isinstance(end, Constant))
                total = intervals.add(total, intervals.between(intervals.bounds(least)[0], intervals.bounds(most)[1]))
        low, high = intervals.bounds(total)
        for bound in (low, high):
            if isinstance(bound, float):
                continue
            if bound.denominator != 1 or not -_LARGEST <= bound <= _LARGEST:
                raise NotNativeError
        return float(low), float(high)
