"""Two rulebooks compared, as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.render.layout import Page

if TYPE_CHECKING:
    from hazardrules.diff.model import Difference, RuleDifference, Side, State
    from hazardrules.diff.said import Speaker

SHOWN = 25
"""So many rules of a section are shown where not all are asked for."""
_HEADINGS: tuple[State, ...] = ("changed", "unsure", "added", "removed", "words")


def difference_page(difference: Difference, speaker: Speaker, *, verbose: bool = False, replay: Page | None = None) -> Page:
    """Render what changed, what did not although it is written otherwise, and a summary.

    Args:
        difference: What was found.
        speaker: Words it.
        verbose: All of a long list.
        replay: What became of past cases.
    """
    page = Page()
    for key, side in (("diff.old", difference.old), ("diff.new", difference.new)):
        page.line((speaker.say(key), "dim"), "  ", (side.called, "strong"), (f"  {_version(side)}", "dim"))
    for state in _HEADINGS:
        _section(page, speaker, state, difference.of(state), verbose=verbose)
    if difference.things:
        page.heading(speaker.say("diff.heading.things"))
        for thing in difference.things:
            page.line((speaker.thing(thing), "warn" if thing.matters else ""), indent=2)
    if replay is not None:
        page.blank()
        page.extend(replay)
    page.blank()
    if not difference.solver:
        page.line((speaker.say("diff.without_solver"), "warn"))
    page.line((speaker.summary(difference), "strong"))
    if difference.is_same:
        page.line((speaker.say("diff.same"), "pass"))
    return page


def _version(side: Side) -> str:
    return f"{side.name} {side.version}"


def _section(page: Page, speaker: Speaker, state: State, rules: tuple[RuleDifference, ...], *, verbose: bool) -> None:
    if not rules:
        return
    page.heading(speaker.say(f"diff.heading.{state}"))
    shown = rules if verbose else rules[:SHOWN]
    for rule in shown:
        if state in ("changed", "unsure"):
            _changed(page, speaker, rule)
        else:
            said = f"  {speaker.words(rule)}" if state == "words" else ""
            page.line(
                (rule.name, "strong"), f"  {speaker.title(rule)}", (said, "pass"), (f"  {speaker.place(rule)}", "dim"), indent=2
            )
            if state == "words" and speaker.was(rule):
                page.line(speaker.say("diff.was", name=speaker.was(rule)), indent=4)
            for note in speaker.notes(rule) if state != "words" else ():
                page.line(note, indent=4)
    if len(shown) < len(rules):
        page.line((speaker.say("diff.more", count=len(rules) - len(shown)), "dim"), indent=2)


def _changed(page: Page, speaker: Speaker, rule: RuleDifference) -> None:
    page.line((rule.name, "strong"), f"  {speaker.title(rule)}", indent=2)
    page.line((speaker.place(rule), "dim"), indent=4)
    for change in rule.changes:
        what, words = speaker.change(change)
        page.line(what, speaker.say("diff.colon_before"), (words, "warn"), indent=4)
    for note in speaker.notes(rule):
        page.line(note, indent=4)
    for witness in rule.condition.witnesses if rule.condition is not None else ():
        page.line(speaker.turn(witness), indent=4)
        for head, lines in speaker.facts(witness):
            if head:
                page.line(head, indent=6)
            for row in lines:
                page.line(row, indent=8 if head else 6)
