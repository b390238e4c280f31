"""The coverage of a rulebook as lines of text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hazardrules.coverage.inventory import GROUPS
from hazardrules.render.diagnostics import display_width
from hazardrules.render.layout import Page, padded
from hazardrules.wording import pick

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hazardrules.coverage.inventory import Obligation
    from hazardrules.coverage.report import Count, CoverageReport
    from hazardrules.model.law import Localized
    from hazardrules.render.labels import Labels

SHOWN = 20
"""So many places that are not exercised are listed where not all are asked for."""
FULL = 100.0


def coverage_page(report: CoverageReport, labels: Labels, *, verbose: bool = False, prefix: str = "") -> Page:
    """A line per pack, the weakest first; then what is open.

    Args:
        report: What was measured.
        labels: Words names.
        verbose: List every open obligation, and what is explained.
        prefix: What stands before the names of files.
    """
    page = Page()
    table(page, report, labels)
    page.blank()
    states = Counter(item.state for item in report.clauses)
    counted = {state: states[state] for state in ("exercised", "partly", "never")}
    page.line(labels.say("exercise.clauses", **counted))
    page.line((labels.say("exercise.summary", covered=report.covered, total=report.total, score=f"{report.score:.1f}"), "strong"))
    if report.impossible:
        page.line((labels.say("exercise.impossible", count=len(report.impossible)), "dim"))
    if report.explained:
        page.line((labels.say("exercise.explained", count=len(report.explained)), "dim"))
    unconfirmed = sum(map(report.only_unconfirmed, report.obligations))
    if unconfirmed:
        page.line((labels.say("exercise.unconfirmed", count=unconfirmed), "warn"))
    page.heading(labels.say("exercise.open"))
    if not report.open:
        page.line(labels.say("exercise.nothing"), indent=2)
    places = by_place(report.open)
    shown = places if verbose else places[:SHOWN]
    _listed(page, labels, shown, prefix)
    if len(shown) < len(places):
        page.line((labels.say("exercise.more", count=len(places) - len(shown)), "dim"), indent=2)
    if verbose and report.explained:
        page.heading(labels.say("exercise.explained_ones"))
        _listed(page, labels, by_place(report.explained, report.reasons), prefix, report.reasons)
    return page


def _listed(
    page: Page,
    labels: Labels,
    places: Iterable[Sequence[Obligation]],
    prefix: str,
    reasons: Mapping[str, Localized] | None = None,
) -> None:
    home = ""
    for items in places:
        first = items[0]
        if first.home != home:
            home = first.home
            page.line(home, (f"  {prefix}{first.span}", "dim"), indent=2)
        words = [what_words(item, labels) for item in items]
        text = f"{first.text}{labels.say('exercise.colon')}" if first.text and first.group not in ("rule", "outcome") else ""
        page.line((text, ""), (labels.join(words), "" if reasons else "warn"), indent=4)
        if reasons:
            page.line((pick(reasons[first.id], labels.lang), "dim"), indent=6)


def table(page: Page, report: CoverageReport, labels: Labels) -> None:
    """Add the table of packs and groups."""
    packs, cells = report.by("pack"), report.by("pack", "group")
    heads = [labels.say("exercise.pack"), labels.say("exercise.score"), *(labels.say(f"exercise.{group}") for group in GROUPS)]
    order = sorted(packs.items(), key=lambda item: (item[1].score, item[0]))
    rows = [[pack, _cent(count), *(_cell(cells.get((pack, group))) for group in GROUPS)] for (pack,), count in order]
    rows.append([labels.say("exercise.all"), _cent(report.count), *(_cell(report.groups[group]) for group in GROUPS)])
    widths = [max(display_width(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    page.line((_row(heads, widths), "heading"), hang=0)
    for row, (_, count) in zip(rows, [*order, ((), report.count)], strict=True):
        style = "pass" if count.score == FULL else "" if row is not rows[-1] else "strong"
        page.line((_row(row, widths), style), hang=0)


def what_words(item: Obligation, labels: Labels) -> str:
    """What an obligation asks for, in words."""
    if item.what.startswith("action_"):
        return labels.say("exercise.what_action", action=item.what.removeprefix("action_"))
    return labels.say(f"exercise.what_{item.what}")


def by_place(items: Iterable[Obligation], reasons: Mapping[str, Localized] | None = None) -> list[list[Obligation]]:
    """Obligations of one place (and one reason) together: states and outcomes of a rule, the observations of an atom."""
    found: dict[tuple[object, ...], list[Obligation]] = {}
    for item in items:
        sort = "rule" if item.group in ("rule", "outcome") else "exception" if item.group == "exception" else "condition"
        found.setdefault((item.key, sort, str(reasons[item.id]) if reasons else ""), []).append(item)
    return list(found.values())


def _cent(count: Count) -> str:
    return f"{count.score:.1f} %"


def _cell(count: Count | None) -> str:
    return "-" if count is None or not count.total else f"{count.covered}/{count.total}"


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    numbers = (" " * (width - display_width(cell)) + cell for cell, width in zip(cells[1:], widths[1:], strict=True))
    return "  ".join([padded(cells[0], widths[0]), *numbers])
