"""Conditions -> what durable-rules is given: flags that are decided outside, and matchers that combine them.

A *flag* is a number: 0 false, 1 not known, 2 true. What is no `and`, `or`, `not` (a comparison, a count, a quantifier) is
a flag that the reference decides. A *term* is a conjunction of tests on flags, and a *matcher* says what follows from a
term: that something is surely true, or only possibly. An `or` is several matchers with one conclusion; where that would
multiply, its truth is a flag of its own, concluded in an earlier stage. So every condition of the law needs nothing from
durable-rules but conjunctions of comparisons of small whole numbers, of which it gets few at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from hazardrules.model import expressions as ir
from hazardrules.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hazardrules.compiler.plan import CompiledRule, Plan

FALSE, UNKNOWN, TRUE = 0, 1, 2
"""What a flag can be; their order matters, tests are bounds."""
MAX_TERMS = 8
"""A conjunction of alternatives with more terms has flags in the place of the largest of them."""
MAX_TESTS = 30
"""A term with more tests is cut in the same way."""

# which of the three values a test allows, as a set of bits
_ONLY_FALSE, _ONLY_TRUE, _NOT_TRUE, _NOT_FALSE = 0b001, 0b100, 0b011, 0b110

Term = tuple[tuple[int, int], ...]
"""Flags with the values that they may have, by flag."""
_Terms = dict[Term, None]


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What follows from a term: a flag is true, or at least not false."""

    flag: int
    surely: bool


@dataclass(slots=True)
class Stage:
    """Matchers that need only flags of the outside and of the stages before."""

    matchers: dict[Term, list[Conclusion]] = field(default_factory=dict)


@dataclass(slots=True)
class Network:
    """The rules on one kind of subject, taken apart.

    Attributes:
        decided: By flag: the expression that the reference decides; None for flags that matchers conclude.
        stages: The matchers, in the order in which they must run.
        truths: By rule, in plan order: the flag that says whether it holds.
        matches: By rule that others may displace: the flag that says whether it matches.
    """

    decided: list[ir.Expr | None] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)
    truths: dict[str, int] = field(default_factory=dict)
    matches: dict[str, int] = field(default_factory=dict)


def build(plan: Plan, kind: str) -> Network:
    """Take the rules of a plan on one kind of subject apart."""
    return _Builder(plan, kind).build()


