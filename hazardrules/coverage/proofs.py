"""Facts for an obligation, or the proof that there are none, by the solver (`hazardrules[verify]`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hazardrules.coverage.drafts import Draft
from hazardrules.model import expressions as ir
from hazardrules.verify import dates
from hazardrules.verify.encode import Encoder
from hazardrules.verify.solve import Questions
from hazardrules.verify.spans import Either, Shifted, compare_days
from hazardrules.verify.terms import NOTHING, Term, any_of, compare, conj, disj, fails, holds, is_plain, neg, sort_of
from hazardrules.verify.world import variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date

    from hazardrules.compiler.plan import Compiled, CompiledRule
    from hazardrules.coverage.reach import Reach
    from hazardrules.verify.world import Subject

TRIES = 4
MAX_CHAINS = 12
_RELATIONS = {"below": "<", "at": "==", "above": ">"}
_WANTED = {"true": True, "decides_true": True, "false": False, "decides_false": False}
_NO_VARIABLES: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the solver found.

    Attributes:
        status: `possible`, `impossible` or `undecided`.
        draft: Facts that show it.
    """

    status: str
    draft: Draft | None = None


class _Forced(Encoder):
    """Says a rule as if one expression were true (or false) in one place, and keeps what it is itself.

    The place is a chain: the references to derived facts and rules on the way, and the expression at its end.
    """

    def __init__(self, questions: Questions, chain: tuple[ir.Expr, ...], value: bool | None) -> None:
        super().__init__(questions.plan, questions.world, questions.as_of)
        self.day = questions.encoder.day
        self.questions, self.chain, self.forced = questions, chain, value
        self.found: list[tuple[Term, Mapping[str, Subject], Subject]] = []

    def term(self, expr: ir.Expr, here: Subject, env: Mapping[str, Subject] = _NO_VARIABLES) -> Term:
        if expr is not self.chain[0]:
            return super().term(expr, here, env)
        if len(self.chain) > 1 and isinstance(expr, (ir.DerivedRef, ir.RuleRef)):
            return self._through(expr, here, env)
        if self.forced is not None:
            return Term(self.forced)
        found = super().term(expr, here, env)
        self.found.append((found, env, here))
        return found

    def _through(self, expr: ir.DerivedRef | ir.RuleRef, here: Subject, env: Mapping[str, Subject]) -> Term:
        subject = self.find(expr.base, here, env)
        if subject is None or subject.kind != expr.kind:
            return NOTHING
        inner = _Forced(self.questions, self.chain[1:], self.forced)
        if isinstance(expr, ir.RuleRef):
            term = inner.matches(subject, expr.name)
        else:
            found = self.plan.compiled.derived[expr.kind, expr.name]
            if found.effective is not None and found.effective.is_in_force(self.first_day) is not True:
                return NOTHING
            term = inner.term(found.expr, subject)
        self.found += inner.found
        self.approximated |= inner.approximated
        return term


