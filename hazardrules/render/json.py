"""Answers as JSON: the public form, for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hazardrules.errors import FactsError
    from hazardrules.model.results import Classification, Explanation


def as_data(answer: Classification | Explanation) -> dict[str, Any]:
    """An answer as plain data; every section is computed."""
    found: dict[str, Any] = answer.model_dump(mode="json", by_alias=True)
    return found


def unreadable(error: FactsError, lang: str, name: str | None = None) -> dict[str, Any]:
    """What stands in the place of a case that could not be read."""
    return {"case": name, "problems": [problem.as_dict(lang) for problem in error.problems]}


def one_line(value: object) -> str:
    """A value on one line, for JSON Lines."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def readable(value: object) -> str:
    """A value over several lines, for people."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def as_list(values: Iterable[object]) -> Iterable[str]:
    """The lines of a JSON array, one value after another, so that no more than one is kept."""
    first = True
    for value in values:
        text = readable(value).replace("\n", "\n  ")
        yield ("[\n  " if first else ",\n  ") + text
        first = False
    yield "[]\n" if first else "\n]\n"
