"""Laws of the formatter: what it writes means the same, is its own formatted text, and does not depend on spacing."""

from __future__ import annotations

import os
import re
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hazardrules.diagnostics import Collector
from hazardrules.syntax.lexer import LexError, tokenize
from hazardrules.syntax.nodes import Mapping, Node, Scalar, Sequence
from hazardrules.syntax.print_edits import Edit, _Pack, _reads_as_plain, edited
from hazardrules.syntax.print_expressions import Labels, spaced
from hazardrules.syntax.printer import format_text
from hazardrules.syntax.reader import read_yaml
from hazardrules.testing.generated_rulebooks import rulebooks

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

EXAMPLES = int(os.environ.get("HAZARDRULES_EXAMPLES", "100"))
LAW = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
LABELS = Labels(["fire resistance class", "建筑面积", "储存量（吨）"])
PAGE = Path(__file__).parents[2] / "docs" / "rule-language.md"
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def read(text: str) -> Node | None:
    """The nodes of a text that has no problems."""
    collector = Collector()
    node = read_yaml(text, "x.yaml", collector)
    assert not collector.diagnostics, (text, [found.short("en") for found in collector.diagnostics])
    return node


def formatted(text: str) -> str:
    """A text after formatting, which is its own formatted text."""
    written, problems = format_text(text, "x.yaml")
    assert problems == []
    assert format_text(written, "x.yaml") == (written, [])
    return written


def words(text: str) -> list[tuple[object, ...]] | None:
    """The tokens of an expression, whatever the spelling of its signs and numbers."""
    tokens = tokenize(text, LABELS)
    if isinstance(tokens, LexError):
        return None
    return [(token.kind, token.unit, token.value, token.text if token.kind == "NAME" else "") for token in tokens]


