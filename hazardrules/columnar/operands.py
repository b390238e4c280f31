"""Numbers, words and days of expressions -> steps on the tape; each value is asked for once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hazardrules.columnar import amounts, leaves
from hazardrules.columnar.places import NotNativeError, Place, Places
from hazardrules.engines.reference import shift
from hazardrules.model import expressions as ir
from hazardrules.model import intervals
from hazardrules.model.values import CalendarSpan

if TYPE_CHECKING:
    from datetime import date

    from hazardrules.columnar.frames import Shape
    from hazardrules.columnar.tape import Mask, Pair, Tape
    from hazardrules.compiler.plan import Plan

_ARITHMETIC = {"+": amounts.add, "-": amounts.subtract, "*": amounts.multiply, "/": amounts.divide}
_CONSTANT = {"+": intervals.add, "-": intervals.subtract, "*": intervals.multiply, "/": intervals.divide}


@dataclass(frozen=True, slots=True)
class Constant:
    """The same for every row; None where it is not known."""

    value: Any


@dataclass(frozen=True, slots=True)
class Number:
    """The slot of `Amounts`."""

    slot: int


@dataclass(frozen=True, slots=True)
class Word:
    """The slot of `Words`."""

    slot: int


@dataclass(frozen=True, slots=True)
class Day:
    """The slot of `Days`; `moment` where they carry a time of day."""

    slot: int
    moment: bool


Value = Constant | Number | Word | Day
UNKNOWN = Constant(None)


class Operands(Places):
    """Compiles values; `condition` compiles truths."""

    def __init__(self, plan: Plan, shape: Shape, tape: Tape, day: date) -> None:
        """Bind to the law of a period.

        Args:
            plan: The law.
            shape: The columns that there are.
            tape: Receives the steps.
            day: A day of the period; the day of every row, unless rows have their own.
        """
        super().__init__(shape, tape)
        self.plan, self.day = plan, day
        self.source = plan.compiled.source
        self._values: dict[tuple[int, Place], Value] = {}
        self._kept: list[ir.Expr] = []

    def condition(self, expr: ir.Expr, place: Place) -> Pair:
        """The truth of a condition."""
        raise NotImplementedError

    def value(self, expr: ir.Expr, place: Place) -> Value:
        """The value of an expression that is no truth.

        Raises:
            NotNativeError: It has no form for whole columns.
        """
        key = (id(expr), place)
        found = self._values.get(key)
        if found is None:
            found = self._values[key] = self._value(expr, place)
            self._kept.append(expr)  # keeps the id its own
        return found

    def _value(self, expr: ir.Expr, place: Place) -> Value:
        match expr:
            case ir.Const(value=value):
                return Constant(value)
            case ir.Unknown():
                return UNKNOWN
            case ir.ParameterRef(name=name):
                return Constant(self.plan.parameters.get(name))
            case ir.AsOf():
                if not self.shape.dated:
                    return Constant(self.day)
                return Day(self.carry_value(self.tape.step(leaves.as_of, 0), 0, place.rows), moment=False)
            case ir.FactRef():
                return self._fact(expr, place)
            case ir.DerivedRef(base=base, name=name):
                return self._derived(base, name, place)
            case ir.Arithmetic(op=op, left=left, right=right):
                return self._combined(_CONSTANT[op], _ARITHMETIC[op], [left, right], place)
            case ir.Scale(item=item, factor=factor):
                return self._combined(_scale(factor), amounts.scale, [item], place, factor)
            case ir.Function(name="min" | "max" as name, items=items):
                plain, steps = (intervals.least, amounts.least) if name == "min" else (intervals.greatest, amounts.greatest)
                return self._combined(lambda *found: plain(found), steps, list(items), place)
            case ir.Function(name="abs", items=items):
                return self._combined(intervals.absolute, amounts.absolute, list(items), place)
            case ir.Function(name="floor" | "ceil" as name, items=items):
                up = name == "ceil"
                return self._combined(
                    lambda one: intervals.rounded(one, up=up), amounts.ceil if up else amounts.floor, list(items), place
                )
            case ir.Choice():
                return self._choice(expr, place)
            case ir.TableValue(rows=rows):
                return self._rows(rows, expr, place)
            case ir.Lookup():
                return self._lookup(expr, place)
            case ir.DateShift():
                return self._shift(expr, place)
            case ir.DateDifference():
                return self._difference(expr, place)
            case ir.Quantified():
                return self.quantity(expr, place)
            case ir.Total():
                return self.total(expr, place)
        raise NotNativeError

    def quantity(self, expr: ir.Quantified, place: Place) -> Value:
        """A count, sum or extreme over parts."""
        raise NotImplementedError

    def total(self, expr: ir.Total, place: Place) -> Value:
        """A sum over findings."""
        raise NotImplementedError

    def number(self, expr: ir.Expr, place: Place) -> int:
        """The slot of a number."""
        return self.as_number(self.value(expr, place))

    def as_number(self, value: Value) -> int:
        """The slot of a value that is a number."""
        if isinstance(value, Constant):
            return self.tape.step(amounts.constant, literals=(value.value,))
        if not isinstance(value, Number):
            raise NotNativeError
        return value.slot

    # facts

    def _fact(self, expr: ir.FactRef, place: Place) -> Value:
        frame = self.resolve(expr.base, place)
        kind = expr.type.name
        if kind in ("bool", "set"):
            raise NotNativeError
        if frame is None or expr.name not in dict(self.shape.frames[frame].columns):
            return self._unknown_fact(expr, frame, place)
        limits = self.limits(expr, frame) if place.bounded and kind == "number" else None
        if kind == "number":
            slot = self.tape.step(leaves.amounts_of, 0, literals=(frame, expr.name, limits))
            if limits is not None and any(way == "down" for way, _ in self.route(place.rows, frame)):
                raise NotNativeError  # of a part that is not there the bounds are known too
            return Number(self.carry_value(slot, frame, place.rows))
        if kind in ("enum", "text"):
            return Word(self.carry_value(self.tape.step(leaves.words_of, 0, literals=(frame, expr.name)), frame, place.rows))
        slot = self.carry_value(self.tape.step(leaves.days_of, 0, literals=(frame, expr.name)), frame, place.rows)
        return Day(slot, kind == "datetime")

    def _unknown_fact(self, expr: ir.FactRef, frame: int | None, place: Place) -> Value:
        if not place.bounded or expr.type.name != "number":
            return UNKNOWN
        limits = self.limits(expr, frame)
        return Constant(None if limits is None else _interval(*limits))

    def limits(self, expr: ir.FactRef, frame: int | None) -> tuple[Any, Any] | None:
        """The declared minimum and maximum of a number; None where it has neither."""
        kind = expr.kind if frame is None else self.shape.frames[frame].kind
        fact = self.source.subjects[kind].facts.get(expr.name)
        return None if fact is None or (fact.minimum is None and fact.maximum is None) else (fact.minimum, fact.maximum)

    def _derived(self, base: ir.Base, name: str, place: Place) -> Value:
        frame = self.resolve(base, place)
        found = None if frame is None else self.in_force(self.shape.frames[frame].kind, name)
        if found is None or frame is None:
            return UNKNOWN
        value = self.value(found, Place(frame, frame, (), place.bounded))
        if isinstance(value, Constant):
            if value.value is not None and any(way == "down" for way, _ in self.route(place.rows, frame)):
                raise NotNativeError  # known only where there is such a part
            return value
        slot = self.carry_value(value.slot, frame, place.rows)
        return Day(slot, value.moment) if isinstance(value, Day) else type(value)(slot)

    def in_force(self, kind: str, name: str) -> ir.Expr | None:
        """The expression of a derived fact, where there is one in force."""
        found = self.plan.compiled.derived.get((kind, name))
        if found is None or not (found.effective is None or found.effective.is_in_force(self.day) is True):
            return None
        return found.expr

    # numbers

    def _combined(self, plain: Any, run: Any, items: list[ir.Expr], place: Place, *literals: Any) -> Value:
        found = [self.value(item, place) for item in items]
        if all(isinstance(value, Constant) for value in found):
            return Constant(plain(*[value.value for value in found if isinstance(value, Constant)]))
        return Number(self.tape.step(run, *map(self.as_number, found), literals=literals))

    # choices

    def _choice(self, expr: ir.Choice, place: Place) -> Value:
        pair = self.condition(expr.condition, place)
        then, otherwise = self.value(expr.then, place), self.value(expr.otherwise, place)
        if pair.surely is True:
            return then
        if pair.possibly is False:
            return otherwise
        if then == otherwise:
            return then
        no, maybe = self.tape.without(pair.possibly), self.tape.both(pair.possibly, self.tape.without(pair.surely))
        if expr.type.name == "number":
            both = self.tape.step(amounts.hull, self.as_number(then), self.as_number(otherwise))
            parts = [(pair.surely, self.as_number(then)), (no, self.as_number(otherwise)), (maybe, both)]
            return Number(self.chosen(leaves.choose_amounts, parts, place))
        first, second = self.like(then, expr.type.name), self.like(otherwise, expr.type.name)
        same = leaves.same_words if isinstance(first, Word) else leaves.same_days
        agreed = self.tape.step(same, 0, first.slot, second.slot, literals=(place.rows,))
        parts = [(pair.surely, first.slot), (no, second.slot), (self.tape.both(maybe, agreed), first.slot)]
        return self._one_of(first, parts, place)

    def like(self, value: Value, kind: str) -> Word | Day:
        """A value that is no number in the form of its type."""
        if isinstance(value, (Word, Day)):
            return value
        if isinstance(value, Number) or kind in ("number", "bool"):
            raise NotNativeError
        if kind in ("date", "datetime"):
            return Day(self.tape.step(leaves.constant_day, literals=(value.value,)), kind == "datetime")
        return Word(self.tape.step(leaves.constant_word, literals=(value.value,)))

    def _one_of(self, model: Word | Day, parts: list[tuple[Mask, int]], place: Place) -> Value:
        if isinstance(model, Day):
            return Day(self.chosen(leaves.choose_days, parts, place), model.moment)
        return Word(self.chosen(leaves.choose_words, parts, place))

    def chosen(self, run: Any, parts: list[tuple[Mask, int]], place: Place) -> int:
        """The slot of values that are chosen by masks."""
        parts = [part for part in parts if part[0] is not False]
        masks = tuple(mask if isinstance(mask, bool) else None for mask, _ in parts)
        slots = [mask for mask, _ in parts if not isinstance(mask, bool)]
        return self.tape.step(run, 0, *slots, *(slot for _, slot in parts), literals=(place.rows, masks))

    def _rows(self, rows: tuple[tuple[ir.Expr, ir.Expr], ...], expr: ir.TableValue, place: Place) -> Value:
        """A decision table: behind a row that may hold no other decides."""
        left: Mask = True
        parts: list[tuple[Mask, Value]] = []
        for condition, cell in rows:
            pair = self.condition(condition, place)
            taken = self.tape.both(left, pair.surely)
            if taken is not False:
                parts.append((taken, self.value(cell, place)))
            left = self.tape.both(left, self.tape.without(pair.possibly))
            if left is False:
                break
        if not parts:
            return UNKNOWN
        if expr.type.name == "number":
            numbers = [(mask, self.as_number(value)) for mask, value in parts]
            return Number(self.chosen(leaves.choose_amounts, numbers, place))
        alike = [(mask, self.like(value, expr.type.name)) for mask, value in parts]
        return self._one_of(alike[0][1], [(mask, value.slot) for mask, value in alike], place)

    # look-ups

    def _lookup(self, expr: ir.Lookup, place: Place) -> Value:
        if expr.table not in self.plan.tables:
            return UNKNOWN
        table = self.source.tables[expr.table].rows
        keys = [self.value(key, place.plainly()) for key in expr.keys]
        if any(key == UNKNOWN for key in keys):
            return UNKNOWN
        if all(isinstance(key, Constant) for key in keys):
            row = table.get(tuple(str(key.value) for key in keys if isinstance(key, Constant)))
            return Constant(None if row is None else row[expr.column])
        slots = [self.like(key, each.type.name) for key, each in zip(keys, expr.keys, strict=True)]
        if not all(isinstance(slot, Word) for slot in slots):
            raise NotNativeError
        rows = tuple((key, row[expr.column]) for key, row in table.items())
        words = [slot.slot for slot in slots]
        if expr.type.name == "number":
            return Number(self.tape.step(leaves.look_up_amounts, *words, literals=(rows,)))
        if expr.type.name in ("date", "datetime"):
            raise NotNativeError
        return Word(self.tape.step(leaves.look_up_words, *words, literals=(rows,)))

    # days

    def _shift(self, expr: ir.DateShift, place: Place) -> Value:
        day, amount = self.value(expr.day, place), self.value(expr.amount, place)
        if UNKNOWN in (day, amount):
            return UNKNOWN
        if not isinstance(amount, Constant) or not isinstance(amount.value, (int, CalendarSpan)):
            raise NotNativeError
        working_day = self.plan.compiled.working_day
        if isinstance(day, Constant):
            return Constant(shift(day.value, amount.value, expr.sign, working_day))
        if not isinstance(day, Day):
            raise NotNativeError
        literals = (amount.value, expr.sign, working_day, place.rows, day.moment)
        return Day(self.tape.step(leaves.shifted, 0, day.slot, literals=literals), day.moment)

    def _difference(self, expr: ir.DateDifference, place: Place) -> Value:
        left, right = self.value(expr.left, place), self.value(expr.right, place)
        if UNKNOWN in (left, right):
            return UNKNOWN
        if isinstance(left, Constant) and isinstance(right, Constant):
            raise NotNativeError
        moments = tuple(side.type.name == "datetime" for side in (expr.left, expr.right))
        slots = [self.like(side, each.type.name).slot for side, each in ((left, expr.left), (right, expr.right))]
        literals = (expr.type.unit.factor, place.rows, moments)
        return Number(self.tape.step(leaves.between, 0, *slots, literals=literals))


def _interval(low: Any, high: Any) -> Any:
    return intervals.between(float("-inf") if low is None else low, float("inf") if high is None else high)


def _scale(factor: Any) -> Any:
    return lambda amount: intervals.scale(amount, factor)
