"""The spelling of expressions: blanks, ASCII operators and digits; never a word of the author's.

The formatter sees one file, and the labels of facts stand in others. So a run of Chinese characters, with what is
glued to it by signs that a label may hold, is taken for one name: blanks go only where no label could reach.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from hazardrules.diagnostics import Collector
from hazardrules.model.units import SPELLINGS
from hazardrules.source import whole_file
from hazardrules.syntax.expressions import ExpressionReader
from hazardrules.syntax.lexer import BOUND_WORDS, CANONICAL, CHINESE_KEYWORDS, LexError, Vocabulary, tokenize
from hazardrules.syntax.nodes import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hazardrules.syntax.lexer import Token

_GLUE = r"[-−–—/+*×÷·.．、：:&～~]"
_GROUP = r"[(（][^\s()（）{}\[\]<>=!≤≥≠＜＞＝,，]*[)）]"
_RUN = re.compile(rf"\w+(?:{_GLUE}\w+|,[0-9]{{3}}(?![0-9])|{_GROUP}\w*)*")
_OF_A_LABEL = re.compile(r"[^\W\x00-\x7f²³]")
_UNIT_AFTER = re.compile(rf"[ \t\n\u3000]*({'|'.join(re.escape(spelling) for spelling in SPELLINGS)})")
_SPAN_PARTS = re.compile(r"([^\s\u3000\D]+)[\s\u3000]*(.*)")
_ASCII = str.maketrans("０１２３４５６７８９．", "0123456789.")
_OPENING = frozenset(("LPAR", "LBRACE", "LSQB"))
_CLOSING = frozenset(("RPAR", "RBRACE", "RSQB", "COMMA"))
_OPERATORS = frozenset(("LE", "GE", "EQ", "NE", "LT", "GT", "PLUS", "MINUS", "STAR", "SLASH", "COMMA", "DOTDOT"))
_BEFORE_AN_OPERAND = _OPENING | _OPERATORS | {"AND", "OR", "NOT", "IN", "CONTAINS", "INTERSECTS", "IF", "ELSE", "WHERE"}


class Labels(Vocabulary):
    """The known labels, and every run of Chinese characters taken for a label that is not known."""

    def __init__(self, labels: Iterable[str] = ()) -> None:
        """Index the known labels."""
        listed = tuple(labels)
        super().__init__(listed)
        self.known = Vocabulary(listed)

    def longest(self, text: str, at: int) -> str | None:
        """The longer one of a known label and a run of Chinese characters."""
        known = super().longest(text, at)
        run = _RUN.match(text, at)
        if run is None or not _OF_A_LABEL.search(run.group()):
            return known
        word = run.group()
        unit = _UNIT_AFTER.match(text, run.end()) if word[-1].isdigit() else None
        if unit is not None:  # 且300 km/h: a number may end the run, and then its unit belongs to it
            glued = _RUN.match(text, unit.start(1))
            word = text[at : max(unit.end(), glued.end() if glued is not None else 0)]
        if word in CHINESE_KEYWORDS or word in BOUND_WORDS:
            return known
        return word if known is None or len(word) > len(known) else known


class _Piece(NamedTuple):
    """A token as it is to be written, and the blanks the author put before it."""

    kind: str
    written: str
    gap: str


def spaced(text: str, labels: Labels) -> str:
    """Write an expression with the usual blanks and signs.

    Args:
        text: The expression as it stands in the file; its line breaks stay where they are.
        labels: Labels that may stand in it.

    Returns:
        The same tokens in the usual spelling; the text itself where it is no sequence of tokens.
    """
    tokens = tokenize(text, labels)
    if isinstance(tokens, LexError) or not tokens:
        return text
    written = "".join(_joined(_pieces(text, tokens)))
    return written if written != text and _same_tokens(text, written, labels) else text


def spaced_value(text: str, labels: Labels) -> str:
    """The value of an action's parameter: touched only where it is clearly computed, since it may be plain text."""
    tokens = tokenize(text, labels)
    if isinstance(tokens, LexError) or not any(_is_computed(token) for token in tokens):
        return text
    written = spaced(text, labels)
    if written == text:
        return text
    scalar = Scalar(text, whole_file("-"), "plain", text, 0, len(text))
    return written if ExpressionReader(Collector(), labels).value(scalar, 0, len(text)) is not None else text


def _is_computed(token: Token) -> bool:
    return token.unit is not None or token.kind in ("SPAN", "DOTDOT")


def _same_tokens(before: str, after: str, labels: Labels) -> bool:
    """Whether both say the same, with the runs taken for labels and with the known labels alone."""
    if _meaning(before, labels) != _meaning(after, labels):
        return False
    known = _meaning(before, labels.known)
    return known is None or known == _meaning(after, labels.known)


def _meaning(text: str, vocabulary: Vocabulary) -> list[tuple[object, ...]] | None:
    tokens = tokenize(text, vocabulary)
    if isinstance(tokens, LexError):
        return None
    return [
        (token.kind, token.unit, token.value if token.value is not None else "" if token.kind in CANONICAL else token.text)
        for token in tokens
    ]


def _pieces(text: str, tokens: list[Token]) -> list[_Piece]:
    pieces: list[_Piece] = []
    end = tokens[0].start
    for token in tokens:
        if token.start < end:  # 不属于 is two tokens at one place
            pieces[-1] = pieces[-1]._replace(kind=token.kind)
            continue
        kind = token.kind
        if kind == "MINUS" and (not pieces or pieces[-1].kind in _BEFORE_AN_OPERAND or pieces[-1].kind == "SIGN"):
            kind = "SIGN"
        pieces.append(_Piece(kind, _written(text[token.start : token.end], token), text[end : token.start]))
        end = token.end
    return pieces


def _written(raw: str, token: Token) -> str:
    if token.kind in CANONICAL:
        return CANONICAL[token.kind]
    if "\n" in raw:
        return raw
    if token.kind == "NUMBER":
        number = token.text.translate(_ASCII)
        return f"{number} {token.unit}" if token.unit else number
    if token.kind == "SPAN":
        parts = _SPAN_PARTS.fullmatch(raw)
        return f"{parts.group(1).translate(_ASCII)} {' '.join(parts.group(2).split())}" if parts else raw
    return raw


def _joined(pieces: list[_Piece]) -> Iterable[str]:
    """The pieces with what goes between them."""
    previous: _Piece | None = None
    for piece in pieces:
        if previous is not None:
            line_break = piece.gap.find("\n")
            if line_break >= 0:
                yield piece.gap[line_break:].replace("\t", " ").replace("\u3000", " ")
            elif not _is_tight(previous, piece):
                yield " "
        yield piece.written
        previous = piece


def _is_tight(left: _Piece, right: _Piece) -> bool:
    """Whether two neighbours stand without a blank."""
    if left.kind in _OPENING or left.kind in ("DOTDOT", "SIGN") or right.kind in _CLOSING or right.kind == "DOTDOT":
        return True
    if left.kind == "NAME" and right.kind == "LPAR":  # a call, unless a word in the run before it is an operator
        return left.written.isascii() or not right.gap
    return False
