"""Findings of an analysis as text, as JSON, or as annotations of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hazardrules.render.diagnostics import escaped, one_line
from hazardrules.render.layout import Page
from hazardrules.verify.cases import yaml_lines
from hazardrules.verify.lab import MANY_PARTS
from hazardrules.wording import pick, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hazardrules.compiler.plan import Compiled
    from hazardrules.verify.analyse import Analysis
    from hazardrules.verify.findings import Finding, Party, Unchecked

FORMAT = "hazardrules-analysis-1"
_SHOWN = 4
"""So many parties of a finding are shown unless everything is wanted."""


def message(found: Finding, lang: str) -> str:
    """A finding in words, without its parties."""
    key = f"analysis.{found.kind}.{found.variant}" if found.variant else f"analysis.{found.kind}"
    return say(lang, key, found.args)


def render_analysis(analysis: Analysis, lang: str, *, prefix: str = "", verbose: bool = False) -> Page:
    """Render findings, what was not checked, and a summary.

    Args:
        analysis: What was found.
        lang: `zh` or `en`.
        prefix: Before every file name.
        verbose: Also what was explained, and all parties.
    """
    page = Page()
    for found in analysis.findings if verbose else analysis.open:
        page.blank()
        page.line((found.parties[0].name, "strong"), f"  {found.kind}")
        page.line((f"{prefix}{found.span}", "dim"), indent=2)
        page.line((message(found, lang), "warn" if found.because is None else ""), indent=2)
        _parties(page, found.parties[1:], lang, prefix, verbose=verbose)
        if found.because is not None:
            page.line((say(lang, "analysis.explained", {"why": pick(found.because, lang)}), "pass"), indent=2)
        if found.case is not None:
            page.line(say(lang, f"analysis.shows.{found.shows}"), indent=2)
            for row in yaml_lines(found.case):
                page.line(row, indent=4)
    if analysis.unchecked:
        page.heading(say(lang, "analysis.unchecked"))
        for group in _grouped(analysis.unchecked):
            page.line(_unchecked(group, lang), indent=2)
    page.blank()
    page.line((summary(analysis, lang), "strong"))
    return page


def _parties(page: Page, parties: Sequence[Party], lang: str, prefix: str, *, verbose: bool) -> None:
    shown = parties if verbose else parties[:_SHOWN]
    for party in shown:
        page.line("· ", party.name, (f"  {prefix}{party.span}", "dim"), indent=2)
    if len(parties) > len(shown):
        page.line(say(lang, "analysis.more_parties", {"count": len(parties) - len(shown)}), indent=2)


def _grouped(unchecked: Sequence[Unchecked]) -> list[list[Unchecked]]:
    groups: dict[tuple[str, str], list[Unchecked]] = {}
    for item in unchecked:
        groups.setdefault((item.check, item.reason), []).append(item)
    return list(groups.values())


def _unchecked(group: list[Unchecked], lang: str) -> str:
    names = say(lang, "text.and_comma").join(" + ".join(party.name for party in item.parties) for item in group)
    reason = say(lang, f"analysis.because.{group[0].reason}", {"parts": MANY_PARTS})
    return say(lang, "analysis.unchecked_line", {"check": group[0].check, "names": names, "reason": reason})


def summary(analysis: Analysis, lang: str) -> str:
    """How many findings there are, in a line."""
    found = len(analysis.open)
    counts = {
        "findings": found, "explained": len(analysis.findings) - found, "unchecked": len(analysis.unchecked),
        "answered": analysis.answered, "asked": analysis.asked,
    }  # fmt: skip
    return say(lang, "analysis.summary", counts)


def analysis_data(analysis: Analysis, compiled: Compiled, lang: str, prefix: str = "") -> dict[str, Any]:
    """An analysis for programs."""
    source = compiled.source
    return {
        "format": FORMAT,
        "rulebook": {"name": source.name, "version": source.version, "digest": source.digest},
        "findings": [_finding(found, lang, prefix) for found in analysis.findings],
        "unchecked": [
            {"check": item.check, "reason": item.reason, "parties": [_party(party, prefix) for party in item.parties]}
            for item in analysis.unchecked
        ],
        "questions": {"answered": analysis.answered, "asked": analysis.asked},
    }


def _finding(found: Finding, lang: str, prefix: str) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "message": message(found, lang),
        **_party(found.parties[0], prefix),
        "parties": [_party(party, prefix) for party in found.parties],
        "case": found.case,
        "shows": found.shows or None,
        "explained": None if found.because is None else pick(found.because, lang),
    }


def _party(party: Party, prefix: str) -> dict[str, Any]:
    return {"name": party.name, "file": f"{prefix}{party.span.file}", "line": party.span.line, "column": party.span.column}


def annotated(analysis: Analysis, lang: str, prefix: str = "") -> str:
    """Open findings as annotations of a pull request."""
    lines = []
    for found in analysis.open:
        span = found.span
        where = f"file={escaped(prefix + span.file, ':,')},line={span.line},col={span.column},title={found.kind}"
        others = [f"{party.name} {prefix}{party.span}" for party in found.parties[1:]]
        facts = [say(lang, f"analysis.shows.{found.shows}"), *yaml_lines(found.case)] if found.case is not None else []
        text = "\n".join([one_line(f"{found.parties[0].name}: {message(found, lang)}"), *others, *facts])
        lines.append(f"::warning {where}::{escaped(text)}")
    return "\n".join(lines)
