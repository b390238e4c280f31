"""YAML text becomes nodes that keep their places; what YAML would misread is refused with a mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from work import at_most

from hazardrules.diagnostics import Collector
from hazardrules.source import Span
from hazardrules.syntax.expressions import ExpressionReader
from hazardrules.syntax.lexer import Vocabulary
from hazardrules.syntax.nodes import Mapping, Scalar, Sequence
from hazardrules.syntax.reader import MAX_BYTES, read_file, read_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from hazardrules.syntax.nodes import Node


def read(text: str) -> tuple[Node | None, list[str]]:
    """The root of a text, and its problems as `line:column key`."""
    collector = Collector()
    node = read_yaml(text, "x.yaml", collector)
    found = collector.diagnostics
    for problem in found:
        assert problem.message("zh")
        assert problem.message("en")
        assert problem.hint("zh") is None or problem.hint("en")
    return node, [f"{problem.span.line}:{problem.span.column} {problem.key}" for problem in found]


@pytest.mark.parametrize("written", ["no", "4.10", "1:30", "2021-12-02", "0x10", "1_000", "NaN", "1e400", "yes", "on"])
def test_every_scalar_stays_what_was_written(written: str) -> None:
    """YAML's own ideas about types never apply."""
    node, problems = read(f"key: {written}\n")
    assert isinstance(node, Mapping)
    value = node.get("key")
    assert isinstance(value, Scalar)
    assert value.text == written
    assert problems == []


def test_nodes_know_where_they_stand() -> None:
    """Lines and columns count from 1, in characters."""
    node, _ = read("规则:\n  - 瓦斯: 1\n    b: [x, y]\n")
    assert isinstance(node, Mapping)
    rules = node.get("规则")
    assert isinstance(rules, Sequence)
    (first,) = rules.items
    assert isinstance(first, Mapping)
    assert first.key("瓦斯").span[1:] == (2, 5, 2, 7)
    listed = first.get("b")
    assert isinstance(listed, Sequence)
    assert listed.items[1].span[1:] == (3, 12, 3, 13)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: &x 1\n", "1:4 HR103.anchor"),
        ("a: 1\nb: *a\n", "2:4 HR103.alias"),
        ("a: !!python/object:os.system x\n", "1:4 HR103.tag"),
        ("a: 1\n---\nb: 2\n", "2:1 HR103.documents"),
        ("a: {<<: b}\n", "1:5 HR103.merge"),
        ("a: 1\na: 2\n", "2:1 HR104"),
        ("a: {zh: 甲, en: b, c}\n", "1:19 HR111.stray"),
        ("a: {b:1}\n", "1:5 HR111.no_space"),
        ("? [a]\n: b\n", "1:3 HR111.key"),
        ("a: % b\n", "1:4 HR111.start"),
        ("a: `b`\n", "1:4 HR111.start"),
        ("a: @b\n", "1:4 HR111.start"),
        ("- {a, b} > 3\n", "1:3 HR111.start"),
        ("a:\n\t- b\n", "2:1 HR102.tab"),
        ("a: b: c\n", "1:5 HR102.colon"),
        ("a: \x00\n", "1:4 HR102.character"),
        ("a: '1\n", "1:6 HR102.quote"),
    ],
)
def test_what_yaml_would_misread_is_refused_where_it_stands(text: str, problem: str) -> None:
    """The problem names the place and the reason."""
    assert problem in read(text)[1]


def test_a_flow_group_that_begins_a_condition_is_told_how_to_mend() -> None:
    """The hint says what to write instead."""
    collector = Collector()
    read_yaml("when: {a, b} contains x\n", "x.yaml", collector)
    (problem, *_) = collector.diagnostics
    assert problem.key == "HR111.start"
    assert problem.hint("en") == "put it between single quotes `'…'`, or write it as an item under `all:`"


def test_parts_of_a_block_text_point_into_the_file() -> None:
    """Cells of a table and words of a condition keep their places below `|`."""
    node, _ = read("rule:\n  table: |\n    a | b\n\n    甲 | 乙\n")
    assert isinstance(node, Mapping)
    rule = node.get("rule")
    assert isinstance(rule, Mapping)
    table = rule.get("table")
    assert isinstance(table, Scalar)
    at = table.text.index("乙")
    assert table.part(at, at + 1)[1:] == (5, 9, 5, 10)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "- " * 50_000,
        "{a: " * 20_000,
        "a: " + "x" * 3_000_000,
        "- 1\n" * 900_000,
        "a: &a [1]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "'" * 100_001,
        ("k" * 2000 + ": 1\n") * 1000,
    ],
    ids=["open lists", "nested items", "open groups", "long text", "many items", "bomb", "quotes", "long keys"],
)
def test_hostile_text_ends_in_a_diagnostic_after_bounded_work(text: str) -> None:
    """Nesting, size and aliases are bounded before they cost anything."""
    with at_most(10_000_000):
        _, problems = read(text)
    assert problems


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1" + " + 1" * 20_000, "HR105.expression"),
        ("not " * 20_000 + "a", "HR105.expression"),
        ("(" * 20_000, "HR105.expression"),
        ("a if b else " * 8_000 + "c", "HR105.expression"),
        ("a and not b and " * 500 + "c", None),
        ("a - 1 > 2 and " * 500 + "c", None),
        ("1" + " + 1" * 59, None),
        ("a in {" + "b, " * 20_000 + "c}", None),
    ],
    ids=["sum", "nots", "brackets", "choices", "flat nots", "flat differences", "a long sum", "a long list"],
)
def test_only_deep_expressions_are_refused(text: str, problem: str | None) -> None:
    """Depth is bounded because trees are walked; length is not."""
    collector = Collector()
    scalar = Scalar(text, Span("x.yaml", 1, 1, 1, len(text) + 1), "plain", text, 0, len(text))
    found = ExpressionReader(collector, Vocabulary()).expression(scalar)
    assert [diagnostic.key for diagnostic in collector.diagnostics] == ([problem] if problem else [])
    assert (found is None) == (problem is not None)


def test_unreadable_files_are_diagnostics(tmp_path: Path) -> None:
    """A missing, a too large and a wrongly encoded file give None and a problem."""
    (tmp_path / "latin.yaml").write_bytes("a: 1\nb: é".encode("latin-1"))
    (tmp_path / "large.yaml").write_bytes(b"a" * (MAX_BYTES + 1))
    collector = Collector()
    assert [read_file(tmp_path / name, name, collector) for name in ("none.yaml", "latin.yaml", "large.yaml")] == [None] * 3
    assert [(str(found.span), found.key) for found in collector.diagnostics] == [
        ("large.yaml:1:1", "HR105.file"),
        ("latin.yaml:2:4", "HR101.encoding"),
        ("none.yaml:1:1", "HR101"),
    ]


def test_line_ends_and_byte_order_marks_of_other_systems_make_no_difference(tmp_path: Path) -> None:
    """A file edited on Windows is the same rulebook."""
    (tmp_path / "a.yaml").write_bytes("\ufeffa: 1\r\nb: 2\r\n".encode())
    assert read_file(tmp_path / "a.yaml", "a.yaml", Collector()) == "a: 1\nb: 2\n"