class Prover:
    """Asks the solver about obligations of a rule, on one day or on all days of a period."""

    def __init__(
        self, compiled: Compiled, reach: Reach, rule: CompiledRule, as_of: date, place: str | None, until: date | None = None
    ) -> None:
        """Bind to a rule; with `until` the day is any from `as_of` to the day before it."""
        self.compiled, self.reach, self.rule, self.as_of, self.place = compiled, reach, rule, as_of, place
        self.plan = compiled.in_force(as_of, place)
        self.questions = Questions(self.plan, rule.on, as_of, container_of(compiled, rule.on, reach.items(rule)), until)
        self.world = self.questions.world
        self.subject = self.world.subject
        self.approximated: set[str] = set()

    def attempts(self, event: str, target: ir.Expr | None, good: Callable[[Draft], bool]) -> Attempt:
        """Facts that show an observation.

        Args:
            event: The observation.
            target: The atom or the exception that it is about; None for a whole rule.
            good: Whether facts show it, by the reference engine.
        """
        if self.rule.name not in self.plan.rules:
            return Attempt("impossible")
        chains: list[tuple[ir.Expr, ...]] = [()] if target is None else self.reach.chains(self.rule, target)
        status = "impossible"
        for chain in chains[:MAX_CHAINS]:
            found = self._attempt(event, chain, good)
            if found.draft is not None:
                return found
            status = found.status if status == "impossible" else status
        exact = len(chains) <= MAX_CHAINS and self._is_exact(target)
        return Attempt(status if exact or status != "impossible" else "undecided")

    def _attempt(self, event: str, chain: tuple[ir.Expr, ...], good: Callable[[Draft], bool]) -> Attempt:
        conditions = self._conditions(event, chain)
        if conditions is None:
            return Attempt("undecided")
        extra: list[Any] = []
        mentioned = variables(conditions)
        status = "undecided"
        for _ in range(TRIES):
            status, value_of = self.questions.ask(*conditions, *extra)
            if value_of is None:
                break
            made = self.world.instance(value_of, mentioned)
            if made is None:
                made = self.questions._decimals(conditions, value_of, mentioned)  # noqa: SLF001 - as `witness` does
            if made is None:
                return Attempt("undecided")
            day = self.questions.encoder.day
            as_of = None if is_plain(day) else dates.day_of(value_of(day))
            draft = Draft(made[0], as_of or self.as_of, self.place)
            if good(draft):
                return Attempt("possible", draft)
            flags = [
                self.questions._variable(name) == value_of(self.questions._variable(name))  # noqa: SLF001
                for name in sorted(mentioned)
                if name in self.world.origin
            ]
            extra.append(neg(conj(flags)) if flags else False)
        return Attempt("impossible" if status == "impossible" and not extra else "undecided")

    def _conditions(self, event: str, chain: tuple[ir.Expr, ...]) -> list[Any] | None:
        truth = self.questions.encoder.truth(self.subject, self.rule.name)
        if not chain:
            return self._of_rule(event, truth)
        target = chain[-1]
        itself = self._encoder(chain, None)
        itself.truth(self.subject, self.rule.name)
        if not itself.found:
            return [False]
        term, env, here = itself.found[0]
        if event in _RELATIONS and isinstance(target, ir.Compare):
            plain = self.questions.encoder
            left, right = plain.term(target.left, here, env), plain.term(target.right, here, env)
            wanted = [left.known, right.known, compare_days(plain, _RELATIONS[event], left.value, right.value)]
        elif event in _WANTED:
            wanted = [holds(term) if _WANTED[event] else fails(term)]
        else:
            return None
        if event in ("true", "false"):
            return wanted
        ends = {value: self._encoder(chain, value).truth(self.subject, self.rule.name) for value in (True, False)}
        return [*wanted, turns(event, term, ends)]

    def _of_rule(self, event: str, truth: Term) -> list[Any] | None:
        encoder = self.questions.encoder
        match event:
            case "failed":
                scope = [] if self.rule.scope is None else [holds(encoder.term(self.rule.scope, self.subject))]
                return [fails(truth), *scope]
            case "displaced":
                overriders = [encoder.matches(self.subject, other) for other in self.plan.overriders.get(self.rule.name, ())]
                return [holds(encoder.matches(self.subject, self.rule.name)), holds(any_of(overriders))]
            case "effect":
                return [holds(truth), disj(holds(encoder.truth(self.subject, name)) for name in self.rule.amends)]
            case "undetermined":
                return None
            case _:
                return [holds(truth)]

    def _encoder(self, chain: tuple[ir.Expr, ...], value: bool | None) -> _Forced:
        found = _Forced(self.questions, chain, value)
        self.approximated = found.approximated
        return found

    def _is_exact(self, target: ir.Expr | None) -> bool:
        """Whether what is not found here is nowhere.

        Lists of parts can be longer than the solver's, and an expression that stands in several places of one condition
        can turn an answer in one of them alone.
        """
        if self.questions.encoder.approximated or self.approximated:
            return False
        items = self.reach.items(self.rule)
        if any(isinstance(item, (ir.Quantified, ir.Total)) for item in items):
            return False
        return target is None or sum(item is target for item in items) <= 1


