"""What the commands share: options, loading a rulebook, writing pages, saying what went wrong."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from hazardrules.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hazardrules.api import Rulebook
    from hazardrules.diagnostics import Diagnostic
    from hazardrules.errors import LookupFailedError
    from hazardrules.render.layout import Page

PROBLEMS, USAGE = 1, 2
FALLBACK_LANG = "zh"
"""The language where no rulebook could be loaded that has one."""
SHOWN = 5
"""So many problems of a rulebook are shown by commands that only wanted to use it."""
_WIDEST = 120


if TYPE_CHECKING:
    _DayType = click.ParamType[date]
else:  # not every version of click has it generic
    _DayType = click.ParamType


class Day(_DayType):
    """A day, or `today`."""

    name = "DAY"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read a day."""
        if isinstance(value, date):
            return value
        if value == "today":
            return today()
        from hazardrules.model.scalars import read_date  # noqa: PLC0415 - only where a day is given

        found = read_date(str(value))
        if found is None:
            self.fail(f"{value!r} is not a day; write it as 2024-06-01, or today", param, ctx)
        return found


def today() -> date:
    """The day on the clock; nothing else in the library reads it."""
    return date.today()  # noqa: DTZ011 - law is in force by the local calendar


# options

rules_option = click.option(
    "--rules", "folder", metavar="FOLDER", type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The rulebook: a folder with rulebook.yaml. Default: the one that comes with hazardrules.",
)  # fmt: skip
lang_option = click.option("--lang", type=click.Choice(["zh", "en"]), help="Language of the output. Default: the rulebook's own.")
verbose_option = click.option("-v", "--verbose", is_flag=True, help="Show everything; long lists are cut otherwise.")


