"""Which case notices a mutant: the cases that could are asked, and what they expect has the last word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hazardrules.classify import Inquiry
from hazardrules.coverage.spoken import Listener
from hazardrules.engines.reference import Evaluator
from hazardrules.mutation.judged import STATES, deep_of, judge
from hazardrules.mutation.mutants import TRUTH
from hazardrules.mutation.patched import Substituting, is_unscoped, patched
from hazardrules.mutation.ties import Ties
from hazardrules.testing.expectations import check_inquiry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hazardrules.api import Rulebook
    from hazardrules.compiler.plan import Plan
    from hazardrules.mutation.judged import Entry, Judged
    from hazardrules.mutation.mutants import Mutant
    from hazardrules.testing.case_files import WrittenCase

_TRUTHS = {True: "holds", False: "fails", None: "undetermined"}


@dataclass(frozen=True, slots=True)
class Reachable:
    """What a mutant can change.

    Attributes:
        affected: The rules that can hold otherwise.
        valued: The rules whose actions can be others, though they hold as before.
        derived: The derived facts that can have another value.
        packs: The packs whose findings, levels and actions can be others.
    """

    affected: frozenset[str]
    valued: frozenset[str]
    derived: frozenset[tuple[str, str]]
    packs: tuple[str, ...]


class Court:
    """All cases of a rulebook, ready to judge mutants; a case is judged when it is first asked.

    Attributes:
        cases: The cases.
        failing: Those that were asked and do not pass, by their place: they notice nothing.
    """

    def __init__(self, book: Rulebook, cases: Sequence[WrittenCase]) -> None:
        """Note what every case speaks of."""
        self.book, self.compiled, self.cases, self.ties = book, book.compiled, cases, Ties(book.compiled)
        self.failing: set[int] = set()
        self._listener = Listener(book.compiled)
        self._spoken = [self._listener.hear(case) for case in cases]
        self._judged: dict[int, Judged | None] = {}
        self._indices: dict[int, tuple[object, dict[str, int]]] = {}
        self._naming: dict[str, list[int]] = {}
        self._telling: dict[str, list[int]] = {}
        self._computing: dict[tuple[str, str], list[int]] = {}
        for number, case in enumerate(cases):
            self._index(number, case)

    def _index(self, number: int, case: WrittenCase) -> None:
        spoken = self._spoken[number]
        for name in {*spoken.named, *deep_of(case, self._listener)}:
            self._naming.setdefault(name, []).append(number)
        if spoken.lists or spoken.levels or spoken.actions or spoken.stated:
            packs = self._listener.packs(case)
            for pack in packs if packs is not None else self.compiled.source.packs:
                self._telling.setdefault(pack, []).append(number)
        for name in spoken.derived:
            self._computing.setdefault((self.book.intake.find_subject(case.subject) or "", name), []).append(number)

    def judged(self, number: int) -> Judged | None:
        """A case as it is without any mutant; None where it does not pass."""
        if number not in self._judged:
            case, spoken = self.cases[number], self._spoken[number]
            found = self._judged[number] = judge(self.book, number, case, spoken, self._listener, self._indices)
            if found is None:
                self.failing.add(number)
        return self._judged[number]

    # who is asked

    def reachable(self, mutant: Mutant) -> Reachable:
        """What a mutant can change."""
        ties = self.ties
        affected = ties.affected(ties.changed(mutant))
        valued = ties.valued_by(mutant, affected)
        if mutant.operator == "amends":
            valued |= {target for name in mutant.patch.rules for target in self.compiled.rules[name].amends}
        elif mutant.operator in ("action", "parameter"):
            valued |= {other for name in mutant.patch.rules for other in (name, *ties.related.get(name, ()))}
        names = {*affected, *valued}
        for name in affected:
            names |= ties.related.get(name, set())
        packs = tuple(sorted({self.compiled.rules[name].pack for name in names}))
        return Reachable(affected, frozenset(valued), frozenset(ties.derived_by(mutant, affected)), packs)

    def candidates(self, reach: Reachable, first: Iterable[str] = ()) -> Iterator[Judged]:
        """The cases that speak of what a mutant can change; those that name the rules in `first` come first."""
        for number in dict.fromkeys(self._candidates(reach, sorted(first))):
            found = self.judged(number)
            if found is not None:
                yield found

    def _candidates(self, reach: Reachable, first: list[str]) -> Iterator[int]:
        for name in (*first, *sorted(reach.affected.difference(first)), *sorted(reach.valued)):
            yield from self._naming.get(name, ())
        for pack in reach.packs:
            yield from self._telling.get(pack, ())
        for key in sorted(reach.derived):
            yield from self._computing.get(key, ())

    # what they say

    def noticed(self, mutant: Mutant, hint: int | None = None) -> Judged | None:
        """The case that a mutant fails; None where it survives them all. The case in the place `hint` is asked first."""
        reach = self.reachable(mutant)
        hearing = _Hearing(self, mutant, reach)
        hinted = self.judged(hint) if hint is not None else None
        if hinted is not None and hearing.is_noticed(hinted):
            return hinted
        return next((judged for judged in self.candidates(reach, mutant.patch.rules) if hearing.is_noticed(judged)), None)


class _Hearing:
    """One mutant before the cases; its plans are made when they are asked for."""

    def __init__(self, court: Court, mutant: Mutant, reach: Reachable) -> None:
        self.court, self.mutant, self.reach = court, mutant, reach
        self.rules = court.compiled.rules
        self._plans: dict[object, Plan] = {}
        self._changes_truth = mutant.operator in TRUTH or mutant.operator in ("date", "override")
        self._watched = tuple(sorted(reach.affected if self._changes_truth else reach.affected - mutant.patch.rules.keys()))

    def is_noticed(self, judged: Judged) -> bool:
        """Whether a case fails with the mutant; a filter that lets every such case pass comes first."""
        evaluator = Evaluator(self._plan(judged), judged.root, judged.as_of)
        return self._may_notice(judged, evaluator) and not self._agrees(judged, evaluator)

    def _plan(self, judged: Judged) -> Plan:
        dated = self.mutant.operator == "date" or self.mutant.patch.parameters
        key = (id(judged.plan), judged.as_of if dated else None)
        found = self._plans.get(key)
        if found is None:
            found = self._plans[key] = patched(judged.plan, self.mutant, judged.as_of)
        return found

    def _agrees(self, judged: Judged, evaluator: Evaluator) -> bool:
        engine = Substituting(judged.views, self.reach.affected, evaluator)
        inquiry = Inquiry(
            evaluator.plan, judged.root, judged.as_of, engine, self.court.compiled.source.default_language,
            case=judged.case.name, jurisdiction=judged.place, packs=judged.packs, assumptions=judged.assumed,
        )  # fmt: skip
        return not check_inquiry(self.court.book, judged.case, inquiry)

    def _may_notice(self, judged: Judged, evaluator: Evaluator) -> bool:
        if self.reach.derived and judged.spoken.derived and self._computes(judged):
            return True
        if self._changes_truth and not judged.deep.isdisjoint((*self.reach.affected, *self.reach.valued)):
            return True
        if self._has_other_outcome(judged):
            return True
        if not self._watched:
            return False
        if any(not self._is_met(judged, entry, evaluator) for entry in judged.entries if entry.state in STATES):
            return True
        spoken = judged.spoken
        return bool(spoken.lists or spoken.levels or spoken.actions or spoken.stated) and self._differs(judged, evaluator)

    def _computes(self, judged: Judged) -> bool:
        return any((judged.root.kind, name) in self.reach.derived for name in judged.spoken.derived)

    def _is_met(self, judged: Judged, entry: Entry, evaluator: Evaluator) -> bool:
        """Whether what a case says of a rule is so with the mutant; what it cannot change is left alone."""
        members = entry.members
        if self.reach.affected.isdisjoint(members):
            return True
        states = set()
        for name in members:
            for view in judged.views_of(self.rules[name].on):
                if entry.subject not in (None, view.instance.path):
                    continue
                truth = evaluator.truth(view.instance, name) if name in self.reach.affected else view.truth(name)
                states.add(_TRUTHS[truth])
        if entry.state == "fails":
            return states <= {"fails"}
        return entry.state in states and any(name in evaluator.plan.rules for name in members)

    def _differs(self, judged: Judged, evaluator: Evaluator) -> bool:
        """Whether a rule is another than without the mutant, or open where it was not listed."""
        plan = evaluator.plan
        for name in self._watched:
            rule = plan.rules.get(name)
            for view in judged.views_of(self.rules[name].on):
                before, after = view.truth(name), evaluator.truth(view.instance, name)
                if before is not after or (rule is not None) is not (name in view.bits):
                    return True
                still_open = after is None and rule is not None
                if still_open and view.is_unscoped(name) is not is_unscoped(evaluator, view.instance, plan.rules[name]):
                    return True
        return False

    def _has_other_outcome(self, judged: Judged) -> bool:
        """Whether a case states levels or actions, and a rule with another level or other actions may hold in it."""
        spoken, operator = judged.spoken, self.mutant.operator
        if operator == "level":
            told = bool(spoken.levels or spoken.stated or (spoken.lists and self._is_row()))
            return told and self._may_hold(judged, self.mutant.patch.rules)
        if not self.reach.valued:
            return False
        told = bool(spoken.actions or spoken.stated or (operator == "action" and spoken.lists and self._is_row()))
        return told and self._may_hold(judged, self.reach.valued)

    def _is_row(self) -> bool:
        return any(rule.row is not None for rule in self.mutant.patch.rules.values())

    def _may_hold(self, judged: Judged, names: Iterable[str]) -> bool:
        return any(view.truth(name) is not False for name in names for view in judged.views_of(self.rules[name].on))
