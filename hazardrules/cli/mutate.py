"""`mutate`: which small errors in the rules no case would notice."""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hazardrules.cli.common import (
    PROBLEMS,
    complain,
    has_solver,
    lang_option,
    open_book,
    progress,
    rulebook_of,
    rules_option,
    usage_error,
    verbose_option,
    write_page,
)
from hazardrules.cli.coverage import packs_below, write_file
from hazardrules.cli.explained import explanations_of, say_stale
from hazardrules.wording import say

if TYPE_CHECKING:
    from hazardrules.api import Rulebook
    from hazardrules.mutation import MutationReport, Store
    from hazardrules.testing.case_files import WrittenCase

_FILE = click.Path(path_type=Path, dir_okay=False, writable=True)


@click.command("mutate", short_help="Put small errors into the rules, and see which of them no case notices.")
@click.argument("path", type=click.Path(path_type=Path, exists=True), required=False)
@click.option("-k", "keyword", metavar="TEXT", help="Only mutants whose rule, fact or file contains this.")
@click.option(
    "--only",
    metavar="KINDS",
    help="Only these kinds: bound, step, junction, condition, negation, option, scope, exception, date, override, amends, level, action, parameter.",
)
@click.option("--sample", type=click.IntRange(1), metavar="N", help="Try only so many of them, drawn at random.")
@click.option(
    "--seed", type=int, default=0, show_default=True, help="What the draw begins with; the same seed draws the same mutants."
)
@click.option("--at-least", type=click.FloatRange(0, 100), metavar="PERCENT", help="Exit 1 where a smaller part is noticed.")
@click.option("--json", "json_file", type=_FILE, metavar="FILE", help="Write every mutant as JSON.")
@click.option("--jobs", type=click.IntRange(1), metavar="N", help="So many processes. Default: one per core.")
@click.option(
    "--store", "store_file", type=_FILE, metavar="FILE", help="Where verdicts are kept. Default: a file in the cache folder."
)
@click.option("--no-store", is_flag=True, help="Try everything again, and keep nothing.")
@click.option("--no-solver", is_flag=True, help="Do not ask the solver which mutants change nothing.")
@rules_option
@lang_option
@verbose_option
def mutate_command(
    path: Path | None, keyword: str | None, only: str | None, sample: int | None, seed: int, at_least: float | None,
    json_file: Path | None, jobs: int | None, store_file: Path | None, no_store: bool, no_solver: bool,
    folder: Path | None, lang: str | None, verbose: bool,
) -> None:  # fmt: skip
    """Put small errors into the rules, one at a time, and see which of them no case notices.

    PATH is the folder of a rulebook, or a folder or rule file within it: then only its packs get errors. All cases of the
    rulebook look for them. Default: the rulebook that comes with hazardrules. Verdicts are kept: a run that was ended goes
    on where it was, and after an edit only what it touched is tried again.

    \b
    Examples:
      hazardrules mutate rules/fire/three_in_one.yaml
      hazardrules mutate rules --sample 2000 --seed 1 --at-least 95 --json mutants.json
    """  # noqa: D301 - `\b` is click's mark for lines that it must not fill
    from hazardrules.folders import shipped_rules  # noqa: PLC0415 - `--help` needs none of it
    from hazardrules.mutation import Bench, Choice, Run, cores  # noqa: PLC0415
    from hazardrules.mutation.mutants import OPERATORS  # noqa: PLC0415

    where = folder or (rulebook_of(path) if path is not None else None)
    book, chosen = open_book(where, lang)
    rules = where or shipped_rules()
    kinds = frozenset(only.replace(" ", "").split(",")) if only else frozenset(OPERATORS)
    if not kinds <= set(OPERATORS):
        given, known = ", ".join(sorted(kinds - set(OPERATORS))), ", ".join(OPERATORS)
        usage_error(say(chosen, "mutate.no_operator", {"given": given, "known": known}))
    packs = frozenset(packs_below(book, path, rules)) if path is not None else None
    choice = Choice(packs, kinds, keyword, sample, seed)
    store = _store(None if no_store else store_file or _default_store(rules), chosen)
    explanations, readable = explanations_of(book, rules, chosen)
    cases = _cases(book, rules)
    bench = Bench(book, cases, choice, prove=not no_solver and has_solver(chosen, "mutate.without_solver"))
    if not bench.mutants:
        usage_error(say(chosen, "mutate.no_mutants"))
    with progress(len(bench.mutants), say(chosen, "mutate.looking")) as advance:
        run = Run(bench, store, advance)
    if run.known:
        complain(say(chosen, "mutate.known", {"known": run.known, "total": len(bench.mutants)}))
    with run.processes(jobs or cores()) as pool, progress(len(run.pending), say(chosen, "mutate.trying")) as advance:
        report = run.try_all(pool, advance)
    report = report.explained_by(explanations, bench.every_id)
    code = _give(report, book, chosen, json_file, at_least, verbose=verbose)
    sys.exit(code if say_stale(report.stale, rules, chosen) and readable else PROBLEMS)


def _give(
    report: MutationReport, book: Rulebook, lang: str, json_file: Path | None, at_least: float | None, *, verbose: bool
) -> int:
    from hazardrules.mutation.terminal import mutation_page  # noqa: PLC0415 - with the rulebook
    from hazardrules.render import json  # noqa: PLC0415
    from hazardrules.render.labels import Labels  # noqa: PLC0415

    write_page(mutation_page(report, Labels(book.compiled.source, lang), verbose=verbose))
    if json_file is not None:
        write_file(json_file, json.readable(report.as_data()) + "\n", lang)
    if at_least is not None and report.score < at_least:
        complain(say(lang, "mutate.under", {"score": f"{report.score:.1f}", "wanted": f"{at_least:g}"}))
        return PROBLEMS
    return 0


def _cases(book: Rulebook, rules: Path) -> list[WrittenCase]:
    from hazardrules.testing.case_files import find_case_files, read_case_file  # noqa: PLC0415 - with the rulebook

    files = find_case_files(rules)
    return [case for file in files for case in read_case_file(file, book, file.relative_to(rules).as_posix()).cases]


def _store(file: Path | None, lang: str) -> Store:
    from hazardrules.mutation import Store  # noqa: PLC0415 - with the rulebook

    try:
        return Store(file)
    except OSError as error:
        usage_error(say(lang, "mutate.no_store", {"file": str(file), "reason": error.strerror or str(error)}))


def _default_store(rules: Path) -> Path | None:
    from hazardrules.cache import cache_folder  # noqa: PLC0415 - with the rulebook

    where = cache_folder()
    name = sha256(str(rules.resolve()).encode()).hexdigest()[:16]
    return None if where is None else where / f"mutants-{name}.jsonl"
