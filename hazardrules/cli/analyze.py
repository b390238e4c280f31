"""`analyze`: what a rulebook says that it cannot mean."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hazardrules.cli.common import (
    PROBLEMS,
    complain,
    file_prefix,
    inside_of,
    lang_option,
    open_book,
    report_diagnostics,
    rulebook_of,
    rules_option,
    usage_error,
    verbose_option,
    write_page,
)
from hazardrules.wording import say

if TYPE_CHECKING:
    from hazardrules.compiler.plan import Compiled
    from hazardrules.verify.analyse import Analysis


@click.command("analyze", short_help="Find contradictory, dead and needless rules with a solver.")
@click.argument("path", type=click.Path(path_type=Path, exists=True), required=False)
@click.option("--format", "output", type=click.Choice(["text", "json", "github"]), default="text", show_default=True,
              help="text for people; json for programs; github annotates a pull request.")  # fmt: skip
@click.option("--jobs", type=click.IntRange(min=1), help="So many processes. Default: as many as there are cores.")
@click.option("--no-cache", is_flag=True, help="Ask the solver everything anew.")
@rules_option
@lang_option
@verbose_option
def analyze_command(
    path: Path | None, output: str, jobs: int | None, no_cache: bool, folder: Path | None, lang: str | None, verbose: bool
) -> None:
    """Find what a rulebook says that it cannot mean: rules that never or always hold, that say the same, that
    contradict one another or never apply, gaps and overlaps between bands, bounds against the wording of the clause,
    days without law, facts that nothing reads.

    PATH is the folder of the rulebook, or a file or folder within it: then only its findings are shown.
    Default: the rulebook that comes with hazardrules. Findings that are as they should be are explained in
    `*.analysis.yaml` beside the rules. Needs `pip install hazardrules[verify]`.

    \b
    Examples:
      hazardrules analyze rules/
      hazardrules analyze rules/gas/regulation.yaml -v
      hazardrules analyze rules/ --format github
    """  # noqa: D205, D301 - `\b` is click's mark for lines that it must not fill
    from hazardrules.errors import EngineError  # noqa: PLC0415
    from hazardrules.folders import shipped_rules  # noqa: PLC0415 - `--help` needs none of it

    where = folder or (rulebook_of(path) if path is not None else shipped_rules()) or path or shipped_rules()
    book, chosen = open_book(where, lang)
    try:
        from hazardrules.verify import require  # noqa: PLC0415 - the solver is an extra

        require()
        from hazardrules.verify.analyse import analyse  # noqa: PLC0415 - the solver is an extra
    except EngineError as error:
        usage_error(f"{error.code} {say(chosen, error.key)}{say(chosen, 'text.and_semicolon')}{say(chosen, f'{error.key}_hint')}")
    analysis = analyse(book.compiled, where, jobs=jobs, keep=not no_cache)
    report_diagnostics(analysis.diagnostics, where, chosen)
    analysis = _within(analysis, inside_of(path, where))
    _write(analysis, book.compiled, chosen, output, file_prefix(where), verbose=verbose)
    sys.exit(PROBLEMS if analysis.open or analysis.diagnostics else 0)


def _within(analysis: Analysis, below: str) -> Analysis:
    """The part of an analysis that is about a file or folder."""
    if not below:
        return analysis

    def is_here(file: str) -> bool:
        return file == below or file.startswith(f"{below}/")

    findings = tuple(found for found in analysis.findings if any(is_here(party.span.file) for party in found.parties))
    unchecked = tuple(item for item in analysis.unchecked if any(is_here(party.span.file) for party in item.parties))
    return replace(analysis, findings=findings, unchecked=unchecked)


def _write(analysis: Analysis, compiled: Compiled, lang: str, output: str, prefix: str, *, verbose: bool) -> None:
    from hazardrules.render.analysis import analysis_data, annotated, render_analysis, summary  # noqa: PLC0415 - with the solver

    if output == "json":
        from hazardrules.render import json  # noqa: PLC0415 - only where it is asked for

        click.echo(json.readable(analysis_data(analysis, compiled, lang, prefix)))
    elif output == "github":
        text = annotated(analysis, lang, prefix)
        if text:
            click.echo(text)
        complain(summary(analysis, lang))
    else:
        write_page(render_analysis(analysis, lang, prefix=prefix, verbose=verbose))
