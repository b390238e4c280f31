"""Tables on Apache Spark: `mapInArrow` with the columnar kernel; needs `hazardrules[spark]` on the driver and on every worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hazardrules.errors import MissingExtraError
from hazardrules.integrations import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    import pyarrow as pa
    from pyspark.sql import DataFrame

    from hazardrules.api import Rulebook


_sent: dict[tuple[str, str], Any] = {}
"""The broadcast of a rulebook, by application and digest: a rulebook that was sent is not sent again."""


def classify(
    frame: DataFrame,
    book: Rulebook,
    *,
    subject: str,
    as_of: date | None = None,
    jurisdiction: str | None = None,
    packs: Iterable[str] | None = None,
    keep: Iterable[str] = (),
    lang: str | None = None,
    sections: Iterable[str] = SECTIONS,
) -> DataFrame:
    """Judge every row of a DataFrame.

    Args:
        frame: One row is one subject; columns are named as for `Rulebook.classify_table`.
        book: The rulebook; it is sent to each worker machine once.
        subject: The kind of subject that a row is.
        as_of: The day of every row; without it the column `as_of`.
        jurisdiction: The place of every row; without it the column `jurisdiction`, where there is one.
        packs: Only these packs or sectors.
        keep: Columns that are carried into the result.
        lang: The language of the reasons why rows are rejected.
        sections: What is said of a row: `levels`, `findings`, `actions`, `undetermined`, `missing`.

    Returns:
        Lazy; one row for every row given: the columns kept, those of the table of `classify_table`, then `reason` and
        `given` (a struct of the row as it was given), which are null unless the row was rejected.

    Raises:
        FactsError: A column is no fact; carries every problem of the columns.
        LookupFailedError: No such subject, pack, place, language or section.
        MissingExtraError: pyspark is not installed, or what it needs for Arrow.
    """
    try:
        from pyspark.sql.types import ArrayType, StringType, StructField, StructType  # noqa: PLC0415 - an extra

        from hazardrules.integrations.judging import GIVEN, REASON, check_columns, task_of  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise MissingExtraError("spark", error.name or "pyspark") from error
    options = book.table_options(subject, as_of=as_of, jurisdiction=jurisdiction, packs=packs, keep=keep, lang=lang)
    task = task_of(book, options, sections)
    check_columns(book, options, frame.limit(0).toArrow().schema)  # no rows are asked for, so nothing runs
    fields = [StructField(called, frame.schema[name].dataType) for name, called in task.kept().items()]
    names, text = ArrayType(StringType()), StringType()
    fields += [StructField(name, names if name in task.sections else text) for name in task.columns()]
    whole = StructType([StructField(field.name, field.dataType) for field in frame.schema])
    fields += [StructField(REASON, text), StructField(GIVEN, whole)]
    given, fetch = list(frame.columns), _fetcher(frame.sparkSession, book)

    def judged(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from hazardrules.integrations.judging import judge  # noqa: PLC0415 - on the worker

        return judge(task, fetch, (batch.rename_columns(given) for batch in batches))

    plain = frame.toDF(*(f"c{number}" for number in range(len(given))))  # mapInArrow cannot find columns with dots
    return plain.mapInArrow(judged, StructType(fields))


def _fetcher(session: Any, book: Rulebook) -> Callable[[], bytes]:
    """How workers get the rulebook: by broadcast; over Spark Connect, which has none, with the function."""
    from hazardrules.integrations.carried import written  # noqa: PLC0415 - nothing of it is needed to import this

    context = None if "connect" in type(session).__module__ else session.sparkContext
    if context is None:
        content = written(book)
        return lambda: content
    key = (context.applicationId, book.digest)
    if key not in _sent:
        for old in [old for old in _sent if old[0] != context.applicationId]:
            del _sent[old]
        _sent[key] = context.broadcast(written(book))
    sent = _sent[key]
    return lambda: bytes(sent.value)
