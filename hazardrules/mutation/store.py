"""Verdicts on mutants, kept in a file of JSON lines: a run that was killed goes on, and an edit tries again what it touched."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SLACK = 1000
_FIELDS = ("mutant", "rules", "all", "state", "case", "why")


@dataclass(frozen=True, slots=True)
class Kept:
    """A verdict.

    Attributes:
        mutant: Which mutant.
        rules: The digest of the rules that it reaches.
        all: The digest of these and of all cases that could notice it.
        state: `killed`, `survived` or `equivalent`.
        case: The digest of the case that noticed it; empty where none did.
        why: Of a survivor, why nobody can say whether it is equivalent; empty where the solver was asked or not wanted.
    """

    mutant: str
    rules: str
    all: str
    state: str
    case: str
    why: str


class Store:
    """Verdicts in memory, and in a file where there is one."""

    def __init__(self, file: Path | None = None) -> None:
        """Read what the file holds; what cannot be read, such as the last line of a killed run, is left out.

        Raises:
            OSError: The file cannot be read or made.
        """
        self.file = file
        self._kept: dict[str, Kept] = {}
        self._lines = 0
        if file is None:
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists():
            for line in file.read_text("utf-8", errors="replace").splitlines():
                self._lines += 1
                found = _read(line)
                if found is not None:
                    self._kept[found.mutant] = found
            if self._lines > 2 * len(self._kept) + _SLACK:
                self._rewrite(file)
        with file.open("a", encoding="utf-8") as stream:
            stream.write("\n" if self._lines else "")  # the last line may be half of one

    def find(self, mutant: str) -> Kept | None:
        """The last verdict on a mutant."""
        return self._kept.get(mutant)

    def keep(self, verdicts: Iterable[Kept]) -> None:
        """Keep verdicts; they are in the file when this returns."""
        found = list(verdicts)
        self._kept.update((item.mutant, item) for item in found)
        if self.file is not None and found:
            with self.file.open("a", encoding="utf-8") as stream:
                stream.write("".join(_line(item) for item in found))
                stream.flush()
                os.fsync(stream.fileno())

    def _rewrite(self, file: Path) -> None:
        new = file.with_suffix(f"{file.suffix}.new")
        new.write_text("".join(_line(item) for item in self._kept.values()), "utf-8")
        new.replace(file)


def _line(item: Kept) -> str:
    return json.dumps([getattr(item, name) for name in _FIELDS]) + "\n"


def _read(line: str) -> Kept | None:
    try:
        values = json.loads(line)
    except ValueError:
        return None
    if not isinstance(values, list) or len(values) != len(_FIELDS) or not all(isinstance(value, str) for value in values):
        return None
    return Kept(*values)
