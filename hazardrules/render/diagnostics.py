"""Diagnostics as text with carets, as one line each, as JSON, or as annotations of a pull request."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from hazardrules.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hazardrules.diagnostics import Diagnostic
    from hazardrules.source import Span

Format = Literal["text", "short", "json", "github"]
FORMATS: tuple[Format, ...] = ("text", "short", "json", "github")

MAX_WIDTH = 160
"""Longer lines are cut around the place that is pointed at."""
LEAD = 40
"""How much of a cut line stands before that place."""

_COLOURS = {"error": "1;31", "warning": "1;33", "gutter": "1;34", "help": "1;36", "strong": "1"}


def render_diagnostics(
    diagnostics: Iterable[Diagnostic],
    sources: Mapping[str, str],
    format: Format = "text",  # noqa: A002 - the word its callers know from the command line
    lang: str = "zh",
    *,
    colour: bool = False,
    prefix: str = "",
) -> str:
    """Render diagnostics for people, editors, programs or a pull request.

    Args:
        diagnostics: In the order in which they are to appear.
        sources: The text of each file by the name that spans give it; where one is missing, no line is shown.
        format: `text` (with the line and a caret), `short` (one line each), `json`, or `github` (annotations).
        lang: `zh` or `en`.
        colour: Whether text carries terminal colours.
        prefix: What stands before every file name, such as the folder of the rulebook with a `/`.

    Returns:
        The rendered text without a final line end; empty for `text`, `short` and `github` where nothing was found.
    """
    if format == "json":
        return _json(diagnostics, lang, prefix)
    if format == "github":
        return "\n".join(_annotation(found, lang, prefix) for found in diagnostics)
    if format == "short":
        return "\n".join(f"{prefix}{one_line(found.short(lang))}" for found in diagnostics)
    page = _Page(sources, lang, prefix, colour=colour)
    return "\n\n".join(page.render(found) for found in diagnostics)


def one_line(text: str) -> str:
    """A text on one line, without characters that would steer a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def display_width(text: str) -> int:
    """How many columns of a terminal a text takes: Chinese characters take two, combining marks none."""
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


@dataclass(frozen=True, slots=True)
class _Excerpt:
    """A line of a file with the stretch pointed at, both in columns of a terminal."""

    number: int
    text: str
    before: int
    width: int


class _Marks(NamedTuple):
    """How a place is pointed at."""

    arrow: str
    mark: str
    paint: str


_RELATED = _Marks(":::", "-", "gutter")


class _Page:
    """Diagnostics with the lines they are about."""

    def __init__(self, sources: Mapping[str, str], lang: str, prefix: str, *, colour: bool) -> None:
        self.sources, self.lang, self.prefix, self.colour = sources, lang, prefix, colour
        self._lines: dict[str, list[str]] = {}

    def render(self, found: Diagnostic) -> str:
        spans = [found.span, *(related.span for related in found.related)]
        margin = max(len(str(span.line)) for span in spans)
        head = self._paint(f"{say(self.lang, f'label.{found.severity}')}[{found.code}]", found.severity)
        lines = [f"{head}{self._paint(': ' + one_line(found.message(self.lang)), 'strong')}"]
        lines += self._place(found.span, margin, _Marks("-->", "^", found.severity), "")
        for related in found.related:
            lines += self._place(related.span, margin, _RELATED, one_line(related.message(self.lang)))
        hint = found.hint(self.lang)
        if hint:
            label = self._paint(f"= {say(self.lang, 'label.help')}:", "help")
            lines.append(f"{' ' * margin} {self._bar()}")
            lines.append(f"{' ' * margin} {label} {one_line(hint)}")
        return "\n".join(lines)

    def _place(self, span: Span, margin: int, marks: _Marks, words: str) -> list[str]:
        blank = " " * margin
        lines = [f"{blank}{self._paint(marks.arrow, 'gutter')} {one_line(f'{self.prefix}{span}')}"]
        excerpt = self._excerpt(span)
        if excerpt is None:
            return [*lines, f"{blank} {self._bar()} {words}"] if words else lines
        number = self._paint(str(excerpt.number).rjust(margin), "gutter")
        pointer = self._paint(f"{marks.mark * excerpt.width} {words}".rstrip(), marks.paint)
        return [
            *lines,
            f"{blank} {self._bar()}",
            f"{number} {self._bar()} {excerpt.text}",
            f"{blank} {self._bar()} {' ' * excerpt.before}{pointer}",
        ]

    def _excerpt(self, span: Span) -> _Excerpt | None:
        source = self.sources.get(span.file)
        if source is None:
            return None
        if span.file not in self._lines:
            self._lines[span.file] = source.split("\n")
        lines = self._lines[span.file]
        if not 1 <= span.line <= len(lines):
            return None
        line = one_line(lines[span.line - 1].rstrip())
        start = min(span.column - 1, len(line))
        end = span.end_column - 1 if span.end_line == span.line else len(line)
        end = min(max(end, start + 1), max(len(line), start + 1))
        line, start, end = _cut(line, start, end)
        width = display_width(line[start:end])
        return _Excerpt(span.line, line, display_width(line[:start]), max(width, 1))

    def _bar(self) -> str:
        return self._paint("|", "gutter")

    def _paint(self, text: str, name: str) -> str:
        return f"\x1b[{_COLOURS[name]}m{text}\x1b[0m" if self.colour else text


def _cut(line: str, start: int, end: int) -> tuple[str, int, int]:
    """A long line around the stretch pointed at, with `…` where something is left out."""
    if display_width(line) <= MAX_WIDTH:
        return line, start, end
    left = max(start - LEAD, 0)
    head = "…" if left else ""
    room, right = MAX_WIDTH - 2, left
    while right < len(line) and room > 0:
        room -= _width(line[right])
        right += 1
    tail = "…" if right < len(line) else ""
    shift = len(head) - left
    return f"{head}{line[left:right]}{tail}", start + shift, min(end, right) + shift


def _json(diagnostics: Iterable[Diagnostic], lang: str, prefix: str) -> str:
    return json.dumps({"diagnostics": [as_data(found, lang, prefix) for found in diagnostics]}, ensure_ascii=False, indent=2)


def as_data(found: Diagnostic, lang: str, prefix: str = "") -> dict[str, Any]:
    """A diagnostic as data for JSON: code, message, place, hint, and the places that take part."""
    return {
        "code": str(found.code),
        "slug": found.code.slug,
        "severity": found.severity,
        "message": found.message(lang),
        **_position(found.span, prefix),
        "hint": found.hint(lang),
        "related": [{"message": related.message(lang), **_position(related.span, prefix)} for related in found.related],
    }


def _position(span: Span, prefix: str) -> dict[str, str | int]:
    return {
        "file": prefix + span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _annotation(found: Diagnostic, lang: str, prefix: str) -> str:
    """A line that GitHub turns into an annotation of the changed file."""
    span = found.span
    properties = {
        "file": prefix + span.file,
        "line": str(span.line),
        "col": str(span.column),
        "endLine": str(span.end_line),
        "endColumn": str(max(span.end_column - 1, 1)),
        "title": f"{found.code} {found.code.slug}",
    }
    hint = found.hint(lang)
    message = found.message(lang) + (f"\n{hint}" if hint else "")
    listed = ",".join(f"{name}={escaped(value, ':,')}" for name, value in properties.items())
    return f"::{found.severity} {listed}::{escaped(message)}"


def escaped(text: str, more: str = "") -> str:
    """A text as annotations of a pull request carry it."""
    return "".join(f"%{ord(character):02X}" if character in f"%\r\n{more}" else character for character in text)
