"""`show`, `schema` and `coverage`: look into a rulebook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hazardrules.cli.common import lang_option, lookup_words, open_book, rules_option, usage_error, verbose_option, write_page
from hazardrules.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.api import Rulebook
    from hazardrules.render.show import Card, Cards

JSON_OR_TEXT = click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True)


@click.command("show", short_help="Show a rule, fact, instrument, action or subject.")
@click.argument("name")
@JSON_OR_TEXT
@rules_option
@lang_option
@verbose_option
def show_command(name: str, output: str, folder: Path | None, lang: str | None, verbose: bool) -> None:
    """Show the rule, decision table, pack, fact, derived fact, instrument, action or subject called NAME.

    A fact is cited with its subject (premises.floor_area) or alone; subjects and facts also by their labels.

    \b
    Examples:
      hazardrules show gas.regulation.no_gas_licence
      hazardrules show premises.floor_area
      hazardrules show xf-703-2007
      hazardrules show rectify
    """  # noqa: D301 - `\b` is click's mark for lines that it must not fill
    book, chosen = open_book(folder, lang)
    from hazardrules.render.show import Cards, render_card  # noqa: PLC0415 - with the rulebook

    writer = Cards(book.compiled, chosen)
    cards = list(_cards(book, writer, name)) or list(_by_last_name(book, writer, name))
    if not cards:
        _not_found(book, name, chosen)
    if output == "json":
        from hazardrules.render import json  # noqa: PLC0415 - only where it is asked for

        for text in json.as_list(card.as_data() for card in cards):
            click.echo(text, nl=False)
        return
    for number, card in enumerate(cards):
        if number:
            click.echo()
        write_page(render_card(card, writer.labels, verbose=verbose))


def _cards(book: Rulebook, writer: Cards, name: str) -> Iterator[Card]:
    """Everything that is called so."""
    compiled, source = book.compiled, book.compiled.source
    if name in compiled.rules:
        yield writer.rule(compiled.rules[name])
    if any(rule.table == name for rule in compiled.rules.values()):
        yield writer.table(name)
    if name in source.packs:
        yield writer.pack(source.packs[name])
    if name in source.instruments:
        yield writer.instrument(source.instruments[name])
    if name in source.actions:
        yield writer.action(source.actions[name])
    kind = book.intake.find_subject(name)
    if kind is not None:
        yield writer.subject(source.subjects[kind])
    yield from _facts(book, writer, name)


def _by_last_name(book: Rulebook, writer: Cards, name: str) -> Iterator[Card]:
    """Rules and tables whose name ends so, whatever their pack."""
    found = {rule.table or rule.name: rule for rule in book.compiled.rules.values()}
    for full, rule in found.items():
        if full.rpartition(".")[2] == name:
            yield writer.table(full) if rule.table else writer.rule(rule)


def _facts(book: Rulebook, writer: Cards, name: str) -> Iterator[Card]:
    """Facts and derived facts, with their subject or without."""
    head, _, tail = name.partition(".")
    subject = book.intake.find_subject(head)
    for kind, found in book.compiled.source.subjects.items():
        for wanted in dict.fromkeys((name, tail) if kind == subject and tail else (name,)):
            member = book.intake.find_member(kind, wanted)
            if member is not None and member in found.facts:
                yield writer.fact(kind, found.facts[member])
            elif (kind, wanted) in book.compiled.derived:
                yield writer.derived(kind, wanted)


def _not_found(book: Rulebook, name: str, lang: str) -> None:
    from hazardrules.diagnostics import nearest  # noqa: PLC0415 - only where a name is wrong

    source = book.compiled.source
    pools = (
        source.packs, source.instruments, source.actions, source.subjects,
        (f"{kind}.{fact}" for kind, found in source.subjects.items() for fact in found.facts),
        (f"{kind}.{derived}" for kind, derived in book.compiled.derived),
        book.compiled.rules,
    )  # fmt: skip
    known = [item for pool in pools for item in pool]
    last = {item.rpartition(".")[2]: item for item in known}
    near = nearest(name, known) or [last[item] for item in nearest(name, last)]
    words = say(lang, "cli.nothing_called", {"name": name})
    if near:
        names = say(lang, "text.and_comma").join(f"`{item}`" for item in near)
        words += say(lang, "cli.did_you_mean", {"names": names})
    usage_error(words)


@click.command("schema", short_help="Print the JSON Schema of a subject's facts.")
@click.argument("subject")
@rules_option
@lang_option
def schema_command(subject: str, folder: Path | None, lang: str | None) -> None:
    """Print the JSON Schema (draft 2020-12) of the facts of SUBJECT, for forms and other systems.

    \b
    Example:
      hazardrules schema premises > premises.schema.json
    """  # noqa: D301 - `\b` is click's mark for lines that it must not fill
    book, chosen = open_book(folder, lang)
    from hazardrules.errors import LookupFailedError  # noqa: PLC0415 - with the rulebook
    from hazardrules.render import json  # noqa: PLC0415

    try:
        click.echo(json.readable(book.json_schema(subject, chosen)))
    except LookupFailedError as error:
        usage_error(lookup_words(error, chosen))


@click.command("coverage", short_help="Show how much of each instrument is encoded.")
@click.argument("instrument", required=False)
@click.option(
    "--missing", is_flag=True, help="List the clauses that are neither encoded nor explained, and the unverified rules."
)
@click.option(
    "--pages",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write a Markdown page per sector instead: instruments, clauses, rules, facts.",
)
@JSON_OR_TEXT
@rules_option
@lang_option
def coverage_command(
    instrument: str | None, missing: bool, pages: Path | None, output: str, folder: Path | None, lang: str | None
) -> None:
    """Show how many clauses of each legal instrument (or of INSTRUMENT alone) are encoded.

    A clause is encoded where a rule, a derived fact or a parameter cites it, and explained where the rulebook says why
    it is not encoded; the rest is missing.

    \b
    Examples:
      hazardrules coverage
      hazardrules coverage xf-703-2007 --missing
      hazardrules coverage --pages docs/law
    """  # noqa: D301 - `\b` is click's mark for lines that it must not fill
    book, chosen = open_book(folder, lang)
    from hazardrules.errors import LookupFailedError  # noqa: PLC0415 - with the rulebook
    from hazardrules.render import json  # noqa: PLC0415
    from hazardrules.render.coverage import measure, render_coverage  # noqa: PLC0415
    from hazardrules.render.labels import Labels  # noqa: PLC0415

    if pages is not None:
        _write_pages(book, chosen, pages)
        return
    found = measure(book.compiled, chosen)
    if instrument is not None:
        try:
            wanted = book.instrument(instrument).id
        except LookupFailedError as error:
            usage_error(lookup_words(error, chosen))
        found = [item for item in found if item.instrument == wanted]
    if output == "json":
        click.echo(json.readable([item.as_data() for item in found]))
    else:
        write_page(render_coverage(found, Labels(book.compiled.source, chosen), missing=missing))


def _write_pages(book: Rulebook, lang: str, folder: Path) -> None:
    """Write the pages of `coverage --pages`; what else stands in the folder is left alone."""
    from hazardrules.render.labels import Labels  # noqa: PLC0415 - only needed here
    from hazardrules.render.law_pages import law_pages  # noqa: PLC0415

    pages = law_pages(book.compiled, Labels(book.compiled.source, lang))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in pages.items():
            (folder / name).write_text(text, "utf-8")
    except OSError as error:
        usage_error(say(lang, "cli.cannot_write", {"path": folder, "reason": error.strerror}))
    click.echo(say(lang, "cli.pages_written", {"count": len(pages), "folder": folder}))