def plain(node: Node | None) -> Any:
    """What a tree says, without blanks within its texts."""
    if isinstance(node, Mapping):
        return {key.text: plain(value) for key, value in node.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    assert isinstance(node, Scalar)
    return node.style, "".join(node.text.replace("-", "").split())


# expressions

WORDS = st.sampled_from(
    [
        *("a", "b.c", "contents", "建筑面积", "用途", "储存量（吨）", "fire resistance class", "「甲 乙」", "甲且乙", "甲、乙类"),
        *("300", "1,000", "0.5", "３００", "300 m²", "300m²", "30 %", "30%", "5 万元", "15 days", "3个月", "5 working days"),
        *("2021-12-02", '"a>b"', "“甲 且”", "true", "km/h", "mg/100 mL", "1e3", "100 km/h"),
    ]
)
SIGNS = st.sampled_from(
    [
        *("and", "or", "not", "in", "not in", "contains", "intersects", "if", "else", "for", "where", "且", "或", "非", "不属于"),
        *("<", "<=", "==", "!=", "≥", "≤", "≠", "＜", "＝", "+", "-", "−", "*", "×", "/", "÷", "..", ","),
        *("(", ")", "（", "）", "{", "}", "[", "]", "min(", "、", "，", "超过", "=", "?", "#"),
    ]
)
GAPS = st.sampled_from(["", "", " ", "  ", "\u3000", "\t", "\n    "])
EXPRESSIONS = st.lists(st.tuples(st.one_of(WORDS, SIGNS), GAPS), min_size=1, max_size=14).map(
    lambda pairs: "".join(piece + gap for piece, gap in pairs)
)


@LAW
@given(EXPRESSIONS)
def test_an_expression_keeps_its_tokens(text: str) -> None:
    """Formatting changes blanks and the spelling of signs; what is no expression stays as it is."""
    written = spaced(text, LABELS)
    assert spaced(written, LABELS) == written
    assert words(written) == words(text)
    assert written.count("\n") >= text.strip(" \t\n\u3000").count("\n") or words(text) is None or '"' in text
    if words(text) is None:
        assert written == text


@LAW
@given(EXPRESSIONS)
def test_an_expression_means_the_same_to_a_reader_who_knows_other_labels(text: str) -> None:
    """The formatter sees one file; the labels of others may be anything that stands without blanks."""
    written = spaced(text, Labels(()))
    runs = {run for run in re.findall(r"\w+(?:（\w+）|、\w+)*", text) if re.search(r"[^\W\x00-\x7f²]", run)}
    for known in (Labels(runs).known, Labels({run[:2] for run in runs}).known, Labels({run[1:] for run in runs}).known):
        before, after = tokenize(text, known), tokenize(written, known)
        if not isinstance(before, LexError) and not isinstance(after, LexError):
            assert [(t.kind, t.value, t.unit) for t in before] == [(t.kind, t.value, t.unit) for t in after]


# the page about the rule language, with other spacing


class _Respelled(_Pack):
    """Changes every expression instead of formatting it."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__(Labels(()))
        self.chance = chance

    def _expression(self, node: Node | None, *, flow: bool, spelling: Any = None) -> Iterator[Edit]:
        del spelling
        if isinstance(node, Scalar) and not node.is_null and node.style == "plain":
            written = respelled(node.text, self.chance)
            if _reads_as_plain(written, flow=flow):
                yield Edit(node.start, node.end, written)


def respelled(text: str, chance: random.Random) -> str:
    """The same tokens with other gaps between them."""
    tokens = tokenize(text, Labels(()))
    assert not isinstance(tokens, LexError)
    for token in reversed(tokens):
        gap = chance.choice(("", " ", "   "))
        other = text[: token.start].rstrip() + gap + text[token.start :] if token.start else text
        if words(other) == words(text) and not other.startswith(" "):
            text = other
    for sign, other in ((">=", "≥"), ("<=", "≤"), ("==", "＝"), ("{", "{ "), (")", "）")):
        changed = text.replace(sign, other) if chance.random() < 0.3 else text
        text = changed if words(changed) == words(text) else text
    return text


def relaid(text: str, chance: random.Random) -> str:
    """The same file with deeper indentation, blanks at line ends, other line ends, wider tables."""
    step = chance.choice((1, 2, 3))
    lines = []
    for line in text.split("\n"):
        found = re.fullmatch(r"( *)(- )?(.*)", line)
        assert found is not None
        dash = "-" + " " * (2 * step - 1) if found.group(2) else ""
        rest = found.group(3)
        if rest.count(" | ") and chance.random() < 0.5:
            rest = rest.replace(" | ", chance.choice(("|", "  |   ", " |")))
        lines.append(" " * (len(found.group(1)) * step) + dash + rest + chance.choice(("", "", "  ")))
    return chance.choice(("\n", "\r\n")).join(lines) + "\n" * chance.choice((0, 1, 3))


def rewritten(text: str, chance: random.Random) -> str:
    """A pack or a file of cases in another spelling and layout."""
    root = read(text)
    if isinstance(root, Mapping) and root.get("pack") is not None:
        text = edited(text, _Respelled(chance).edits(root))
        read(text)
    return relaid(text, chance)


@settings(LAW, max_examples=max(EXAMPLES, 60))
@given(block=st.sampled_from(BLOCKS), chance=st.randoms(use_true_random=False))
def test_the_rulebook_of_the_page_has_one_formatted_text(block: str, chance: random.Random) -> None:
    """However its author spaced and indented it; and that text says what the page says."""
    once = formatted(block)
    assert plain(read(once)) == plain(read(block))
    assert formatted(rewritten(block, chance)) == once


def test_the_page_about_the_rule_language_is_formatted() -> None:
    """What the page shows is what the formatter writes."""
    assert len(BLOCKS) > 8
    for block in BLOCKS:
        assert formatted(block) == block


@settings(LAW, max_examples=max(EXAMPLES // 4, 10))
@given(files=rulebooks(), chance=st.randoms(use_true_random=False))
def test_a_drawn_rulebook_means_the_same_after_formatting(files: dict[str, str], chance: random.Random) -> None:
    """Nodes are equal but for the spelling of expressions."""
    for name, text in files.items():
        if name.endswith(".yaml"):
            written = formatted(text)
            assert plain(read(written)) == plain(read(text)), name
            root = read(written)
            if isinstance(root, Mapping) and root.get("pack") is not None:
                assert formatted(edited(written, _Respelled(chance).edits(root))) == written


# layouts

SCALARS = st.sampled_from(["x", "text of words", "'a: b'", '"c # d"', "{a: b, c: [d]}", "[]", "中文", "", "|text", ">folded"])
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4), st.dictionaries(st.sampled_from("abcdef"), inner, min_size=1, max_size=4)
    ),
    max_leaves=16,
)


def laid(node: Any, column: int, chance: random.Random, *, comments: Iterator[int] | None) -> list[str]:
    """A tree as lines of block YAML in an arbitrary layout."""
    if isinstance(node, str):
        return [node]
    lines: list[str] = []
    for entry in node.items() if isinstance(node, dict) else node:
        key, value = entry if isinstance(node, dict) else (None, entry)
        head = " " * column + ("-" if key is None else f"{key}:")
        if comments is not None and chance.random() < 0.3:
            lines.append(" " * chance.choice((column, column, 0, column + 3)) + f"# comment {next(comments)}")
        if isinstance(value, str):
            lines += _scalar(head, value, column, chance)
            continue
        least = 0 if isinstance(value, list) and key is not None else 1
        inner = laid(value, below := column + chance.randint(least, 4), chance, comments=comments)
        if key is None and chance.random() < 0.7 and below > column + 1 and not inner[0].lstrip().startswith("#"):
            inner[0] = head + inner[0][column + 1 :]
        else:
            lines.append(head)
        lines += inner
    return lines


def _scalar(head: str, value: str, column: int, chance: random.Random) -> list[str]:
    indent = " " * (column + chance.randint(1, 5))
    if value.startswith(("|", ">")):
        return [f"{head} {value[0]}", f"{indent}{value[1:]}", "", f"{indent}  more", f"{indent}end"]
    if " " in value and value[0] == "t" and chance.random() < 0.5:
        return [f"{head} text of", f"{indent}words"]
    if value and chance.random() < 0.2:
        return [head, f"{indent}{value}"]
    return [f"{head} {value}".rstrip()]


@LAW
@given(tree=TREES, chance=st.randoms(use_true_random=False))
def test_every_layout_of_a_tree_is_indented_alike(tree: Any, chance: random.Random) -> None:
    """Two blanks per level; what the tree says stays."""
    if isinstance(tree, str):
        return
    text = "\n".join(laid(tree, 0, chance, comments=None)) + "\n"
    written = formatted(text)
    assert plain(read(written)) == plain(read(text))
    for line in written.split("\n"):
        found = re.match(r"( *)(?:[a-f]:|-)(?: |$)", line)
        assert found is None or len(found.group(1)) % 2 == 0


@LAW
@given(tree=TREES, chance=st.randoms(use_true_random=False))
def test_comments_stay_in_their_order(tree: Any, chance: random.Random) -> None:
    """None is lost, none becomes a part of a text."""
    if isinstance(tree, str):
        return
    text = "\n".join([*laid(tree, 0, chance, comments=count()), "# the end"]) + "\n"
    written = formatted(text)
    assert plain(read(written)) == plain(read(text))
    assert re.findall("# comment .*|# the end", written) == re.findall("# comment .*|# the end", text)


PIECES = st.sampled_from(
    [
        *("a", "pack: p\n", "rules:\n", "  - id: r\n", "    when: ", "a>1", "≥ 3", "    table: |\n", "      a | level\n"),
        *(
            "      >3|x\n",
            "中",
            ": ",
            "- ",
            "-",
            "? ",
            "\n",
            "\n  ",
            "\n    ",
            "{",
            "}",
            "[",
            "]",
            ",",
            " ",
            "\t",
            "'",
            '"',
            "|",
            "|+\n",
        ),
        *(">", " # x", "\\", "---\n", "...\n", "~", "null", "\r\n", "\u3000", "key: v\n", "- x\n", "  \n", "\n\n\n\n"),
    ]
)


@settings(LAW, max_examples=max(EXAMPLES * 3, 200))
@given(st.one_of(st.lists(PIECES, max_size=30).map("".join), st.text(max_size=60)))
def test_arbitrary_text_is_formatted_or_left_with_reasons(text: str) -> None:
    """No exception; what was formatted reads as before."""
    written, problems = format_text(text, "x.yaml")
    if problems:
        assert written == text
        return
    assert formatted(written) == written
    before = Collector()
    normal = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    old, new = read_yaml(normal, "x.yaml", before), read(written)
    assert (old is None) == (new is None)
