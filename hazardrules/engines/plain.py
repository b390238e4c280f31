"""Plain conditions -> Python expressions: those that only test facts of the subject against values of the law.

Each is written for one of three questions: does it hold, where every fact is known (`WHOLE`); does it hold whatever the
unknown facts are (`SURELY`); may it hold (`PERHAPS`). An unknown number is NaN, an unknown set is nothing for `SURELY` and
everything for `PERHAPS`, any other unknown value is None.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from hazardrules.engines import quick
from hazardrules.model import expressions as ir
from hazardrules.model.values import is_short

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hazardrules.compiler.plan import CompiledRule, Plan
    from hazardrules.model.types import ValueType
    from hazardrules.model.values import Number

WHOLE, SURELY, PERHAPS = "whole", "surely", "perhaps"
_NEGATED = {WHOLE: WHOLE, SURELY: PERHAPS, PERHAPS: SURELY}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
MAX_TESTS = 40
"""A rule with more tests is not plain: a derived fact in a derived fact in a derived fact can be long."""
MAX_DEPTH = 30
"""Nor is one that is nested deeper: Python's own parser allows some 200 parentheses."""


class _NotPlainError(Exception):
    """A condition is more than a test of facts of the subject against values of the law."""


class Odds(NamedTuple):
    """How often a test is guessed to come out true, and how long it takes."""

    chance: float
    cost: float


class Used(NamedTuple):
    """A fact that conditions look at."""

    local: str
    type: ValueType
    values: dict[Number, None]
    """The values of the law that a number is compared with."""


