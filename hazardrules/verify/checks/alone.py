"""Rules that can never hold, and rules that hold wherever they apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.verify.checks.common import can_hold, party, rules_on, says_something
from hazardrules.verify.findings import Finding, Unchecked
from hazardrules.verify.terms import holds, neg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.compiler.plan import CompiledRule
    from hazardrules.verify.findings import Found
    from hazardrules.verify.lab import Lab


def check(lab: Lab, kind: str) -> Iterator[Found]:
    """Ask of each rule whether some facts fulfil it, and whether some facts within its scope do not."""
    for rule in rules_on(lab, kind):
        if rule.unread:
            yield Unchecked("never_holds", "unread", (party(rule),))
            continue
        never = list(_never(lab, rule))
        yield from never
        if not any(isinstance(found, Finding) for found in never):
            yield from _always(lab, rule)


def _never(lab: Lab, rule: CompiledRule) -> Iterator[Found]:
    reason = ""
    for status, outline in can_hold(lab, rule):
        if status == "possible":
            return
        if status != "impossible":
            reason = "total" if "total" in outline.forms else status
    if reason:
        yield Unchecked("never_holds", reason, (party(rule),))
    elif lab.latest(rule) is not None and says_something(rule):
        why, above = _why_never(lab, rule)
        yield Finding("never_holds", (party(rule), *map(party, above)), why)


def _why_never(lab: Lab, rule: CompiledRule) -> tuple[str, list[CompiledRule]]:
    """What keeps a rule from ever holding: its scope, its condition, its exceptions, or rules that displace it."""
    context = lab.latest(rule)
    if context is None:
        return "condition", []
    questions = lab.questions(rule.on, context, lab.container(rule, context))
    subject, encoder = questions.world.subject, questions.encoder
    sections = [holds(term) for term in encoder.sections(subject, rule)]
    first = 0 if rule.scope is None else 1
    if questions.ask(*sections[:first])[0] == "impossible":
        return "scope", []
    if questions.ask(*sections[: first + 1])[0] == "impossible":
        return "condition", []
    if questions.ask(*sections)[0] == "impossible":
        return "exceptions", []
    return "displaced", [context.plan.rules[name] for name in context.plan.overriders.get(rule.name, ())]


def _always(lab: Lab, rule: CompiledRule) -> Iterator[Found]:
    if rule.row is not None:
        return  # that the rows of a table leave nothing out is what a table is for
    context = lab.latest(rule)
    if context is None:
        return
    outlines = lab.outlines(context)
    outline = outlines.matches(rule.name)
    if not outline.reads and "as_of" in outline.forms:
        return
    if not outline.reads:
        yield Finding("always_holds", (party(rule),), "nothing_read")
        return

    def within_scope(questions, subject):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - see `Build`
        encoder = questions.encoder
        scope = True if rule.scope is None else holds(encoder.term(rule.scope, subject))
        return [scope, neg(holds(encoder.matches(subject, rule.name)))]

    answer = lab.ask(
        "fails", rule.on, context, [outline], within_scope,
    )  # fmt: skip
    if answer.status == "impossible":
        case = lab.ask(
            "matches", rule.on, context, [outline],
            lambda questions, subject: [holds(questions.encoder.matches(subject, rule.name))],
            lambda evaluator, instance: evaluator.matches(instance, rule.name) is True, show=True,
        ).case  # fmt: skip
        yield Finding("always_holds", (party(rule),), "scope" if rule.scope is not None else "anywhere", case=case, shows="holds")
    elif answer.status != "possible":
        yield Unchecked("always_holds", answer.status, (party(rule),))
