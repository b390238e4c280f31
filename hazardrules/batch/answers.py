"""Answers of pieces as tables of one schema, and rejected rows beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from hazardrules.batch.pieces import as_text, json_ready
from hazardrules.columnar.answers import SIDES
from hazardrules.columnar.arrow_types import python_values
from hazardrules.columnar.result import LISTS, TableResult, own_columns, scales_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hazardrules.batch.pieces import Piece, Source
    from hazardrules.columnar.table import Batch, Law, Options, TableClassifier

LEVEL = pa.dictionary(pa.int8(), pa.string(), ordered=True)
IDS = pa.large_list(pa.field("item", pa.dictionary(pa.int32(), pa.string())))
FILE = pa.dictionary(pa.int32(), pa.string())


class Judgement(NamedTuple):
    """What became of a piece.

    Attributes:
        table: The answers.
        rejects: The rejected rows, ready for JSON, by row.
        counts: As `Counts.add` takes them.
    """

    table: pa.Table
    rejects: list[dict[str, Any]]
    counts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answers:
    """The columns of answers and rejects.

    Attributes:
        options: How rows are judged.
        scales: Scales with their levels.
        kept: Types of the columns that are carried over, by the name they have where they come from.
        several: Whether rows of several files stand together.
    """

    options: Options
    scales: Mapping[str, tuple[str, ...]]
    kept: Mapping[str, pa.DataType]
    several: bool

    @staticmethod
    def of(law: Law, options: Options, sources: Iterable[Source], *, several: bool) -> Answers:
        """Settle the columns; a kept column that has different types in different files becomes text."""
        types: dict[str, set[pa.DataType]] = {name: set() for name in options.keep}
        for source in sources:
            for name, data in source.kept.items():
                types[name].add(_plain(data))
        kept = {name: found.pop() if len(found) == 1 else pa.string() for name, found in types.items()}
        return Answers(options, scales_of(law.compiled, options), kept, several)

    @property
    def schema(self) -> pa.Schema:
        """The schema of the answers."""
        fields = [("file", FILE)] if self.several else []
        fields.append(("row", pa.int64()))
        fields += [(self.called(name), data) for name, data in self.kept.items()]
        fields += [(f"{scale}.{side}", LEVEL) for scale in self.scales for side in SIDES]
        fields += [(name, IDS) for name in LISTS]
        return pa.schema(fields)

    def called(self, name: str) -> str:
        """What a kept column is called beside the others."""
        others = {"file", "reason", "given", *own_columns(self.scales)}
        return f"given.{name}" if name in others else name

    def judge(self, classifier: TableClassifier, piece: Piece, file: str) -> Judgement:
        """Judge a piece.

        Args:
            classifier: Judges it.
            piece: The rows.
            file: What their file is called.
        """
        batches: list[Batch] = []
        place = 0
        for rows in piece.blocks:
            batches.append(classifier.classify(rows, place))
            place += rows.count
        result = TableResult(classifier, batches)
        table = self._table(result, piece, file)
        rejects = sorted(self._rejects(result, piece, file), key=lambda entry: entry["row"])
        if table.num_rows + len(rejects) != piece.count:
            raise AssertionError(f"{file}: {piece.count} rows given, {table.num_rows} + {len(rejects)} answered")
        summary = {**result.summary(), "rows": piece.count, "rejected": len(rejects)}
        return Judgement(table, rejects, summary)

    def _table(self, result: TableResult, piece: Piece, file: str) -> pa.Table:
        found = result.table
        rows = found.column("row").to_numpy()
        rows = rows + piece.first if piece.numbers is None else piece.numbers[rows]
        columns: list[Any] = []
        if self.several:
            columns.append(pa.DictionaryArray.from_arrays(np.zeros(len(rows), np.int32), [file]))
        columns.append(pa.array(rows, pa.int64()))
        columns += [_as(found.column(at), data) for at, data in enumerate(self.kept.values(), 1)]  # after `row`
        columns += [found.column(f"{scale}.{side}") for scale in self.scales for side in SIDES]
        columns += [found.column(name) for name in LISTS]
        return pa.table(columns, schema=self.schema)

    def _rejects(self, result: TableResult, piece: Piece, file: str) -> Iterator[dict[str, Any]]:
        lang = self.options.lang
        start = 0
        for rows, batch in zip(piece.blocks, result.batches, strict=True):
            numbers = sorted(batch.rejected)
            places = np.array(numbers, np.int64)
            kept = {name: python_values(rows.kept(name, places)) for name in self.kept} if numbers else {}
            texts = piece.given([start + number for number in numbers]) if numbers else []
            for at, (number, text) in enumerate(zip(numbers, texts, strict=True)):
                values = {name: json_ready(column[at]) for name, column in kept.items()}
                reason = "; ".join(problem.message(lang) for problem in batch.rejected[number])
                yield self._reject(file, piece.row(start + number), values, reason, text)
            start += rows.count
        for cut in piece.cut:
            yield self._reject(file, cut.row, {}, cut.problem.message(lang), cut.given)

    def _reject(self, file: str, row: int, kept: dict[str, Any], reason: str, given: str) -> dict[str, Any]:
        return {
            "file": file,
            "row": row,
            **{self.called(name): kept.get(name) for name in self.kept},
            "reason": reason,
            "given": given,
        }


def _plain(data: pa.DataType) -> pa.DataType:
    """Categories become what they are categories of: files of one piece each have their own."""
    return data.value_type if pa.types.is_dictionary(data) else data


def _as(array: pa.ChunkedArray, data: pa.DataType) -> pa.ChunkedArray:
    """A kept column in the type that it has in all files."""
    if array.type == data:
        return array
    if pa.types.is_nested(array.type) or pa.types.is_binary(array.type):
        return pa.chunked_array([[None if value is None else as_text(value) for value in python_values(array)]], data)
    return array.cast(data)
