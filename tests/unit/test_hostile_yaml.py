"""Whatever stands in a file, reading it ends soon, in bounded memory, with a diagnostic and never with an exception."""

from __future__ import annotations

import os
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from work import at_most

from hazardrules.diagnostics import Collector
from hazardrules.model.scalars import read_number
from hazardrules.syntax.nodes import Mapping, Scalar, Sequence
from hazardrules.syntax.reader import MAX_BYTES, MAX_PROBLEMS, read_file, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hazardrules.syntax.nodes import Node

MAX_CALLS = 20_000_000
MEGABYTES = 160

BOMB = "a: &a [x, x]\n" + "".join(f"k{n}: &b{n} [{', '.join([f'*b{n - 1}' if n else '*a'] * 9)}]\n" for n in range(12))
HOSTILE = {
    "an alias bomb": (BOMB, "HR103.alias"),
    "an alias to itself": ("a: &a [*a]\n", "HR103.alias"),
    "10,000 open flow lists on a line": ("[" * 10_000, "HR102"),
    "10,000 open flow lists on lines": ("[\n" * 10_000, "HR105.depth"),
    "10,000 closed flow lists": ("[" * 10_000 + "]" * 10_000, "HR102"),
    "10,000 open flow groups": ("{a: " * 10_000, "HR105.depth"),
    "10,000 open flow groups on lines": ("{a:\n" * 10_000, "HR105.depth"),
    "10,000 block lists on a line": ("- " * 10_000 + "x", "HR105.depth"),
    "2,500 block groups": ("".join(" " * n + "a:\n" for n in range(2_500)), "HR105.depth"),
    "10,000 groups as keys": ("? " * 10_000 + "x", "HR105.depth"),
    "two million block lists on a line": ("- " * 1_900_000 + "x", "HR105.depth"),
    "four million open lists": ("[" * 3_900_000, "HR102"),
    "a plain text of 10 MB": ("a: " + "x" * 10_000_000, "HR105.file"),
    "a plain text of 4 MB": ("a: " + "x" * 3_900_000, "HR105.scalar"),
    "a quoted text of escapes": ('a: "' + "\\u4e2d" * 600_000 + '"', "HR105.scalar"),
    "a quoted text without an end": ("'" + "x" * 3_900_000, "HR102"),
    "a block text of 4 MB": ("a: |\n" + "  x\n" * 900_000, "HR105.scalar"),
    "a key of 4 MB": ('? "' + "k" * 3_900_000 + '"\n: 1\n', "HR105.scalar"),
    "a long implicit key": ("k" * 3_900_000 + ": 1\n", "HR102"),
    "a tag of 4 MB": ("!!" + "a" * 3_900_000 + " x", "HR103.tag"),
    "an anchor of 4 MB": ("&" + "a" * 3_900_000 + " x", "HR103.anchor"),
    "a million list items": ("- a\n" * 990_000, "HR105.nodes"),
    "two million flow items": ("[" + "a," * 1_900_000 + "]", "HR105.nodes"),
    "a million flow pairs": ("[" + "a: 1," * 700_000 + "]", "HR105.nodes"),
    "300,000 different keys": ("".join(f"k{n}: v\n" for n in range(300_000)), "HR105.nodes"),
    "800,000 equal keys": ("a: 1\n" * 790_000, "HR104"),
    "500,000 anchors": ("- &a 1\n" * 500_000, "HR103.anchor"),
    "100,000 tags": ("- !!python/object:os.system x\n" * 100_000, "HR103.tag"),
    "400,000 stray keys": ("- {" + "a, " * 400_000 + "}", "HR111.stray"),
    "900,000 documents": ("---\n" * 900_000, "HR103.documents"),
    "a Python object": ("a: !!python/object/apply:os.system [echo]\n", "HR103.tag"),
    "a tag nobody declared": ("a: !e!x 1\n", "HR102"),
    "a merge key": ("a:\n  <<: {b: 1}\n", "HR103.merge"),
    "a NUL": ("a: b\0c\n", "HR102.character"),
    "an escaped NUL": ('"\\0key": "a\\0b"\n', "HR102.character"),
    "an escaped line separator": ('a: "\\L"\n', "HR102.character"),
    "an escaped surrogate": ('a: "\\ud800"\n', "HR102"),
    "a lone surrogate": ("a: \ud800\n", "HR102.character"),
    "a byte order mark within": ("a: x\ufeffy\n", "HR102.character"),
    "a control character": ("a: \x1b[31m\n", "HR102.character"),
    "a line separator": ("a: b\u2028c: d\n", "HR102.character"),
    "a tab as indentation": ("a:\n\tb: 1\n", "HR102.tab"),
    "tabs between dashes": ("- " * 39 + "-\t" * 1_900_000, "HR102.tab"),
    "a carriage return": ("a: 1\rb: 2\n", "HR102.character"),
}


