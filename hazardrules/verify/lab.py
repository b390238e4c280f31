"""Asking about rules: in which stretch of days, within which subject, what was found out before, and the facts that show it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from hazardrules.engines.reference import Evaluator
from hazardrules.intake import Intake
from hazardrules.intake.instance import within
from hazardrules.verify.cases import case_of
from hazardrules.verify.dated import Dated
from hazardrules.verify.outline import Outlines, merged
from hazardrules.verify.periods import Periods
from hazardrules.verify.reduce import reduced
from hazardrules.verify.solve import Questions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hazardrules.compiler.plan import Compiled, CompiledRule
    from hazardrules.model.instances import Instance
    from hazardrules.verify.cases import Case
    from hazardrules.verify.outline import Outline
    from hazardrules.verify.periods import Context
    from hazardrules.verify.solve import Witness
    from hazardrules.verify.store import Store
    from hazardrules.verify.world import Subject

    Build = Callable[[Questions, Subject], list[Any]]
    Check = Callable[[Evaluator, Instance], bool]

MANY_PARTS = 12
"""So many parts of one name a subject can have where the answer hangs on how many there are."""


_INEXACT = frozenset(("calendar", "count", "total", "working_days"))
"""Forms for which what the solver holds to be possible is always tried on the reference engine."""
FAR = date(2200, 1, 1)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found out.

    Attributes:
        status: `possible` (with a case that the reference engine confirmed), `impossible` (proved), `unconfirmed` (the
            solver's facts did not stand the test), `undecided` (it gave up).
        bounded: The proof is about lists of at most `MANY_PARTS` parts.
        case: Facts that show it.
    """

    status: str
    bounded: bool = False
    case: Case | None = None


