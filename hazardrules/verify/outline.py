"""What a rule depends on: a digest of its meaning, the facts that it reads, and the forms that limit a proof.

A digest does not change with the place of a rule in its file, nor with the names of its derived facts or their files:
only with what is asked. Whatever was found out about a digest is found out for good.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from hazardrules.engines.reference import shift
from hazardrules.model import expressions as ir
from hazardrules.model.values import CalendarSpan

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from hazardrules.compiler.plan import CompiledRule, Plan
    from hazardrules.model.subjects import FactDeclaration

Read = tuple[str, str, str]
"""A fact that is read: whose it is (`""`, `owner`, `driver`, `cylinders[]`), the kind of subject, its name."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What an expression depends on.

    Attributes:
        digest: Of all that its value depends on beside the facts.
        reads: The facts that it reads, through derived facts and rules too.
        forms: What stands in it that limits a proof: `count`, `parts`, `total`, `as_of`, `owner`, `calendar`,
            `working_days`, `unread`.
    """

    digest: str
    reads: frozenset[Read]
    forms: frozenset[str]


class Outlines:
    """The outlines of the rules of a plan."""

    def __init__(self, plan: Plan, as_of: date) -> None:
        """Bind to a plan; `as_of` tells which derived facts are in force."""
        self.plan, self.as_of = plan, as_of
        self._memo: dict[object, Outline] = {}

    def matches(self, name: str) -> Outline:
        """What it depends on whether a rule matches."""
        key = ("match", name)
        if key not in self._memo:
            rule = self.plan.rules.get(name)
            self._memo[key] = _NEVER if rule is None else self._rule(rule)
        return self._memo[key]

    def truth(self, name: str) -> Outline:
        """What it depends on whether a rule holds."""
        overriders = sorted(self.plan.overriders.get(name, ()))
        return merged("truth", [self.matches(name), *(self.matches(other) for other in overriders)])

    def _rule(self, rule: CompiledRule) -> Outline:
        state = "perhaps" if rule.name in self.plan.force else "in force"
        scope = [] if rule.scope is None else [self.of(rule.scope)]
        return merged(f"rule {state} {rule.on} {len(scope)}", [*scope, self.of(rule.when), *map(self.of, rule.unless)])

    def of(self, expr: ir.Expr) -> Outline:
        """What an expression depends on."""
        match expr:
            case ir.Const(value=value):
                return Outline(f"={_text(value)}", frozenset(), frozenset())
            case ir.Unknown():
                return Outline("unknown", frozenset(), frozenset({"unread"}))
            case ir.AsOf():
                return Outline("as_of", frozenset(), frozenset({"as_of"}))
            case ir.FactRef(base=base, kind=kind, name=name):
                fact = self.plan.compiled.source.subjects[kind].facts.get(name)
                shape = "" if fact is None else _domain(fact)
                prefix = _prefix(base)
                return Outline(f"fact {prefix}.{name} {kind} {shape}", frozenset({(prefix, kind, name)}), _forms_of(base))
            case ir.DerivedRef(base=base, kind=kind, name=name):
                return _behind(base, self._derived(kind, name))
            case ir.RuleRef(base=base, name=name):
                return _behind(base, self.matches(name))
            case ir.ParameterRef(name=name):
                return Outline(f"parameter {_text(self.plan.parameters.get(name))}", frozenset(), frozenset())
            case ir.Total(parameter=parameter):
                return Outline(f"total {parameter} {self.plan.compiled.source.digest}", frozenset(), frozenset({"total"}))
            case ir.Lookup(table=table, column=column, keys=keys):
                rows = self.plan.compiled.source.tables[table].rows if table in self.plan.tables else {}
                content = _hash(sorted(f"{key}:{_text(row[column])}" for key, row in rows.items()))
                return merged(f"lookup {content}", map(self.of, keys))
        inner = merged(_head(expr), map(self.of, ir.children(expr)))
        return self._further(expr, inner)

    def _further(self, expr: ir.Expr, inner: Outline) -> Outline:
        """What a form adds to its parts: quantifiers rename what they read, calendar spans limit a proof."""
        if isinstance(expr, ir.Quantified):
            prefix = f"{_prefix(expr.base)}.{expr.part}[]".lstrip(".")
            reads = {
                (path.replace(f"${expr.variable}", prefix, 1) if path.startswith(f"${expr.variable}") else path, kind, name)
                for path, kind, name in inner.reads
            }
            form = "parts" if expr.function in ("any", "all") else "count"
            found = frozenset({(prefix, expr.of, "#")}) | reads
            return Outline(inner.digest, found, inner.forms | {form} | _forms_of(expr.base))
        if isinstance(expr, ir.DateShift):
            span = expr.amount.value if isinstance(expr.amount, ir.Const) else None
            fixed = isinstance(expr.day, (ir.AsOf, ir.Const))
            if isinstance(span, CalendarSpan) and (span.months or span.working_days) and not fixed:
                forms = {"calendar", "working_days"} if span.working_days else {"calendar"}
                return Outline(inner.digest, inner.reads, inner.forms | forms)
            if isinstance(span, CalendarSpan) and span.working_days:
                day = shift(self.as_of, span, expr.sign, self.plan.compiled.working_day)
                return Outline(f"{inner.digest} {day}", inner.reads, inner.forms)
        return inner

    def _derived(self, kind: str, name: str) -> Outline:
        key = ("derived", kind, name)
        if key not in self._memo:
            found = self.plan.compiled.derived.get((kind, name))
            in_force = found is not None and (found.effective is None or found.effective.is_in_force(self.as_of) is True)
            self._memo[key] = (
                self.of(found.expr) if found is not None and in_force else Outline("no derived", frozenset(), frozenset())
            )
        return self._memo[key]


_NEVER = Outline("not in force", frozenset(), frozenset())


def merged(head: str, parts: Iterable[Outline]) -> Outline:
    """Several outlines as one."""
    found = list(parts)
    reads = frozenset[Read]().union(*(part.reads for part in found))
    forms = frozenset[str]().union(*(part.forms for part in found))
    return Outline(_hash([head, *(part.digest for part in found)]), reads, forms)


def _hash(parts: Iterable[str]) -> str:
    summed = sha256()
    for part in parts:
        summed.update(f"{len(part)}\0{part}".encode("utf-8", "surrogatepass"))
    return summed.hexdigest()[:32]


def _text(value: Any) -> str:
    if isinstance(value, frozenset):
        return f"set {sorted(value)}"
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    return f"{type(value).__name__} {value}"


def _domain(fact: FactDeclaration) -> str:
    kind = fact.type
    return f"{kind.name} {kind.integer} {kind.unit.factor} {kind.options} {fact.minimum} {fact.maximum}"


def _prefix(base: ir.Base) -> str:
    match base:
        case ir.Self():
            return ""
        case ir.Variable(name=name):
            return f"${name}"
        case ir.Owner(of=inner):
            return f"{_prefix(inner)}.owner".lstrip(".")
        case ir.OnePart(of=inner, part=part):
            return f"{_prefix(inner)}.{part}".lstrip(".")


def _forms_of(base: ir.Base) -> frozenset[str]:
    match base:
        case ir.Owner(of=inner):
            return frozenset({"owner"}) | _forms_of(inner)
        case ir.OnePart(of=inner):
            return _forms_of(inner)
        case _:
            return frozenset()


def _behind(base: ir.Base, inner: Outline) -> Outline:
    """An outline of what belongs to another subject."""
    if base == ir.Self():
        return inner
    prefix = _prefix(base)
    reads = frozenset((f"{prefix}.{path}".rstrip("."), kind, name) for path, kind, name in inner.reads)
    return Outline(_hash([prefix, inner.digest]), reads, inner.forms | _forms_of(base))


def _head(expr: ir.Expr) -> str:
    """The form of an expression, without its parts."""
    match expr:
        case ir.Junction(op=op) | ir.Compare(op=op) | ir.Arithmetic(op=op):
            return f"{op} {expr.left.type.unit.factor if isinstance(expr, ir.Arithmetic) else ''}"
        case ir.Intersects(options=options):
            return f"intersects {sorted(options)}"
        case ir.Scale(factor=factor):
            return f"scale {factor}"
        case ir.DateShift(sign=sign, type=kind):
            return f"shift {sign} {kind.name}"
        case ir.DateDifference(type=kind, left=left, right=right):
            return f"difference {kind.unit.factor} {left.type.name} {right.type.name}"
        case ir.Function(name=name):
            return f"function {name}"
        case ir.Quantified(function=function, base=base, part=part, item=item, where=where, variable=variable):
            return f"{function} {_prefix(base)} {part} {variable} {item is None} {where is None}"
        case _:
            return type(expr).__name__
