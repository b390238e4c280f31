"""The command line: parse, call the library, render, exit. Exit codes: 0 clean, 1 diagnostics or findings of problems, 2 usage."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from hazardrules import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hazardrules")
def main() -> None:
    """Safety regulations as rule files: classify facts, check and test rules."""


@main.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--format", "output", type=click.Choice(["text", "short", "json", "github"]), default="text", show_default=True)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def check(folder: Path | None, output: str, lang: str) -> None:
    """Report every problem of the rulebook in FOLDER (default: the shipped one)."""
    from hazardrules.api import compile_folder, shipped_rules
    from hazardrules.render.diagnostics import render_diagnostics

    where = folder or shipped_rules()
    _, diagnostics = compile_folder(where)
    sources = {}
    for found in diagnostics:
        for span in (found.span, *(related.span for related in found.related)):
            if span.file not in sources and (where / span.file).is_file():
                sources[span.file] = (where / span.file).read_text("utf-8", "replace")
    text = render_diagnostics(diagnostics, sources, output, lang)
    if text:
        click.echo(text)
    sys.exit(1 if any(found.severity == "error" for found in diagnostics) else 0)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True), required=False)
@click.option("-k", "keyword", help="Only cases whose name or file contains this.")
@click.option("--engine", type=click.Choice(["generated", "reference"]))
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def test(folder: Path | None, keyword: str | None, engine: str | None, lang: str) -> None:
    """Run every *.cases.yaml of the rulebook in FOLDER."""
    from hazardrules.api import load, shipped_rules
    from hazardrules.errors import RulebookError
    from hazardrules.testing.runner import run_cases

    where = folder or shipped_rules()
    try:
        book = load(where)
    except RulebookError as error:
        for found in error.diagnostics:
            click.echo(found.short(lang), err=True)
        sys.exit(1)
    report = run_cases(book, where, keyword=keyword, engine=engine)
    for diagnostic in report.diagnostics:
        click.echo(diagnostic.short(lang))
    for result in report.failed:
        click.echo(f"{result.case.place}: {result.case.name}")
        for difference in result.differences:
            click.echo("  " + str(difference).replace("\n", "\n  "))
    click.echo(f"{len(report.results) - len(report.failed)} passed, {len(report.failed)} failed")
    sys.exit(0 if report.passed else 1)
