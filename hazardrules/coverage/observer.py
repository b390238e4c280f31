"""An evaluator that also notes what each condition was, and whether the answer turned with it.

It is the reference engine, asked about the rules that a case speaks of. While it walks an expression it carries along
what becomes of the answer when the expression has another value, so that it can say of each atom whether it decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hazardrules.coverage.inventory import ORDERED, is_atom
from hazardrules.engines import reference
from hazardrules.engines.reference import Evaluator
from hazardrules.model import expressions as ir
from hazardrules.model.values import Interval, conjoin, disjoin, negate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from hazardrules.compiler.plan import CompiledRule, Plan
    from hazardrules.coverage.inventory import Inventory, Key
    from hazardrules.model.instances import Instance
    from hazardrules.model.values import Truth

Outcome = "Callable[[Any], Any]"
"""What the answer is when an expression has a value."""
_NO_VARIABLES: dict[str, Any] = {}
_SEEN = {True: "true", False: "false", None: "unknown"}
_DECIDES = {True: "decides_true", False: "decides_false", None: "decides_unknown"}


class Observer(Evaluator):
    """Observes one case.

    Attributes:
        seen: Where observations go: place -> observation -> the case that made it first.
        strict: Whether the case tells an undetermined rule from one that fails.
    """

    def __init__(
        self, plan: Plan, root: Instance, as_of: date, inventory: Inventory, seen: dict[Key, dict[str, str]], place: str
    ) -> None:
        """Bind to a case; `place` is where it stands."""
        super().__init__(plan, root, as_of)
        self.inventory, self.seen, self.place, self.strict = inventory, seen, place, True
        self.focus: frozenset[int] | None = None
        """The identities of the expressions that are walked; None for all."""
        self._forced: dict[int, Any] = {}
        self._walked: set[object] = set()

    def value(self, expr: ir.Expr, here: Instance, env: Mapping[str, Instance] = _NO_VARIABLES, *, bounded: bool = False) -> Any:
        """The value of an expression; a value that is being tried out comes first."""
        if self._forced and id(expr) in self._forced:
            return self._forced[id(expr)]
        return super().value(expr, here, env, bounded=bounded)

    def note_seen(self, key: Key, what: str) -> None:
        """Keep an observation."""
        found = self.seen.get(key)
        if found is None:
            found = self.seen[key] = {}
        if what not in found:
            found[what] = self.place

    # rules

    def rule(self, instance: Instance, rule: CompiledRule, states: set[str]) -> None:
        """Observe a rule that the case speaks of, in the states in which it does."""
        overriders = [self.plan.rules[name] for name in self.plan.overriders.get(rule.name, ())]
        others = [self.matches(instance, other.name) for other in overriders]
        parts = self._parts(instance, rule)
        answer = _Answer(states, strict=self.strict)
        self._state(rule, conjoin(parts), disjoin(others))

        def final(scope: Truth, when: Truth, granted: list[Truth], displaced: Truth) -> Any:
            return answer.of(parts[0], scope, when, granted, displaced)

        displaced = disjoin(others)
        granted = [negate(truth) for truth in parts[3:]]
        scope, when = parts[1], parts[2]
        if rule.scope is not None:
            self._condition(rule, "applies", rule.scope, instance, lambda v: final(v, when, granted, displaced))
        self._condition(rule, "when", rule.when, instance, lambda v: final(scope, v, granted, displaced))
        for number, exception in enumerate(rule.unless):

            def with_granted(value: Truth, number: int = number) -> Any:
                return final(scope, when, _replaced(granted, number, value), displaced)

            self._condition(rule, f"unless.{number}", exception, instance, with_granted)
        for number, other in enumerate(overriders):

            def with_other(value: Truth, number: int = number) -> Any:
                return final(scope, when, granted, disjoin(_replaced(others, number, value)))

            self._match(instance, other, with_other)

    def _state(self, rule: CompiledRule, matches: Truth, displaced: Truth) -> None:
        truth = conjoin((matches, negate(displaced)))
        key = (f"rule {rule.name}", "", ())
        if truth is not None or self.strict:
            self.note_seen(key, {True: "held", False: "failed", None: "undetermined"}[truth])
        if matches is True and displaced is True:
            self.note_seen(key, "displaced")

    def _parts(self, instance: Instance, rule: CompiledRule) -> list[Truth]:
        """Whether it is in force, applies, its condition holds, and each exception does not."""
        return [
            None if rule.name in self.plan.force else True,
            True if rule.scope is None else self.condition(rule.scope, instance),
            self.condition(rule.when, instance),
            *(negate(self.condition(exception, instance)) for exception in rule.unless),
        ]

    def _match(self, instance: Instance, rule: CompiledRule, outcome: Callable[[Any], Any] | None) -> None:
        """Look into a rule that another one asks about."""
        if outcome is None or outcome(True) == outcome(False):
            if ("match", id(instance), rule.name) in self._walked:
                return
            self._walked.add(("match", id(instance), rule.name))
            outcome = None
        parts = self._parts(instance, rule)
        exprs = [rule.scope, rule.when, *rule.unless]
        names = ["applies", "when", *(f"unless.{number}" for number in range(len(rule.unless)))]
        for number, (name, expr) in enumerate(zip(names, exprs, strict=True), 1):
            if expr is None:
                continue
            inner = None
            if outcome is not None:
                sign = negate if name.startswith("unless") else _same
                inner = lambda v, n=number, s=sign, f=outcome: f(conjoin(_replaced(parts, n, s(v))))  # noqa: E731 - one line
            self._condition(rule, name, expr, instance, inner)

    def _condition(
        self, rule: CompiledRule, part: str, expr: ir.Expr, instance: Instance, outcome: Callable[[Any], Any] | None
    ) -> None:
        """Observe a condition of a rule; of an exception also whether it is granted."""
        key = self.inventory.key_of(expr, (f"rule {rule.name}", part, ()))
        if part.startswith("unless"):
            self._record(expr, key, self.value(expr, instance), outcome)
        self.walk(expr, instance, {}, False, key, outcome)

    def derived_fact(self, instance: Instance, name: str) -> None:
        """Observe a derived fact whose value the case states."""
        found = self.plan.compiled.derived.get((instance.kind, name))
        if found is not None:
            self.walk(found.expr, instance, {}, False, (f"derived {instance.kind}.{name}", "is", ()), _same)

    # expressions

    def walk(
        self, expr: ir.Expr, here: Instance, env: Mapping[str, Instance], bounded: bool, key: Key,
        outcome: Callable[[Any], Any] | None,
    ) -> None:  # fmt: skip
        """Observe an expression and everything in it.

        Args:
            expr: The expression.
            here: The subject whose facts its bare names are.
            env: The parts that quantifiers around have in hand.
            bounded: As for `Evaluator.value`.
            key: Its place.
            outcome: What the answer is when it has another value; None where the answer does not turn with it.
        """
        if self.focus is not None and id(expr) not in self.focus:
            return
        if key[2]:
            key = self.inventory.key_of(expr, key)
        boolean = expr.type.name == "bool"
        if boolean and outcome is not None and outcome(True) == outcome(False):
            outcome = None
        if is_atom(expr):
            value = self.value(expr, here, env, bounded=bounded)
            self._record(expr, key, value, outcome)
            if isinstance(expr, ir.Compare) and expr.op in ORDERED and outcome is not None and decides(value, outcome):
                self._threshold(expr, here, env, bounded, key)
        elif not boolean and not self.inventory.nested(expr):
            return
        self._inside(expr, here, env, bounded, key, outcome)

    def _record(self, expr: ir.Expr, key: Key, value: Truth, outcome: Callable[[Any], Any] | None) -> None:
        if value is None and not self.strict:
            return
        if is_atom(expr):
            self.note_seen(key, _SEEN[value])
        if outcome is not None and decides(value, outcome):
            self.note_seen(key, _DECIDES[value])

    def _threshold(self, expr: ir.Compare, here: Instance, env: Mapping[str, Instance], bounded: bool, key: Key) -> None:
        left = self.value(expr.left, here, env, bounded=bounded)
        right = self.value(expr.right, here, env, bounded=bounded)
        if left is not None and right is not None and not isinstance(left, Interval) and not isinstance(right, Interval):
            self.note_seen(key, "at" if left == right else "below" if left < right else "above")

    def _inside(
        self, expr: ir.Expr, here: Instance, env: Mapping[str, Instance], bounded: bool, key: Key,
        outcome: Callable[[Any], Any] | None,
    ) -> None:  # fmt: skip
        match expr:
            case ir.Not(item=item):
                self.walk(item, here, env, bounded, below(key, 0), None if outcome is None else lambda v: outcome(negate(v)))
            case ir.Junction(items=items):
                self._operands(expr, items, here, env, bounded, key, outcome)
            case ir.DerivedRef(base=base, name=name):
                instance = self.find(base, here, env)
                if instance is not None:
                    self._derived_ref(instance, name, bounded, outcome)
            case ir.RuleRef(base=base, name=name):
                instance = self.find(base, here, env)
                rule = self.plan.rules.get(name)
                if instance is not None and rule is not None and instance.kind == expr.kind:
                    self._match(instance, rule, outcome)
            case ir.Quantified():
                self._quantified_parts(expr, here, env, bounded, key, outcome)
            case ir.TableValue():
                self._rows(expr, here, env, bounded, key, outcome)
            case ir.Choice(then=then, condition=condition, otherwise=otherwise):
                chosen = self.value(condition, here, env, bounded=bounded)
                ends = self.value(then, here, env, bounded=bounded), self.value(otherwise, here, env, bounded=bounded)
                turned = None if outcome is None else lambda v: outcome(ends[0] if v else ends[1])
                self.walk(then, here, env, bounded, below(key, 0), outcome if chosen is True else None)
                self.walk(condition, here, env, bounded, below(key, 1), turned)
                self.walk(otherwise, here, env, bounded, below(key, 2), outcome if chosen is False else None)
            case _:
                for number, child in enumerate(ir.children(expr)):
                    if not isinstance(child, (ir.Const, ir.FactRef)) or child.type.name == "bool":
                        self.walk(
                            child, here, env, bounded, below(key, number), self._trying(expr, child, here, env, bounded, outcome)
                        )

    def _trying(
        self, expr: ir.Expr, child: ir.Expr, here: Instance, env: Mapping[str, Instance], bounded: bool,
        outcome: Callable[[Any], Any] | None,
    ) -> Callable[[Any], Any] | None:  # fmt: skip
        """What becomes of the answer when one operand of an expression has another value."""
        if outcome is None:
            return None

        def turned(value: Any) -> Any:
            before = self._forced
            self._forced = {id(child): value}
            try:
                found = self.value(expr, here, env, bounded=bounded)
            finally:
                self._forced = before
            return outcome(found)

        return turned

    def _operands(
        self, expr: ir.Junction, items: tuple[ir.Expr, ...], here: Instance, env: Mapping[str, Instance], bounded: bool, key: Key,
        outcome: Callable[[Any], Any] | None,
    ) -> None:  # fmt: skip
        combine = conjoin if expr.op == "and" else disjoin
        truths = [self.value(item, here, env, bounded=bounded) for item in items]
        for number, item in enumerate(items):
            inner = None
            if outcome is not None:
                others = combine(truths[:number] + truths[number + 1 :])
                if others is (expr.op == "and"):  # nothing else settles it
                    inner = outcome
                elif others is None:
                    inner = lambda v, o=others: outcome(combine((o, v)))  # noqa: E731 - one line
            self.walk(item, here, env, bounded, below(key, number), inner)

    def _derived_ref(self, instance: Instance, name: str, bounded: bool, outcome: Callable[[Any], Any] | None) -> None:
        found = self.plan.compiled.derived.get((instance.kind, name))
        if found is None or (found.effective is not None and found.effective.is_in_force(self.as_of) is not True):
            return
        mark = ("derived", id(instance), name)
        if outcome is None:
            if mark in self._walked:
                return
            self._walked.add(mark)
        self.walk(found.expr, instance, {}, bounded, (f"derived {instance.kind}.{name}", "is", ()), outcome)

    def _quantified_parts(
        self, expr: ir.Quantified, here: Instance, env: Mapping[str, Instance], bounded: bool, key: Key,
        outcome: Callable[[Any], Any] | None,
    ) -> None:  # fmt: skip
        instance = self.find(expr.base, here, env)
        parts = instance.parts.get(expr.part) if instance is not None else None
        numeric = expr.function in ("sum", "min", "max")
        inner_bounded = bounded or numeric
        pairs: list[tuple[Truth, Any]] = []
        for part in parts or ():
            inner = {**env, expr.variable: part}
            included = True if expr.where is None else self.value(expr.where, here, inner, bounded=bounded)
            item = None if expr.item is None else self.value(expr.item, here, inner, bounded=inner_bounded)
            pairs.append((included, item))

        def with_pair(number: int, included: Truth, item: Any) -> Any:
            chosen = [pair for pair in _replaced(pairs, number, (included, item)) if pair[0] is not False]
            return outcome(reference._QUANTIFIERS[expr.function](self, expr, chosen)) if outcome is not None else None  # noqa: SLF001 - its table

        for number, part in enumerate(parts or ()):
            inner = {**env, expr.variable: part}
            included, item = pairs[number]
            at = 0
            if expr.item is not None:
                turned = None if outcome is None else lambda v, n=number, i=included: with_pair(n, i, v)
                self.walk(expr.item, here, inner, inner_bounded, below(key, 0), turned)
                at = 1
            if expr.where is not None:
                turned = None if outcome is None else lambda v, n=number, i=item: with_pair(n, v, i)
                self.walk(expr.where, here, inner, bounded, below(key, at), turned)

    def _rows(
        self, expr: ir.TableValue, here: Instance, env: Mapping[str, Instance], bounded: bool, key: Key,
        outcome: Callable[[Any], Any] | None,
    ) -> None:  # fmt: skip
        truths = [self.value(condition, here, env, bounded=bounded) for condition, _ in expr.rows]
        chosen = next((number for number, truth in enumerate(truths) if truth is not False), None)

        def with_row(number: int, truth: Truth) -> Any:
            for (_, cell), found in zip(expr.rows, _replaced(truths, number, truth), strict=True):
                if found is not False:
                    return outcome(self.value(cell, here, env, bounded=bounded) if found else None)  # type: ignore[misc]  # asked below
            return outcome(None)  # type: ignore[misc]

        for number, (condition, cell) in enumerate(expr.rows):
            turned = None if outcome is None else lambda v, n=number: with_row(n, v)
            self.walk(condition, here, env, bounded, below(key, 2 * number), turned)
            taken = number == chosen and truths[number] is True
            self.walk(cell, here, env, bounded, below(key, 2 * number + 1), outcome if taken else None)


class _Answer:
    """The answer of a rule as far as a case tells it."""

    def __init__(self, states: set[str], *, strict: bool) -> None:
        self.states, self.strict = states, strict

    def of(self, in_force: Truth, scope: Truth, when: Truth, granted: list[Truth], displaced: Truth) -> tuple[Any, ...]:
        matches = conjoin((in_force, scope, when, *(negate(truth) for truth in granted)))
        truth = conjoin((matches, negate(displaced)))
        found: list[Any] = [truth if self.strict else truth is True]
        if "displaced" in self.states:
            found.append(conjoin((matches, displaced)) is True)
        if "relieved" in self.states:
            found.append(conjoin((scope, when, disjoin(granted))) is True)
        return tuple(found)


def decides(value: Truth, outcome: Callable[[Any], Any]) -> bool:
    """Whether an answer that is known would not be given if a truth value were the other one.

    Of what is unknown: whether its two values give different answers.
    """
    found, other = outcome(True if value is None else value), outcome(False if value is None else not value)
    if isinstance(found, tuple):
        return any(a != b and (value is None or a is not None) for a, b in zip(found, other, strict=True))
    return bool(found != other and (value is None or found is not None))


def below(key: Key, number: int) -> Key:
    """The place of an operand."""
    return key[0], key[1], (*key[2], number)


def _same(value: Any) -> Any:
    return value


def _replaced(items: list[Any], number: int, item: Any) -> list[Any]:
    return [*items[:number], item, *items[number + 1 :]]
