"""`batch`: judge the rows of files."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hazardrules.cli.common import (
    PROBLEMS,
    Day,
    complain,
    lang_option,
    lookup_words,
    open_book,
    rules_option,
    usage_error,
    verbose_option,
    write_page,
)
from hazardrules.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from hazardrules.api import Rulebook
    from hazardrules.batch import BatchSummary
    from hazardrules.batch import Progress as Done

_FILE = click.Path(path_type=Path, dir_okay=False)
_INTERRUPTED = 130


@click.command("batch", short_help="Classify every row of files: Parquet, CSV, JSON Lines, of any length.")
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@click.option("--subject", metavar="KIND", required=True, help="What a row is: premises, vehicle …")
@click.option(
    "--on", "--as-of", "as_of", type=Day(), help="Judge by the law of this day (2024-06-01, or today). Default: the column as_of."
)
@click.option(
    "--jurisdiction",
    metavar="PLACE",
    help="Judge by the law of this place, such as CN-SD-JN. Default: the column jurisdiction, where there is one.",
)
@click.option("--packs", metavar="PACKS", help="Only these packs or sectors, separated by commas: gas,fire.three_in_one.")
@click.option(
    "--keep", metavar="COLUMNS", help="Columns carried into OUT and the rejects, separated by commas; they need not be facts."
)
@click.option(
    "--rejects",
    type=_FILE,
    metavar="FILE",
    help="Where rejected rows go (.jsonl, .csv, .parquet). Default: OUT.rejects.jsonl, and exit code 1 if there are any.",
)
@click.option(
    "--to", type=click.Choice(["parquet", "csv", "jsonl"]), default="parquet", show_default=True, help="What a folder OUT gets."
)
@click.option("--encoding", metavar="NAME", default="utf-8", show_default=True, help="Encoding of CSV files: gb18030 …")
@click.option("--delimiter", metavar="CHAR", help="What stands between the cells of CSV files. Default: a comma, in .tsv a tab.")
@click.option("--threads", type=click.IntRange(1, 256), metavar="N", help="So many pieces at once. Default: one per core.")
@click.option("--overwrite", is_flag=True, help="OUT may exist; it is replaced when the run is done.")
@click.option("--restart", is_flag=True, help="Throw away what a run that was killed has done.")
@click.option(
    "--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Form of the summary."
)
@rules_option
@lang_option
@verbose_option
def batch_command(
    source: str,
    target: str,
    subject: str,
    as_of: date | None,
    jurisdiction: str | None,
    packs: str | None,
    keep: str | None,
    rejects: Path | None,
    to: str,
    encoding: str,
    delimiter: str | None,
    threads: int | None,
    overwrite: bool,
    restart: bool,
    output: str,
    folder: Path | None,
    lang: str | None,
    verbose: bool,
) -> None:
    """Classify every row of IN and write the answers to OUT, in bounded memory.

    IN is a file, a folder or a quoted pattern of Parquet, CSV, TSV or JSON Lines; OUT is a file (.parquet, .csv, .jsonl)
    or a folder. OUT appears when everything is done. A run that was killed goes on when the same command is given again.

    \b
    Examples:
      hazardrules batch vehicles.parquet answers.parquet --subject vehicle --on 2024-06-01 --keep plate
      hazardrules batch 'data/2024-*.csv' answers/ --subject premises --rejects rejects.csv
    """  # noqa: D301 - `\b` is click's mark for lines that it must not fill
    from hazardrules.batch import classify_files  # noqa: PLC0415 - `--help` needs none of it
    from hazardrules.errors import BatchError, FactsError, LookupFailedError, MissingExtraError  # noqa: PLC0415

    book, chosen = open_book(folder, lang)
    try:
        with _bar(chosen) as progress:
            summary = classify_files(
                book, source, target, subject=subject, as_of=as_of, jurisdiction=jurisdiction,
                packs=_listed(packs) or None, keep=_listed(keep), lang=chosen, rejects=rejects, to=to, encoding=encoding,
                delimiter=delimiter, threads=threads, overwrite=overwrite, restart=restart, progress=progress,
            )  # fmt: skip
    except LookupFailedError as error:
        usage_error(lookup_words(error, chosen))
    except MissingExtraError as error:
        usage_error(str(error))
    except FactsError as error:
        for problem in error.problems:
            complain(problem.message(chosen))
        sys.exit(PROBLEMS)
    except BatchError as error:
        for problem in error.problems[:-1]:
            complain(problem.message(chosen))
        _say_kept(target, chosen)
        usage_error(error.problems[-1].message(chosen))
    except KeyboardInterrupt:
        _say_kept(target, chosen)
        sys.exit(_INTERRUPTED)
    _report(summary, book, chosen, output, verbose=verbose)
    if summary.rejected and rejects is None:
        sys.exit(PROBLEMS)


def _listed(words: str | None) -> list[str]:
    return [word.strip() for word in (words or "").split(",") if word.strip()]


def _say_kept(target: str, lang: str) -> None:
    folder = Path(target).with_name(f"{Path(target).name}.partial")
    if (folder / "pieces").is_dir():
        complain(say(lang, "batch.kept", {"folder": folder}))


def _report(summary: BatchSummary, book: Rulebook, lang: str, output: str, *, verbose: bool) -> None:
    from hazardrules.render import json  # noqa: PLC0415 - with what it renders
    from hazardrules.render.batch import batch_page  # noqa: PLC0415
    from hazardrules.render.labels import Labels  # noqa: PLC0415

    if summary.restarted:
        what = [say(lang, f"batch.what.{name}") for name in summary.restarted]
        complain(say(lang, "batch.restarted", {"what": say(lang, "text.and_comma").join(what)}))
    if output == "json":
        click.echo(json.readable(summary.as_data()))
    else:
        write_page(batch_page(summary, Labels(book.compiled.source, lang), verbose=verbose))


@contextmanager
def _bar(lang: str) -> Iterator[Callable[[Done], None] | None]:
    """A bar with rows, rows a second and the time left on the terminal; nothing where nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415 - slow to import, and only terminals need it
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    start = time.perf_counter()
    columns = (TextColumn("{task.fields[rows]}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0, rows="", rate="")

        def tell(found: Done) -> None:
            rate = (found.rows - found.taken_up) / max(time.perf_counter() - start, 1e-9)
            rows = f"{found.rows:,} {say(lang, 'batch.bar')}"
            bar.update(task, completed=found.share, rows=rows, rate=say(lang, "batch.rate", {"rate": f"{rate:,.0f}"}))

        yield tell
