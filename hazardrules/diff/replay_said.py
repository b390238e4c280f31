"""What became of past cases, in words and as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hazardrules.diff.markdown import code, plain
from hazardrules.render.layout import Page

if TYPE_CHECKING:
    from hazardrules.diff.replay import Example, Level, Replay, Turn
    from hazardrules.diff.said import Speaker

_CLAUSES = 5
"""So many clauses are named in a line."""


def replay_lines(found: Replay, speaker: Speaker) -> list[str]:
    """What changed for how many cases, through which clauses."""
    cases = f"{found.cases:,}"
    if not found.changed:
        lines = [speaker.say("diff.replay.same", cases=cases)]
    else:
        lines = [speaker.say("diff.replay.level", count=f"{found.level:,}", cases=cases, through=_through(found, speaker))]
        lines += [f"{_turn(turn, speaker)}  {count:,}" for turn, count in found.turns.most_common()]
    if found.findings:
        lines.append(speaker.say("diff.replay.findings", count=f"{found.findings:,}"))
    if found.consequences:
        lines.append(speaker.say("diff.replay.consequences", count=f"{found.consequences:,}"))
    for side, count in sorted(found.unread.items()):
        lines.append(speaker.say(f"diff.replay.unread_{side}", count=f"{count:,}"))
    if not found.in_tables:
        lines.append(speaker.say("diff.replay.one_by_one"))
    return lines + [speaker.say(f"diff.replay.refused_{side}", words=words) for side, words in found.refusals]


def example_line(example: Example, speaker: Speaker) -> str:
    """A case that is judged otherwise: where it stands, what turned, and the rules that have to do with it."""
    turns = [_turn(turn, speaker) for turn in example.turns]
    comma = speaker.say("text.and_comma")
    return f"{example.place}{speaker.say('diff.colon_before')}{'; '.join([*turns, comma.join(example.rules)])}"


def replay_page(found: Replay, speaker: Speaker) -> Page:
    """What became of past cases, as lines of text."""
    page = Page()
    page.heading(speaker.say("diff.heading.replay"))
    for number, line in enumerate(replay_lines(found, speaker)):
        page.line((line, "strong" if number == 0 else ""), indent=2)
    for example in found.examples:
        page.line("· ", example_line(example, speaker), indent=2)
    return page


def replay_markdown(found: Replay, speaker: Speaker) -> list[str]:
    """What became of past cases, as Markdown."""
    lines = [f"- {plain(line)}" for line in replay_lines(found, speaker)]
    examples = [f"  - {code(example_line(example, speaker))}" for example in found.examples]
    return [f"### {plain(speaker.say('diff.heading.replay'))}", "", *lines, *examples]


def replay_data(found: Replay) -> dict[str, Any]:
    """What became of past cases, for programs."""
    return {
        "cases": found.cases,
        "in_tables": found.in_tables,
        "unread": {side: found.unread.get(side, 0) for side in ("old", "new", "both")},
        "level": found.level,
        "findings": found.findings,
        "consequences": found.consequences,
        "turns": [{**_turn_data(turn), "count": count} for turn, count in found.turns.most_common()],
        "clauses": dict(found.clauses.most_common()),
        "examples": [
            {"place": example.place, "turns": [_turn_data(turn) for turn in example.turns], "rules": list(example.rules)}
            for example in found.examples
        ],
    }


def _turn_data(turn: Turn) -> dict[str, Any]:
    def level(found: Level | None) -> dict[str, str | None] | None:
        return None if found is None else {"level": found[0], "at_least": found[1]}

    return {"scale": turn.scale, "before": level(turn.before), "after": level(turn.after)}


def _through(found: Replay, speaker: Speaker) -> str:
    clauses = found.clauses.most_common()
    if not clauses:
        return ""
    if len(clauses) == 1 and clauses[0][1] == found.level:
        return speaker.say("diff.replay.all_through", clause=clauses[0][0])
    listed = [f"{clause}: {count:,}" for clause, count in clauses[:_CLAUSES]] + (["…"] if len(clauses) > _CLAUSES else [])
    return speaker.say("diff.replay.through", clauses=speaker.say("text.and_comma").join(listed))


def _turn(turn: Turn, speaker: Speaker) -> str:
    levels = speaker.say("diff.becomes", before=_level(turn.before, speaker), after=_level(turn.after, speaker))
    return f"{turn.scale}{speaker.say('diff.colon_before')}{levels}"


def _level(found: Level | None, speaker: Speaker) -> str:
    if found is None:
        return speaker.say("diff.replay.nothing")
    return found[0] or speaker.say("diff.replay.open", level=found[1])
