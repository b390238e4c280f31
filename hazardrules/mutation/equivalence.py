"""Whether a mutant changes nothing, proved by the solver (`hazardrules[verify]`): then no case can notice it.

Proved is that every rule whose condition the mutant touches matches for the same facts as before, all of them known,
on every day of its force.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hazardrules.coverage.proofs import container_of, same_value
from hazardrules.model import expressions as ir
from hazardrules.mutation.mutants import TRUTH
from hazardrules.mutation.patched import patched
from hazardrules.verify import dates
from hazardrules.verify.encode import Encoder
from hazardrules.verify.solve import Questions
from hazardrules.verify.spans import Either, Shifted
from hazardrules.verify.terms import Term, conj, disj, fails, holds, neg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from hazardrules.compiler.plan import Plan
    from hazardrules.model.law import Effective
    from hazardrules.mutation.court import Court
    from hazardrules.mutation.mutants import Mutant
    from hazardrules.verify.world import Subject

MAX_RULES = 12
"""Where more rules ask about what a mutant changes, it is not asked about each of them."""
_LOOSE = (ir.Quantified, ir.Total)
_NO_VARIABLES: dict[str, Any] = {}

DIFFERS, EQUIVALENT = "differs", "equivalent"


class Judge:
    """Asks the solver about mutants."""

    def __init__(self, court: Court) -> None:
        """Bind to a court."""
        self.compiled, self.ties = court.compiled, court.ties
        self.reach = court.ties.reach

    def verdict(self, mutant: Mutant) -> str:
        """Say `equivalent`, `differs` (some facts are judged otherwise), or why nobody can say: `parts`, `outcome`, `effort`."""
        if mutant.operator not in TRUTH:
            return "outcome"
        if mutant.patch.parameters:
            return "parameter"
        answers = [self._derived(mutant, *key) for key in mutant.patch.derived]
        if answers and set(answers) == {EQUIVALENT}:
            return EQUIVALENT
        names = sorted(self.ties.changed(mutant))
        if not names or len(names) > MAX_RULES:
            read = names or self.ties.valued_by(mutant, names)
            return next((answer for answer in answers if answer not in (EQUIVALENT, DIFFERS)), DIFFERS if read else "unread")
        for name in names:
            answer = self._rule(mutant, name)
            if answer != EQUIVALENT:
                return answer
        return EQUIVALENT

    def _rule(self, mutant: Mutant, name: str) -> str:
        rule = self.compiled.rules[name]
        changed = mutant.patch.rules.get(name, rule)
        exprs = [changed.when, *changed.unless, *([changed.scope] if changed.scope is not None else [])]
        exprs += [found.expr for found in mutant.patch.derived.values()]
        items = (*self.reach.items(rule), *self.reach.items_of(exprs))
        for plan, start, until in self._periods(self.reach.days(rule), rule.effective, rule.rule.jurisdiction):
            if name in plan.rules:
                asked = _Question(plan, mutant, rule.on, start, until, items)
                answer = asked.compare(asked.old.matches(asked.subject, name), asked.new.matches(asked.subject, name))
                if answer != EQUIVALENT:
                    return answer
        return EQUIVALENT

    def _derived(self, mutant: Mutant, kind: str, name: str) -> str:
        before, after = self.compiled.derived[kind, name], mutant.patch.derived[kind, name]
        items = self.reach.items_of([before.expr, after.expr])
        for plan, start, until in self._periods(self.reach.days_of(items, before.effective), before.effective, None):
            asked = _Question(plan, mutant, kind, start, until, items)
            answer = asked.compare(asked.old.term(before.expr, asked.subject), asked.new.term(after.expr, asked.subject))
            if answer != EQUIVALENT:
                return answer
        return EQUIVALENT

    def _periods(self, days: list[date], effective: Effective | None, place: str | None) -> Iterator[tuple[Plan, date, date]]:
        last = effective.until if effective is not None and effective.until is not None else dates.LATEST
        for start, end in zip(days, [*days[1:], last], strict=True):
            if start < end:
                yield self.compiled.in_force(start, place), start, end


class _Question:
    """A rule or derived fact as it was and with a mutant, over the same facts.

    Lists of parts can be longer than the solver's, so what a quantifier says of them may be anything here, the same
    before and after; what is proved of anything is proved of what it really says.
    """

    def __init__(self, plan: Plan, mutant: Mutant, kind: str, start: date, until: date, items: tuple[ir.Expr, ...]) -> None:
        container = container_of(plan.compiled, kind, items)
        self.questions = Questions(plan, kind, start, container, until)
        self.subject = self.questions.world.subject
        free: dict[object, Term] = {}
        self.old = _Free(plan, self.questions, start, free)
        self.new = _Free(patched(plan, mutant, start), self.questions, start, free)
        self.is_free = any(isinstance(item, _LOOSE) for item in items)

    def compare(self, old: Term, new: Term) -> str:
        """Whether two terms are the same for all facts."""
        if isinstance(old.value, (Shifted, Either)) or isinstance(new.value, (Shifted, Either)):
            return "calendar"
        if _is_truth(old) and _is_truth(new):
            ways = [conj((said(one), neg(said(two)))) for said in (holds, fails) for one, two in ((old, new), (new, old))]
        else:
            ways = [
                conj((old.known, neg(new.known))), conj((new.known, neg(old.known))),
                conj((old.known, new.known, neg(same_value(old.value, new.value)))),
            ]  # fmt: skip
        status, _ = self.questions.ask(disj(ways))
        if status != "possible":
            return EQUIVALENT if status == "impossible" else "effort"
        if self.is_free:
            return "parts"
        return "approximated" if self.old.approximated | self.new.approximated else DIFFERS


class _Free(Encoder):
    """Says a plan over a world in which quantifiers and sums over findings may be anything."""

    def __init__(self, plan: Plan, questions: Questions, start: date, free: dict[object, Term]) -> None:
        super().__init__(plan, questions.world, start)
        self.day, self._free = questions.encoder.day, free

    def term(self, expr: ir.Expr, here: Subject, env: Mapping[str, Subject] = _NO_VARIABLES) -> Term:
        if not isinstance(expr, _LOOSE):
            return super().term(expr, here, env)
        key = (expr.parameter,) if isinstance(expr, ir.Total) else (id(expr), id(here), *map(id, env.values()))
        if key not in self._free:
            world = self.world
            value = world.fresh_bool() if expr.type.name == "bool" else world.fresh(None, None, whole=expr.type.integer)
            self._free[key] = Term(value, world.fresh_bool())
        return self._free[key]


def _is_truth(term: Term) -> bool:
    value: Any = term.value
    return isinstance(value, bool) or (hasattr(value, "sort") and str(value.sort()) == "Bool")
