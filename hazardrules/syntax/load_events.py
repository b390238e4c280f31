"""events.yaml -> kinds of event; read after the subjects, whose facts they set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.diagnostics import did_you_mean, suggest
from hazardrules.model.events import EventDeclaration
from hazardrules.model.scalars import read_bool
from hazardrules.syntax.fields import IDENTIFIER

if TYPE_CHECKING:
    from fractions import Fraction

    from hazardrules.model.subjects import FactDeclaration, SubjectKind
    from hazardrules.syntax.load_declarations import DeclarationLoader
    from hazardrules.syntax.nodes import Mapping, Node, Scalar

STAMPED = ("date", "datetime")


class EventLoader:
    """Reads the kinds of event of a rulebook."""

    def __init__(self, declarations: DeclarationLoader) -> None:
        """Start with none."""
        self.declarations = declarations
        self.fields, self.collector = declarations.fields, declarations.collector
        self.subjects = declarations.found.subjects
        self.events: dict[str, EventDeclaration] = {}

    def load(self, root: Mapping) -> None:
        """events.yaml."""
        found = self.fields.mapping(root, "events.yaml", ("events",))
        listed = self.fields.open_mapping(found.get("events"), "events") if found else None
        for key, value in listed.items() if listed else ():
            name = self.fields.name(key, IDENTIFIER, "event")
            entry = self.fields.mapping(value, "event", ("label", "on"), ("adds", "stamps", "sets", "creates"))
            if name is None or entry is None or not self.declarations.declare("event", name, key.span):
                continue
            on = self._subject(entry.get("on"))
            adds = self._part(entry.get("adds"), on)
            kind = self.subjects.get(on.parts[adds].of) if on is not None and adds is not None else on
            if on is None or kind is None or (adds is None and entry.get("adds") is not None):
                continue
            self.events[name] = EventDeclaration(
                name,
                self.fields.localized(entry.get("label"), "label"),
                on.id,
                adds,
                self._stamped(entry.get("stamps"), kind),
                self._values(entry.get("sets"), kind),
                self.fields.boolean(entry.get("creates"), "creates"),
                key.span,
            )

    def _subject(self, node: Node | None) -> SubjectKind | None:
        scalar = self.fields.scalar(node, "on")
        if scalar is None:
            return None
        found = self.subjects.get(scalar.text)
        if found is None:
            self.collector.report(207, scalar.span, name=scalar.text, hints=suggest(scalar.text, self.subjects))
        return found

    def _part(self, node: Node | None, on: SubjectKind | None) -> str | None:
        scalar = self.fields.scalar(node, "adds")
        if scalar is None or on is None:
            return None
        if scalar.text not in on.parts:
            hints = did_you_mean(scalar.text, on.parts)
            self.collector.report(201, scalar.span, name=scalar.text, hints=hints)
            return None
        if on.parts[scalar.text].one:
            self.collector.report(109, scalar.span, variant="adds_one", text=scalar.text)
            return None
        return scalar.text

    def _fact(self, scalar: Scalar, kind: SubjectKind) -> FactDeclaration | None:
        found = kind.facts.get(scalar.text)
        if found is None:
            self.collector.report(201, scalar.span, name=scalar.text, hints=did_you_mean(scalar.text, kind.facts))
        return found

    def _stamped(self, node: Node | None, kind: SubjectKind) -> str | None:
        scalar = self.fields.scalar(node, "stamps")
        fact = self._fact(scalar, kind) if scalar is not None else None
        if scalar is None or fact is None:
            return None
        if fact.declared not in STAMPED:
            self.collector.report(109, scalar.span, variant="stamps", text=scalar.text)
            return None
        return fact.name

    def _values(self, node: Node | None, kind: SubjectKind) -> dict[str, bool | int | Fraction | str]:
        found: dict[str, bool | int | Fraction | str] = {}
        listed = self.fields.open_mapping(node, "sets")
        for key, value in listed.items() if listed else ():
            fact, scalar = self._fact(key, kind), self.fields.scalar(value, key.text)
            if fact is None or scalar is None:
                continue
            read: bool | int | Fraction | str | None = None
            text = scalar.text.strip()
            if fact.declared == "bool":
                read = read_bool(text)
            elif fact.declared == "enum":
                read = text if text in fact.type.options else None
            elif fact.type.name == "number":
                read = self.declarations.quantity(scalar, fact.type.unit, key.text)
                if read is None:
                    continue
            if read is None:
                self.collector.report(109, scalar.span, variant="sets", text=text, what=key.text)
            else:
                found[fact.name] = read
        return found
