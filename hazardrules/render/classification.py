"""A classification as text: the level first, then what to do, then why, then what stays open."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hazardrules.render.diagnostics import display_width
from hazardrules.render.labels import Labels, table_of
from hazardrules.render.layout import Page, padded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hazardrules.model.results import Action, Classification, Finding, LevelRange, Reason, RuleNote, Undetermined
    from hazardrules.model.rulebook import RulebookSource
    from hazardrules.render.layout import Part

RULE_WIDTH = 60
MAX_ACTIONS = 6
MAX_FINDINGS = 5
FEW_FINDINGS = 3
"""So many findings are shown with the reasons behind their reasons."""
MAX_REASONS = 4
MAX_OPEN = 4
MAX_SETTLING = 3
MAX_SETS = 2
MAX_PACKS = 4
MAX_FACTS = 3
MAX_OPENING = 2
MAX_NOTES = 5
DIGEST_SHOWN = 12


def render_classification(answer: Classification, source: RulebookSource, *, verbose: bool = False, today: bool = False) -> Page:
    """Render the answer for one case for people.

    Args:
        answer: The answer; its language is the language of the text.
        source: The rulebook that gave it, for labels.
        verbose: Show everything; otherwise long lists are cut, and say so.
        today: The day was taken from the clock since none was given; the text says so.
    """
    writer = _Writer(answer, source, verbose=verbose)
    writer.header(today=today)
    writer.levels()
    writer.actions()
    writer.findings()
    writer.open_rules()
    writer.not_examined()
    writer.derived()
    writer.notes()
    return writer.page


class _Writer:
    def __init__(self, answer: Classification, source: RulebookSource, *, verbose: bool) -> None:
        self.answer, self.source, self.verbose = answer, source, verbose
        self.labels = Labels(source, answer.lang)
        self.say = self.labels.say
        self.page = Page()

    def _cut(self, items: Sequence[object], limit: int) -> int:
        """How many of some items are shown; one more than the limit is shown rather than counted."""
        return len(items) if self.verbose or len(items) <= limit + 1 else limit

    def _more(self, hidden: int, indent: int = 2) -> None:
        if hidden > 0:
            self.page.line((self.say("text.more", count=hidden), "dim"), indent=indent)

    def _where(self, subject: str) -> str:
        """The part that something is about; nothing for the case itself."""
        return self.say("text.about", subject=self.labels.path(self.answer.subject, subject)) if subject else ""

    # header

    def header(self, *, today: bool) -> None:
        answer, page = self.answer, self.page
        kind = self.labels.subject(answer.subject)
        page.line(("━" * RULE_WIDTH, "rule"))
        page.line((answer.case or kind, "strong"))
        place = self.labels.place(answer.jurisdiction) if answer.jurisdiction else self.say("text.whole_country")
        day = self.say("text.today" if today else "text.law_of", day=answer.as_of.isoformat())
        facts = [kind, day, place] if answer.case else [day, place]
        page.line(self.say("text.dot").join(facts), hang=0)
        book = answer.rulebook
        digest = book.digest if self.verbose else book.digest[:DIGEST_SHOWN]
        words = [f"{book.name} {book.version}", digest, *([answer.engine] if self.verbose else [])]
        page.line((self.say("text.dot").join(words), "dim"), hang=0)
        page.line(("━" * RULE_WIDTH, "rule"))

    # levels

    def levels(self) -> None:
        self.page.heading(self.say("text.levels"))
        ranges = sorted(self.answer.levels.values(), key=self._urgency)
        if not ranges:
            self.page.line(self.say("text.no_scale"), indent=2)
        column = max((display_width(found.label) for found in ranges), default=0)
        for found in ranges:
            self.page.line(f"{padded(found.label, column)}  ", *self._range(found), indent=2, hang=column + 2)
            if found.level is None:
                self._settling(found)

    def _urgency(self, found: LevelRange) -> tuple[int, int, str]:
        return (
            -self.labels.step(found.scale, found.at_least).severity,
            -self.labels.step(found.scale, found.at_most_examined).severity,
            found.scale,
        )

    def _level(self, scale: str, level: str) -> Part:
        step = self.labels.step(scale, level)
        return self.labels.level(scale, level), f"severity{step.severity}"

    def _range(self, found: LevelRange) -> Iterable[str | Part]:
        scale = found.scale
        if not found.rules:
            yield self.say("text.no_rule_in_force"), "dim"
            return
        if found.level is not None:
            lowest = self.source.scales[scale].index[found.level] == 0
            yield self._level(scale, found.level) if not (lowest and found.at_most != found.level) else (
                self.say("text.nothing_found"), "dim",
            )  # fmt: skip
        else:
            yield self.say("text.at_least")
            yield self._level(scale, found.at_least)
            yield self.say("text.could_be")
            yield self._level(scale, found.at_most_examined)
        index = self.source.scales[scale].index
        if index[found.at_most] > index[found.at_most_examined]:
            yield self.say("text.beyond", level=self.labels.level(scale, found.at_most)), "dim"

    def _settling(self, found: LevelRange) -> None:
        """The smallest sets of facts that would decide the most severe open rules of a scale; what decides most comes first."""
        index = self.source.scales[found.scale].index
        above = [rule for rule in self.answer.undetermined if rule.scale == found.scale and rule.level is not None]
        above = [rule for rule in above if index[rule.level or ""] > index[found.at_least]]
        top = max((index[rule.level or ""] for rule in above), default=0)
        deciding: Counter[tuple[str, ...]] = Counter()
        for rules in _by_table(rule for rule in above if index[rule.level or ""] == top):
            sets = _smallest_sets(rules)
            deciding.update(facts for facts in sets if len(facts) == len(sets[0]))
        ranked = sorted(deciding, key=lambda facts: (-deciding[facts], len(facts), facts))
        if ranked:
            shown = self._cut(ranked, MAX_SETTLING)
            words = [self._facts(facts, MAX_FACTS) for facts in ranked[:shown]]
            text = self.say("text.and_semicolon").join(words)
            if len(ranked) > shown:
                text = self.say("text.and_more", list=text, count=len(ranked) - shown)
            self.page.line(self.say("text.settle"), (text, "strong"), indent=4)

    def _open_rule(self, rules: list[Undetermined]) -> Iterable[str | Part]:
        """An open rule (or the open rows of one table) with what would settle it."""
        first = rules[0]
        yield "· "
        yield self._title(rules)
        if first.text_unread:
            return
        yield self._where(first.subject), "dim"
        sets = _smallest_sets(rules)
        words = [self._facts(facts) for facts in sets[:MAX_SETS]]
        if words:
            yield self.say("text.needs", facts=self.say("text.or").join(words))

    def _title(self, rules: list[Undetermined]) -> str:
        if len(rules) == 1:
            return rules[0].title
        table = table_of(rules[0].rule) or ""
        return self.say("text.rows", title=self.labels.rule(table), count=len(rules))

    def _facts(self, paths: Iterable[str], limit: int = MAX_FACTS) -> str:
        words = [self.labels.path(self.answer.subject, path) for path in paths]
        return self.labels.join(words, limit=0 if self.verbose else limit)

    # what to do

    def actions(self) -> None:
        actions = self.answer.actions
        if not actions:
            return
        self.page.heading(self.say("text.actions"))
        shown = self._cut(actions, MAX_ACTIONS)
        for action in actions[:shown]:
            self._action(action)
        self._more(len(actions) - shown)

    def _action(self, action: Action) -> None:
        first: list[str | Part] = [(self.say(f"text.kind_{action.kind}"), "dim"), (action.text, "action")]
        first += [f"{self.say('text.colon')}{words}" for words in [self._measure(action)] if words]
        first.append((self._where(action.subject), "dim"))
        time = self._time(action)
        if time:
            first.append((self.say("text.in_brackets", words=time), "strong"))
        self.page.line(*first, indent=2, hang=4)
        who = []
        if action.duty_holder is not None:
            who.append(self.say("text.by", role=self.labels.role(action.duty_holder)))
        if action.authority is not None:
            who.append(self.say("text.authority", role=self.labels.role(action.authority)))
        who.append(self.labels.bases(action.basis, numbered=self.verbose))
        if action.amended_by:
            who.append(self.say("text.amended_by", rules=self.labels.join([self.labels.rule(r) for r in action.amended_by])))
        self.page.line((self.say("text.and_semicolon").join(who), "dim"), indent=6, hang=0)

    def _time(self, action: Action) -> str:
        words = [self.labels.deadline(action.within)] if action.within else []
        if action.due is not None and action.within not in ("immediately", "立即", action.due.isoformat()):
            words.append(self.say("text.until_day", day=action.due.isoformat()))
        return self.say("text.and_comma").join(words)

    def _measure(self, action: Action) -> str:
        words = []
        if action.amount is not None:
            words.append(self.labels.amount(action.amount))
        if action.points is not None:
            words.append(self.say("text.points", count=action.points))
        for name, value in action.parameters.items():
            shown = value if isinstance(value, str) else self.labels.amount(value)
            words.append(shown if len(action.parameters) == 1 else f"{name} {shown}")
        return self.say("text.and_comma").join(words)

    # why

    def findings(self) -> None:
        findings = self.answer.findings
        if not findings:
            self.page.blank()
            self.page.line(self.say("text.no_finding"))
            return
        self.page.heading(self.say("text.why"))
        shown = self._cut(findings, MAX_FINDINGS)
        depth = 2 if shown <= FEW_FINDINGS else 1
        for finding in findings[:shown]:
            self._finding(finding, depth)
        self._more(len(findings) - shown)

    def _finding(self, finding: Finding, depth: int) -> None:
        mark: Part = (self.say(f"text.rule_kind_{finding.kind}"), "dim")
        if finding.scale is not None and finding.level is not None:
            level, style = self._level(finding.scale, finding.level)
            mark = (level, style)
        self.page.line(
            mark, self.say("text.colon"), (finding.title, "strong"), (self._where(finding.subject), "dim"),
            (f"  {finding.rule}", "dim"), indent=2, hang=4,
        )  # fmt: skip
        self.page.line((self.labels.bases(finding.basis), "dim"), indent=6, hang=0)
        if self.verbose and finding.text not in ("", finding.title):
            self.page.line(finding.text, indent=6, hang=0)
        self._reasons(finding.reasons, 6, depth)

    def _reasons(self, reasons: Sequence[Reason], indent: int, depth: int) -> None:
        shown = self._cut(reasons, MAX_REASONS)
        for reason in reasons[:shown]:
            self.page.line(f"· {reason.text}", indent=indent)
            if reason.because and (depth > 1 or self.verbose):
                self._reasons(reason.because, indent + 2, depth - 1)
        self._more(len(reasons) - shown, indent)

    # what stays open

    def open_rules(self) -> None:
        groups = _by_table(self.answer.undetermined)
        if not groups:
            return
        self.page.heading(self.say("text.open"))
        shown = self._cut(groups, MAX_OPEN)
        for rules in groups[:shown]:
            first = rules[0]
            level: list[str | Part] = []
            if first.scale is not None and first.level is not None:
                level = [(self.say("text.possibly", level=self.labels.level(first.scale, first.level)), "dim")]
            self.page.line(*self._open_rule(rules), *level, indent=2)
            if self.verbose:
                self.page.line((f"{first.rule}  {self.labels.bases(first.basis)}", "dim"), indent=6, hang=0)
            for words in first.holds_but_for if len(rules) == 1 else ():
                self.page.line(self.say("text.but_for", words=self._named(words)), indent=4)
        self._more(len(groups) - shown)

    def _named(self, words: str) -> str:
        return self.labels.rule(words)

    def not_examined(self) -> None:
        packs = sorted(self.answer.not_examined.items(), key=lambda item: (-item[1].rules, item[0]))
        if not packs:
            return
        self.page.heading(self.say("text.not_examined"))
        shown = self._cut(packs, MAX_PACKS)
        for name, found in packs[:shown]:
            count = self.say("text.rules_one" if found.rules == 1 else "text.rules", count=found.rules)
            opens = self._facts(found.opens_with, MAX_OPENING)
            words = self.say("text.opens_with", facts=opens) if opens else ""
            self.page.line(f"{self.labels.pack(name)}", (f" {count}", "dim"), words, indent=2)
        rest = packs[shown:]
        if rest:
            total = sum(found.rules for _, found in rest)
            self.page.line((self.say("text.more_packs", count=len(rest), rules=total), "dim"), indent=2)

    def derived(self) -> None:
        if not self.answer.derived:
            return
        self.page.heading(self.say("text.derived"))
        for found in self.answer.derived:
            working = self.say("text.and_comma").join(reason.text for reason in found.working)
            value = self.labels.value(self.answer.subject, found.name, found.value)
            self.page.line(
                found.label, (self._where(found.subject), "dim"), " = ", (value, "strong"),
                (self.say("text.in_brackets", words=working) if working else "", "dim"), indent=2,
            )  # fmt: skip

    # notes

    def notes(self) -> None:
        notes = list(self._notes())
        if not notes:
            return
        self.page.heading(self.say("text.notes"))
        for words in notes:
            self.page.line(f"· {words}", indent=2)

    def _notes(self) -> Iterable[str]:
        answer = self.answer
        yield from answer.notes
        yield from self._about_rules(answer.displaced, self._displaced)
        yield from self._about_rules(answer.relieved, self._relieved)
        yield from self._about_rules(answer.not_in_force, self._not_in_force)
        if answer.assumptions:
            words = [
                f"{self.labels.path(answer.subject, found.fact)} = {self.labels.value(answer.subject, found.fact, found.value)}"
                for found in answer.assumptions
            ]
            yield self.say("text.assumed", facts=self.labels.join(words, limit=0 if self.verbose else 8))
        if answer.judgements:
            words = [self.labels.path(answer.subject, found.partition(" ")[0]) for found in answer.judgements]
            yield self.say("text.judgement", facts=self.labels.join(words))
        if answer.out_of_scope and self.verbose:
            yield self.say("text.out_of_scope", packs=self.labels.join([self.labels.pack(p) for p in answer.out_of_scope]))

    def _about_rules(self, notes: Sequence[RuleNote], word: object) -> Iterable[str]:
        shown = self._cut(notes, MAX_NOTES)
        for note in notes[:shown]:
            yield word(note)  # type: ignore[operator]  # one of the three below
        if len(notes) > shown:
            yield self.say("text.more", count=len(notes) - shown)

    def _note_title(self, note: RuleNote) -> str:
        return note.title + self._where(note.subject)

    def _displaced(self, note: RuleNote) -> str:
        by = self.labels.join([self.labels.rule(name) for name in note.by])
        return self.say("text.displaced", title=self._note_title(note), by=by)

    def _relieved(self, note: RuleNote) -> str:
        return self.say("text.relieved", title=self._note_title(note), by=self.labels.join(note.by))

    def _not_in_force(self, note: RuleNote) -> str:
        key = f"text.{note.state}" if note.date else f"text.{note.state}_undated"
        args = {"title": self._note_title(note), "basis": self.labels.bases(note.basis)}
        return self.say(key, **args, day=note.date) if note.date else self.say(key, **args)


def _by_table(rules: Iterable[Undetermined]) -> list[list[Undetermined]]:
    """Open rules in their order; the rows of one table for one subject together, where the first of them stands."""
    groups: dict[tuple[str, str], list[Undetermined]] = {}
    for rule in rules:
        groups.setdefault((table_of(rule.rule) or rule.rule, rule.subject), []).append(rule)
    return list(groups.values())


def _smallest_sets(rules: Iterable[Undetermined]) -> list[tuple[str, ...]]:
    """Sets of facts that would settle one of some rules, in either direction, the smallest first."""
    found: dict[tuple[str, ...], None] = {}
    for rule in rules:
        for listed in (*rule.missing.to_clear, *rule.missing.to_hold):
            found.setdefault(tuple(listed))
    ordered = sorted(found, key=lambda facts: (len(facts), facts))
    kept: list[tuple[str, ...]] = []
    for facts in ordered:
        if facts and not any(set(other) <= set(facts) for other in kept):
            kept.append(facts)
    return kept
