"""Pipe tables -> decision tables: headings are expressions, cells keep their places in the file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from hazardrules.model import syntax_tree as ast
from hazardrules.model.rules import DecisionTable, HitPolicy, TableRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.model.law import ClauseRef
    from hazardrules.syntax.expressions import ExpressionReader
    from hazardrules.syntax.legal_basis import LawReader, Scope
    from hazardrules.syntax.load_actions import ActionReader
    from hazardrules.syntax.nodes import Mapping, Node, Scalar

OUTPUTS = ("clause", "level", "actions", "value", "text")
HIT_POLICIES = ("unique", "collect", "first")
_RULE_OUTPUTS = ("clause", "level", "actions", "text")
_VALUE_OUTPUTS = ("clause", "value", "text")
_RULED_LINE = re.compile(r"[\s|:]*-{3,}[-\s|:]*")


class Stretch(NamedTuple):
    """Offsets of a cell in the text of its table."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a pipe table."""

    cells: tuple[Stretch, ...]
    start: int
    end: int


def lines_of(text: str) -> Iterator[Line]:
    """The lines of a pipe table that say something, each cut into cells without the blanks around them."""
    at = 0
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped and not _RULED_LINE.fullmatch(stripped):
            left = at + len(line) - len(line.lstrip())
            right = left + len(stripped)
            yield Line(tuple(_cells(text, left, right)), left, right)
        at += len(line) + 1


def _cells(text: str, left: int, right: int) -> Iterator[Stretch]:
    if text[left] == "|":
        left += 1
    if right > left and text[right - 1] == "|":
        right -= 1
    at = left
    for piece in text[left:right].split("|"):
        start = at + len(piece) - len(piece.lstrip())
        yield Stretch(start, start + len(piece.strip()))
        at += len(piece) + 1


class TableReader:
    """Reads decision tables; a table with a fault is reported and gives None."""

    def __init__(self, law: LawReader, actions: ActionReader, reader: ExpressionReader) -> None:
        """Keep the readers of what tables are made of."""
        self.law, self.actions, self.reader = law, actions, reader
        self.fields, self.collector = law.fields, law.collector

    def table(self, entry: Mapping, scope: Scope, basis: tuple[ClauseRef, ...], *, gives_value: bool) -> DecisionTable | None:
        """The table of a rule or of a derived fact.

        Args:
            entry: The rule or derived fact, with `table` and perhaps `hit`.
            scope: Its pack, with the instrument that the `clause` column refers to.
            basis: The basis of rows that cite no clause of their own.
            gives_value: Whether it belongs to a derived fact, which wants a `value` column.
        """
        hit = self._hit(entry.get("hit"), entry.get("table"))
        scalar = self.fields.scalar(entry.get("table"), "table")
        if scalar is None:
            return None
        lines = list(lines_of(scalar.text))
        if not lines[1:]:
            hints: list[tuple[str, dict[str, str]]] = []
            if scalar.style != "literal":
                hints.append(("HR115.hint_literal", {}))
            self.collector.report(115, scalar.span, variant="no_rows", hints=hints)
            return None
        return _Reading(self, scalar, scope, basis, gives_value=gives_value).run(lines, hit)

    def _hit(self, node: Node | None, table: Node | None) -> HitPolicy:
        if node is not None and table is None:
            self.collector.report(108, node.span, key="table", what="hit")
        return cast("HitPolicy", self.fields.one_of(node, "hit", HIT_POLICIES, "unique"))


