"""Differences in words, for the terminal and for Markdown; and as data for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hazardrules.diff.model import STATES
from hazardrules.mutation.terminal import elided
from hazardrules.verify.cases import yaml_lines
from hazardrules.wording import pick, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.diff.model import Change, Difference, RuleDifference, ThingDifference, Witness

FORMAT = "hazardrules-diff-1"
MANY_PARTS = 12
"""As `hazardrules.verify.lab` has it; that one needs the solver."""
_NAMED = 6
"""So many names are listed in a line."""
_TRUTHS = {True: "holds", False: "fails", None: "open"}


@dataclass(frozen=True, slots=True)
class Speaker:
    """Words differences in a language.

    Attributes:
        prefixes: What stands before the names of the files of the old and of the new rulebook.
    """

    lang: str
    prefixes: tuple[str, str] = ("", "")

    def say(self, key: str, **args: object) -> str:
        """Word a phrase."""
        return say(self.lang, key, args)

    def title(self, rule: RuleDifference) -> str:
        """The title of a rule, or its text."""
        return pick(rule.rule.rule.title, self.lang) or pick(rule.rule.text, self.lang)

    def place(self, rule: RuleDifference) -> str:
        """Where it stands: in the new rulebook, or in the old one where it is gone."""
        return f"{self.prefixes[0 if rule.new is None else 1]}{rule.rule.span}"

    def was(self, rule: RuleDifference) -> str:
        """What it was called before, where that is something else."""
        return rule.old.name if rule.old is not None and rule.new is not None and rule.old.name != rule.new.name else ""

    def change(self, change: Change) -> tuple[str, str]:
        """What a change is about, and what became of it."""
        return self.say(f"diff.aspect.{change.aspect}"), self.becomes(change.before, change.after)

    def becomes(self, before: str, after: str) -> str:
        """`before → after`, long ones without what they have in common."""
        if not before or not after:
            return self.say("diff.came", text=after) if after else self.say("diff.gone", text=before)
        if before == after:
            return self.say("diff.behind", text=before)
        short = elided(before, after)
        return self.say("diff.becomes", before=short[0], after=short[1])

    def notes(self, rule: RuleDifference) -> Iterator[str]:
        """What else is to be said of a rule whose meaning changed, or of which nobody can say."""
        if self.was(rule):
            yield self.say("diff.was", name=self.was(rule))
        if rule.condition is not None and rule.condition.status == "unsure":
            reason = self.say(f"diff.reason.{rule.condition.reason}", parts=MANY_PARTS)
            yield self.say("diff.unsure_because", reason=reason)
        if rule.condition is not None and rule.condition.status == "proven":
            yield self.say("diff.proven")
        if rule.through:
            yield self.say("diff.through", names=self._listed(rule.through))
        if rule.displaces:
            key = "diff.displaces" if rule.old and rule.new else "diff.displaces_now" if rule.new else "diff.displaced"
            yield self.say(key, names=self._listed(rule.displaces))

    def _listed(self, names: tuple[str, ...]) -> str:
        text = self.say("text.and_comma").join(names[:_NAMED])
        more = len(names) - _NAMED
        return self.say("text.and_more", list=text, count=more) if more > 0 else text

    def turn(self, witness: Witness) -> str:
        """How the answer for some facts turned."""
        words = self.say(f"diff.turns.{_TRUTHS[witness.before]}.{_TRUTHS[witness.after]}")
        return words + (self.say(f"diff.refused.{witness.refused}") if witness.refused else "") + self.say("diff.colon")

    def facts(self, witness: Witness) -> Iterator[tuple[str, list[str]]]:
        """The facts as cases: a headline where there are two, and their lines."""
        if witness.case_now is None:
            yield "", list(yaml_lines(witness.case))
            return
        yield self.say("diff.case_before") + self.say("diff.colon"), list(yaml_lines(witness.case))
        yield self.say("diff.case_now") + self.say("diff.colon"), list(yaml_lines(witness.case_now))

    def words(self, rule: RuleDifference) -> str:
        """What changed beside the meaning of a rule, and why its meaning is the same."""
        aspects = [self.say(f"diff.word.{word}") for word in rule.words]
        said = self.say("text.and_comma").join(aspects) or self.say("diff.word.behind")
        if rule.condition is not None and rule.condition.status == "proven":
            return self.say("diff.words_proven", words=said)
        return said

    def thing(self, thing: ThingDifference) -> str:
        """Something that rules stand on."""
        what = self.say(f"diff.thing.{thing.what}")
        named = self.say(f"diff.{thing.change}", what=what, name=thing.name)
        if thing.change == "renamed":
            return named + self.say("diff.colon_before") + self.becomes(thing.before, thing.after)
        if thing.before and thing.after:
            return named + self.say("diff.colon_before") + self.becomes(thing.before, thing.after)
        text = thing.before or thing.after
        return named + (self.say("diff.colon_before") + text if text else "")

    def summary(self, difference: Difference) -> str:
        """How many rules there are of each kind, in a line."""
        return self.say("diff.summary", **{state: difference.counts[state] for state in STATES})


def as_data(difference: Difference, speaker: Speaker, replay: dict[str, Any] | None = None) -> dict[str, Any]:
    """Two rulebooks compared, for programs."""
    sides = {
        name: {"called": side.called, "name": side.name, "version": side.version, "digest": side.digest}
        for name, side in (("old", difference.old), ("new", difference.new))
    }
    return {
        "format": FORMAT,
        **sides,
        "same": difference.is_same,
        "solver": difference.solver,
        "counts": difference.counts,
        "rules": [_rule(rule, speaker) for rule in difference.rules if rule.state != "same"],
        "things": [
            {
                "what": thing.what, "name": thing.name, "change": thing.change,
                "before": thing.before or None, "after": thing.after or None, "matters": thing.matters,
            }
            for thing in difference.things
        ],
        "replay": replay,
    }  # fmt: skip


def _rule(rule: RuleDifference, speaker: Speaker) -> dict[str, Any]:
    prefix = speaker.prefixes[0 if rule.new is None else 1]
    verdict = rule.condition
    return {
        "name": rule.name,
        "was": speaker.was(rule) or None,
        "state": rule.state,
        "file": f"{prefix}{rule.rule.span.file}",
        "line": rule.rule.span.line,
        "title": speaker.title(rule),
        "changes": [
            {"aspect": change.aspect, "before": change.before or None, "after": change.after or None} for change in rule.changes
        ],
        "words": list(rule.words),
        "condition": None
        if verdict is None
        else {
            "status": verdict.status,
            "reason": verdict.reason or None,
            "witnesses": [
                {
                    "case": witness.case, "case_now": witness.case_now,
                    "before": witness.before, "after": witness.after, "refused": witness.refused or None,
                }
                for witness in verdict.witnesses
            ],
        },
        "through": list(rule.through),
        "displaces": list(rule.displaces),
    }  # fmt: skip
