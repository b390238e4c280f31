"""Masks -> Arrow: levels, lists of rules, actions and facts, findings one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from hazardrules.columnar.native import library
from hazardrules.columnar.native_lists import MOST
from hazardrules.columnar.program import FINDINGS, LEVELS, OPEN_RULES, TRUTHS
from hazardrules.columnar.tape import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hazardrules.columnar.frames import Block
    from hazardrules.columnar.program import Program, Steps
    from hazardrules.columnar.tape import Array, Mask

_SORTED = 65_536
"""So many numbers fit into 16 bits, which are sorted in no time."""
SIDES = ("level", "at_least", "at_most_examined", "at_most")


class Words:
    """Texts of a result, each once: lists of them are lists of numbers."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, word: str) -> int:
        """The number of a text."""
        return self._numbers.setdefault(word, len(self._numbers))

    def array(self) -> pa.Array:
        """The texts by number."""
        return pa.array(list(self._numbers), pa.string())


class Judged:
    """A block that a program has judged; what is asked of it is worked out when it is first asked."""

    def __init__(self, program: Program, block: Block, rows: Array | range) -> None:
        """Judge.

        Args:
            program: Fits the columns of the block.
            block: The rows.
            rows: Their numbers in the table.
        """
        self.program, self.block, self._rows = program, block, rows
        self._slots = program.tape.start(block)
        self._done = -1
        self._reach(TRUTHS)

    def __len__(self) -> int:
        """How many rows there are."""
        return self.block.count

    @property
    def rows(self) -> Array:
        """Their numbers in the table."""
        return as_array(self._rows)

    def _reach(self, part: int) -> None:
        while self._done < part:
            self._done += 1
            self.program.tape.run(self._slots, self._done)

    def flags(self, mask: Mask, frame: int = 0) -> Array:
        """A mask, one flag a subject."""
        count = self.block.frames[frame].count
        return np.full(count, mask) if isinstance(mask, bool) else unpack(self._slots[mask], count)

    def packed(self, mask: Mask, frame: int = 0) -> Array:
        """A mask, one bit a subject."""
        size = (self.block.frames[frame].count + 7) // 8
        return np.full(size, 255 if mask else 0, np.uint8) if isinstance(mask, bool) else self._slots[mask]

    # one column per rule

    def truths(self, names: Iterable[str]) -> dict[str, pa.Array]:
        """For each rule on the subject itself whether it holds; null where it is open."""
        found = {}
        count = self.block.count
        for name in names:
            pair = self.program.truths.get((0, name))
            if pair is None:
                surely, closed = self.packed(mask=False), None
            else:
                surely = self.packed(pair.surely)
                closed = None if pair.surely == pair.possibly else surely | ~self.packed(pair.possibly)
            buffers = [None if closed is None else pa.py_buffer(closed), pa.py_buffer(surely)]
            found[name] = pa.Array.from_buffers(pa.bool_(), count, buffers)
        return found

    # levels

    def levels(self, scales: Mapping[str, tuple[str, ...]]) -> dict[str, pa.Array]:
        """Per scale the level and its bounds; null where the scale does not concern the row."""
        self._reach(LEVELS)
        found: dict[str, pa.Array] = {}
        masks = self.program.levels
        for scale, names in scales.items():
            present = masks.present.get(scale, False)
            least = self._highest(masks.least, scale)
            examined = self._highest(masks.examined, scale, least)
            most = self._highest(masks.most, scale, least)
            there = None if present is True else self.packed(present)
            decided = None if examined is least else pack(least >= examined)
            words = pa.array(names, pa.string())
            for side, steps in zip(SIDES, (least, least, examined, most), strict=True):
                known = there
                if side == "level" and decided is not None:
                    known = decided if there is None else decided & there
                buffers = [None if known is None else pa.py_buffer(known), pa.py_buffer(steps)]
                indices = pa.Array.from_buffers(pa.int8(), len(steps), buffers)
                found[f"{scale}.{side}"] = pa.DictionaryArray.from_arrays(indices, words, ordered=True)
        return found

    def _highest(self, steps: Steps, scale: str, least: Array | None = None) -> Array:
        """The highest step that each row reaches; `least` is reached in any case."""
        found = np.zeros(self.block.count, np.int8) if least is None else least
        for step, mask in sorted(steps.get(scale, {}).items()):
            if mask is not False:
                found = np.maximum(found, self.flags(mask).view(np.int8) * np.int8(step))
        return found

    # lists

    def holding(self) -> dict[str, Mask]:
        """The rows by rule that holds, the gravest first."""
        self._reach(FINDINGS)
        return self.program.holding

    def actions(self) -> dict[str, Mask]:
        """The rows by required action."""
        self._reach(FINDINGS)
        return self.program.actions

    def undetermined(self) -> dict[str, Mask]:
        """The rows by rule that is open, the gravest first."""
        self._reach(OPEN_RULES)
        return self.program.undetermined

    def missing(self) -> dict[str, Mask]:
        """The rows by fact that open rules read and nobody gave."""
        self._reach(OPEN_RULES)
        return self.program.missing

    def pairs(self, masks: Mapping[str, Mask], words: Words, frame: int = 0) -> tuple[Array, Array]:
        """Subject and word for each bit that is set, by subject, the words in the order of the masks."""
        machine, count = library(), self.block.frames[frame].count
        packed = self._some(masks, frame)
        if machine is not None and len(packed) <= MOST:
            lengths, codes = machine.lists(*_named(packed, words), count)
            return np.repeat(np.arange(count, dtype=np.int32), lengths), codes
        parts = [_pairs(packed, words, start, min(_SORTED, count - start)) for start in range(0, count, _SORTED)]
        if not parts:
            return np.zeros(0, np.int32), np.zeros(0, np.int32)
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def lists(self, masks: Mapping[str, Mask], words: Words) -> tuple[Array, Array]:
        """For each row its words: how many, and which, one row after the other."""
        machine, packed = library(), self._some(masks)
        if machine is not None and len(packed) <= MOST:
            return machine.lists(*_named(packed, words), self.block.count)
        rows, codes = self.pairs(masks, words)
        return np.bincount(rows, minlength=self.block.count), codes

    def _some(self, masks: Mapping[str, Mask], frame: int = 0) -> list[tuple[str, Array]]:
        """The masks that somebody is in."""
        packed = ((word, self.packed(mask, frame)) for word, mask in masks.items() if mask is not False)
        return [(word, mask) for word, mask in packed if mask.any()]

    def counts(self, masks: Mapping[str, Mask]) -> dict[str, int]:
        """How many rows there are in each mask."""
        return {word: int(np.count_nonzero(self.flags(mask))) for word, mask in masks.items()}

    # findings

    def findings(self, words: Words) -> dict[str, Any]:
        """Rows, paths of subjects, and rules, of all findings; by row, the gravest first."""
        self._reach(FINDINGS)
        rows, paths, codes, ranks = [], [], [], []
        order = {name: rank for rank, name in enumerate(self.program.holding)}
        for number in range(len(self.block.frames)):
            here = [name for frame, name in self.program.findings if frame == number]
            masks = {name: self.program.findings[number, name] for name in sorted(here, key=lambda name: order.get(name, 0))}
            subjects, found = self.pairs(masks, words, number)
            rows.append(self.block.root_rows(number)[subjects])
            codes.append(found)
            paths += self._paths(number, subjects)
            rank = np.zeros(int(found.max(initial=-1)) + 1, np.int64)
            for name in masks:
                if words.number(name) < len(rank):
                    rank[words.number(name)] = order.get(name, 0)
            ranks.append(rank[found])
        numbers = self.rows
        if len(rows) == 1:
            return {"row": numbers[rows[0]], "subject": paths, "rule": codes[0]}
        at, rules = np.concatenate(rows), np.concatenate(codes)
        sorted_by = np.lexsort((np.concatenate(ranks), at))
        return {
            "row": numbers[at[sorted_by]],
            "subject": [paths[number] for number in sorted_by.tolist()],
            "rule": rules[sorted_by],
        }

    def _paths(self, number: int, subjects: Array) -> list[str]:
        frame = self.block.frames[number]
        if frame.parent is None:
            return [""] * len(subjects)
        owners = frame.owner[subjects]
        around = self._paths(frame.parent, owners)
        places = (subjects - frame.offsets[owners]).tolist()
        own = [frame.part if frame.one else f"{frame.part}[{place}]" for place in places]
        return [f"{path}.{name}" if path else name for path, name in zip(around, own, strict=True)]


