"""Per scale the lowest and the highest level that the rules admit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hazardrules.engines.base import places
from hazardrules.model.results import LevelRange
from hazardrules.wording import pick

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hazardrules.compiler.plan import CompiledRule, Plan
    from hazardrules.engines.base import Bits
    from hazardrules.engines.reference import Evaluator
    from hazardrules.model.instances import Instance
    from hazardrules.sheets import Sheet

MAX_REMEMBERED = 4096
"""So many answers about levels are remembered per plan and language."""

Spoken = tuple[str, tuple[str, ...]]
"""A kind of subject in a case, and the lists of its parts of which somebody spoke."""


class _Start(NamedTuple):
    """What is known of the levels before any rule is looked at.

    Attributes:
        counts: By scale, how many rules in force could give a level on it.
        most: By scale, the highest step that rules on parts give of which nobody spoke.
    """

    counts: dict[str, int]
    most: dict[str, int]


def spoken_of(instance: Instance) -> Spoken:
    """The kind of a subject and the lists of parts that were submitted."""
    parts = instance.parts
    return instance.kind, tuple([name for name, listed in parts.items() if listed is not None]) if parts else ()


def absent_kinds(plan: Plan, cases: Iterable[Spoken]) -> set[str]:
    """Kinds of parts that could exist but were neither submitted nor said not to exist."""
    subjects = plan.compiled.source.subjects
    pending = [part.of for kind, spoken in cases for part in subjects[kind].parts.values() if part.name not in spoken]
    found: set[str] = set()
    while pending:
        kind = pending.pop()
        if kind not in found:
            found.add(kind)
            pending += [part.of for part in subjects[kind].parts.values()]
    return found


def _start(plan: Plan, cases: frozenset[Spoken], packs: frozenset[str] | None) -> _Start:
    absent = absent_kinds(plan, cases)
    kinds = absent.union(kind for kind, _ in cases)
    scales = plan.compiled.source.scales
    counts: dict[str, int] = {}
    most: dict[str, int] = {}
    for name, rule in plan.compiled.rules.items():
        if rule.on in kinds and rule.level is not None and (packs is None or rule.pack in packs):
            scale, level = rule.level
            counts[scale] = counts.get(scale, 0) + (name in plan.rules)
            if rule.on in absent and name in plan.rules:
                most[scale] = max(most.get(scale, 0), scales[scale].step(level))
    return _Start(dict(sorted(counts.items())), most)


class Ranges:
    """Per scale the lowest and the highest level that the rules admit.

    Attributes:
        least: By scale, the step below which no fact can lower it.
        most: The step above which no fact can raise it.
        examined: The same, among the rules that the submitted facts touch.
    """

    def __init__(self, plan: Plan, instances: Iterable[Instance], packs: frozenset[str] | None) -> None:
        """Begin with what the kinds of subjects in a case admit, and the parts of which nobody spoke."""
        self.plan, self.packs = plan, packs
        self.scales = plan.compiled.source.scales
        known: Any = plan.engine_state.get("starts")
        if known is None:
            known = plan.engine_state.setdefault("starts", {})
        key = frozenset([spoken_of(instance) for instance in instances]), packs
        start = known.get(key)
        if start is None:
            if len(known) >= MAX_REMEMBERED:
                known.clear()
            start = known[key] = _start(plan, *key)
        self.counts: dict[str, int] = start.counts
        self.least = dict.fromkeys(start.counts, 0)
        self.most = {**self.least, **start.most}
        self.examined = self.least.copy()

    def add(self, sheet: Sheet, held: int, still_open: int, listed: int) -> None:
        """Rules that hold raise all three, open ones what is possible, open ones that are listed what is examined."""
        possible, examined = held | still_open, held | listed
        for scale, mask in sheet.scales.items():
            if not possible & mask:
                continue
            for step, rules in sheet.steps[scale]:
                if possible & rules:
                    self.most[scale] = max(self.most[scale], step)
                    break
            if examined & mask:
                self.examined[scale] = max(self.examined[scale], sheet.raised(examined, scale))
                if held & mask:
                    self.least[scale] = max(self.least[scale], sheet.raised(held, scale))

    def _step(self, rule: CompiledRule) -> tuple[str, int] | None:
        return None if rule.level is None else (rule.level[0], self.scales[rule.level[0]].index[rule.level[1]])

    def settle(self, evaluator: Evaluator, instance: Instance, bits: Bits, sheet: Sheet) -> None:
        """Raise the least level by rules that hold but for an open override, and by tables whose row is not settled."""
        for place in places(bits.waiting):
            self._raise(self._one_of(evaluator, instance, sheet.names[place]))
        if not bits.open & sheet.rows:
            return
        for table in sheet.tables:
            if not bits.open & table.rows or bits.held & table.taken or not self._could_raise(table.highest):
                continue
            rows = [sheet.rules[place] for place in places(bits.open & table.rows)]
            if not self._would_raise(rows):
                continue
            first = rows[0]
            whole = not any(row.name in self.plan.force or self.plan.overriders.get(row.name) for row in rows)
            if not whole or first.rule.when is not None:
                continue
            applies = first.scope is None or evaluator.condition(first.scope, instance) is True
            if applies and all(evaluator.condition(item, instance) is False for item in first.unless):
                self._raise(rows)

    def _could_raise(self, step: int) -> bool:
        return any(step > least for least in self.least.values())

    def _one_of(self, evaluator: Evaluator, instance: Instance, name: str) -> list[CompiledRule]:
        """A rule that matches, whatever may displace it, whatever may displace that, and so on: one of them holds."""
        found: dict[str, CompiledRule] = {}
        pending = [name]
        while pending:
            other = pending.pop()
            if other not in found and evaluator.matches(instance, other) is not False:
                found[other] = self.plan.rules[other]
                pending += self.plan.overriders.get(other, ())
        return list(found.values())

    def _common(self, either: list[CompiledRule]) -> tuple[str, int] | None:
        """The lowest step of some rules on one scale; None where one has no level of its own, or is not looked at."""
        seen = [rule.rule.kind != "amends" and (self.packs is None or rule.pack in self.packs) for rule in either]
        steps = [self._step(rule) if is_seen else None for rule, is_seen in zip(either, seen, strict=True)]
        known = [step for step in steps if step is not None]
        if len(known) < len(steps) or len({scale for scale, _ in known}) != 1:
            return None
        return known[0][0], min(step for _, step in known)

    def _would_raise(self, either: list[CompiledRule]) -> bool:
        found = self._common(either)
        return found is not None and found[1] > self.least[found[0]]

    def _raise(self, either: list[CompiledRule]) -> None:
        """One of these rules holds, whichever it is."""
        found = self._common(either)
        if found is not None:
            self.least[found[0]] = max(self.least[found[0]], found[1])

    def result(self, lang: str) -> dict[str, LevelRange]:
        """The ranges in their public form."""
        known: Any = self.plan.engine_state.get(f"levels:{lang}")
        if known is None:
            known = self.plan.engine_state.setdefault(f"levels:{lang}", {})
        key = (id(self.counts), *self.least.values(), *self.most.values(), *self.examined.values())
        found = known.get(key)
        if found is None:
            if len(known) >= MAX_REMEMBERED:
                known.clear()
            found = known[key] = self.counts, {name: self._range(name, lang) for name in self.least}  # the id stays its own
        return dict(found[1])

    def _range(self, name: str, lang: str) -> LevelRange:
        scale, least = self.scales[name], self.least[name]
        examined, most = max(self.examined[name], least), max(self.most[name], least)
        return LevelRange.model_construct(
            scale=name,
            level=scale.levels[least].id if least >= examined else None,
            at_least=scale.levels[least].id,
            at_most=scale.levels[most].id,
            at_most_examined=scale.levels[examined].id,
            label=pick(scale.label, lang),
            rules=self.counts[name],
        )
