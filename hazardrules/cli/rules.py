"""`check`, `fmt` and `test`: for authors of rules."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hazardrules.cli.common import (
    FALLBACK_LANG,
    PROBLEMS,
    check_engine,
    complain,
    inside_of,
    lang_option,
    open_book,
    report_diagnostics,
    rulebook_of,
    rules_option,
    usage_error,
    verbose_option,
)
from hazardrules.cli.coverage import coverage_options, show_coverage
from hazardrules.wording import say

if TYPE_CHECKING:
    from hazardrules.testing.runner import CaseResult, TestReport

FOLDER = click.Path(path_type=Path, exists=True)


@click.command("check", short_help="Report every problem of a rulebook.")
@click.argument("path", type=FOLDER, required=False)
@click.option("--format", "output", type=click.Choice(["text", "short", "json", "github"]), default="text", show_default=True,
              help="text shows the lines; short is one line each, for editors; github annotates a pull request.")  # fmt: skip
@rules_option
@lang_option
def check_command(path: Path | None, output: str, folder: Path | None, lang: str | None) -> None:
    """Report every problem of a rulebook: its files, names, types, units, tables, dates and citations.

    PATH is the folder of the rulebook, or a file or folder within it: then only its problems are shown.
    Default: the rulebook that comes with hazardrules.

    \b
    Examples:
      hazardrules check rules/
      hazardrules check rules/gas/regulation.yaml --format short
    """  # noqa: D301 - `\b` is click's mark for lines that it must not fill
    from hazardrules.folders import compile_folder, shipped_rules  # noqa: PLC0415 - `--help` needs none of it

    where = folder or (rulebook_of(path) if path is not None else shipped_rules()) or path or shipped_rules()
    compiled, diagnostics = compile_folder(where)
    chosen = lang or (compiled.source.default_language if compiled is not None else FALLBACK_LANG)
    inside = inside_of(path, where)
    shown = [
        found for found in diagnostics if not inside or found.span.file == inside or found.span.file.startswith(f"{inside}/")
    ]
    report_diagnostics(shown, where, chosen, output, err=False)
    errors = sum(found.severity == "error" for found in shown)
    if output == "text":
        rules = len(compiled.rules) if compiled is not None else 0
        args = {"errors": errors, "warnings": len(shown) - errors, "rules": rules}
        complain(say(chosen, "cli.checked" if shown else "cli.clean", args))
    sys.exit(PROBLEMS if errors else 0)


@click.command("fmt", short_help="Format rule files in place.")
@click.argument("paths", nargs=-1, required=True, type=FOLDER)
@click.option("--check", is_flag=True, help="Change nothing; exit 1 where a file would change.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default=FALLBACK_LANG, show_default=True, help="Language of the output.")
def fmt_command(paths: tuple[Path, ...], check: bool, lang: str) -> None:
    """Format the rule files in PATHS in place; comments stay where they are.

    \b
    Examples:
      hazardrules fmt rules/gas/regulation.yaml
      hazardrules fmt --check rules/
    """  # noqa: D301 - `\b` is click's mark for lines that it must not fill
    from hazardrules.syntax.printer import format_paths  # noqa: PLC0415 - `--help` needs none of it

    report = format_paths(paths, check=check)
    for diagnostic in report.diagnostics:
        complain(diagnostic.short(lang))
    for path in report.changed:
        click.echo(say(lang, "cli.would_format" if check else "cli.formatted", {"file": path.as_posix()}))
    counts = {"changed": len(report.changed), "unchanged": len(report.unchanged), "failed": len(report.failed)}
    complain(say(lang, "cli.fmt_done", counts))
    sys.exit(PROBLEMS if report.failed or (check and report.changed) else 0)


@click.command("test", short_help="Run the cases of a rulebook.")
@click.argument("path", type=FOLDER, required=False)
@click.option("-k", "keyword", metavar="WORDS", help="Only cases whose name or file contains this.")
@click.option(
    "--junit",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE",
    help="Also write a JUnit XML report.",
)
@click.option(
    "--engine",
    type=click.Choice(["generated", "reference", "durable"]),
    help="What evaluates the rules; the answers are the same.",
)
@coverage_options
@rules_option
@lang_option
@verbose_option
def test_command(
    path: Path | None, keyword: str | None, junit: Path | None, engine: str | None, coverage: bool, html_file: Path | None,
    json_file: Path | None, fail_under: float | None, prove: bool, folder: Path | None, lang: str | None, verbose: bool,
) -> None:  # fmt: skip
    """Run the cases (*.cases.yaml) of a rulebook and show every difference from what they expect.

    PATH is the folder of the rulebook, or a folder or case file within it. Default: the rulebook that comes with
    hazardrules.

    \b
    Examples:
      hazardrules test rules/
      hazardrules test rules/gas -k "day before" --junit report.xml
      hazardrules test rules/fire --coverage --html coverage.html --fail-under 90
    """  # noqa: D301 - `\b` is click's mark for lines that it must not fill
    from hazardrules.folders import shipped_rules  # noqa: PLC0415 - `--help` needs none of it
    from hazardrules.testing.runner import run_cases  # noqa: PLC0415

    where = folder or (rulebook_of(path) if path is not None else None)
    book, chosen = open_book(where, lang)
    check_engine(engine, chosen)
    start = path or where or shipped_rules()
    below = start if start.is_dir() else start.parent
    report = run_cases(book, below, keyword=keyword, engine=engine)
    if not start.is_dir():
        report = _only(report, start)
    if not report.results and not report.diagnostics:
        usage_error(say(chosen, "cli.no_tests", {"path": start.as_posix()}))
    _write_report(report, chosen, below)
    if junit is not None:
        from hazardrules.render.junit import junit_xml  # noqa: PLC0415 - only where it is asked for

        try:
            junit.write_text(junit_xml(report, chosen), "utf-8")
        except OSError as error:
            usage_error(say(chosen, "cli.not_written", {"file": junit.as_posix(), "reason": error.strerror or str(error)}))
    passed = report.passed
    if coverage or prove or html_file is not None or json_file is not None or fail_under is not None:
        passed &= show_coverage(
            book, report, chosen, start, where or shipped_rules(), narrowed=keyword is not None, html_file=html_file,
            json_file=json_file, fail_under=fail_under, prove=prove, verbose=verbose,
        )  # fmt: skip
    sys.exit(0 if passed else PROBLEMS)


def _only(report: TestReport, file: Path) -> TestReport:
    """The part of a report that is about one file."""
    from hazardrules.testing.runner import TestReport  # noqa: PLC0415 - also a type

    results = tuple(result for result in report.results if result.case.file == file.name)
    diagnostics = tuple(found for found in report.diagnostics if found.span.file == file.name)
    return TestReport(results, diagnostics, 1)


def _write_report(report: TestReport, lang: str, below: Path) -> None:
    report_diagnostics(report.diagnostics, below, lang, err=False)
    for result in report.failed:
        _write_failure(result, lang)
    failed, seconds = len(report.failed), sum(result.seconds for result in report.results)
    counts = {"passed": len(report.results) - failed, "failed": failed, "files": report.files, "seconds": f"{seconds:.2f}"}
    click.echo(say(lang, "cli.tested", counts))


def _write_failure(result: CaseResult, lang: str) -> None:
    click.echo(say(lang, "cli.failed_case", {"place": result.case.place, "name": result.case.name}))
    for difference in result.differences:
        words = {"thing": difference.what, "expected": difference.expected, "got": difference.got}
        click.echo(say(lang, "cli.difference", words))
    click.echo()
