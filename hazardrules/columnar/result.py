"""What became of a table: Arrow tables, each made when it is first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from hazardrules.columnar.answers import SIDES, Words, list_array

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hazardrules.columnar.answers import Judged
    from hazardrules.columnar.table import Batch, Options, TableClassifier
    from hazardrules.columnar.tape import Array
    from hazardrules.compiler.plan import Compiled

LISTS: dict[str, Callable[[Judged], Any]] = {
    "findings": lambda judged: judged.holding(),
    "actions": lambda judged: judged.actions(),
    "undetermined": lambda judged: judged.undetermined(),
    "missing": lambda judged: judged.missing(),
}


def scales_of(compiled: Compiled, options: Options) -> dict[str, tuple[str, ...]]:
    """The scales of which a rule on a kind of subject or its parts speaks; the same for every table of the kind."""
    kinds, pending = set[str](), [options.kind]
    while pending:
        kind = pending.pop()
        if kind not in kinds:
            kinds.add(kind)
            pending += [part.of for part in compiled.source.subjects[kind].parts.values()]
    packs = options.packs
    rules = (rule for rule in compiled.rules.values() if rule.on in kinds and (packs is None or rule.pack in packs))
    names = sorted({rule.level[0] for rule in rules if rule.level is not None})
    return {name: tuple(level.id for level in compiled.source.scales[name].levels) for name in names}


def own_columns(scales: Mapping[str, object]) -> set[str]:
    """The names of columns of answers; a column that is carried over does not take one of them."""
    return {"row", *LISTS, *(f"{scale}.{side}" for scale in scales for side in SIDES)}


class TableResult:
    """The answers for a table, row by row; rows given = rows of `table` + rows of `rejects`, always."""

    def __init__(self, classifier: TableClassifier, batches: list[Batch], seconds: float = 0.0) -> None:
        """Keep what was judged.

        Args:
            classifier: Judged it.
            batches: The pieces, in order.
            seconds: What judging took.
        """
        self.classifier, self.batches, self.seconds = classifier, batches, seconds
        self._judged = [judged for batch in batches for judged in batch.judged]

    def __len__(self) -> int:
        """How many rows were judged."""
        return sum(len(judged) for judged in self._judged)

    def __repr__(self) -> str:
        """How many rows went which way."""
        return f"<TableResult: {len(self)} rows classified, {self.rejected} rejected>"

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The answers as an Arrow stream, for whoever speaks the C interface."""
        return self.table.__arrow_c_stream__(requested_schema)

    @property
    def rejected(self) -> int:
        """How many rows could not be read."""
        return sum(len(batch.rejected) for batch in self.batches)

    # tables

    @cached_property
    def _rows(self) -> Array:
        """The numbers of the rows that were judged, group by group."""
        return np.concatenate([np.zeros(0, np.int64), *(judged.rows for judged in self._judged)])

    @cached_property
    def _order(self) -> Array | None:
        """Puts these into the order in which they were given; None where they are."""
        return None if (self._rows[1:] > self._rows[:-1]).all() else np.argsort(self._rows, kind="stable")

    @cached_property
    def scales(self) -> dict[str, tuple[str, ...]]:
        """The scales of which a rule on these subjects or their parts speaks, with their levels from the lowest up."""
        return scales_of(self.classifier.law.compiled, self.classifier.options)

    @cached_property
    def table(self) -> pa.Table:
        """One row per row that could be read: its number, the columns kept, levels, and lists of ids."""
        columns: dict[str, Any] = {"row": pa.array(self._rows[self._order] if self._order is not None else self._rows)}
        for name in self.classifier.options.keep:
            columns[f"given.{name}" if name in own_columns(self.scales) else name] = self.kept(name)
        columns.update(self.levels)
        for name in LISTS:
            columns[name] = self.section(name)
        return pa.table(columns)

    @cached_property
    def levels(self) -> dict[str, pa.ChunkedArray]:
        """The columns of `table` that tell levels."""
        parts = [judged.levels(self.scales) for judged in self._judged]
        names = [f"{scale}.{side}" for scale in self.scales for side in SIDES]
        data = pa.dictionary(pa.int8(), pa.string(), ordered=True)
        return {name: self._sorted(pa.chunked_array([part[name] for part in parts], data)) for name in names}

    def _sorted(self, column: Any) -> Any:
        return column if self._order is None else column.take(pa.array(self._order))

    def section(self, name: str) -> pa.LargeListArray:
        """One column of `table` alone: `findings`, `actions`, `undetermined` or `missing`."""
        words = Words()
        found = list_array([judged.lists(LISTS[name](judged), words) for judged in self._judged], words)
        return self._sorted(found)

    def kept(self, name: str) -> pa.ChunkedArray:
        """A column that is carried over, for the rows that were judged."""
        return pa.chunked_array([batch.given.kept(name, batch.good) for batch in self.batches])

    @cached_property
    def rejects(self) -> pa.Table:
        """The rows that could not be read: `row`, `reason`, and the row as it was given."""
        lang = self.classifier.options.lang
        tables = []
        for batch in self.batches:
            numbers = sorted(batch.rejected)
            table = batch.given.originals(np.array(numbers, np.int64))
            reasons = ["; ".join(problem.message(lang) for problem in batch.rejected[number]) for number in numbers]
            rows = [batch.first + number for number in numbers]
            for name, values, data in (("reason", reasons, pa.string()), ("row", rows, pa.int64())):
                free = name if name not in table.column_names else f"rejects.{name}"
                table = table.add_column(0, free, pa.array(values, data))
            tables.append(table)
        return (
            pa.concat_tables(tables)
            if tables
            else pa.table({"row": pa.array([], pa.int64()), "reason": pa.array([], pa.string())})
        )

    @cached_property
    def findings(self) -> pa.Table:
        """One row per finding: `row`, `subject` (empty for the row itself, or `cylinders[2]`), `rule`, `scale`, `level`."""
        rules = self.classifier.law.compiled.rules
        words = Words()
        parts = [judged.findings(words) for judged in self._judged]
        names = words.array().to_pylist()
        levels = [rules[name].level or (None, None) for name in names]
        codes = pa.array(np.concatenate([part["rule"] for part in parts]) if parts else np.zeros(0, np.int32), pa.int32())
        found = pa.table(
            {
                "row": pa.array(np.concatenate([part["row"] for part in parts]) if parts else [], pa.int64()),
                "subject": pa.array([path for part in parts for path in part["subject"]], pa.string()),
                "rule": pa.DictionaryArray.from_arrays(codes, words.array()),
                "scale": pa.array([scale for scale, _ in levels], pa.string()).take(codes),
                "level": pa.array([level for _, level in levels], pa.string()).take(codes),
            }
        )
        return found if self._order is None else found.take(pa.array(np.argsort(found["row"].to_numpy(), kind="stable")))

    @cached_property
    def truths(self) -> pa.Table:
        """One column per rule on the subject itself: true where it holds, false where it fails, null where it is open."""
        plans = {id(judged.program.plan): judged.program.plan for judged in self._judged}
        kind = self.classifier.options.kind
        names = sorted({name for plan in plans.values() for name in plan.by_kind.get(kind, ())})
        parts = [judged.truths(names) for judged in self._judged]
        return pa.table({name: self._sorted(pa.chunked_array([part[name] for part in parts], pa.bool_())) for name in names})

    def summary(self) -> dict[str, Any]:
        """How many rows were given, classified and rejected; rows per scale and level; rows per rule that holds."""
        levels: dict[str, dict[str, int]] = {}
        for scale in self.scales:
            counts = self.levels[f"{scale}.level"].value_counts()
            present = len(self) - self.levels[f"{scale}.at_least"].null_count
            decided = {str(entry["values"]): entry["counts"].as_py() for entry in counts if entry["values"].is_valid}
            levels[scale] = {**decided, "open": present - sum(decided.values())}
        rules: dict[str, int] = {}
        for judged in self._judged:
            for name, count in judged.counts(judged.holding()).items():
                rules[name] = rules.get(name, 0) + count
        rules = {name: count for name, count in rules.items() if count}
        return {
            "rows": len(self) + self.rejected,
            "classified": len(self),
            "rejected": self.rejected,
            "levels": levels,
            "findings": rules,
        }
