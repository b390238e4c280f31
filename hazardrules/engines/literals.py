"""Conditions -> alternatives of literals, the form in which many rules can be decided at once.

A condition holds where one of its *alternatives* does, an alternative where all of its *literals* do: a test that must come
out true, or false. Kleene's logic is distributive and knows De Morgan's laws, so this changes no truth, unknown included.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

from hazardrules.engines.looks import AS_OF, Looks, fact_token, looks_at, structure
from hazardrules.model import expressions as ir

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from hazardrules.compiler.plan import Plan
    from hazardrules.model.syntax_tree import CompareOp

MAX_ALTERNATIVES = 9
"""A condition with more is a test of its own."""

RARE = 2
"""A name that stands in no more conditions is replaced by what it stands for."""
_OPPOSITE: dict[str, CompareOp] = {"!=": "==", "<=": ">", ">=": "<"}

Literal = tuple[int, bool]
"""The number of a test, and what it must come out as."""
Alternatives = tuple[tuple[Literal, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Test:
    """Something that is true, false or unknown for a subject, or a value that such tests look at.

    The first test of all has none of the following: it is what nobody can know.

    Attributes:
        number: Its place among the tests; whatever it builds on stands before it.
        source: Whose fact decides it alone, and which: the subject's own, its owner's, or that of a single part.
        of: The computed value that decides it alone.
        expr: What it asks of that fact or value (as if that were a fact of the subject), or what it computes.
        derived: The derived fact that it is.
        alternatives: What makes it true, for a test that is decided like a rule.
        counted: For a test that counts conditions: what makes each of them true.
        count: How many of them must hold.
        reads: The tests whose values its computation reads: by derived fact or rule.
        needs: Without any of these facts and tokens it is what it is in an empty case.
        strict: Without each of these facts it is unknown.
        is_late: It builds on a sum over the findings of the case.
    """

    number: int
    source: tuple[ir.Base, str] | None = None
    of: int | None = None
    expr: ir.Expr | None = None
    derived: str = ""
    alternatives: Alternatives = ()
    counted: tuple[Alternatives, ...] = ()
    count: int = 0
    reads: dict[tuple[str, str], int] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()
    strict: frozenset[str] = frozenset()
    is_late: bool = False


class Tests:
    """All tests on which the rules on a kind of subject stand, each once."""

    def __init__(self, plan: Plan, kind: str) -> None:
        self.plan, self.kind = plan, kind
        self.looks = Looks(plan)
        self.all: list[Test] = [Test(0)]
        self._numbers: dict[Hashable, int] = {}
        self._forms: dict[tuple[str, str], Alternatives] = {}
        self._uses = self._count_uses()

    def _count_uses(self) -> Counter[tuple[str, str]]:
        """How often conditions on this kind of subject name a derived fact or a rule."""
        found: Counter[tuple[str, str]] = Counter()
        pending: list[ir.Expr] = []
        for name in self.plan.by_kind.get(self.kind, ()):
            rule = self.plan.rules[name]
            pending += [rule.when, *rule.unless, *([rule.scope] if rule.scope is not None else [])]
        pending += [fact.expr for (kind, _), fact in self.plan.compiled.derived.items() if kind == self.kind]
        for expr in pending:
            for item in ir.walk(expr):
                if isinstance(item, (ir.DerivedRef, ir.RuleRef)) and item.base == ir.Self():
                    found["derived" if isinstance(item, ir.DerivedRef) else "rule", item.name] += 1
        return found

    def of_rule(self, name: str) -> tuple[list[Alternatives], list[Alternatives], list[Alternatives]]:
        """The alternatives of a rule's scope, of its condition, and of whatever else must hold; each list is a conjunction."""
        rule = self.plan.rules[name]
        scope = [] if rule.scope is None else [self.alternatives(rule.scope)]
        rest = [self.alternatives(exception, wanted=False) for exception in rule.unless]
        if name in self.plan.force:
            rest.append((((0, True),),))
        return scope, [self.alternatives(rule.when)], rest

    # conditions

    def alternatives(self, expr: ir.Expr, *, wanted: bool = True) -> Alternatives:
        """What makes a condition true, or false where that is wanted; nothing at all where it never is."""
        match expr:
            case ir.Const(value=value):
                return ((),) if bool(value) is wanted else ()
            case ir.ParameterRef(name=name) if self.plan.parameters.get(name) is not None:
                return ((),) if bool(self.plan.parameters[name]) is wanted else ()
            case ir.Unknown() | ir.ParameterRef():
                return (((0, wanted),),)
            case ir.Not(item=item):
                return self.alternatives(item, wanted=not wanted)
            case ir.Junction(op=op, items=items):
                forms = [self.alternatives(item, wanted=wanted) for item in items]
                return self.all_of(forms) if (op == "and") is wanted else self.any_of(forms)
            case ir.Choice(condition=condition, then=then, otherwise=otherwise) if expr.type.name == "bool":
                yes, no = self.alternatives(then, wanted=wanted), self.alternatives(otherwise, wanted=wanted)
                first = self.all_of([self.alternatives(condition), yes])
                second = self.all_of([self.alternatives(condition, wanted=False), no])
                return self.any_of([first, second, self.all_of([yes, no])])  # where both agree, the choice does not matter
            case ir.DerivedRef(base=ir.Self(), name=name) if not self._is_computed(name):
                return self._named(("derived", name), wanted=wanted)
            case ir.RuleRef(base=ir.Self(), name=name) if name not in self.plan.rules:
                return () if wanted else ((),)
            case ir.RuleRef(base=ir.Self(), name=name) if self.plan.rules[name].on == self.kind:
                return self._named(("rule", name), wanted=wanted)
            case ir.Compare(op="!=" | "<=" | ">=" as op, left=left, right=right, span=span):
                opposite = ir.Compare(_OPPOSITE[op], left, right, span)
                return (((self._test(opposite), not wanted),),)
            case ir.AtLeast(count=ir.Const(value=int() as count), items=items):
                if count <= 0:
                    return ((),) if wanted else ()
                return (((self._counting(tuple(self.alternatives(item) for item in items), count), wanted),),)
            case _:
                return (((self._test(expr), wanted),),)

    def any_of(self, forms: Iterable[Alternatives]) -> Alternatives:
        """One of some conditions."""
        found = tuple(dict.fromkeys(alternative for form in forms for alternative in form))
        if () in found:
            return ((),)
        return found if len(found) <= MAX_ALTERNATIVES else (((self._either(found), True),),)

    def all_of(self, forms: Iterable[Alternatives]) -> Alternatives:
        """All of some conditions."""
        parts = product(*self.fewer(list(forms)))
        return tuple(dict.fromkeys(tuple(dict.fromkeys(literal for part in found for literal in part)) for found in parts))

    def fewer(self, forms: list[Alternatives]) -> list[Alternatives]:
        """The same conditions, of which the longest became tests of their own until few enough combinations are left."""
        while True:
            count = 1
            for form in forms:
                count *= len(form)
            if count <= MAX_ALTERNATIVES:
                return forms
            longest = max(range(len(forms)), key=lambda n: len(forms[n]))
            forms = [*forms[:longest], (((self._either(forms[longest]), True),),), *forms[longest + 1 :]]

    def _named(self, key: tuple[str, str], *, wanted: bool) -> Alternatives:
        """A condition that has a name; one that is short, or that hardly anything else asks for, stands for itself."""
        form = self._form_of(key)
        if not form or () in form:
            return ((),) if bool(form) is wanted else ()
        if wanted and (len(form) == 1 or self._uses[key] <= RARE):
            return form
        if len(form) == 1 and len(form[0]) == 1:
            number, truth = form[0][0]
            return (((number, truth is wanted),),)
        return (((self._either(form), wanted),),)

    def _form_of(self, key: tuple[str, str]) -> Alternatives:
        if key not in self._forms:
            sort, name = key
            if sort == "rule":
                self._forms[key] = self.all_of([form for forms in self.of_rule(name) for form in forms])
            else:
                self._forms[key] = self.alternatives(self.plan.compiled.derived[self.kind, name].expr)
        return self._forms[key]

    def _either(self, form: Alternatives) -> int:
        """A test that is decided by its alternatives."""
        if form not in self._numbers:
            needs, is_late = self._inside(form)
            self._numbers[form] = len(self.all)
            self.all.append(Test(len(self.all), alternatives=form, needs=needs, is_late=is_late))
        return self._numbers[form]

    def _counting(self, forms: tuple[Alternatives, ...], count: int) -> int:
        """A test that is decided by how many of some conditions hold."""
        key = ("count", count, forms)
        if key not in self._numbers:
            needs, is_late = self._inside(tuple(alternative for form in forms for alternative in form))
            self._numbers[key] = len(self.all)
            self.all.append(Test(len(self.all), counted=forms, count=count, needs=needs, is_late=is_late))
        return self._numbers[key]

    def _inside(self, form: Alternatives) -> tuple[frozenset[str], bool]:
        """What alternatives need, and whether they wait for a sum."""
        tests = [self.all[number] for alternative in form for number, _ in alternative]
        return frozenset[str]().union(*(test.needs for test in tests)), any(test.is_late for test in tests)

    # tests

    def _is_computed(self, name: str) -> bool:
        """Whether a derived fact must be computed: it is no condition, or it has dates of its own."""
        found = self.plan.compiled.derived.get((self.kind, name))
        return found is None or found.effective is not None or found.expr.type.name != "bool"

    def _test(self, expr: ir.Expr) -> int:
        """A test that looks at one fact or value, or that must be computed."""
        looked = looks_at(expr, self.plan)
        if looked is None or (isinstance(looked[0], ir.DerivedRef) and self.looks.definition(looked[0]) is None):
            return self._compute(structure(expr), expr)
        ref, asked = looked
        key = structure(asked), type(ref), ref.base
        if key not in self._numbers:
            if isinstance(ref, ir.DerivedRef):
                value = self.all[self.value_of("derived", ref.name)]
                test = Test(len(self.all), of=value.number, expr=asked, needs=value.needs, is_late=value.is_late)
            else:
                test = Test(len(self.all), (ref.base, ref.name), expr=asked, needs=frozenset((fact_token(ref.base, ref.name),)))
            self._numbers[key] = test.number
            self.all.append(test)
        return self._numbers[key]

    def value_of(self, sort: str, name: str) -> int:
        """The test that stands for a derived fact or a rule, for whoever looks at its value."""
        key = (sort, name)
        if key not in self._numbers:
            if sort == "derived" and self._is_computed(name):
                self._compute(key, self.plan.compiled.derived[self.kind, name].expr, name)
            else:
                self._numbers[key] = self._either(self._form_of(key))
        return self._numbers[key]

    def _compute(self, key: Hashable, expr: ir.Expr, derived: str = "") -> int:
        if key in self._numbers:
            return self._numbers[key]
        reads: dict[tuple[str, str], int] = {}
        is_late = False
        for item in ir.walk(expr):
            match item:
                case ir.DerivedRef(base=ir.Self(), name=name) if self.looks.definition(item) is not None:
                    reads["derived", name] = self.value_of("derived", name)
                case ir.RuleRef(base=ir.Self(), name=name) if name in self.plan.rules and self.plan.rules[name].on == self.kind:
                    reads["rule", name] = self.value_of("rule", name)
                case ir.Total():
                    is_late = True
        is_late = is_late or any(self.all[number].is_late for number in reads.values())
        needs = self.looks.needs(expr)
        if derived and self.plan.compiled.derived[self.kind, derived].effective is not None and not self.looks.is_hollow(expr):
            needs |= {AS_OF}
        number = self._numbers[key] = len(self.all)
        strict = self.looks.strict(expr)
        self.all.append(Test(number, expr=expr, derived=derived, reads=reads, needs=needs, strict=strict, is_late=is_late))
        return number
