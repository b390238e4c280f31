"""The text of a CSV file as record batches of bytes, with the rows that have too many or too few cells."""

from __future__ import annotations

import gzip
import io
import json
from collections import deque
from typing import IO, TYPE_CHECKING, Any, cast

import pyarrow as pa
import pyarrow.csv as pc

from hazardrules.batch.files import refuse
from hazardrules.batch.pieces import Cut
from hazardrules.intake.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.batch.files import Form, Input

BLOCK = 1_048_576
"""So many bytes are read at once, and Arrow reads some thirty blocks ahead; no row may be longer than one."""
_UTF_8 = ("utf-8", "utf8", "utf_8", "utf-8-sig")
_END = "\x01the end\x02"
"""A row that is added after the last: where it is not found again, a quotation mark has swallowed it."""


class _Watched(io.RawIOBase):
    """A stream that knows how far it was read, and has something added at its end."""

    def __init__(self, below: IO[bytes], zipped: bool, tail: bytes) -> None:
        self._below, self._tail = below, tail
        self._stream = cast("IO[bytes]", gzip.GzipFile(fileobj=below)) if zipped else below

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None  # as Arrow reads
        found = b""
        while len(found) < size and (more := self._stream.read(size - len(found))):
            found += more
        room = size - len(found)
        found, self._tail = found + self._tail[:room], self._tail[room:]
        return found

    def position(self) -> int:
        """How far the file on the disk was read."""
        return self._below.tell()

    def close(self) -> None:
        self._below.close()
        super().close()


class CsvText:
    """Reads one CSV file."""

    def __init__(self, file: Input, form: Form) -> None:
        """Keep what is read, and how."""
        self.file = file
        self.size = file.path.stat().st_size
        encoding = form.encoding.lower()
        self.encoding = "utf8" if encoding in _UTF_8 else encoding
        self.delimiter = form.delimiter or ("\t" if file.is_tabbed else ",")
        self._cut: deque[Cut] = deque()

    def _open(self, tail: str) -> _Watched:
        added = tail.encode(_without_mark(self.encoding))
        return _Watched(self.file.path.open("rb"), self.file.zipped, added)

    def _reader(self, stream: _Watched, types: dict[str, Any]) -> Any:
        return pc.open_csv(
            pa.PythonFile(stream, "r"),
            pc.ReadOptions(use_threads=False, block_size=BLOCK, encoding=self.encoding),
            pc.ParseOptions(delimiter=self.delimiter, newlines_in_values=True, invalid_row_handler=self._on_bad_row),
            pc.ConvertOptions(column_types=types, strings_can_be_null=False, check_utf8=False),
        )

    def _on_bad_row(self, row: Any) -> str:
        words = {"expected": str(row.expected_columns), "found": str(row.actual_columns)}
        given = json.dumps(row.text, ensure_ascii=False)
        self._cut.append(Cut(row.number - 2, given, Problem("", "batch.cells", words)))  # counted from 1, with the header
        return "skip"

    def names(self) -> list[str]:
        """The names of the columns."""
        with self._open("\n") as stream:
            found = list(self._reader(stream, {}).schema.names)
        self._cut.clear()
        return found

    def batches(self) -> Iterator[tuple[pa.RecordBatch, list[Cut], int]]:
        """The rows: cells as bytes, rows with too many or too few cells, and how far the file was read.

        The latter may come before their neighbours; those after the last row come with a batch of none.

        Raises:
            BatchError: A quotation mark is not closed.
        """
        names = self.names()
        tail = "\n" + _END + self.delimiter * (len(names) - 1) + "\n"
        is_whole = False
        with self._open(tail) as stream:
            reader = self._reader(stream, dict.fromkeys(names, pa.binary()))
            for batch in iter(lambda: _next(reader), None):
                found = batch
                if batch.num_rows and batch.column(0)[batch.num_rows - 1].as_py() == _END.encode():
                    is_whole, found = True, batch.slice(0, batch.num_rows - 1)
                yield found, self._taken(), stream.position()
        if not is_whole:
            raise refuse(self.file.path, "batch.open_quote")

    def _taken(self) -> list[Cut]:
        """Rows that were cut since this was asked last; the reader may be adding more at the same time."""
        return [self._cut.popleft() for _ in range(len(self._cut))]


def _next(reader: Any) -> Any:
    try:
        return reader.read_next_batch()
    except StopIteration:
        return None


def _without_mark(encoding: str) -> str:
    """An encoding that writes no byte order mark in the middle of a text."""
    folded = encoding.replace("_", "-")
    return f"{folded}-le" if folded in ("utf-16", "utf-32") else encoding
