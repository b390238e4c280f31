"""The summary of a run over files, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.render.layout import Page

if TYPE_CHECKING:
    from hazardrules.batch.summary import BatchSummary
    from hazardrules.render.labels import Labels
    from hazardrules.render.layout import Part

SHOWN = 15
"""So many rules are listed, the most frequent ones."""


def batch_page(summary: BatchSummary, labels: Labels, *, verbose: bool = False) -> Page:
    """How many rows went which way, the rows per level, and the rules that hold most often.

    Args:
        summary: What the run has found.
        labels: Words names.
        verbose: List every rule.
    """
    page = Page()
    numbers = {name: f"{getattr(summary, name):,}" for name in ("rows", "classified", "rejected")}
    page.line((labels.say("batch.total", **numbers), "strong"))
    rate = (summary.rows - summary.taken_up) / max(summary.seconds, 1e-9)
    page.line(labels.say("batch.speed", files=summary.files, seconds=f"{summary.seconds:.1f}", rate=f"{rate:,.0f}"))
    if summary.taken_up:
        page.line(labels.say("batch.taken_up", rows=f"{summary.taken_up:,}"))
    page.line(labels.say("batch.answers", file=summary.answers))
    if summary.rejects is not None:
        page.line((labels.say("batch.rejects", file=summary.rejects), "warn" if summary.rejected else ""))
    if summary.classified:
        _levels(page, summary, labels)
    if summary.findings:
        _findings(page, summary, labels, verbose=verbose)
    else:
        page.blank()
        page.line(labels.say("batch.no_findings"))
    return page


def _levels(page: Page, summary: BatchSummary, labels: Labels) -> None:
    page.heading(labels.say("batch.levels"))
    for scale, counts in summary.levels.items():
        if not any(counts.values()):
            continue
        steps = [level.id for level in reversed(labels.source.scales[scale].levels) if counts.get(level.id)]
        parts: list[str | Part] = [f"{labels.scale(scale)}: "]
        for step in steps:
            severity = labels.step(scale, step).severity
            parts += [(labels.level(scale, step), f"severity{severity}"), f" {counts[step]:,}", labels.say("text.and_comma")]
        if counts.get("open"):
            parts += [(labels.say("batch.open"), "warn"), f" {counts['open']:,}", labels.say("text.and_comma")]
        page.line(*parts[:-1], indent=2)


def _findings(page: Page, summary: BatchSummary, labels: Labels, *, verbose: bool) -> None:
    page.heading(labels.say("batch.findings"))
    shown = list(summary.findings.items())
    width = len(f"{shown[0][1]:,}")
    cut = len(shown) if verbose else SHOWN
    for rule, count in shown[:cut]:
        page.line(f"{count:>{width},}  {labels.rule(rule)} ", (rule, "dim"), indent=2, hang=width + 2)
    if len(shown) > cut:
        page.line(labels.say("batch.more", count=len(shown) - cut), indent=2)
