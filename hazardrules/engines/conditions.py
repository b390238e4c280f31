"""Conditions -> Python expressions, and the statements that these need before them.

Every condition becomes two plain Boolean expressions: *surely* (true whatever the unknown facts are) and *possibly*
(not false); that is Kleene's logic without three-valued values at run time. An unknown number is NaN where it is
compared with a value of the law, so that `x > 3` is its own *surely* and `not x <= 3` the *possibly*; a derived number
is its least and its greatest value; an unknown set is nothing for the one question and everything for the other.

Only text that this module wrote is compiled: names of facts and values of the law reach the code as constants, save for
whole numbers, floats and plain identifiers, which are written out.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hazardrules.engines import quick
from hazardrules.engines.looks import is_near
from hazardrules.model import expressions as ir
from hazardrules.model import intervals
from hazardrules.model.instances import Instance

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hazardrules.compiler.plan import Plan

OFTEN = 6
"""A flag that stands in so many conditions is looked at once."""
FEW = 3
"""So many members of a set are asked for one by one."""
SAFE = 10**15
"""Smaller whole numbers are the same as floats."""
MAX_NESTING = 30
"""Deeper conditions go to the reference: Python's own parser allows some 200 nested parentheses."""
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
EMPTY: frozenset[str] = frozenset()
_nobody = (Instance(""),)
"""Stands where there is no owner or no such part: nothing is known of it."""
_THRESHOLD = re.compile(r"(?<!')\bc[fd]\d+_\d+\b")


def _counted(truths: list[str]) -> str:
    """How many of some conditions hold; a long sum is no nest of sums, which Python's compiler could not follow."""
    return " + ".join(truths) if len(truths) <= MAX_NESTING else f"sum(({', '.join(truths)},))"