class PlainWriter:
    """Writes plain conditions on one kind of subject.

    Attributes:
        facts: The facts that were looked at, by name.
        constants: Values that cannot be written out, by name.
    """

    def __init__(self, plan: Plan, kind: str) -> None:
        self.plan, self.kind = plan, kind
        self.facts: dict[str, Used] = {}
        self.constants: dict[str, Any] = {}

    # what is plain

    def are_plain(self, rules: Iterable[CompiledRule]) -> bool:
        """Whether rules are plain altogether; the facts that they look at are known then."""
        try:
            for rule in rules:
                tests = sum(
                    self._tests(expr) for expr in (rule.when, *rule.unless, *([] if rule.scope is None else [rule.scope]))
                )
                if tests > MAX_TESTS or rule.name in self.plan.force or rule.name in self.plan.overriders:
                    return False
        except _NotPlainError:
            return False
        return all(quick.marks(used.values) is not None for used in self.facts.values())

    def _tests(self, expr: ir.Expr, depth: int = 0) -> int:
        """How many tests a condition is made of."""
        if depth > MAX_DEPTH:
            raise _NotPlainError
        match expr:
            case ir.Const(value=bool()):
                return 1
            case ir.ParameterRef(name=name) if isinstance(self.plan.parameters.get(name), bool):
                return 1
            case ir.Not(item=item):
                return self._tests(item, depth + 1)
            case ir.Junction(items=items) | ir.AtLeast(count=ir.Const(value=int()), items=items):
                return sum(self._tests(item, depth + 1) for item in items)
            case ir.DerivedRef(base=ir.Self(), name=name) if expr.type.name == "bool":
                found = self.plan.compiled.derived.get((self.kind, name))
                if found is not None and found.effective is None:
                    return self._tests(found.expr, depth + 1)
            case ir.FactRef() if expr.type.name == "bool":
                self._use(expr)
                return 1
            case ir.Intersects(container=ir.FactRef() as ref, options=options) if options:
                self._use(ref)
                return 1
            case ir.In(item=ir.FactRef() as ref, options=options) if ref.type.name in ("enum", "text"):
                self._use(ref)
                return 1
            case ir.Compare():
                self._compared(expr)
                return 1
        raise _NotPlainError

    def _use(self, ref: ir.FactRef) -> Used:
        if ref.base != ir.Self():
            raise _NotPlainError
        found = self.facts.get(ref.name)
        if found is None:
            found = self.facts[ref.name] = Used(f"f{len(self.facts)}", ref.type, {})
        return found

    def _compared(self, expr: ir.Compare) -> tuple[ir.FactRef, str, Any]:
        """The fact, the operator and the value of the law."""
        left, right = expr.left, expr.right
        op: str = expr.op
        if not isinstance(left, ir.FactRef):
            left, right, op = right, left, _FLIPPED[op]
        value: Any = right.value if isinstance(right, ir.Const) else None
        if isinstance(right, ir.ParameterRef):
            value = self.plan.parameters.get(right.name)
        if not isinstance(left, ir.FactRef) or value is None:
            raise _NotPlainError
        used, name = self._use(left), left.type.name
        if name == "number":
            if not is_short(value):
                raise _NotPlainError
            used.values[value] = None
        elif name not in ("date", "datetime") and (name not in ("enum", "text") or op not in ("==", "!=")):
            raise _NotPlainError
        return left, op, value

    # what is written

    def text(self, expr: ir.Expr, asked: str, *, wanted: bool = True) -> str:
        """The expression for a condition, or for its negation."""
        match expr:
            case ir.Const(value=value):
                return str(bool(value) is wanted)
            case ir.ParameterRef(name=name):
                return str(bool(self.plan.parameters[name]) is wanted)
            case ir.Not(item=item):
                return self.text(item, asked, wanted=not wanted)
            case ir.DerivedRef(name=name):
                return self.text(self.plan.compiled.derived[self.kind, name].expr, asked, wanted=wanted)
            case ir.Junction(op=op, items=items):
                return self.joined([(item, wanted) for item in items], asked, "and" if (op == "and") is wanted else "or")
            case ir.AtLeast(count=ir.Const(value=count), items=items):
                each = [f"(not not {self.text(item, asked if wanted else _NEGATED[asked])})" for item in items]
                return f"({' + '.join(each)} {'>=' if wanted else '<'} {count})"
            case ir.FactRef(name=name):
                return _flag(self.facts[name].local, asked, wanted=wanted)
            case ir.Intersects(container=ir.FactRef(name=name), options=options):
                return self._meets(self.facts[name].local, options, asked, wanted=wanted)
            case ir.In(item=ir.FactRef(name=name), options=options):
                return self._among(self.facts[name].local, {option.value for option in options}, asked, wanted=wanted)
            case ir.Compare():
                ref, compared, law = self._compared(expr)
                return self._comparison(self.facts[ref.name], compared if wanted else _OPPOSITE[compared], law, asked)
        raise AssertionError(expr)

    def joined(self, items: Iterable[tuple[ir.Expr, bool]], asked: str, word: str) -> str:
        """Conditions, or their negations, joined by `and` or `or`: the one that settles most for its cost goes first."""
        found = sorted(self.priced(items, asked, word), key=itemgetter(0))
        return f"({f' {word} '.join([text for _, text in found])})" if found else str(word == "and")

    def priced(self, items: Iterable[tuple[ir.Expr, bool]], asked: str, word: str) -> list[tuple[float, str]]:
        """The expressions of conditions, or of their negations, with what each costs until it settles the question.

        Nested ones that are joined by the same word stand among them.
        """
        found = []
        pending = list(items)
        while pending:
            expr, wanted = pending.pop(0)
            match expr:
                case ir.Junction(op=op, items=inner) if (op == word) is wanted:
                    pending[:0] = [(item, wanted) for item in inner]
                case ir.Not(item=item):
                    pending.insert(0, (item, not wanted))
                case ir.DerivedRef(name=name):
                    pending.insert(0, (self.plan.compiled.derived[self.kind, name].expr, wanted))
                case _:
                    chance, cost = self.odds(expr, wanted=wanted)
                    price = cost / max(1 - chance if word == "and" else chance, 0.01)
                    found.append((price, self.text(expr, asked, wanted=wanted)))
        return found

    def odds(self, expr: ir.Expr, *, wanted: bool = True) -> Odds:
        """What is guessed of a condition, or of its negation."""
        chance, cost = self._odds(expr)
        return Odds(chance if wanted else 1 - chance, cost)

    def _odds(self, expr: ir.Expr) -> Odds:
        match expr:
            case ir.Not(item=item):
                return self.odds(item, wanted=False)
            case ir.DerivedRef(name=name):
                return self._odds(self.plan.compiled.derived[self.kind, name].expr)
            case ir.Junction(op=op, items=items):
                left, total = 1.0, 0.0
                for item in items:
                    chance, cost = self._odds(item)
                    total += left * cost
                    left *= chance if op == "and" else 1 - chance
                return Odds(left if op == "and" else 1 - left, total)
            case ir.AtLeast(items=items):
                return Odds(0.3, sum(self._odds(item).cost for item in items))
            case ir.Intersects(options=options):
                return Odds(1 - 0.7 ** len(options), 2.0 * len(options))
            case ir.In(item=item, options=options):
                return Odds(min(len(options) / max(len(item.type.options), 2), 0.9), 2.0)
            case ir.Compare(op=compared):
                return Odds({"==": 0.2, "!=": 0.8}.get(compared, 0.4), 2.0)
        return Odds(0.5, 1.0)

    def _comparison(self, used: Used, op: str, value: Any, asked: str) -> str:
        local = used.local
        if used.type.name in ("enum", "text"):
            return self._among(local, {value}, asked, wanted=op == "==")
        if used.type.name != "number":
            test = f"{local} {op} {self._constant(value)}"
            return {WHOLE: f"({test})", SURELY: f"({local} is not None and {test})", PERHAPS: f"({local} is None or {test})"}[
                asked
            ]
        text = repr(value if isinstance(value, int) else value.numerator / value.denominator)
        if asked == WHOLE or (asked == SURELY and op != "!=") or (asked == PERHAPS and op == "!="):
            return f"({local} {op} {text})"
        if op in ("==", "!="):
            return f"({local} == {text} or {local} != {local})" if op == "==" else f"({local} == {local} != {text})"
        return f"(not {local} {_OPPOSITE[op]} {text})"

    def _among(self, local: str, values: set[Any], asked: str, *, wanted: bool) -> str:
        """An unknown value is None: it is among the values where that suits the question."""
        if (asked == PERHAPS and wanted) or (asked == SURELY and not wanted):
            values = values | {None}
        texts = sorted(self._constant(value) for value in values)
        if len(texts) == 1:
            return f"({local} {'==' if wanted else '!='} {texts[0]})"
        return f"({local} {'in' if wanted else 'not in'} {{{', '.join(texts)}}})" if texts else str(not wanted)

    def _meets(self, local: str, options: frozenset[str], asked: str, *, wanted: bool) -> str:
        if asked != WHOLE:
            local = f"{'s' if (asked == SURELY) is wanted else 'p'}{local}"
        word, join = ("in", " or ") if wanted else ("not in", " and ")
        return f"({join.join(f'{self._constant(option)} {word} {local}' for option in sorted(options))})"

    def _constant(self, value: Any) -> str:
        """A value of the law as text; only short words and None are written out."""
        if value is None or (isinstance(value, str) and value.isidentifier() and value.isascii()):
            return repr(value)
        for name, known in self.constants.items():
            if known.__class__ is value.__class__ and known == value:
                return name
        name = f"k{len(self.constants)}"
        self.constants[name] = value
        return name


def _flag(local: str, asked: str, *, wanted: bool) -> str:
    if asked == WHOLE or (asked == SURELY) is wanted:
        return local if wanted else f"(not {local})"
    return f"({local} is not False)" if wanted else f"({local} is False)"
