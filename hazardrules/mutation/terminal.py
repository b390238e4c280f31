"""The mutants of a rulebook as lines of text."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from hazardrules.mutation.mutants import OPERATORS
from hazardrules.render.diagnostics import display_width
from hazardrules.render.layout import Page, padded
from hazardrules.wording import pick

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hazardrules.coverage.report import Count
    from hazardrules.mutation.report import MutationReport, Outcome
    from hazardrules.render.labels import Labels

SHOWN = 20
"""So many survivors are listed where not all are asked for."""
FULL = 100.0
_LONG = 90
_AROUND = 24


def mutation_page(report: MutationReport, labels: Labels, *, verbose: bool = False, prefix: str = "") -> Page:
    """A line per kind of error and per pack, the weakest first; then what was not noticed.

    Args:
        report: What was tried.
        labels: Words names.
        verbose: List every survivor, and what is explained.
        prefix: What stands before the names of files.
    """
    page = Page()
    operators = report.by("operator")
    kinds = [(labels.say(f"mutate.op_{name}"), operators[name]) for name in OPERATORS if name in operators]
    _table(page, labels, labels.say("mutate.operator"), kinds)
    page.blank()
    packs = sorted(report.by("pack").items(), key=lambda item: (item[1].score, item[0]))
    _table(page, labels, labels.say("mutate.pack"), [*packs, (labels.say("mutate.all"), report.count)])
    page.blank()
    count = report.count
    page.line((labels.say("mutate.summary", killed=count.covered, total=count.total, score=f"{report.score:.1f}"), "strong"))
    if report.equivalent:
        page.line((labels.say("mutate.equivalent", count=len(report.equivalent)), "dim"))
    explained = [found for found in report.survivors if found.because is not None]
    if explained:
        page.line((labels.say("mutate.explained", count=len(explained)), "dim"))
    if report.failing:
        page.line((labels.say("mutate.failing", count=report.failing), "warn"))
    page.heading(labels.say("mutate.survivors"))
    if not report.open:
        page.line(labels.say("mutate.all_explained" if explained else "mutate.nothing"), indent=2)
    shown = report.open if verbose else report.open[:SHOWN]
    _listed(page, labels, shown, prefix)
    if len(shown) < len(report.open):
        page.line((labels.say("mutate.more", count=len(report.open) - len(shown)), "dim"), indent=2)
    if verbose and explained:
        page.heading(labels.say("mutate.explained_ones"))
        _listed(page, labels, explained, prefix)
    return page


def _listed(page: Page, labels: Labels, outcomes: Iterable[Outcome], prefix: str) -> None:
    for (home, _), found in groupby(outcomes, key=lambda item: (item.mutant.home, item.mutant.span.file)):
        _home(page, labels, home, list(found), prefix)


def _home(page: Page, labels: Labels, home: str, found: Sequence[Outcome], prefix: str) -> None:
    page.line(home, (f"  {prefix}{found[0].mutant.span.file}", "dim"), indent=2)
    for item in found:
        mutant = item.mutant
        before, after = elided(mutant.before, mutant.after)
        words = labels.say("mutate.becomes" if after else "mutate.gone", before=before, after=after)
        why = labels.say(f"mutate.why_{item.why}") if item.why else ""
        kind = labels.say(f"mutate.op_{mutant.operator}") + labels.say("exercise.colon")
        place = f"{mutant.span.line}:{mutant.span.column}  "
        page.line((place, "dim"), (kind, ""), (words, "warn"), (f"  {why}" if why else "", "dim"), indent=4)
        if item.because is not None:
            page.line((pick(item.because, labels.lang), "dim"), indent=6)


def elided(before: str, after: str) -> tuple[str, str]:
    """Two long texts without what they have in common at both ends."""
    if max(len(before), len(after)) <= _LONG:
        return before, after
    pairs = list(zip(before, after, strict=False))
    head = next((number for number, (a, b) in enumerate(pairs) if a != b), len(pairs))
    backwards = list(zip(reversed(before[head:]), reversed(after[head:]), strict=False))
    tail = next((number for number, (a, b) in enumerate(backwards) if a != b), len(backwards))
    first, last = max(0, head - _AROUND), max(0, tail - _AROUND)
    return _cut(before, first, last), _cut(after, first, last)


def _cut(text: str, first: int, last: int) -> str:
    inner = text[first : len(text) - last]
    return f"{'…' if first else ''}{inner}{'…' if last else ''}"


def _table(page: Page, labels: Labels, head: str, counts: Iterable[tuple[str, Count]]) -> None:
    listed = list(counts)
    rows = [(name, f"{count.score:.1f} %", f"{count.covered}/{count.total}") for name, count in listed]
    heads = (head, labels.say("mutate.score"), labels.say("mutate.killed"))
    widths = [max(display_width(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    page.line((_row(heads, widths), "heading"), hang=0)
    for row, (_, count) in zip(rows, listed, strict=True):
        page.line((_row(row, widths), "pass" if count.score == FULL else ""), hang=0)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    numbers = (" " * (width - display_width(cell)) + cell for cell, width in zip(cells[1:], widths[1:], strict=True))
    return "  ".join([padded(cells[0], widths[0]), *numbers])
