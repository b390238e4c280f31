"""Rows in, answers out, on a worker: one answer for every row, rejected rows kept whole. The same for every outside system."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from hazardrules.columnar.answers import SIDES
from hazardrules.columnar.arrow_rows import ArrowColumns, ArrowRows
from hazardrules.columnar.result import LISTS, TableResult, own_columns, scales_of
from hazardrules.columnar.table import Options, TableClassifier
from hazardrules.diagnostics import nearest
from hazardrules.errors import LookupFailedError
from hazardrules.integrations import BLOCK, SECTIONS
from hazardrules.integrations.carried import received

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hazardrules.api import Rulebook

REASON, GIVEN = "reason", "given"
PIECE = 8_192
"""So many answers are written at a time: lists of names take far more room than the masks they are read from."""
_CLASSIFIERS = 8
_LIST = pa.list_(pa.string())


@dataclass(frozen=True, slots=True)
class Task:
    """What workers are told.

    Attributes:
        digest: Of the rulebook.
        options: How rows are judged.
        sections: What is said of them.
        scales: The scales of which the answer speaks.
    """

    digest: str
    options: Options
    sections: tuple[str, ...]
    scales: tuple[str, ...]

    def columns(self) -> dict[str, pa.DataType]:
        """The columns of an answer between those kept and those on rejected rows."""
        found: dict[str, pa.DataType] = {}
        if "levels" in self.sections:
            found = {f"{scale}.{side}": pa.string() for scale in self.scales for side in SIDES}
        return found | {name: _LIST for name in LISTS if name in self.sections}

    def kept(self) -> dict[str, str]:
        """What the columns that are carried over are called in the answer, by the name that they have in the table."""
        others = {REASON, GIVEN, *own_columns(dict.fromkeys(self.scales))}
        return {name: f"{GIVEN}.{name}" if name in others else name for name in self.options.keep}


def task_of(book: Rulebook, options: Options, sections: Iterable[str]) -> Task:
    """What workers are told.

    Raises:
        LookupFailedError: No such section.
    """
    chosen = tuple(dict.fromkeys([sections] if isinstance(sections, str) else sections))
    for name in chosen:
        if name not in SECTIONS:
            raise LookupFailedError("section", name, nearest(name, SECTIONS) or SECTIONS)
    return Task(book.digest, options, chosen, tuple(scales_of(book.compiled, options)))


def check_columns(book: Rulebook, options: Options, schema: pa.Schema) -> None:
    """Refuse columns that are no facts before anything runs.

    Raises:
        FactsError: Carries every problem of the columns.
    """
    ArrowColumns(book.law_of_tables(), options, schema)


def judge(task: Task, fetch: Callable[[], bytes], batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Judge rows as they come.

    Args:
        task: What to do.
        fetch: Gives the rulebook as bytes, where this process has not read it yet.
        batches: The rows, in batches of any size and one schema.

    Yields:
        Answers in the order of the rows: columns kept, then those of `Task.columns`, `reason` and `given`.
    """
    book: Rulebook | None = None
    for block in _blocks(batches):
        book = book or received(task.digest, fetch)
        classifier, columns = _prepared(book, task.options, block.schema)
        rows = ArrowRows(columns, block)
        yield from _answers(task, TableResult(classifier, [classifier.classify(rows)]), rows.batch)


@lru_cache(_CLASSIFIERS)
def _prepared(book: Rulebook, options: Options, schema: pa.Schema) -> tuple[TableClassifier, ArrowColumns]:
    """Kept in the process: what was compiled for one partition serves the next."""
    law = book.law_of_tables()
    return TableClassifier(law, options), ArrowColumns(law, options, schema)


def _blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Small batches put together: judging costs a little per block, however few rows it has."""
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in chain(batches, [None]):
        if waiting and (batch is None or rows + batch.num_rows > BLOCK):
            yield from pa.Table.from_batches(waiting).combine_chunks().to_batches(max_chunksize=BLOCK)
            waiting, rows = [], 0
        if batch is not None and batch.num_rows:
            waiting.append(batch)
            rows += batch.num_rows


def _answers(task: Task, result: TableResult, block: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """What is said of a block, in pieces."""
    batch = result.batches[0]
    rejected = np.array(sorted(batch.rejected), np.int64)
    fields = [field.with_nullable(True) for field in block.schema]
    given = pa.StructArray.from_arrays(block.take(pa.array(rejected)).columns, fields=fields)
    lang = task.options.lang
    reasons = pa.array(
        ["; ".join(problem.message(lang) for problem in batch.rejected[row]) for row in rejected.tolist()], pa.string()
    )
    where = _positions(rejected, block.num_rows)
    said = _said(task, result)
    for first in range(0, block.num_rows, PIECE):
        piece = block.slice(first, PIECE)
        good, bad = (side[first : first + PIECE] for side in where)
        columns = {called: piece.column(block.schema.get_field_index(name)) for name, called in task.kept().items()}
        for name, data in task.columns().items():
            columns[name] = _taken(said[name], good).cast(data) if name in said else pa.nulls(len(good), data)
        columns[REASON], columns[GIVEN] = _taken(reasons, bad), _taken(given, bad)
        yield pa.RecordBatch.from_pydict(columns)


def _said(task: Task, result: TableResult) -> dict[str, pa.Array]:
    """The columns on the rows that were judged; names are numbers into a dictionary until they are written."""
    found = dict(result.levels) if "levels" in task.sections else {}
    found |= {name: result.section(name) for name in LISTS if name in task.sections}
    return {name: _one(column) for name, column in found.items()}


def _one(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _positions(rejected: Any, count: int) -> tuple[Any, Any]:
    """For each row its place among those judged and among those rejected; -1 where it is not among them."""
    good, bad = np.arange(count), np.full(count, -1)
    if len(rejected):
        is_bad = np.zeros(count, np.bool_)
        is_bad[rejected] = True
        good = np.where(is_bad, -1, np.cumsum(~is_bad) - 1)
        bad[rejected] = np.arange(len(rejected))
    return good, bad


def _taken(column: pa.Array, places: Any) -> pa.Array:
    """Entries of a column; null where the place is -1."""
    if len(places) and len(column) and places[0] >= 0 and places[-1] - places[0] == len(places) - 1 and (places >= 0).all():
        return column.slice(int(places[0]), len(places))
    if (places < 0).all():
        return pa.nulls(len(places), column.type)
    return column.take(pa.array(places, mask=places < 0))
