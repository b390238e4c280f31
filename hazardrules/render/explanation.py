"""Why a rule holds, fails or stays open, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.render.labels import Labels
from hazardrules.render.layout import Page

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hazardrules.model.results import Explanation, Reason
    from hazardrules.model.rulebook import RulebookSource

_STYLES = {"holds": "severity3", "fails": "severity0", "undetermined": "warn"}


def render_explanation(
    found: Explanation,
    source: RulebookSource,
    lang: str,
    *,
    kind: str,
    case: str | None = None,
    day: str = "",
    verbose: bool = False,
) -> Page:
    """Render an explanation for people.

    Args:
        found: The explanation.
        source: The rulebook that gave it, for labels.
        lang: The language.
        kind: The kind of the subject that the case is about.
        case: The name of the case.
        day: The day of the case, in words.
        verbose: Show every reason behind a reason.
    """
    return _Writer(found, Labels(source, lang), kind, verbose=verbose).page(case, day)


class _Writer:
    def __init__(self, found: Explanation, labels: Labels, kind: str, *, verbose: bool) -> None:
        self.found, self.labels, self.kind, self.verbose = found, labels, kind, verbose
        self.say = labels.say
        self.out = Page()

    def page(self, case: str | None, day: str) -> Page:
        found, out = self.found, self.out
        truth = self.say(f"explain.truth_{found.truth}")
        out.line((found.title, "strong"), self.say("text.colon"), (truth, _STYLES.get(found.truth, "strong")))
        out.line((f"{found.rule} · {self.labels.bases(found.basis)}", "dim"), indent=2)
        if found.text and found.text != found.title:
            out.line(found.text, indent=2, hang=0)
        about = [case or "", self.labels.path(self.kind, found.subject), day]
        out.line((self.say("text.dot").join(word for word in about if word), "dim"), indent=2)
        self._truth("explain.scope", found.applies, found.scope, always=bool(found.scope) or found.applies is not True)
        self._truth("explain.condition", found.condition, found.reasons, always=True)
        self._list("explain.exceptions", found.exceptions)
        self._list("explain.displaced_by", [self.labels.rule(name) for name in found.displaced_by])
        self._missing()
        return out

    def _truth(self, key: str, truth: bool | None, reasons: Sequence[Reason], *, always: bool) -> None:
        if not always:
            return
        state = {True: "yes", False: "no", None: "open"}[truth]
        self.out.blank()
        self.out.line((self.say(key), "heading"), self.say("text.colon"), self.say(f"explain.{state}"))
        self._reasons(reasons, 2)

    def _reasons(self, reasons: Iterable[Reason], indent: int) -> None:
        for reason in reasons:
            self.out.line(f"· {reason.text}", indent=indent)
            if self.verbose:
                self.out.line((reason.condition, "dim"), indent=indent + 2)
            self._reasons(reason.because, indent + 2)

    def _list(self, key: str, words: Sequence[str]) -> None:
        if words:
            self.out.heading(self.say(key))
            for word in words:
                self.out.line(f"· {word}", indent=2)

    def _missing(self) -> None:
        missing = self.found.missing
        if missing is None:
            return
        self.out.heading(self.say("explain.missing"))
        for key, sets in (("explain.to_hold", missing.to_hold), ("explain.to_clear", missing.to_clear)):
            for number, facts in enumerate(sets):
                lead = self.say(key) if number == 0 else self.say("explain.or")
                words = self.labels.join([self.labels.path(self.kind, path) for path in facts])
                self.out.line(f"{lead}{words}", indent=2)
        if missing.more:
            self.out.line((self.say("explain.more_sets"), "dim"), indent=2)
