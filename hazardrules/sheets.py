"""What an answer says of each rule, as bit sets: one look tells which of hundreds of rules are listed and what they raise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hazardrules.compiler.plan import CompiledRule, Plan
    from hazardrules.engines.base import Bits

MAX_SHEETS = 500
"""So many are remembered: every choice of packs has its own."""


class Amending(NamedTuple):
    """A rule that changes the actions of others, and those others."""

    rule: int
    targets: int


class Table(NamedTuple):
    """A table in which exactly one row holds, whatever the facts.

    Attributes:
        rows: Its rows.
        taken: Its rows again, without those of another table of the same rule.
        highest: The highest step of any of them, whatever the scale.
    """

    rows: int
    taken: int
    highest: int


class Sheet:
    """The rules on one kind of subject under one plan, as far as some packs are looked at.

    Attributes:
        rules: By bit.
        keys: By bit, how a finding is sorted: the most severe first, then by name.
        shown: The rules that an answer speaks of.
        unread: Those that stand for an instrument that nobody read.
        amending: Those that amend others.
        amenders: All of these.
        touched: By fact of the subject, those that read it.
        touched_by_owner: The same by fact of its owner.
        scales: By scale, the rules that give a level on it.
        steps: By scale, its highest step and the rules that give it, then the next lower, and so on.
        tables: Tables in which exactly one row holds.
        rows: All rows of these.
        templates: By language and bit, what is the same in every finding of a rule; filled by whoever makes them.
    """

    def __init__(self, plan: Plan, names: tuple[str, ...], packs: frozenset[str] | None) -> None:
        """Look at every rule once.

        Args:
            plan: The law of the day and place.
            names: The rules, in the order of their bits.
            packs: Only these; None for all.
        """
        self.names = names
        self.rules: tuple[CompiledRule, ...] = tuple(plan.rules[name] for name in names)
        index = {name: 1 << bit for bit, name in enumerate(names)}
        self.shown = self.unread = self.amenders = 0
        self.touched: dict[str, int] = {}
        self.touched_by_owner: dict[str, int] = {}
        self.scales: dict[str, int] = {}
        self.amending: list[Amending] = []
        self.templates: dict[str, list[Any]] = {}
        steps: dict[str, dict[int, int]] = {}
        keys = []
        for rule in self.rules:
            mask = index[rule.name]
            scale, step, severity = level_of(plan, rule)
            keys.append((-severity, rule.name))
            if is_silent(rule) or (packs is not None and rule.pack not in packs):
                continue
            self.shown |= mask
            self.unread |= mask if rule.unread else 0
            for fact in rule.own_facts:
                _add(self.touched, fact, mask)
                if fact.startswith("owner."):
                    _add(self.touched_by_owner, fact.removeprefix("owner."), mask)
            if scale is not None:
                _add(self.scales, scale, mask)
                _add(steps.setdefault(scale, {}), step, mask)
            if rule.rule.kind == "amends":
                self.amenders |= mask
                self.amending.append(Amending(mask, union(index.get(target, 0) for target in rule.amends)))
        self.keys = tuple(keys)
        self.steps = {scale: tuple(sorted(found.items(), reverse=True)) for scale, found in steps.items()}
        self.tables = _tables(plan, self.rules, index)
        self.rows = union(table.rows for table in self.tables)

    def raised(self, rules: int, scale: str) -> int:
        """The highest step that some rules give on a scale."""
        for step, mask in self.steps[scale]:
            if rules & mask:
                return step
        return 0


def _add(found: dict[Any, int], key: object, mask: int) -> None:
    found[key] = found.get(key, 0) | mask


def _tables(plan: Plan, rules: Iterable[CompiledRule], index: Mapping[str, int]) -> tuple[Table, ...]:
    rows: dict[str, list[CompiledRule]] = {}
    for rule in rules:
        if rule.table is not None and rule.complete and not rule.rule.overrides:
            rows.setdefault(rule.table, []).append(rule)
    found = []
    for listed in rows.values():
        first = listed[0].rule
        names = [] if first.table is None else [f"{first.name}.{row.number}" for row in first.table.rows]
        highest = max(level_of(plan, rule)[1] for rule in listed)
        found.append(Table(union(index[rule.name] for rule in listed), union(index.get(name, 0) for name in names), highest))
    return tuple(found)


def level_of(plan: Plan, rule: CompiledRule) -> tuple[str | None, int, int]:
    """The scale of a rule, its step on it, and its severity."""
    if rule.level is None:
        return None, 0, 0
    scale = plan.compiled.source.scales[rule.level[0]]
    step = scale.step(rule.level[1])
    return rule.level[0], step, scale.levels[step].severity


def is_silent(rule: CompiledRule) -> bool:
    """A row of a table that only closes a gap."""
    return rule.row is not None and rule.level is None and not rule.actions


def union(masks: Iterable[int]) -> int:
    """The rules that are in any of some sets."""
    found = 0
    for mask in masks:
        found |= mask
    return found


def sheet_of(plan: Plan, bits: Bits, packs: frozenset[str] | None) -> Sheet:
    """The sheet for verdicts in an order of rules; made on first use."""
    sheets: Any = plan.engine_state.get("sheets")
    if sheets is None:
        sheets = plan.engine_state.setdefault("sheets", {})
    key = (id(bits.names), packs)  # the sheet keeps the names, so no others get their id
    found: Sheet | None = sheets.get(key)
    if found is None:
        if len(sheets) >= MAX_SHEETS:
            sheets.clear()
        found = sheets.setdefault(key, Sheet(plan, bits.names, packs))
    return found
