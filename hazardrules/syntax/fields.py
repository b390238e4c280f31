"""Reading typed fields out of nodes; every misfit is a diagnostic."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from hazardrules.diagnostics import did_you_mean, nearest
from hazardrules.model.law import Effective
from hazardrules.model.scalars import read_bool, read_date, read_number
from hazardrules.syntax.nodes import Mapping, Node, Scalar, Sequence, describe, is_stray

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from fractions import Fraction

    from hazardrules.diagnostics import Collector
    from hazardrules.model.law import Localized
    from hazardrules.source import Span

IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
DOTTED = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9][a-z0-9_]*)*")
OPTION = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
HYPHENATED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Fields:
    """Typed access to nodes.

    Attributes:
        collector: Receives every misfit.
        languages: The languages of the rulebook.
        default_language: The language of a text that is not written per language.
    """

    def __init__(self, collector: Collector) -> None:
        """Start with the languages this library itself speaks."""
        self.collector = collector
        self.languages: tuple[str, ...] = ("zh", "en")
        self.default_language = "zh"

    def wrong_shape(self, node: Node, expected: str, what: str) -> None:
        """Report HR106, or HR110 where there is nothing at all."""
        if isinstance(node, Scalar) and node.is_null:
            self.collector.report(110, node.span, what=what)
            return
        shape = describe(node).rsplit(".", 1)[1]
        self.collector.report(106, node.span, variant=f"{expected}_not_{shape}", what=what)

    def mapping(self, node: Node | None, what: str, required: Iterable[str] = (), optional: Iterable[str] = ()) -> Mapping | None:
        """A mapping with known keys."""
        if node is None:
            return None
        if not isinstance(node, Mapping):
            self.wrong_shape(node, "mapping", what)
            return None
        required = tuple(required)
        known = (*required, *optional)
        if known:
            for key, value in list(node.items()):
                if key.text not in known and not is_stray(node, value) and not key.text.startswith("\0"):
                    hints = did_you_mean(key.text, known) or [("hint.keys", {"names": ", ".join(known)})]
                    self.collector.report(107, key.span, key=key.text, what=what, hints=hints)
                    self._read_as_meant(node, key, value, known)
        for key_name in required:
            if key_name not in node.entries:
                self.collector.report(108, self._first_line(node), key=key_name, what=what)
        return node

    @staticmethod
    def _read_as_meant(node: Mapping, key: Scalar, value: Node, known: tuple[str, ...]) -> None:
        """A misspelt key is read as the one it resembles, so that its slip is not reported again as an absence."""
        meant = nearest(key.text, known, 1)
        if meant and meant[0] not in node.entries:
            del node.entries[key.text]
            node.entries[meant[0]] = (replace(key, text=meant[0]), value)

    @staticmethod
    def _first_line(node: Mapping) -> Span:
        first = next(iter(node.entries.values()), None)
        return first[0].span if first else node.span

    def open_mapping(self, node: Node | None, what: str) -> Mapping | None:
        """A mapping with free keys."""
        return self.mapping(node, what)

    def sequence(self, node: Node | None, what: str) -> list[Node]:
        """The items of a list; nothing where it is absent."""
        if node is None:
            return []
        if not isinstance(node, Sequence):
            self.wrong_shape(node, "list", what)
            return []
        return node.items

    def scalar(self, node: Node | None, what: str) -> Scalar | None:
        """A scalar that says something."""
        if node is None:
            return None
        if not isinstance(node, Scalar) or node.is_null:
            self.wrong_shape(node, "text", what)
            return None
        return node

    def text(self, node: Node | None, what: str) -> str | None:
        """The text of a scalar."""
        found = self.scalar(node, what)
        return found.text.strip() if found else None

    def localized(self, node: Node | None, what: str) -> Localized:
        """A text for people: `{zh: …, en: …}`, or plain text in the default language."""
        if node is None:
            return {}
        if isinstance(node, Scalar):
            text = self._said(node, what)
            return {self.default_language: text} if text else {}
        found = self.mapping(node, what, (), self.languages)
        if found is None:
            return {}
        if not found.entries:
            self.collector.report(110, found.span, what=what)
        texts = {key.text: self._said(value, what) for key, value in found.items() if key.text in self.languages}
        said = {lang: text for lang, text in texts.items() if text}
        missing = [lang for lang in self.languages if lang not in texts]
        if missing and said:
            self.collector.report(219, found.span, what=what, languages=", ".join(missing))
        return said

    def _said(self, node: Node, what: str) -> str | None:
        """A text for people; one without a word is reported."""
        text = self.text(node, what)
        if text == "":
            self.collector.report(110, node.span, what=what)
        return text

    def boolean(self, node: Node | None, what: str, *, default: bool = False) -> bool:
        """`true` or `false`."""
        found = self.scalar(node, what)
        if found is None:
            return default
        value = read_bool(found.text)
        if value is None:
            self.collector.report(109, found.span, variant="bool", text=found.text, what=what)
            return default
        return value

    def number(self, node: Node | None, what: str) -> int | Fraction | None:
        """A plain number."""
        found = self.scalar(node, what)
        if found is None:
            return None
        value = read_number(found.text)
        if value is None:
            self.collector.report(109, found.span, variant="number", text=found.text, what=what)
        return value

    def day(self, node: Node | None, what: str) -> date | None:
        """A date."""
        found = self.scalar(node, what)
        if found is None:
            return None
        value = read_date(found.text)
        if value is None:
            self.collector.report(109, found.span, variant="date", text=found.text, what=what)
        return value

    def one_of(self, node: Node | None, what: str, options: tuple[str, ...], default: str) -> str:
        """One of some fixed words."""
        found = self.scalar(node, what)
        if found is None:
            return default
        if found.text not in options:
            hints = did_you_mean(found.text, options) or [("hint.options", {"names": ", ".join(options)})]
            self.collector.report(109, found.span, variant="option", text=found.text, what=what, hints=hints)
            return next(iter(nearest(found.text, options, 1)), default)
        return found.text

    def name(self, scalar: Scalar, pattern: re.Pattern[str], what: str) -> str | None:
        """An id in the form that its kind has."""
        if not pattern.fullmatch(scalar.text):
            self.collector.report(114, scalar.span, variant=_FORM[pattern.pattern], name=scalar.text, what=what)
            return None
        return scalar.text

    def texts(self, node: Node | None, what: str) -> list[Scalar]:
        """One scalar, or a list of them."""
        if node is None:
            return []
        nodes = node.items if isinstance(node, Sequence) else [node]
        return [found for found in (self.scalar(item, what) for item in nodes) if found is not None]

    def effective(self, node: Node | None) -> Effective | None:
        """`{from: …, until: …}` or `{from: unknown, in_force_by: …}`."""
        found = self.mapping(node, "effective", (), ("from", "until", "in_force_by"))
        if found is None:
            return None
        start_node = found.get("from")
        unknown = isinstance(start_node, Scalar) and start_node.text in ("unknown", "未知")
        start = None if unknown else self.day(start_node, "from")
        until = self.day(found.get("until"), "until")
        by = self.day(found.get("in_force_by"), "in_force_by")
        if unknown and by is None:
            self.collector.report(405, found.span, variant="unknown_start")
        if not unknown and by is not None:
            self.collector.report(405, found.key("in_force_by").span, variant="two_starts")
            by = None
        first = start or by
        if first and until and until <= first:
            self.collector.report(405, found.key("until").span, start=first, until=until)
            until = None
        return Effective(start, until, by)


_FORM = {
    IDENTIFIER.pattern: "identifier",
    DOTTED.pattern: "dotted",
    OPTION.pattern: "option",
    HYPHENATED.pattern: "hyphenated",
}
