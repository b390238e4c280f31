"""Pieces of files: so many rows that are read, judged and written together."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pyarrow as pa

    from hazardrules.columnar.table import Rows
    from hazardrules.columnar.tape import Array
    from hazardrules.intake.problems import Problem


class Cut(NamedTuple):
    """A row that cannot even be told apart into cells.

    Attributes:
        row: Its number in the file.
        given: The row as it was given, as JSON.
        problem: What is wrong.
    """

    row: int
    given: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of a file, one after the other.

    Attributes:
        number: Of the piece in the file, from 0.
        first: The number of its first row in the file.
        count: How many rows it has, `cut` ones included.
        blocks: The rows that can be told apart into cells.
        numbers: Their numbers in the file; None where none was cut.
        cut: The others.
        given: Gives the rows at some places among those of the blocks, each as JSON.
        end: Where the next piece begins, in bytes, for readers that can go there.
        size: How many bytes of the input it stands for.
        is_last: Whether the file ends with it.
    """

    number: int
    first: int
    count: int
    blocks: list[Rows]
    given: Callable[[list[int]], list[str]]
    numbers: Array | None = None
    cut: list[Cut] = field(default_factory=list)
    end: int = 0
    size: int = 0
    is_last: bool = False

    def row(self, place: int) -> int:
        """The number in the file of a row of the blocks."""
        return self.first + place if self.numbers is None else int(self.numbers[place])


class Mark(NamedTuple):
    """What is known of a piece that is done: how many rows it has, and what `Piece` says."""

    rows: int
    end: int
    size: int
    is_last: bool


class Source(Protocol):
    """A file that is read in pieces; the same pieces every time."""

    @property
    def kept(self) -> Mapping[str, pa.DataType]:
        """The columns that are carried into the answers."""

    def pieces(self, done: Mapping[int, Mark]) -> Iterator[Piece]:
        """The pieces that are not done.

        Raises:
            BatchError: The file cannot be read.
        """


def is_complete(done: Mapping[int, Mark]) -> bool:
    """Whether all pieces of a file are done."""
    last = next((number for number, mark in done.items() if mark.is_last), None)
    return last is not None and len(done) == last + 1


def json_ready(value: Any) -> Any:
    """A value of Arrow in terms of JSON; numbers that JSON cannot hold exactly, days and bytes as text."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else str(value)  # neither infinite nor not a number
    if isinstance(value, dict):
        return {name: json_ready(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_ready(item) for item in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return value.isoformat(sep=" ") if hasattr(value, "hour") and hasattr(value, "year") else str(value)


def as_text(value: Any) -> str:
    """A value of Arrow as one text: what is no text already is JSON."""
    ready = json_ready(value)
    return ready if isinstance(ready, str) else json.dumps(ready, ensure_ascii=False)
