"""Nodes and table cells -> required actions with their parameters."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from hazardrules.diagnostics import did_you_mean
from hazardrules.model import syntax_tree as ast
from hazardrules.model.rules import ActionUse
from hazardrules.model.scalars import read_date, read_duration, read_span
from hazardrules.syntax.nodes import Mapping, is_stray

if TYPE_CHECKING:
    from hazardrules.model.rules import ActionDeclaration
    from hazardrules.source import Span
    from hazardrules.syntax.expressions import ExpressionReader
    from hazardrules.syntax.legal_basis import LawReader, Scope
    from hazardrules.syntax.nodes import Node, Scalar

OVERRIDES = ("clause", "law", "cite", "by", "authority")
IMMEDIATELY = ("immediately", "立即")


@dataclass
class _Values:
    """The parameters of an action as they are read."""

    ranges: dict[str, ast.Range] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)


class _Words(NamedTuple):
    """A stretch of a scalar."""

    scalar: Scalar
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.scalar.text[self.start : self.end].strip()

    @property
    def span(self) -> Span:
        return self.scalar.part(self.start, self.end)


class ActionReader:
    """Reads the actions of rules and of table rows."""

    def __init__(self, law: LawReader, reader: ExpressionReader) -> None:
        """Keep the readers of what actions are made of."""
        self.law, self.reader = law, reader
        self.fields, self.collector = law.fields, law.collector
        self.catalogue = law.declarations.found.actions

    def actions(self, node: Node | None, scope: Scope) -> tuple[ActionUse, ...]:
        """The list under `actions:`."""
        found: list[ActionUse] = []
        for item in self.fields.sequence(node, "actions"):
            if isinstance(item, Mapping):
                if len(item.entries) != 1:
                    self.collector.report(210, item.span, variant="several", hints=[("HR210.hint_several", {})])
                    continue
                key, value = next(iter(item.items()))
                use = self._with_values(key, value, scope)
            else:
                scalar = self.fields.scalar(item, "actions")
                use = self._bare(scalar.text.strip(), scalar.span) if scalar is not None else None
            if use is not None:
                found.append(use)
        return tuple(found)

    def _declared(self, name: str, span: Span) -> ActionDeclaration | None:
        declared = self.catalogue.get(name)
        if declared is None:
            self.collector.report(209, span, name=name, hints=did_you_mean(name, self.catalogue))
        return declared

    def _bare(self, name: str, span: Span) -> ActionUse | None:
        return ActionUse(name, {}, {}, None, None, (), span) if self._declared(name, span) else None

    def _with_values(self, key: Scalar, node: Node, scope: Scope) -> ActionUse | None:
        declared = self._declared(key.text, key.span)
        if declared is None:
            return None
        values = _Values()
        if not isinstance(node, Mapping):
            scalar = self.fields.scalar(node, key.text)
            if scalar is not None:
                self._single(declared, _Words(scalar, 0, len(scalar.text)), values)
            return ActionUse(key.text, values.ranges, values.written, None, None, (), key.span)
        for parameter, value in node.items():
            if parameter.text in OVERRIDES or is_stray(node, value):
                continue
            if parameter.text not in declared.parameters:
                known = (*declared.parameters, *OVERRIDES)
                hints = did_you_mean(parameter.text, known) or [("hint.keys", {"names": ", ".join(known)})]
                self.collector.report(210, parameter.span, action=key.text, name=parameter.text, hints=hints)
                continue
            scalar = self.fields.scalar(value, parameter.text)
            if scalar is not None:
                self._value(declared, parameter.text, _Words(scalar, 0, len(scalar.text)), values)
        if node.get("law") is not None and node.get("clause") is None:
            self.collector.report(108, node.key("law").span, key="clause", what=key.text)
        roles = self.law.declarations
        return ActionUse(
            key.text,
            values.ranges,
            values.written,
            roles.role(node.get("by"), roles.found.duty_holders),
            roles.role(node.get("authority"), roles.found.authorities),
            self.law.basis(node, scope),
            key.span,
        )

    def _single(self, declared: ActionDeclaration, words: _Words, values: _Values) -> None:
        first = next(iter(declared.parameters), None)
        if first is None:
            self.collector.report(210, words.span, variant="none", action=declared.id, text=words.text)
        else:
            self._value(declared, first, words, values)

    def _value(self, declared: ActionDeclaration, parameter: str, words: _Words, values: _Values) -> None:
        kind = declared.parameters[parameter]
        if kind == "text":
            values.written[parameter] = words.text
        elif kind == "deadline":
            if not is_deadline(words.text):
                hints: list[tuple[str, dict[str, str]]] = [("HR210.hint_deadline", {})]
                self.collector.report(210, words.span, variant="deadline", text=words.text, hints=hints)
            values.written[parameter] = words.text
        else:
            found = self.reader.value(*words)
            if found is not None:
                values.ranges[parameter] = _same_unit(found)

    def cell(self, scalar: Scalar, start: int, end: int) -> tuple[ActionUse, ...]:
        """The actions of a table cell: `stop_work; fine: 200..500 CNY`; `-` for none."""
        if scalar.text[start:end] == "-":
            return ()
        found: list[ActionUse] = []
        at = start
        for piece in scalar.text[start:end].replace("；", ";").split(";"):
            left, right = _trimmed(scalar.text, at, at + len(piece))
            at += len(piece) + 1
            if left == right:
                continue
            use = self._in_cell(scalar, left, right)
            if use is not None:
                found.append(use)
        return tuple(found)

    def _in_cell(self, scalar: Scalar, start: int, end: int) -> ActionUse | None:
        text = scalar.text[start:end].replace("：", ":")
        head, colon, _ = text.partition(":")
        name = head.strip()
        span = scalar.part(start, start + len(name))
        if not colon:
            return self._bare(name, span)
        declared = self._declared(name, span)
        if declared is None:
            return None
        left, right = _trimmed(scalar.text, start + len(head) + 1, end)
        values = _Values()
        if left == right:
            self.collector.report(110, span, what=name)
        else:
            self._single(declared, _Words(scalar, left, right), values)
        return ActionUse(name, values.ranges, values.written, None, None, (), span)


def is_deadline(text: str) -> bool:
    """Whether a text says by when: `immediately`, a calendar span, a fixed time, or a date."""
    if text in IMMEDIATELY or read_span(text) is not None:
        return True
    return read_duration(text) is not None or read_date(text) is not None


def _same_unit(found: ast.Range) -> ast.Range:
    """`200..500 CNY` means `200 CNY..500 CNY`."""
    low, high = found.low, found.high
    if isinstance(low, ast.Number) and isinstance(high, ast.Number) and low.unit is None and high.unit is not None:
        return replace(found, low=replace(low, unit=high.unit, written=f"{low.written} {high.unit}"))
    return found


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The same stretch without blanks around it."""
    piece = text[start:end]
    left = start + len(piece) - len(piece.lstrip())
    return left, left + len(piece.strip())
