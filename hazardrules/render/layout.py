"""Lines of text with styles, wrapped to the width of a terminal; plain where nobody looks.

Chinese is wrapped between characters, but no line begins with a closing mark or ends with an opening one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hazardrules.render.diagnostics import display_width, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LEAST_WIDTH = 40
PLAIN_WIDTH = 100
"""The width where nothing says how wide the output is."""

_NOT_FIRST = frozenset("，。、；：！？）》」』】〉”’…·—–%,.;:!?)]}")
_NOT_LAST = frozenset("（《「『【〈“‘([{#")
_STYLES = {
    "heading": "bold",
    "strong": "bold",
    "dim": "dim",
    "rule": "dim",
    "severity0": "green",
    "severity1": "yellow",
    "severity2": "bold yellow",
    "severity3": "bold red",
    "severity4": "bold white on red",
    "warn": "yellow",
    "action": "bold cyan",
    "fail": "bold red",
    "pass": "green",
}

Part = tuple[str, str]
"""A text and the name of its style; an empty name for none."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line before it is wrapped.

    Attributes:
        parts: Its texts with their styles.
        indent: Blanks before it.
        hang: Blanks before what is wrapped, counted from the margin.
    """

    parts: tuple[Part, ...]
    indent: int = 0
    hang: int = 0


@dataclass(slots=True)
class Page:
    """Lines in the order in which they are read."""

    lines: list[Line] = field(default_factory=list)

    def line(self, *parts: str | Part, indent: int = 0, hang: int = 2) -> None:
        """Add a line.

        Args:
            parts: Texts, or texts with a style; characters that would steer a terminal become blanks.
            indent: Blanks before the line.
            hang: How much further to the right its continuation begins.
        """
        styled = ((part, "") if isinstance(part, str) else part for part in parts)
        kept = tuple((one_line(text), style) for text, style in styled if text)
        self.lines.append(Line(kept, indent, indent + hang))

    def blank(self) -> None:
        """Add an empty line, but never two in a row and none at the top."""
        if self.lines and self.lines[-1].parts:
            self.lines.append(Line(()))

    def heading(self, text: str) -> None:
        """Begin a section."""
        self.blank()
        self.line((text, "heading"))

    def text(self, width: int = PLAIN_WIDTH) -> str:
        """The page without styles, without a final line end."""
        return "\n".join("".join(text for text, _ in row) for row in self.rows(width))

    def rows(self, width: int) -> Iterator[list[Part]]:
        """The wrapped lines."""
        for line in self.lines:
            yield from _wrapped(line, max(width, LEAST_WIDTH))

    def extend(self, other: Page) -> None:
        """Add the lines of another page."""
        self.lines.extend(other.lines)


def rich_style(name: str) -> str:
    """How a style looks on a terminal, in the words of rich."""
    return _STYLES.get(name, "")


def padded(text: str, width: int) -> str:
    """A text filled up with blanks to so many columns of a terminal."""
    return text + " " * max(width - display_width(text), 0)


def _wrapped(line: Line, width: int) -> Iterator[list[Part]]:
    characters = [(character, style) for text, style in line.parts for character in text]
    widths = [display_width(character) for character, _ in characters]
    if line.indent + sum(widths) <= width:  # most lines
        yield _joined(line.indent, characters)
        return
    start, indent = 0, line.indent
    while start < len(characters):
        end = _fitting(characters, widths, start, width - min(indent, width // 2))
        yield _joined(min(indent, width // 2), characters[start:end])
        start, indent = end, line.hang
        while start < len(characters) and characters[start][0] == " ":
            start += 1


def _fitting(characters: list[Part], widths: list[int], start: int, room: int) -> int:
    """Where the line that begins at `start` ends."""
    used, best = 0, start
    for at in range(start, len(characters)):
        if at > start and _may_break(characters, widths, at):
            best = at
        used += widths[at]
        if used > room and characters[at][0] != " ":
            return best if best > start else max(at, start + 1)
    return len(characters)


def _may_break(characters: list[Part], widths: list[int], at: int) -> bool:
    before, here = characters[at - 1][0], characters[at][0]
    if here == " ":
        return False
    if before == " ":
        return True
    wide = widths[at - 1] > 1 or widths[at] > 1
    return wide and here not in _NOT_FIRST and before not in _NOT_LAST


def _joined(indent: int, characters: Iterable[Part]) -> list[Part]:
    """Characters of one style as one text, without blanks at the end."""
    row: list[Part] = [(" " * indent, "")] if indent else []
    for character, style in characters:
        if row and row[-1][1] == style:
            row[-1] = (row[-1][0] + character, style)
        else:
            row.append((character, style))
    while row and not row[-1][0].rstrip():
        row.pop()
    if row:
        row[-1] = (row[-1][0].rstrip(), row[-1][1])
    return row
