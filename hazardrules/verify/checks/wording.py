"""Bounds and units of a rule beside those of its own Chinese text."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hazardrules.model import expressions as ir
from hazardrules.verify.bounds_in_words import Bound, bounds_in, in_base_units, quantities_in
from hazardrules.verify.checks.bands import mover, shown
from hazardrules.verify.checks.common import party, rules_on
from hazardrules.verify.findings import Finding
from hazardrules.verify.terms import holds, neg
from hazardrules.verify.thresholds import Threshold, Thresholds, moved_to, stands_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.compiler.plan import CompiledRule
    from hazardrules.engines.reference import Evaluator
    from hazardrules.model.instances import Instance
    from hazardrules.model.units import Unit
    from hazardrules.verify.cases import Case
    from hazardrules.verify.findings import Found
    from hazardrules.verify.lab import Lab
    from hazardrules.verify.periods import Context
    from hazardrules.verify.solve import Questions
    from hazardrules.verify.world import Subject

_NUMERAL = re.compile(r"\d[\d,]*(?:\.\d+)?")


def check(lab: Lab, kind: str) -> Iterator[Found]:
    """Compare each threshold with the bounds of the same number in the text of its rule."""
    for rule in rules_on(lab, kind):
        bounds = bounds_in(_text(rule))
        context = lab.latest(rule) if bounds else None
        if context is None:
            continue
        seen: set[tuple[object, ...]] = set()
        thresholds = [item for item in Thresholds(context.plan, context.day).of_rule(rule) if item.expr.type.name == "number"]
        for threshold in thresholds:
            found = _contradicted(threshold, bounds, _counted(lab, threshold))
            key = (threshold.key, threshold.value, threshold.side)
            if found is not None and key not in seen:
                seen.add(key)
                case, at = _at_the_number(lab, context, rule, threshold)
                args = {
                    "words": found.words, "quantity": _written(threshold),
                    "value": shown(threshold.value, threshold), "op": _operator(threshold),
                }  # fmt: skip
                yield Finding("bound_wording", (party(rule),), found.side, args, case, at)
        yield from _units(rule, thresholds, bounds, quantities_in(_text(rule)))


def _text(rule: CompiledRule) -> str:
    parts = [rule.text.get("zh", ""), rule.rule.title.get("zh", ""), *(item.text.get("zh", "") for item in rule.rule.unless)]
    return "；".join(part for part in parts if part)


def _counted(lab: Lab, threshold: Threshold) -> set[str]:
    """What a number counts, in the words of its declaration."""
    expr = threshold.expr
    fact = lab.subjects[expr.kind].facts.get(expr.name) if isinstance(expr, ir.FactRef) else None
    return set(fact.counts.values()) if fact is not None and fact.counts else set()


def _contradicted(threshold: Threshold, bounds: list[Bound], counted: set[str]) -> Bound | None:
    """The bound whose number is the threshold's and goes to the other side; None where one of the text agrees."""
    unit = threshold.expr.type.unit
    against: Bound | None = None
    for value, side in _same(threshold):
        for bound in bounds:
            dimension = bound.unit.dimension if bound.unit is not None else ()
            if dimension != unit.dimension or in_base_units(bound.number, bound.unit) != value * unit.factor:
                continue
            if counted and bound.counted and bound.counted not in counted:
                continue
            if bound.side == side:
                return None
            against = against or bound
    return against


def _same(threshold: Threshold) -> list[tuple[Fraction, str]]:
    """A threshold in the ways it can be said: of whole numbers, above 2 is 3 or more."""
    found = [(Fraction(threshold.value), str(threshold.side))]
    if threshold.expr.type.integer and isinstance(threshold.value, int):
        found.append(
            (
                Fraction(threshold.value + (1 if threshold.side == "lower" else -1)),
                "upper" if threshold.side == "lower" else "lower",
            )
        )
    return found


def _units(
    rule: CompiledRule, thresholds: list[Threshold], bounds: list[Bound], quantities: list[tuple[Fraction, Unit]]
) -> Iterator[Found]:
    """A number of the text that stands in the rule with another unit of the same kind."""
    for bound in bounds:
        if bound.unit is None or not bound.unit.dimension:
            continue
        alike = [item for item in thresholds if item.expr.type.unit.dimension == bound.unit.dimension]
        meant = in_base_units(bound.number, bound.unit)
        if any(item.value * item.expr.type.unit.factor == meant for item in alike):
            continue
        for item in alike:
            if any(unit.dimension == bound.unit.dimension and number * unit.factor == item.value * item.expr.type.unit.factor
                   for number, unit in quantities):  # fmt: skip
                continue
            numeral = _NUMERAL.match(item.const.written)
            if numeral is not None and Fraction(numeral.group().replace(",", "")) == bound.number:
                args = {"words": bound.words, "written": item.const.written, "quantity": _written(item)}
                yield Finding("unit_wording", (party(rule),), "", args)
                break


def _at_the_number(lab: Lab, context: Context, rule: CompiledRule, threshold: Threshold) -> tuple[Case | None, str]:
    """Facts with the number itself, for which the rule hangs on it; and what it says of them."""
    there = threshold.above == (threshold.side == "upper")
    step = 1 if threshold.expr.type.integer else Fraction(1, 1000)
    beyond = threshold.value + (-step if threshold.side == "upper" else step)

    def build(questions: Questions, subject: Subject) -> list[Any]:
        moved = mover(questions, subject, threshold)
        if moved is None:
            return [False]
        match = holds(questions.encoder.matches(subject, rule.name))
        other = moved(match, beyond)
        return [moved.fixed(threshold.value), match if there else neg(match), neg(other) if there else other]

    outlines = [lab.outlines(context).matches(rule.name)]
    what = f"at {threshold.key} {threshold.value} {threshold.side}"

    def hangs_on_it(evaluator: Evaluator, instance: Instance) -> bool:
        return (
            evaluator.matches(instance, rule.name) is there
            and stands_at(evaluator, instance, threshold, threshold.value)
            and moved_to(evaluator, instance, threshold, beyond, lambda moved: moved.matches(instance, rule.name) is (not there))
        )

    answer = lab.ask(what, rule.on, context, outlines, build, hangs_on_it, show=True)
    return answer.case, "holds" if there else "fails"


def _written(threshold: Threshold) -> str:
    from hazardrules.written import Written  # noqa: PLC0415 - only for a finding

    return Written().text(threshold.expr)


def _operator(threshold: Threshold) -> str:
    """How the rule draws the line."""
    return {"upper": ">=, <", "lower": ">, <="}[threshold.side]
