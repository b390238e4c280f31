"""Where something stands: a file, a start and an end, counted from 1 in characters; and what is to stand there instead."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of a file; `end_column` is the first column after it."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        """Format as editors and terminals understand it: `file:line:column`."""
        return f"{self.file}:{self.line}:{self.column}"


class Edit(NamedTuple):
    """A stretch of the text of a file, in characters, and what is to stand there instead."""

    start: int
    end: int
    text: str


def whole_file(name: str) -> Span:
    """Point at the first character, for problems of a file as a whole."""
    return Span(name, 1, 1, 1, 1)


def span_between(file: str, text: str, start: int, end: int) -> Span:
    """Turn character offsets into a text into a span."""
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    end_line = line + text.count("\n", start, end)
    end_column = end - (text.rfind("\n", 0, end) + 1) + 1
    return Span(file, line, column, end_line, end_column)
