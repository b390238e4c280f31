"""What YAML text becomes: scalars, sequences and mappings that know where they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hazardrules.source import Span, span_between

if TYPE_CHECKING:
    from collections.abc import Iterator

NULLS = ("", "~", "null", "Null", "NULL")


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
        end_at = offsets[min(max(end - 1, start), last)] + 1
        return span_between(self.span.file, self.source, first_at, max(end_at, first_at + 1))

    def _aligned(self) -> list[int]:
        """For each character of the content its offset in the file.

        Blank space is skipped on both sides, so that folding, indentation and block headers do not matter; an escape
        in a quoted scalar is pointed at approximately.
        """
        if self._offsets is None:
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
            self._offsets = offsets or [self.start]
        return self._offsets


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


def describe(node: Node) -> str:
    """The key of the wording that says what a node is."""
    if isinstance(node, Mapping):
        return "shape.mapping"
    if isinstance(node, Sequence):
        return "shape.list"
    return "shape.nothing" if node.is_null else "shape.text"
