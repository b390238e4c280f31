"""The names under which something can be submitted: its id and its labels, in any width and case."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
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

    __slots__ = ("_clashes", "_folded", "exact")

    def __init__(self, entries: Iterable[tuple[str, Iterable[str]]]) -> None:
        """Index ids with their labels."""
        ids: dict[str, str] = {}
        folded_ids: dict[str, set[str]] = defaultdict(set)
        labels: dict[str, set[str]] = defaultdict(set)
        folded_labels: dict[str, set[str]] = defaultdict(set)
        for name, others in entries:
            ids[name] = name
            folded_ids[fold(name)].add(name)
            for label in others:
                labels[label].add(name)
                folded_labels[fold(label)].add(name)
        self.exact = dict(ids)
        self._folded: dict[str, str] = {}
        self._clashes: dict[str, tuple[str, ...]] = {}
        for claims in (labels, folded_ids, folded_labels):
            target = self.exact if claims is labels else self._folded
            for word, claimed in claims.items():
                if not word or word in target or word in self._clashes:
                    continue
                if len(claimed) == 1:
                    target[word] = next(iter(claimed))
                else:
                    self._clashes[word] = tuple(sorted(claimed))

    def find(self, word: str) -> str | None:
        """The id that a name stands for."""
        found = self.exact.get(word)
        if found is None and len(word) <= MAX_NAME:
            found = self._folded.get(fold(word))
        return found

    def clashes(self, word: str) -> tuple[str, ...]:
        """The ids that share a name, where several do."""
        if len(word) > MAX_NAME:
            return ()
        return self._clashes.get(word) or self._clashes.get(fold(word), ())
