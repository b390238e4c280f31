"""Diagnostics: the table of codes, one problem of a rule file, "did you mean", the collector.

A *diagnostic* is about a rule file; a *finding* is about a subject. All wording is in `hazardrules.wording`.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from hazardrules.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hazardrules.source import Edit, Span

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Code:
    """A row of the table of codes; its summary is the wording `HRnnn.summary`.

    Attributes:
        tool: The command that finds it: `check` keeps a rulebook sound, `lint` keeps it readable and its law data whole.
        fixable: `hazardrules lint --fix` mends it, mostly or always.
    """

    number: int
    slug: str
    severity: Severity = "error"
    since: str = "0.1.0"
    tool: Literal["check", "lint"] = "check"
    fixable: bool = False

    def __str__(self) -> str:
        """Print as people cite it."""
        return f"HR{self.number}"


def _lint(number: int, slug: str, *, fixable: bool = False) -> Code:
    return Code(number, slug, "warning", tool="lint", fixable=fixable)


CODES: dict[int, Code] = {
    code.number: code
    for code in (
        # HR1xx reading
        Code(101, "unreadable-file"),
        Code(102, "yaml-syntax"),
        Code(103, "yaml-feature-refused"),
        Code(104, "duplicate-key"),
        Code(105, "too-deep-or-too-large"),
        Code(106, "wrong-shape"),
        Code(107, "unknown-key"),
        Code(108, "missing-key"),
        Code(109, "bad-value"),
        Code(110, "empty-value"),
        Code(111, "misread-by-yaml"),
        Code(112, "expression-syntax"),
        Code(113, "ambiguous-bound-word"),
        Code(114, "bad-name"),
        Code(115, "table-shape"),
        Code(116, "data-table"),
        Code(117, "misplaced-file", "warning"),
        # HR2xx names, types, units
        Code(201, "undeclared-fact"),
        Code(202, "declared-twice"),
        Code(203, "type-mismatch"),
        Code(204, "unit-mismatch"),
        Code(205, "unknown-unit"),
        Code(206, "unknown-enum-value"),
        Code(207, "unknown-subject"),
        Code(208, "unknown-level"),
        Code(209, "unknown-action"),
        Code(210, "bad-action-parameter"),
        Code(211, "unknown-role"),
        Code(212, "unknown-rule"),
        Code(213, "ambiguous-label"),
        Code(214, "nested-quantifier"),
        Code(215, "unknown-function"),
        Code(216, "not-a-condition"),
        Code(217, "unknown-parts"),
        Code(218, "unknown-jurisdiction"),
        Code(219, "missing-translation", "warning"),
        # HR3xx graph and tables
        Code(301, "cycle"),
        Code(302, "table-overlap"),
        Code(303, "table-gap"),
        Code(304, "table-not-checked", "warning"),
        # HR4xx law data
        Code(401, "unknown-instrument"),
        Code(402, "unknown-clause"),
        Code(404, "no-legal-basis"),
        Code(405, "bad-dates"),
        Code(406, "outside-the-force-of-its-instrument", "warning"),
        Code(407, "encoded-and-not-encoded", "warning"),
        Code(408, "rules-on-an-unread-instrument"),
        Code(409, "never-in-force-together", "warning"),
        # HR5xx doubtful style; all but the first are the linter's
        Code(501, "comparison-with-true", "warning"),
        _lint(502, "no-title"),
        _lint(503, "long-title"),
        _lint(504, "long-text"),
        _lint(505, "text-copies-title"),
        _lint(506, "same-in-both-languages"),
        _lint(507, "chinese-in-english"),
        _lint(508, "no-chinese-in-chinese"),
        _lint(509, "half-width-punctuation", fixable=True),
        _lint(510, "full-width-punctuation", fixable=True),
        _lint(511, "unbalanced-brackets"),
        _lint(512, "doubled-blank", fixable=True),
        _lint(513, "doubled-punctuation"),
        _lint(514, "unfinished"),
        _lint(515, "label-with-stop", fixable=True),
        _lint(516, "same-title"),
        _lint(517, "text-in-one-language"),
        _lint(518, "same-label"),
        _lint(520, "negated-comparison", fixable=True),
        _lint(521, "equals-in-a-row", fixable=True),
        _lint(522, "contains-in-a-row", fixable=True),
        _lint(523, "one-of-one", fixable=True),
        _lint(524, "value-first", fixable=True),
        _lint(525, "double-negation", fixable=True),
        _lint(526, "negated-test", fixable=True),
        _lint(527, "same-condition-twice"),
        _lint(528, "crowded-line"),
        _lint(529, "deep-nesting"),
        _lint(530, "scope-repeated"),
        _lint(531, "list-in-its-like"),
        _lint(532, "count-like-all"),
        _lint(533, "value-twice", fixable=True),
        _lint(534, "two-bounds", fixable=True),
        _lint(535, "list-of-one"),
        _lint(536, "negated-negations", fixable=True),
        _lint(540, "id-repeats-pack"),
        _lint(541, "long-id"),
        _lint(542, "negative-name"),
        _lint(543, "fact-without-topic"),
        _lint(545, "number-without-minimum"),
        _lint(546, "reversed-limits"),
        _lint(547, "choice-of-one"),
        _lint(550, "default-written", fixable=True),
        _lint(551, "pack-repeated", fixable=True),
        _lint(552, "catalogue-repeated", fixable=True),
        _lint(553, "listed-twice"),
        _lint(590, "unknown-lint-code"),
        _lint(591, "unused-lint-exception"),
        # HR61x to HR69x law data that `lint` doubts; HR601 and HR602 are errors of engines
        _lint(610, "unused-action"),
        _lint(611, "unused-role"),
        _lint(613, "unused-level"),
        _lint(614, "unused-parameter"),
        _lint(615, "unused-topic"),
        _lint(616, "unused-instrument"),
        _lint(617, "unused-jurisdiction"),
        _lint(618, "unused-table"),
        _lint(630, "top-level-without-action"),
        _lint(631, "fine-without-authority"),
        _lint(632, "money-without-amount"),
        _lint(633, "reversed-range"),
        _lint(634, "unverified-without-reason"),
        _lint(635, "reason-though-verified"),
        _lint(636, "exception-without-text"),
        _lint(638, "read-without-sources"),
        _lint(639, "without-issue-date"),
        _lint(640, "superseded-but-open"),
        _lint(641, "two-editions"),
        _lint(642, "supersedes-later"),
        _lint(643, "supersedes-unknown"),
        _lint(644, "wider-than-its-instrument"),
        _lint(645, "clause-in-many-rules"),
        _lint(646, "amends-without-actions"),
        _lint(647, "advice-with-force"),
        _lint(648, "day-of-judging"),
        _lint(651, "case-name-twice"),
        _lint(652, "pack-without-cases"),
        _lint(653, "case-without-day"),
        _lint(654, "two-units"),
        _lint(655, "issued-after-force"),
        _lint(656, "ended-without-successor"),
        _lint(657, "action-twice"),
        _lint(658, "working-days-without-calendar"),
        _lint(660, "holder-without-source"),
        _lint(664, "derived-without-clause"),
    )
}


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that takes part in a problem, with a few words."""

    span: Span
    key: str
    args: dict[str, str] = field(default_factory=dict)

    def message(self, lang: str) -> str:
        """The few words, in a language."""
        return say(lang, self.key, self.args)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem of a rule file.

    Attributes:
        code: The row of the table of codes.
        span: Where it is.
        key: The wording of its message.
        args: What the wording is filled with: the author's own words.
        hints: Wordings of what to try next.
        related: Every other place that takes part.
        edits: Changes to the file of `span` that mend it; empty where a person must decide.
    """

    code: Code
    span: Span
    key: str
    args: dict[str, str] = field(default_factory=dict)
    hints: tuple[tuple[str, dict[str, str]], ...] = ()
    related: tuple[Related, ...] = ()
    edits: tuple[Edit, ...] = ()

    @property
    def severity(self) -> Severity:
        """`error` or `warning`."""
        return self.code.severity

    def message(self, lang: str) -> str:
        """One line, lower case, no final period."""
        return say(lang, self.key, self.args)

    def hint(self, lang: str) -> str | None:
        """What to try next, or nothing."""
        said = [say(lang, key, args) for key, args in self.hints]
        return _sentences(said, lang) if said else None

    def short(self, lang: str) -> str:
        """One line for editors: `file:line:column: HRnnn message`."""
        return f"{self.span}: {self.code} {self.message(lang)}"


def _sentences(said: Sequence[str], lang: str) -> str:
    """Hints one after another; a question ends with its own mark."""
    text = said[0]
    for more in said[1:]:
        if text.endswith(("?", "？")):
            text += more if lang == "zh" else f" {more[0].upper()}{more[1:]}"
        else:
            text += f"；{more}" if lang == "zh" else f"; {more}"
    return text


MAX_SHOWN = 300
"""More of an author's words than this does not help to find the place."""


