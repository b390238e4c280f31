"""What `test --coverage` adds to `test`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hazardrules.cli.common import complain, usage_error, write_page
from hazardrules.cli.explained import explanations_of, say_stale
from hazardrules.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from hazardrules.api import Rulebook
    from hazardrules.testing.runner import TestReport

_FILE = click.Path(path_type=Path, dir_okay=False, writable=True)


def coverage_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of `test` that measure what the cases exercise."""
    for option in (
        click.option("--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT", help="Exit 1 where fewer obligations are covered; implies --coverage."),
        click.option("--prove", is_flag=True, help="Do not ask for what the solver proves to be impossible; needs hazardrules[verify]."),
        click.option("--json", "json_file", type=_FILE, metavar="FILE", help="Write every obligation as JSON; implies --coverage."),
        click.option("--html", "html_file", type=_FILE, metavar="FILE", help="Write the rule files with what was never exercised; implies --coverage."),
        click.option("--coverage", is_flag=True, help="Show what the cases have exercised: rules, conditions, thresholds, exceptions, dates."),
    ):  # fmt: skip
        command = option(command)
    return command


def show_coverage(
    book: Rulebook, report: TestReport, lang: str, start: Path, rules: Path, *, narrowed: bool, html_file: Path | None,
    json_file: Path | None, fail_under: float | None, prove: bool, verbose: bool,
) -> bool:  # fmt: skip
    """Measure what the cases have exercised, show it, and write the reports that are asked for.

    Args:
        book: The rulebook.
        report: The cases that were run.
        lang: The language of the output.
        start: The folder or file that was run.
        rules: The folder of the rulebook.
        narrowed: Only some cases of it were run.
        html_file: Where the page goes.
        json_file: Where the JSON goes.
        fail_under: The least score.
        prove: Leave out what the solver proves to be impossible.
        verbose: List everything.

    Returns:
        Whether enough is covered, and no explanation beside the rules is stale.
    """
    from hazardrules.coverage import measure  # noqa: PLC0415 - only where it is asked for
    from hazardrules.coverage.html import coverage_html  # noqa: PLC0415
    from hazardrules.coverage.terminal import coverage_page  # noqa: PLC0415
    from hazardrules.errors import EngineError  # noqa: PLC0415
    from hazardrules.render import json  # noqa: PLC0415
    from hazardrules.render.labels import Labels  # noqa: PLC0415
    from hazardrules.syntax.folder import source_texts  # noqa: PLC0415

    packs = _packs(book, report, start, rules, narrowed=narrowed)
    explanations, readable = explanations_of(book, rules, lang)
    try:
        found = measure(book, report.results, packs, prove=prove, explanations=explanations)
    except EngineError as error:
        usage_error(f"{say(lang, error.key)}{say(lang, 'text.and_semicolon')}{say(lang, f'{error.key}_hint')}")
    labels = Labels(book.compiled.source, lang)
    write_page(coverage_page(found, labels, verbose=verbose))
    if html_file is not None:
        texts = source_texts(rules, {item.span.file for item in (*found.obligations, *found.explained)})
        write_file(html_file, coverage_html(found, labels, texts), lang)
    if json_file is not None:
        write_file(json_file, json.readable(found.as_data()) + "\n", lang)
    fresh = say_stale(found.stale, rules, lang)
    if fail_under is not None and found.score < fail_under:
        complain(say(lang, "exercise.under", {"score": f"{found.score:.1f}", "wanted": f"{fail_under:g}"}))
        return False
    return readable and fresh


def write_file(file: Path, text: str, lang: str) -> None:
    """Write a report, and say so."""
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        usage_error(say(lang, "cli.not_written", {"file": file.as_posix(), "reason": error.strerror or str(error)}))
    complain(say(lang, "exercise.written", {"file": file.as_posix()}))


def _packs(book: Rulebook, report: TestReport, start: Path, rules: Path, *, narrowed: bool) -> set[str]:
    """The packs that are measured: those below a folder, those whose case files take part, or those cases are about."""
    source = book.compiled.source
    if start.is_dir() and not narrowed:
        return packs_below(book, start, rules)
    below = start if start.is_dir() else start.parent
    files = {(below / result.case.file).resolve() for result in report.results}
    beside = {
        name for name, pack in source.packs.items()
        if (rules / pack.file).resolve().with_name(f"{Path(pack.file).stem}.cases.yaml") in files
    }  # fmt: skip
    return beside or {pack for result in report.results for pack in result.case.packs or source.packs}


def packs_below(book: Rulebook, path: Path, rules: Path) -> set[str]:
    """The packs whose files lie below a folder of the rulebook, or are a file."""
    wanted, root = path.resolve(), rules.resolve()
    return {
        name for name, pack in book.compiled.source.packs.items()
        if (root / pack.file) == wanted or (root / pack.file).is_relative_to(wanted)
    }  # fmt: skip
