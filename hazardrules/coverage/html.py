"""The coverage of a rulebook as a page of HTML: every rule file with what was never exercised. It needs no network."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from hazardrules.coverage.inventory import GROUPS
from hazardrules.coverage.report import Count
from hazardrules.coverage.terminal import what_words
from hazardrules.wording import pick

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hazardrules.coverage.inventory import Obligation
    from hazardrules.coverage.report import CoverageReport
    from hazardrules.render.labels import Labels
    from hazardrules.source import Span

STYLE = """
:root{color-scheme:light dark;--all:#c9ecc9;--some:#f7e3a1;--none:#f5b9b4;--why:#d5d9e3;--line:#8883}
@media(prefers-color-scheme:dark){:root{--all:#1d4a24;--some:#5c4a12;--none:#6e2723;--why:#3a404d}}
body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:110em;padding:0 1em}
table{border-collapse:collapse;margin:1em 0}td,th{padding:.15em .7em;text-align:right;border-bottom:1px solid var(--line)}
td:first-child,th:first-child{text-align:left}
pre{font:13px/1.55 ui-monospace,monospace;overflow-x:auto;margin:.5em 0}
summary{cursor:pointer;padding:.2em 0}
.n{display:inline-block;min-width:3.5em;color:#888;text-align:right;padding-right:1em;user-select:none}
.all{background:var(--all)}.some{background:var(--some)}.none{background:var(--none)}.why{background:var(--why)}
.b{border-radius:.6em;padding:0 .5em;margin-left:1em;font-family:system-ui,sans-serif;font-size:12px}
.k span{padding:0 .5em;margin-right:.7em}
"""


def coverage_html(report: CoverageReport, labels: Labels, texts: Mapping[str, str]) -> str:
    """The page.

    Args:
        report: What was measured.
        labels: Words names; the page is in their language.
        texts: The rule files by the names that spans carry.
    """
    title = escape(labels.say("exercise.title"))
    words = labels.say("exercise.summary", covered=report.covered, total=report.total, score=f"{report.score:.1f}")
    if report.explained:
        words += f"{labels.say('text.and_semicolon')}{labels.say('exercise.explained', count=len(report.explained))}"
    parts = [
        f'<!doctype html><html lang="{labels.lang}"><head><meta charset="utf-8"><title>{title}</title>',
        f"<style>{STYLE}</style></head><body><h1>{title}</h1><p>{escape(words)}</p>",
        _legend(report, labels),
        _table(report, labels),
    ]
    places: dict[str, list[Obligation]] = {}
    for item in (*report.obligations, *report.explained):
        places.setdefault(item.span.file, []).append(item)
    for file, items in sorted(places.items()):
        if file in texts:
            parts.append(_file(report, labels, file, texts[file], items))
    parts.extend((_clauses(report, labels), "</body></html>\n"))
    return "\n".join(parts)


def _legend(report: CoverageReport, labels: Labels) -> str:
    words = {state: labels.say(f"exercise.legend_{state}") for state in ("all", "some", "none")}
    if report.explained:
        words["why"] = labels.say("exercise.legend_why")
    return f'<p class="k">{"".join(f"<span class={state}>{escape(text)}</span>" for state, text in words.items())}</p>'


def _table(report: CoverageReport, labels: Labels) -> str:
    heads = [labels.say("exercise.pack"), labels.say("exercise.score"), *(labels.say(f"exercise.{group}") for group in GROUPS)]
    cells = report.by("pack", "group")
    rows = []
    for (pack,), count in sorted(report.by("pack").items(), key=lambda item: (item[1].score, item[0])):
        counts = [cells.get((pack, group), Count(0, 0)) for group in GROUPS]
        rows.append(_row([pack, f"{count.score:.1f} %", *(_of(found) for found in counts)]))
    rows.append(_row([labels.say("exercise.all"), f"{report.score:.1f} %", *(_of(report.groups[group]) for group in GROUPS)]))
    return f"<table><tr>{''.join(f'<th>{escape(head)}</th>' for head in heads)}</tr>{''.join(rows)}</table>"


def _row(cells: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _of(count: Count) -> str:
    return f"{count.covered}/{count.total}" if count.total else "-"


def _clauses(report: CoverageReport, labels: Labels) -> str:
    rows = [
        f"<tr><td>{escape(item.instrument)} {escape(item.clause)}</td>"
        f'<td class="{_CLAUSE[item.state]}">{escape(labels.say(f"exercise.state_{item.state}"))}</td></tr>'
        for item in report.clauses
    ]
    head = f"<tr><th>{escape(labels.say('exercise.clause'))}</th><th></th></tr>"
    return f"<details><summary>{escape(labels.say('exercise.by_clause'))}</summary><table>{head}{''.join(rows)}</table></details>"


def _file(report: CoverageReport, labels: Labels, file: str, text: str, items: Sequence[Obligation]) -> str:
    lines = text.split("\n")
    inside: dict[Span, list[Obligation]] = {}
    whole: dict[int, list[Obligation]] = {}
    for item in items:
        if item.group in ("condition", "threshold"):
            inside.setdefault(item.span, []).append(item)
        else:
            whole.setdefault(item.span.line, []).append(item)
    marks: dict[int, list[tuple[int, int, str, str]]] = {}
    for span, found in inside.items():
        state, words = _state(_count(report, found)), _words(report, labels, found)
        for number in range(span.line, span.end_line + 1):
            line = lines[number - 1]
            start = span.column - 1 if number == span.line else len(line) - len(line.lstrip())
            end = span.end_column - 1 if number == span.end_line else len(line)
            marks.setdefault(number, []).append((start, end, state, words))
    rows = []
    for number, line in enumerate(lines, 1):
        badge = ""
        if number in whole:
            count = _count(report, whole[number])
            badge = f'<span class="b {_state(count)}" title="{_words(report, labels, whole[number])}">{_of(count)}</span>'
        rows.append(f'<span class="n">{number}</span>{_painted(line, marks.get(number, ()))}{badge}')
    count = _count(report, items)
    summary = f'{escape(file)} <span class="b {_state(count)}">{count.score:.1f} %</span>'
    return f"<details><summary>{summary}</summary><pre>{chr(10).join(rows)}</pre></details>"


def _painted(line: str, marks: Iterable[tuple[int, int, str, str]]) -> str:
    """A line with its marks; where marks overlap, the shortest is seen."""
    owner: list[tuple[int, int, str, str] | None] = [None] * len(line)
    for mark in sorted(marks, key=lambda item: item[0] - item[1]):
        for at in range(mark[0], min(mark[1], len(line))):
            owner[at] = mark
    found, at = [], 0
    while at < len(line):
        end = at
        while end < len(line) and owner[end] is owner[at]:
            end += 1
        text, seen = escape(line[at:end]), owner[at]
        found.append(text if seen is None else f'<span class="{seen[2]}" title="{seen[3]}">{text}</span>')
        at = end
    return "".join(found)


def _count(report: CoverageReport, items: Iterable[Obligation]) -> Count:
    """So many are covered of those that are asked for."""
    cases = [report.case_of(item) for item in items if item.id not in report.reasons]
    return Count(sum(case is not None for case in cases), len(cases))


def _state(count: Count) -> str:
    if not count.total:
        return "why"
    return "all" if count.covered == count.total else "some" if count.covered else "none"


def _words(report: CoverageReport, labels: Labels, items: Iterable[Obligation]) -> str:
    lines = []
    for item in items:
        case, seen = report.case_of(item), what_words(item, labels)
        if item.id in report.reasons:
            words = labels.say("exercise.explained_by", seen=seen, why=pick(report.reasons[item.id], labels.lang))
        elif case:
            words = labels.say("exercise.covered_by", seen=seen, case=case)
        else:
            words = labels.say("exercise.not_covered", seen=seen)
        lines.append(
            f"{item.home}{labels.say('exercise.colon')}{words}" if item.group not in ("condition", "threshold") else words
        )
    return escape("\n".join(lines))


_CLAUSE = {"exercised": "all", "partly": "some", "never": "none"}
