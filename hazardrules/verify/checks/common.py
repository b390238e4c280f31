"""What checks share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.verify.findings import Party
from hazardrules.verify.terms import holds, neg
from hazardrules.written import Written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.compiler.plan import CompiledRule
    from hazardrules.verify.lab import Answer, Lab
    from hazardrules.verify.outline import Outline
    from hazardrules.verify.periods import Context


def party(rule: CompiledRule) -> Party:
    """A rule as it takes part in a finding."""
    return Party(rule.name, rule.span, rule.table)


def rules_on(lab: Lab, kind: str) -> list[CompiledRule]:
    """The rules on a kind of subject, by name."""
    return [rule for rule in lab.compiled.rules.values() if rule.on == kind]


def says_something(rule: CompiledRule) -> bool:
    """Whether a rule has a level or actions; a row without only closes a gap of its table."""
    return rule.level is not None or bool(rule.actions)


def consequences(rule: CompiledRule) -> tuple[object, ...]:
    """What follows from a rule: equal for rules with the same level and actions."""
    written = Written()
    actions = sorted(
        (
            action.use.action,
            action.use.by or "",
            action.use.authority or "",
            str(sorted(action.use.written.items())),
            str(
                sorted(
                    (name, *("" if end is None else written.text(end) for end in ends)) for name, ends in action.values.items()
                )
            ),
        )
        for action in rule.actions
    )
    return (rule.level, tuple(actions), rule.rule.kind, tuple(sorted(rule.amends)))


def clauses(rule: CompiledRule) -> set[tuple[str, str]]:
    """The clauses that a rule rests on."""
    return {(ref.law, ref.clause) for ref in rule.basis}


def both_match(lab: Lab, context: Context, one: CompiledRule, other: CompiledRule, *, show: bool = False) -> Answer:
    """Whether two rules ever match together, displaced or not."""
    outlines = lab.outlines(context)
    names = (one.name, other.name)
    return lab.ask(
        "match together", one.on, context, [outlines.matches(name) for name in names],
        lambda questions, subject: [holds(questions.encoder.matches(subject, name)) for name in names],
        lambda evaluator, instance: all(evaluator.matches(instance, name) is True for name in names),
        show=show,
    )  # fmt: skip


def matches_without(lab: Lab, context: Context, one: CompiledRule, other: CompiledRule) -> Answer:
    """Whether one rule ever matches where another does not."""
    outlines = lab.outlines(context)
    return lab.ask(
        "without", one.on, context, [outlines.matches(one.name), outlines.matches(other.name)],
        lambda questions, subject: [
            holds(questions.encoder.matches(subject, one.name)),
            neg(holds(questions.encoder.matches(subject, other.name))),
        ],
    )  # fmt: skip


def can_hold(lab: Lab, rule: CompiledRule) -> Iterator[tuple[str, Outline]]:
    """Whether a rule can hold, for each stretch of days in which it asks something else, until one says `possible`."""
    for context, outline in lab.different(lambda outlines: outlines.truth(rule.name), rule):
        answer = lab.ask(
            "holds", rule.on, context, [outline],
            lambda questions, subject: [holds(questions.encoder.truth(subject, rule.name))],
            lambda evaluator, instance: evaluator.truth(instance, rule.name) is True,
        )  # fmt: skip
        yield ("bounded" if answer.bounded else answer.status), outline
        if answer.status == "possible":
            return
