"""The mark of a case whose answer is the engine's, until a person has confirmed it."""

from __future__ import annotations

from hazardrules.wording import LANGUAGES, say

MARKS = tuple(say(lang, "stubs.mark") for lang in LANGUAGES)


def is_unconfirmed(name: str) -> bool:
    """Whether nobody has confirmed a case yet."""
    return name.startswith(MARKS)