def as_array(numbers: Array | range) -> Array:
    """Numbers one by one; a range of them takes no memory as long as nobody asks."""
    return np.arange(numbers.start, numbers.stop) if isinstance(numbers, range) else numbers


def _named(masks: list[tuple[str, Array]], words: Words) -> tuple[list[Array], Array]:
    """The masks, and what each is called."""
    return [mask for _, mask in masks], np.array([words.number(word) for word, _ in masks], np.int32)


def _pairs(masks: list[tuple[str, Array]], words: Words, start: int, count: int) -> tuple[Array, Array]:
    """Subject and word for each bit that is set, of so many subjects from one on that begins a byte."""
    subjects, codes = [], []
    for word, mask in masks:
        part = mask[start // 8 : (start + count + 7) // 8]
        if part.any():
            rows = np.flatnonzero(unpack(part, count)).astype(np.uint16)
            subjects.append(rows)
            codes.append(np.full(len(rows), words.number(word), np.int32))
    if not subjects:
        return np.zeros(0, np.int32), np.zeros(0, np.int32)
    all_subjects = np.concatenate(subjects)
    order = np.argsort(all_subjects, kind="stable")
    return all_subjects[order].astype(np.int32) + np.int32(start), np.concatenate(codes)[order]


def list_array(parts: list[tuple[Array, Array]], words: Words) -> pa.Array:
    """Lists of words of several blocks."""
    lengths = np.concatenate([part[0] for part in parts]) if parts else np.zeros(0, np.int64)
    codes = np.concatenate([part[1] for part in parts]) if parts else np.zeros(0, np.int32)
    offsets = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
    values = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), words.array())
    return pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), values)
