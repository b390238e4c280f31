"""What `test --coverage`, `cases --missing` and `mutate` make of the explanations beside the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.cli.common import complain, file_prefix, report_diagnostics
from hazardrules.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hazardrules.api import Rulebook
    from hazardrules.verify.explained import Explanations, Stale


def explanations_of(book: Rulebook, rules: Path, lang: str) -> tuple[Explanations, bool]:
    """Read the explanations of a rulebook.

    Returns:
        The explanations, and whether all could be read; what could not is said.
    """
    from hazardrules.diagnostics import Collector  # noqa: PLC0415 - with the rulebook
    from hazardrules.verify.explained import read_explanations  # noqa: PLC0415

    source, collector = book.compiled.source, Collector()
    found = read_explanations(rules, source.languages, source.default_language, source.actions, collector)
    report_diagnostics(collector.diagnostics, rules, lang)
    return found, not collector.diagnostics


def say_stale(stale: Iterable[Stale], rules: Path, lang: str) -> bool:
    """Say which explanations are not needed any more, and whether none of them is wrong.

    One of a mutant that is proved to change nothing is only needless: whether it is found depends on the solver and its time.
    """
    fresh = True
    for item in stale:
        key = f"explained.gone_{item.kind}" if item.why == "gone" else f"explained.{item.why}"
        complain(say(lang, key, {"place": f"{file_prefix(rules)}{item.span}", "id": item.id, "case": item.case}))
        fresh = fresh and item.why == "equivalent"
    return fresh
