"""The engines that must agree with the reference. A new engine is one entry of `CONTENDERS`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from hazardrules.api import ENGINES, usable_engines
from hazardrules.compiler.plan import Plan
from hazardrules.engines import bitset
from hazardrules.engines.base import Verdict
from hazardrules.engines.reference import Evaluator
from hazardrules.model.instances import Instance

Verdicts = list[Verdict]
Judge = Callable[[Plan, Sequence[Instance], date], list[Verdicts]]


@dataclass(frozen=True, slots=True)
class Contender:
    """Something that judges subjects.

    Attributes:
        name: What it is called.
        judge: Judges subjects of one kind under one plan on one day, all at once, so that tables can be judged as tables.
        every: Where it is slow: it judges each n-th rulebook, or each n-th batch of the law.
    """

    name: str
    judge: Judge
    every: int = 1


def one_by_one(name: str) -> Judge:
    """An engine for single cases."""
    engine = ENGINES[name]
    return lambda plan, roots, day: [engine.evaluate(plan, root, day) for root in roots]


SLOW = {"durable": 2}
CONTENDERS = [Contender(name, one_by_one(name), SLOW.get(name, 1)) for name in usable_engines() if name != "reference"]
CONTENDERS.append(Contender("bit sets", lambda plan, roots, day: [bitset.judge(plan, root, day) for root in roots]))
"""Few plain rules are judged otherwise by the generated engine: a line of code per rule; both ways must agree."""
reference = one_by_one("reference")

Said = dict[str, tuple[object, ...]]


def said(verdicts: Verdicts) -> Said:
    """What an engine says, by path of the subject: rules that hold, that are open, that only wait for another."""
    return {one.instance.path: (one.holds, one.undetermined, one.but_for) for one in verdicts}


def open_scopes(plan: Plan, root: Instance, day: date, verdicts: Verdicts) -> dict[str, frozenset[str]]:
    """By path: the open rules of which neither the scope nor the condition is known to be met."""
    evaluator = Evaluator(plan, root, day)
    found: dict[str, frozenset[str]] = {}
    for one in verdicts:
        rules = [plan.rules[name] for name in one.undetermined]
        found[one.instance.path] = frozenset(
            rule.name
            for rule in rules
            if rule.scope is not None
            and evaluator.condition(rule.scope, one.instance) is None
            and evaluator.condition(rule.when, one.instance) is not True
        )
    return found
