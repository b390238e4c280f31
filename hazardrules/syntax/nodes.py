"""What YAML text becomes: scalars, sequences and mappings that know where they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hazardrules.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

NULLS = ("", "~", "null", "Null", "NULL")
# a fold of lines, blanks, an escape, or any other character of a double-quoted text
_PIECE = re.compile(r"([ \t]*\n[ \t\n]*)|[ \t]+|\\(?:\n[ \t]*|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)|.", re.DOTALL)


@dataclass(slots=True)
class Scalar:
    """A scalar as it was written: always text, never resolved.

    Attributes:
        text: The content, after YAML's own unquoting.
        style: `plain`, `single`, `double`, `literal` or `folded`.
        source: The whole text of the file.
        start: Character offset of the scalar in it.
        end: Character offset just after it.
    """

    text: str
    span: Span
    style: str
    source: str = field(repr=False)
    start: int
    end: int
    _offsets: list[int] | None = field(default=None, repr=False)

    @property
    def is_null(self) -> bool:
        """Whether it is `null`, `~` or nothing at all."""
        return self.style == "plain" and self.text in NULLS

    def part(self, start: int, end: int) -> Span:
        """Where a stretch of the content stands in the file (offsets into `text`)."""
        single = self.span.line == self.span.end_line and self.style == "plain"
        if single:
            column = self.span.column
            return Span(self.span.file, self.span.line, column + start, self.span.line, column + max(end, start + 1))
        offsets = self._aligned()
        last = len(offsets) - 1
        first_at = offsets[min(start, last)]
        end_at = max(offsets[min(max(end - 1, start), last)] + 1, first_at + 1)
        return Span(self.span.file, *self._place(first_at), *self._place(end_at))

    def _place(self, at: int) -> tuple[int, int]:
        """Line and column of an offset within the scalar, counted from the scalar's own start."""
        line = self.span.line + self.source.count("\n", self.start, at)
        return line, at - self.source.rfind("\n", 0, at)

    def _aligned(self) -> list[int]:
        """For each character of the content its offset in the file.

        Blank space is skipped on both sides, so that folding, indentation and block headers do not matter.
        """
        if self._offsets is None:
            escaped = self.style == "double" and "\\" in self.source[self.start : self.end]
            offsets = self._unescaped() if escaped else self._found()
            self._offsets = offsets or [self.start]
        return self._offsets

    def _found(self) -> list[int]:
        """Where each character stands; those that are not blank stand in the file in the same order."""
        at = self.start
        if self.style in ("literal", "folded"):
            at = max(self.source.find("\n", at), at)
        elif self.style in ("single", "double"):
            at += 1
        offsets = []
        for character in self.text:
            if not character.isspace():
                found = self.source.find(character, at, self.end)
                at = found if found >= 0 else at
            offsets.append(min(at, len(self.source) - 1))
            at = at + 1 if not character.isspace() or self.source[at : at + 1] == character else at
        return offsets

    def _unescaped(self) -> list[int]:
        """Where each character of a quoted text with escapes stands; an escape is pointed at as a whole."""
        offsets: list[int] = []
        for piece in _PIECE.finditer(self.source, self.start + 1, self.end - 1):
            breaks = piece.group(1)
            if breaks is not None:  # a fold: one blank, or as many line ends as there are empty lines
                offsets += [piece.start()] * max(breaks.count("\n") - 1, 1)
            elif piece.group().startswith("\\"):
                offsets += [] if piece.group().startswith("\\\n") else [piece.start()]
            else:
                offsets += range(piece.start(), piece.end())
        return offsets


@dataclass(slots=True)
class Sequence:
    """A list."""

    items: list[Node]
    span: Span
    flow: bool


@dataclass(slots=True)
class Mapping:
    """A mapping; keys are unique, in the order written."""

    entries: dict[str, tuple[Scalar, Node]]
    span: Span
    flow: bool

    def get(self, key: str) -> Node | None:
        """The value of a key, or nothing."""
        found = self.entries.get(key)
        return found[1] if found else None

    def key(self, key: str) -> Scalar:
        """The key itself, to point at."""
        return self.entries[key][0]

    def items(self) -> Iterator[tuple[Scalar, Node]]:
        """Keys and values in the order written."""
        return iter(self.entries.values())


Node = Scalar | Sequence | Mapping


def is_stray(mapping: Mapping, value: Node) -> bool:
    """Whether a value is missing because YAML cut a text at a comma, which the reader has reported as HR111."""
    return mapping.flow and isinstance(value, Scalar) and value.is_null and not value.text


def describe(node: Node) -> str:
    """The key of the wording that says what a node is."""
    if isinstance(node, Mapping):
        return "shape.mapping"
    if isinstance(node, Sequence):
        return "shape.list"
    return "shape.nothing" if node.is_null else "shape.text"
