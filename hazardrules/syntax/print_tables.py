"""Pipe tables: columns aligned by display width, cells in the usual spelling."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hazardrules.syntax.load_tables import OUTPUTS, lines_of
from hazardrules.syntax.print_expressions import spaced, spaced_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hazardrules.syntax.print_expressions import Labels

_ACTION = re.compile(r"([^:：]*?)[ \t]*[:：][ \t]*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of a table.

    Attributes:
        cells: Its cells; none for a line that separates or is empty.
        raw: The line without the blanks around it.
        opened: Whether a `|` stands before the first cell.
        closed: Whether a `|` stands after the last cell.
    """

    cells: tuple[str, ...]
    raw: str
    opened: bool
    closed: bool


def display_width(text: str) -> int:
    """How many columns a text takes up on a terminal: wide characters take two, marks above others none."""
    return sum(
        0
        if unicodedata.category(character) in ("Mn", "Me", "Cf")
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )


def aligned(lines: Sequence[str], labels: Labels | None) -> list[str]:
    """Format the lines of a pipe table.

    Args:
        lines: The lines, without the indentation of their block.
        labels: Labels that may stand in its expressions; None where cells are facts and are only aligned.

    Returns:
        As many lines.
    """
    rows = [_row(line) for line in lines]
    header = next((row for row in rows if row.cells), None)
    if header is None:
        return [row.raw for row in rows]
    if labels is not None:
        rows = [_spelled(row, header, labels, first=row is header) for row in rows]
    columns = len(header.cells)
    full = [row for row in rows if len(row.cells) == columns]
    widths = [max(display_width(row.cells[column]) for row in full) for column in range(columns)]
    return [_line(row, widths, header) for row in rows]


def _row(line: str) -> _Row:
    raw = line.strip()
    found = next(lines_of(line), None)
    if found is None:
        return _Row((), raw, opened=False, closed=False)
    cells = tuple(line[start:end].replace("\t", " ") for start, end in found.cells)
    return _Row(cells, raw, opened=raw.startswith("|"), closed=len(raw) > 1 and raw.endswith("|"))


def _spelled(row: _Row, header: _Row, labels: Labels, *, first: bool) -> _Row:
    if len(row.cells) != len(header.cells):
        return row
    pairs = zip(row.cells, header.cells, strict=True)
    return replace(row, cells=tuple(_cell(cell, "" if first else heading, labels) for cell, heading in pairs))


def _cell(text: str, heading: str, labels: Labels) -> str:
    if text in ("-", "else", "") or (not heading and text in OUTPUTS):
        return text
    if heading == "actions":
        return _actions(text, labels)
    return text if heading in OUTPUTS and heading != "value" else spaced(text, labels)


def _actions(text: str, labels: Labels) -> str:
    """Several actions, each perhaps with the value of its first parameter."""
    pieces = [piece.strip() for piece in text.replace("；", ";").split(";")]
    return "; ".join(_action(piece, labels) for piece in pieces if piece) or text


def _action(text: str, labels: Labels) -> str:
    found = _ACTION.fullmatch(text)
    return f"{found.group(1)}: {spaced_value(found.group(2), labels)}".rstrip() if found else text


def _line(row: _Row, widths: list[int], header: _Row) -> str:
    if not row.cells:
        return _separator(row, widths, header)
    if len(row.cells) != len(widths):
        return _framed(" | ".join(row.cells), row)
    cells = [cell + " " * (width - display_width(cell)) for cell, width in zip(row.cells, widths, strict=True)]
    return _framed(" | ".join(cells), row)


def _framed(line: str, row: _Row) -> str:
    return f"{'| ' if row.opened else ''}{line}{' |' if row.closed else ''}".rstrip()


def _separator(row: _Row, widths: list[int], header: _Row) -> str:
    """A line of dashes in the width of the columns, where it still reads as one."""
    if not row.raw or ":" in row.raw:
        return row.raw
    drawn = _framed(" | ".join("-" * max(width, 1) for width in widths), header)
    return drawn if next(lines_of(drawn), None) is None else row.raw
