"""What checks look at: the rulebook as its files say it, as it was compiled, and as it was written."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from hazardrules.diagnostics import Collector
from hazardrules.lint.texts import Said, TextFinder
from hazardrules.lint.trees import ATOMS, walk
from hazardrules.model import expressions as ir
from hazardrules.model import syntax_tree as ast
from hazardrules.model.rules import row_actions
from hazardrules.source import Edit, Span, whole_file
from hazardrules.syntax.folder import list_folder
from hazardrules.syntax.loader import CASES, LINT, RULEBOOK
from hazardrules.syntax.nodes import Mapping, Scalar, Sequence
from hazardrules.syntax.reader import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from hazardrules.compiler.plan import Compiled
    from hazardrules.model.rules import ActionUse, DecisionTable, Rule
    from hazardrules.model.types import ValueType
    from hazardrules.syntax.nodes import Node

BLOCKS = ("all", "any", "none", "at_least", "at_most")


class Part(NamedTuple):
    """An expression somewhere in a condition.

    Attributes:
        around: What stands around it, the outermost first.
        name: The rule, derived fact, parameter or pack in which it stands.
    """

    expr: ast.Expr
    around: tuple[ast.Expr, ...]
    name: str


class Material:
    """A rulebook without errors, from all sides."""

    def __init__(self, folder: Path, compiled: Compiled) -> None:
        """Read the files of a rulebook again, now with every text and comment in its place.

        Args:
            folder: The folder with `rulebook.yaml`.
            compiled: What was compiled from it.
        """
        self.compiled, self.source = compiled, compiled.source
        self.files: dict[str, str] = {}
        self.roots: dict[str, Node] = {}
        self.problems = Collector()
        """What is wrong with `lint.yaml`, which nothing else reads."""
        aside = Collector()  # what is wrong in files of cases is said where they are run
        listed = list_folder(folder, aside)
        for name in listed.names if listed is not None else ():
            text = listed.text(name) if listed is not None and name.endswith(".yaml") else None
            root = read_yaml(text, name, self.problems if name == LINT else aside) if text is not None else None
            if text is not None and root is not None:
                self.files[name], self.roots[name] = text, root

    # places

    @cached_property
    def _lines(self) -> dict[str, list[int]]:
        """File -> the offset of the first character of each line."""
        found: dict[str, list[int]] = {}
        for name, text in self.files.items():
            starts = [0]
            for line in text.split("\n"):
                starts.append(starts[-1] + len(line) + 1)
            found[name] = starts
        return found

    def offsets(self, span: Span) -> tuple[int, int]:
        """Where a span begins and ends in the text of its file."""
        lines = self._lines[span.file]
        return lines[span.line - 1] + span.column - 1, lines[span.end_line - 1] + span.end_column - 1

    def words(self, span: Span) -> str:
        """What stands at a span."""
        start, end = self.offsets(span)
        return self.files[span.file][start:end]

    def between(self, left: Span, right: Span) -> str:
        """What stands between two spans of one file."""
        return self.files[left.file][self.offsets(left)[1] : self.offsets(right)[0]]

    def line(self, span: Span) -> str:
        """The line on which a span begins."""
        lines = self._lines[span.file]
        return self.files[span.file][lines[span.line - 1] : lines[span.line] - 1]

    def replaced(self, span: Span, text: str) -> tuple[Edit, ...]:
        """An edit that puts a text in the place of a span."""
        return (Edit(*self.offsets(span), text),)

    def span_of(self, file: str, start: int, end: int) -> Span:
        """The span of a stretch of a file."""
        lines = self._lines[file]
        first, last = bisect_right(lines, start), bisect_right(lines, end)
        return Span(file, first, start - lines[first - 1] + 1, last, end - lines[last - 1] + 1)

    # texts

    @cached_property
    def texts(self) -> tuple[Said, ...]:
        """Every text for people, cases apart."""
        found: list[Said] = []
        for name, root in self.roots.items():
            if not name.endswith(CASES):
                found += TextFinder(name, self.source.languages, self.source.default_language).find(root)
        return tuple(found)

    @cached_property
    def pack_files(self) -> frozenset[str]:
        """The files that hold packs."""
        return frozenset(pack.file for pack in self.source.packs.values())

    # entries of files

    @cached_property
    def rule_entries(self) -> dict[str, Mapping]:
        """Full name of a rule -> its entry as it was written."""
        found: dict[str, Mapping] = {}
        for pack in self.source.packs.values():
            root = self.roots.get(pack.file)
            listed = root.get("rules") if isinstance(root, Mapping) else None
            for entry in listed.items if isinstance(listed, Sequence) else ():
                name = entry.get("id") if isinstance(entry, Mapping) else None
                if isinstance(entry, Mapping) and name is not None and hasattr(name, "text"):
                    found[f"{pack.name}.{name.text}"] = entry
        return found

    def declared(self, *path: str) -> Span:
        """Where something is declared: the key at the end of a path of keys, in whatever file it stands."""
        for root in self.roots.values():
            node: Node | None = root
            for key in path[:-1]:
                node = node.get(key) if isinstance(node, Mapping) else None
            if isinstance(node, Mapping) and path[-1] in node.entries:
                return node.key(path[-1]).span
        return whole_file(RULEBOOK)

    def without(self, entry: Mapping, key: str) -> tuple[Edit, ...]:
        """Edits that take a key out of an entry; none where its line holds more than it."""
        name, value = entry.entries[key]
        text = name.source
        if entry.flow:
            end = self._end_of(value)
            after = re.compile(r"\s*,\s*").match(text, end)
            before = re.search(r"\s*,\s*$", text[: name.start])
            if after is not None:
                return (Edit(name.start, after.end(), ""),)
            return (Edit(before.start(), end, ""),) if before is not None else ()
        start = text.rfind("\n", 0, name.start) + 1
        end = text.find("\n", self._end_of(value)) + 1
        if text[start : name.start].strip() or not end or (not isinstance(value, Scalar) and not value.flow):
            return ()
        return (Edit(start, end, ""),)

    def _end_of(self, node: Node) -> int:
        return node.end if isinstance(node, Scalar) else self.offsets(node.span)[1]

    @cached_property
    def cases(self) -> dict[str, list[Mapping]]:
        """File of cases -> its cases as they were written."""
        return {
            name: [case for case in root.items if isinstance(case, Mapping)]
            for name, root in self.roots.items()
            if name.endswith(CASES) and isinstance(root, Sequence)
        }

    # conditions

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Every expression of the rulebook and everything in it."""
        found: list[Part] = []
        for name, expr in self._written():
            found += (Part(part, around, name) for part, around in walk(expr))
        return tuple(found)

    def _written(self) -> Iterator[tuple[str, ast.Expr]]:
        for pack in self.source.packs.values():
            if pack.applies is not None:
                yield pack.name, pack.applies
            for parameter in pack.parameters:
                yield from ((f"{pack.name}.{parameter.name}", one.value) for one in parameter.values if one.value is not None)
            for derived in pack.derived:
                if derived.expression is not None:
                    yield derived.name, derived.expression
                yield from ((derived.name, expr) for expr in _of_table(derived.table))
            for rule in pack.rules:
                yield from ((rule.name, expr) for expr in _of_rule(rule))

    def is_block(self, expr: ast.Expr) -> bool:
        """Whether a condition was written as a block, such as `all:` with a list."""
        return isinstance(expr, ast.Junction | ast.Not | ast.Threshold) and any(
            self.words(expr.span).startswith(f"{word}:") for word in BLOCKS
        )

    @cached_property
    def _types(self) -> dict[Span, tuple[ValueType, bool]]:
        found: dict[Span, tuple[ValueType, bool]] = {}
        for rule in self.compiled.rules.values():
            for condition in (rule.scope, rule.when, *rule.unless):
                _note_types(condition, found)
        for derived in self.compiled.derived.values():
            _note_types(derived.expr, found)
        for scope in self.compiled.scopes.values():
            _note_types(scope, found)
        return found

    def type_of(self, expr: ast.Expr) -> ValueType | None:
        """The type of a fact or value that stands in a condition, where it is known."""
        known = self._types.get(expr.span)
        return known[0] if known is not None else None

    def is_value(self, expr: ast.Expr) -> bool:
        """Whether something that stands in a condition is a value of the law and no fact: `lpg`, `300 m²`."""
        known = self._types.get(expr.span)
        return known is not None and known[1]

    def operand(self, expr: ast.Expr) -> str:
        """The words of an expression as they may stand beside an operator: with brackets where they need them."""
        words = self.words(expr.span)
        return words if isinstance(expr, ATOMS) else f"({words})"


