"""What a condition looks at, and what it is where nothing of that is known."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

from hazardrules.model import expressions as ir

if TYPE_CHECKING:
    from collections.abc import Hashable

    from hazardrules.compiler.plan import CompiledDerived, Plan

AS_OF, OWNER, TOTAL = "<as of>", "<owner>", "<total>"
"""What conditions may need beside facts; the day and sums over findings are there in every case."""

_WRITTEN = frozenset(("span", "written"))
_NOTHING: frozenset[str] = frozenset()
Looked = tuple["ir.FactRef | ir.DerivedRef", ir.Expr]


def fact_token(base: ir.Base, name: str) -> str:
    """A fact of the subject itself, of its owner, or of a single part of it; whatever is further away, as a whole."""
    match base:
        case ir.Self():
            return name
        case ir.Owner(of=ir.Self()):
            return f"{OWNER} {name}"
        case ir.OnePart(of=ir.Self(), part=part):
            return f"{part_token(part)} {name}"
    return _base_token(base)


def is_near(base: ir.Base) -> bool:
    """Whether it is the subject itself, its owner, or a single part of it."""
    return base == ir.Self() or (isinstance(base, (ir.Owner, ir.OnePart)) and base.of == ir.Self())


def part_token(name: str) -> str:
    """That somebody spoke of a list of parts."""
    return f"<part {name}>"


def _base_token(base: ir.Base) -> str:
    """The first step from the subject to another."""
    found = ""
    while isinstance(base, (ir.Owner, ir.OnePart)):
        found = OWNER if isinstance(base, ir.Owner) else part_token(base.part)
        base = base.of
    return found


def structure(expr: object) -> Hashable:
    """What an expression says, wherever it was written."""
    if isinstance(expr, tuple):
        return tuple(structure(item) for item in expr)
    if not isinstance(expr, ir.Expr) and not isinstance(expr, ir.Base):
        return type(expr), expr
    named = [field.name for field in fields(expr) if field.name not in _WRITTEN]
    return (type(expr), *(structure(getattr(expr, name)) for name in named))


def looks_at(expr: ir.Expr, plan: Plan) -> Looked | None:
    """The one fact or computed value that decides a condition, and the condition as if that were a fact of the subject.

    Returns:
        None where more decides it than values of the law.
    """
    match expr:
        case ir.FactRef() | ir.DerivedRef():
            ref: ir.Expr = expr
        case ir.Compare(left=ref, right=right) if _is_value(right, plan):
            pass
        case ir.Compare(left=left, right=ref) if _is_value(left, plan):
            pass
        case ir.In(item=ref) | ir.Intersects(container=ref):
            pass
        case _:
            return None
    match ref:
        case ir.FactRef(base=base) if is_near(base):
            pass
        case ir.DerivedRef(base=ir.Self()) if ref.type.name != "bool":
            pass
        case _:
            return None
    own = ir.FactRef(ir.Self(), ref.kind, ref.name, ref.type, ref.span)
    match expr:
        case ir.Compare(left=left) if left is ref:
            return ref, replace(expr, left=own)
        case ir.Compare():
            return ref, replace(expr, right=own)
        case ir.In():
            return ref, replace(expr, item=own)
        case ir.Intersects():
            return ref, replace(expr, container=own)
    return ref, own


def _is_value(expr: ir.Expr, plan: Plan) -> bool:
    if isinstance(expr, ir.ParameterRef):
        return plan.parameters.get(expr.name) is not None
    return isinstance(expr, ir.Const)


class Looks:
    """What conditions of one plan look at; what was found out about a derived fact is remembered."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._hollow: dict[tuple[str, str], bool] = {}
        self._inside: dict[tuple[str, str], frozenset[str]] = {}
        self._strict: dict[tuple[str, str], frozenset[str]] = {}

    def definition(self, ref: ir.DerivedRef) -> CompiledDerived | None:
        """What a derived fact is computed from."""
        return self.plan.compiled.derived.get((ref.kind, ref.name))

    def needs(self, expr: ir.Expr) -> frozenset[str]:
        """The facts and tokens without any of which an expression is what it is in an empty case."""
        found: set[str] = set()
        pending = [expr]
        while pending:
            item = pending.pop()
            found |= self._needs(item)
            if not isinstance(item, ir.Quantified):  # where there are no parts, nobody looks into them
                pending += ir.children(item)
        return frozenset(found - {AS_OF, TOTAL} if self.is_hollow(expr) else found)

    def _needs(self, item: ir.Expr) -> set[str]:
        """What one node of an expression looks at, beside the nodes in it."""
        match item:
            case ir.AsOf():
                return {AS_OF}
            case ir.Total():
                return {TOTAL}
            case ir.FactRef(base=base, name=name):
                return {fact_token(base, name)} - {""}
            case ir.DerivedRef():
                return self._derived_needs(item)
            case ir.Quantified(base=base, part=part):
                return {fact_token(base, part_token(part))} - {""}
            case ir.RuleRef(base=ir.Self(), name=name) if name in self.plan.rules:
                rule = self.plan.rules[name]
                key = ("rule", name)
                if key not in self._inside:
                    conditions = (rule.when, *rule.unless, *([rule.scope] if rule.scope is not None else []))
                    self._inside[key] = frozenset[str]().union(*map(self.needs, conditions))
                return set(self._inside[key])
            case ir.RuleRef(base=base):
                return {_base_token(base)} - {""}
        return set()

    def _derived_needs(self, ref: ir.DerivedRef) -> set[str]:
        found, key = self.definition(ref), (ref.kind, ref.name)
        if found is None:
            return set()
        if key not in self._inside:
            dated = {AS_OF} if found.effective is not None and not self.is_hollow(found.expr) else set()
            self._inside[key] = self.needs(found.expr) | dated
        inside = self._inside[key]
        match ref.base:
            case ir.Self():
                return set(inside)
            case ir.OnePart(of=ir.Self()) if self.is_hollow(ref) and inside.isdisjoint((OWNER, AS_OF, TOTAL)):
                return {fact_token(ref.base, need) for need in inside}
        return {_base_token(ref.base)} - {""}

    def strict(self, expr: ir.Expr) -> frozenset[str]:
        """Facts of which each alone leaves an expression unknown where it is unknown, whatever else is known."""
        match expr:
            case ir.FactRef(base=base, name=name):
                return frozenset((fact_token(base, name),)) if is_near(base) else _NOTHING
            case ir.DerivedRef(base=ir.Self(), kind=kind, name=name):
                found = self.definition(expr)
                if (kind, name) not in self._strict:
                    self._strict[kind, name] = _NOTHING if found is None else self.strict(found.expr)
                return self._strict[kind, name]
            case ir.Not(item=item) | ir.Scale(item=item) | ir.In(item=item) | ir.Intersects(container=item):
                return self.strict(item)
            case ir.Quantified(base=base, part=part) if expr.function != "count" and is_near(base):
                return frozenset((fact_token(base, part_token(part)),))
            case ir.Lookup(keys=keys):
                return _NOTHING.union(*map(self.strict, keys))
            case ir.Compare() | ir.DateShift() | ir.DateDifference() | ir.Arithmetic(op="+" | "-" | "/"):
                return _NOTHING.union(*map(self.strict, ir.children(expr)))
        return _NOTHING

    def is_hollow(self, expr: ir.Expr) -> bool:
        """Whether an expression is unknown, whatever the day and the findings, where no fact that it reads is known."""
        hollow = self.is_hollow
        match expr:
            case ir.FactRef():
                return True
            case ir.DerivedRef(kind=kind, name=name):
                found = self.definition(expr)
                if (kind, name) not in self._hollow:
                    self._hollow[kind, name] = found is None or hollow(found.expr)
                return self._hollow[kind, name]
            case ir.Not(item=item) | ir.Scale(item=item) | ir.In(item=item) | ir.Intersects(container=item):
                return hollow(item)
            case ir.Function(name="abs"):
                return False  # it is not negative
            case ir.Junction(items=items) | ir.Function(items=items):
                return all(hollow(item) for item in items)
            case ir.Quantified(function=function):
                return function != "count"
            case ir.Lookup(keys=keys):
                return any(hollow(key) for key in keys)
            case (
                ir.Compare(left=left, right=right)
                | ir.DateShift(day=left, amount=right)
                | ir.DateDifference(left=left, right=right)
            ):
                return hollow(left) or hollow(right)
            case ir.Arithmetic(op="+" | "-", left=left, right=right):
                return hollow(left) or hollow(right)
            case ir.Arithmetic(op="/", right=right):
                return hollow(right)
            case ir.Arithmetic(left=left, right=right):
                return hollow(left) and hollow(right)
            case ir.Choice(then=then, condition=condition, otherwise=otherwise):
                return hollow(then) and hollow(condition) and hollow(otherwise)
        return False
