"""Judges rows under the law of their days, wherever the rows come from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from hazardrules.columnar.answers import Judged, as_array
from hazardrules.columnar.program import Program, compiled_program
from hazardrules.diagnostics import nearest
from hazardrules.errors import LookupFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pyarrow as pa

    from hazardrules.columnar.frames import Block
    from hazardrules.columnar.tape import Array
    from hazardrules.compiler.plan import Compiled, Plan
    from hazardrules.intake.problems import Problem
    from hazardrules.intake.reader import Intake
    from hazardrules.model.instances import Instance


@dataclass(frozen=True, slots=True)
class Options:
    """How rows are judged.

    Attributes:
        kind: What a row is.
        day: The day of every row; None where the row says it.
        place: The place of every row; None where the row says it, or for the law of the whole country.
        packs: Only these; None for all.
        keep: Columns that are carried into the result.
        lang: The language of reasons.
    """

    kind: str
    day: date | None
    place: str | None
    packs: frozenset[str] | None
    keep: tuple[str, ...]
    lang: str


def options_of(
    compiled: Compiled,
    kind: str,
    *,
    day: date | None,
    packs: frozenset[str] | None,
    jurisdiction: str | None = None,
    keep: Iterable[str] = (),
    lang: str | None = None,
) -> Options:
    """Options, looked up.

    Raises:
        LookupFailedError: No such place or language.
    """
    source = compiled.source
    if jurisdiction is not None and jurisdiction not in source.jurisdictions:
        raise LookupFailedError("jurisdiction", jurisdiction, nearest(jurisdiction, source.jurisdictions))
    language = lang if lang is not None else source.default_language
    if language not in source.languages:
        raise LookupFailedError("language", language, source.languages)
    return Options(kind, day, jurisdiction, packs, (keep,) if isinstance(keep, str) else tuple(keep), language)


@dataclass(frozen=True, slots=True)
class Law:
    """What rows are judged by.

    Attributes:
        compiled: The rulebook.
        intake: Knows names and reads values.
        assume: Completes a case whose submitter states that nothing else was wrong.
    """

    compiled: Compiled
    intake: Intake
    assume: Callable[[Instance, Any], Instance]


class Read(NamedTuple):
    """Rows that were read.

    Attributes:
        block: The facts.
        days: The day of each row as an ordinal; None where all have the same.
        places: The place of each row; None where all have the same.
        problems: What is wrong, by row; such rows say nothing in the block.
    """

    block: Block
    days: Array | None
    places: list[str | None] | None
    problems: dict[int, list[Problem]]


class Rows(Protocol):
    """Rows as they were given."""

    count: int

    def take(self, rows: Array) -> Rows:
        """Some of the rows."""

    def read(self) -> Read:
        """Their facts."""

    def kept(self, name: str, rows: Array) -> pa.Array:
        """A column that is carried into the result, for some of the rows."""

    def originals(self, rows: Array) -> pa.Table:
        """Some of the rows as they were given."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of some rows.

    Attributes:
        given: The rows as they were given.
        judged: The rows that could be read, perhaps in several pieces.
        rejected: What is wrong with each of the others, by their number among `given`.
        first: The number of the first row.
    """

    given: Rows
    judged: list[Judged]
    rejected: dict[int, list[Problem]]
    first: int

    @property
    def good(self) -> Array:
        """The numbers among `given` of the rows that were judged."""
        good = np.ones(self.given.count, np.bool_)
        good[list(self.rejected)] = False
        return np.flatnonzero(good)


class TableClassifier:
    """Judges batches of rows; programs are compiled once per period of the law and kind of columns."""

    def __init__(self, law: Law, options: Options) -> None:
        """Keep what rows are judged by, and how."""
        self.law, self.options = law, options
        self._programs: dict[tuple[Any, ...], Program] = {}
        self._lock = Lock()

    def classify(self, given: Rows, first: int = 0) -> Batch:
        """Judge some rows.

        Args:
            given: The rows.
            first: The number of the first.
        """
        if not given.count:
            return Batch(given, [], {}, first)
        found = given.read()
        batch = Batch(given, [], found.problems, first)
        rows: Array | range
        if found.problems:
            good = batch.good
            found = _some(given, found, good) if len(good) else found
            given = given.take(good)
            rows = good + first
        else:
            rows = range(first, first + given.count)
        if given.count:
            batch.judged.extend(self._judge(*group) for group in self._groups(given, found, rows))
        return batch

    def _groups(self, given: Rows, found: Read, rows: Array | range) -> list[tuple[Plan, Block, Array | range]]:
        """Rows that are judged by the same law."""
        if found.days is None and found.places is None:
            assert self.options.day is not None  # asked for when the columns were looked at
            return [(self.law.compiled.in_force(self.options.day, self.options.place), found.block, rows)]
        plans, codes = self._plans(found, len(rows))
        found.block.days = found.days
        if len(plans) == 1:
            return [(plans[0], found.block, rows)]
        groups: list[tuple[Plan, Block, Array | range]] = []
        numbers = as_array(rows)
        for number, plan in enumerate(plans):
            at = np.flatnonzero(codes == number)
            piece = _some(given, found, at)
            piece.block.days = piece.days
            groups.append((plan, piece.block, numbers[at]))
        return groups

    def _plans(self, found: Read, count: int) -> tuple[list[Plan], Array]:
        """The laws that apply, and for each row which."""
        numbers: dict[int, int] = {}
        plans: list[Plan] = []
        by_key: dict[tuple[Any, Any], int] = {}
        days = [None] * count if found.days is None else found.days.tolist()
        places = [self.options.place] * count if found.places is None else found.places
        codes = np.zeros(count, np.int64)
        for row, key in enumerate(zip(days, places, strict=True)):
            code = by_key.get(key)
            if code is None:
                day = self.options.day if key[0] is None else date.fromordinal(key[0])
                assert day is not None  # asked for when the columns were looked at
                plan = self.law.compiled.in_force(day, key[1])
                code = by_key[key] = numbers.setdefault(id(plan), len(plans))
                if code == len(plans):
                    plans.append(plan)
            codes[row] = code
        return plans, codes

    def _judge(self, plan: Plan, block: Block, rows: Array | range) -> Judged:
        return Judged(self._program(plan, block), block, rows)

    def _program(self, plan: Plan, block: Block) -> Program:
        """The program of a plan for the columns that were met so far."""
        shape = block.shape()
        key = (id(plan), shape.dated, *((frame.kind, frame.parent, frame.part) for frame in shape.frames))
        with self._lock:
            found = self._programs.get(key)
            wanted = shape if found is None else shape.joined(found.shape)
            if found is None or wanted != found.shape:
                day = date.fromordinal(int(block.days[0])) if block.days is not None else self.options.day
                assert day is not None  # asked for when the columns were looked at
                found = self._programs[key] = compiled_program(plan, wanted, day, self.options.packs)
        return found


def _some(given: Rows, found: Read, rows: Array) -> Read:
    """Some of the rows that were read; those with parts are read again."""
    if len(found.block.frames) > 1:
        return given.take(rows).read()
    days = None if found.days is None else found.days[rows]
    places = None if found.places is None else [found.places[row] for row in rows.tolist()]
    return Read(found.block.take(rows), days, places, {})
