"""`graph`: what depends on what in a rulebook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hazardrules.cli.common import Day, lang_option, lookup_words, open_book, rules_option, usage_error
from hazardrules.wording import say

if TYPE_CHECKING:
    from datetime import date

    import networkx as nx

    from hazardrules.api import Rulebook
    from hazardrules.compiler.plan import Plan

PICTURED = 400
"""More boxes than this are no picture, only a page to search."""
_SECTIONS = ("lost_rules", "weakened_rules", "open_rules", "lost_actions", "spared_facts")
_SUFFIXES = {".html": "html", ".svg": "svg", ".json": "json"}


@click.command("graph", short_help="Show what depends on what: as a picture, a page, data or text.")
@click.argument("name", required=False)
@click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file; .html, .svg or .json."
)
@click.option(
    "--format", "output", type=click.Choice(["text", "svg", "html", "json"]), help="Default: by the file's suffix, else text."
)
@click.option("--up", type=click.IntRange(0), help="So many steps towards what it rests on. Default: all.")
@click.option("--down", type=click.IntRange(0), help="So many steps towards what rests on it. Default: all.")
@click.option("--impact", "only_impact", is_flag=True, help="What would be lost or left open without it.")
@click.option("--facts", "subject", metavar="KIND", help="The facts of a kind of subject, those on which most hangs first.")
@click.option("--as-of", type=Day(), help="The law of this day only (2024-06-01, or today).")
@click.option("--jurisdiction", metavar="PLACE", help="The law of this place only, such as CN-SD-JN; with --as-of.")
@rules_option
@lang_option
def graph_command(
    name: str | None,
    out: Path | None,
    output: str | None,
    up: int | None,
    down: int | None,
    only_impact: bool,
    subject: str | None,
    as_of: date | None,
    jurisdiction: str | None,
    folder: Path | None,
    lang: str | None,
) -> None:
    """Show what NAME rests on and what rests on it: a rule, a fact, a pack or sector, an instrument, a clause, an action.

    Without NAME: the whole rulebook.

    \b
    Examples:
      hazardrules graph fire.three_in_one.no_alarm --out alarm.html
      hazardrules graph premises.people_lodged --up 0
      hazardrules graph xf-703-2007 --impact
      hazardrules graph --facts premises --as-of 2024-06-01
    """  # noqa: D301 - `\b` is click's mark for lines that it must not fill
    book, chosen = open_book(folder, lang)
    plan = _plan(book, as_of, jurisdiction, chosen)
    if subject is not None:
        _facts(book, subject, plan, chosen, output)
        return
    if only_impact:
        _impact(book, name, plan, chosen, output)
        return
    from hazardrules.graph import around, nodes_called, rule_graph  # noqa: PLC0415 - with the rulebook

    graph = rule_graph(book.compiled, plan, chosen)
    if name is not None:
        found = nodes_called(graph, name)
        if not found:
            _unknown(graph, name, chosen)
        graph = around(graph, found, up=up, down=down)
    form = output or (_SUFFIXES.get(out.suffix.lower()) if out is not None else None) or "text"
    _write(graph, form, out, name or say(chosen, "graph.whole", {"name": book.name}), chosen)


def _plan(book: Rulebook, as_of: date | None, jurisdiction: str | None, lang: str) -> Plan | None:
    if jurisdiction is not None and jurisdiction not in book.compiled.source.jurisdictions:
        from hazardrules.diagnostics import nearest  # noqa: PLC0415 - only where a name is wrong
        from hazardrules.errors import LookupFailedError  # noqa: PLC0415

        known = book.compiled.source.jurisdictions
        usage_error(lookup_words(LookupFailedError("jurisdiction", jurisdiction, nearest(jurisdiction, known)), lang))
    return book.compiled.in_force(as_of, jurisdiction) if as_of is not None else None


def _unknown(graph: nx.DiGraph[str], name: str, lang: str) -> None:
    from hazardrules.diagnostics import nearest  # noqa: PLC0415 - only where a name is wrong

    names = nearest(name, [about["name"] for _, about in graph.nodes(data=True)])
    hint = (
        say(lang, "cli.did_you_mean", {"names": say(lang, "text.and_comma").join(f"`{one}`" for one in names)}) if names else ""
    )
    usage_error(say(lang, "graph.not_found", {"name": name}) + hint)


def _write(graph: nx.DiGraph[str], form: str, out: Path | None, title: str, lang: str) -> None:
    from hazardrules.graph import draw  # noqa: PLC0415 - with the graph

    if form == "svg" and len(graph) > PICTURED:
        usage_error(say(lang, "graph.too_large", {"count": len(graph)}))
    text = {
        "html": lambda: draw.as_html(graph, lang, title),
        "svg": lambda: draw.as_svg(graph, lang),
        "json": lambda: json.dumps(draw.as_data(graph), ensure_ascii=False, indent=1) + "\n",
        "text": lambda: draw.as_text(graph, lang) + "\n",
    }[form]()
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, "utf-8")
    except OSError as error:
        usage_error(f"{out}: {error.strerror}")
    click.echo(say(lang, "graph.written", {"path": out}))


def _facts(book: Rulebook, subject: str, plan: Plan | None, lang: str, output: str | None) -> None:
    from hazardrules.errors import LookupFailedError  # noqa: PLC0415 - with the rulebook
    from hazardrules.graph import worth_asking  # noqa: PLC0415

    try:
        found = worth_asking(book.compiled, book.intake.find_subject(subject) or subject, plan, lang)
    except LookupFailedError as error:
        usage_error(lookup_words(error, lang))
    if output == "json":
        rows = [{"fact": one.name, "label": one.label, "rules": one.rules, "score": round(one.score, 6)} for one in found]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for one in found:
        click.echo(
            say(
                lang,
                "graph.fact_line",
                {"score": f"{100 * one.score:5.2f}", "rules": f"{one.rules:4}", "name": one.name, "label": one.label},
            )
        )


def _impact(book: Rulebook, name: str | None, plan: Plan | None, lang: str, output: str | None) -> None:
    from hazardrules.errors import LookupFailedError  # noqa: PLC0415 - with the rulebook
    from hazardrules.graph import impact  # noqa: PLC0415

    if name is None:
        usage_error(say(lang, "graph.needs_name"))
    try:
        found = impact(book.compiled, name, plan)
    except LookupFailedError as error:
        usage_error(lookup_words(error, lang))
    sections = {section: getattr(found, section) for section in _SECTIONS}
    if output == "json":
        click.echo(json.dumps(sections, ensure_ascii=False, indent=1))
        return
    for section, names in sections.items():
        title = say(lang, f"graph.{section}")
        click.echo(f"{title}: {len(names) or say(lang, 'graph.empty')}")
        for one in names:
            click.echo(f"    {one}")
