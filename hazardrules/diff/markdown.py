"""Two rulebooks compared, as Markdown for a pull request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hazardrules.diff.model import STATES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.diff.model import Difference, RuleDifference
    from hazardrules.diff.said import Speaker

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~])")
_ENDS = re.compile(r"[\r\n]+")


def markdown(difference: Difference, speaker: Speaker, replay: list[str] | None = None) -> str:
    """Everything that changed, the gravest first; what is only written otherwise is folded in."""
    return "\n".join(_lines(difference, speaker, replay or []))


def _lines(difference: Difference, speaker: Speaker, replay: list[str]) -> Iterator[str]:
    yield f"## {speaker.say('diff.markdown_title')}"
    yield ""
    yield f"{code(difference.old.called)} → {code(difference.new.called)}"
    yield ""
    yield f"**{plain(speaker.summary(difference))}**"
    if difference.is_same:
        yield ""
        yield plain(speaker.say("diff.same"))
    if not difference.solver:
        yield ""
        yield plain(speaker.say("diff.without_solver"))
    for state in STATES[:4]:
        rules = difference.of(state)
        if not rules:
            continue
        yield from ("", f"### {plain(speaker.say(f'diff.heading.{state}'))}")
        if state in ("changed", "unsure"):
            for rule in rules:
                yield from _changed(rule, speaker)
        else:
            yield ""
            for rule in rules:
                notes = "".join(f"; {plain(note)}" for note in speaker.notes(rule))
                yield f"- {code(rule.name)} {plain(speaker.title(rule))} ({plain(speaker.place(rule))}){notes}"
    if difference.things:
        yield from ("", f"### {plain(speaker.say('diff.heading.things'))}", "")
        yield from (f"- {plain(speaker.thing(thing))}" for thing in difference.things)
    if replay:
        yield ""
        yield from replay
    rules = difference.of("words")
    if rules:
        yield from ("", "<details>", f"<summary>{plain(speaker.say('diff.heading.words'))}: {len(rules)}</summary>", "")
        for rule in rules:
            was = f" ({plain(speaker.say('diff.was', name=speaker.was(rule)))})" if speaker.was(rule) else ""
            yield f"- {code(rule.name)}{was}: {plain(speaker.words(rule))}"
        yield from ("", "</details>")


def _changed(rule: RuleDifference, speaker: Speaker) -> Iterator[str]:
    yield from ("", f"#### {code(rule.name)} {plain(speaker.title(rule))}", "", f"{code(speaker.place(rule))}", "")
    for change in rule.changes:
        what, _ = speaker.change(change)
        arrow = " → ".join(code(text) for text in (change.before, change.after) if text)
        if not change.before or not change.after:
            arrow = speaker.becomes(code(change.before), code(change.after))
        yield f"- {plain(what)}{speaker.say('diff.colon_before')}{arrow}"
    yield from (f"- {plain(note)}" for note in speaker.notes(rule))
    for witness in rule.condition.witnesses if rule.condition is not None else ():
        yield from ("", plain(speaker.turn(witness)))
        for head, lines in speaker.facts(witness):
            fence = "`" * max(3, 1 + max((len(run) for line in lines for run in re.findall("`+", line)), default=0))
            yield from ("", *([plain(head), ""] if head else []), f"{fence}yaml", *lines, fence)


def code(text: str) -> str:
    """Words as code, whatever is in them."""
    if not text:
        return ""
    text = _ENDS.sub(" ", text)
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    blank = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{blank}{text}{blank}{ticks}"


def plain(text: str) -> str:
    """Words as text, without meaning to Markdown or HTML."""
    return _MARKS.sub(r"\\\1", _ENDS.sub(" ", text))
