"""Mutants of what follows from a rule: its level, actions, and the rules it displaces or amends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hazardrules.mutation.mutants import Mutant, Operator, Patch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.compiler.plan import Compiled, CompiledAction, CompiledRule


class Outcomes:
    """Makes the mutants of one rule."""

    def __init__(self, compiled: Compiled, rule: CompiledRule) -> None:
        """Bind to a rule."""
        self.compiled, self.rule = compiled, rule

    def mutants(self) -> Iterator[Mutant]:
        """Every mutant."""
        rule = self.rule
        if rule.level is not None:
            yield from self._levels(*rule.level)
        for number, action in enumerate(rule.actions):
            name = action.use.action
            rest = rule.actions[:number] + rule.actions[number + 1 :]
            yield self._mutant("action", f"action.{number}", name, "", replace(rule, actions=rest))
            for parameter in (*action.values, *action.use.written):
                changed = (*rule.actions[:number], _without(action, parameter), *rule.actions[number + 1 :])
                text = f"{name}: {parameter}"
                yield self._mutant("parameter", f"action.{number}.{parameter}", text, name, replace(rule, actions=changed))
        if rule.row is None or rule.row.number == 1:
            yield from self._targets("override", rule.overrides)
            yield from self._targets("amends", rule.amends)

    def _levels(self, scale: str, level: str) -> Iterator[Mutant]:
        steps = self.compiled.source.scales[scale].levels
        at = self.compiled.source.scales[scale].step(level)
        yield self._mutant("level", "level dropped", level, "", replace(self.rule, level=None))
        other = at - 1 if at > 1 else at + 1
        if 0 < other < len(steps):
            after = steps[other].id
            yield self._mutant("level", "level moved", level, after, replace(self.rule, level=(scale, after)))

    def _targets(self, operator: Operator, targets: tuple[str, ...]) -> Iterator[Mutant]:
        """A rule is not displaced, or not amended: of a table all rows together."""
        field = "overrides" if operator == "override" else "amends"
        names = dict.fromkeys(self.compiled.rules[target].table or target for target in targets)
        rules = (
            [rule for rule in self.compiled.rules.values() if rule.table == self.rule.table] if self.rule.table else [self.rule]
        )
        for name in names:
            changed = {}
            for rule in rules:
                kept = tuple(t for t in getattr(rule, field) if (self.compiled.rules[t].table or t) != name)
                changed[rule.name] = replace(rule, overrides=kept) if field == "overrides" else replace(rule, amends=kept)
            yield Mutant(
                f"{self._home()}/{field} {name}", self._home(), self.rule.pack, operator, name, "", self.rule.span,
                Patch(changed, {}, {}),
            )  # fmt: skip

    def _home(self) -> str:
        return f"rule {self.rule.name}"

    def _mutant(self, operator: Operator, what: str, before: str, after: str, changed: CompiledRule) -> Mutant:
        name = f"{self._home()}/{what} {operator}" if not what.startswith("level") else f"{self._home()}/{what}"
        return Mutant(
            name, self._home(), self.rule.pack, operator, before, after, self.rule.span, Patch({self.rule.name: changed}, {}, {})
        )  # fmt: skip


def _without(action: CompiledAction, parameter: str) -> CompiledAction:
    """An action that lost a parameter."""
    values = {name: ends for name, ends in action.values.items() if name != parameter}
    use = replace(
        action.use,
        values={name: given for name, given in action.use.values.items() if name != parameter},
        written={name: text for name, text in action.use.written.items() if name != parameter},
    )
    return replace(action, values=values, use=use)
