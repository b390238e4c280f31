"""Verdicts -> Classification: levels at once, everything else when it is read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from hazardrules.duties import Duties
from hazardrules.engines.base import places
from hazardrules.engines.reference import Evaluator
from hazardrules.explain import Explainer
from hazardrules.levels import Ranges
from hazardrules.missing import missing_facts, open_facts
from hazardrules.model.results import (
    FORMAT,
    Action,
    Assumption,
    Basis,
    Classification,
    DerivedValue,
    Explanation,
    Finding,
    MissingFacts,
    NotExamined,
    RulebookRef,
    RuleNote,
    Undetermined,
    published,
)
from hazardrules.sheets import is_silent, sheet_of
from hazardrules.wording import pick, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from hazardrules.compiler.plan import CompiledRule, Plan
    from hazardrules.engines.base import Bits, Engine, Verdict
    from hazardrules.model.instances import Instance
    from hazardrules.model.law import ClauseRef
    from hazardrules.model.reasons import Because
    from hazardrules.sheets import Sheet

MAX_OPENING_FACTS = 8
_Model = TypeVar("_Model", Finding, Undetermined, Classification)
_set = object.__setattr__
_CLASSIFICATION, _FINDING, _UNDETERMINED = (set(kind.model_fields) for kind in (Classification, Finding, Undetermined))
"""The fields of the models; each of ours has them all."""


class _Found(NamedTuple):
    """Which finding there is."""

    rule: str
    subject: str
    severity: int


@dataclass(frozen=True, slots=True)
class _Template:
    """The fields of a rule as a finding and as an open rule."""

    finding: dict[str, Any]
    open: dict[str, Any]


class Inquiry:
    """One case under one law: what the engine said, and whatever is asked about it later."""

    def __init__(
        self,
        plan: Plan,
        root: Instance,
        as_of: date,
        engine: Engine,
        lang: str,
        *,
        case: str | None = None,
        jurisdiction: str | None = None,
        packs: frozenset[str] | None = None,
        assumptions: Sequence[tuple[str, str, str]] = (),
    ) -> None:
        """Judge a case.

        Args:
            plan: The law of the day and place.
            root: The subject with its parts.
            as_of: The day of the case.
            engine: Decides truth.
            lang: The language of texts for people.
            case: The name of the case.
            jurisdiction: The place as it was asked for.
            packs: Only these packs are looked at; None for all.
            assumptions: Facts taken to satisfy the law: path, fact, value.
        """
        self.plan, self.root, self.as_of, self.engine, self.lang = plan, root, as_of, engine, lang
        self.case, self.jurisdiction, self.packs, self.assumed = case, jurisdiction, packs, assumptions
        self.source = plan.compiled.source
        self.verdicts: list[Verdict] = engine.evaluate(plan, root, as_of)
        self._scope_memo: dict[tuple[int, int], Any] = {}
        self._held: list[tuple[Instance, Sheet, int]] = []
        """Per subject the rules of which the answer says that they hold."""
        self._listed: list[tuple[Instance, Sheet, int]] = []
        """The same for rules that stay open."""

    @cached_property
    def by_path(self) -> dict[str, Instance]:
        """The subjects of the case."""
        return {verdict.instance.path: verdict.instance for verdict in self.verdicts}

    @cached_property
    def evaluator(self) -> Evaluator:
        """Answers whatever is asked later."""
        return Evaluator(self.plan, self.root, self.as_of)

    # the answer

    def classification(self) -> Classification:
        """Build the answer."""
        plan, verdicts = self.plan, self.verdicts
        ranges = Ranges(plan, [verdict.instance for verdict in verdicts], self.packs)
        held_by, listed_by = [], []
        for verdict in verdicts:
            instance, bits = verdict.instance, verdict.bits(plan)
            sheet = sheet_of(plan, bits, self.packs)
            held, still_open = bits.held & sheet.shown, bits.open & sheet.shown
            listed = self._touched(instance, sheet, bits, still_open) if still_open else 0
            waiting = 0
            if held & sheet.amenders:
                for rule, targets in sheet.amending:
                    if held & rule and not bits.held & targets:  # it says nothing where none of them holds
                        held &= ~rule
                        waiting |= rule if bits.open & targets else 0  # until one does
            ranges.add(sheet, held, still_open | waiting, listed | waiting)
            if bits.waiting or bits.open & sheet.rows:
                ranges.settle(self.evaluator, instance, bits, sheet)
            if held:
                held_by.append((instance, sheet, held))
            if listed:
                listed_by.append((instance, sheet, listed))
        self._held, self._listed = held_by, listed_by
        private = {"_lazy": self}
        fields = {
            "format": FORMAT,
            "case": self.case,
            "subject": self.root.kind,
            "as_of": self.as_of,
            "jurisdiction": self.jurisdiction,
            "lang": self.lang,
            "engine": self.engine.name,
            "rulebook": self._rulebook_ref(),
            "levels": ranges.result(self.lang),
            "findings": [
                _filled(Finding, {**self._template(sheet, bit).finding, "subject": path}, _FINDING, private)
                for _, path, sheet, bit in _sorted(held_by)
            ],
        }
        return _filled(Classification, fields, _CLASSIFICATION, private)

    def _touched(self, instance: Instance, sheet: Sheet, bits: Bits, still_open: int) -> int:
        """Those of some open rules that the submitted facts touch."""
        touched = None if bits.touched is None else bits.touched.get(sheet)
        if touched is None:
            touched = _touching(instance, sheet)
            if bits.touched is not None:
                bits.touched[sheet] = touched
        if bits.unscoped is not None:
            return still_open & touched & (sheet.unread | ~bits.unscoped)
        examined = 0
        for place in places(still_open & touched):
            examined |= 1 << place if self._is_in_scope(instance, sheet.rules[place]) else 0
        return examined

    def _is_in_scope(self, instance: Instance, rule: CompiledRule) -> bool:
        """Whether an undetermined rule that the facts touch is listed; hiding the others never changes a truth."""
        if rule.unread or self._scope(instance, rule) is not None:
            return True
        return self.evaluator.condition(rule.when, instance) is True

    def _section_undetermined(self) -> list[Undetermined]:
        private = {"_lazy": self}
        return [
            _filled(Undetermined, {**self._template(sheet, bit).open, "subject": path}, _UNDETERMINED, private)
            for _, path, sheet, bit in _sorted(self._listed)
        ]

    def _template(self, sheet: Sheet, bit: int) -> _Template:
        """The parts of a rule's findings that are the same for every case of the plan."""
        templates = sheet.templates.get(self.lang)
        if templates is None:
            templates = sheet.templates.setdefault(self.lang, [None] * len(sheet.rules))
        found: _Template | None = templates[bit]
        if found is None:
            rule = sheet.rules[bit]
            title, text, basis = self.words(rule)
            scale, level = rule.level or (None, None)
            severity = -sheet.keys[bit][0]
            shared = {"rule": rule.name, "title": title, "scale": scale, "level": level, "severity": severity, "basis": basis}
            found = templates[bit] = _Template(
                {**shared, "kind": rule.rule.kind, "text": text, "subject": ""},
                {**shared, "text_unread": rule.unread, "subject": ""},
            )
        return found

    def _rulebook_ref(self) -> RulebookRef:
        found = self.plan.engine_state.get("rulebook_ref")
        if found is None:
            source = self.source
            found = RulebookRef.model_construct(name=source.name, version=source.version, digest=source.digest)
            self.plan.engine_state["rulebook_ref"] = found
        return found  # type: ignore[return-value]  # see above

    def _looked_at(self, rule: CompiledRule) -> bool:
        return self.packs is None or rule.pack in self.packs

    def _scope(self, instance: Instance, rule: CompiledRule) -> bool | None:
        if rule.scope is None:
            return True
        key = (id(instance), id(rule.scope))
        if key not in self._scope_memo:
            self._scope_memo[key] = self.evaluator.condition(rule.scope, instance)
        found: bool | None = self._scope_memo[key]
        return found

    def words(self, rule: CompiledRule) -> tuple[str, str, list[Basis]]:
        """Title, text and basis of a rule; the same objects for every case of a plan."""
        static = self.plan.engine_state.setdefault(f"words:{self.lang}", {})
        found = static.get(rule.name)  # type: ignore[attr-defined]  # a dict, set one line above
        if found is None:
            text = pick(rule.text, self.lang)
            title = pick(rule.rule.title, self.lang) or text or rule.name
            if rule.unread:
                title = say(self.lang, "result.text_unread", {"title": title})
            found = (title, text, self.basis_of(rule.basis + rule.rule.see, rule.rule.verified))
            static[rule.name] = found  # type: ignore[index]  # see above
        return found  # type: ignore[no-any-return]  # see above

    def basis_of(self, refs: Iterable[ClauseRef], verified: bool) -> list[Basis]:
        """Legal bases in their public form."""
        found: dict[tuple[str, str], Basis] = {}
        for ref in refs:
            instrument = self.source.instruments.get(ref.law)
            clause = ref.cite or ref.clause
            found[ref.law, clause] = Basis.model_construct(
                instrument=ref.law,
                number=instrument.number if instrument else "",
                title=pick(instrument.title, self.lang) if instrument else ref.law,
                clause=clause,
                verified=verified,
            )
        return list(found.values())

    # parts computed when they are read

    @cached_property
    def _findings(self) -> list[_Found]:
        return [_Found(key[1], path, -key[0]) for key, path, _, _ in _sorted(self._held)]

    @cached_property
    def explainer(self) -> Explainer:
        """Words reasons."""
        return Explainer(self.evaluator, self.lang)

    @cached_property
    def duties(self) -> Duties:
        """Builds actions."""
        return Duties(self.evaluator, self.lang, self.basis_of)

    def reasons(self, subject: str, rule: str) -> tuple[Because, ...]:
        """Why a rule's condition holds."""
        return self.explainer.reasons(self.plan.rules[rule].when, self.by_path[subject])

    def scope_reasons(self, subject: str, rule: str) -> tuple[Because, ...]:
        """Why a rule applies."""
        scope = self.plan.rules[rule].scope
        return () if scope is None else self.explainer.reasons(scope, self.by_path[subject])

    def missing(self, subject: str, rule: str) -> MissingFacts:
        """What would settle a rule."""
        if self.plan.rules[rule].unread:
            return MissingFacts.model_construct(to_hold=[], to_clear=[], more=False)
        found = missing_facts(self.evaluator, self.by_path[subject], rule)
        return MissingFacts.model_construct(
            to_hold=[list(facts) for facts in found.to_hold],
            to_clear=[list(facts) for facts in found.to_clear],
            more=found.more,
        )

    def section(self, name: str) -> Any:
        """A section of the classification, by its name."""
        return getattr(self, f"_section_{name}")()

    def _section_actions_of(self) -> dict[tuple[str, str], list[str]]:
        return {key: [action.action for action in actions] for key, actions in self._actions_by_finding.items()}

    @cached_property
    def _actions_by_finding(self) -> dict[tuple[str, str], list[Action]]:
        found = {}
        for finding in self._findings:
            rule = self.plan.rules[finding.rule]
            instance = self.by_path[finding.subject]
            amends = rule.rule.kind == "amends"
            found[finding.subject, finding.rule] = [] if amends else self.duties.of_rule(instance, rule)
        return found

    def _section_actions(self) -> list[Action]:
        weighted = [
            (action, finding.severity)
            for finding in self._findings
            for action in self._actions_by_finding[finding.subject, finding.rule]
        ]
        return self.duties.merge(weighted)

    def _section_holds_but_for(self) -> Any:
        return self.holds_but_for

    def holds_but_for(self, subject: str, name: str) -> list[str]:
        """Open exceptions and overriding rules of a rule that holds otherwise."""
        instance, rule = self.by_path[subject], self.plan.rules[name]
        if self._scope(instance, rule) is not True or self.evaluator.condition(rule.when, instance) is not True:
            return []
        found = []
        for exemption, condition in zip(rule.rule.unless, rule.unless, strict=True):
            if self.evaluator.condition(condition, instance) is None:
                clause = ", ".join(ref.cite or ref.clause for ref in exemption.basis) or rule.name
                found.append(say(self.lang, "result.exception", {"clause": clause}))
        overriders = self.plan.overriders.get(name, ())
        return found + [other for other in overriders if self.evaluator.matches(instance, other) is None]

    def _section_not_examined(self) -> dict[str, NotExamined]:
        counts: Counter[str] = Counter()
        opening: dict[str, Counter[str]] = {}
        for verdict in self.verdicts:
            instance = verdict.instance
            submitted = _submitted(instance)
            bits = verdict.bits(self.plan)
            sheet = sheet_of(self.plan, bits, self.packs)
            still_open = bits.open & sheet.shown
            for place in places(still_open & ~self._touched(instance, sheet, bits, still_open)):
                rule = sheet.rules[place]
                counts[rule.pack] += 1
                facts = opening.setdefault(rule.pack, Counter())
                if self._scope(instance, rule) is None and rule.scope is not None:
                    facts.update(self._open_scope(rule, instance))
                else:
                    prefix = f"{instance.path}." if instance.path else ""
                    facts.update(f"{prefix}{fact}" for fact in rule.own_facts if fact not in submitted)
            subject = self.source.subjects[instance.kind]
            for part in subject.parts.values():
                if instance.parts.get(part.name) is None:
                    path = f"{instance.path}.{part.name}" if instance.path else part.name
                    for name in self.plan.by_kind.get(part.of, ()):
                        rule = self.plan.rules[name]
                        if self._looked_at(rule) and not is_silent(rule):
                            counts[rule.pack] += 1
                            opening.setdefault(rule.pack, Counter())[path] += 1
        result = {}
        for pack in sorted(counts):
            ranked = sorted(opening[pack].items(), key=lambda item: (-item[1], item[0]))
            result[pack] = NotExamined.model_construct(
                rules=counts[pack], opens_with=[fact for fact, _ in ranked[:MAX_OPENING_FACTS]]
            )
        return result

    def _open_scope(self, rule: CompiledRule, instance: Instance) -> tuple[str, ...]:
        key = f"{id(rule.scope)}:{instance.path}"
        memo: dict[str, tuple[str, ...]] = self.__dict__.setdefault("_open_scopes", {})
        if key not in memo and rule.scope is not None:
            memo[key] = open_facts(self.evaluator, rule.scope, instance)
        return memo.get(key, ())

    def _section_derived(self) -> list[DerivedValue]:
        found = []
        for verdict in self.verdicts:
            instance = verdict.instance
            for (kind, name), derived in self.plan.compiled.derived.items():
                if kind != instance.kind or not derived.report or not self._pack_looked_at(derived.pack):
                    continue
                value = self.evaluator.derived(instance, name)
                if value is None:
                    continue
                found.append(
                    DerivedValue.model_construct(
                        name=name,
                        label=pick(derived.label, self.lang) or name,
                        subject=instance.path,
                        value=self.explainer.show_value(value, derived.expr.type),
                        working=published(self.explainer.working(instance, name)),
                    )
                )
        return found

    def _pack_looked_at(self, pack: str) -> bool:
        return self.packs is None or pack in self.packs

    def _note(self, rule: CompiledRule, instance: Instance, **more: Any) -> RuleNote:
        title, _, basis = self.words(rule)
        fields = {"by": [], "state": None, "date": None, **more}
        return RuleNote.model_construct(rule=rule.name, title=title, subject=instance.path, basis=basis, **fields)

    def _section_displaced(self) -> list[RuleNote]:
        found = []
        for verdict in self.verdicts:
            instance = verdict.instance
            for name in self.plan.by_kind.get(instance.kind, ()):
                others = self.plan.overriders.get(name, ())
                if others and self._looked_at(self.plan.rules[name]) and self.evaluator.matches(instance, name) is True:
                    by = [other for other in others if self.evaluator.matches(instance, other) is True]
                    if by:
                        found.append(self._note(self.plan.rules[name], instance, by=by))
        return found

    def _section_relieved(self) -> list[RuleNote]:
        found = []
        for verdict in self.verdicts:
            instance = verdict.instance
            for name in self.plan.by_kind.get(instance.kind, ()):
                rule = self.plan.rules[name]
                if not rule.unless or not self._looked_at(rule) or name in self.plan.force:
                    continue
                granted = [
                    ", ".join(ref.cite or ref.clause for ref in exemption.basis) or name
                    for exemption, condition in zip(rule.rule.unless, rule.unless, strict=True)
                    if self.evaluator.condition(condition, instance) is True
                ]
                if granted and self._scope(instance, rule) is True and self.evaluator.condition(rule.when, instance) is True:
                    found.append(self._note(rule, instance, by=granted))
        return found

    def _section_not_in_force(self) -> list[RuleNote]:
        found = []
        evaluator = Evaluator(self.plan, self.root, self.as_of, as_if_in_force=True)
        for verdict in self.verdicts:
            instance = verdict.instance
            for rule in self.plan.dormant.values():
                if rule.on != instance.kind or rule.unread or is_silent(rule) or not self._looked_at(rule):
                    continue
                if evaluator.would_match(instance, rule) is True:
                    period = rule.effective
                    over = period.until is not None and self.as_of >= period.until
                    day = period.last_day() if over else period.start
                    state = "no_longer" if over else "not_yet"
                    found.append(self._note(rule, instance, state=state, date=day.isoformat() if day else None))
        return found

    def _section_out_of_scope(self) -> list[str]:
        packs = {rule.pack for rule in self.plan.rules.values() if self._looked_at(rule)}
        found = []
        for name in sorted(packs):
            scope = self.plan.compiled.scopes.get(name)
            on = self.source.packs[name].on
            inside = [verdict.instance for verdict in self.verdicts if verdict.instance.kind == on]
            if scope is not None and inside and all(self.evaluator.condition(scope, item) is False for item in inside):
                found.append(name)
        return found

    def _section_assumptions(self) -> list[Assumption]:
        return [
            Assumption.model_construct(fact=f"{path}.{fact}" if path else fact, value=value) for path, fact, value in self.assumed
        ]

    def _section_judgements(self) -> list[str]:
        found: dict[str, None] = {}
        for finding in self._findings:
            instance = self.by_path[finding.subject]
            facts = self.source.subjects[instance.kind].facts
            for name in sorted(self.plan.rules[finding.rule].own_facts):
                if name in facts and facts[name].judgement and name in instance.facts:
                    path = f"{instance.path}.{name}" if instance.path else name
                    found[f"{path} {pick(facts[name].label, self.lang)}"] = None
        return list(found)

    def _section_notes(self) -> list[str]:
        evaluator = Evaluator(self.plan, self.root, self.as_of)  # its own: notes must not depend on what was read before
        duties = Duties(evaluator, self.lang, self.basis_of)
        for finding in self._findings:
            duties.of_rule(self.by_path[finding.subject], self.plan.rules[finding.rule])
        for verdict in self.verdicts:
            submitted = _submitted(verdict.instance)
            for name in (*verdict.holds, *verdict.undetermined):
                rule = self.plan.rules[name]
                if self._looked_at(rule) and not rule.own_facts.isdisjoint(submitted):
                    evaluator.truth(verdict.instance, name)
            for (kind, name), derived in self.plan.compiled.derived.items():
                if kind == verdict.instance.kind and derived.report and self._pack_looked_at(derived.pack):
                    evaluator.derived(verdict.instance, name)
        found = [say(self.lang, f"note.{kind}", {"words": words}) for kind, words in sorted(evaluator.notes)]
        if self.jurisdiction is None and self.plan.elsewhere:
            packs = sorted({self.plan.compiled.rules[name].pack for name in self.plan.elsewhere})
            found.append(say(self.lang, "note.no_jurisdiction", {"packs": ", ".join(packs)}))
        unknown = sorted({self.plan.rules[name].pack for name in self.plan.force})
        if unknown and any(rule in self.plan.force for verdict in self.verdicts for rule in verdict.undetermined):
            found.append(say(self.lang, "note.start_unknown", {"packs": ", ".join(unknown)}))
        return found

    # why and why not

    def explanation(self, name: str, subject: str = "") -> Explanation:
        """Why a rule holds, fails or stays open for a subject."""
        instance = self.by_path[subject]
        compiled = self.plan.compiled
        rule = self.plan.rules.get(name) or compiled.rules[name]
        title, text, basis = self.words(rule)
        scope = True if rule.scope is None else self.evaluator.condition(rule.scope, instance)
        condition = self.evaluator.condition(rule.when, instance)
        displaced = [o for o in self.plan.overriders.get(name, ()) if self.evaluator.matches(instance, o) is True]
        if name in self.plan.dormant:
            truth = "not_in_force"
        elif name not in self.plan.rules:
            truth = "elsewhere"
        elif displaced and self.evaluator.matches(instance, name) is True:
            truth = "displaced"
        else:
            truth = {True: "holds", False: "fails", None: "undetermined"}[self.evaluator.truth(instance, name)]
        open_or_true = scope if scope is None else bool(scope)
        exceptions = []
        for exemption, unless in zip(rule.rule.unless, rule.unless, strict=True):
            granted = self.evaluator.condition(unless, instance)
            state = {True: "granted", False: "not_granted", None: "open"}[granted]
            clause = ", ".join(ref.cite or ref.clause for ref in exemption.basis)
            why = [] if granted is None else self.explainer.reasons(unless, instance, wanted=granted)
            words = "; ".join(reason.text for reason in why)
            exceptions.append(say(self.lang, f"explain.exception_{state}", {"clause": clause, "why": words}))
        return Explanation(
            rule=name,
            title=title,
            text=text,
            subject=subject,
            truth=truth,
            basis=basis,
            applies=open_or_true,
            scope=[]
            if rule.scope is None or scope is None
            else published(self.explainer.reasons(rule.scope, instance, wanted=scope)),
            condition=condition,
            reasons=[] if condition is None else published(self.explainer.reasons(rule.when, instance, wanted=condition)),
            exceptions=exceptions,
            displaced_by=displaced,
            missing=self.missing(subject, name) if truth == "undetermined" else None,
        )


