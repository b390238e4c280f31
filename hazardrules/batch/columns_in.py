"""Parquet and CSV: record batches -> pieces of so many rows."""

from __future__ import annotations

import json
from collections import deque
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hazardrules.batch.csv_text import CsvText
from hazardrules.batch.files import refuse, unusable
from hazardrules.batch.pieces import Cut, Mark, Piece, json_ready
from hazardrules.columnar.arrow_rows import ArrowColumns, ArrowRows
from hazardrules.columnar.run import blocks
from hazardrules.errors import FactsError
from hazardrules.intake.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hazardrules.batch.files import Form, Input
    from hazardrules.columnar.table import Law, Options
    from hazardrules.columnar.tape import Array

ROWS = 65_536
"""So many rows are a piece: their answers, with some dozens of names a row, are what takes memory."""
_BATCH = 65_536


class Columns:
    """What the columns of a file are."""

    def __init__(self, file: Input, law: Law, options: Options, schema: pa.Schema) -> None:
        """Find the facts among the columns.

        Raises:
            FactsError: A column is no fact; carries every problem of the file.
        """
        try:
            self.found = ArrowColumns(law, options, schema)
        except FactsError as error:
            raise FactsError([replace(problem, place=file.name) for problem in error.problems]) from error
        self.schema = schema
        self.kept = {name: self.found.schema.field(name).type for name in options.keep}

    def piece(self, table: pa.Table, **about: Any) -> Piece:
        """A piece of some rows."""
        rows = [ArrowRows(self.found, batch) for batch, _ in blocks(table)]
        given = pa.Table.from_batches([some.batch for some in rows], self.found.schema)
        return Piece(
            count=table.num_rows + len(about.get("cut", ())),
            blocks=list(rows),
            given=lambda places: row_texts(given, places),
            **about,
        )

    def empty(self, **about: Any) -> Piece:
        """A piece without rows: a file that has none still has columns."""
        return self.piece(self.schema.empty_table(), first=0, number=0, is_last=True, **about)


def row_texts(table: pa.Table, places: list[int]) -> list[str]:
    """Rows as JSON, without what is null."""
    taken = table.take(pa.array(places, pa.int64()))
    columns = [[json_ready(value) for value in column.to_pylist()] for column in taken.columns]
    rows = [dict(zip(table.column_names, values, strict=True)) for values in zip(*columns, strict=True)]
    return [json.dumps({n: v for n, v in row.items() if v is not None}, ensure_ascii=False) for row in rows]


