"""`lint`: style of rule files and wholeness of their law data."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hazardrules.cli.common import (
    FALLBACK_LANG,
    PROBLEMS,
    complain,
    inside_of,
    lang_option,
    report_diagnostics,
    rulebook_of,
    rules_option,
    usage_error,
)
from hazardrules.wording import pick, say

if TYPE_CHECKING:
    from hazardrules.diagnostics import Diagnostic
    from hazardrules.lint import LintReport

FORMAT = "1"


@click.command("lint", short_help="Look for doubtful style and gaps in the law data; mend what can be mended.")
@click.argument("path", type=click.Path(path_type=Path, exists=True), required=False)
@click.option("--fix", is_flag=True, help="Mend what can be mended; comments stay, and no rule comes to say anything else.")
@click.option("--only", metavar="CODES", help="Only these codes, separated by commas: HR520,HR610.")
@click.option("--format", "output", type=click.Choice(["text", "short", "json", "github"]), default="text", show_default=True,
              help="text shows the lines; short is one line each, for editors; github annotates a pull request.")  # fmt: skip
@rules_option
@lang_option
def lint_command(path: Path | None, fix: bool, only: str | None, output: str, folder: Path | None, lang: str | None) -> None:
    """Look for doubtful style and gaps in the law data of a rulebook that `check` finds sound.

    PATH is the folder of the rulebook, or a file or folder within it: then only its findings are shown, and mended.
    Default: the rulebook that comes with hazardrules. What `lint.yaml` in the rulebook leaves standing is not shown.

    \b
    Examples:
      hazardrules lint rules/
      hazardrules lint rules/gas --only HR520,HR521 --fix   # --fix needs a PATH
    """  # noqa: D301 - `\b` is click's mark for lines that it must not fill
    from hazardrules.folders import shipped_rules  # noqa: PLC0415 - `--help` needs none of it
    from hazardrules.lint import fix_folder, lint_folder  # noqa: PLC0415
    from hazardrules.lint.fix import is_inside  # noqa: PLC0415

    if fix and path is None and folder is None:
        usage_error(say(lang or FALLBACK_LANG, "lint.fix_what"))
    where = folder or (rulebook_of(path) if path is not None else shipped_rules()) or path or shipped_rules()
    within = inside_of(path, where)
    numbers = _numbers(only, lang or FALLBACK_LANG)
    fixed: tuple[Diagnostic, ...] = ()
    refused: tuple[str, ...] = ()
    if fix:
        try:
            done = fix_folder(where, within, numbers)
        except OSError as error:
            usage_error(f"{error.filename or where}: {error.strerror or error}")
        fixed, refused, report = done.fixed, done.refused, done.report
    else:
        report = lint_folder(where, numbers)
    chosen = lang or (report.compiled.source.default_language if report.compiled is not None else FALLBACK_LANG)
    shown = report.errors or tuple(found for found in report.findings if is_inside(found.span.file, within))
    if output == "json":
        click.echo(_as_json(report, shown, fixed, chosen))
    else:
        report_diagnostics(shown, where, chosen, output, err=False)
    if output == "text":
        _close(report, shown, fixed, refused, chosen)
    sys.exit(PROBLEMS if shown or refused else 0)


def _numbers(only: str | None, lang: str) -> frozenset[int]:
    """The codes asked for; one that the linter does not have ends the run."""
    from hazardrules.diagnostics import CODES  # noqa: PLC0415 - only where codes are given

    known = {str(code): code.number for code in CODES.values() if code.tool == "lint"}
    found = [word.strip().upper() for word in (only or "").split(",") if word.strip()]
    for word in found:
        if word not in known:
            usage_error(say(lang, "HR590", {"name": word}))
    return frozenset(known[word] for word in found)


def _as_json(report: LintReport, shown: tuple[Diagnostic, ...], fixed: tuple[Diagnostic, ...], lang: str) -> str:
    from hazardrules.render.diagnostics import as_data  # noqa: PLC0415 - with what it renders

    data = {
        "format": FORMAT,
        "findings": [{**as_data(found, lang), "fixable": bool(found.edits)} for found in shown],
        "fixed": [as_data(found, lang) for found in fixed],
        "left_standing": [{**as_data(found, lang), "why": pick(why, lang)} for found, why in report.left],
    }
    return json.dumps(data, ensure_ascii=False, indent=2)


def _close(
    report: LintReport, shown: tuple[Diagnostic, ...], fixed: tuple[Diagnostic, ...], refused: tuple[str, ...], lang: str
) -> None:
    """The last lines: how many of what."""
    if report.errors:
        complain(say(lang, "lint.has_errors", {"errors": len(report.errors)}))
        return
    for name in refused:
        complain(say(lang, "lint.refused", {"file": name}))
    counts = {
        "findings": len(shown),
        "fixable": sum(bool(found.edits) for found in shown),
        "fixed": len(fixed),
        "left": len(report.left),
    }
    complain(say(lang, "lint.done", counts))
