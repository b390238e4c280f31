"""Rules that say the same, rules that another one makes needless, and rules of one clause that contradict one another."""

from __future__ import annotations

from itertools import combinations, permutations
from typing import TYPE_CHECKING, Any

from hazardrules.model import expressions as ir
from hazardrules.verify.checks.common import (
    both_match,
    clauses,
    consequences,
    matches_without,
    party,
    rules_on,
    says_something,
)
from hazardrules.verify.findings import Finding, Unchecked
from hazardrules.verify.terms import holds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.compiler.plan import CompiledRule
    from hazardrules.verify.cases import Case
    from hazardrules.verify.findings import Found
    from hazardrules.verify.lab import Lab


def check(lab: Lab, kind: str) -> Iterator[Found]:
    """Compare rules with the same consequences, and rules of the same clause with different ones."""
    rules = [rule for rule in rules_on(lab, kind) if says_something(rule) and not rule.unread]
    yield from _same(lab, rules)
    yield from _contrary(lab, rules)


# the same consequences


def _same(lab: Lab, rules: list[CompiledRule]) -> Iterator[Found]:
    groups: dict[object, list[CompiledRule]] = {}
    for rule in rules:
        groups.setdefault(consequences(rule), []).append(rule)
    for group in groups.values():
        known: set[frozenset[str]] = set()
        for general, special in permutations(group, 2):
            pair = frozenset((general.name, special.name))
            if pair in known or not _comparable(general, special):
                continue
            context = lab.latest(general, special)
            if context is None:
                continue
            outlines = lab.outlines(context)
            wide, narrow = outlines.matches(general.name), outlines.matches(special.name)
            if not wide.reads or not wide.reads <= narrow.reads:
                continue
            without = _without(lab, special, general)
            if without not in ("possible", "impossible"):
                yield Unchecked("subsumed", without, (party(special), party(general)))
            if without != "impossible":
                continue
            case = _example(lab, general, special)
            if case is None:
                continue  # the special one never matches, which is said of it alone
            if narrow.reads <= wide.reads and _without(lab, general, special) == "impossible":
                known.add(pair)
                first, second = sorted((general, special), key=lambda rule: rule.span)
                yield Finding("duplicate", (party(second), party(first)), case=case, shows="both")
            else:
                yield Finding("subsumed", (party(special), party(general)), case=case, shows="both")


def _comparable(general: CompiledRule, special: CompiledRule) -> bool:
    """Rules of one instrument; what two instruments both say is law twice. Rows of one table are compared at load."""
    same_law = {law for law, _ in clauses(general)} & {law for law, _ in clauses(special)}
    same_table = general.table is not None and general.table == special.table
    related = general.name in special.overrides or special.name in general.overrides
    return bool(same_law) and not same_table and not related


def _example(lab: Lab, one: CompiledRule, other: CompiledRule) -> Case | None:
    """Facts for which both rules match."""
    context = lab.latest(one, other)
    return None if context is None else both_match(lab, context, one, other, show=True).case


def _without(lab: Lab, special: CompiledRule, general: CompiledRule) -> str:
    """Whether one rule ever matches without the other: the status of the answer."""
    context = lab.latest(special, general)
    if context is None:
        return "possible"
    answer = matches_without(lab, context, special, general)
    return "bounded" if answer.bounded else answer.status


# contrary consequences


def _contrary(lab: Lab, rules: list[CompiledRule]) -> Iterator[Found]:
    for first, second in combinations(rules, 2):
        conflict = _conflict(lab, first, second)
        if conflict is None or first.name in second.overrides or second.name in first.overrides:
            continue
        context = lab.latest(first, second)
        if context is None:
            continue
        outlines = lab.outlines(context)
        answer = lab.ask(
            "both", first.on, context, [outlines.truth(first.name), outlines.truth(second.name)],
            lambda questions, subject, a=first.name, b=second.name: [  # type: ignore[misc]  # bound now
                holds(questions.encoder.truth(subject, a)), holds(questions.encoder.truth(subject, b))
            ],
            lambda evaluator, instance, a=first.name, b=second.name:  # type: ignore[misc]  # bound now
                evaluator.truth(instance, a) is True and evaluator.truth(instance, b) is True,
            show=True,
        )  # fmt: skip
        earlier, later = sorted((first, second), key=lambda rule: rule.span)
        parties = (party(later), party(earlier))
        if answer.status == "possible":
            variant, args = conflict
            yield Finding("contradiction", parties, variant, args, answer.case, "both")
        elif answer.status != "impossible":
            yield Unchecked("contradiction", answer.status, parties)


def _conflict(lab: Lab, first: CompiledRule, second: CompiledRule) -> tuple[str, dict[str, str]] | None:
    """What two rules say that cannot both be meant."""
    opposed = lab.contrary(first, second)
    if opposed is not None:
        return "actions", {"one": opposed[0], "other": opposed[1]}
    shared = clauses(first) & clauses(second)
    if not shared or (first.table is not None and first.table == second.table):
        return None
    context = lab.latest(first, second)
    if context is None:
        return None
    outlines = lab.outlines(context)
    if outlines.matches(first.name).reads != outlines.matches(second.name).reads:
        return None  # different facts are different failings, each with its own consequences
    law, clause = min(shared)
    where = {"law": law, "clause": clause}
    if first.level is not None and second.level is not None and first.level != second.level and first.level[0] == second.level[0]:
        nested = any(_without(lab, *pair) != "possible" for pair in ((first, second), (second, first)))
        return None if nested else ("levels", {**where, "one": first.level[1], "other": second.level[1]})
    apart = _ranges_apart(first, second)
    return None if apart is None else ("amounts", {**where, "action": apart})


def _ranges_apart(first: CompiledRule, second: CompiledRule) -> str | None:
    """The action that both rules require of the same person with amounts of which none fits both."""
    for mine in first.actions:
        for other in second.actions:
            if mine.use.action != other.use.action or mine.use.by != other.use.by:
                continue
            for name in mine.values.keys() & other.values.keys():
                low, high = map(_constant, mine.values[name])
                least, most = map(_constant, other.values[name])
                if (high is not None and least is not None and high < least) or (
                    most is not None and low is not None and most < low
                ):
                    return mine.use.action
    return None


def _constant(expr: ir.Expr | None) -> Any:
    return expr.value if isinstance(expr, ir.Const) else None
