"""YAML text -> nodes that keep their spans; never YAML's own ideas about types.

The events of libyaml are assembled here instead of by PyYAML's composer: that keeps nesting, size, aliases and tags
under our control, so hostile input costs bounded time and memory and cannot crash the C stack.
"""

from __future__ import annotations

import re
import stat
from typing import TYPE_CHECKING, Any

import yaml

from hazardrules.diagnostics import Related
from hazardrules.source import Span, span_between, whole_file
from hazardrules.syntax.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from pathlib import Path

    from hazardrules.diagnostics import Collector

NOTHING: dict[str, str] = {}
MAX_BYTES = 4_000_000
MAX_DEPTH = 40
MAX_NODES = 100_000
MAX_SCALAR = 100_000
MAX_PROBLEMS = 100
"""A file with more problems than anyone reads is not read further."""
MAX_SHOWN = 80
MAX_LOOK = 1000
"""How much of a line is searched for the reason of a fault, in a time that grows with its square."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STYLES = {None: "plain", "": "plain", "'": "single", '"': "double", "|": "literal", ">": "folded"}
# control characters and lone surrogates, which YAML cannot carry, and the line ends that only YAML sees
_REFUSED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_NOT_THE_START = ("escape", "hexdecimal", "tag handle")  # libyaml's words for faults inside a well-quoted text or a tag
# libyaml's words -> a variant of HR102 that says it to people
_FAULTS = (
    ("expected key", "indent"),
    ("expected '-' indicator", "indent"),
    ("expected <document start>", "indent"),
    ("block sequence entries are not allowed", "indent"),
    ("expected ',' or", "bracket"),
    ("mapping values are not allowed", "colon"),
    ("could not find expected ':'", "no_colon"),
    ("found unexpected end of stream", "quote"),
)
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*\s*(?:#.*)?")
_REST_OF_LINE = re.compile(r"\s*,?\s*(?:\s#.*)?")
_QUOTATION = re.compile(r'"(?:[^"\\]|\\.)*"')
_SPECIAL_START = re.compile(r"""^\s*(?:-\s+)*(?:[^\s#'"\[{][^#]*?:\s+)?([\[{%>|@&*!"`].*)$""")


def _is_well_begun(text: str) -> bool:
    """Whether a text that begins with a sign of YAML is what YAML takes it for: a fault beside it has another reason.

    That is the case for a block header, for a collection or quotation that ends where the line does, and for one that
    never ends, which is a fault of its own.
    """
    if _BLOCK_HEADER.fullmatch(text):
        return True
    closing = {"{": "}", "[": "]", '"': '"'}.get(text[0])
    if closing is None:
        return False
    first = _first_end(text, closing)
    return first is None or _REST_OF_LINE.fullmatch(text, first) is not None


def _first_end(text: str, closing: str) -> int | None:
    """Where a collection or quotation that begins a text ends, or None where it does not."""
    if closing == '"':
        found = _QUOTATION.match(text)
        return found.end() if found else None
    depth = 0
    for at, character in enumerate(text):
        depth += (character == text[0]) - (character == closing)
        if depth == 0:
            return at + 1
    return None


def read_file(path: Path, name: str, collector: Collector) -> str | None:
    """Read a file of the rulebook as UTF-8 text.

    Args:
        path: The file.
        name: How diagnostics call it: its path within the rulebook, with `/`.
        collector: Receives HR101 where it cannot be read and HR105 where it is too large.

    Returns:
        The text with line ends as on Unix, or None.
    """
    raw = read_bytes(path, name, collector)
    if raw is None:
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "replace")
        place = span_between(name, before + " ", len(before), len(before) + 1)
        collector.report(101, place, variant="encoding", hints=[("HR101.hint_encoding", NOTHING)])
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_bytes(path: Path, name: str, collector: Collector) -> bytes | None:
    """Read a file of bounded size as it is; HR101 and HR105 as for `read_file`."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for, a device never ends
            collector.report(101, whole_file(name), variant="no_file")
            return None
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        collector.report(101, whole_file(name), reason=error.strerror or type(error).__name__)
        return None
    if len(raw) > MAX_BYTES:
        collector.report(105, whole_file(name), variant="file", limit=MAX_BYTES)
        return None
    return raw


def read_yaml(text: str, name: str, collector: Collector) -> Node | None:
    """Read one YAML document.

    Args:
        text: The YAML.
        name: The name of the file in diagnostics.
        collector: Receives HR102 to HR105 and HR111.

    Returns:
        The root node, or None where the text is empty or cannot be read at all.
    """
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_BYTES:
        collector.report(105, whole_file(name), variant="file", limit=MAX_BYTES)
        return None
    refused = _REFUSED.search(text)
    if refused is not None:
        span = span_between(name, text, refused.start(), refused.end())
        collector.report(102, span, variant="character", character=f"U+{ord(refused.group()):04X}")
        return None
    return _Assembler(text, name, collector).run()


def _shown(text: str) -> str:
    """Words of the author for a message: one line of bounded length."""
    line = " ".join(text[: 2 * MAX_SHOWN].split())
    return line if len(line) <= MAX_SHOWN and len(text) <= 2 * MAX_SHOWN else f"{line[:MAX_SHOWN]}…"


class _Frame:
    """A collection under construction."""

    __slots__ = ("flow", "items", "key", "start")

    def __init__(self, start: Any, items: list[Node] | dict[str, tuple[Scalar, Node]], *, flow: bool) -> None:
        self.start = start
        self.items = items
        self.key: Scalar | None = None
        self.flow = flow


class _Assembler:
    """Builds nodes from events without recursion."""

    def __init__(self, text: str, name: str, collector: Collector) -> None:
        self.text, self.name, self.collector = text, name, collector
        self.lines = text.split("\n")
        self.stack: list[_Frame] = []
        self.root: Node | None = None
        self.count = 0
        self.first_problem = collector.count

    def run(self) -> Node | None:
        documents = 0
        try:
            for event in yaml.parse(self.text, Loader=_LOADER):
                if isinstance(event, yaml.DocumentStartEvent):
                    documents += 1
                    if documents > 1:
                        self.collector.report(103, self._span(event), variant="documents")
                        return self.root
                elif not self._take(event):
                    return self.root
        except yaml.MarkedYAMLError as error:
            self._syntax_error(error)
            return None
        except yaml.YAMLError as error:
            self.collector.report(102, whole_file(self.name), reason=str(error).split("\n", 1)[0])
            return None
        return self.root

    def _take(self, event: Any) -> bool:
        """Take one event; False ends the reading."""
        if isinstance(event, yaml.AliasEvent):
            self.collector.report(103, self._span(event), variant="alias")
            return False
        if isinstance(event, (yaml.ScalarEvent, yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            if event.anchor is not None:
                self.collector.report(103, self._span(event), variant="anchor")
            if event.tag is not None and event.tag != "!":
                self.collector.report(103, self._span(event), variant="tag", tag=_shown(event.tag))
            self.count += 1
            if self.count > MAX_NODES or len(self.stack) > MAX_DEPTH:
                variant = "nodes" if self.count > MAX_NODES else "depth"
                limit = MAX_NODES if self.count > MAX_NODES else MAX_DEPTH
                self.collector.report(105, self._span(event), variant=variant, limit=limit)
                return False
        if isinstance(event, yaml.ScalarEvent):
            self._add(self._scalar(event))
        elif isinstance(event, yaml.SequenceStartEvent):
            self.stack.append(_Frame(event.start_mark, [], flow=bool(event.flow_style)))
        elif isinstance(event, yaml.MappingStartEvent):
            self.stack.append(_Frame(event.start_mark, {}, flow=bool(event.flow_style)))
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self._close(event)
        if self.collector.count - self.first_problem >= MAX_PROBLEMS:
            self.collector.report(105, self._span(event), variant="problems", limit=MAX_PROBLEMS)
            return False
        return True

    def _scalar(self, event: Any) -> Scalar:
        text = event.value
        span = self._span(event)
        if len(text) > MAX_SCALAR:
            self.collector.report(105, span, variant="scalar", limit=MAX_SCALAR)
            text = text[:MAX_SCALAR]
        refused = _REFUSED.search(text)
        if refused is not None:  # the escapes of a quoted text can write what the file itself may not hold
            self.collector.report(102, span, variant="character", character=f"U+{ord(refused.group()):04X}")
            text = _REFUSED.sub("\ufffd", text)
        style = _STYLES.get(event.style, "plain")
        return Scalar(text, span, style, self.text, event.start_mark.index, event.end_mark.index)

    def _close(self, event: Any) -> None:
        frame = self.stack.pop()
        start, end = frame.start, event.end_mark
        if not frame.flow:  # a block collection ends where the next token begins: point at its last line instead
            end_line, end_column = self._last_written(end.line, start.line)
        else:
            end_line, end_column = end.line + 1, end.column + 1
        span = Span(self.name, start.line + 1, start.column + 1, end_line, end_column)
        if isinstance(frame.items, dict):
            self._add(Mapping(frame.items, span, frame.flow))
        else:
            self._add(Sequence(frame.items, span, frame.flow))

    def _last_written(self, line: int, first: int) -> tuple[int, int]:
        line = min(line, len(self.lines) - 1)
        while line > first:
            line -= 1
            if self.lines[line].strip():
                break
        return line + 1, len(self.lines[line].rstrip()) + 1

    def _add(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        frame = self.stack[-1]
        if isinstance(frame.items, list):
            frame.items.append(node)
            return
        if frame.key is None:
            frame.key = self._as_key(node)
            return
        key, frame.key = frame.key, None
        if frame.flow and isinstance(node, Scalar) and node.is_null and not node.text:
            if ":" in key.text:
                hints = [("HR111.hint_no_space", NOTHING)]
                self.collector.report(111, key.span, variant="no_space", text=_shown(key.text), hints=hints)
            else:
                hints = [("HR111.hint_quote", NOTHING)]
                self.collector.report(111, key.span, variant="stray", text=_shown(key.text), hints=hints)
        if key.text in frame.items:
            related = [Related(frame.items[key.text][0].span, "related.first_written")]
            self.collector.report(104, key.span, key=_shown(key.text), related=related)
            return
        frame.items[key.text] = (key, node)

    def _as_key(self, node: Node) -> Scalar:
        if isinstance(node, Scalar):
            if node.text == "<<" and node.style == "plain":
                self.collector.report(103, node.span, variant="merge")
            return node
        self.collector.report(111, node.span, variant="key")
        return Scalar(f"\0{node.span.line}:{node.span.column}", node.span, "plain", self.text, 0, 0)

    def _span(self, event: Any) -> Span:
        start, end = event.start_mark, event.end_mark
        if start.line >= len(self.lines):  # libyaml ends the last line where its author did not
            end_line, end_column = len(self.lines), len(self.lines[-1]) + 1
            return Span(self.name, end_line, end_column, end_line, end_column)
        end_line, end_column = end.line + 1, end.column + 1
        if end_column == 1 and end_line > start.line + 1:
            end_line, end_column = self._last_written(end.line, start.line)
        return Span(self.name, start.line + 1, start.column + 1, end_line, max(end_column, 1))

    def _syntax_error(self, error: Any) -> None:
        mark = error.problem_mark or error.context_mark
        if mark is None:
            self.collector.report(102, whole_file(self.name), reason=str(error.problem))
            return
        line = min(mark.line, len(self.lines) - 1)
        column = mark.column
        if not self.lines[line].strip() and "\t" not in self.lines[line] and line > 0:  # libyaml points past the end: the fault is on the last line
            line -= 1
            column = len(self.lines[line])
        span = Span(self.name, line + 1, column + 1, line + 1, column + 2)
        plain = any(word in str(error.problem) for word in _NOT_THE_START)
        for number in () if plain else (line, line - 1):
            found = _SPECIAL_START.match(self.lines[number][:MAX_LOOK]) if number >= 0 else None
            if found and not _is_well_begun(found.group(1)):
                at = found.start(1)
                shown = found.group(1).rstrip()[:60]
                place = Span(self.name, number + 1, at + 1, number + 1, at + 1 + len(shown))
                hints = [("HR111.hint_start", NOTHING)]
                self.collector.report(111, place, variant="start", character=shown[0], text=shown, hints=hints)
                return
        if "\t" in self.lines[line][: column + 1]:
            self.collector.report(102, span, variant="tab")
            return
        reason = str(error.problem or error.context)
        known = next((variant for words, variant in _FAULTS if words in reason), None)
        if known is not None:
            self.collector.report(102, span, variant=known, hints=[(f"HR102.hint_{known}", NOTHING)])
        else:
            self.collector.report(102, span, reason=reason, hints=[("HR102.hint", NOTHING)])
