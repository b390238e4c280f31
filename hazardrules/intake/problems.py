"""Problems of submitted facts: each has the path of its value, what was expected, and what to try next."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from hazardrules.diagnostics import nearest
from hazardrules.errors import FactsError
from hazardrules.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Hint = tuple[str, dict[str, str]]

MAX_PROBLEMS = 1000
"""More problems than anybody reads; a last one says that there are more."""

MAX_SEARCHES = 30
"""So many unknown names are compared with the known ones; the search costs milliseconds each."""

_SHOWN = 60
_SHOWN_BITS = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of a submitted case.

    Attributes:
        path: The value concerned: `vehicles[2].gross_mass`; empty for the case as a whole.
        key: The wording of its message.
        args: What the wording is filled with: the submitter's own words.
        hints: Wordings of what to try next.
        place: The file and line it was read from, where there is one.
    """

    path: str
    key: str
    args: dict[str, str] = field(default_factory=dict)
    hints: tuple[Hint, ...] = ()
    place: str = ""

    def text(self, lang: str) -> str:
        """What is wrong, without where and without what to try next."""
        return say(lang, self.key, self.args)

    def hint(self, lang: str) -> str | None:
        """What to try next, or nothing."""
        said = [say(lang, key, args) for key, args in self.hints]
        return say(lang, "intake.hint_separator").join(said) if said else None

    def message(self, lang: str) -> str:
        """One line: where, what is wrong, what to try next."""
        where = f"{self.place}: " if self.place else ""
        at = f"{self.path}: " if self.path else ""
        hint = self.hint(lang)
        text = self.text(lang)
        return where + at + (say(lang, "intake.with_hint", {"text": text, "hint": hint}) if hint else text)

    def as_dict(self, lang: str) -> dict[str, str]:
        """For JSON: `path`, `key`, `message`, and where they exist `hint` and `place`."""
        found = {"path": self.path, "key": self.key, "message": self.text(lang)}
        hint = self.hint(lang)
        if hint:
            found["hint"] = hint
        if self.place:
            found["place"] = self.place
        return found


class Refused(Exception):  # noqa: N818 - control flow within the package: a reader cannot read a value
    """A value that cannot be read; the caller knows its path."""

    def __init__(self, key: str, args: Mapping[str, object] | None = None, hints: Iterable[Hint] = ()) -> None:
        """Keep what a problem needs besides its path."""
        self.key = key
        self.words = {name: str(value) for name, value in (args or {}).items()}
        self.hints = tuple(hints)
        super().__init__(key)

    def at(self, path: str, place: str = "") -> Problem:
        """The problem, once the path is known."""
        return Problem(path, self.key, self.words, self.hints, place)


class Problems:
    """Gathers the problems of a case."""

    def __init__(self, place: str = "") -> None:
        """Start empty."""
        self.place = place
        self.found: list[Problem] = []
        self._searches = 0

    @property
    def is_full(self) -> bool:
        """Whether further problems would not be kept."""
        return len(self.found) >= MAX_PROBLEMS

    def add(self, path: str, key: str, hints: Iterable[Hint] = (), **args: object) -> None:
        """Add a problem."""
        self.take(Problem(path, key, {name: str(value) for name, value in args.items()}, tuple(hints)))

    def refuse(self, path: str, refused: Refused) -> None:
        """Add what a reader refused."""
        self.take(refused.at(path))

    def take(self, problem: Problem) -> None:
        """Add a problem that exists already."""
        if self.is_full:
            return
        if self.place and not problem.place:
            problem = replace(problem, place=self.place)
        self.found.append(problem)
        if self.is_full:
            self.found.append(Problem("", "intake.too_many_problems", {"limit": str(MAX_PROBLEMS)}, (), self.place))

    def did_you_mean(self, word: str, known: Mapping[str, str]) -> list[Hint]:
        """A hint with the nearest names.

        Args:
            word: What was written.
            known: Every accepted name, with the id it stands for; of several names for one id the best is shown.
        """
        if self._searches >= MAX_SEARCHES:
            return []
        self._searches += 1
        return nearest_names(word, known)

    def check(self) -> None:
        """Raise what was found, if anything."""
        if self.found:
            raise FactsError(self.found)


def nearest_names(word: str, known: Mapping[str, str]) -> list[Hint]:
    """A hint with the nearest of some names, one per id."""
    by_id: dict[str, str] = {}
    for name in nearest(word, known, limit=6):
        by_id.setdefault(known[name], name)
    names = list(by_id.values())[:3]
    return [("intake.hint.did_you_mean", {"names": listed(names)})] if names else []


def listed(names: Iterable[str], limit: int = 12) -> str:
    """Names in backticks, separated by commas; a long list ends with `…`."""
    items = list(names)
    return ", ".join(f"`{item}`" for item in items[:limit]) + (", …" if len(items) > limit else "")


@dataclass(frozen=True, slots=True)
class Beyond:
    """A value that Python has no form for, such as a day after the year 9999; no fact can have it."""

    text: str

    def __str__(self) -> str:
        """How it is written."""
        return self.text


def shown(value: object) -> str:
    """A submitted value, short and printable, to quote in a message."""
    if isinstance(value, Beyond):
        text = value.text
    elif isinstance(value, str):
        text = value[: _SHOWN + 1]
    elif isinstance(value, bool) or value is None:
        text = {True: "true", False: "false", None: "null"}[value]
    elif isinstance(value, int):
        text = str(value) if value.bit_length() < _SHOWN_BITS else f"{'-' if value < 0 else ''}…"
    elif isinstance(value, (Decimal, date)):
        text = str(value)
    elif isinstance(value, float):
        text = float.__repr__(value)
    elif isinstance(value, dict):
        text = "{…}" if value else "{}"
    elif isinstance(value, (list, tuple, set, frozenset)):
        text = "[…]" if value else "[]"
    else:
        text = type(value).__name__
    text = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def is_bad_text(text: str) -> bool:
    """Whether a text holds what no file and no database can carry: NUL or a lone surrogate."""
    if text.isascii():
        return "\0" in text
    try:
        return b"\0" in text.encode()
    except UnicodeEncodeError:
        return True
