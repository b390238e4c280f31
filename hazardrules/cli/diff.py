"""`diff`: what an edit of a rulebook changes."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hazardrules.cli.common import (
    FALLBACK_LANG,
    PROBLEMS,
    SHOWN,
    USAGE,
    Day,
    complain,
    file_prefix,
    lang_option,
    lookup_words,
    progress,
    report_diagnostics,
    rules_option,
    today,
    usage_error,
    verbose_option,
    write_page,
)
from hazardrules.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from hazardrules.api import Rulebook
    from hazardrules.diff import Difference, Replay
    from hazardrules.diff.said import Speaker
    from hazardrules.errors import FactsError
    from hazardrules.intake import Case


@click.command("diff", short_help="Compare two rulebooks: what changed in meaning, and what only in words.")
@click.argument("old")
@click.argument("new", required=False)
@click.option("--format", "output", type=click.Choice(["text", "markdown", "json"]), default="text", show_default=True,
              help="text for people; markdown for a pull request; json for programs.")  # fmt: skip
@click.option("--replay", "past", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="Past cases (JSON Lines, JSON, YAML, *.cases.yaml): which of them are answered otherwise, and why.")  # fmt: skip
@click.option("--subject", metavar="KIND", help="What past cases are about, where they do not say it.")
@click.option("--as-of", type=Day(), help="The day of past cases that do not say it. Default: today.")
@click.option("--jurisdiction", metavar="PLACE", help="The place of past cases that do not say it.")
@click.option("--no-solver", is_flag=True, help="Do not ask the solver: normal forms decide alone.")
@rules_option
@lang_option
@verbose_option
def diff_command(
    old: str,
    new: str | None,
    output: str,
    past: Path | None,
    subject: str | None,
    as_of: date | None,
    jurisdiction: str | None,
    no_solver: bool,
    folder: Path | None,
    lang: str | None,
    verbose: bool,
) -> None:
    """Compare two rulebooks rule by rule: which changed in meaning, with facts that show it, and which only in words.

    OLD and NEW are folders of rulebooks, or git revisions of the rulebook given by --rules (or by the other argument;
    by default the one that comes with hazardrules). Without NEW it is compared as it stands on disk. Proofs need
    `pip install hazardrules[verify]`.

    \b
    Examples:
      hazardrules diff v2026.10 HEAD --replay cases.jsonl
      hazardrules diff main --rules rules --format markdown
      hazardrules diff old/rules new/rules --lang en

    Exit codes: 0 the meaning is the same, 1 something changed or nobody can say, 2 wrong usage or a rulebook with errors.
    """  # noqa: D301 - `\b` is click's mark for lines that it must not fill
    from hazardrules.diff import compare, has_solver, replay  # noqa: PLC0415 - `--help` needs none of it
    from hazardrules.diff.said import Speaker  # noqa: PLC0415

    with ExitStack() as stack:
        home = folder or next((Path(name) for name in (new, old) if name is not None and _is_folder(name)), None)
        sides = [_side(name, home, lang, stack) for name in (old, new)]
    books = [side.book for side in sides]
    chosen = lang or books[1].compiled.source.default_language
    total = len(books[0].compiled.rules.keys() | books[1].compiled.rules.keys())
    with progress(total, say(chosen, "diff.comparing")) as advance:
        difference = compare(
            books[0].compiled, books[1].compiled, called=(sides[0].called, sides[1].called),
            solver=has_solver() and not no_solver, progress=advance,
        )  # fmt: skip
    found = None
    if past is not None:
        cases = _past_cases(past, books[0], subject, chosen)
        found = replay(cases, books[0], books[1], difference, as_of=as_of or today(), jurisdiction=jurisdiction, lang=chosen)
        if found.cases == found.unread["both"]:
            usage_error(say(chosen, "diff.replay.unusable", {"file": str(past)}))
    _write(difference, found, Speaker(chosen, (sides[0].prefix, sides[1].prefix)), output, verbose=verbose)
    sys.exit(0 if difference.is_same else PROBLEMS)


def _write(difference: Difference, found: Replay | None, speaker: Speaker, output: str, *, verbose: bool) -> None:
    from hazardrules.diff.markdown import markdown  # noqa: PLC0415 - with the rulebooks
    from hazardrules.diff.replay_said import replay_data, replay_markdown, replay_page  # noqa: PLC0415
    from hazardrules.diff.said import as_data  # noqa: PLC0415
    from hazardrules.diff.terminal import difference_page  # noqa: PLC0415

    if output == "json":
        from hazardrules.render import json  # noqa: PLC0415 - only where it is asked for

        click.echo(json.readable(as_data(difference, speaker, None if found is None else replay_data(found))))
    elif output == "markdown":
        click.echo(markdown(difference, speaker, None if found is None else replay_markdown(found, speaker)))
    else:
        page = None if found is None else replay_page(found, speaker)
        write_page(difference_page(difference, speaker, verbose=verbose, replay=page))


def _past_cases(file: Path, book: Rulebook, subject: str | None, lang: str) -> Iterable[Case | FactsError]:
    from hazardrules.cli.inputs import read_inputs  # noqa: PLC0415 - the YAML reader
    from hazardrules.diff.replay import written_cases  # noqa: PLC0415 - with the rulebooks
    from hazardrules.errors import LookupFailedError  # noqa: PLC0415
    from hazardrules.testing.case_files import SUFFIX  # noqa: PLC0415

    if file.name.endswith(SUFFIX):
        cases, diagnostics = written_cases(file, book)
        for diagnostic in diagnostics[:SHOWN]:
            complain(diagnostic.short(lang))
        return cases
    try:
        kind = book.subject(subject).id if subject is not None else None
    except LookupFailedError as error:
        usage_error(lookup_words(error, lang))
    return read_inputs([str(file)], book, None, kind)


@dataclass(frozen=True, slots=True)
class _Side:
    """A rulebook as it was asked for, and what stands before the names of its files."""

    book: Rulebook
    called: str
    prefix: str


def _is_folder(name: str) -> bool:
    return (Path(name) / "rulebook.yaml").is_file()


def _side(name: str | None, home: Path | None, lang: str | None, stack: ExitStack) -> _Side:
    """A rulebook by its folder or its revision; what is wrong with it ends the run."""
    from hazardrules.diff.revisions import checked_out  # noqa: PLC0415 - with the rulebook
    from hazardrules.errors import RevisionError  # noqa: PLC0415
    from hazardrules.folders import shipped_rules  # noqa: PLC0415

    if name is None or Path(name).is_dir():
        folder = (home or shipped_rules()) if name is None else Path(name)
        return _Side(_load(folder, lang), file_prefix(folder).rstrip("/") or ".", file_prefix(folder))
    try:
        found = stack.enter_context(checked_out(name, home or shipped_rules()))
    except RevisionError as error:
        usage_error(error.problem.message(lang or FALLBACK_LANG))
    return _Side(_load(found.folder, lang), f"{name} ({found.commit})", f"{name}:{found.within}")


def _load(folder: Path, lang: str | None) -> Rulebook:
    from hazardrules.api import load  # noqa: PLC0415 - with the rulebook
    from hazardrules.errors import RulebookError  # noqa: PLC0415

    try:
        return load(folder, cache=True)
    except RulebookError as error:
        chosen = lang or FALLBACK_LANG
        report_diagnostics(error.diagnostics[:SHOWN], folder, chosen)
        if len(error.diagnostics) > SHOWN:
            complain(say(chosen, "cli.more_diagnostics", {"count": len(error.diagnostics) - SHOWN}))
        sys.exit(USAGE)
