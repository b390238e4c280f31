"""All wording for people, one package per language; every message has a key and exists in each of them."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES = ("zh", "en")
SECTIONS = (
    "reading", "meaning", "intake", "results", "sessions", "graph", "verify", "exercise", "mutate", "diff", "lint", "batch",
    "cli",
)  # fmt: skip


@cache
def phrases(lang: str, section: str) -> Mapping[str, str]:
    """The phrases of a section; English stands in for a language that nobody has worded yet."""
    name = lang if lang in LANGUAGES else "en"
    found: Mapping[str, str] = import_module(f"hazardrules.wording.{name}.{section}").PHRASES
    return found


def say(lang: str, key: str, args: Mapping[str, object] | None = None) -> str:
    """Word a message.

    Args:
        lang: `zh` or `en`.
        key: The key of the phrase.
        args: What its blanks are filled with.

    Returns:
        The worded message.

    Raises:
        KeyError: No phrase has this key; a test keeps every key worded in every language.
    """
    for section in SECTIONS:
        phrase = phrases(lang, section).get(key)
        if phrase is not None:
            return phrase.format_map(_with_nouns(lang, args or {}))
    raise KeyError(key)


def _with_nouns(lang: str, args: Mapping[str, object]) -> Mapping[str, object]:
    """Give kinds of things and types their nouns in a language.

    `what` names a kind of thing, which has a noun in each language, or else a key of the author's file; `type` and
    `…_type` name a type, with a unit after a colon where it is measured; lists of
    `names` have the comma of the language.
    """
    nouns: dict[str, object] = {}
    for name in args:
        if name == "what":
            what = str(args["what"])
            key = f"`{what}` " if lang == "zh" else f"`{what}`"
            nouns[name] = phrases(lang, "reading").get(f"what.{what}", key)
        elif name == "type" or name.endswith("_type"):
            kind, _, unit = str(args[name]).partition(":")
            types = phrases(lang, "meaning")
            nouns[name] = types["type.measured"].format(unit=unit) if unit else types.get(f"type.{kind}", kind)
        elif name in ("names", "languages") and lang == "zh":
            nouns[name] = str(args[name]).replace(", ", "、")
    return {**args, **nouns} if nouns else args


def pick(texts: Mapping[str, str], lang: str) -> str:
    """Choose a text by language; where it is not written in it, the first one that is."""
    return texts.get(lang) or next(iter(texts.values()), "")