def read(text: str) -> tuple[Node | None, list[str], Collector]:
    """The root of a text and the keys of its problems, each of which can be said in both languages."""
    collector = Collector()
    node = read_yaml(text, "x.yaml", collector)
    found = collector.diagnostics
    for problem in found:
        for lang in ("zh", "en"):
            said = problem.message(lang)
            assert "\n" not in said
            assert len(said) < 400
            problem.hint(lang)
    return node, [problem.key for problem in found], collector


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_refused_after_bounded_work(name: str) -> None:
    """The problem is named after bounded work, and the number of problems is bounded."""
    text, problem = HOSTILE[name]
    with at_most(MAX_CALLS):
        _, problems, _ = read(text)
    assert any(found.startswith(problem) for found in problems)
    assert len(problems) <= MAX_PROBLEMS + 2


@pytest.mark.parametrize(
    "name", ["an alias bomb", "a million list items", "300,000 different keys", "a quoted text of escapes", "500,000 anchors"]
)
def test_hostile_text_takes_bounded_memory(name: str) -> None:
    """What is kept of a text grows with the bounds on nodes and sizes, not with the text."""
    text, _ = HOSTILE[name]
    tracemalloc.start()
    try:
        read(text)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MEGABYTES * 1_000_000


def test_an_empty_text_has_no_root_and_no_problem_of_yaml() -> None:
    """Whoever asked for something in it reports that it is missing."""
    assert read("")[:2] == (None, [])
    assert read("# only words\n")[:2] == (None, [])


def test_absurd_numbers_stay_text_and_are_no_numbers() -> None:
    """`1e400` and `NaN` are not read by YAML and refused by the reader of numbers."""
    node, problems, _ = read("a: 1e400\nb: .nan\nc: -.inf\nd: 1e999999999\n")
    assert problems == []
    assert isinstance(node, Mapping)
    texts = [value.text for _, value in node.items() if isinstance(value, Scalar)]
    assert texts == ["1e400", ".nan", "-.inf", "1e999999999"]
    assert [read_number(text) for text in texts] == [None] * 4
    assert read_number("9" * 1_000_000) is None


def test_a_byte_order_mark_in_front_moves_no_column() -> None:
    """Places are those an editor shows."""
    node, problems, _ = read("\ufeffa: b\n")
    assert problems == []
    assert isinstance(node, Mapping)
    assert node.key("a").span[1:] == (1, 1, 1, 2)
    assert node.key("a").source[node.key("a").start : node.key("a").end] == "a"


@pytest.mark.parametrize(
    "raw", [b"a: \xff\xfe\n", b"\xff\xfea\0:\0 \x001\0", b"a: \xed\xa0\x80\n", b"a: \xc0\x80\n", b"\x80" * 1_000_000]
)
def test_bytes_that_are_no_utf8_are_a_diagnostic(tmp_path: Path, raw: bytes) -> None:
    """Latin, UTF-16, encoded surrogates, overlong forms."""
    (tmp_path / "a.yaml").write_bytes(raw)
    collector = Collector()
    assert read_file(tmp_path / "a.yaml", "a.yaml", collector) is None
    assert [problem.key for problem in collector.diagnostics] == ["HR101.encoding"]


