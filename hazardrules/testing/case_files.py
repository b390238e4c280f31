"""`*.cases.yaml`: cases with their expectations, each knowing its file and line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hazardrules.diagnostics import Collector
from hazardrules.model.scalars import read_bool, read_date
from hazardrules.source import whole_file
from hazardrules.syntax.nodes import Mapping, Node, Scalar, Sequence
from hazardrules.syntax.reader import read_file, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from hazardrules.api import Rulebook
    from hazardrules.diagnostics import Diagnostic

SUFFIX = ".cases.yaml"
_NAMED = 4
"""So many kinds of subjects are named in a message."""
_KEYS = ("name", "as_of", "jurisdiction", "complete", "packs", "expect", "rows", "判定日期", "辖区")
_RULE_COLUMNS = ("holds", "fails", "undetermined", "not_in_force", "displaced", "relieved")
_OUTCOME_COLUMNS = {"finding_level": "level", "finding_actions": "actions"}
_SPECIAL_COLUMNS = ("as_of", "jurisdiction", "level", "complete", "name", *_RULE_COLUMNS, *_OUTCOME_COLUMNS)
_PARAMETER = re.compile(r"\s+(?=\w+=)")


@dataclass(frozen=True, slots=True)
class WrittenCase:
    """A case as it stands in a file.

    Attributes:
        name: What it is about, in a sentence.
        file: The file, as people call it.
        line: Where it stands.
        subject: The subject as it was written.
        data: Its facts, as text, lists and mappings.
        packs: The packs that its expectations are about; None for all.
        expect: What is expected: plain text, lists and mappings; None stands for `null`.
    """

    name: str
    file: str
    line: int
    subject: str
    data: dict[str, Any]
    as_of: date | None
    jurisdiction: str | None
    complete: bool | tuple[str, ...]
    packs: tuple[str, ...] | None
    expect: dict[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class CaseFile:
    """The cases of one file, and what was wrong with it."""

    file: str
    cases: tuple[WrittenCase, ...]
    diagnostics: tuple[Diagnostic, ...]


def find_case_files(folder: Path) -> list[Path]:
    """Every case file below a folder, sorted."""
    return sorted(path for path in folder.rglob(f"*{SUFFIX}") if path.is_file())


def read_case_file(path: Path, book: Rulebook, name: str | None = None) -> CaseFile:
    """Read one case file.

    Args:
        path: The file.
        book: The rulebook that its cases are about.
        name: How messages call the file; its path by default.
    """
    called = name or path.as_posix()
    collector = Collector()
    text = read_file(path, called, collector)
    root = read_yaml(text, called, collector) if text is not None else None
    cases: list[WrittenCase] = []
    if isinstance(root, Sequence):
        pack = _pack_beside(path, book)
        for item in root.items:
            cases.extend(_Reader(called, book, pack, collector).case(item))
    elif root is not None:
        collector.report(
            106,
            root.span if hasattr(root, "span") else whole_file(called),
            variant="mapping_not_list" if isinstance(root, Mapping) else "text_not_list",
            what="cases",
        )
    return CaseFile(called, tuple(cases), tuple(collector.diagnostics))


def _pack_beside(path: Path, book: Rulebook) -> str | None:
    """The pack of `x.yaml` for `x.cases.yaml`."""
    sibling = f"{path.name.removesuffix(SUFFIX)}.yaml"
    for pack in book.compiled.source.packs.values():
        parts = pack.file.split("/")
        if parts[-1] == sibling and path.as_posix().endswith("/".join([*parts[:-1], path.name])):
            return pack.name
    return None


def plain(node: Node | None) -> Any:
    """A node as text, lists and mappings; `null` as None."""
    match node:
        case Scalar():
            return None if node.is_null else node.text
        case Sequence(items=items):
            return [plain(item) for item in items]
        case Mapping():
            return {key.text: plain(value) for key, value in node.items()}
    return None


class _Reader:
    def __init__(self, file: str, book: Rulebook, pack: str | None, collector: Collector) -> None:
        self.file, self.book, self.pack, self.collector = file, book, pack, collector

    def case(self, node: Node) -> Iterator[WrittenCase]:
        if not isinstance(node, Mapping):
            self.collector.report(
                106, node.span, variant="list_not_mapping" if isinstance(node, Sequence) else "text_not_mapping", what="case"
            )
            return
        subjects = [key for key, _ in node.items() if key.text not in _KEYS]
        known = [key for key in subjects if self.book.intake.find_subject(key.text)]
        for key in subjects:
            if key not in known:
                from hazardrules.diagnostics import did_you_mean  # noqa: PLC0415 - only for a mistake

                hints = did_you_mean(key.text, (*_KEYS, *self.book.compiled.source.subjects))
                self.collector.report(107, key.span, key=key.text, what="case", hints=hints)
        if len(known) != 1:
            kinds = [*self.book.compiled.source.subjects]
            named = kinds if len(kinds) <= _NAMED else [*kinds[:_NAMED], "…"]
            self.collector.report(108, node.span, key=", ".join(named), what="case")
            return
        subject = known[0].text
        facts = plain(node.get(subject)) or {}
        line = node.span.line
        base = WrittenCase(
            name=self._text(node, "name") or f"{self.file}:{line}",
            file=self.file,
            line=line,
            subject=subject,
            data=facts if isinstance(facts, dict) else {},
            as_of=self._day(node),
            jurisdiction=self._text(node, "jurisdiction") or self._text(node, "辖区"),
            complete=self._complete(plain(node.get("complete"))),
            packs=self._packs(node),
            expect=plain(node.get("expect")) or {},
        )
        rows = node.get("rows")
        if rows is None:
            yield base
        elif isinstance(rows, Scalar):
            yield from self._rows(base, rows)

    def _text(self, node: Mapping, key: str) -> str | None:
        found = node.get(key)
        return found.text if isinstance(found, Scalar) and not found.is_null else None

    def _day(self, node: Mapping) -> date | None:
        found = node.get("as_of") or node.get("判定日期")
        if not isinstance(found, Scalar) or found.is_null:
            return None
        day = read_date(found.text)
        if day is None:
            self.collector.report(109, found.span, variant="date", text=found.text, what="as_of")
        return day

    def _complete(self, value: Any) -> bool | tuple[str, ...]:
        if isinstance(value, list):
            return tuple(str(item) for item in value)
        return bool(read_bool(value)) if isinstance(value, str) else False

    def _packs(self, node: Mapping) -> tuple[str, ...] | None:
        found = plain(node.get("packs"))
        if found == "all":
            return None
        if found is None:
            return (self.pack,) if self.pack else None
        return tuple(found) if isinstance(found, list) else (found,)

    def _rows(self, base: WrittenCase, rows: Scalar) -> Iterator[WrittenCase]:
        lines = rows.text.split("\n")
        first = rows.span.line + (1 if rows.style in ("literal", "folded") else 0)
        headings: list[str] | None = None
        for number, line in enumerate(lines):
            if not line.strip():
                continue
            cells = [cell.strip() for cell in line.split("|")]
            if headings is None:
                headings = cells
                continue
            if len(cells) != len(headings):
                self.collector.report(
                    115, rows.span._replace(line=first + number, column=1, end_line=first + number, end_column=len(line) + 1),
                    variant="width", expected=len(headings), found=len(cells),
                )  # fmt: skip
                continue
            yield self._row(base, headings, cells, first + number, rows)

    def _row(self, base: WrittenCase, headings: list[str], cells: list[str], line: int, rows: Scalar) -> WrittenCase:
        data: dict[str, Any] = _copied(base.data)
        expect: dict[str, Any] = dict(base.expect)
        as_of, place, complete, name = base.as_of, base.jurisdiction, base.complete, base.name
        scales = self.book.compiled.source.scales
        outcome = {
            _OUTCOME_COLUMNS[heading]: _actions(cell) if heading == "finding_actions" else cell
            for heading, cell in zip(headings, cells, strict=True)
            if heading in _OUTCOME_COLUMNS and cell != "-"
        }
        for heading, cell in zip(headings, cells, strict=True):
            if heading in _RULE_COLUMNS:
                names = [] if cell == "-" else [item.strip() for item in cell.replace(";", ",").split(",") if item.strip()]
                stated = outcome if heading == "holds" else {}
                expect[heading] = [*expect.get(heading, []), *({"rule": name, **stated} if stated else name for name in names)]
            elif heading in _OUTCOME_COLUMNS:
                continue
            elif cell == "-":
                if heading not in _SPECIAL_COLUMNS and heading not in scales:
                    data.pop(heading, None)
            elif heading == "as_of":
                as_of = read_date(cell)
                if as_of is None:
                    self.collector.report(109, rows.span, variant="date", text=cell, what="as_of")
            elif heading == "jurisdiction":
                place = cell
            elif heading == "complete":
                complete = bool(read_bool(cell))
            elif heading == "name":
                name = f"{base.name}: {cell}"
            elif heading == "level":
                expect["level"] = None if cell == "null" else cell
            elif heading in scales:
                expect[heading] = {"level": None if cell == "null" else cell}
            elif self._is_derived(base.subject, heading):
                expect["derived"] = {**expect.get("derived", {}), heading: None if cell == "null" else _value(cell)}
            else:
                self._set(data, base.subject, heading, cell)
        shown = " ".join(f"{heading}={cell}" for heading, cell in zip(headings, cells, strict=True) if cell != "-")
        return WrittenCase(f"{name} [{shown}]", base.file, line, base.subject, data, as_of, place, complete, base.packs, expect)

    def _is_derived(self, subject: str, heading: str) -> bool:
        return (self.book.intake.find_subject(subject) or subject, heading) in self.book.compiled.derived

    def _set(self, data: dict[str, Any], subject: str, heading: str, cell: str) -> None:
        value = _value(cell)
        kind = self.book.compiled.source.subjects[self.book.intake.find_subject(subject) or subject]
        head, _, rest = heading.partition(".")
        part = kind.parts.get(head)
        if rest and part is not None and part.one and heading not in kind.facts:
            data.setdefault(head, {})[rest] = value
        else:
            data[heading] = value


def _value(cell: str) -> Any:
    """What a cell states: `{a, b}` is a list."""
    if cell.startswith("{") and cell.endswith("}"):
        return [item.strip() for item in cell[1:-1].split(",") if item.strip()]
    return [] if cell == "[]" else cell


def _actions(cell: str) -> list[dict[str, str]]:
    """The actions of a cell: `close; fine amount=200..500 CNY`."""
    found = []
    for text in cell.split(";"):
        name, *parameters = _PARAMETER.split(text.strip())
        pairs = (parameter.partition("=") for parameter in parameters)
        found.append({"action": name, **{key: value.strip() for key, _, value in pairs}})
    return found


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value
