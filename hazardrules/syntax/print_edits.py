"""What the formatter edits in a rule file: expressions, pipe tables, tabs between texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from hazardrules.source import Edit
from hazardrules.syntax.load_actions import OVERRIDES
from hazardrules.syntax.load_conditions import BLOCKS
from hazardrules.syntax.nodes import Mapping, Node, Scalar, Sequence
from hazardrules.syntax.print_expressions import Labels, spaced, spaced_value
from hazardrules.syntax.print_layout import every_scalar
from hazardrules.syntax.print_tables import aligned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with edits made; no two of them overlap."""
    pieces: list[str] = []
    at = 0
    for edit in sorted(edits):
        pieces += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join((*pieces, text[at:]))


def tabs_of(text: str, root: Node) -> Iterator[Edit]:
    """Tabs between scalars and in comments become blanks; those within a text are part of it."""
    if "\t" not in text:
        return
    at = 0
    for scalar in (*every_scalar(root), None):
        end = scalar.start if scalar is not None else len(text)
        found = text.find("\t", at, end)
        while found >= 0:
            yield Edit(found, found + 1, " ")
            found = text.find("\t", found + 1, end)
        at = scalar.end if scalar is not None else end


def edits_of(root: Node, labels: Labels) -> Iterator[Edit]:
    """Every expression and table of a pack, every table of a file of cases, in the usual spelling."""
    if isinstance(root, Mapping) and root.get("pack") is not None:
        yield from _Pack(labels).edits(root)
    elif isinstance(root, Sequence):
        for case in root.items:
            if isinstance(case, Mapping):
                yield from _table(case.get("rows"), None)


class _Pack:
    """Walks a pack to everything in it that is an expression or a table."""

    def __init__(self, labels: Labels) -> None:
        self.labels = labels

    def edits(self, root: Mapping) -> Iterator[Edit]:
        yield from self._condition(root.get("applies"), flow=root.flow)
        for _, derived in _entries(root.get("derived")):
            if isinstance(derived, Mapping):
                yield from self._condition(derived.get("is"), flow=derived.flow)
                yield from _table(derived.get("table"), self.labels)
        for _, parameter in _entries(root.get("parameters")):
            values = parameter.get("values") if isinstance(parameter, Mapping) else parameter
            for value in _items(values):
                if isinstance(value, Mapping):
                    yield from self._expression(value.get("value"), flow=value.flow)
        for rule in _items(root.get("rules")):
            if isinstance(rule, Mapping):
                yield from self._rule(rule)

    def _rule(self, rule: Mapping) -> Iterator[Edit]:
        yield from self._condition(rule.get("applies"), flow=rule.flow)
        yield from self._condition(rule.get("when"), flow=rule.flow)
        unless = rule.get("unless")
        for item in unless.items if isinstance(unless, Sequence) else [unless]:
            if isinstance(item, Mapping):
                yield from self._condition(item.get("is"), flow=item.flow)
        yield from _table(rule.get("table"), self.labels)
        for action in _items(rule.get("actions")):
            for _, value in _entries(action):
                yield from self._action(value, action)

    def _action(self, value: Node, action: Node) -> Iterator[Edit]:
        if isinstance(value, Scalar):
            yield from self._expression(value, flow=_is_flow(action), spelling=spaced_value)
        for parameter, given in _entries(value):
            if parameter.text not in OVERRIDES:
                yield from self._expression(given, flow=_is_flow(value), spelling=spaced_value)

    def _condition(self, node: Node | None, *, flow: bool) -> Iterator[Edit]:
        if isinstance(node, Scalar):
            yield from self._expression(node, flow=flow)
        elif isinstance(node, Sequence):
            for item in node.items:
                yield from self._condition(item, flow=node.flow)
        elif isinstance(node, Mapping):
            for key, value in node.items():
                if key.text in ("at_least", "at_most") and isinstance(value, Mapping):
                    yield from self._expression(value.get("count"), flow=value.flow)
                    yield from self._condition(value.get("of"), flow=value.flow)
                elif key.text in BLOCKS:
                    yield from self._condition(value, flow=node.flow)

    def _expression(self, node: Node | None, *, flow: bool, spelling: Callable[[str, Labels], str] = spaced) -> Iterator[Edit]:
        if not isinstance(node, Scalar) or node.is_null:
            return
        raw = node.source[node.start : node.end]
        start, end = _inside(node, raw)
        if start == end:
            return
        written = raw[:start] + spelling(raw[start:end], self.labels) + raw[end:]
        if written != raw and (node.style != "plain" or _reads_as_plain(written, flow=flow)):
            yield Edit(node.start, node.end, written)


def _inside(node: Scalar, raw: str) -> tuple[int, int]:
    """The stretch of a scalar that is its text, without quotes, header and indentation; empty where it has escapes."""
    start, end = 0, len(raw)
    if node.style in ("single", "double"):
        start, end = 1, len(raw) - 1
        if ("\\" if node.style == "double" else "''") in raw[start:end]:
            return 0, 0
    elif node.style in ("literal", "folded"):
        start = raw.find("\n") + 1 or len(raw)
    inner = raw[start:end]
    left = start + len(inner) - len(inner.lstrip())
    return left, max(left, start + len(inner.rstrip()))


def _reads_as_plain(text: str, *, flow: bool) -> bool:
    """Whether YAML reads a text as one plain scalar with these very words, where it stands."""
    try:
        events = list(yaml.parse(f"{{k: {text}}}" if flow else f"k: {text}", Loader=_LOADER))
    except yaml.YAMLError:
        return False
    values = [event for event in events if isinstance(event, yaml.ScalarEvent)]
    return len(values) == 2 and not values[1].style and values[1].value.split() == text.split()  # noqa: PLR2004 - key and value


def _table(node: Node | None, labels: Labels | None) -> Iterator[Edit]:
    if not isinstance(node, Scalar) or node.style != "literal":
        return
    header, _, body = node.source[node.start : node.end].partition("\n")
    if any(character.isdigit() for character in header.partition("#")[0]):
        return  # the author counts the indentation
    lines = body.split("\n")
    indent = next((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), 0)
    written = [f"{' ' * indent}{line}" if line else "" for line in aligned(lines, labels)]
    table = "\n".join((header, *written))
    if table != node.source[node.start : node.end]:
        yield Edit(node.start, node.end, table)


def _entries(node: Node | None) -> Iterator[tuple[Scalar, Node]]:
    return node.items() if isinstance(node, Mapping) else iter(())


def _items(node: Node | None) -> list[Node]:
    return node.items if isinstance(node, Sequence) else []


def _is_flow(node: Node) -> bool:
    return not isinstance(node, Scalar) and node.flow
