"""Rows for a vocabulary, drawn by seed: what rules compare a fact with, a little more, a little less, and gaps."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hazardrules.model import expressions as ir

if TYPE_CHECKING:
    import hazardrules
    from hazardrules.model.subjects import FactDeclaration

MAX_DEPTH = 2


class Drawn:
    """Draws rows for the kinds of subject of a rulebook."""

    def __init__(self, book: hazardrules.Rulebook, seed: int, share: float = 0.6) -> None:
        """Collect the values of the law.

        Args:
            book: The rulebook.
            seed: The same seed draws the same rows.
            share: How many of the facts of a row are given, about.
        """
        self.book, self.share = book, share
        self.chance = random.Random(seed)  # noqa: S311 - rows for tests, not a secret
        self.marks: dict[tuple[str, str], set[Any]] = {}
        compiled = book.compiled
        exprs = [
            expr for rule in compiled.rules.values() for expr in (rule.when, *rule.unless, *([rule.scope] if rule.scope else []))
        ]
        exprs += [derived.expr for derived in compiled.derived.values()]
        for expr in exprs:
            for item in ir.walk(expr):
                if isinstance(item, ir.Compare):
                    for one, other in ((item.left, item.right), (item.right, item.left)):
                        if isinstance(one, ir.FactRef) and isinstance(other, ir.Const):
                            self.marks.setdefault((one.kind, one.name), set()).add(other.value)

    def row(self, kind: str, depth: int = 0) -> dict[str, Any]:
        """Facts of a subject, and of its parts."""
        subject = self.book.compiled.source.subjects[kind]
        share = self.chance.choice((self.share, self.share, 0.95, 0.1))
        row = {name: self.value(kind, fact) for name, fact in subject.facts.items() if self.chance.random() < share}
        if depth < MAX_DEPTH:
            for part in subject.parts.values():
                if self.chance.random() < share:
                    count = 1 if part.one else self.chance.choice((0, 1, 1, 2, 4))
                    inside = [self.row(part.of, depth + 1) for _ in range(count)]
                    row[part.name] = inside[0] if part.one else inside
        return row

    def value(self, kind: str, fact: FactDeclaration) -> Any:
        """A value that the intake takes."""
        chance, marks = self.chance, sorted(self.marks.get((kind, fact.name), ()), key=str)
        match fact.type.name:
            case "bool":
                return chance.random() < 0.5
            case "number":
                return self._number(fact, marks)
            case "date":
                day = (
                    chance.choice(marks)
                    if marks and chance.random() < 0.5
                    else date(2024, 3, 15) - timedelta(days=chance.randrange(1500))
                )
                return day + timedelta(days=chance.choice((-1, 0, 0, 1)))
            case "datetime":
                return datetime(2024, 3, 14, 8, 30) + timedelta(minutes=chance.choice((0, 30, 60, 61, 120, 1440)))
            case "enum":
                return chance.choice(fact.type.options)
            case "set":
                return chance.sample(fact.type.options, chance.randrange(min(4, len(fact.type.options) + 1)))
            case _:
                return chance.choice(["some text", *map(str, marks)])

    def _number(self, fact: FactDeclaration, marks: list[Any]) -> Any:
        chance = self.chance
        exact = [mark for mark in marks if mark.denominator in (1, 2, 4, 5, 10, 20, 100)]
        low = fact.minimum if fact.minimum is not None else Fraction(0)
        high = fact.maximum if fact.maximum is not None else low + 30
        if exact and chance.random() < 0.7:
            number = chance.choice(exact) + chance.choice(
                (0, 0, 0, 1, -1) if fact.type.integer else (0, 0, 0, Fraction(1, 100), -Fraction(1, 100))
            )
        else:
            number = low + (high - low) * Fraction(chance.randrange(101), 100)
        number = max(low, number if fact.maximum is None else min(number, high))
        if fact.type.integer:
            return int(number)
        return Decimal(round(number * 10_000)) / 10_000