class Conditions:
    """Writes conditions on one kind of subject."""

    def __init__(self, plan: Plan, kind: str) -> None:
        self.plan, self.kind = plan, kind
        self.lines: list[str] = []
        self.constants: dict[str, Any] = {
            "nan": float("nan"),
            "add": quick.add,
            "subtract": quick.subtract,
            "multiply": quick.multiply,
            "divide": quick.divide,
            "scale": quick.scale,
            "compare": quick.compare,
            "near": quick.near,
            "bounds": quick.bounds,
            "between": quick.between,
            "shifted": quick.shifted,
            "hull": quick.hull,
            "nobody": _nobody,
            "least": intervals.least,
            "greatest": intervals.greatest,
        }
        self.facts: dict[tuple[ir.Base, str], str] = {}
        self.numbers: dict[str, dict[Any, str]] = {}
        """By local: the values of the law that a number is compared with, and their constants."""
        self.sets: dict[str, frozenset[str]] = {}
        self.derived: dict[str, str] = {}
        self.matches: dict[str, str] = {}
        self.known: dict[object, str] = {}
        """Locals by what they hold, as far as they are set where the next line goes."""
        self.kept: list[ir.Expr] = []
        self.uses: dict[str, int] = {}
        self.flags: set[str] = set()
        self.made = 0
        self.bounded: set[str] = set()
        self.written: dict[str, str] = {}
        """Constants that are written out: floats."""
        self.totals: set[str] = set()
        self.asks = False
        self.indent = 1

    def _emit(self, line: str) -> None:
        self.lines.append("    " * self.indent + line)

    def _local(self, key: object, text: str) -> str:
        """A local that holds what a text computes; set here, unless it is known already."""
        found = self.known.get(key)
        if found is None:
            self.made += 1
            found = self.known[key] = f"t{self.made}"
            self._emit(f"{found} = {text}")
        return found

    def _constant(self, value: Any) -> str:
        if value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) < SAFE):
            return repr(value)
        if _is_word(value):
            return repr(value)
        name = f"k{len(self.constants)}"
        self.constants[name] = value
        return name

    def _bounds(self, local: str) -> str:
        """A line that makes the least and the greatest value of a derived number comparable with values of the law."""
        return f"l{local}, h{local} = bounds({local}, marks_{local})"

    def _head(self, more: Iterable[str] = ()) -> list[str]:
        """The lines before the body: facts are read once, in the forms that conditions want."""
        head = ["    ask = ev.value"] if self.asks else []
        by_base: dict[ir.Base, dict[str, str]] = {}
        for (base, name), local in self.facts.items():
            by_base.setdefault(base, {})[name] = local
        for base, locals_ in by_base.items():
            source = "facts"
            if isinstance(base, ir.OnePart):
                source = f"(inst.parts.get({self._constant(base.part)}) or nobody)[0].facts"
            elif isinstance(base, ir.Owner):
                source = "(inst.owner or nobody[0]).facts"
            head.append(f"    {', '.join(locals_.values())}, = map({source}.get, {self._constant(tuple(locals_))})")
        for local, constants in self.numbers.items():
            marked = self.constants[f"marks_{local}"] = quick.marks(constants)
            for value, constant in constants.items():
                if marked is None or isinstance(value, int):
                    self.constants[constant] = value
                else:
                    self.written[constant] = repr(value.numerator / value.denominator)
            if local in self.facts.values():
                head.append(
                    f"    n{local} = nan if {local} is None else {local} if {local}.__class__ is int else near({local}, marks_{local})"
                )
        for fact, options in self.sets.items():
            head.append(f"    if {fact} is None: s{fact} = {self._constant(EMPTY)}; p{fact} = {self._constant(options)}")
            head.append(f"    else: s{fact} = p{fact} = {fact}")
        head += more
        return [*head, *(f"    s{local} = {local} is True; p{local} = {local} is not False" for local in sorted(self.flags))]

    def _body(self) -> list[str]:
        """The lines written so far, with floats for values of the law and without bounds that nobody asks for."""
        unused = {self._bounds(local) for local in self.derived.values() if local not in self.numbers}
        kept = "\n".join(line for line in self.lines if line.strip() not in unused)
        return [_THRESHOLD.sub(lambda found: self.written.get(found[0], found[0]), kept)]

    # conditions: (surely, possibly)

    def both(self, expr: ir.Expr, depth: int = 0) -> tuple[str, str]:
        """Two Boolean expressions: true whatever is unknown, and not false."""
        if depth > MAX_NESTING:
            return self._tri(self._ask(expr))
        match expr:
            case ir.Const(value=value):
                return ("True", "True") if value else ("False", "False")
            case ir.Unknown():
                return "False", "True"
            case ir.ParameterRef(name=name):
                dated = self.plan.parameters.get(name)
                return ("False", "True") if dated is None else ("True", "True") if dated else ("False", "False")
            case ir.Not(item=item):
                surely, possibly = self.both(item, depth + 1)
                return f"(not {possibly})", f"(not {surely})"
            case ir.Junction(op=op, items=items):
                pairs = [self.both(item, depth + 1) for item in items]
                word = f" {op} "
                return f"({word.join(s for s, _ in pairs)})", f"({word.join(p for _, p in pairs)})"
            case ir.AtLeast(count=ir.Const(value=int() as count), items=items):
                pairs = [self.both(item, depth + 1) for item in items]
                return f"({_counted([s for s, _ in pairs])} >= {count})", f"({_counted([p for _, p in pairs])} >= {count})"
            case ir.Choice(condition=condition, then=then, otherwise=otherwise) if expr.type.name == "bool":
                (cs, cp), (ts, tp), (es, ep) = [self.both(item, depth + 1) for item in (condition, then, otherwise)]
                return f"({ts} and {es} or {cs} and {ts} or not {cp} and {es})", f"({cp} and {tp} or not {cs} and {ep})"
            case ir.FactRef() if self._is_plain(expr):
                return self._flag(expr)
            case ir.DerivedRef(base=ir.Self(), name=name) if name in self.derived:
                return self._tri(self.derived[name])
            case ir.RuleRef(base=ir.Self(), name=name) if name not in self.plan.rules:
                return "False", "False"
            case ir.RuleRef(base=ir.Self(), name=name) if name in self.matches:
                return self._tri(self.matches[name])
            case ir.Compare():
                return self._comparison(expr)
            case ir.In(item=item, options=options) if self._is_plain(item):
                return self._among(self._plain(item), frozenset(option.value for option in options))
            case ir.Intersects(container=ir.FactRef() as ref, options=options) if options and self._is_plain(ref):
                return self._meets(ref, options)
            case _:
                return self._tri(self._ask(expr))

    def _tri(self, local: str) -> tuple[str, str]:
        return f"({local} is True)", f"({local} is not False)"

    def _flag(self, ref: ir.FactRef) -> tuple[str, str]:
        """A flag; one that is asked often has its two answers ready."""
        local = self._fact(ref)
        if ref.base != ir.Self() or self.uses.get(ref.name, 0) < OFTEN:
            return self._tri(local)
        self.flags.add(local)
        return f"s{local}", f"p{local}"

    def _among(self, local: str, values: frozenset[Any]) -> tuple[str, str]:
        """An unknown value is None, so one set with None and one without answer both questions."""
        if len(values) == 1:
            (value,) = values
            text = self._constant(value)
            return f"({local} == {text})", f"({local} == {text} or {local} is None)"
        return f"({local} in {self._several(values)})", f"({local} in {self._several(values | {None})})"

    def _several(self, values: frozenset[Any]) -> str:
        """A constant set; one of short words is written out, so that the compiler keeps it with the code."""
        if all(value is None or _is_word(value) for value in values):
            return f"{{{', '.join(sorted(map(repr, values)))}}}"
        return self._constant(values)

    def _meets(self, ref: ir.FactRef, options: frozenset[str]) -> tuple[str, str]:
        """An unknown set is empty where it is asked for sure, and everything where it is asked perhaps."""
        local = self._fact(ref)
        self.sets[local] = self.sets.get(local, EMPTY) | frozenset(ref.type.options) | options
        if len(options) <= FEW:
            texts = [self._constant(option) for option in sorted(options)]
            return tuple(f"({' or '.join(f'{text} in {side}{local}' for text in texts)})" for side in "sp")  # type: ignore[return-value]  # two
        apart = f"{self._constant(options)}.isdisjoint"
        return f"(not {apart}(s{local}))", f"(not {apart}(p{local}))"

    def _comparison(self, expr: ir.Compare) -> tuple[str, str]:
        left, right, op = expr.left, expr.right, expr.op
        if isinstance(left, ir.Const) and not isinstance(right, ir.Const):
            left, right, op = right, left, _FLIPPED[op]  # type: ignore[assignment]  # the flipped operator is one too
        value = self._known(right)
        if self._is_plain(left) and value is not None:
            return self._against(left, op, value)
        if isinstance(left, ir.DerivedRef) and left.base == ir.Self() and value is not None:
            local = self.derived.get(left.name)
            if local in self.bounded:
                return self._bounded(local, op, self._threshold(local, value))
        if self._is_plain(left) and self._is_plain(right) and left.type.name != "number":
            a, b = self._plain(left), self._plain(right)
            return (
                f"({a} is not None and {b} is not None and {a} {op} {b})",
                f"({a} is None or {b} is None or {a} {op} {b})",
            )
        if expr.left.type.name != "number":
            if expr.left.type.name not in ("date", "datetime"):
                return self._tri(self._ask(expr))
            first, second = self._once(left, 0), self._once(right, 0)
            known = f"{first} is not None and {second} is not None"
            return f"({known} and {first} {op} {second})", f"(not ({known}) or {first} {op} {second})"
        first, second = self.amount(left), self.amount(right)
        if second.isidentifier() or ("ask(" in first and "ask(" not in second):  # the cheaper side first
            first, second, op = second, first, _FLIPPED[op]  # type: ignore[assignment]  # see above
        # where one side is unknown, so is the answer: the other need not be computed
        text = f"None if (x := {first}) is None else compare({op!r}, x, {second})"
        return self._tri(self._local(text, text))

    def _against(self, left: ir.Expr, op: str, value: Any) -> tuple[str, str]:
        """A fact against a value of the law."""
        local = self._plain(left)
        if left.type.name == "number" and isinstance(left, ir.FactRef):
            number, constant = f"n{local}", self._threshold(local, value)
            if op == "==":
                return f"({number} == {constant})", f"({number} == {constant} or {local} is None)"
            if op == "!=":
                return f"({number} != {constant} and {local} is not None)", f"({number} != {constant})"
            return f"({number} {op} {constant})", f"(not {number} {_OPPOSITE[op]} {constant})"
        if op in ("==", "!="):
            surely, possibly = self._among(local, frozenset((value,)))
            return (surely, possibly) if op == "==" else (f"(not {possibly})", f"(not {surely})")
        test = f"{local} {op} {self._constant(value)}"
        return f"({local} is not None and {test})", f"({local} is None or {test})"

    def _threshold(self, local: str, value: Any) -> str:
        """The constant for a value of the law that a number is compared with; a float where that is exact enough."""
        constants = self.numbers.setdefault(local, {})
        if value not in constants:
            constants[value] = f"c{local}_{len(constants)}"
        return repr(value) if isinstance(value, int) and abs(value) < SAFE else constants[value]

    @staticmethod
    def _bounded(local: str, op: str, constant: str) -> tuple[str, str]:
        """A derived number, known within bounds, against a value of the law."""
        low, high = f"l{local}", f"h{local}"
        if op in ("==", "!="):
            surely, possibly = f"({low} == {constant} == {high})", f"({low} <= {constant} <= {high})"
            return (surely, possibly) if op == "==" else (f"(not {possibly})", f"(not {surely})")
        first, second = (low, high) if op in (">", ">=") else (high, low)
        return f"({first} {op} {constant})", f"({second} {op} {constant})"

    def _known(self, expr: ir.Expr) -> Any:
        if isinstance(expr, ir.Const):
            return expr.value
        return self.plan.parameters.get(expr.name) if isinstance(expr, ir.ParameterRef) else None

    def _is_plain(self, expr: ir.Expr) -> bool:
        """A value that is one thing or unknown: never an interval."""
        return isinstance(expr, ir.AsOf) or (isinstance(expr, ir.FactRef) and is_near(expr.base))

    def _plain(self, expr: ir.Expr) -> str:
        return self._fact(expr) if isinstance(expr, ir.FactRef) else "as_of"

    def _fact(self, ref: ir.FactRef) -> str:
        return self.facts.setdefault((ref.base, ref.name), f"f{len(self.facts)}")

    def _ask(self, expr: ir.Expr) -> str:
        """A local that holds what the reference says of an expression."""
        self._before_asking(expr)
        self.kept.append(expr)  # keeps the id its own
        found = self.known.get(id(expr))
        return found if found is not None else self._local(id(expr), f"ask({self._constant(expr)}, inst)")

    def _before_asking(self, expr: ir.Expr) -> None:
        """A sum over findings need not judge again what is judged here already."""
        self.asks = True
        if "told" in self.known or not any(isinstance(item, ir.Total) for item in ir.walk(expr)):
            return
        told = {}
        for name in self._counted():
            others = self.plan.overriders.get(name, ())
            if all(other in self.matches for other in (name, *others)):
                told[name] = self._final(name)
        if told:
            self._emit(f"ev.remember(inst, {self._constant(tuple(told))}, ({', '.join(told.values())},))")
            self.known["told"] = "told"

    def _final(self, name: str) -> str:
        """The truth of a rule whose match and whose overriders' matches are known."""
        own = self.matches[name]
        others = [self.matches[other] for other in self.plan.overriders.get(name, ())]
        if not others:
            return own
        displaced = " or ".join(f"{other} is True" for other in others)
        clear = " and ".join(f"{other} is False" for other in others)
        return f"(False if {own} is False or {displaced} else True if {own} and {clear} else None)"

    def _counted(self) -> list[str]:
        """Rules on this kind whose actions carry a parameter that is summed."""
        names = self.plan.by_kind.get(self.kind, ())
        return [n for n in names if any(not self.totals.isdisjoint(action.values) for action in self.plan.rules[n].actions)]

    # amounts

    def _hull(self, then: ir.Expr, otherwise: ir.Expr, a: str, b: str) -> str:
        """What is known of one of two amounts; the same for every case where both are values of the law."""
        first, second = self._known(then), self._known(otherwise)
        if first is None or second is None:
            return f"hull({a}, {b})"
        return self._constant(intervals.hull(first, second))

    def _once(self, expr: ir.Expr, depth: int) -> str:
        """A name for an amount."""
        text = self.amount(expr, depth)
        return text if text.isalnum() else self._local(text, text)

    def amount(self, expr: ir.Expr, depth: int = 0) -> str:
        """An expression for a number, an interval, None, or any other value."""
        if depth > MAX_NESTING:
            return self._ask(expr)
        match expr:
            case ir.Const(value=value):
                return self._constant(value)
            case ir.ParameterRef(name=name):
                return self._constant(self.plan.parameters.get(name))
            case ir.AsOf():
                return "as_of"
            case ir.FactRef() if self._is_plain(expr):
                return self._fact(expr)
            case ir.DerivedRef(base=ir.Self(), name=name) if name in self.derived:
                return self.derived[name]
            case ir.Arithmetic(op=op, left=left, right=right):
                function = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide"}[op]
                first, second = self.amount(left, depth + 1), self.amount(right, depth + 1)
                if "ask(" in second and op in "+-":  # what is unknown on the left need not be asked on the right
                    self.made += 1
                    return f"(None if (x{self.made} := {first}) is None else {function}(x{self.made}, {second}))"
                return f"{function}({first}, {second})"
            case ir.Scale(item=item, factor=factor):
                return f"scale({self.amount(item, depth + 1)}, {self._constant(Fraction(factor))})"
            case ir.Function(name="min" | "max" as name, items=items):
                function = "least" if name == "min" else "greatest"
                return f"{function}(({', '.join(self.amount(item, depth + 1) for item in items)},))"
            case ir.DateShift(day=day, amount=ir.Const(value=amount), sign=sign):
                name = self._constant(quick.Shift(amount, sign, self.plan.compiled.working_day))
                return f"{name}[{self.amount(day, depth + 1)}]"
            case ir.DateShift(day=day, amount=amount, sign=sign):
                name = self._constant(self.plan.compiled.working_day)
                return f"shifted({self.amount(day, depth + 1)}, {self.amount(amount, depth + 1)}, {sign}, {name})"
            case ir.DateDifference(left=left, right=right):
                unit = self._constant(expr.type.unit.factor)
                return f"between({self.amount(left, depth + 1)}, {self.amount(right, depth + 1)}, {unit})"
            case ir.Choice(condition=condition, then=then, otherwise=otherwise) if expr.type.name == "number":
                surely, possibly = self.both(condition, depth + 1)
                a, b = self._once(then, depth + 1), self._once(otherwise, depth + 1)  # both stand twice in the text
                return f"({a} if {surely} else {self._hull(then, otherwise, a, b)} if {possibly} else {b})"
            case ir.TableValue(rows=rows) if len(rows) <= MAX_NESTING:
                text = "None"
                for condition, cell in reversed(rows):  # behind a row that may hold no other decides
                    surely, possibly = self.both(condition, depth + len(rows))
                    text = f"{self.amount(cell, depth + len(rows))} if {surely} else None if {possibly} else {text}"
                return f"({text})"
            case _:
                self._before_asking(expr)
                return f"ask({self._constant(expr)}, inst)"


def _is_word(value: object) -> bool:
    """The id of a value: nothing but letters, digits and underscores."""
    return isinstance(value, str) and value.isidentifier() and value.isascii()
