"""A block of rows: the subjects themselves, and for each list of parts the parts of all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from hazardrules.columnar.columns import Column
    from hazardrules.columnar.tape import Array

NULLABLE, COMPLETE = "nullable", "complete"


@dataclass(frozen=True, slots=True)
class FrameShape:
    """What is known of the columns of a frame before its rows are seen.

    Attributes:
        number: Its place in `Shape.frames`; the root is 0.
        kind: The kind of subject.
        parent: The frame of the subjects that contain these; None for the root.
        part: The name of the part.
        columns: Which facts there are, and whether some are null; a fact that is not named is unknown everywhere.
        parts: The frames of parts that were given.
        lists: Of those, whether some lists are null.
    """

    number: int
    kind: str
    parent: int | None
    part: str
    columns: tuple[tuple[str, str], ...]
    parts: tuple[tuple[str, int], ...]
    lists: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """The frames of a block, parents before their parts; programs are compiled for a shape."""

    frames: tuple[FrameShape, ...]
    dated: bool
    """Whether each row has its own day."""

    def joined(self, other: Shape | None) -> Shape:
        """A shape that fits the blocks of both; what was ever null may be null again."""
        if other is None or other == self:
            return self
        if len(other.frames) != len(self.frames):
            return self
        return Shape(tuple(_joined(a, b) for a, b in zip(self.frames, other.frames, strict=True)), self.dated or other.dated)


def _joined(one: FrameShape, other: FrameShape) -> FrameShape:
    return FrameShape(
        one.number,
        one.kind,
        one.parent,
        one.part,
        _states(one.columns, other.columns),
        one.parts,
        _states(one.lists, other.lists),
    )


def _states(one: tuple[tuple[str, str], ...], other: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    first, second = dict(one), dict(other)
    names = sorted({*first, *second})
    return tuple((name, COMPLETE if first.get(name) == second.get(name) == COMPLETE else NULLABLE) for name in names)


@dataclass(slots=True)
class Frame:
    """Subjects of one kind.

    Attributes:
        kind: The kind of subject.
        part: The name of the part; empty for the root.
        count: How many there are.
        columns: Facts by name; a fact without a column is unknown for all.
        offsets: Shape (parents + 1,): the parts of parent `i` are those from `offsets[i]` to `offsets[i + 1]`.
        owner: Shape (count,): the parent of each.
        listed: Of the parents, packed: the list is known. None where all are.
        parent: The number of the frame of the parents.
        parts: The numbers of the frames of parts by name.
    """

    kind: str
    part: str
    count: int
    columns: dict[str, Column] = field(default_factory=dict)
    offsets: Array = None
    owner: Array = None
    listed: Array = None
    parent: int | None = None
    parts: dict[str, int] = field(default_factory=dict)
    one: bool = False


@dataclass(slots=True)
class Block:
    """Rows that are judged together.

    Attributes:
        frames: The root, then parts, parents first.
        days: The day of each row as an ordinal, int64, where rows differ; None where all have the same.
        memo: What steps remember while the block is in work.
    """

    frames: list[Frame]
    days: Array = None
    memo: dict[Any, Any] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many rows."""
        return self.frames[0].count

    def take(self, rows: Array) -> Block:
        """Some of the rows; there are no parts."""
        (frame,) = self.frames
        columns = {name: column.take(rows, frame.count) for name, column in frame.columns.items()}
        return Block([Frame(frame.kind, frame.part, len(rows), columns)])

    def shape(self) -> Shape:
        """What a program has to be compiled for."""
        return Shape(tuple(_shape_of(number, self.frames) for number in range(len(self.frames))), self.days is not None)

    def root_rows(self, number: int) -> Array:
        """For each subject of a frame the row it belongs to."""
        key = ("root", number)
        found = self.memo.get(key)
        if found is None:
            frame = self.frames[number]
            found = np.arange(frame.count) if frame.parent is None else self.root_rows(frame.parent)[frame.owner]
            self.memo[key] = found
        return found


def _shape_of(number: int, frames: list[Frame]) -> FrameShape:
    frame = frames[number]
    columns = {name: COMPLETE if column.known is None else NULLABLE for name, column in frame.columns.items()}
    lists = {name: COMPLETE if frames[child].listed is None else NULLABLE for name, child in frame.parts.items()}
    return FrameShape(
        number, frame.kind, frame.parent, frame.part,
        tuple(sorted(columns.items())), tuple(sorted(frame.parts.items())), tuple(sorted(lists.items())),
    )  # fmt: skip
