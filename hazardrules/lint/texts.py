"""Every text for people in the files of a rulebook, with its place and what it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hazardrules.syntax.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.source import Span

PLAIN = frozenset(("label", "title", "text", "ask", "why", "why_unverified", "counts", "issuer", "notes", "name"))
"""Keys whose text may stand without a language: then it is in the rulebook's own."""
_OWNERS = ("id", "pack", "instrument", "subject", "table", "rulebook", "action")


@dataclass(frozen=True, slots=True)
class Said:
    """A text for people.

    Attributes:
        what: The key under which it stands, such as `title` or `label`.
        owner: What it belongs to: the id of a rule, the name of a fact, an action, an instrument.
        texts: Language -> the text.
        plain: It was written without naming its language.
    """

    file: str
    what: str
    owner: str
    texts: dict[str, Scalar]
    plain: bool
    span: Span

    def __iter__(self) -> Iterator[tuple[str, Scalar]]:
        """Languages with their texts."""
        return iter(self.texts.items())


@dataclass(frozen=True, slots=True)
class TextFinder:
    """Finds the texts of one file."""

    file: str
    languages: tuple[str, ...]
    default: str

    def find(self, root: Node) -> Iterator[Said]:
        """Every text below a root."""
        yield from self._below(root, "", "", is_root=True)

    def _below(self, node: Node, key: str, owner: str, *, is_root: bool = False) -> Iterator[Said]:
        if isinstance(node, Sequence):
            for item in node.items:
                yield from self._below(item, key, owner)
        elif isinstance(node, Mapping):
            if self._is_localized(node):
                said = {lang: value for lang, (_, value) in node.entries.items() if isinstance(value, Scalar)}
                yield Said(self.file, key, owner, said, plain=False, span=node.span)
                return
            owner = self._named(node) or owner
            for name, value in node.items():
                if isinstance(value, Scalar):
                    if self._is_text(name.text, key, node, value, is_root=is_root):
                        what, of = ("label", name.text) if key in ("of", "topics") else (name.text, owner)
                        yield Said(self.file, what, of, {self.default: value}, plain=True, span=value.span)
                    continue
                yield from self._below(value, name.text, self._owner(key, name.text, owner, value))

    def _is_localized(self, node: Mapping) -> bool:
        return bool(node.entries) and all(
            name in self.languages and isinstance(value, Scalar) for name, (_, value) in node.entries.items()
        )

    def _is_text(self, name: str, key: str, node: Mapping, value: Scalar, *, is_root: bool) -> bool:
        if value.is_null or (is_root and "instrument" in node.entries):
            return False
        return key in ("of", "topics") or (name in PLAIN and not (name == "text" and "type" in node.entries))

    def _owner(self, key: str, name: str, owner: str, value: Node) -> str:
        """What a text below a key belongs to: the key itself where it names a thing."""
        if isinstance(value, Mapping) and name not in PLAIN and (key or "label" in value.entries):
            return name
        return owner

    @staticmethod
    def _named(node: Mapping) -> str | None:
        for key in _OWNERS:
            value = node.get(key)
            if isinstance(value, Scalar):
                return value.text.strip()
        return None
