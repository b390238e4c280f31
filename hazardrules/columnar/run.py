"""A whole table in memory: cut into blocks, judged by several threads."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hazardrules.columnar.arrow_in import as_table
from hazardrules.columnar.arrow_rows import ArrowColumns, ArrowRows
from hazardrules.columnar.arrow_types import combined, plain_schema
from hazardrules.columnar.dict_rows import DictColumns, DictRows
from hazardrules.columnar.native import ROWS
from hazardrules.columnar.result import TableResult
from hazardrules.columnar.table import TableClassifier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.columnar.table import Law, Options, Rows

BLOCK = 262_144
"""So many rows are judged together at most: what is done once per block counts for little."""
LEAST = 65_536
"""Blocks are not made smaller than this for the sake of threads."""
SMALL = 8_192
"""Chunks of fewer rows are put together first."""


def classify_table(law: Law, table: Any, options: Options, threads: int | None = None) -> TableResult:
    """Judge every row of a table.

    Args:
        law: What rows are judged by.
        table: Anything that speaks the Arrow C interface; or a list of mappings.
        options: How rows are judged.
        threads: So many work at once; one per core by default.

    Returns:
        The answers; rows given = rows classified + rows rejected.

    Raises:
        FactsError: A column is no fact; carries every problem of the columns.
        TypeError: It is no table.
    """
    start = time.perf_counter()
    classifier = TableClassifier(law, options)
    workers = 1 if isinstance(table, (list, tuple)) else threads or os.cpu_count() or 1
    pieces = list(_pieces(law, table, options, workers))
    if workers == 1 or len(pieces) == 1:
        done = [classifier.classify(*piece) for piece in pieces]
    else:
        with ThreadPoolExecutor(workers) as pool:
            done = list(pool.map(lambda piece: classifier.classify(*piece), pieces))
    return TableResult(classifier, done, time.perf_counter() - start)


def _pieces(law: Law, table: Any, options: Options, workers: int) -> Iterator[tuple[Rows, int]]:
    if isinstance(table, (list, tuple)):
        columns = DictColumns(law, options)
        for first in range(0, len(table) or 1, LEAST):
            yield DictRows(columns, table[first : first + LEAST]), first
        return
    given = as_table(table)
    arrow = ArrowColumns(law, options, given.schema)
    share = -(-given.num_rows // (2 * workers)) if workers > 1 else BLOCK
    for batch, first in blocks(given, min(BLOCK, max(LEAST, -(-share // ROWS) * ROWS))):
        yield ArrowRows(arrow, batch), first


def blocks(table: pa.Table, rows: int = BLOCK) -> Iterator[tuple[pa.RecordBatch, int]]:
    """A table in pieces, each with the number of its first row; one piece where there are no rows, for its columns."""
    chunks = max((column.num_chunks for column in table.columns), default=1)
    if chunks > 1 and table.num_rows / chunks < SMALL:
        table = combined(table)
    first = 0
    if not table.num_rows:
        schema = plain_schema(table.schema)
        yield pa.RecordBatch.from_arrays([pa.nulls(0, field.type) for field in schema], schema=schema), 0
    for batch in table.to_batches(max_chunksize=rows):
        if batch.num_rows:
            yield batch, first
            first += batch.num_rows
