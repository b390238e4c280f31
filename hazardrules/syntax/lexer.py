"""Expression text -> tokens: numbers with units, dates, names, labels, and operators in English and Chinese.

The lexer is ours because labels may stand for ids (the longest one wins, with no blanks between Chinese words) and
units belong to the number before them; both need the vocabulary, which no token pattern can know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from hazardrules.model.scalars import read_number
from hazardrules.model.units import SPELLINGS, find_unit
from hazardrules.model.values import CalendarSpan

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

KEYWORDS = {
    "and": "AND",
    "or": "OR",
    "not": "NOT",
    "in": "IN",
    "contains": "CONTAINS",
    "intersects": "INTERSECTS",
    "if": "IF",
    "else": "ELSE",
    "for": "FOR",
    "where": "WHERE",
    "true": "TRUE",
    "false": "FALSE",
}
CHINESE_KEYWORDS = {
    "并且": "AND",
    "或者": "OR",
    "不属于": "NOT IN",
    "不包含": "NOT CONTAINS",
    "不涉及": "NOT INTERSECTS",
    "且": "AND",
    "或": "OR",
    "非": "NOT",
    "不是": "NOT",
    "属于": "IN",
    "包含": "CONTAINS",
    "涉及": "INTERSECTS",
}
SYMBOLS = {
    "<=": "LE",
    ">=": "GE",
    "==": "EQ",
    "!=": "NE",
    "..": "DOTDOT",
    "≤": "LE",
    "≥": "GE",
    "≠": "NE",
    "＝": "EQ",
    "<": "LT",
    ">": "GT",
    "＜": "LT",
    "＞": "GT",
    "+": "PLUS",
    "-": "MINUS",
    "−": "MINUS",
    "*": "STAR",
    "×": "STAR",
    "/": "SLASH",
    "÷": "SLASH",
    "(": "LPAR",
    ")": "RPAR",
    "（": "LPAR",
    "）": "RPAR",
    "{": "LBRACE",
    "}": "RBRACE",
    "[": "LSQB",
    "]": "RSQB",
    ",": "COMMA",
    "，": "COMMA",
    "、": "COMMA",
}
CANONICAL = {
    "LE": "<=",
    "GE": ">=",
    "EQ": "==",
    "NE": "!=",
    "LT": "<",
    "GT": ">",
    "PLUS": "+",
    "MINUS": "-",
    "STAR": "*",
    "SLASH": "/",
    "LPAR": "(",
    "RPAR": ")",
    "LBRACE": "{",
    "RBRACE": "}",
    "LSQB": "[",
    "RSQB": "]",
    "COMMA": ",",
    "DOTDOT": "..",
}
BOUND_WORDS = ("以上", "以下", "以内", "超过", "不足", "低于", "高于", "不超过", "不少于", "大于", "小于", "少于", "多于")

# INVARIANT (longest unit): spellings stay in the order of SPELLINGS, the longest first
_SPELLINGS_BY_FIRST: dict[str, list[str]] = {}
for _spelling in SPELLINGS:
    _SPELLINGS_BY_FIRST.setdefault(_spelling[0], []).append(_spelling)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)")
_NUMBER = re.compile(r"[0-9０-９]+(?:,[0-9]{3}(?![0-9]))*(?:[.．](?!\.)[0-9０-９]+)?(?:[eE][+-]?[0-9]+(?![\w.]))?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_0-9][A-Za-z0-9_]*)*")
_SPAN_UNIT = re.compile(r"(years?|months?|working\s+days?|个工作日|工作日|个月|年)(?![A-Za-z0-9_])")
_BLANK = re.compile(r"[ \t\n\u3000]+")
_WORD_AFTER = re.compile(r"[A-Za-z0-9_]")


class LexError(NamedTuple):
    """Text that is no token.

    `variant` names the wording: `character`, `bound` (以上 …), `unit`, `string`, `label`, `number`.
    """

    variant: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Token:
    """A token; `value` is set for numbers, spans, dates and texts."""

    kind: str
    text: str
    start: int
    end: int
    value: int | Fraction | CalendarSpan | date | str | None = None
    unit: str | None = None


class Vocabulary:
    """The labels that may stand in expressions, for longest-match look-up.

    A label that begins with an operator word ("not checked") would change what an expression says; it can only be
    written in quotes, as `「not checked」`.
    """

    def __init__(self, labels: Iterable[str] = ()) -> None:
        """Index labels by their first character."""
        self._by_first: dict[str, list[str]] = {}
        words = {label for label in labels if label and not _NAME.fullmatch(label)}
        words = {label for label in words if label.split()[0] not in KEYWORDS}
        for label in sorted(words, key=len, reverse=True):
            self._by_first.setdefault(label[0], []).append(label)

    def longest(self, text: str, at: int) -> str | None:
        """The longest label that stands at a position."""
        for label in self._by_first.get(text[at], ()):
            if text.startswith(label, at) and not (_is_word(label[-1]) and _is_word(text[at + len(label) : at + len(label) + 1])):
                return label
        return None


def _is_word(character: str) -> bool:
    """A character that goes on an ASCII name: a label does not end in the middle of one."""
    return character.isascii() and (character.isalnum() or character == "_")


def tokenize(text: str, vocabulary: Vocabulary) -> list[Token] | LexError:
    """Cut an expression into tokens.

    Args:
        text: The expression.
        vocabulary: The labels known anywhere in the rulebook.

    Returns:
        The tokens, or the first piece of text that is none.
    """
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        blank = _BLANK.match(text, at)
        if blank:
            at = blank.end()
            continue
        found = _one(text, at, vocabulary)
        if isinstance(found, LexError):
            return _with_label_before(found, tokens, text)
        tokens.extend(found)
        at = found[-1].end
    return tokens


def _with_label_before(error: LexError, tokens: list[Token], text: str) -> LexError:
    """An unknown label together with the known one it begins with: 住宿人书 is one slip, not 住宿 and 人书."""
    last = tokens[-1] if tokens else None
    if error.variant != "label" or last is None or last.kind != "NAME" or last.end != error.start or last.text.isascii():
        return error
    return LexError("label", text[last.start : error.end], last.start, error.end)


def _one(text: str, at: int, vocabulary: Vocabulary) -> list[Token] | LexError:
    character = text[at]
    if character in "\"'“”":
        return _string(text, at)
    if character == "「":
        end = text.find("」", at)
        if end < 0:
            return LexError("string", text[at:], at, len(text))
        return [Token("NAME", text[at + 1 : end], at, end + 1)]
    matched = _DATE.match(text, at)
    if matched:
        try:
            return [Token("DATE", matched.group(), at, matched.end(), date.fromisoformat(matched.group()))]
        except ValueError:
            return LexError("number", matched.group(), at, matched.end())
    if character.isdigit():
        return _number(text, at, vocabulary)
    label = vocabulary.longest(text, at)
    matched = _NAME.match(text, at)
    if matched and (label is None or len(label) <= len(matched.group())):
        word = matched.group()
        return [Token(KEYWORDS.get(word, "NAME"), word, at, matched.end())]
    keyword = next((item for item in CHINESE_KEYWORDS if text.startswith(item, at)), None)
    if label is not None and (keyword is None or len(label) > len(keyword)):
        return [Token("NAME", label, at, at + len(label))]
    if keyword is not None:
        return [Token(kind, keyword, at, at + len(keyword)) for kind in CHINESE_KEYWORDS[keyword].split()]
    for sign in (text[at : at + 2], text[at]):  # the last character of a text is its own next two
        kind = SYMBOLS.get(sign)
        if kind:
            return [Token(kind, CANONICAL[kind], at, at + len(sign))]
    bound = next((item for item in BOUND_WORDS if text.startswith(item, at)), None)
    if bound is not None:
        return LexError("bound", bound, at, at + len(bound))
    if character == "=":
        return LexError("equals", "=", at, at + 1)
    if character.isascii() or not character.isalpha():
        return LexError("character", character, at, at + 1)
    return LexError("label", _unknown_label(text, at, vocabulary), at, at + len(_unknown_label(text, at, vocabulary)))


def _unknown_label(text: str, at: int, vocabulary: Vocabulary) -> str:
    """The run of letters up to something known, so that a hint can look for its neighbours."""
    end = at + 1
    while end < len(text) and text[end].isalnum() and not text[end].isascii():
        if any(text.startswith(word, end) for word in CHINESE_KEYWORDS) or vocabulary.longest(text, end):
            break
        if any(text.startswith(word, end) for word in BOUND_WORDS):
            break
        end += 1
    return text[at:end]


def _string(text: str, at: int) -> list[Token] | LexError:
    closing = {"“": "”", "”": "”"}.get(text[at], text[at])
    end = text.find(closing, at + 1)
    if end < 0:
        return LexError("string", text[at:], at, len(text))
    return [Token("STRING", text[at : end + 1], at, end + 1, text[at + 1 : end])]


def _number(text: str, at: int, vocabulary: Vocabulary) -> list[Token] | LexError:
    matched = _NUMBER.match(text, at)
    value = read_number(matched.group()) if matched else None
    if matched is None or value is None:
        return LexError("number", text[at : at + 20], at, min(at + 20, len(text)))
    end = matched.end()
    blank = _BLANK.match(text, end)
    after = blank.end() if blank else end
    span = _SPAN_UNIT.match(text, after)
    if span and isinstance(value, int):
        word = span.group(1)
        whole = text[at : span.end()]
        if "working" in word or "工作日" in word:
            return [Token("SPAN", whole, at, span.end(), CalendarSpan(working_days=value))]
        months = value * 12 if word.startswith("year") or word == "年" else value
        return [Token("SPAN", whole, at, span.end(), CalendarSpan(months=months))]
    unit = _unit_at(text, after, vocabulary)
    if unit:
        return [Token("NUMBER", matched.group(), at, after + len(unit), value, unit)]
    return [Token("NUMBER", matched.group(), at, end, value)]


def _unit_at(text: str, at: int, vocabulary: Vocabulary) -> str | None:
    if at >= len(text):
        return None
    for spelling in _SPELLINGS_BY_FIRST.get(text[at], ()):
        if not text.startswith(spelling, at):
            continue
        end = at + len(spelling)
        if spelling[-1].isalpha() and spelling[-1].isascii() and end < len(text) and _WORD_AFTER.match(text, end):
            continue
        label = vocabulary.longest(text, at)
        if label is not None and len(label) > len(spelling):
            continue
        return spelling if find_unit(spelling) else None
    return None
