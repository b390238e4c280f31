"""A table of subjects under the law of its days: the verb behind `Rulebook.classify_table`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from hazardrules.columnar.answers import Judged
from hazardrules.columnar.arrow_in import Layout, Reading, cells, table_problems
from hazardrules.columnar.program import Program, compiled_program
from hazardrules.intake.cases import KEYS
from hazardrules.intake.problems import Problem, Problems, Refused, nearest_names, shown
from hazardrules.intake.values import read_day

if TYPE_CHECKING:
    from hazardrules.columnar.frames import Block
    from hazardrules.columnar.tape import Array
    from hazardrules.compiler.plan import Compiled, Plan
    from hazardrules.intake.reader import Intake


@dataclass(frozen=True, slots=True)
class Options:
    """How the rows of a table are judged.

    Attributes:
        kind: What a row is.
        day: The day of every row; None where the column `as_of` says it.
        place: The place of every row; None where the column `jurisdiction` says it, or for the law of the whole country.
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


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of some rows of a table.

    Attributes:
        given: The rows as they were given.
        judged: The rows that could be read, perhaps in several pieces.
        rejected: What is wrong with each of the others, by their number among `given`.
        first: The number of the first row in the table.
    """

    given: pa.RecordBatch
    judged: list[Judged]
    rejected: dict[int, list[Problem]]
    first: int


class TableClassifier:
    """Judges batches of one schema; programs are compiled once per period of the law."""

    def __init__(self, compiled: Compiled, intake: Intake, options: Options, schema: pa.Schema) -> None:
        """Find the facts among the columns.

        Args:
            compiled: The rulebook.
            intake: Knows the names.
            options: How rows are judged.
            schema: The columns.

        Raises:
            FactsError: A column is no fact; carries every problem of the schema.
        """
        self.compiled, self.intake, self.options, self.schema = compiled, intake, options, schema
        self._programs: dict[tuple[int, bool], Program] = {}
        self._lock = Lock()
        problems = Problems()
        self._day, self._place = self._entry("as_of"), self._entry("jurisdiction")
        if options.day is None and self._day is None:
            problems.add("as_of", "intake.no_as_of")
        for name in options.keep:
            if name not in schema.names:
                hints = nearest_names(name, {column: column for column in schema.names})
                problems.add(shown(name), "intake.no_column", hints, given=shown(name))
        self._facts = [number for number, name in enumerate(schema.names) if self._is_fact(number, name)]
        self._layout = Layout(intake, options.kind, [schema.field(number) for number in self._facts], problems)
        table_problems(problems)

    def _is_known(self, number: int) -> bool:
        name = self.schema.names[number]
        if pa.types.is_struct(self.schema.field(number).type) and name in self.intake.forms[self.options.kind].groups:
            return True
        return self.intake.find_member(self.options.kind, name) is not None

    def _entry(self, wanted: str) -> int | None:
        """The column of an entry of a case beside its facts; a name that is both is the fact."""
        for number, name in enumerate(self.schema.names):
            if KEYS.get(name) == wanted and not self._is_known(number):
                return number
        return None

    def _is_fact(self, number: int, name: str) -> bool:
        if number in (self._day, self._place):
            return False
        return name not in self.options.keep or self._is_known(number)

    # batches

    def classify(self, batch: pa.RecordBatch, first: int = 0) -> Batch:
        """Judge some rows.

        Args:
            batch: The rows.
            first: The number of the first in the table.
        """
        block, days, places, rejected = self._read(batch)
        rows = np.arange(batch.num_rows)
        if rejected:
            good = np.ones(batch.num_rows, np.bool_)
            good[list(rejected)] = False
            rows = np.flatnonzero(good)
            block, days, places, _ = self._read(batch.take(pa.array(rows)))
        judged = [] if not len(rows) else [self._judge(*group) for group in self._groups(batch, block, rows, days, places, first)]
        return Batch(batch, judged, rejected, first)

    def _read(self, batch: pa.RecordBatch) -> tuple[Block, Array | None, list[str | None] | None, dict[int, list[Problem]]]:
        reading = Reading(self.intake)
        block = reading.root(self._layout, [batch.column(number) for number in self._facts], batch.num_rows)
        rejected = reading.problems()
        days = self._days(batch, rejected)
        places = self._places(batch, rejected)
        return block, days, places, rejected

    def _days(self, batch: pa.RecordBatch, rejected: dict[int, list[Problem]]) -> Array | None:
        """The day of each row as an ordinal; None where all have the same."""
        if self.options.day is not None or self._day is None:
            return None
        words, codes = cells(batch.column(self._day))
        days = np.zeros(len(words), np.int64)
        for number, word in enumerate(words):
            problem = Problem("as_of", "intake.no_as_of")
            if word is not None:
                try:
                    days[number] = read_day(word).toordinal()
                    continue
                except Refused as refused:
                    problem = refused.at("as_of")
            for row in np.flatnonzero(codes == number).tolist():
                rejected.setdefault(row, []).append(problem)
        found: Array = days[codes]
        return found

    def _places(self, batch: pa.RecordBatch, rejected: dict[int, list[Problem]]) -> list[str | None] | None:
        """The place of each row; None where all have the same."""
        if self.options.place is not None or self._place is None:
            return None
        words, codes = cells(batch.column(self._place))
        known = self.compiled.source.jurisdictions
        for number, word in enumerate(words):
            if word is None or (isinstance(word, str) and word.strip() in known):
                continue
            hints = nearest_names(word, {place: place for place in known}) if isinstance(word, str) else []
            problem = Problem("jurisdiction", "intake.not_jurisdiction", {"given": shown(word)}, tuple(hints))
            for row in np.flatnonzero(codes == number).tolist():
                rejected.setdefault(row, []).append(problem)
        clean = [word.strip() if isinstance(word, str) else None for word in words]
        return [clean[code] for code in codes.tolist()]

    def _groups(
        self, batch: pa.RecordBatch, block: Block, rows: Array, days: Array | None, places: list[str | None] | None, first: int
    ) -> list[tuple[Plan, Block, Array]]:
        """Rows that are judged by the same law."""
        if days is None and places is None:
            assert self.options.day is not None  # asked for when the columns were looked at
            return [(self.compiled.in_force(self.options.day, self.options.place), block, rows + first)]
        plans, codes = self._plans(days, places, len(rows))
        block.days = days
        if len(plans) == 1:
            return [(plans[0], block, rows + first)]
        found = []
        for number, plan in enumerate(plans):
            at = np.flatnonzero(codes == number)
            piece, piece_days, _, _ = self._read(batch.take(pa.array(rows[at])))
            piece.days = piece_days
            found.append((plan, piece, rows[at] + first))
        return found

    def _plans(self, days: Array | None, places: list[str | None] | None, count: int) -> tuple[list[Plan], Array]:
        """The laws that apply, and for each row which."""
        numbers: dict[int, int] = {}
        plans: list[Plan] = []
        by_key: dict[tuple[Any, Any], int] = {}
        every_day = [None] * count if days is None else days.tolist()
        every_place = [self.options.place] * count if places is None else places
        codes = np.zeros(count, np.int64)
        for row, key in enumerate(zip(every_day, every_place, strict=True)):
            code = by_key.get(key)
            if code is None:
                day = self.options.day if key[0] is None else date.fromordinal(key[0])
                assert day is not None  # asked for when the columns were looked at
                plan = self.compiled.in_force(day, key[1])
                code = by_key[key] = numbers.setdefault(id(plan), len(plans))
                if code == len(plans):
                    plans.append(plan)
            codes[row] = code
        return plans, codes

    def _judge(self, plan: Plan, block: Block, rows: Array) -> Judged:
        return Judged(self._program(plan, block), block, rows)

    def _program(self, plan: Plan, block: Block) -> Program:
        """The program of a plan for the columns that were met so far."""
        shape = block.shape()
        key = (id(plan), shape.dated)
        with self._lock:
            found = self._programs.get(key)
            wanted = shape if found is None else shape.joined(found.shape)
            if found is None or wanted != found.shape:
                day = date.fromordinal(int(block.days[0])) if block.days is not None else self.options.day
                assert day is not None  # asked for when the columns were looked at
                found = self._programs[key] = compiled_program(plan, wanted, day, self.options.packs)
        return found
