"""Neighbouring bands of one quantity: a number that belongs to neither, a number that belongs to both.

Two rules are neighbours where, with all other facts the same, a step of one quantity leads from the one to the other: below its
threshold only the first holds, above its own only the second. What they say of the numbers at and between these thresholds
is then compared. Too little and too much, with what is right between them, are no bands.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import TYPE_CHECKING, Any, NamedTuple

import z3

from hazardrules.verify.checks.common import party, rules_on, says_something
from hazardrules.verify.dates import day_of
from hazardrules.verify.findings import Finding, Unchecked
from hazardrules.verify.terms import compare, disj, holds, is_plain, lifted, neg
from hazardrules.verify.thresholds import Threshold, Thresholds, moved_to, stands_at
from hazardrules.written import Written, decimal_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.compiler.plan import CompiledRule
    from hazardrules.engines.reference import Evaluator
    from hazardrules.model.instances import Instance
    from hazardrules.verify.findings import Found
    from hazardrules.verify.lab import Lab
    from hazardrules.verify.periods import Context
    from hazardrules.verify.solve import Questions
    from hazardrules.verify.world import Subject

Exact = int | Fraction


class Edge(NamedTuple):
    """A rule with one of its thresholds."""

    rule: CompiledRule
    threshold: Threshold


@dataclass(frozen=True, slots=True)
class Neighbours:
    """A band that ends at a threshold, and one that begins at a threshold.

    Attributes:
        inside: A number just within each band.
        outside: A number just outside of each.
        ends: A number below and one above all thresholds of the quantity.
    """

    below: Edge
    above: Edge
    inside: tuple[Exact, Exact]
    outside: tuple[Exact, Exact]
    ends: tuple[Exact, Exact]

    def steps(self, moved: Mover, one: Any, other: Any) -> list[Any]:
        """That each band ends where it seems to."""
        return [
            moved(one, self.inside[0]), neg(moved(one, self.outside[0])),
            moved(other, self.inside[1]), neg(moved(other, self.outside[1])),
        ]  # fmt: skip

    def confirmed(self, evaluator: Evaluator, instance: Instance) -> bool:
        """Whether by the reference engine a step leads from the one band to the other."""
        for edge, number in zip((self.below, self.above), self.inside, strict=True):
            name = edge.rule.name

            def there(moved: Evaluator, name: str = name) -> bool:
                return moved.matches(instance, name) is True

            if not moved_to(evaluator, instance, edge.threshold, number, there):
                return False
        return True

    def are_bands(self, moved: Mover, one: Any, other: Any) -> Any:
        """That at least one of the two has two ends."""
        return disj((neg(moved(one, self.ends[0])), neg(moved(other, self.ends[1]))))


class Mover:
    """Puts another number in the place of a quantity, with all other facts the same."""

    def __init__(self, quantity: Any) -> None:
        self.quantity = quantity

    def __call__(self, condition: Any, value: Exact) -> Any:
        """A condition as it is where the quantity has another value."""
        if isinstance(condition, bool):
            return condition
        number = lifted(value)
        number = z3.ToReal(number) if self.quantity.is_real() and number.is_int() else number
        return z3.substitute(condition, (self.quantity, number))

    def fixed(self, value: Exact) -> Any:
        """That the quantity has a value."""
        return compare("==", self.quantity, value)


def mover(questions: Questions, subject: Subject, threshold: Threshold) -> Mover | None:
    """Moves the quantity of a threshold; None where it is no variable number."""
    term = questions.encoder.term(threshold.expr, subject)
    if term.known is False or is_plain(term.value) or not isinstance(term.value, z3.ArithRef):
        return None
    return Mover(term.value)


def check(lab: Lab, kind: str) -> Iterator[Found]:
    """Compare the bands of rules that give different levels of one scale, or one action with different amounts."""
    rules = [rule for rule in rules_on(lab, kind) if says_something(rule) and not rule.unread and not rule.amends]
    edges: dict[str, dict[object, Edge]] = {}
    for rule in rules:
        for context in lab.different_matches(rule):
            for threshold in Thresholds(context.plan, context.day).of_rule(rule):
                line = (rule.name, threshold.above, *_line(threshold))
                edges.setdefault(threshold.key, {}).setdefault(line, Edge(rule, threshold))
    for found in edges.values():
        group = list(found.values())
        step = _step(group)
        values = [edge.threshold.value for edge in group]
        ends = (min(values) - step, max(values) + step)
        for below in group:
            for above in group:
                if _may_be_neighbours(lab, below, above):
                    yield from _compare(lab, below, above, step, ends, rules)


def _is_whole(threshold: Threshold) -> bool:
    return threshold.expr.type.integer or threshold.expr.type.name == "date"


def _line(threshold: Threshold) -> tuple[Exact, str]:
    """Where a threshold draws its line; of whole numbers, `<= 2` and `< 3` draw the same one."""
    if not _is_whole(threshold):
        return threshold.value, threshold.side
    first = floor(threshold.value) + 1 if threshold.side == "lower" else -floor(-threshold.value)
    return first, "upper"


def _step(group: list[Edge]) -> Exact:
    """A step smaller than the gap between any two thresholds of a quantity."""
    if _is_whole(group[0].threshold):
        return 1
    values = sorted({edge.threshold.value for edge in group})
    return min([Fraction(1, 2), *(Fraction(high - low) / 4 for low, high in pairwise(values))])


def _may_be_neighbours(lab: Lab, below: Edge, above: Edge) -> bool:
    """Whether two rules can be neighbouring bands: the one ends at its threshold, the other begins at its own."""
    one, other = below.rule, above.rule
    if below.threshold.above or not above.threshold.above or one.name == other.name:
        return False
    if one.table is not None and one.table == other.table:
        return False  # compared at load
    if one.name in other.overrides or other.name in one.overrides:
        return False
    if not _axis(one) & _axis(other) or _gives(one) == _gives(other):
        return False
    reads = [{outline.reads for outline in lab.states(rule).values()} for rule in (one, other)]
    return bool(reads[0] & reads[1])


def _contexts(lab: Lab, below: Edge, above: Edge) -> Iterator[Context]:
    """The law under which two rules read the same facts and draw these lines; the latest first."""
    for context in lab.different_matches(below.rule, above.rule):
        outlines = lab.outlines(context)
        if outlines.matches(below.rule.name).reads != outlines.matches(above.rule.name).reads:
            continue
        thresholds = Thresholds(context.plan, context.day)
        if all(
            any(
                (item.key, item.above, _line(item)) == (edge.threshold.key, edge.threshold.above, _line(edge.threshold))
                for item in thresholds.of_rule(edge.rule)
            )
            for edge in (below, above)
        ):
            yield context


def _axis(rule: CompiledRule) -> set[str]:
    """What a rule gives that others give in other measure: a level of a scale, an action with an amount."""
    level = {f"scale {rule.level[0]}"} if rule.level is not None else set()
    return level | {
        f"action {action.use.action} {action.use.by}" for action in rule.actions if action.values or action.use.written
    }


def _gives(rule: CompiledRule) -> object:
    """What a rule gives, with its measure."""
    written = Written()
    amounts = [
        f"{action.use.action} {sorted(action.use.written.items())} "
        f"{sorted((name, *(None if end is None else written.text(end) for end in ends)) for name, ends in action.values.items())}"
        for action in rule.actions
    ]
    return (rule.level, sorted(amounts))


def _compare(
    lab: Lab, below: Edge, above: Edge, step: Exact, ends: tuple[Exact, Exact], rules: list[CompiledRule]
) -> Iterator[Found]:
    (low, low_side), (high, high_side) = _line(below.threshold), _line(above.threshold)
    if _is_whole(below.threshold):
        pair = Neighbours(below, above, (low - 1, high), (low, high - 1), ends)
        value: Exact = Fraction(low + high - 1) // 2
        empty, shared, point = low < high, high < low, abs(low - high) == 1
    else:
        pair = Neighbours(below, above, (low - step, high + step), (low + step, high - step), ends)
        value, point = Fraction(low + high) / 2, low == high
        empty = low < high or (point and low_side == "upper" and high_side == "lower")
        shared = high < low or (point and low_side == "lower" and high_side == "upper")
    if not (empty or shared):
        return
    ask = _gap if empty else _overlap
    for context in _contexts(lab, below, above):
        found = list(ask(lab, context, pair, value, "at" if point else "between", rules))
        yield from found[:1]
        if found:
            return


def _gap(lab: Lab, context: Context, pair: Neighbours, value: Exact, where: str, rules: list[CompiledRule]) -> Iterator[Found]:
    axis = _axis(pair.below.rule) & _axis(pair.above.rule)
    packs = {pair.below.rule.pack, pair.above.rule.pack}
    reads = lab.outlines(context).matches(pair.below.rule.name).reads
    names = [
        rule.name
        for rule in rules
        if rule.name in context.plan.rules
        and _axis(rule) & axis
        and (rule.pack in packs or lab.outlines(context).matches(rule.name).reads == reads)
    ]

    def build(questions: Questions, subject: Subject) -> list[Any]:
        moved = mover(questions, subject, pair.below.threshold)
        if moved is None:
            return [False]
        one, other = (holds(questions.encoder.matches(subject, edge.rule.name)) for edge in (pair.below, pair.above))
        none = [neg(holds(questions.encoder.matches(subject, name))) for name in names]
        bands = [] if where == "at" else [pair.are_bands(moved, one, other)]
        return [moved.fixed(value), *pair.steps(moved, one, other), *none, *bands]

    def empty(evaluator: Evaluator, instance: Instance) -> bool:
        return (
            all(evaluator.matches(instance, name) is False for name in names)
            and stands_at(evaluator, instance, pair.below.threshold, value)
            and pair.confirmed(evaluator, instance)
        )

    parts = [lab.outlines(context).matches(name) for name in sorted({*names, pair.below.rule.name, pair.above.rule.name})]
    answer = lab.ask(_what("gap", pair, value), pair.below.rule.on, context, parts, build, empty, show=True)
    if answer.status == "possible":
        parties = (party(pair.above.rule), party(pair.below.rule))
        yield Finding("band_gap", parties, where, _args(pair, value), answer.case, "neither")
    elif answer.status != "impossible":
        yield Unchecked("band_gap", answer.status, (party(pair.above.rule), party(pair.below.rule)))


def _overlap(
    lab: Lab, context: Context, pair: Neighbours, value: Exact, where: str, _rules: list[CompiledRule]
) -> Iterator[Found]:
    names = [pair.below.rule.name, pair.above.rule.name]

    def build(questions: Questions, subject: Subject) -> list[Any]:
        moved = mover(questions, subject, pair.below.threshold)
        if moved is None:
            return [False]
        one, other = (holds(questions.encoder.truth(subject, name)) for name in names)
        in_order = [moved(one, pair.outside[1]), moved(other, pair.outside[0])]
        return [moved.fixed(value), one, other, *pair.steps(moved, one, other), *in_order, pair.are_bands(moved, one, other)]

    def both(evaluator: Evaluator, instance: Instance) -> bool:
        return all(evaluator.truth(instance, name) is True for name in names)

    parts = [lab.outlines(context).truth(name) for name in names]
    answer = lab.ask(_what("overlap", pair, value), pair.below.rule.on, context, parts, build, both, show=True)
    if answer.status == "possible":
        parties = (party(pair.above.rule), party(pair.below.rule))
        yield Finding("band_overlap", parties, where, _args(pair, value), answer.case, "both")
    elif answer.status != "impossible":
        yield Unchecked("band_overlap", answer.status, (party(pair.above.rule), party(pair.below.rule)))


def _what(kind: str, pair: Neighbours, value: Exact) -> str:
    """What is asked, for the memory of answers."""
    return f"{kind} {pair.below.threshold.key} {pair.inside} {pair.outside} {pair.ends} {value}"


def _args(pair: Neighbours, value: Exact) -> dict[str, str]:
    one, other = pair.below.threshold, pair.above.threshold
    return {
        "quantity": Written().text(one.expr), "value": shown(value, one),
        "one": shown(one.value, one), "other": shown(other.value, one),
    }  # fmt: skip


def shown(value: Exact, threshold: Threshold) -> str:
    """A number of a threshold with its unit; a day as a day."""
    if threshold.expr.type.name == "date":
        day = day_of(int(value))
        return day.isoformat() if day is not None else ""
    return f"{decimal_text(value)} {threshold.expr.type.unit.name}".strip()
