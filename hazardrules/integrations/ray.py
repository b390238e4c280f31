"""Datasets on Ray: `map_batches` with the columnar kernel; needs `hazardrules[ray]` on the driver and on every worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hazardrules.errors import MissingExtraError
from hazardrules.integrations import BLOCK, SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    import pyarrow as pa
    from ray.data import Dataset

    from hazardrules.api import Rulebook
    from hazardrules.integrations.judging import Task


def classify(
    dataset: Dataset,
    book: Rulebook,
    *,
    subject: str,
    as_of: date | None = None,
    jurisdiction: str | None = None,
    packs: Iterable[str] | None = None,
    keep: Iterable[str] = (),
    lang: str | None = None,
    sections: Iterable[str] = SECTIONS,
    **how: Any,
) -> Dataset:
    """Judge every row of a dataset.

    Args:
        dataset: One row is one subject; columns are named as for `Rulebook.classify_table`.
        book: The rulebook; it is sent to each worker machine once.
        subject: The kind of subject that a row is.
        as_of: The day of every row; without it the column `as_of`.
        jurisdiction: The place of every row; without it the column `jurisdiction`, where there is one.
        packs: Only these packs or sectors.
        keep: Columns that are carried into the result.
        lang: The language of the reasons why rows are rejected.
        sections: What is said of a row: `levels`, `findings`, `actions`, `undetermined`, `missing`.
        how: For `map_batches`: `concurrency`, `num_cpus`, `memory`, `batch_size`.

    Returns:
        Lazy; one row for every row given: the columns kept, those of the table of `classify_table`, then `reason` and
        `given` (a struct of the row as it was given), which are null unless the row was rejected.

    Raises:
        FactsError: A column is no fact; carries every problem of the columns. Where the schema is not known before the
            dataset runs, it fails when it runs.
        LookupFailedError: No such subject, pack, place, language or section.
        MissingExtraError: ray is not installed, or what its datasets need.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra, imported when it is used
        import ray  # noqa: PLC0415
        import ray.data  # noqa: PLC0415

        from hazardrules.integrations.carried import written  # noqa: PLC0415
        from hazardrules.integrations.judging import check_columns, task_of  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise MissingExtraError("ray", error.name or "ray") from error
    options = book.table_options(subject, as_of=as_of, jurisdiction=jurisdiction, packs=packs, keep=keep, lang=lang)
    task = task_of(book, options, sections)
    schema = dataset.schema(fetch_if_missing=False)
    if schema is not None and isinstance(schema.base_schema, pa.Schema):
        check_columns(book, options, schema.base_schema)
    sent = ray.put(written(book))
    settings = {"batch_size": BLOCK, **how, "batch_format": "pyarrow", "zero_copy_batch": True}
    return dataset.map_batches(_judged, fn_args=[task, [sent]], **settings)


def _judged(table: pa.Table, task: Task, sent: list[Any]) -> Iterator[pa.Table]:
    """On the worker. The reference stands in a list, so that it is only followed where the rulebook is not there yet."""
    import pyarrow as pa  # noqa: PLC0415 - this module is imported without it
    import ray  # noqa: PLC0415

    from hazardrules.integrations.judging import judge  # noqa: PLC0415

    def fetch() -> bytes:
        content: bytes = ray.get(sent[0])
        return content

    for batch in judge(task, fetch, table.to_batches()):
        yield pa.Table.from_batches([batch])