def shown(words: str) -> str:
    """An author's words as a message carries them: on one line, and not endless."""
    line = " ".join(words[: 2 * MAX_SHOWN].split())
    return line if len(line) <= MAX_SHOWN else f"{line[:MAX_SHOWN]}…"


MAX_WORD = 80
MAX_POOL = 5000


def nearest(word: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """Known words that resemble one, best first.

    Words are compared by characters, so this also serves Chinese labels. Bounded: at most `MAX_POOL` known words of at
    most `MAX_WORD` characters are compared.
    """
    if not word or len(word) > MAX_WORD:
        return []
    pool = [item for item in dict.fromkeys(known) if len(item) <= MAX_WORD][:MAX_POOL]
    found = difflib.get_close_matches(word, [item for item in pool if _may_resemble(word, item)], n=limit, cutoff=0.6)
    if len(found) < limit:
        tail = word.rsplit(".", 1)[-1]
        found += [item for item in pool if item not in found and tail[2:] and item.rsplit(".", 1)[-1] == tail]
    if not found and len(word) > 1:
        found += [item for item in pool if word in item or item in word if len(item) > 1]
    return found[:limit]


def _may_resemble(word: str, item: str) -> bool:
    """Whether two words can share six tenths of their characters: spares most of the costly comparisons."""
    needed = 0.3 * (len(word) + len(item))
    return min(len(word), len(item)) >= needed and sum(character in item for character in word) >= needed


class Collector:
    """Gathers diagnostics; one run reports all it can."""

    def __init__(self) -> None:
        """Start empty."""
        self._found: dict[tuple[object, ...], Diagnostic] = {}

    def report(
        self,
        number: int,
        span: Span,
        *,
        variant: str = "",
        hints: Sequence[tuple[str, dict[str, str]]] = (),
        related: Sequence[Related] = (),
        edits: Sequence[Edit] = (),
        **args: object,
    ) -> None:
        """Add a problem; the same one at the same place is kept once."""
        key = f"HR{number}" + (f".{variant}" if variant else "")
        words = {name: shown(str(value)) for name, value in args.items()}
        diagnostic = Diagnostic(CODES[number], span, key, words, tuple(hints), tuple(related), tuple(edits))
        self._found.setdefault((number, span, key, tuple(sorted(words.items()))), diagnostic)

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """Everything found so far, sorted by file, position and code."""
        return sorted(self._found.values(), key=lambda found: (found.span, found.code.number, found.key))

    @property
    def count(self) -> int:
        """How many problems were found so far."""
        return len(self._found)

    @property
    def has_errors(self) -> bool:
        """Whether anything worse than a warning was found."""
        return any(found.severity == "error" for found in self._found.values())


MAX_CHOICES = 15


def did_you_mean(word: str, known: Iterable[str]) -> list[tuple[str, dict[str, str]]]:
    """A hint with the nearest names, or none."""
    found = nearest(word, known)
    return [("hint.did_you_mean", {"names": ", ".join(f"`{item}`" for item in found)})] if found else []


def suggest(word: str, known: Iterable[str]) -> list[tuple[str, dict[str, str]]]:
    """A hint with the nearest names, or with all of them where none resembles the word and they are few."""
    names = list(dict.fromkeys(known))
    few = [("hint.options", {"names": ", ".join(names)})] if 0 < len(names) <= MAX_CHOICES else []
    return did_you_mean(word, names) or few


def suggest_unit(word: str, known: Iterable[str]) -> list[tuple[str, dict[str, str]]]:
    """A hint with the nearest units, or with the usual ones."""
    return did_you_mean(word, known) or [("hint.units", {})]
