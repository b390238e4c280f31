"""The columnar engine beside the reference: rows of one kind as mappings and as an Arrow table.

It judges whole rulebooks, not plans, and answers in tables; so it stands here and not among `CONTENDERS`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tables import answer_of, answers

import hazardrules

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from random import Random

    from agreement import Tally

FORMS = ("mappings", "Arrow")
ONLY_CASES = frozenset({"as_of", "jurisdiction", "complete", "判定日期", "辖区"})
"""What a written case may state of itself; a row is facts alone."""


def as_text(value: Any) -> Any:
    """A value as a column of text can hold it."""
    if isinstance(value, Mapping):
        return {name: as_text(item) for name, item in value.items()}
    if isinstance(value, list):
        return [as_text(item) for item in value]
    return value if value is None or isinstance(value, bool) else str(value)


def as_arrow(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as a table of text, yes and no, lists and structs."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: pa.array(_alike([as_text(row.get(name)) for row in rows])) for name in names})


def under_ids(book: hazardrules.Rulebook, kind: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row that may stand under labels, under ids: a table has one column for a fact."""
    parts = book.compiled.source.subjects[kind].parts
    found = {book.intake.find_member(kind, name) or name: value for name, value in row.items()}
    for name, value in found.items():
        if name in parts and isinstance(value, list):
            inner = [item for item in value if isinstance(item, Mapping)]
            found[name] = [under_ids(book, parts[name].of, item) for item in inner] if len(inner) == len(value) else value
        elif name in parts and isinstance(value, Mapping):
            found[name] = under_ids(book, parts[name].of, value)
    return found


def _alike(values: list[Any]) -> list[Any]:
    """Cells of one type: where one is a list all are, where one is text, yes and no are too."""
    if any(isinstance(value, list) for value in values):
        return [value if value is None or isinstance(value, list) else _listed(value) for value in values]
    if any(isinstance(value, str) for value in values):
        return [str(value).lower() if isinstance(value, bool) else value for value in values]
    return values


def _listed(value: Any) -> list[str]:
    """A set that was written as text: `[a, b]` or `a`."""
    return [item for item in map(str.strip, str(value).strip("[]").split(",")) if item]


def thinned(chance: Random, data: Mapping[str, Any], keep: float) -> dict[str, Any]:
    """Facts as they were written, fewer of them."""
    return {name: _thinned(chance, value, keep) for name, value in data.items() if chance.random() < keep}


def _thinned(chance: Random, value: Any, keep: float) -> Any:
    if isinstance(value, Mapping):
        return thinned(chance, value, keep)
    if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        return [_thinned(chance, item, keep) for item in value]
    return value


def compare_rows(
    book: hazardrules.Rulebook, rows: Sequence[Mapping[str, Any]], kind: str, tally: Tally, *, form: str, where: str, as_of: date,
    jurisdiction: str | None = None,
) -> None:  # fmt: skip
    """Judge rows as a table and each with the reference, and note what is not the same.

    Args:
        book: The rulebook.
        rows: Facts of subjects of one kind, as `classify` takes them.
        kind: The kind of subject.
        tally: Is told.
        form: One of `FORMS`.
        where: What the rows are, in words.
        as_of: The day of every row.
        jurisdiction: The place of every row.
    """
    name = f"columnar, {form}"
    given = list(rows) if form == "mappings" else as_arrow([under_ids(book, kind, row) for row in rows])
    result = book.classify_table(given, subject=kind, as_of=as_of, jurisdiction=jurisdiction)
    found = answers(result)
    rejected = {row["row"] for row in result.rejects.to_pylist()}
    assert len(found) + len(rejected) == len(rows), "rows are lost"
    rules = len(book.compiled.in_force(as_of, jurisdiction).by_kind.get(kind, ()))
    for number, row in enumerate(rows):
        try:
            answer = book.classify({kind: dict(row)}, as_of=as_of, jurisdiction=jurisdiction, engine="reference")
        except hazardrules.FactsError:
            if number not in rejected:
                tally.disagreements.append(f"{name}, {where}, {as_of}: a row that cannot be read is judged; {row}")
            continue
        tally.cases[name] += 1
        tally.verdicts[name] += rules
        expected = answer_of(answer)
        tally.open[name] += len(expected["undetermined"])
        said = found.get(number, {"findings": "rejected"})
        differing = [key for key, value in expected.items() if said.get(key) != value]
        if differing:
            shown = "; ".join(f"{key}: {said.get(key)} instead of {expected[key]}" for key in differing[:2])
            tally.disagreements.append(f"{name}, {where}, {as_of}: {shown}; {row}")


def groups(written: Iterable[Any], book: hazardrules.Rulebook) -> dict[str, list[dict[str, Any]]]:
    """The facts of written cases by kind of subject; only cases that can be read and say something."""
    found: dict[str, list[dict[str, Any]]] = {}
    cases = sorted(written, key=lambda case: str(book.intake.find_subject(case.subject)))
    for kind, listed in groupby(cases, key=lambda case: book.intake.find_subject(case.subject)):
        for case in listed:
            data = {name: value for name, value in case.data.items() if name not in ONLY_CASES}
            try:
                book.intake.read(str(kind), data, place=case.place)
            except hazardrules.FactsError:
                continue
            if data:  # a table without columns has no rows
                found.setdefault(str(kind), []).append(data)
    return found