def test_a_pipe_or_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    """Only ordinary files are read, and no more of them than the limit."""
    (tmp_path / "folder.yaml").mkdir()
    names = ["folder.yaml"]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.yaml")
        names.append("pipe.yaml")
    (tmp_path / "large.yaml").write_bytes(b"a" * (MAX_BYTES + 1))
    collector = Collector()
    assert [read_file(tmp_path / name, name, collector) for name in (*names, "large.yaml")] == [None] * (len(names) + 1)
    assert {problem.key for problem in collector.diagnostics} == {"HR101.no_file", "HR105.file"}


@pytest.mark.parametrize(
    "content",
    ['"' + "\\u4e2d" * 90_000 + '"', '"\\n' + " " * 99_000 + 'x"', "|\n" + "  x  \n\n" * 20_000, "'" + "''" * 90_000 + "'"],
    ids=["escapes", "blanks", "block text", "quotes"],
)
def test_places_within_a_long_text_are_found_with_work_in_proportion(content: str) -> None:
    """Aligning content and source costs time in proportion to their length."""
    node, problems, _ = read(f"a: {content}\nb: 中\n")
    assert problems == []
    assert isinstance(node, Mapping)
    scalar = node.get("a")
    assert isinstance(scalar, Scalar)
    with at_most(20 * len(content)):
        scalar.part(len(scalar.text) - 1, len(scalar.text))


def test_places_within_quoted_text_with_escapes_are_exact() -> None:
    """Each character points at what wrote it: an escape, a fold, itself."""
    source = 'a: "x\\u4e2d y\\\n   z \\"甲\\"\n   k\n\n   m"\n'
    node, _, _ = read(source)
    assert isinstance(node, Mapping)
    scalar = node.get("a")
    assert isinstance(scalar, Scalar)
    assert scalar.text == 'x中 yz "甲" k\nm'
    assert [source[at] for at in scalar._aligned()] == list("x\\ yz \\甲\\\nk\nm")
    at = scalar.text.index("甲")
    assert scalar.part(at, at + 1)[1:] == (2, 8, 2, 9)


PIECES = st.sampled_from(
    [
        *("a", "中", ":", ": ", "- ", "-", "? ", "?", "\n", "\n  ", "\n    ", "{", "}", "[", "]", ",", " ", "\t", "'", '"'),
        *("|", "|\n", ">", "|2-\n", "&a ", "*a", "!t ", "!!str ", "#", " # x", "%", "@", "`", "\\", "\\u0000", "---\n", "...\n"),
        *("<<: ", "\ufeff", "\u2028", "\x85", "\0", "\ud800", "😀", "~", "null", "\r", "\r\n", "\u3000", "key: v\n", "- x\n"),
        *("%YAML 1.1\n", "%TAG ! x\n", "\x1b", "\ufffe", "\U0001fffe", "k: {a: 1, b}\n"),
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=40).map("".join), st.text(max_size=80))


def nodes(node: Node | None) -> Iterator[Node]:
    """Every node of a tree."""
    if node is None:
        return
    yield node
    if isinstance(node, Sequence):
        for item in node.items:
            yield from nodes(item)
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield key
            yield from nodes(value)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_arbitrary_text_gives_nodes_or_diagnostics(text: str) -> None:
    """No exception leaves the reader, and every node and problem stands within the text."""
    node, _, collector = read(text)
    lines = text.count("\n") + 1
    for problem in collector.diagnostics:
        assert 1 <= problem.span.line <= lines
    for found in nodes(node):
        assert 1 <= found.span.line <= found.span.end_line <= lines
        if isinstance(found, Scalar) and found.text:
            found.part(0, len(found.text))