class _Reading:
    """One table while it is read."""

    def __init__(
        self, tables: TableReader, scalar: Scalar, scope: Scope, basis: tuple[ClauseRef, ...], *, gives_value: bool
    ) -> None:
        self.tables, self.scalar, self.scope, self.basis, self.gives_value = tables, scalar, scope, basis, gives_value
        self.collector = tables.collector
        self.outputs: dict[str, int] = {}
        self.conditions: list[int] = []
        self.sound = True

    def run(self, lines: list[Line], hit: HitPolicy) -> DecisionTable | None:
        header = lines[0]
        headings = self._header(header)
        rows: list[TableRow] = []
        for number, line in enumerate(lines[1:], start=1):
            if len(line.cells) != len(header.cells):
                expected, found = len(header.cells), len(line.cells)
                self._fault(Stretch(line.start, line.end), "width", expected=expected, found=found)
                continue
            rows.append(self._row(number, line))
        self._else_last(rows)
        return DecisionTable(tuple(headings), tuple(rows), hit, self.scalar.span) if self.sound else None

    def _fault(self, place: Stretch, variant: str, **args: str | int) -> None:
        self.sound = False
        words: dict[str, Any] = dict(args)
        self.collector.report(115, self.scalar.part(*place), variant=variant, **words)

    def _text(self, place: Stretch) -> str:
        return self.scalar.text[place.start : place.end]

    def _header(self, header: Line) -> list[ast.Expr]:
        headings: list[ast.Expr] = []
        allowed = _VALUE_OUTPUTS if self.gives_value else _RULE_OUTPUTS
        for column, place in enumerate(header.cells):
            text = self._text(place)
            if not text:
                self._fault(Stretch(place.start, place.start + 1), "empty_heading")
            elif text in OUTPUTS:
                if text not in allowed:
                    self._fault(place, "value_column" if text == "value" else "rule_column", name=text)
                elif text in self.outputs:
                    self._fault(place, "column_twice", name=text)
                self.outputs.setdefault(text, column)
            else:
                self.conditions.append(column)
                heading = self.tables.reader.expression_in(self.scalar, place.start, place.end)
                if heading is None:
                    self.sound = False
                else:
                    headings.append(heading)
        if not self.conditions:
            self._fault(Stretch(header.start, header.end), "no_conditions")
        if self.gives_value and "value" not in self.outputs:
            self._fault(Stretch(header.start, header.end), "no_value", name="value")
        return headings

    def _row(self, number: int, line: Line) -> TableRow:
        place = {name: line.cells[column] for name, column in self.outputs.items()}
        for column, cell in enumerate(line.cells):
            if not self._text(cell):
                self._fault(Stretch(cell.start, cell.start + 1), "empty_cell", column=column + 1)
        span = self.scalar.part(line.start, line.end)
        cells = tuple(self._condition(line, nth, column) for nth, column in enumerate(self.conditions))
        own = self.tables.law.clauses_in(self.scalar, *place["clause"], self.scope) if "clause" in place else ()
        level = self._level(place.get("level"))
        actions = self.tables.actions.cell(self.scalar, *place["actions"]) if "actions" in place else ()
        text = self._text(place["text"]) if "text" in place else "-"
        said = {} if text in ("-", "") else {self.tables.fields.default_language: text}
        basis = own or self.basis
        if (level or actions) and not basis:
            self.collector.report(404, span, variant="row")
        return TableRow(number, cells, basis, level, actions, self._value(place.get("value")), said, span)

    def _condition(self, line: Line, nth: int, column: int) -> ast.Cell:
        place = line.cells[column]
        if not self._text(place):
            return ast.AnyCell(self.scalar.span)
        cell = self.tables.reader.cell(self.scalar, place.start, place.end)
        if cell is None:
            self.sound = False
            return ast.AnyCell(self.scalar.part(*place))
        if isinstance(cell, ast.ElseCell) and nth > 0:
            self._fault(place, "else_place")
        first = self._text(line.cells[self.conditions[0]])
        if nth > 0 and first == "else" and not isinstance(cell, ast.AnyCell | ast.ElseCell):
            self._fault(place, "else_alone", text=self._text(place))
        return cell

    def _else_last(self, rows: list[TableRow]) -> None:
        """Two `else` rows would leave open which one closes the gap."""
        closing = [row for row in rows if row.cells and isinstance(row.cells[0], ast.ElseCell)]
        for row in closing[1:]:
            self.sound = False
            self.collector.report(115, row.span, variant="else_twice")

    def _level(self, place: Stretch | None) -> tuple[str, str] | None:
        if place is None or self._text(place) in ("-", ""):
            return None
        return self.tables.law.level(self._text(place), self.scalar.part(*place), self.scope.scale)

    def _value(self, place: Stretch | None) -> ast.Expr | None:
        if place is None or self._text(place) in ("-", ""):
            return None
        found = self.tables.reader.expression_in(self.scalar, place.start, place.end)
        self.sound = self.sound and found is not None
        return found
