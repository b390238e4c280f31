"""Rules that displace or change other rules: where they never do, and where they always do."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from hazardrules.verify.checks.common import both_match, can_hold, matches_without, party, rules_on
from hazardrules.verify.findings import Finding, Unchecked
from hazardrules.verify.outline import merged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.compiler.plan import CompiledRule
    from hazardrules.verify.findings import Found
    from hazardrules.verify.lab import Lab


def check(lab: Lab, kind: str) -> Iterator[Found]:
    """Ask of each pair whether both can match, and whether the general rule can match alone."""
    written: dict[str, list[CompiledRule]] = {}
    for rule in rules_on(lab, kind):
        written.setdefault(rule.rule.name, []).append(rule)
    for rows in written.values():
        targets: dict[str, list[CompiledRule]] = {}
        for name in rows[0].overrides:
            other = lab.compiled.rules[name]
            targets.setdefault(other.rule.name, []).append(other)
        for others in targets.values():
            yield from _together(lab, rows, others, "override_never")
            if len(rows) == len(others) == 1:
                yield from _alone(lab, rows[0], others[0])
        if rows[0].amends:
            yield from _together(lab, rows, [lab.compiled.rules[name] for name in rows[0].amends], "amends_never")


def _together(lab: Lab, rows: list[CompiledRule], others: list[CompiledRule], kind: str) -> Iterator[Found]:
    """Whether some row of a table (or a rule) ever matches together with some of the rules that it is about."""
    parties = (party(rows[0]), party(others[0]))
    pairs = [(rule, other) for rule in rows for other in others if lab.latest(rule, other) is not None]
    if not pairs:
        yield Finding(kind, parties, "days")
        return
    reason = ""
    for first in (True, False):  # the latest law answers for nearly all of them
        for rule, other in pairs:
            for status in _statuses(lab, rule, other, first=first):
                if status == "possible":
                    return
                reason = reason or ("" if status == "impossible" else status)
    if reason:
        yield Unchecked(kind, reason, parties)
    else:
        yield Finding(kind, parties, "facts")


def _statuses(lab: Lab, rule: CompiledRule, other: CompiledRule, *, first: bool) -> Iterator[str]:
    """Whether two rules ever match together: under the latest law, or under each that asks something else."""
    contexts = lab.different(lambda found: merged("", [found.matches(rule.name), found.matches(other.name)]), rule, other)
    for context, _ in islice(contexts, 1 if first else None):
        answer = both_match(lab, context, rule, other)
        yield "bounded" if answer.bounded else answer.status


def _alone(lab: Lab, rule: CompiledRule, other: CompiledRule) -> Iterator[Found]:
    """Whether a rule that another displaces ever matches without it."""
    context = lab.latest(rule, other)
    if context is None or not lab.periods.lies_within(other.rule.jurisdiction, rule.rule.jurisdiction):
        return  # the law of a place takes the place of that around it, and elsewhere that one remains
    if not any(status == "possible" for status, _ in can_hold(lab, other)):
        return  # said of the other rule itself
    answer = matches_without(lab, context, other, rule)
    if answer.bounded or answer.status not in ("possible", "impossible"):
        yield Unchecked("override_always", "bounded" if answer.bounded else answer.status, (party(rule), party(other)))
    elif answer.status == "impossible":
        case = both_match(lab, context, rule, other, show=True).case
        yield Finding("override_always", (party(rule), party(other)), "", {"day": context.day.isoformat()}, case, "displaced")