class Lab:
    """Everything that is asked about one rulebook."""

    def __init__(self, compiled: Compiled, store: Store, contraries: frozenset[frozenset[str]] = frozenset()) -> None:
        self.compiled, self.store, self.contraries = compiled, store, contraries
        self.periods = Periods(compiled)
        self.subjects = compiled.source.subjects
        self.intake = Intake(self.subjects)
        self._outlines: dict[int, Outlines] = {}
        self._dated = Dated(compiled)
        self._states: dict[str, dict[tuple[date, str], Outline]] = {}
        self._questions: dict[object, Questions] = {}
        self._containers: dict[str, list[tuple[str, str]]] = {}
        for kind in self.subjects.values():
            for part in kind.parts.values():
                self._containers.setdefault(part.of, []).append((kind.id, part.name))

    def outlines(self, context: Context) -> Outlines:
        """The outlines of the rules of a stretch of days."""
        key = id(context.plan)
        if key not in self._outlines:
            self._outlines[key] = Outlines(context.plan, context.day)
        return self._outlines[key]

    def latest(self, *rules: CompiledRule) -> Context | None:
        """The latest stretch of days in which rules are in force together."""
        return next(self.periods.common(rules), None)

    def different(self, outline: Callable[[Outlines], Outline], *rules: CompiledRule) -> Iterator[tuple[Context, Outline]]:
        """The stretches in which rules are in force together, without those in which they ask the same as in a later one."""
        seen: set[str] = set()
        for context in self.periods.common(rules):
            found = outline(self.outlines(context))
            key = f"{found.digest} {context.day if found.forms & {'as_of', 'working_days'} else ''}"
            if key not in seen:
                seen.add(key)
                yield context, found

    def different_matches(self, *rules: CompiledRule) -> Iterator[Context]:
        """The same for whether rules match, without what displaces them."""
        seen: set[tuple[str, ...]] = set()
        states = [self.states(rule) for rule in rules]
        for context in self.periods.common(rules):
            key = tuple(state[context.day, context.place].digest if len(state) > 1 else "" for state in states)
            if key not in seen:
                seen.add(key)
                yield context
            if all(len(state) == 1 for state in states):
                return

    def states(self, rule: CompiledRule) -> dict[tuple[date, str], Outline]:
        """What it depends on whether a rule matches, by the first day of a stretch and the place; one where it never changes."""
        found = self._states.get(rule.name)
        if found is None:
            found = self._states[rule.name] = {}
            changes = self._dated.of_rule(rule)
            days = sorted(changes.days)
            known: dict[tuple[int, str], Outline] = {}
            for context in self.periods.common([rule]):
                key = (bisect_right(days, context.day), context.place if changes.by_place else "")
                if key not in known:
                    known[key] = self.outlines(context).matches(rule.name)
                found[context.day, context.place] = known[key]
                if not days and not changes.by_place:
                    break
        return found

    def ask(
        self,
        what: str,
        kind: str,
        context: Context,
        outlines: list[Outline],
        build: Build,
        check: Check | None = None,
        *,
        show: bool = False,
    ) -> Answer:
        """Whether something is possible.

        Args:
            what: What is asked, for the memory of answers.
            kind: The subject.
            context: The law.
            outlines: What the answer depends on.
            build: Makes the conditions.
            check: What the reference engine must say; None where only an `impossible` matters.
            show: A case is wanted, as short as possible.
        """
        whole = merged(what, outlines)
        day = context.day.isoformat() if whole.forms & {"as_of", "working_days"} else ""
        key = sha256(f"{what}\0{kind}\0{whole.digest}\0{day}\0{show}".encode()).hexdigest()[:32]
        kept = self.store.get(key)
        if kept is None:
            found = self._found(kind, context, whole, build, check, show=show)
            kept = [found.status, found.bounded, found.case]
            self.store.put(key, kept)
        answer = Answer(*kept)
        if answer.case is not None and check is not None and not self.confirmed(answer.case, kind, context, check):
            return Answer("unconfirmed")
        return answer

    def _found(self, kind: str, context: Context, whole: Outline, build: Build, check: Check | None, *, show: bool) -> Answer:
        containers: list[tuple[str, str] | None] = [*(self._containers.get(kind, []) if "owner" in whole.forms else [])] or [None]
        worst = Answer("impossible")
        for container in containers:
            answer = self._within(kind, context, container, whole, build, check, show=show)
            if answer.status == "possible":
                return answer
            if answer.status != "impossible" or worst.status == "impossible":
                worst = answer
        return worst

    def _within(
        self,
        kind: str,
        context: Context,
        container: tuple[str, str] | None,
        whole: Outline,
        build: Build,
        check: Check | None,
        *,
        show: bool,
    ) -> Answer:
        questions = self.questions(kind, context, container)
        trusted = check is None or (not show and not whole.forms & _INEXACT)
        status, witness = _asked(questions, build, None if trusted else check)
        bounded = False
        if status == "impossible" and whole.forms & {"count", "parts"}:
            questions = self.questions(kind, context, container, parts=MANY_PARTS)
            status, witness = _asked(questions, build, None if trusted else check)
            bounded = status == "impossible" and "count" in whole.forms
        if status == "impossible" and "as_of" in whole.forms:
            open_day = Questions(context.plan, kind, context.day, container, until=context.until or FAR)
            if open_day.ask(*build(open_day, open_day.world.subject))[0] != "impossible":
                status = "undecided"
        if status == "possible" and (trusted or check is None):
            return Answer("possible")
        if witness is None or check is None:
            return Answer("unconfirmed" if status == "possible" else status, bounded)
        if not show:
            return Answer("possible")
        least = reduced(witness, self.subjects, lambda root, subject: questions.confirms(root, subject, check))
        case = case_of(least.root, context.day, None, self.subjects)
        if context.jurisdiction is not None and not self.confirmed(case, kind, context, check):
            case = case_of(least.root, context.day, context.jurisdiction, self.subjects)
        return Answer("possible", case=case)

    def container(self, rule: CompiledRule, context: Context) -> tuple[str, str] | None:
        """What a rule's subject stands in, where the rule looks at its owner."""
        needed = "owner" in self.outlines(context).truth(rule.name).forms
        return self._containers.get(rule.on, [None])[0] if needed else None

    def contrary(self, first: CompiledRule, second: CompiledRule) -> tuple[str, str] | None:
        """Two actions of two rules that the rulebook declares contrary."""
        for mine in first.actions:
            for other in second.actions:
                pair = (mine.use.action, other.use.action)
                if frozenset(pair) in self.contraries:
                    return pair
        return None

    def questions(self, kind: str, context: Context, container: tuple[str, str] | None, parts: int | None = None) -> Questions:
        """The world of a kind of subject under a law; kept, since all its rules share it."""
        key = (kind, id(context.plan), context.day, container, parts)
        if key not in self._questions:
            self._questions[key] = Questions(context.plan, kind, context.day, container, parts=parts)
        return self._questions[key]

    def confirmed(self, case: Case, kind: str, context: Context, check: Check) -> bool:
        """Whether the reference engine says of a case, read like any other, what it must."""
        (root_kind,) = (key for key in case if key in self.subjects)
        root = self.intake.read(root_kind, case[root_kind])
        evaluator = Evaluator(self.compiled.in_force(context.day, case.get("jurisdiction")), root, context.day)
        return any(check(evaluator, item) for item in within(root) if item.kind == kind)


def _asked(questions: Questions, build: Build, check: Check | None) -> tuple[str, Witness | None]:
    conditions = build(questions, questions.world.subject)
    return (questions.ask(*conditions)[0], None) if check is None else questions.witness(conditions, check)