class ParquetSource:
    """A Parquet file."""

    def __init__(self, file: Input, law: Law, options: Options) -> None:
        """Look at the columns.

        Raises:
            BatchError: It cannot be read.
            FactsError: A column is no fact.
        """
        self.file = file
        with reading(file):
            self.opened = pq.ParquetFile(file.path, memory_map=True, pre_buffer=False, buffer_size=1 << 20)
        self.size = file.path.stat().st_size
        self.columns = Columns(file, law, options, self.opened.schema_arrow)
        self.kept = self.columns.kept

    def pieces(self, done: Mapping[int, Mark]) -> Iterator[Piece]:
        """The pieces that are not done; groups of rows that are done are not read."""
        with reading(self.file):
            yield from self._pieces(done)

    def _pieces(self, done: Mapping[int, Mark]) -> Iterator[Piece]:
        total = self.opened.metadata.num_rows
        if not total:
            yield self.columns.empty(size=self.size)
            return
        waiting: list[pa.RecordBatch] = []
        for first, batch in self._batches(total, done):
            for start, part in _slices(batch, first):
                number = start // ROWS
                if number in done:
                    continue
                waiting.append(part)
                end = start + part.num_rows
                if end % ROWS == 0 or end == total:
                    begin = number * ROWS
                    size = self.size * end // total - self.size * begin // total
                    table = pa.Table.from_batches(waiting)
                    waiting = []
                    yield self.columns.piece(table, number=number, first=begin, size=size, is_last=end == total)

    def _batches(self, total: int, done: Mapping[int, Mark]) -> Iterator[tuple[int, pa.RecordBatch]]:
        first = 0
        metadata = self.opened.metadata
        for group in range(metadata.num_row_groups):
            count = metadata.row_group(group).num_rows
            after = first + count
            if count and not all(number in done for number in range(first // ROWS, (after - 1) // ROWS + 1)):
                at = first
                for batch in self.opened.iter_batches(_BATCH, row_groups=[group]):
                    yield at, batch
                    at += batch.num_rows
            first = after
        if first != total:
            raise refuse(self.file.path, "batch.wrong_count", expected=total, found=first)


def _slices(batch: pa.RecordBatch, first: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    """A record batch cut where pieces begin, each part with the number of its first row."""
    at = 0
    while at < batch.num_rows:
        start = first + at
        count = min(ROWS - start % ROWS, batch.num_rows - at)
        yield start, batch.slice(at, count)
        at += count


class CsvSource:
    """A CSV or TSV file: every cell is text that the intake reads."""

    def __init__(self, file: Input, law: Law, options: Options, form: Form) -> None:
        """Look at the names of the columns.

        Raises:
            BatchError: It cannot be read.
            FactsError: A column is no fact.
        """
        self.file = file
        self.text = CsvText(file, form)
        with reading(file):
            names = self.text.names()
        self.columns = Columns(file, law, options, pa.schema([(name, pa.string()) for name in names]))
        self.kept = self.columns.kept

    def pieces(self, done: Mapping[int, Mark]) -> Iterator[Piece]:
        """The pieces that are not done; those that are done are read over."""
        with reading(self.file):
            yield from self._pieces(done)

    def _pieces(self, done: Mapping[int, Mark]) -> Iterator[Piece]:
        rows = _CsvRows(self.columns.schema)
        before = 0
        number = 0
        for batch, cut, position in self.text.batches():
            rows.take(batch, cut)
            while rows.until > (number + 1) * ROWS:  # more than a piece: it is not the last
                table, numbers, bad = rows.give((number + 1) * ROWS)
                if number not in done:
                    yield self._piece(table, numbers, bad, number=number, size=position - before)
                before, number = position, number + 1
        table, numbers, bad = rows.give(rows.until)
        if number not in done:
            yield self._piece(table, numbers, bad, number=number, size=self.text.size - before, is_last=True)

    def _piece(self, table: pa.Table, numbers: Array, cut: list[Cut], *, number: int, **about: Any) -> Piece:
        first = number * ROWS
        if not cut:
            return self.columns.piece(table, number=number, first=first, **about)
        return self.columns.piece(table, number=number, first=first, numbers=numbers, cut=cut, **about)


class _CsvRows:
    """Rows that were read and not yet given on."""

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema
        self.until = 0
        """The number of the row that comes next."""
        self._batches: deque[tuple[pa.RecordBatch, Array]] = deque()
        self._cut: deque[Cut] = deque()

    def take(self, batch: pa.RecordBatch, cut: list[Cut]) -> None:
        """Rows that follow: those of a batch, and between or after them those that were cut, whose numbers are known."""
        self._cut.extend(cut)
        ahead = np.array([row.row for row in self._cut], np.int64)
        every = np.arange(self.until, self.until + batch.num_rows + len(ahead))
        numbers = np.setdiff1d(every, ahead, assume_unique=True)[: batch.num_rows]
        if len(numbers):
            self.until = int(numbers[-1]) + 1
        known = set(ahead.tolist())
        while self.until in known:
            self.until += 1
        batch, numbers, unreadable = _as_text(batch, numbers, self.schema)
        if unreadable:
            self._cut = deque(sorted((*self._cut, *unreadable), key=lambda row: row.row))
        self._batches.append((batch, numbers))

    def give(self, until: int) -> tuple[pa.Table, Array, list[Cut]]:
        """The rows before a number."""
        batches, numbers = [], [np.zeros(0, np.int64)]
        while self._batches and (not len(self._batches[0][1]) or self._batches[0][1][0] < until):
            batch, own = self._batches.popleft()
            count = int(np.searchsorted(own, until))
            batches.append(batch.slice(0, count))
            numbers.append(own[:count])
            if count < len(own):
                self._batches.appendleft((batch.slice(count), own[count:]))
                break
        cut = []
        while self._cut and self._cut[0].row < until:
            cut.append(self._cut.popleft())
        return pa.Table.from_batches(batches, self.schema), np.concatenate(numbers), cut


def _as_text(batch: pa.RecordBatch, numbers: Array, schema: pa.Schema) -> tuple[pa.RecordBatch, Array, list[Cut]]:
    """Bytes as text; rows with bytes that are none are cut."""
    try:
        return pa.RecordBatch.from_arrays([column.cast(pa.string()) for column in batch.columns], schema=schema), numbers, []
    except pa.ArrowInvalid:
        pass
    good = np.ones(batch.num_rows, np.bool_)
    for column in batch.columns:
        for place, value in enumerate(column.to_pylist()):
            if value is not None and good[place]:
                try:
                    value.decode("utf-8")
                except UnicodeDecodeError:
                    good[place] = False
    places = np.flatnonzero(~good).tolist()
    texts = row_texts(pa.Table.from_batches([batch]), places)
    problem = Problem("", "batch.encoding")
    bad = [Cut(int(numbers[place]), text, problem) for place, text in zip(places, texts, strict=True)]
    kept = batch.filter(pa.array(good))
    return pa.RecordBatch.from_arrays([c.cast(pa.string()) for c in kept.columns], schema=schema), numbers[good], bad


@contextmanager
def reading(file: Input) -> Iterator[None]:
    """What goes wrong while a file is read is said of the file."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise refuse(file.path, "batch.encoding") from error
    except (OSError, EOFError, LookupError, pa.ArrowException) as error:
        raise unusable(error, file.path) from error
