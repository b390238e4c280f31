"""What was found out before, kept in the user's cache folder under the digest of what was asked."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from hazardrules.cache import cache_folder

FORMAT = "hazardrules-verify-1"
_MAX_BYTES = 200_000_000


class Store:
    """Answers by the digest of the question; only those asked for in this run are kept at its end.

    Attributes:
        used: Answers asked for or found in this run.
        asked: So many questions went to the solver.
    """

    def __init__(self, name: str = "", version: str = "") -> None:
        """Open the store of a rulebook; without a name nothing is kept."""
        folder = cache_folder() if name else None
        safe = "".join(char if char.isalnum() or char in "-_" else "_" for char in name)
        self.path = None if folder is None else folder / f"{safe}.verify.json"
        self.version = f"{FORMAT} {version}"
        self.used: dict[str, Any] = {}
        self.asked = 0
        self._kept: dict[str, Any] = self._read()

    def get(self, key: str) -> Any:
        """The answer to a question; None where it was never asked."""
        found = self.used.get(key)
        if found is None:
            found = self._kept.get(key)
            if found is not None:
                self.used[key] = found
        return found

    def put(self, key: str, answer: Any) -> None:
        """Keep an answer."""
        self.used[key] = answer
        self.asked += 1

    def _read(self) -> dict[str, Any]:
        if self.path is None:
            return {}
        try:
            if self.path.stat().st_size > _MAX_BYTES:
                return {}
            found = json.loads(self.path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        fits = isinstance(found, dict) and found.get("format") == self.version and isinstance(found.get("answers"), dict)
        return found["answers"] if fits else {}

    def write(self) -> None:
        """Keep the answers of this run; where that is not possible, the next one asks again."""
        if self.path is None or not self.asked:
            return
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.path.parent, suffix=".tmp")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"format": self.version, "answers": self.used}, file)
            Path(name).replace(self.path)
        except OSError:
            return