class _Builder:
    def __init__(self, plan: Plan, kind: str) -> None:
        self.plan, self.kind = plan, kind
        self.network = Network()
        self.flags: dict[object, int] = {}
        self.depth: list[int] = []
        """By flag: the stage from which on it can be asked."""

    def build(self) -> Network:
        names = self.plan.by_kind.get(self.kind, ())
        for _, sort, name in self.plan.compiled.order:  # what others build on comes first: no deep recursion
            if sort == "match" and name in self.plan.rules and self.plan.rules[name].on == self.kind:
                self._match(name)
        for name in names:
            match = self._match(name)
            others = self.plan.overriders.get(name, ())
            if others:
                rule = self.plan.rules[name]
                refs = [ir.RuleRef(ir.Self(), self.plan.rules[other].on, other, rule.span) for other in others]
                displaced = tuple(ir.Not(ref, rule.span) for ref in refs)
                holds = ir.Junction("and", (ir.RuleRef(ir.Self(), self.kind, name, rule.span), *displaced), rule.span)
                self.network.truths[name] = self._concluded(("truth", name), holds)
                self.network.matches[name] = match
            else:
                self.network.truths[name] = match
        return self.network

    # flags

    def _match(self, name: str) -> int:
        rule = self.plan.rules[name]
        return self._concluded(("match", name), _whole(rule), sure=name not in self.plan.force)

    def _new(self, key: object, depth: int, expr: ir.Expr | None) -> int:
        flag = self.flags[key] = len(self.network.decided)
        self.network.decided.append(expr)
        self.depth.append(depth)
        return flag

    def _outside(self, expr: ir.Expr) -> int:
        """The flag of something that the reference decides."""
        key = _meaning(expr)
        found = self.flags.get(key)
        return self._new(key, 0, expr) if found is None else found

    def _concluded(self, key: object, expr: ir.Expr, *, sure: bool = True) -> int:
        """The flag of something that matchers conclude."""
        if key in self.flags:
            return self.flags[key]
        surely = self._terms(expr, surely=True, negated=False) if sure else {}
        possibly = self._terms(expr, surely=False, negated=False)
        stages = [self._stage_of(term) for term in (*surely, *possibly)]
        flag = self._new(key, max(stages, default=0) + 1, None)
        for terms, is_sure in ((surely, True), (possibly, False)):
            for term in terms:
                self._stage(self._stage_of(term)).matchers.setdefault(term, []).append(Conclusion(flag, is_sure))
        return flag

    def _stage_of(self, term: Term) -> int:
        return max((self.depth[flag] for flag, _ in term), default=0)

    def _stage(self, number: int) -> Stage:
        stages = self.network.stages
        stages.extend(Stage() for _ in range(number + 1 - len(stages)))
        return stages[number]

    # terms: alternatives of which each is enough

    def _terms(self, expr: ir.Expr, *, surely: bool, negated: bool) -> _Terms:
        """When a condition, or its negation, is true whatever is unknown; or when it is at least not false."""
        match expr:
            case ir.Const(value=value):
                return {(): None} if bool(value) is not negated else {}
            case ir.Unknown():
                return {} if surely else {(): None}
            case ir.ParameterRef(name=name):
                dated = self.plan.parameters.get(name)
                if dated is None:
                    return {} if surely else {(): None}
                return {(): None} if bool(dated) is not negated else {}
            case ir.RuleRef(base=ir.Self(), kind=self.kind, name=name) if name not in self.plan.rules:
                return {(): None} if negated else {}
            case ir.Not(item=item):
                return self._terms(item, surely=surely, negated=not negated)
            case ir.Junction(op=op, items=items) if (op == "or") is not negated:
                return {term: None for item in items for term in self._terms(item, surely=surely, negated=negated)}
            case ir.Junction(items=items):
                return self._all(items, surely=surely, negated=negated)
            case _:
                return {((self._flag(expr), _allowed(surely=surely, negated=negated)),): None}

    def _all(self, items: tuple[ir.Expr, ...], *, surely: bool, negated: bool) -> _Terms:
        """All of some conditions; what has too many alternatives, or too many tests, becomes a flag."""
        allowed = _allowed(surely=surely, negated=negated)
        parts = [list(self._terms(item, surely=surely, negated=negated)) for item in items]
        while all(parts):
            longest = [max(map(len, part)) for part in parts]
            if prod(map(len, parts)) > MAX_TERMS:
                at = max(range(len(parts)), key=lambda n: len(parts[n]))
            elif sum(longest) <= MAX_TESTS:
                break
            elif max(longest) > 1:
                at = longest.index(max(longest))
            else:  # many single tests
                half, op = len(items) // 2, "or" if negated else "and"
                sides = (ir.Junction(op, items[:half], items[0].span), ir.Junction(op, items[half:], items[0].span))  # type: ignore[arg-type]  # one of the two
                return self._all(sides, surely=surely, negated=negated)
            parts[at] = [((self._part(items[at]), allowed),)]
        joined = (_joined(chosen) for chosen in product(*parts))
        return {term: None for term in joined if term is not None}

    def _flag(self, expr: ir.Expr) -> int:
        """The flag of a condition that is no `and`, `or`, `not`."""
        match expr:
            case ir.DerivedRef(base=ir.Self(), kind=self.kind, name=name):
                found = self.plan.compiled.derived.get((self.kind, name))
                if found is not None and found.effective is None:
                    return self._concluded(("derived", name), found.expr)
            case ir.RuleRef(base=ir.Self(), kind=self.kind, name=name) if name in self.plan.rules:
                return self._match(name)
        return self._outside(expr)

    def _part(self, expr: ir.Expr) -> int:
        """The flag of a part of a condition."""
        if isinstance(expr, (ir.Not, ir.Junction)):
            return self._concluded(("part", _meaning(expr)), expr)
        return self._flag(expr)


def _whole(rule: CompiledRule) -> ir.Expr:
    """A rule's scope, condition and exceptions as one condition."""
    exceptions = tuple(ir.Not(exception, exception.span) for exception in rule.unless)
    return ir.Junction("and", (*([rule.scope] if rule.scope is not None else []), rule.when, *exceptions), rule.span)


def _allowed(*, surely: bool, negated: bool) -> int:
    if negated:
        return _ONLY_FALSE if surely else _NOT_TRUE
    return _ONLY_TRUE if surely else _NOT_FALSE


def _joined(terms: Iterable[Term]) -> Term | None:
    """The conjunction of terms; None where they contradict one another."""
    found: dict[int, int] = {}
    for term in terms:
        for flag, allowed in term:
            left = found.get(flag, allowed) & allowed
            if not left:
                return None
            found[flag] = left
    return tuple(sorted(found.items()))


def _meaning(expr: Any) -> object:
    """What two expressions have in common that mean the same: everything but their places in the files."""
    if isinstance(expr, tuple):
        return tuple(_meaning(item) for item in expr)
    if is_dataclass(expr) and not isinstance(expr, Span):
        return (type(expr), *(_meaning(getattr(expr, f.name)) for f in fields(expr) if f.name not in ("span", "written")))
    return (type(expr), expr)
