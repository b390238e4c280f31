"""The names under which something can be submitted: its id and its labels, in any width and case."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_NAME = 200
"""Longer keys are no name of anything, and are not folded."""


def fold(word: str) -> str:
    """A name as it is compared: width, case and outer blanks do not count."""
    return unicodedata.normalize("NFKC", word).strip().casefold()


class Names:
    """Ids by every accepted name.

    An id goes before a label, a name as written before a folded one; a label that several share stands for none.

    Attributes:
        exact: Ids by names as they are declared.
    """

    __slots__ = ("_clashes", "_entries", "_folded", "exact")

    def __init__(self, entries: Iterable[tuple[str, Iterable[str]]]) -> None:
        """Index ids with their labels; names are folded when one is not found as it was written."""
        self._entries = tuple([(name, tuple(others)) for name, others in entries])
        self._folded: dict[str, str] | None = None
        self._clashes: dict[str, tuple[str, ...]] = {}
        labels: dict[str, set[str]] = {}
        self.exact = {name: name for name, _ in self._entries}
        for name, others in self._entries:
            for label in others:
                labels.setdefault(label, set()).add(name)
        _claim(labels, self.exact, self._clashes)

    def _all_folded(self) -> dict[str, str]:
        """Ids by folded names."""
        if self._folded is None:
            ids: dict[str, set[str]] = {}
            labels: dict[str, set[str]] = {}
            for name, others in self._entries:
                ids.setdefault(fold(name), set()).add(name)
                for label in others:
                    labels.setdefault(fold(label), set()).add(name)
            folded: dict[str, str] = {}
            clashes = dict(self._clashes)
            _claim(ids, folded, clashes)
            _claim(labels, folded, clashes)
            self._clashes, self._folded = clashes, folded  # whole, for other threads
        return self._folded

    def find(self, word: str) -> str | None:
        """The id that a name stands for."""
        found = self.exact.get(word)
        if found is None and len(word) <= MAX_NAME:
            found = self._all_folded().get(fold(word))
        return found

    def clashes(self, word: str) -> tuple[str, ...]:
        """The ids that share a name, where several do."""
        if len(word) > MAX_NAME:
            return ()
        self._all_folded()
        return self._clashes.get(word) or self._clashes.get(fold(word), ())


def _claim(claims: dict[str, set[str]], target: dict[str, str], clashes: dict[str, tuple[str, ...]]) -> None:
    """Give each word to the id that claims it; one that several claim stands for none."""
    for word, claimed in claims.items():
        if not word or word in target or word in clashes:
            continue
        if len(claimed) == 1:
            target[word] = next(iter(claimed))
        else:
            clashes[word] = tuple(sorted(claimed))
