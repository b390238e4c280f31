"""`cases`: the cases that a rulebook lacks."""

from __future__ import annotations

import sys
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
)
from hazardrules.cli.coverage import packs_below, write_file
from hazardrules.cli.explained import explanations_of
from hazardrules.wording import say

if TYPE_CHECKING:
    from hazardrules.api import Rulebook
    from hazardrules.classify import Inquiry
    from hazardrules.coverage import CoverageReport
    from hazardrules.coverage.finder import Finder, Search
    from hazardrules.coverage.spoken import Spoken
    from hazardrules.render.labels import Labels
    from hazardrules.verify.explained import Explanations


@click.command("cases", short_help="Find the cases that a rulebook lacks.")
@click.argument("path", type=click.Path(path_type=Path, exists=True), required=False)
@click.option("--missing", is_flag=True, help="For everything that no case exercises, the smallest facts that would.")
@click.option("--write", is_flag=True, help="Add the stubs to the packs' files of cases instead of printing them.")
@click.option("--only", metavar="GROUPS", help="Only these groups: rule, condition, threshold, exception, date, outcome.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Look for so many obligations at most.")
@click.option("--no-solver", is_flag=True, help="Look near the cases there are, and do not ask the solver.")
@rules_option
@lang_option
def cases_command(
    path: Path | None, missing: bool, write: bool, only: str | None, limit: int | None, no_solver: bool,
    folder: Path | None, lang: str | None,
) -> None:  # fmt: skip
    """Print a stub of a case for every obligation (see `test --coverage`) that no case covers and nobody explained.

    PATH is the folder of a rulebook, or a folder or rule file within it. Default: the rulebook that comes with
    hazardrules. The answers in the stubs are the engine's: they are marked, and a person is to confirm them by the text
    of the law.

    \b
    Examples:
      hazardrules cases --missing rules/fire/three_in_one.yaml
      hazardrules cases --missing rules/gas --only threshold,exception --write
    """  # noqa: D301 - `\b` is click's mark for lines that it must not fill
    from hazardrules.coverage.finder import Finder  # noqa: PLC0415
    from hazardrules.coverage.inventory import GROUPS  # noqa: PLC0415
    from hazardrules.folders import shipped_rules  # noqa: PLC0415 - `--help` needs none of it
    from hazardrules.render.labels import Labels  # noqa: PLC0415

    where = folder or (rulebook_of(path) if path is not None else None)
    book, chosen = open_book(where, lang)
    if not missing:
        usage_error(say(chosen, "stubs.say_missing"))
    groups = set(only.replace(" ", "").split(",")) if only else set(GROUPS)
    if not groups <= set(GROUPS):
        usage_error(say(chosen, "stubs.no_group", {"given": ", ".join(sorted(groups - set(GROUPS))), "known": ", ".join(GROUPS)}))
    rules = where or shipped_rules()
    solver = not no_solver and has_solver(chosen, "stubs.without_solver")
    explanations, _ = explanations_of(book, rules, chosen)
    report, finder = _prepared(book, rules, packs_below(book, path or rules, rules), solver, Finder, explanations)
    wanted = [item for item in report.open if item.group in groups][:limit]
    if not wanted:
        complain(say(chosen, "exercise.nothing"))
        return
    with progress(len(wanted), say(chosen, "stubs.searching")) as advance:
        search = finder.run(wanted, advance)
    labels = Labels(book.compiled.source, chosen)
    _give(book, finder, search, labels, rules, write=write)
    _say_rest(search, labels)
    sys.exit(PROBLEMS)


def _prepared(
    book: Rulebook, rules: Path, packs: set[str], solver: bool, kind: type[Finder], explanations: Explanations
) -> tuple[CoverageReport, Finder]:
    """Run all cases, measure the packs, and keep the cases that speak of their rules."""
    from hazardrules.coverage import Collector, CoverageReport  # noqa: PLC0415 - with the rulebook
    from hazardrules.coverage.drafts import Draft, Readers  # noqa: PLC0415
    from hazardrules.testing.case_files import find_case_files, read_case_file  # noqa: PLC0415
    from hazardrules.testing.expectations import check_case  # noqa: PLC0415

    seeds: dict[str, list[Draft]] = {}
    collector = Collector(book)

    def watch(inquiry: Inquiry, spoken: Spoken) -> None:
        draft = Draft(inquiry.root, inquiry.as_of, inquiry.jurisdiction)
        for name in spoken.named:
            seeds.setdefault(name, []).append(draft)

    collector.watch = watch
    readers = Readers(collector)
    homes = {(item.home, item.pack) for item in collector.inventory.obligations if item.pack in packs}
    about = {rule.name for home, pack in homes for rule in readers.of(home, pack)}
    for file in find_case_files(rules):
        for case in read_case_file(file, book, file.relative_to(rules).as_posix()).cases:
            spoken = collector.listener.hear(case)
            named = not about.isdisjoint(spoken.named) or not packs.isdisjoint(collector.listener.packs(case) or packs)
            if named and not check_case(book, case):
                collector.add(case)
    report = CoverageReport(collector.inventory, collector.seen, packs, explanations=explanations)
    return report, kind(collector, seeds, solver=solver)


def _give(book: Rulebook, finder: Finder, search: Search, labels: Labels, rules: Path, *, write: bool) -> None:
    from hazardrules.coverage.stubs import Writer, merged  # noqa: PLC0415 - with the rulebook
    from hazardrules.syntax.printer import format_text  # noqa: PLC0415

    for pack, text in Writer(book, finder, labels).packs(search.found).items():
        file = (rules / book.compiled.source.packs[pack].file).with_suffix(".cases.yaml")
        if write:
            before = file.read_text("utf-8") if file.exists() else ""
            write_file(file, format_text(merged(before, text), file.name)[0], labels.lang)
        else:
            click.echo(f"# {file.name}\n{format_text(text, file.name)[0]}")


def _say_rest(search: Search, labels: Labels) -> None:
    from hazardrules.coverage.terminal import what_words  # noqa: PLC0415 - with the rulebook

    for key, items in (("stubs.impossible", search.impossible), ("stubs.not_found", search.failed)):
        for item in items:
            complain(
                labels.say(key, place=str(item.span), home=item.home, text=item.text or item.home, seen=what_words(item, labels))
            )
    counts = {"found": len(search.found), "impossible": len(search.impossible), "failed": len(search.failed)}
    complain(labels.say("stubs.done", **counts))
