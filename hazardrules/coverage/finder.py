"""For every obligation that no case covers, the smallest facts that would: near the cases there are, or by the solver."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from hazardrules.coverage.drafts import Draft, Judge, Readers, reduced
from hazardrules.coverage.reach import Reach, conditions_of
from hazardrules.engines.base import walk
from hazardrules.model import expressions as ir
from hazardrules.trial import Thresholds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hazardrules.compiler.plan import CompiledRule
    from hazardrules.coverage.collect import Collector, Seen
    from hazardrules.coverage.inventory import Key, Obligation
    from hazardrules.coverage.proofs import Prover
    from hazardrules.coverage.reach import Leaf

SEEDS = 10
"""So many cases of a rule are looked at for ones that nearly show an obligation."""
READERS = 4
"""So many rules are asked to show an obligation of a derived fact."""
TRIED = 160
"""So many values are tried near the cases there are."""
_ORDER = ("deciding", "at", "below", "above", "granted", "not_granted", "displaced", "held", "failed", "true", "false")
_EDGES = {"first_day": 0, "day_before": -1, "last_day": -1, "day_after": 0}
_TURNING = ("decides_true", "decides_false", "below", "at", "above")
_OPEN = ("unknown", "decides_unknown", "undetermined")
"""Observations of what is not known."""


@dataclass(frozen=True, slots=True)
class Found:
    """A draft that covers obligations.

    Attributes:
        rule: The rule that it names; None for one that states a derived fact.
        findings: It states the findings with their level and actions, instead of the rule's state.
        item: The obligation it was found for.
    """

    draft: Draft
    rule: CompiledRule | None
    findings: bool
    item: Obligation


@dataclass(slots=True)
class Search:
    """What was found.

    Attributes:
        found: Drafts, in the order in which they were found.
        impossible: Obligations that no facts can show, by proof.
        failed: Obligations for which nothing was found.
    """

    found: list[Found] = field(default_factory=list)
    impossible: list[Obligation] = field(default_factory=list)
    failed: list[Obligation] = field(default_factory=list)


class Wanted(NamedTuple):
    """An observation that is looked for.

    Attributes:
        key: Where it is to be made.
        target: The expression that it is about; None for a whole rule.
        focus: What an observer has to walk for it.
    """

    item: Obligation
    event: str
    rule: CompiledRule
    key: Key
    target: ir.Expr | None
    focus: frozenset[int]


class Finder:
    """Looks for drafts."""

    def __init__(self, collector: Collector, seeds: dict[str, list[Draft]], *, solver: bool) -> None:
        """Begin.

        Args:
            collector: What the cases exercise; what is found is added to it.
            seeds: For a rule, cases that speak of it.
            solver: Ask the solver too.
        """
        self.collector, self.seeds, self.solver = collector, seeds, solver
        self.compiled, self.inventory = collector.compiled, collector.inventory
        self.judge, self.reach, self.readers = Judge(collector), Reach(collector.compiled), Readers(collector)
        self.exprs = {(root.home, root.part): root.expr for root in self.inventory.roots.values() if not root.path}
        self._provers: dict[object, list[Prover]] = {}

    def run(self, items: Iterable[Obligation], advance: Callable[[], None] | None = None) -> Search:
        """Look for each obligation; what is found on the way for others is not looked for again.

        Args:
            items: The obligations.
            advance: Called after each.
        """
        search = Search()
        for item in sorted(items, key=_rank):
            self._look(item, search)
            if advance is not None:
                advance()
        return search

    def _look(self, item: Obligation, search: Search) -> None:
        if self._is_open(item):
            lacking = [event for event in item.needs if event not in self.collector.seen.get(item.key, {})]
            proved = False
            for event in lacking:
                status, found = self._find(item, event)
                if found is not None:
                    search.found.append(found)
                    self._keep(found)
                proved |= status == "impossible"
            if self._is_open(item):
                (search.impossible if proved else search.failed).append(item)

    def is_impossible(self, item: Obligation) -> bool:
        """Whether the solver proves that no facts, all of them known, can show what an obligation lacks."""
        lacking = [event for event in item.needs if event not in self.collector.seen.get(item.key, {})]
        return any(self._never(item, event) for event in lacking if event not in _OPEN)

    def _never(self, item: Obligation, event: str) -> bool:
        if item.group in ("date", "outcome"):
            return False
        if self._never_turns(item, event):
            return True
        rules, target = self.readers.of(item.home, item.pack), self.target(item)
        if not 0 < len(rules) <= READERS:
            return False
        provers = (prover for rule in rules for prover in self._provers_of(rule))
        return all(prover.attempts(event, target, lambda _: True).status == "impossible" for prover in provers)

    def _never_turns(self, item: Obligation, event: str) -> bool:
        """Whether an atom of a derived fact never turns this fact."""
        target = self.target(item)
        if target is None or event not in _TURNING or not item.home.startswith("derived "):
            return False
        from hazardrules.coverage.proofs import never_turns  # noqa: PLC0415 - the solver is an extra

        kind, _, name = item.home.removeprefix("derived ").partition(".")
        return never_turns(self.compiled, self.reach, (kind, name), event, target)

    def _is_open(self, item: Obligation) -> bool:
        return any(need not in self.collector.seen.get(item.key, {}) for need in item.needs)

    def _keep(self, found: Found) -> None:
        for key, events in self._seen(found).items():
            for event in events:
                self.collector.seen.setdefault(key, {}).setdefault(event, "")

    def _seen(self, found: Found) -> Seen:
        if found.rule is None:
            return self.judge.derived(found.draft, found.item.home.rpartition(".")[2])
        seen = self.judge.observe(found.draft, found.rule)
        if found.findings:
            outcomes = seen.setdefault((f"rule {found.rule.name}", "", ()), {})
            if found.rule.level is not None:
                outcomes["level"] = ""
            outcomes.update((f"action_{action.use.action}", "") for action in found.rule.actions)
        return seen

    def target(self, item: Obligation) -> ir.Expr | None:
        """The expression that an obligation is about; None for a whole rule."""
        home, part, path = item.key
        if item.group in ("rule", "outcome", "date"):
            return None
        expr = self.exprs[home, part]
        for number in path:
            expr = ir.children(expr)[number]
        return expr

    # one observation

    def _find(self, item: Obligation, event: str) -> tuple[str, Found | None]:
        rules = self.readers.of(item.home, item.pack)
        statuses = []
        if self.solver and self._never_turns(item, event):
            return "impossible", None
        for rule in rules[:READERS]:
            status, draft = self._edge(item, event, rule) if item.group == "date" else self._for_rule(item, event, rule)
            if draft is not None:
                return "possible", Found(draft, rule, item.group == "outcome", item)
            statuses.append(status)
        proved = bool(statuses) and all(status == "impossible" for status in statuses) and len(rules) <= READERS
        return ("impossible" if proved else "undecided"), None

    def _for_rule(self, item: Obligation, event: str, rule: CompiledRule) -> tuple[str, Draft | None]:
        key = item.key
        if item.group == "outcome":
            event = "held" if rule.rule.kind != "amends" else "effect"
            key = (f"rule {rule.name}", "", ())
        target = self.target(item)
        focus = self.reach.focus(rule, target) if target is not None else frozenset[int]()
        wanted = Wanted(item, event, rule, key, target, focus)

        def good(draft: Draft) -> bool:
            return self._shows(wanted, draft)

        draft, status = self._near(wanted, good), "possible"
        if draft is None and self.solver:
            status, draft = self._solved(wanted, good)
        if draft is None:
            return status, None
        small = reduced(draft, self._telling(wanted, draft) or good)
        self.seeds.setdefault(rule.name, []).append(draft)
        return "possible", small

    def _shows(self, wanted: Wanted, draft: Draft) -> bool:
        if wanted.event == "effect":
            if "holds" not in self.judge.states(draft, wanted.rule):
                return False
            return any("holds" in self.judge.states(draft, self.compiled.rules[name]) for name in wanted.rule.amends)
        return wanted.event in self.judge.observe(draft, wanted.rule, wanted.focus).get(wanted.key, {})

    def _telling(self, wanted: Wanted, draft: Draft) -> Callable[[Draft], bool] | None:
        """What a draft shows of what is unknown: that it matters. None where it does not, or nothing is unknown."""
        if wanted.event not in ("unknown", "undetermined"):
            return None

        def tells(draft: Draft) -> bool:
            if wanted.event == "unknown":
                return "decides_unknown" in self.judge.observe(draft, wanted.rule, wanted.focus).get(wanted.key, {})
            seen = self.judge.observe(draft, wanted.rule)
            known = "undetermined" in seen.get(wanted.key, {})
            return known and any("decides_unknown" in found for found in seen.values())

        return tells if tells(draft) else None

    # near the cases there are

    def _near(self, wanted: Wanted, good: Callable[[Draft], bool]) -> Draft | None:
        """A case that speaks of the rule, with a fact changed or left out."""
        exprs = [wanted.target] if wanted.target is not None else conditions_of(wanted.rule)
        leaves = self.reach.leaves(exprs)
        seeds = self._seeds(wanted.rule)
        if wanted.event in _OPEN:
            found = self._left_out(seeds, leaves, lambda draft: good(draft) and self._telling(wanted, draft) is not None)
            return found or (self._left_out(seeds, leaves, good) if not self.solver else None)
        for seed in seeds:
            if good(seed):
                return seed
        return self._changed(wanted.rule, seeds, leaves, good)

    def _changed(
        self, rule: CompiledRule, seeds: list[Draft], leaves: frozenset[Leaf], good: Callable[[Draft], bool]
    ) -> Draft | None:
        """One fact has another value."""
        tried = 0
        for seed in seeds:
            values = Thresholds(self.compiled.in_force(seed.as_of, seed.place), rule.name, seed.as_of)
            draft = seed.copy()
            for instance in walk(draft.root):
                kind = self.compiled.source.subjects[instance.kind]
                for fact in [name for on, name in sorted(leaves) if on == instance.kind and name in kind.facts]:
                    before = instance.facts.get(fact)
                    for value in values.of(instance.kind, fact)[0]:
                        if value == before or tried > TRIED or not _writable(value):
                            continue
                        tried += 1
                        instance.facts[fact] = value
                        if good(draft):
                            return draft
                    if before is None:
                        instance.facts.pop(fact, None)
                    else:
                        instance.facts[fact] = before
        return None

    @staticmethod
    def _left_out(seeds: list[Draft], leaves: frozenset[Leaf], good: Callable[[Draft], bool]) -> Draft | None:
        """One fact, all of these facts, or a list of parts is left out."""
        for seed in seeds:
            draft = seed.copy()
            places = [
                (instance, fact)
                for instance in walk(draft.root)
                for on, fact in sorted(leaves)
                if on == instance.kind and fact in instance.facts
            ]
            for instance, fact in places:
                value = instance.facts.pop(fact)
                if good(draft):
                    return draft
                instance.facts[fact] = value
            for instance, fact in places:
                del instance.facts[fact]
            if places and good(draft):
                return draft
        for seed in seeds:
            draft = seed.copy()
            for instance in list(walk(draft.root)):
                for part in list(instance.parts):
                    kept = instance.parts.pop(part)
                    if good(draft):
                        return draft
                    instance.parts[part] = kept
        return None

    def _seeds(self, rule: CompiledRule) -> list[Draft]:
        """The first cases of a rule, and what was found for it last."""
        listed = self.seeds.get(rule.name, [])
        return listed if len(listed) <= SEEDS else [*listed[: SEEDS // 2], *listed[-SEEDS // 2 :]]

    # by the solver

    def _solved(self, wanted: Wanted, good: Callable[[Draft], bool]) -> tuple[str, Draft | None]:
        if wanted.event in _OPEN:
            return "undecided", self._unknown(wanted, good)
        for prover in self._provers_on(wanted.rule):
            attempt = prover.attempts(wanted.event, wanted.target, good)
            if attempt.draft is not None:
                return "possible", attempt.draft
        statuses = []
        for prover in self._provers_of(wanted.rule):
            attempt = prover.attempts(wanted.event, wanted.target, good)
            if attempt.draft is not None:
                return "possible", attempt.draft
            statuses.append(attempt.status)
        return ("impossible" if statuses and all(status == "impossible" for status in statuses) else "undecided"), None

    def _unknown(self, wanted: Wanted, good: Callable[[Draft], bool]) -> Draft | None:
        """Facts with which something is known and turns the answer, without the facts behind it."""
        exprs = [wanted.target] if wanted.target is not None else conditions_of(wanted.rule)
        leaves = self.reach.leaves(exprs)
        events = ("decides_true", "decides_false", "true", "false") if wanted.target is not None else ("held", "failed")
        for prover in self._provers_on(wanted.rule):
            for known in events:
                kept: list[Draft] = []
                prover.attempts(known, wanted.target, lambda draft, kept=kept: not kept.append(draft))  # type: ignore[misc]  # keeps the first
                draft = self._left_out(kept, leaves, good)
                if draft is not None:
                    return draft
        return self._left_out(self._seeds(wanted.rule), leaves, good)

    def _provers_on(self, rule: CompiledRule) -> list[Prover]:
        """Provers on the days of the cases of a rule."""
        from hazardrules.coverage.proofs import Prover  # noqa: PLC0415 - the solver is an extra

        key = (rule.name, "days")
        if key not in self._provers:
            self._forget()
            self._provers[key] = [Prover(self.compiled, self.reach, rule, *day) for day in self._days(rule)]
        return self._provers[key]

    def _provers_of(self, rule: CompiledRule) -> list[Prover]:
        """Provers on all days of a rule."""
        from hazardrules.coverage.proofs import periods  # noqa: PLC0415 - the solver is an extra

        key = (rule.name, "periods")
        if key not in self._provers:
            self._forget()
            self._provers[key] = list(periods(self.compiled, self.reach, rule, self._place(rule)))
        return self._provers[key]

    def _forget(self) -> None:
        if len(self._provers) > SEEDS:
            self._provers.clear()

    def _place(self, rule: CompiledRule) -> str | None:
        return rule.rule.jurisdiction if rule.rule.jurisdiction != self.compiled.source.root else None

    def _days(self, rule: CompiledRule) -> list[tuple[date, str | None]]:
        """Days and places on which a rule is law: those of its first cases, or else its first day."""
        known = dict.fromkeys((seed.as_of, seed.place) for seed in self.seeds.get(rule.name, ()))
        valid = [(day, place) for day, place in known if rule.name in self.compiled.in_force(day, place).rules]
        if valid:
            return valid[:2]
        return [(self.reach.days(rule)[0], self._place(rule))]

    # edges

    def _edge(self, item: Obligation, event: str, rule: CompiledRule) -> tuple[str, Draft | None]:
        """The facts of a rule that holds, on the day of an edge."""
        edge = date.fromisoformat(item.text) + timedelta(days=_EDGES[event])

        def good(draft: Draft) -> bool:
            return event in self.judge.observe(draft, rule, frozenset()).get(item.key, {})

        for seed in self._seeds(rule):
            moved = Draft(seed.root, edge, seed.place)
            if good(moved):
                return "possible", reduced(moved, good)
        for prover in self._provers_on(rule) if self.solver else ():
            attempt = prover.attempts("held", None, lambda draft: good(Draft(draft.root, edge, draft.place)))
            if attempt.draft is not None:
                return "possible", reduced(Draft(attempt.draft.root, edge, attempt.draft.place), good)
        return "undecided", None


def _rank(item: Obligation) -> tuple[Any, ...]:
    order = _ORDER.index(item.what) if item.what in _ORDER else len(_ORDER)
    return item.pack, item.group == "outcome", item.group == "date", order


def _writable(value: Any) -> bool:
    """Whether a number has decimals that end."""
    rest = getattr(value, "denominator", 1)
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return bool(rest == 1)