def _touching(instance: Instance, sheet: Sheet) -> int:
    """The rules that the submitted facts of a subject touch, and those that nobody read."""
    touched, known = sheet.unread, sheet.touched
    for name in instance.facts:
        if name in known:
            touched |= known[name]
    for name, listed in instance.parts.items():
        if listed is not None and name in known:
            touched |= known[name]
    owner, by_owner = instance.owner, sheet.touched_by_owner
    if owner is not None and by_owner:
        for name in (*owner.facts, *owner.parts):
            if name in by_owner:
                touched |= by_owner[name]
    return touched


def _submitted(instance: Instance) -> set[str]:
    """The facts and parts of a subject that were submitted, and its owner's facts as `owner.…`."""
    found = set(instance.facts)
    if instance.parts:
        found.update(name for name, listed in instance.parts.items() if listed is not None)
    if instance.owner is not None:
        found.update([f"owner.{name}" for name in (*instance.owner.facts, *instance.owner.parts)])
    return found


def _sorted(rules: Iterable[tuple[Instance, Sheet, int]]) -> list[tuple[tuple[int, str], str, Sheet, int]]:
    """Rules by subject, one after another: the most severe first, then by name, then by subject."""
    found = [(sheet.keys[bit], instance.path, sheet, bit) for instance, sheet, bits in rules for bit in places(bits)]
    found.sort(key=_key_and_path)
    return found


_key_and_path = itemgetter(0, 1)


def _filled(kind: type[_Model], fields: dict[str, Any], names: set[str], private: dict[str, Any]) -> _Model:
    """What `model_construct` makes of fields that are all given, several times sooner."""
    found = kind.__new__(kind)
    _set(found, "__dict__", fields)
    _set(found, "__pydantic_fields_set__", names)
    _set(found, "__pydantic_extra__", None)
    _set(found, "__pydantic_private__", private)
    return found
