"""Indentation, blank lines and white space: two blanks per level, lists indented under their key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hazardrules.syntax.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

STEP = 2
MAX_BLANK_LINES = 2
_EXPLICIT_INDENT = re.compile(r"[|>][+-]?[1-9]")
_OUTSIDE = ("---", "...", "%")


class UnusualLayoutError(Exception):
    """A layout whose indentation this module does not know how to change."""


def every_scalar(node: Node | None) -> Iterator[Scalar]:
    """Every scalar below a node, keys included, in the order written."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from every_scalar(item)
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield key
            yield from every_scalar(value)


def reindented(text: str, root: Node) -> str:
    """Indent every block by two blanks per level.

    Raises:
        UnusualLayoutError: A line that no node of the tree accounts for.
    """
    return _Indenter(text).run(root)


class _Indenter:
    """Finds for every line the column it is to begin at."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.old = [len(line) - len(line.lstrip(" ")) for line in self.lines]
        self.new: dict[int, int] = {}
        self.heads: dict[int, list[tuple[int, int]]] = {}
        """For each line the old and the new column of every `-` and key that begins a block on it."""
        self.gaps: dict[int, list[tuple[int, int]]] = {}
        self.contents: dict[int, int] = {}
        """For each line of a block text the new indentation of that text."""

    def run(self, root: Node) -> str:
        if isinstance(root, Scalar) or root.flow:
            return "\n".join(self.lines)
        self._block(root, 0, compact=False)
        self._comments()
        return "\n".join(self._line(number) for number in range(len(self.lines)))

    def _line(self, number: int) -> str:
        line = self.lines[number]
        if number not in self.new:
            return line
        for start, end in sorted(self.gaps.get(number, ()), reverse=True):
            line = f"{line[:start]} {line[end:]}"
        return " " * self.new[number] + line[self.old[number] :]

    def _block(self, node: Mapping | Sequence, column: int, *, compact: bool) -> None:
        if isinstance(node, Mapping):
            self._mapping(node, column, compact=compact)
        else:
            self._sequence(node, column, compact=compact)

    def _head(self, line: int, old: int, column: int, *, inside: bool) -> None:
        """A line that begins with a key or a `-`; `inside`, it stands after the `-` of a list that holds it."""
        self.heads.setdefault(line, []).append((old, column))
        if self.old[line] == old:
            self.new[line] = column
        elif not inside:
            raise UnusualLayoutError

    def _mapping(self, node: Mapping, column: int, *, compact: bool) -> None:
        for nth, (key, value) in enumerate(node.items()):
            line, old = key.span.line - 1, key.span.column - 1
            if key.span.end_line != key.span.line or key.span.column != node.span.column:
                raise UnusualLayoutError
            self._head(line, old, column, inside=compact and nth == 0)
            self._value(value, column, column - old, line)

    def _sequence(self, node: Sequence, column: int, *, compact: bool) -> None:
        old = node.span.column - 1
        for nth, item in enumerate(node.items):
            at, begins = item.span.line - 1, item.span.column - 1
            line = self._dash(at, old, begins)
            self._head(line, old, column, inside=compact and nth == 0)
            if line == at and begins > old + 1:
                self.gaps.setdefault(line, []).append((old + 1, begins))
            if line == at and not isinstance(item, Scalar) and not item.flow:
                self._block(item, column + STEP, compact=True)
            else:
                self._value(item, column, column - old, line)

    def _dash(self, at: int, old: int, begins: int) -> int:
        """The line on which the `-` of an item stands."""
        if self.lines[at][old : old + 1] == "-" and not self.lines[at][old + 1 : begins].strip() and begins > old:
            return at
        line = at - 1
        while line > 0 and self._is_aside(line):
            line -= 1
        after = self.lines[line][old + 1 :].strip()
        if line >= 0 and self.lines[line][old : old + 1] == "-" and (not after or after.startswith("#")):
            return line
        raise UnusualLayoutError

    def _is_aside(self, line: int) -> bool:
        content = self.lines[line].strip()
        return not content or content.startswith("#")

    def _value(self, node: Node, column: int, shift: int, owner: int) -> None:
        """What stands after a key or a `-`, which now begins at a column."""
        if not isinstance(node, Scalar) and not node.flow:
            self._block(node, column + STEP, compact=False)
            return
        first, begins = node.span.line - 1, node.span.column - 1
        if isinstance(node, Scalar) and node.start == node.end:
            return
        if first != owner:
            if self.old[first] != begins:
                raise UnusualLayoutError
            self.new[first] = column + STEP
            shift = column + STEP - begins
        if isinstance(node, Scalar) and node.style in ("literal", "folded"):
            self._block_text(node, column, shift, first)
            return
        least = column + 1 if isinstance(node, Scalar) else 0
        for line in range(first + 1, node.span.end_line):
            if self.lines[line].strip():
                self.new[line] = max(self.old[line] + shift, least)

    def _block_text(self, node: Scalar, column: int, shift: int, first: int) -> None:
        lines = range(first + 1, last_line(node))
        written = [line for line in lines if self.lines[line].strip()]
        if not written:
            return
        if not _EXPLICIT_INDENT.match(node.source, node.start):
            shift = column + STEP - self.old[written[0]]
        for line in lines:
            if self.lines[line].strip() or self.old[line] + shift > column + STEP:
                self.new[line] = max(self.old[line] + shift, 0)
            self.contents[line] = self.old[written[0]] + shift

    def _comments(self) -> None:
        """A comment goes with the line below it, or with the last line above that begins where it begins."""
        below = self._below()
        open_columns: list[tuple[int, int]] = []
        limit: int | None = None
        for line in range(len(self.lines)):
            if line in self.new:
                limit = self.contents.get(line)
                for old, new in self.heads.get(line, ()):
                    while open_columns and open_columns[-1][0] >= old:
                        open_columns.pop()
                    open_columns.append((old, new))
                continue
            content = self.lines[line].strip()
            if not content or (self.old[line] == 0 and content.startswith(_OUTSIDE)):
                continue
            if not content.startswith("#"):
                raise UnusualLayoutError
            begins, column = below[line]
            if self.old[line] != begins:
                above = next((new for old, new in open_columns if old == self.old[line]), column)
                column = above if limit is None or above < limit else column
            self.new[line] = column

    def _below(self) -> list[tuple[int, int]]:
        """For each line the old and the new column of the next one below it; below the last, the outermost block."""
        below = [(0, 0)] * len(self.lines)
        nearest = (0, 0)
        for line in reversed(range(len(self.lines))):
            below[line] = nearest
            if line in self.new:
                nearest = (self.old[line], self.new[line])
        return below


def last_line(node: Scalar) -> int:
    """The number of the last line of a scalar that says something, counted from 1."""
    written = node.source[node.start : node.end].rstrip()
    return node.span.line + written.count("\n")


def tidied(text: str, root: Node | None) -> str:
    """No white space at the ends of lines, at most two blank lines in a row, one line end at the end of the file."""
    lines = text.split("\n")
    kept, joined = _protected(lines, root)
    tidy: list[str] = []
    blank = 0
    for number, line in enumerate(lines, start=1):
        written = line if number in kept else line.rstrip(" \t")
        blank = blank + 1 if not written and number not in joined else 0
        if blank <= MAX_BLANK_LINES:
            tidy.append(written)
    while tidy and not tidy[-1]:
        tidy.pop()
    return "\n".join(tidy) + "\n" if tidy else ""


def _protected(lines: list[str], root: Node | None) -> tuple[set[int], set[int]]:
    """Lines whose ends are part of a text, and lines that must not be dropped since a text goes on after them."""
    kept: set[int] = set()
    joined: set[int] = set()
    for scalar in every_scalar(root):
        last = last_line(scalar)
        if last == scalar.span.line:
            continue
        inner = range(scalar.span.line + 1, last + 1)
        joined.update(inner)
        if scalar.style in ("literal", "folded"):
            written = [number for number in inner if lines[number - 1].strip()]
            indent = len(lines[written[0] - 1]) - len(lines[written[0] - 1].lstrip(" ")) if written else 0
            kept.update(number for number in inner if lines[number - 1].strip() or len(lines[number - 1]) > indent)
        elif scalar.style == "double" and "\\" in scalar.source[scalar.start : scalar.end]:
            kept.update((scalar.span.line, *inner))
    return kept, joined
