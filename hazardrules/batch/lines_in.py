"""JSON Lines -> pieces of so many rows; every line is parsed as `classify` parses it."""

from __future__ import annotations

import gzip
import json
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast

import pyarrow as pa

from hazardrules.batch.columns_in import reading
from hazardrules.batch.pieces import Mark, Piece
from hazardrules.columnar.dict_rows import DictColumns, DictRows, Unread
from hazardrules.intake.files import MAX_LINE
from hazardrules.intake.json_text import parse_json
from hazardrules.intake.problems import Problem, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hazardrules.batch.files import Input
    from hazardrules.columnar.table import Law, Options

ROWS = 32_768
"""So many lines are a piece."""
BYTES = 33_554_432
"""A piece ends earlier where its lines are long."""
_BOM = b"\xef\xbb\xbf"
_BLANKS = b" \t\r\n"


class _Line(NamedTuple):
    """A line that is not blank, and where the next one begins."""

    text: bytes
    end: int
    is_cut: bool


class _Lines:
    """The lines of a stream that are not blank, each known one before it is given."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._at = stream, 0
        self.next = self._read()

    def go(self, where: int) -> None:
        """Go on where a line begins."""
        self._stream.seek(where)
        self._at = where
        self.next = self._read()

    def take(self) -> list[_Line]:
        """So many lines that they make a piece."""
        found: list[_Line] = []
        size = 0
        while self.next is not None and len(found) < ROWS and size < BYTES:
            found.append(self.next)
            size += len(self.next.text)
            self.next = self._read()
        return found

    def _read(self) -> _Line | None:
        while True:
            raw = self._stream.readline(MAX_LINE + 1)
            if not raw:
                return None
            text = (raw if self._at else raw.removeprefix(_BOM)).strip(_BLANKS)
            self._at += len(raw)
            is_cut = len(raw) > MAX_LINE
            while is_cut and raw and raw[-1:] != b"\n":
                raw = self._stream.readline(MAX_LINE)
                self._at += len(raw)
            if text or is_cut:
                return _Line(text, self._at, is_cut)


class LinesSource:
    """A file of JSON Lines."""

    def __init__(self, file: Input, law: Law, options: Options) -> None:
        """Keep what is read."""
        self.file, self.columns = file, DictColumns(law, options)
        self.kept: Mapping[str, pa.DataType] = dict.fromkeys(options.keep, pa.string())

    def pieces(self, done: Mapping[int, Mark]) -> Iterator[Piece]:
        """The pieces that are not done; the others are passed over without being read."""
        with reading(self.file):
            yield from self._pieces(done)

    def _pieces(self, done: Mapping[int, Mark]) -> Iterator[Piece]:
        number = first = before = 0
        with self.file.path.open("rb") as below:
            lines = _Lines(cast("IO[bytes]", gzip.GzipFile(fileobj=below)) if self.file.zipped else below)
            while True:
                mark = done.get(number)
                if mark is None:
                    found = lines.take()
                    end, is_last = found[-1].end if found else 0, lines.next is None
                    size, before = below.tell() - before, below.tell()
                    yield self._piece(found, number=number, first=first, end=end, size=size, is_last=is_last)
                    count = len(found)
                else:
                    count, is_last = mark.rows, mark.is_last
                    if not is_last:
                        lines.go(mark.end)
                    before = below.tell()
                if is_last:
                    return
                number, first = number + 1, first + count

    def _piece(self, lines: list[_Line], **about: Any) -> Piece:
        rows = _Rows(self.columns, lines)
        return Piece(count=len(lines), blocks=[rows], given=rows.texts, **about)


class _Rows(DictRows):
    """Lines that are parsed when they are read, by whoever judges them."""

    def __init__(self, columns: DictColumns, lines: list[_Line]) -> None:
        super().__init__(columns, [])
        self.lines, self.count = lines, len(lines)

    def read(self) -> Any:
        if len(self.rows) != self.count:
            self.rows = [_parsed(line) for line in self.lines]
        return super().read()

    def texts(self, places: list[int]) -> list[str]:
        """Lines as they were given, where they are JSON; else as texts of JSON."""
        return [self._text(place) for place in places]

    def _text(self, place: int) -> str:
        text = self.lines[place].text.decode("utf-8", "backslashreplace")
        return json.dumps(text, ensure_ascii=False) if isinstance(self.rows[place], Unread) else text


def _parsed(line: _Line) -> Any:
    """What a line says, or its problem."""
    if line.is_cut:
        return Unread([Problem("", "intake.line_too_large", {"limit": str(MAX_LINE)})])
    try:
        return parse_json(line.text.decode("utf-8"))
    except Refused as refused:
        return Unread([refused.at("")])
    except UnicodeDecodeError:
        return Unread([Problem("", "batch.encoding")])
