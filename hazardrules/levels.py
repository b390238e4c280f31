"""Per scale the lowest and the highest level that the rules admit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.model.results import LevelRange
from hazardrules.wording import pick

if TYPE_CHECKING:
    from hazardrules.compiler.plan import CompiledRule, Plan
    from hazardrules.engines.base import Verdict
    from hazardrules.engines.reference import Evaluator


class Ranges:
    """Per scale the lowest and the highest level that the rules admit."""

    def __init__(self, plan: Plan, kinds: set[str], packs: frozenset[str] | None) -> None:
        self.plan, self.packs = plan, packs
        self.scales = plan.compiled.source.scales
        used = plan.engine_state.setdefault("scales", {})
        key = (tuple(sorted(kinds)), packs)
        names = used.get(key)  # type: ignore[attr-defined]  # a dict, set one line above
        if names is None:
            counts = {
                rule.level[0]: 0
                for rule in plan.compiled.rules.values()
                if rule.on in kinds and rule.level is not None and (packs is None or rule.pack in packs)
            }
            for rule in plan.rules.values():
                if rule.on in kinds and rule.level is not None and (packs is None or rule.pack in packs):
                    counts[rule.level[0]] += 1
            names = used[key] = dict(sorted(counts.items()))  # type: ignore[index]  # see above
        self.counts: dict[str, int] = names
        self.least = dict.fromkeys(names, 0)
        self.most = dict.fromkeys(names, 0)
        self.examined = dict.fromkeys(names, 0)

    def possible(self, kind: str) -> None:
        """Rules on parts that nobody spoke of raise what is possible."""
        known = self.plan.engine_state.setdefault("possible", {})
        highest: dict[str, int] | None = known.get((kind, self.packs))  # type: ignore[attr-defined]  # a dict, set one line above
        if highest is None:
            highest = {}
            for name in self.plan.by_kind.get(kind, ()):
                rule = self.plan.rules[name]
                found = self._step(rule)
                if found is not None and (self.packs is None or rule.pack in self.packs):
                    highest[found[0]] = max(highest.get(found[0], 0), found[1])
            known[kind, self.packs] = highest  # type: ignore[index]  # see above
        for scale, step in highest.items():
            self.most[scale] = max(self.most[scale], step)

    def _step(self, rule: CompiledRule) -> tuple[str, int] | None:
        return None if rule.level is None else (rule.level[0], self.scales[rule.level[0]].index[rule.level[1]])

    def holds(self, rule: CompiledRule) -> None:
        """A rule that holds raises all three."""
        found = self._step(rule)
        if found is not None:
            scale, step = found
            for side in (self.least, self.most, self.examined):
                side[scale] = max(side[scale], step)

    def settle(self, evaluator: Evaluator, verdict: Verdict) -> None:
        """Raise the least level by rules that hold but for an open override, and by tables whose row is not settled."""
        for name in verdict.but_for:
            self._raise(self._one_of(evaluator, verdict, name))
        tables: dict[str, list[CompiledRule]] = {}
        for name in self._whole_rows().intersection(verdict.undetermined):
            rule = self.plan.rules[name]
            tables.setdefault(rule.table or "", []).append(rule)
        for rows in tables.values():
            if not self._would_raise(rows):
                continue
            first = rows[0]
            instance = verdict.instance
            applies = first.scope is None or evaluator.condition(first.scope, instance) is True
            relieved = any(evaluator.condition(item, instance) is not False for item in first.unless)
            whole = not any(row.name in self.plan.force or self.plan.overriders.get(row.name) for row in rows)
            guarded = first.rule.when is not None
            taken = any(name in verdict.holds for name in self._rows(first))
            if applies and not relieved and whole and not guarded and not taken:
                self._raise(rows)

    def _whole_rows(self) -> frozenset[str]:
        """Rows of tables in which exactly one row holds, whatever the facts."""
        found = self.plan.engine_state.get("whole_rows")
        if found is None:
            rules = self.plan.rules.items()
            found = frozenset(n for n, rule in rules if rule.table is not None and rule.complete and not rule.rule.overrides)
            self.plan.engine_state["whole_rows"] = found
        return found  # type: ignore[return-value]  # only this method stores under the key

    def _one_of(self, evaluator: Evaluator, verdict: Verdict, name: str) -> list[CompiledRule]:
        """A rule that matches, whatever may displace it, whatever may displace that, and so on: one of them holds."""
        found: dict[str, CompiledRule] = {}
        pending = [name]
        while pending:
            other = pending.pop()
            if other not in found and evaluator.matches(verdict.instance, other) is not False:
                found[other] = self.plan.rules[other]
                pending += self.plan.overriders.get(other, ())
        return list(found.values())

    def _rows(self, rule: CompiledRule) -> list[str]:
        table = rule.rule.table
        return [] if table is None else [f"{rule.rule.name}.{row.number}" for row in table.rows]

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
        known = self.plan.engine_state.setdefault(f"levels:{lang}", {})
        found = {}
        for name, least in self.least.items():
            examined, most = max(self.examined[name], least), max(self.most[name], least)
            key = (name, least, examined, most, self.counts[name])
            made = known.get(key)  # type: ignore[attr-defined]  # a dict, set above; ranges are frozen and few
            if made is None:
                scale = self.scales[name]
                made = LevelRange.model_construct(
                    scale=name,
                    level=scale.levels[least].id if least >= examined else None,
                    at_least=scale.levels[least].id,
                    at_most=scale.levels[most].id,
                    at_most_examined=scale.levels[examined].id,
                    label=pick(scale.label, lang),
                    rules=self.counts[name],
                )
                known[key] = made  # type: ignore[index]  # see above
            found[name] = made
        return found