def action_uses(rule: Rule) -> Iterator[ActionUse]:
    """The actions of a rule, or of the rows of its table."""
    if rule.table is None:
        yield from rule.actions
        return
    for row in rule.table.rows:
        yield from row_actions(rule, row)


def levels_given(rule: Rule) -> Iterator[tuple[str, str]]:
    """The levels that a rule or the rows of its table give: scale and step."""
    given = (rule.level, *(row.level for row in rule.table.rows)) if rule.table is not None else (rule.level,)
    yield from (level for level in given if level is not None)


def _of_rule(rule: Rule) -> Iterator[ast.Expr]:
    yield from (expr for expr in (rule.applies, rule.when) if expr is not None)
    yield from (one.condition for one in rule.unless if one.condition is not None)
    yield from _of_table(rule.table)
    for use in action_uses(rule):
        for value in use.values.values():
            yield from _ends(value)


def _ends(value: ast.Range) -> Iterable[ast.Expr]:
    """The ends of a range; a single value is both."""
    ends = (value.low,) if value.low is value.high else (value.low, value.high)
    return (end for end in ends if end is not None)


def _of_table(table: DecisionTable | None) -> Iterator[ast.Expr]:
    if table is None:
        return
    yield from table.headings
    yield from (row.value for row in table.rows if row.value is not None)


def _note_types(condition: ir.Expr | None, found: dict[Span, tuple[ValueType, bool]]) -> None:
    for expr in ir.walk(condition) if condition is not None else ():
        found.setdefault(expr.span, (expr.type, isinstance(expr, ir.Const)))
