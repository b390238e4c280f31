"""Rows of Arrow tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hazardrules.columnar.arrow_in import Layout, Reading, cells, table_problems
from hazardrules.columnar.arrow_types import plain_array, plain_schema
from hazardrules.columnar.table import Law, Options, Read
from hazardrules.intake.cases import KEYS
from hazardrules.intake.problems import Problem, Problems, Refused, nearest_names, shown
from hazardrules.intake.values import read_day

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hazardrules.columnar.tape import Array


class ArrowColumns:
    """Which columns of a schema are what."""

    def __init__(self, law: Law, options: Options, schema: pa.Schema) -> None:
        """Find the facts among the columns.

        Raises:
            FactsError: A column is no fact; carries every problem of the schema.
        """
        given, schema = schema, plain_schema(schema)
        self.law, self.options, self.schema = law, options, schema
        self._odd = [number for number, field in enumerate(schema) if field.type != given.field(number).type]
        problems = Problems()
        self.day, self.place = self._entry("as_of"), self._entry("jurisdiction")
        if options.day is None and self.day is None:
            problems.add("as_of", "intake.no_as_of")
        for name in options.keep:
            if name not in schema.names:
                hints = nearest_names(name, {column: column for column in schema.names})
                problems.add(shown(name), "intake.no_column", hints, given=shown(name))
            elif schema.names.count(name) > 1:
                problems.add(shown(name), "intake.given_twice", given=shown(name))
        self.facts = [number for number, name in enumerate(schema.names) if self._is_fact(number, name)]
        self.layout = Layout(law.intake, options.kind, [schema.field(number) for number in self.facts], problems)
        table_problems(problems)

    def plain(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Rows in the types of `schema`, which is that of the table with plain types."""
        if not self._odd:
            return batch
        arrays = batch.columns
        for number in self._odd:
            arrays[number] = plain_array(arrays[number])
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _is_known(self, number: int) -> bool:
        name, kind = self.schema.names[number], self.options.kind
        if pa.types.is_struct(self.schema.field(number).type) and name in self.law.intake.forms[kind].groups:
            return True
        return self.law.intake.find_member(kind, name) is not None

    def _entry(self, wanted: str) -> int | None:
        """The column of an entry of a case beside its facts; a name that is both is the fact."""
        for number, name in enumerate(self.schema.names):
            if KEYS.get(name) == wanted and not self._is_known(number):
                return number
        return None

    def _is_fact(self, number: int, name: str) -> bool:
        if number in (self.day, self.place):
            return False
        return name not in self.options.keep or self._is_known(number)


class ArrowRows:
    """Some rows of an Arrow table."""

    def __init__(self, columns: ArrowColumns, batch: pa.RecordBatch) -> None:
        """Keep the rows.

        Args:
            columns: What the columns are.
            batch: The rows.
        """
        self.columns, self.batch, self.count = columns, columns.plain(batch), batch.num_rows

    def take(self, rows: Array) -> ArrowRows:
        """Some of the rows."""
        return ArrowRows(self.columns, self.batch.take(pa.array(rows)))

    def read(self) -> Read:
        """Their facts."""
        columns = self.columns
        reading = Reading(columns.law.intake)
        block = reading.root(columns.layout, [self.batch.column(number) for number in columns.facts], self.count)
        problems = reading.problems()
        return Read(block, self._days(problems), self._places(problems), problems)

    def kept(self, name: str, rows: Array) -> pa.Array:
        """A column that is carried into the result, for some of the rows."""
        column = self.batch.column(self.columns.schema.get_field_index(name))
        return column if len(rows) == self.count else column.take(pa.array(rows))

    def originals(self, rows: Array) -> pa.Table:
        """Some of the rows as they were given."""
        return pa.Table.from_batches([self.batch.take(pa.array(rows))])

    def _days(self, problems: dict[int, list[Problem]]) -> Array | None:
        """The day of each row as an ordinal; None where all have the same."""
        if self.columns.options.day is not None or self.columns.day is None:
            return None
        words, codes = cells(self.batch.column(self.columns.day))
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
                problems.setdefault(row, []).append(problem)
        found: Array = days[codes]
        return found

    def _places(self, problems: dict[int, list[Problem]]) -> list[str | None] | None:
        """The place of each row; None where all have the same."""
        if self.columns.options.place is not None or self.columns.place is None:
            return None
        words, codes = cells(self.batch.column(self.columns.place))
        known = self.columns.law.compiled.source.jurisdictions
        for number, word in enumerate(words):
            if word is not None and not (isinstance(word, str) and word.strip() in known):
                problem = unknown_place(word, known)
                for row in np.flatnonzero(codes == number).tolist():
                    problems.setdefault(row, []).append(problem)
        clean = [word.strip() if isinstance(word, str) else None for word in words]
        return [clean[code] for code in codes.tolist()]


def unknown_place(word: object, known: Iterable[str]) -> Problem:
    """A jurisdiction that the rulebook does not know."""
    hints = nearest_names(word, {place: place for place in known}) if isinstance(word, str) else []
    return Problem("jurisdiction", "intake.not_jurisdiction", {"given": shown(word)}, tuple(hints))
