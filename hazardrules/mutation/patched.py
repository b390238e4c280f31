"""The law of a day with a mutant in it; only what the mutant touches is made anew."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hazardrules.engines.base import Verdict
from hazardrules.mutation.mutants import TRUTH

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from hazardrules.compiler.plan import CompiledRule, Plan
    from hazardrules.engines.reference import Evaluator
    from hazardrules.model.instances import Instance
    from hazardrules.mutation.judged import View
    from hazardrules.mutation.mutants import Mutant
    from hazardrules.sheets import Sheet

_KEPT = ("words:", "rulebook_ref", "levels:")
_KEPT_OF_TRUTH = ("starts", "carriers:", "index:")


def patched(plan: Plan, mutant: Mutant, as_of: date) -> Plan:
    """A plan with a mutant in it; the plan itself where it does not touch it."""
    patch = mutant.patch
    touched = {name: rule for name, rule in patch.rules.items() if name in plan.rules or name in plan.dormant}
    compiled = plan.compiled
    if patch.derived:
        compiled = replace(compiled, derived={**compiled.derived, **patch.derived})
    parameters = plan.parameters
    if patch.parameters:
        changed = {
            name: value
            for name, parameter in patch.parameters.items()
            for effective, value in parameter.values
            if effective.is_in_force(as_of) is True
        }
        parameters = {**parameters, **changed}
        compiled = replace(compiled, parameters={**compiled.parameters, **patch.parameters})
    rules, dormant = plan.rules, plan.dormant
    if touched:
        rules = {**rules, **{name: rule for name, rule in touched.items() if name in rules}}
        dormant = {**dormant, **{name: rule for name, rule in touched.items() if name in dormant}}
    found = replace(
        plan, compiled=compiled, rules=rules, dormant=dormant, parameters=parameters, engine_state=_state(plan, mutant, touched)
    )
    if mutant.operator == "date":
        return _redated(found, touched, as_of)
    return _rewired(found) if mutant.operator in ("override", "amends") else found


def _state(plan: Plan, mutant: Mutant, touched: Mapping[str, CompiledRule]) -> dict[str, object]:
    """What was computed for a plan and still is right."""
    kept = _KEPT + _KEPT_OF_TRUTH if mutant.operator in TRUTH else _KEPT
    state = {key: value for key, value in plan.engine_state.items() if key.startswith(kept)}
    if mutant.operator in TRUTH:
        state["sheets"] = _Sheets(plan, touched)
    return state


class _Sheets(dict[Any, "Sheet"]):
    """The sheets of a plan with other rules in them; conditions do not change what a sheet says."""

    def __init__(self, plan: Plan, touched: Mapping[str, CompiledRule]) -> None:
        super().__init__()
        self._plan, self._touched = plan, touched

    def get(self, key: Any, default: Any = None) -> Any:
        """A sheet, from the plan as it was where that has it."""
        if key not in self:
            sheets: Any = self._plan.engine_state.get("sheets") or {}
            found = sheets.get(key)
            if found is None:
                return default
            if any(name in self._touched for name in found.names):
                found = copy(found)
                found.rules = tuple(self._touched.get(rule.name, rule) for rule in found.rules)
            self[key] = found
        return self[key]


def _redated(plan: Plan, touched: Mapping[str, CompiledRule], as_of: date) -> Plan:
    rules, dormant, force = dict(plan.rules), dict(plan.dormant), set(plan.force)
    for name, rule in touched.items():
        rules.pop(name, None)
        dormant.pop(name, None)
        force.discard(name)
        state = rule.effective.is_in_force(as_of)
        (dormant if state is False else rules)[name] = rule
        if state is None:
            force.add(name)
    return _rewired(replace(plan, rules=rules, dormant=dormant, force=frozenset(force)))


def _rewired(plan: Plan) -> Plan:
    """Who displaces and amends whom, and which rules there are on each kind of subject."""
    overriders: dict[str, list[str]] = {}
    amenders: dict[str, list[str]] = {}
    by_kind: dict[str, list[str]] = {}
    for name, rule in plan.rules.items():
        by_kind.setdefault(rule.on, []).append(name)
        for target in rule.overrides:
            if target in plan.rules:
                overriders.setdefault(target, []).append(name)
        for target in rule.amends:
            if target in plan.rules:
                amenders.setdefault(target, []).append(name)
    return replace(
        plan,
        overriders={name: tuple(found) for name, found in overriders.items()},
        amenders={name: tuple(found) for name, found in amenders.items()},
        by_kind={name: tuple(found) for name, found in by_kind.items()},
    )


class Substituting:
    """An engine that judges one case: as it was judged before, but for the rules that a mutant can have changed."""

    name = "generated"

    def __init__(self, views: tuple[View, ...], affected: frozenset[str], evaluator: Evaluator) -> None:
        """Bind to a case: what its rules were, the rules that may have changed, and who says what they are now."""
        self.views, self.affected, self.evaluator = views, affected, evaluator

    def evaluate(self, plan: Plan, root: Instance, as_of: date) -> list[Verdict]:  # noqa: ARG002 - the protocol of engines
        """Judge a subject and all its parts; see `Engine.evaluate`."""
        gone = self.affected - plan.rules.keys()
        return [self._verdict(view, gone) for view in self.views]

    def _verdict(self, view: View, gone: frozenset[str]) -> Verdict:
        evaluator, instance, before = self.evaluator, view.instance, view.verdict
        plan = evaluator.plan
        here = [name for name in self.affected if name not in gone and plan.rules[name].on == instance.kind]
        truths = {name: evaluator.truth(instance, name) for name in here}
        same = not gone.intersection(view.bits) and all(view.truth(name) is truth is not None for name, truth in truths.items())
        if same and all(name in view.bits for name in here):
            return before
        changed = gone.union(here)
        holds = [name for name in before.holds if name not in changed] + [n for n in here if truths[n] is True]
        open_ = [name for name in before.undetermined if name not in changed] + [n for n in here if truths[n] is None]
        but_for = [name for name in before.but_for if name not in changed]
        but_for += [n for n in here if truths[n] is None and plan.overriders.get(n) and evaluator.matches(instance, n) is True]
        unscoped = (before.unscoped or frozenset()) - changed
        unscoped |= {name for name in here if truths[name] is None and is_unscoped(evaluator, instance, plan.rules[name])}
        return Verdict(instance, tuple(sorted(holds)), tuple(sorted(open_)), tuple(sorted(but_for)), unscoped)


def is_unscoped(evaluator: Evaluator, instance: Instance, rule: CompiledRule) -> bool:
    """Whether neither the scope nor the condition of an undetermined rule is known to be met."""
    if rule.scope is None or evaluator.condition(rule.scope, instance) is not None:
        return False
    return evaluator.condition(rule.when, instance) is not True
