"""Answers and rejects as files: Parquet, CSV, JSON Lines; pieces of them, and pieces put together."""

from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from hazardrules.batch.pieces import as_text, json_ready
from hazardrules.columnar.answers import SIDES
from hazardrules.columnar.arrow_types import python_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from hazardrules.batch.answers import Answers

STREAM = "arrow"
"""How pieces are written that are put together into one Parquet file later."""
_MANY = 65_536
_PLAIN = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_string, pa.types.is_large_string)
"""Types that the writer of CSV knows."""


# answers


def kind_of_piece(kind: str, *, is_folder: bool) -> str:
    """The suffix of a piece of answers."""
    return STREAM if kind == "parquet" and not is_folder else kind


def write_answers(table: pa.Table, path: Path, kind: str, answers: Answers) -> None:
    """Write the answers of a piece."""
    match kind:
        case "parquet":
            pq.write_table(table, path, compression="zstd")
        case "csv":
            _write_csv(table, path)
        case "jsonl":
            with path.open("w", encoding="utf-8", newline="\n") as opened:
                opened.writelines(_json_lines(table, answers))
        case _:
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            with pa.OSFile(str(path), "wb") as opened, pa.ipc.new_stream(opened, table.schema, options=options) as writer:
                writer.write_table(table)


def join_answers(paths: Iterable[Path], path: Path, kind: str, schema: pa.Schema) -> None:
    """Put the pieces of one file together, in their order."""
    if kind == "parquet":
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            for piece in paths:
                with pa.memory_map(str(piece)) as opened:
                    writer.write_table(pa.ipc.open_stream(opened).read_all())
        return
    with path.open("wb") as target:
        for number, piece in enumerate(paths):
            with piece.open("rb") as opened:
                if kind == "csv" and number:
                    opened.readline()  # names of columns hold no line ends, see `_write_csv`
                shutil.copyfileobj(opened, target, 1 << 20)


def _write_csv(table: pa.Table, path: Path) -> None:
    """Lists joined with semicolons, categories as words; other columns that hold several values as JSON."""
    columns = [_flat(column) for column in table.columns]
    header = ",".join('"' + " ".join(name.split()).replace('"', '""') + '"' for name in table.column_names)
    with path.open("wb") as opened:
        opened.write(header.encode() + b"\n")
        flat = pa.table(columns, names=[str(number) for number in range(len(columns))])
        pyarrow.csv.write_csv(flat, opened, pyarrow.csv.WriteOptions(include_header=False))


def _flat(column: pa.ChunkedArray) -> pa.ChunkedArray:
    data = column.type
    if any(is_plain(data) for is_plain in _PLAIN):
        return column
    if pa.types.is_large_list(data) and pa.types.is_dictionary(data.value_type):
        words = pa.large_list(pa.string())
        return pa.chunked_array([pc.binary_join(chunk.cast(words), ";") for chunk in column.chunks], pa.string())
    if pa.types.is_dictionary(data):
        return column.cast(data.value_type)
    return pa.chunked_array([[None if value is None else as_text(value) for value in python_values(column)]], pa.string())


def _json_lines(table: pa.Table, answers: Answers) -> Iterator[str]:
    """One object a row; a scale that does not concern the row is left out."""
    ready = [f"{json.dumps(name, ensure_ascii=False)}: " for name in table.column_names]
    firsts = {f"{scale}.{side}": f"{scale}.at_least" for scale in answers.scales for side in SIDES}
    places = {name: number for number, name in enumerate(table.column_names)}
    guards = [places[firsts[name]] if name in firsts else None for name in table.column_names]
    for batch in table.to_batches(_MANY // 8):
        columns = [_json_column(column) for column in batch.columns]
        absent = [column.is_null().to_pylist() if number in guards else None for number, column in enumerate(batch.columns)]
        for row in range(batch.num_rows):
            cells = [
                name + column[row]
                for name, column, guard in zip(ready, columns, guards, strict=True)
                if guard is None or not absent[guard][row]  # type: ignore[index]  # there is one where a guard is
            ]
            yield "{" + ", ".join(cells) + "}\n"


def _json_column(column: pa.Array) -> list[str]:
    """Values as texts of JSON; of categories each word once."""
    data = column.type
    if pa.types.is_dictionary(data):
        words = [json.dumps(json_ready(word), ensure_ascii=False) for word in python_values(column.dictionary)]
        return ["null" if code is None else words[code] for code in column.indices.to_pylist()]
    if pa.types.is_large_list(data) and pa.types.is_dictionary(data.value_type):
        inner = _json_column(column.flatten())
        found, start = [], 0
        for length in pc.list_value_length(column).to_pylist():
            found.append("[" + ", ".join(inner[start : start + length]) + "]")
            start += length
        return found
    if pa.types.is_integer(data):
        return ["null" if value is None else str(value) for value in column.to_pylist()]
    return [json.dumps(json_ready(value), ensure_ascii=False) for value in python_values(column)]


# rejects


def write_rejects(rejects: Iterable[dict[str, Any]], path: Path) -> None:
    """Write the rejected rows of a piece."""
    with path.open("w", encoding="utf-8", newline="\n") as opened:
        opened.writelines(json.dumps(entry, ensure_ascii=False) + "\n" for entry in rejects)


def join_rejects(paths: Iterable[Path], path: Path, kind: str, answers: Answers) -> None:
    """Put the rejected rows of pieces together; in JSON Lines `given` is no text of JSON but JSON."""
    if kind == "jsonl":
        with path.open("w", encoding="utf-8", newline="\n") as opened:
            for entry in _entries(paths):
                text = json.dumps({**entry, "given": None}, ensure_ascii=False)
                opened.write(f"{text.removesuffix('null}')}{entry['given']}}}\n")
        return
    kept = [answers.called(name) for name in answers.kept]
    names = ["file", "row", *kept, "reason", "given"]
    if kind == "csv":
        with path.open("w", encoding="utf-8", newline="") as opened:
            writer = csv.writer(opened)
            writer.writerow(names)
            writer.writerows([_cell(entry[name]) for name in names] for entry in _entries(paths))
        return
    schema = pa.schema([(name, pa.int64() if name == "row" else pa.string()) for name in names])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        waiting: list[dict[str, Any]] = []
        for entry in _entries(paths):
            waiting.append({name: value if name == "row" else _cell(value) for name, value in entry.items()})
            if len(waiting) == _MANY:
                writer.write_table(pa.Table.from_pylist(waiting, schema))
                waiting = []
        writer.write_table(pa.Table.from_pylist(waiting, schema))


def _entries(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    for path in paths:
        with path.open(encoding="utf-8", newline="\n") as opened:
            yield from map(json.loads, opened)


def _cell(value: Any) -> str | None:
    return None if value is None else as_text(value)