def turns(event: str, term: Term, ends: dict[bool, Term]) -> Any:
    """When an answer is known and would not be given if a truth value were the other one."""
    ways = []
    for value in (_WANTED[event],) if event in _WANTED else (True, False):
        found, other = ends[value], ends[not value]
        same = same_value(found.value, other.value)
        ways.append(conj((holds(term) if value else fails(term), found.known, neg(conj((other.known, same))))))
    return disj(ways)


def same_value(first: Any, second: Any) -> Any:
    """When two values that are known are the same."""
    if sort_of(first) is not sort_of(second):
        return False  # one of them is the placeholder of a value that nobody knows, say of a table not yet in force
    if isinstance(first, dict):
        return conj(same_value(first[option], second[option]) for option in first)
    if isinstance(first, bool) or isinstance(second, bool) or not hasattr(first, "is_int"):
        if isinstance(first, bool) and isinstance(second, bool):
            return first == second
        if not is_plain(first) or isinstance(first, bool):
            return disj((conj((first, second)), conj((neg(first), neg(second)))))
    return compare("==", first, second)


def never_turns(compiled: Compiled, reach: Reach, home: tuple[str, str], event: str, target: ir.Expr) -> bool:
    """Whether a derived fact never turns with an atom of its own, on any day: then no rule that reads it does either."""
    kind, name = home
    derived = compiled.derived[kind, name]
    items = reach.items_of([derived.expr])
    if any(isinstance(item, (ir.Quantified, ir.Total)) for item in items) or sum(item is target for item in items) != 1:
        return False
    days = reach.days_of(items, derived.effective)
    for start, end in zip(days, [*days[1:], dates.LATEST], strict=True):
        questions = Questions(compiled.in_force(start), kind, start, container_of(compiled, kind, items), end)
        subject = questions.world.subject
        itself = _Forced(questions, (target,), None)
        itself.term(derived.expr, subject)
        if not itself.found:
            continue
        ends = {value: _Forced(questions, (target,), value) for value in (True, False)}
        terms = {value: encoder.term(derived.expr, subject) for value, encoder in ends.items()}
        if any(isinstance(term.value, (Shifted, Either)) for term in terms.values()):
            return False
        wanted: list[Any] = [turns(event, itself.found[0][0], terms)]
        if event in _RELATIONS and isinstance(target, ir.Compare):
            left, right = itself.term(target.left, subject), itself.term(target.right, subject)
            wanted += [left.known, right.known, compare_days(itself, _RELATIONS[event], left.value, right.value)]
        if any(encoder.approximated for encoder in (itself, *ends.values())) or questions.ask(*wanted)[0] != "impossible":
            return False
    return True


def container_of(compiled: Compiled, kind: str, items: Iterable[ir.Expr]) -> tuple[str, str] | None:
    """What contains a subject, where something asks for its owner's facts."""
    if not any(isinstance(getattr(item, "base", None), ir.Owner) for item in items):
        return None
    subjects = compiled.source.subjects.values()
    return next(((other.id, part.name) for other in subjects for part in other.parts.values() if part.of == kind), None)


def periods(compiled: Compiled, reach: Reach, rule: CompiledRule, place: str | None) -> Iterator[Prover]:
    """A prover for each period in which what a rule means does not change, all its days together."""
    days = reach.days(rule)
    for start, end in zip(days, [*days[1:], dates.LATEST], strict=True):
        if rule.name in compiled.in_force(start, place).rules:
            yield Prover(compiled, reach, rule, start, place, end)
