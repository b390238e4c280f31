"""The workload of the benchmarks, as data: 40 typed facts, rules over them, cases. The same seed gives the same workload.

A condition is a nested tuple: `("is", fact, truth)`, `("compare", fact, op, number)`, `("in", fact, options)`,
`("meets", fact, options)`, `("not", condition)`, `("any", conditions)`. A rule holds where all of its conditions hold.
"""

from __future__ import annotations

import operator
import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

SEED = 20260101
MISSING = 0.1
OPTIONS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta")
FACTS: dict[str, str] = {
    **{f"flag_{n}": "bool" for n in range(12)},
    **{f"count_{n}": "integer" for n in range(8)},
    **{f"size_{n}": "decimal" for n in range(8)},
    **{f"kind_{n}": "enum" for n in range(8)},
    **{f"uses_{n}": "set" for n in range(4)},
}
OPERATORS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}

Condition = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: it holds where all its conditions hold."""

    name: str
    level: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Workload:
    """Rules, cases in which every fact is known, and the same cases with a tenth of the facts missing."""

    rules: tuple[Rule, ...]
    complete: tuple[dict[str, Any], ...]
    gaps: tuple[dict[str, Any], ...]

    def match_rate(self) -> float:
        """The share of rules that hold, over the complete cases."""
        held = sum(len(expected(self.rules, case)) for case in self.complete)
        return held / (len(self.rules) * len(self.complete))


def workload(rules: int, cases: int = 200, seed: int = SEED) -> Workload:
    """Draw a workload; a smaller one is the beginning of a larger one."""
    chance = random.Random(f"{seed}:cases")  # noqa: S311 - a workload, not a secret
    complete = tuple({name: _value(chance, kind) for name, kind in FACTS.items()} for _ in range(cases))
    gaps = tuple({name: value for name, value in case.items() if chance.random() >= MISSING} for case in complete)
    chance = random.Random(f"{seed}:rules")  # noqa: S311 - see above
    drawn = tuple(_rule(chance, number) for number in range(rules))
    return Workload(drawn, complete, gaps)


def _value(chance: random.Random, kind: str) -> Any:
    match kind:
        case "bool":
            return chance.random() < 0.5
        case "integer":
            return chance.randrange(100)
        case "decimal":
            return Decimal(chance.randrange(10_000)) / 100
        case "enum":
            return chance.choice(OPTIONS)
        case _:
            return tuple(option for option in OPTIONS if chance.random() < 1 / 3)


def _rule(chance: random.Random, number: int) -> Rule:
    conditions = tuple(_condition(chance) for _ in range(chance.choice((2, 3, 4, 4, 5, 5))))
    return Rule(f"rule_{number}", chance.choice(("general", "general", "major")), conditions)


def _condition(chance: random.Random) -> Condition:
    roll = chance.random()
    if roll < 0.7:
        return _atom(chance)
    if roll < 0.85:
        return ("any", tuple(_atom(chance, 0.25) for _ in range(chance.choice((2, 3)))))
    if roll < 0.93:
        return ("not", ("any", tuple(_atom(chance, 0.3) for _ in range(2))))
    return ("not", _atom(chance, 0.6))


def _atom(chance: random.Random, rate: float = 0.35) -> Condition:
    """A test of one fact that holds with about the given probability (a flag: a half)."""
    name, kind = chance.choice(tuple(FACTS.items()))
    some = max(1, round(rate * len(OPTIONS)))
    match kind:
        case "bool":
            return ("is", name, chance.random() < 0.5)
        case "integer":
            op = chance.choice(tuple(OPERATORS))
            return ("compare", name, op, round(100 * rate) if op in "<=" else round(100 * (1 - rate)) + chance.randrange(-5, 6))
        case "decimal":
            op = chance.choice(tuple(OPERATORS))
            share = Decimal(str(rate if op in "<=" else 1 - rate)) * 100
            return ("compare", name, op, share + Decimal(chance.randrange(-500, 500)) / 100)
        case "enum":
            return ("in", name, tuple(chance.sample(OPTIONS, some)))
        case _:
            return ("meets", name, tuple(chance.sample(OPTIONS, chance.choice((1, 1, 2)))))


def expected(rules: tuple[Rule, ...], case: dict[str, Any]) -> frozenset[str]:
    """The rules that hold in a complete case, found by walking the data: what every contender must say."""
    return frozenset(rule.name for rule in rules if all(holds(condition, case) for condition in rule.conditions))


def holds(condition: Condition, case: dict[str, Any]) -> bool:
    """Whether a condition holds in a complete case."""
    match condition:
        case ("is", name, truth):
            return case[name] is truth
        case ("compare", name, op, number):
            return bool(OPERATORS[op](case[name], number))
        case ("in", name, options):
            return case[name] in options
        case ("meets", name, options):
            return any(option in case[name] for option in options)
        case ("not", inner):
            return not holds(inner, case)
        case ("any", items):
            return any(holds(item, case) for item in items)
    raise ValueError(condition)
