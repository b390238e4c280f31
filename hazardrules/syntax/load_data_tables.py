"""tables/*.yaml and the CSV files beside them -> data tables of the law."""

from __future__ import annotations

import csv
import io
import posixpath
from typing import TYPE_CHECKING

from hazardrules.diagnostics import did_you_mean, suggest
from hazardrules.model.law import Effective
from hazardrules.model.rules import DataTable
from hazardrules.model.scalars import read_bool, read_date, read_datetime
from hazardrules.source import Span
from hazardrules.syntax.fields import IDENTIFIER
from hazardrules.syntax.legal_basis import LawReader, Scope
from hazardrules.syntax.load_declarations import FACT_TYPES
from hazardrules.syntax.nodes import Mapping, Node, Scalar

if TYPE_CHECKING:
    from hazardrules.model.types import ValueType
    from hazardrules.syntax.folder import Folder
    from hazardrules.syntax.load_declarations import DeclarationLoader

Rows = dict[tuple[str, ...], tuple[object, ...]]


class DataTableLoader:
    """Reads data tables.

    Attributes:
        used: The CSV files that some table names.
    """

    def __init__(self, declarations: DeclarationLoader, folder: Folder) -> None:
        """Keep where tables are declared and where their files lie."""
        self.declarations, self.folder = declarations, folder
        self.fields, self.collector = declarations.fields, declarations.collector
        self.used: set[str] = set()

    def table(self, file: str, root: Mapping) -> None:
        """A data table: its description and the CSV beside it."""
        entry = self.fields.mapping(root, "table", ("table", "file", "key", "value"), ("law", "clause", "cite", "label"))
        scalar = self.fields.scalar(root.get("table"), "table")
        name = self.fields.name(scalar, IDENTIFIER, "table") if scalar is not None else None
        if entry is None or scalar is None or name is None:
            return
        csv_name, text = self._csv(file, entry)
        if not self.declarations.declare("table", name, scalar.span):
            return
        basis = LawReader(self.declarations).basis(entry, Scope("", "", "", None, "", Effective()))
        if not basis and entry.get("clause") is None:
            self.collector.report(404, scalar.span, variant="table")
        keys = self._columns(entry.get("key"), "key")
        columns = self._columns(entry.get("value"), "value")
        rows = self._rows(text, csv_name, keys, columns) if text is not None else {}
        self.declarations.found.tables[name] = DataTable(name, basis, keys, columns, rows, scalar.span)

    def _csv(self, file: str, entry: Mapping) -> tuple[str, str | None]:
        """The name and the text of the CSV that a table names."""
        scalar = self.fields.scalar(entry.get("file"), "file")
        if scalar is None:
            return "", None
        written = scalar.text.strip()
        beside = posixpath.dirname(file)
        wanted = posixpath.normpath(posixpath.join(beside, written))
        # INVARIANT (nothing outside the folder is read): only a file that the walk has listed is opened
        known = [item for item in self.folder.names if item.endswith(".csv")]
        if wanted not in known:
            hints = did_you_mean(written, [item.removeprefix(f"{beside}/") for item in known])
            self.collector.report(116, scalar.span, variant="file", name=written, hints=hints)
            return wanted, None
        self.used.add(wanted)
        return wanted, self.folder.text(wanted)

    def _columns(self, node: Node | None, what: str) -> dict[str, ValueType]:
        listed = self.fields.open_mapping(node, what)
        columns: dict[str, ValueType] = {}
        for key, value in listed.items() if listed else ():
            if isinstance(value, Scalar):
                declared = self.fields.one_of(value, "type", FACT_TYPES, "text")
                entry = Mapping({}, value.span, flow=True)
            else:
                found = self.fields.mapping(value, "column", ("type",), ("unit", "of"))
                if found is None:
                    continue
                entry = found
                declared = self.fields.one_of(entry.get("type"), "type", FACT_TYPES, "text")
            options = self.declarations.options(entry, declared)
            columns[key.text] = self.declarations.value_type(entry, declared, options)
        return columns

    def _rows(self, text: str, name: str, keys: dict[str, ValueType], columns: dict[str, ValueType]) -> Rows:
        reader = csv.reader(io.StringIO(text), strict=True)
        try:
            lines = [(reader.line_num, line) for line in reader]
        except csv.Error as error:
            number = max(reader.line_num, 1)
            self.collector.report(116, Span(name, number, 1, number, 2), variant="unreadable", reason=error)
            return {}
        header = [cell.strip() for cell in lines[0][1]] if lines else []
        missing = [column for column in (*keys, *columns) if column not in header]
        if missing:
            self.collector.report(116, Span(name, 1, 1, 1, 2), variant="columns", names=", ".join(missing))
            return {}
        rows: Rows = {}
        for number, line in lines[1:]:
            if not any(cell.strip() for cell in line):
                continue
            span = Span(name, number, 1, number, max(len(",".join(line)), 1) + 1)
            if len(line) != len(header):
                self.collector.report(116, span, variant="width", expected=len(header), found=len(line))
                continue
            cells = dict(zip(header, (cell.strip() for cell in line), strict=True))
            # a key is looked up by its value: `10.0` and `10` are one
            key = tuple(str(self._value(cells[column], column, kind, span)) for column, kind in keys.items())
            if key in rows:
                self.collector.report(116, span, variant="twice", key=", ".join(key))
                continue
            rows[key] = tuple(self._value(cells[column], column, kind, span) for column, kind in columns.items())
        return rows

    def _value(self, cell: str, column: str, kind: ValueType, span: Span) -> object:
        """A cell as its column says; an empty one is unknown."""
        if not cell:
            return None
        value: object = cell
        if kind.name == "number":
            value = self.declarations.quantity(Scalar(cell, span, "single", cell, 0, 0), kind.unit, column)
        elif kind.name == "enum":
            if cell not in kind.options:
                self.collector.report(206, span, name=cell, hints=suggest(cell, kind.options))
                value = None
        elif kind.name == "bool":
            value = read_bool(cell)
            if value is None:
                self.collector.report(109, span, variant="bool", text=cell, what=column)
        elif kind.name in ("date", "datetime"):
            value = read_date(cell) if kind.name == "date" else read_datetime(cell)
            if value is None:
                self.collector.report(109, span, variant="date", text=cell, what=column)
        return value
