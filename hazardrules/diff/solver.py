"""Asks the solver whether two rules ever match for different facts, and has the reference engine confirm what it says."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from hazardrules.coverage.proofs import same_value
from hazardrules.diff.model import Verdict, Witness
from hazardrules.diff.proof import with_vocabulary
from hazardrules.diff.vocabulary import known_to
from hazardrules.engines.reference import Evaluator
from hazardrules.errors import FactsError
from hazardrules.intake import Intake
from hazardrules.intake.instance import within
from hazardrules.model import expressions as ir
from hazardrules.verify.cases import Case, case_of
from hazardrules.verify.encode import Encoder
from hazardrules.verify.lab import MANY_PARTS
from hazardrules.verify.reduce import reduced
from hazardrules.verify.solve import Questions
from hazardrules.verify.spans import Either, Shifted
from hazardrules.verify.terms import Term, calculate, conj, disj, fails, holds, neg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hazardrules.compiler.plan import CompiledRule, Plan
    from hazardrules.diff.forms import Forms
    from hazardrules.diff.proof import Book, Court, Stretch
    from hazardrules.diff.vocabulary import Vocabulary
    from hazardrules.model.instances import Instance
    from hazardrules.verify.world import Subject

_NO_VARIABLES: dict[str, Any] = {}
_PLAIN = (ir.Const, ir.FactRef, ir.Not, ir.Junction, ir.AsOf)
"""Forms whose terms cost nothing to make twice."""
Container = "tuple[str, str] | None"


class Duel:
    """Two rules over the same facts."""

    def __init__(self, court: Court, old: CompiledRule, new: CompiledRule, beside: tuple[ir.Expr, ir.Expr] | None = None) -> None:
        """Bind to two rules on one kind of subject; `beside` are further expressions of theirs that are asked about."""
        self.court, self.kind, self.old, self.new = court, old.on, old, new
        self.forms, self.containers = _limits(court, old.on, court.items(old, new, beside))

    @property
    def names(self) -> tuple[str, str]:
        """What the rule was called, and what it is called."""
        return self.old.name, self.new.name

    def verdict(self, stretch: Stretch) -> Verdict:
        """Whether they match for the same facts on all days of a stretch."""
        worst = Verdict("proven")
        for container in self.containers:
            found = self._within(stretch, container)
            if found.status == "differs":
                return found
            if found.status == "unsure":
                worst = found
        return worst

    def _within(self, stretch: Stretch, container: tuple[str, str] | None) -> Verdict:
        tried: list[tuple[bool, int | None]] = [(False, None)]
        if "parts" in self.forms:
            tried = [(True, None), (False, None), (False, MANY_PARTS)]
        for number, (is_free, parts) in enumerate(tried):
            sides = Sides(self.court, self.kind, stretch, container, parts=parts, is_free=is_free, until=self._until(stretch))
            status, value_of = sides.questions.ask(disj(sides.ways(*self.names)))
            if status == "impossible" and (is_free or "count" not in self.forms):
                if is_free or parts is not None or "parts" not in self.forms:
                    return Verdict("proven")
            elif status == "impossible" and number == len(tried) - 1:
                return Verdict("unsure", "bounded")
            elif status == "undecided" and not is_free:
                return Verdict("unsure", "undecided")
            elif status == "possible" and not is_free and value_of is not None:
                day = sides.day(value_of)
                witnesses = tuple(self._witnesses(stretch, container, parts, day))
                if witnesses:
                    return Verdict("differs", witnesses=witnesses)
                return Verdict("unsure", "total" if "total" in self.forms else "unconfirmed")
        return Verdict("unsure", "undecided")

    def same_values(self, stretch: Stretch, old: ir.Expr, new: ir.Expr) -> bool:
        """Whether two expressions have the same value wherever the rule matches, on all days of a stretch."""
        for container in self.containers:
            sides = Sides(self.court, self.kind, stretch, container, is_free=True, until=self._until(stretch))
            if sides.questions.ask(sides.values_differ(self.old.name, old, new))[0] != "impossible":
                return False
        return True

    def _until(self, stretch: Stretch) -> date | None:
        return stretch.until if "as_of" in self.forms else None

    # facts that show it

    def _witnesses(self, stretch: Stretch, container: tuple[str, str] | None, parts: int | None, day: date) -> Iterator[Witness]:
        """Facts for which it matched and does not any more, and the other way round; else such that leave one of them open."""
        sides = Sides(self.court, self.kind, stretch, container, parts=parts, day=day)
        lost, gained, *open_ = sides.ways(*self.names)
        found = False
        for way, wanted in ((lost, (True, False)), (gained, (False, True))):
            witness = self._witness(sides, way, wanted)
            if witness is not None:
                found = True
                yield witness
        for way in [lost, gained, *open_] if not found else []:
            witness = self._witness(sides, way, None)
            if witness is not None:
                yield witness
                return

    def _witness(self, sides: Sides, way: Any, wanted: tuple[bool | None, bool | None] | None) -> Witness | None:
        def check(evaluator: Evaluator, instance: Instance) -> bool:
            found = sides.truths(evaluator, instance, self.names)
            return found == wanted if wanted is not None else found[0] is not found[1]

        status, witness = sides.questions.witness([way], check)
        if status != "possible" or witness is None:
            return None
        subjects = self.court.vocabulary.subjects
        least = reduced(witness, subjects, lambda root, subject: sides.questions.confirms(root, subject, check))
        truths = sides.truths(Evaluator(sides.questions.plan, least.root, sides.start), least.subject, self.names)
        return self._shown(least.root, sides, truths)

    def _shown(self, root: Instance, sides: Sides, truths: tuple[bool | None, bool | None]) -> Witness | None:
        """Facts as cases, read like any other by each rulebook and judged by it."""
        vocabulary = self.court.vocabulary
        places = [sides.stretch.place or rule.rule.jurisdiction for rule in (self.old, self.new)]
        cases: list[Case] = []
        refused = ""
        for book, rule, side, place, truth in (
            (self.court.old, self.old, "old", places[0], truths[0]),
            (self.court.new, self.new, "new", places[1], truths[1]),
        ):
            there = known_to(root if side == "old" else vocabulary.translated(root), book.compiled.source.subjects)
            case = case_of(there, sides.start, place if place != book.compiled.source.root else None, vocabulary.subjects)
            cases.append(case)
            try:
                if truth not in _answers(book, rule, case):
                    return None
            except FactsError:
                refused = refused or side
        return Witness(cases[0], cases[1] if cases[1] != cases[0] else None, *truths, refused)


def _answers(book: Book, rule: CompiledRule, case: Case) -> list[bool | None]:
    """Whether a rule matches, of each subject of its kind in a case that is read like any other."""
    subjects = book.compiled.source.subjects
    kind = next(key for key in case if key in subjects)
    root = Intake(subjects).read(kind, case[kind])
    day = date.fromisoformat(case["as_of"])
    evaluator = Evaluator(book.compiled.in_force(day, case.get("jurisdiction")), root, day)
    return [evaluator.matches(item, rule.name) for item in within(root) if item.kind == rule.on]


def same_derived(court: Court, kind: str, name: str, stretches: Iterable[Stretch]) -> bool:
    """Whether a derived fact has the same value for all facts, proved for some stretches of days."""
    forms, containers = _limits(court, kind, court.derived_items(kind, name))
    for stretch in stretches:
        for container in containers:
            until = stretch.until if "as_of" in forms else None
            sides = Sides(court, kind, stretch, container, is_free=True, until=until)
            subject = sides.questions.world.subject
            differ = _differ(sides.old.derived(subject, name), sides.new.derived(subject, name))
            if sides.questions.ask(differ)[0] != "impossible":
                return False
    return True


def _limits(court: Court, kind: str, items: tuple[ir.Expr, ...]) -> tuple[set[str], list[tuple[str, str] | None]]:
    """What stands in expressions that limits a proof, and what a subject can stand in, where they look at that."""
    forms = set[str]()
    for item in items:
        match item:
            case ir.Quantified(function=function):
                forms |= {"parts"} if function in ("any", "all") else {"parts", "count"}
            case ir.Total():
                forms.add("total")
            case ir.AsOf():
                forms.add("as_of")
    if not any(isinstance(getattr(item, "base", None), ir.Owner) for item in items):
        return forms, [None]
    subjects = court.vocabulary.subjects.values()
    owners = [(other.id, part.name) for other in subjects for part in other.parts.values() if part.of == kind]
    return forms, [*owners] or [None]


def _differ(first: Term, second: Term) -> Any:
    """When two values are not the same."""
    if isinstance(first.value, (Shifted, Either)) or isinstance(second.value, (Shifted, Either)):
        return first is not second
    differ = [conj((first.known, neg(second.known))), conj((second.known, neg(first.known)))]
    if first.known is not False and second.known is not False:
        differ.append(conj((first.known, second.known, neg(same_value(first.value, second.value)))))
    return disj(differ)


class Sides:
    """Both rulebooks as terms over one subject."""

    def __init__(
        self,
        court: Court,
        kind: str,
        stretch: Stretch,
        container: tuple[str, str] | None,
        *,
        parts: int | None = None,
        is_free: bool = False,
        until: date | None = None,
        day: date | None = None,
    ) -> None:
        """Make the subject.

        Args:
            court: Both rulebooks.
            kind: Its kind.
            stretch: The law.
            container: What the subject stands in.
            parts: So many parts of one name there can be.
            is_free: What quantifiers say may be anything, the same on both sides where they ask the same.
            until: Any day from the start of the stretch to the day before it; without it one day.
            day: That day; the first one by default.
        """
        self.court, self.stretch, self.start = court, stretch, day or stretch.start
        vocabulary = court.vocabulary
        plan = with_vocabulary(stretch.old, vocabulary)
        self.questions = Questions(plan, kind, self.start, container, until, parts=parts)
        made: dict[object, Any] = {}
        common = court.old.forms.calendar() == court.new.forms.calendar()
        forms = (court.forms(stretch.old, stretch.start), court.forms(stretch.new, stretch.start))
        self.old = _Voice(plan, self.questions, forms[0], None, made, is_free=is_free, is_common=common)
        self.new = _Voice(stretch.new, self.questions, forms[1], vocabulary, made, is_free=is_free, is_common=common)
        self.questions.encoder = self.old
        self.new.follow(self.old)

    def ways(self, before: str, after: str) -> list[Any]:
        """When a rule matched and does not now, when it matches and did not, when it failed or fails and the other is open."""
        subject = self.questions.world.subject
        old, new = self.old.matches(subject, before), self.new.matches(subject, after)
        return [
            conj((holds(old), neg(holds(new)))), conj((holds(new), neg(holds(old)))),
            conj((fails(old), neg(fails(new)), neg(holds(new)))), conj((fails(new), neg(fails(old)), neg(holds(old)))),
        ]  # fmt: skip

    def values_differ(self, rule: str, old: ir.Expr, new: ir.Expr) -> Any:
        """When a rule matched, and two expressions have different values."""
        subject = self.questions.world.subject
        return conj((holds(self.old.matches(subject, rule)), _differ(self.old.term(old, subject), self.new.term(new, subject))))

    def truths(self, evaluator: Evaluator, instance: Instance, names: tuple[str, str]) -> tuple[bool | None, bool | None]:
        """Whether a rule matches for some facts, before and now."""
        there = self.court.vocabulary.translated(evaluator.root)
        twin = next(item for item in within(there) if item.path == instance.path)
        now = Evaluator(self.stretch.new, there, evaluator.as_of).matches(twin, names[1])
        return evaluator.matches(instance, names[0]), now

    def day(self, value_of: Callable[[Any], Any]) -> date:
        """The day of a model."""
        day = self.old.day
        return self.start if isinstance(day, int) else date.fromordinal(value_of(day))


class _Voice(Encoder):
    """Says the rules of one rulebook over facts that both share.

    What has one normal form has one term on both sides: what of it cannot be said exactly is the same unknown then.
    """

    def __init__(
        self,
        plan: Plan,
        questions: Questions,
        forms: Forms,
        vocabulary: Vocabulary | None,
        made: dict[object, Any],
        *,
        is_free: bool,
        is_common: bool,
    ) -> None:
        super().__init__(plan, questions.world, questions.as_of)
        self.day = questions.encoder.day
        self.normal, self.vocabulary, self.made = forms, vocabulary, made
        self.is_free, self.is_common = is_free, is_common

    def follow(self, other: _Voice) -> None:
        """Keep what the solver is to be told beside the terms where another encoder keeps it."""
        self._loose, self._gaps = other._loose, other._gaps

    def term(self, expr: ir.Expr, here: Subject, env: Mapping[str, Subject] = _NO_VARIABLES) -> Term:
        if isinstance(expr, ir.FactRef) and self.vocabulary is not None:
            return self._translated(expr, here, env)
        if isinstance(expr, _PLAIN):
            return super().term(expr, here, env)
        key = (self.normal.of(expr, tuple(env)), id(here), *map(id, env.values()))
        if key not in self.made:
            is_loose = self.is_free and isinstance(expr, ir.Quantified)
            self.made[key] = self._anything(expr) if is_loose else super().term(expr, here, env)
        found: Term = self.made[key]
        return found

    def _anything(self, expr: ir.Expr) -> Term:
        world = self.world
        value = world.fresh_bool() if expr.type.name == "bool" else world.fresh(None, None, whole=expr.type.integer)
        return Term(value, world.fresh_bool())

    def _translated(self, expr: ir.FactRef, here: Subject, env: Mapping[str, Subject]) -> Term:
        """A fact of the new rulebook, from what it is in the old one."""
        assert self.vocabulary is not None  # asked for before
        subject = self.find(expr.base, here, env)
        if subject is None:
            return Term(value=False, known=False)
        name = self.vocabulary.old_name(subject.kind, expr.name)
        if name not in self.world.subjects[subject.kind].facts:
            return Term(value=False, known=False)
        value = self.world.fact(subject, name)
        factor = self.vocabulary.factors.get((subject.kind, expr.name))
        return Term(value if factor is None else calculate(_times, value, factor))

    def number(self, value: Any) -> Any:
        """A day as a number; what a span makes of a day is the same on both sides where they count working days alike."""
        if not isinstance(value, Shifted) or not self.is_common:
            return super().number(value)
        key = ("shifted", value.moment, value.key())
        if key not in self.made:
            self.made[key] = super().number(value)
        return self.made[key]


def _times(left: Any, right: Any) -> Any:
    return left * right
