"""A rulebook that follows its folder: changed rules are used as soon as they are right, and not before."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal

from hazardrules.api import Rulebook, load
from hazardrules.cache import content_digest
from hazardrules.errors import RulebookError
from hazardrules.folders import shipped_rules
from hazardrules.wording import say

if TYPE_CHECKING:
    from hazardrules.diagnostics import Diagnostic

TRIES = 3
"""So often a folder is read that changes while it is read."""
SHORT = 12
"""So many characters of a digest are said."""
_logger = logging.getLogger(__name__)

State = Literal["swapped", "restored", "kept", "unsettled"]


@dataclass(frozen=True, slots=True)
class Reload:
    """What a look at a changed folder came to.

    Attributes:
        state: `swapped`: the changed rules are used from now on. `kept`: they have errors and are not. `restored`: after
            errors the folder is again as it is used. `unsettled`: it changed while it was read; ask again.
        book: The rulebook that is used now.
        diagnostics: Every problem of the folder as it was read; errors only where it is `kept`.
    """

    state: State
    book: Rulebook
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that keep the changed rules from being used."""
        return tuple(found for found in self.diagnostics if found.severity == "error")

    def message(self, lang: str) -> str:
        """What happened, in a line, and a line for each error."""
        args = {"version": self.book.version, "digest": self.book.digest[:SHORT], "count": len(self.errors)}
        return "\n".join([say(lang, f"watch.{self.state}", args), *(found.short(lang) for found in self.errors)])


class RulebookWatcher:
    """Keeps the last good rulebook of a folder.

    It has no thread and no clock: whoever has a moment calls `poll`. Every look reads the contents of the rule files, so a
    change is seen whatever the times of the files say. Safe to share between threads; `book` never waits for `poll`.

    Attributes:
        folder: The folder with `rulebook.yaml`.
        diagnostics: Every problem of the folder as it was last read.
    """

    def __init__(self, folder: str | Path | None = None, *, engine: str = "generated", cache: bool = False) -> None:
        """Load the rulebook of a folder.

        Args:
            folder: The folder; the rulebook that comes with the library by default.
            engine: As for `load`.
            cache: As for `load`.

        Raises:
            RulebookError: The rulebook has errors, and there is no earlier one to keep.
            LookupFailedError: There is no such engine.
            EngineError: The engine is an extra that is not installed.
        """
        self.folder = Path(folder) if folder is not None else shipped_rules()
        self._engine, self._cache = engine, cache
        self._seen = self._used = _digest(self.folder)
        self._book = load(self.folder, engine=engine, cache=cache)
        self.diagnostics: tuple[Diagnostic, ...] = self._book.warnings
        if _digest(self.folder) != self._used:
            self._seen = self._used = ""  # changed while it was read: the first look reads it again
        self._lock, self._process = Lock(), os.getpid()

    @property
    def book(self) -> Rulebook:
        """The rulebook to use; take it once per request and keep it for the whole of it."""
        return self._book

    def poll(self) -> Reload | None:
        """Look at the folder, and use its rules if they have changed and are right.

        Returns:
            What came of it; None where nothing has changed since the last look, or another thread is looking.
        """
        if self._process != os.getpid():  # forked, perhaps while another thread was looking
            self._lock, self._process = Lock(), os.getpid()
        if not self._lock.acquire(blocking=False):
            return None
        try:
            found = self._look()
        finally:
            self._lock.release()
        if found is not None:
            _logger.log(logging.WARNING if found.state in ("kept", "unsettled") else logging.INFO, "%s", found.message("en"))
        return found

    def _look(self) -> Reload | None:
        digest = _digest(self.folder)
        if digest == self._seen:
            return None
        if digest == self._used:
            self._seen, self.diagnostics = digest, self._book.warnings
            return Reload("restored", self._book, self.diagnostics)
        for _ in range(TRIES):
            book: Rulebook | None = None
            try:
                book = load(self.folder, engine=self._engine, cache=self._cache)
                diagnostics = book.warnings
            except RulebookError as error:
                diagnostics = error.diagnostics
            before, digest = digest, _digest(self.folder)
            if digest != before:
                continue  # half of what was read may be old
            self._seen, self.diagnostics = digest, diagnostics
            if book is None:
                return Reload("kept", self._book, diagnostics)
            self._used, self._book = digest, book
            return Reload("swapped", book, diagnostics)
        return Reload("unsettled", self._book)


def _digest(folder: Path) -> str:
    """What the folder holds; a folder that cannot be read is like no other, and loading it says why."""
    try:
        return content_digest(folder)
    except OSError as error:
        return f"unreadable: {error}"