def case_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that reads cases."""
    for option in (
        click.option("--as-of", type=Day(), help="Judge by the law of this day (2024-06-01, or today), whatever the case says."),
        click.option("--jurisdiction", metavar="PLACE", help="Judge by the law of this place, such as CN-SD-JN, whatever the case says."),
        click.option("--subject", metavar="KIND", help="What is judged (premises, vehicle …), where the case does not say it."),
        click.option("--packs", metavar="PACKS", help="Only these packs or sectors, separated by commas: gas,fire.three_in_one."),
        click.option("--complete", is_flag=True, help="Nothing else was wrong: facts not given are taken to satisfy the law, and listed."),
        click.option("--input", "input_format", type=click.Choice(["yaml", "json", "jsonl"]), help="Format of the input. Default: by suffix, or looked at."),
        click.option("--engine", type=click.Choice(["generated", "reference", "durable"]), help="What evaluates the rules; the answers are the same."),
        rules_option,
        lang_option,
        verbose_option,
    ):  # fmt: skip
        command = option(command)
    return command


# loading


def open_book(folder: Path | None, lang: str | None) -> tuple[Rulebook, str]:
    """Load a rulebook through the cache; its problems end the run.

    Returns:
        The rulebook, and the language of the output.
    """
    collecting = gc.isenabled()
    gc.disable()  # nearly everything that is made until the rulebook is there stays until the end
    try:
        book = _load(folder, lang)
    finally:
        gc.freeze()
        if collecting:
            gc.enable()
    chosen = lang or book.compiled.source.default_language
    if chosen not in book.compiled.source.languages:
        usage_error(say(chosen, "cli.no_language", {"lang": chosen, "known": ", ".join(book.compiled.source.languages)}))
    return book, chosen


def _load(folder: Path | None, lang: str | None) -> Rulebook:
    from hazardrules.api import load  # noqa: PLC0415 - `--help` needs none of it
    from hazardrules.errors import RulebookError  # noqa: PLC0415

    try:
        return load(folder, cache=True)
    except RulebookError as error:
        chosen = lang or FALLBACK_LANG
        report_diagnostics(error.diagnostics[:SHOWN], folder, chosen)
        more = len(error.diagnostics) - SHOWN
        if more > 0:
            complain(say(chosen, "cli.more_diagnostics", {"count": more}))
        sys.exit(PROBLEMS)


def rulebook_of(path: Path) -> Path | None:
    """The rulebook that a file or folder belongs to: the nearest folder around it with a `rulebook.yaml`."""
    here = path.resolve()
    return next((folder for folder in (here, *here.parents) if (folder / "rulebook.yaml").is_file()), None)


def inside_of(path: Path | None, rulebook: Path) -> str:
    """The path of a file or folder within its rulebook; empty for the rulebook itself."""
    if path is None:
        return ""
    try:
        found = path.resolve().relative_to(rulebook.resolve()).as_posix()
    except ValueError:
        return ""
    return "" if found == "." else found


# writing


def forgiving_output() -> None:
    """Characters that the terminal cannot show become escapes instead of an error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def is_terminal() -> bool:
    """Whether somebody looks at the output and wants colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width() -> int:
    """The width of the output: that of the terminal, or of `COLUMNS`, or a readable one."""
    from hazardrules.render.layout import PLAIN_WIDTH  # noqa: PLC0415 - with what it renders

    return min(shutil.get_terminal_size((PLAIN_WIDTH, 0)).columns if _width_known() else PLAIN_WIDTH, _WIDEST)


def _width_known() -> bool:
    return sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit()


def write_page(page: Page) -> None:
    """Write a page: with colours to a terminal, plainly to anything else."""
    if not is_terminal():
        click.echo(page.text(width()))
        return
    from rich.console import Console  # noqa: PLC0415 - slow to import, and only terminals need it
    from rich.text import Text  # noqa: PLC0415

    from hazardrules.render.layout import rich_style  # noqa: PLC0415

    console = Console(highlight=False, markup=False, emoji=False)
    for row in page.rows(width()):
        text = Text()
        for words, style in row:
            text.append(words, style=rich_style(style))
        console.print(text, soft_wrap=True)


@contextmanager
def progress(total: int, words: str) -> Iterator[Callable[[], None]]:
    """A bar with the time left on the terminal; nothing where nobody looks.

    Args:
        total: How many steps there are.
        words: What is being done.

    Returns:
        What is to be called after each step.
    """
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console  # noqa: PLC0415 - slow to import, and only terminals need it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words, total=total)
        yield lambda: bar.advance(task)


def complain(words: str) -> None:
    """One line of what went wrong."""
    from hazardrules.render.diagnostics import one_line  # noqa: PLC0415 - only where something is wrong

    click.echo(one_line(words), err=True)


def has_solver(lang: str, key: str) -> bool:
    """Whether the solver is installed; where it is not, one line of what that means."""
    from hazardrules.verify import has_solver as is_there  # noqa: PLC0415 - with the rulebook

    if not is_there():
        complain(say(lang, key))
        return False
    return True


def usage_error(words: str) -> NoReturn:
    """Say what is wrong with how the command was called, and end."""
    complain(f"hazardrules: {words}")
    sys.exit(USAGE)


def lookup_words(error: LookupFailedError, lang: str) -> str:
    """An unknown name, in the language of the output."""
    words = say(lang, "cli.not_found", {"what": error.what, "name": error.name})
    if not error.nearest:
        return words
    names = say(lang, "text.and_comma").join(f"`{name}`" for name in error.nearest)
    return words + say(lang, "cli.did_you_mean", {"names": names})


def check_engine(name: str | None, lang: str) -> None:
    """An engine that is an extra and not installed ends the run before any case is read."""
    from hazardrules.api import ENGINES  # noqa: PLC0415 - with the rulebook
    from hazardrules.engines.base import require  # noqa: PLC0415
    from hazardrules.errors import EngineError  # noqa: PLC0415

    try:
        require(ENGINES[name or "generated"])
    except EngineError as error:
        cause, hint = say(lang, error.key, error.args_of_key), say(lang, f"{error.key}_hint", error.args_of_key)
        usage_error(f"{error.code} {cause}{say(lang, 'text.and_semicolon')}{hint}")


def report_diagnostics(
    diagnostics: Iterable[Diagnostic], folder: Path | None, lang: str, output: str = "text", *, err: bool = True
) -> None:
    """Write the problems of a rulebook, with the lines that they are about."""
    from hazardrules.folders import shipped_rules  # noqa: PLC0415 - only where something is wrong
    from hazardrules.render.diagnostics import render_diagnostics  # noqa: PLC0415
    from hazardrules.syntax.folder import source_texts  # noqa: PLC0415

    found = list(diagnostics)
    where = folder if folder is not None else shipped_rules()
    names = {span.file for item in found for span in (item.span, *(related.span for related in item.related))}
    sources = source_texts(where, names) if output == "text" and where.is_dir() else {}
    colour = output == "text" and not err and is_terminal()
    prefix = file_prefix(where)
    text = render_diagnostics(found, sources, output, lang, colour=colour, prefix=prefix)  # type: ignore[arg-type]  # one of the choices
    if text:
        click.echo(text, err=err)


def file_prefix(folder: Path) -> str:
    """What stands before the names of a rulebook's files, so that an editor finds them."""
    try:
        shown = os.path.relpath(folder)
    except ValueError:  # another drive
        shown = str(folder)
    if shown.startswith(".."):
        shown = str(folder)
    return "" if shown == "." else f"{Path(shown).as_posix()}/"
