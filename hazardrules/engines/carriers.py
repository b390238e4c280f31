"""Which rules carry a parameter that is added up over findings: points, for instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from hazardrules.model import expressions as ir

if TYPE_CHECKING:
    from hazardrules.compiler.plan import CompiledRule, Plan
    from hazardrules.model.instances import Instance


def carriers(plan: Plan, kind: str, parameter: str) -> list[str]:
    """The rules on a kind of subject whose actions carry a parameter, themselves or as amended; the same for a plan."""
    key = f"carriers:{kind}:{parameter}"
    found = plan.engine_state.get(key)
    if found is None:
        names: list[str] = []
        for name in plan.by_kind.get(kind, ()):
            either = [plan.rules[other] for other in (name, *plan.amenders.get(name, ()))]
            carried = any(parameter in action.values for rule in either for action in rule.actions)
            names += [name] if carried and either[0].rule.kind != "amends" else []
        found = plan.engine_state[key] = names
    return cast("list[str]", found)


def is_fixed(plan: Plan, rule: CompiledRule, parameter: str) -> bool:
    """Whether a rule carries as much of a parameter in every case: of values of the law, which no rule amends."""
    ends = [end for action in rule.actions for end in action.values.get(parameter, ())]
    return not plan.amenders.get(rule.name) and all(end is None or isinstance(end, (ir.Const, ir.ParameterRef)) for end in ends)


def open_parts(plan: Plan, instance: Instance, parameter: str) -> list[str]:
    """The parts nobody spoke of that could bring findings that carry a parameter."""
    parts = plan.compiled.source.subjects[instance.kind].parts.values()
    return [part.name for part in parts if instance.parts.get(part.name) is None and _may_carry(plan, part.of, parameter)]


def _may_carry(plan: Plan, kind: str, parameter: str) -> bool:
    """Whether a rule on a kind of subject, or on anything it may contain, carries a parameter."""
    subjects = plan.compiled.source.subjects
    pending, seen = [kind], set[str]()
    while pending:
        kind = pending.pop()
        if kind in seen:
            continue
        seen.add(kind)
        rules = (plan.rules[name] for name in plan.by_kind.get(kind, ()))
        if any(parameter in action.values for rule in rules for action in rule.actions):
            return True
        pending += [part.of for part in subjects[kind].parts.values()]
    return False
