"""Tables in files, larger than memory: judged piece by piece, and taken up where a run was killed.

Needs `hazardrules[columnar]`, which is imported when files are classified.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hazardrules.batch.summary import BatchSummary, Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date
    from pathlib import Path

    from hazardrules.api import Rulebook

__all__ = ["BatchSummary", "Progress", "classify_files"]


def classify_files(
    book: Rulebook,
    source: str | Path,
    target: str | Path,
    *,
    subject: str,
    as_of: date | None = None,
    jurisdiction: str | None = None,
    packs: Iterable[str] | None = None,
    keep: Iterable[str] = (),
    lang: str | None = None,
    rejects: str | Path | None = None,
    to: str = "parquet",
    encoding: str = "utf-8",
    delimiter: str | None = None,
    threads: int | None = None,
    overwrite: bool = False,
    restart: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> BatchSummary:
    """Judge every row of some files, in bounded memory; a run that was killed is taken up by the same call.

    Args:
        book: The rulebook.
        source: A file, a folder or a pattern (`data/*.csv`) of Parquet, CSV, TSV or JSON Lines.
        target: A file (`.parquet`, `.csv`, `.jsonl`) or a folder. It appears when everything is done.
        subject: The kind of subject that a row is.
        as_of: The day of every row; without it the column `as_of`.
        jurisdiction: The place of every row; without it the column `jurisdiction`, where there is one.
        packs: Only these packs or sectors.
        keep: Columns that are carried into the answers and the rejects.
        lang: The language of the reasons why rows are rejected.
        rejects: The file of rejected rows; `target` with `.rejects.jsonl` after it by default.
        to: What a folder gets: `parquet`, `csv` or `jsonl`.
        encoding: How CSV files are encoded.
        delimiter: What stands between the cells of CSV files; a comma, in `.tsv` a tab, by default.
        threads: So many pieces are worked on at once; one per core by default.
        overwrite: The target may exist; it is replaced when everything is done.
        restart: Throw away what a killed run has done.
        progress: Told how far the run has come after every piece.

    Returns:
        What was found; `rows` = `classified` + `rejected`.

    Raises:
        FactsError: A column is no fact; carries every problem of the columns of all files. Nothing was written.
        BatchError: A file cannot be read or written, or changed, or another run writes the target; carries the problems.
        LookupFailedError: No such subject, pack, place or language.
        MissingExtraError: pyarrow is not installed.
    """
    shared: dict[str, Any] = {"as_of": as_of, "jurisdiction": jurisdiction, "packs": packs, "keep": keep, "lang": lang}
    options = book.table_options(subject, **shared)
    from hazardrules.batch.files import Form  # noqa: PLC0415 - an extra, imported when it is asked for
    from hazardrules.batch.run import Job, run  # noqa: PLC0415

    job = Job(source, target, options, book.digest, rejects, to, Form(encoding, delimiter), overwrite=overwrite, restart=restart)
    return run(job, book.law_of_tables(), threads, progress)
