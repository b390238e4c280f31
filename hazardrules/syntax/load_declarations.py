"""Nodes -> declarations: scales, roles, actions, subjects, instruments, data tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast

from hazardrules.diagnostics import Related, did_you_mean, suggest, suggest_unit
from hazardrules.model.law import Effective, Holder, Instrument, Jurisdiction, Level, Role, Scale
from hazardrules.model.rules import ActionDeclaration
from hazardrules.model.scalars import read_bool, read_number, read_quantity
from hazardrules.model.subjects import Compliant, FactDeclaration, PartDeclaration, SubjectKind
from hazardrules.model.types import BOOL, DATE, DATETIME, INTEGER, TEXT, Option, ValueType
from hazardrules.model.units import ONE, Unit, convert, find_unit, same_dimension, unit_names
from hazardrules.model.values import normalise
from hazardrules.source import Span, whole_file
from hazardrules.syntax.fields import DOTTED, HYPHENATED, IDENTIFIER, OPTION, Fields
from hazardrules.syntax.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from fractions import Fraction

    from hazardrules.model.law import Localized
    from hazardrules.model.rules import ActionKind, DataTable, ParameterType

ACTION_KINDS = ("remedy", "order", "measure", "penalty", "criminal", "report")
PARAMETER_TYPES = ("deadline", "money", "integer", "number", "duration", "text")
FACT_TYPES = ("bool", "integer", "number", "text", "date", "datetime", "duration", "money", "enum", "set")
RESERVED = frozenset(
    (
        *("and", "or", "not", "in", "contains", "intersects", "if", "else", "for", "where", "true", "false"),
        *("as_of", "owner", "any", "all", "count", "sum", "min", "max", "abs", "floor", "ceil", "total", "unknown"),
    )
)


@dataclass
class Declarations:
    """Everything declared once for all packs."""

    jurisdictions: dict[str, Jurisdiction] = field(default_factory=dict)
    root: str = ""
    scales: dict[str, Scale] = field(default_factory=dict)
    authorities: dict[str, Role] = field(default_factory=dict)
    duty_holders: dict[str, Role] = field(default_factory=dict)
    actions: dict[str, ActionDeclaration] = field(default_factory=dict)
    instruments: dict[str, Instrument] = field(default_factory=dict)
    subjects: dict[str, SubjectKind] = field(default_factory=dict)
    tables: dict[str, DataTable] = field(default_factory=dict)
    places: dict[tuple[str, str], Span] = field(default_factory=dict)


class DeclarationLoader:
    """Reads the files that declare things."""

    def __init__(self, fields: Fields) -> None:
        """Start with nothing declared."""
        self.fields = fields
        self.collector = fields.collector
        self.found = Declarations()

    def declare(self, kind: str, name: str, span: Span) -> bool:
        """Note where something is declared; False where it was declared before."""
        earlier = self.found.places.get((kind, name))
        if earlier is not None:
            self.collector.report(202, span, name=name, related=[Related(earlier, "related.first_declared")])
            return False
        self.found.places[kind, name] = span
        return True

    # rulebook.yaml

    def jurisdictions(self, node: Node | None) -> None:
        """The tree of jurisdictions."""
        listed = self.fields.open_mapping(node, "jurisdictions")
        for key, value in listed.items() if listed else ():
            name = self.fields.name(key, HYPHENATED, "jurisdiction")
            entry = self.fields.mapping(value, "jurisdiction", ("label",), ("within",))
            if name and entry:
                within = self.fields.text(entry.get("within"), "within")
                label = self.fields.localized(entry.get("label"), "label")
                self.found.jurisdictions[name] = Jurisdiction(name, label, within)
        known = self.found.jurisdictions
        for key, value in listed.items() if listed else ():
            place = known.get(key.text)
            if place and place.within and place.within not in known and isinstance(value, Mapping):
                hints = suggest(place.within, known)
                around = value.get("within")
                self.collector.report(218, around.span if around else key.span, name=place.within, hints=hints)
                known[place.id] = Jurisdiction(place.id, place.label, None)
        roots = [place.id for place in known.values() if place.within is None]
        self.found.root = roots[0] if roots else ""
        for other in roots[1:]:
            span = listed.key(other).span if listed else whole_file("rulebook.yaml")
            self.collector.report(218, span, variant="two_roots", name=other, first=roots[0])

    # levels.yaml, authorities.yaml, actions.yaml

    def scales(self, root: Mapping) -> None:
        """levels.yaml."""
        found = self.fields.mapping(root, "levels.yaml", ("scales",))
        listed = self.fields.open_mapping(found.get("scales"), "scales") if found else None
        for key, value in listed.items() if listed else ():
            name = self.fields.name(key, IDENTIFIER, "scale")
            entry = self.fields.mapping(value, "scale", ("label", "levels"))
            levels = self.fields.open_mapping(entry.get("levels"), "levels") if entry else None
            if not name or not entry or not levels or not self.declare("scale", name, key.span):
                continue
            steps = tuple(self._level(step_key, step) for step_key, step in levels.items())
            index = {step.id: number for number, step in enumerate(steps)}
            self.found.scales[name] = Scale(name, self.fields.localized(entry.get("label"), "label"), steps, index)

    def _level(self, key: Scalar, node: Node) -> Level:
        self.fields.name(key, IDENTIFIER, "level")
        entry = self.fields.mapping(node, "level", ("severity", "label"))
        severity = self.fields.number(entry.get("severity"), "severity") if entry else 0
        if severity not in (0, 1, 2, 3, 4) and entry:
            self.collector.report(109, entry.span, variant="severity", text=severity)
            severity = 0
        label = self.fields.localized(entry.get("label"), "label") if entry else {}
        return Level(key.text, label, int(severity or 0))

    def roles(self, root: Mapping) -> None:
        """authorities.yaml."""
        found = self.fields.mapping(root, "authorities.yaml", (), ("authorities", "duty_holders"))
        for section, target in (("authorities", self.found.authorities), ("duty_holders", self.found.duty_holders)):
            listed = self.fields.open_mapping(found.get(section), section) if found else None
            for key, value in listed.items() if listed else ():
                name = self.fields.name(key, IDENTIFIER, section)
                entry = self.fields.mapping(value, section, ("label",), ("holders",))
                if not name or not entry or not self.declare(section, name, key.span):
                    continue
                holders = tuple(
                    holder
                    for item in self.fields.sequence(entry.get("holders"), "holders")
                    if (holder := self._holder(item)) is not None
                )
                target[name] = Role(name, self.fields.localized(entry.get("label"), "label"), holders)

    def _holder(self, node: Node) -> Holder | None:
        keys = ("from", "until", "in_force_by", "verified", "source")
        entry = self.fields.mapping(node, "holder", ("jurisdiction", "name"), keys)
        if entry is None:
            return None
        place = self.jurisdiction(entry.get("jurisdiction"))
        dated = Mapping({k: v for k, v in entry.entries.items() if k in keys[:3]}, entry.span, entry.flow)
        effective = self.fields.effective(dated) or Effective()
        name = self.fields.localized(entry.get("name"), "name")
        verified = self.fields.boolean(entry.get("verified"), "verified", default=True)
        return Holder(place, name, effective, verified, self.fields.text(entry.get("source"), "source") or "") if place else None

    def jurisdiction(self, node: Node | None) -> str | None:
        """A known jurisdiction."""
        scalar = self.fields.scalar(node, "jurisdiction")
        if scalar is None:
            return None
        if scalar.text not in self.found.jurisdictions:
            hints = suggest(scalar.text, self.found.jurisdictions)
            self.collector.report(218, scalar.span, name=scalar.text, hints=hints)
            return None
        return scalar.text

    def actions(self, root: Mapping) -> None:
        """actions.yaml."""
        found = self.fields.mapping(root, "actions.yaml", ("actions",))
        listed = self.fields.open_mapping(found.get("actions"), "actions") if found else None
        for key, value in listed.items() if listed else ():
            name = self.fields.name(key, IDENTIFIER, "action")
            entry = self.fields.mapping(value, "action", ("kind", "label"), ("by", "authority", "parameters"))
            if not name or not entry or not self.declare("action", name, key.span):
                continue
            kind = self.fields.one_of(entry.get("kind"), "kind", ACTION_KINDS, "remedy")
            parameters: dict[str, ParameterType] = {}
            declared = self.fields.open_mapping(entry.get("parameters"), "parameters")
            for parameter, type_node in declared.items() if declared else ():
                if parameter.text in ("by", "authority", "clause", "law"):
                    self.collector.report(114, parameter.span, variant="reserved", name=parameter.text)
                    continue
                found_type = self.fields.one_of(type_node, "type", PARAMETER_TYPES, "text")
                parameters[parameter.text] = cast("ParameterType", found_type)
            self.found.actions[name] = ActionDeclaration(
                name,
                cast("ActionKind", kind),
                self.fields.localized(entry.get("label"), "label"),
                self.role(entry.get("by"), self.found.duty_holders),
                self.role(entry.get("authority"), self.found.authorities),
                parameters,
                key.span,
            )

    def role(self, node: Node | None, roles: dict[str, Role]) -> str | None:
        """A known authority or duty holder."""
        scalar = self.fields.scalar(node, "role")
        if scalar is None:
            return None
        if scalar.text not in roles:
            self.collector.report(211, scalar.span, name=scalar.text, hints=suggest(scalar.text, roles))
            return None
        return scalar.text

    # subjects/*.yaml

    def subject(self, root: Mapping) -> None:
        """One kind of subject with its facts and parts."""
        entry = self.fields.mapping(root, "subject", ("subject", "label", "facts"), ("topics", "parts"))
        scalar = self.fields.scalar(root.get("subject"), "subject")
        name = self.fields.name(scalar, IDENTIFIER, "subject") if scalar else None
        if entry is None or scalar is None or name is None or not self.declare("subject", name, scalar.span):
            return
        topics: dict[str, Localized] = {}
        listed = self.fields.open_mapping(entry.get("topics"), "topics")
        for key, value in listed.items() if listed else ():
            topics[key.text] = self.fields.localized(value, "topic")
        facts: dict[str, FactDeclaration] = {}
        declared = self.fields.open_mapping(entry.get("facts"), "facts")
        for key, value in declared.items() if declared else ():
            fact = self._fact(name, key, value, topics)
            if fact is not None:
                facts[fact.name] = fact
        parts: dict[str, PartDeclaration] = {}
        contained = self.fields.open_mapping(entry.get("parts"), "parts")
        for key, value in contained.items() if contained else ():
            part = self._part(name, key, value)
            if part is not None:
                parts[part.name] = part
        label = self.fields.localized(entry.get("label"), "label")
        self.found.subjects[name] = SubjectKind(name, label, topics, facts, parts, scalar.span)

    def _part(self, subject: str, key: Scalar, node: Node) -> PartDeclaration | None:
        name = self.member_name(subject, key, "part")
        entry = self.fields.mapping(node, "part", ("of", "label"), ("one",))
        of = self.fields.text(entry.get("of"), "of") if entry else None
        if name is None or entry is None or of is None:
            return None
        one = self.fields.boolean(entry.get("one"), "one")
        of_node = entry.get("of")
        span = of_node.span if of_node else key.span
        return PartDeclaration(name, of, one, self.fields.localized(entry.get("label"), "label"), span)

    def member_name(self, subject: str, key: Scalar, what: str) -> str | None:
        """A name that nothing else of a subject has: facts, parts and derived facts share one vocabulary."""
        name = self.fields.name(key, DOTTED, what)
        if name is None:
            return None
        if name in RESERVED:
            self.collector.report(114, key.span, variant="reserved", name=name)
            return None
        return name if self.declare(f"member of {subject}", name, key.span) else None

    def _fact(self, subject: str, key: Scalar, node: Node, topics: dict[str, Localized]) -> FactDeclaration | None:
        name = self.member_name(subject, key, "fact")
        optional = ("unit", "of", "counts", "minimum", "maximum", "topic", "ask", "judgement", "compliant", "clock")
        entry = self.fields.mapping(node, "fact", ("type", "label"), optional)
        if name is None or entry is None:
            return None
        declared = self.fields.one_of(entry.get("type"), "type", FACT_TYPES, "text")
        options = self.options(entry, declared)
        value_type = self.value_type(entry, declared, options)
        topic = self.fields.text(entry.get("topic"), "topic")
        if topic is not None and topic not in topics:
            topic_node = entry.get("topic")
            hints = did_you_mean(topic, topics)
            self.collector.report(109, topic_node.span if topic_node else key.span, variant="topic", text=topic, hints=hints)
            topic = None
        counts = self.fields.localized(entry.get("counts"), "counts") or None
        return FactDeclaration(
            name,
            value_type,
            declared,
            self.fields.localized(entry.get("label"), "label"),
            options,
            counts,
            self._bound(entry, "minimum", value_type),
            self._bound(entry, "maximum", value_type),
            topic,
            self.fields.localized(entry.get("ask"), "ask") or None,
            self.fields.boolean(entry.get("judgement"), "judgement"),
            self._compliant(entry, value_type),
            key.span,
            self._clock(entry, declared),
        )

    def _clock(self, entry: Mapping, declared: str) -> bool:
        clock = self.fields.boolean(entry.get("clock"), "clock")
        if clock and declared != "datetime":
            self.collector.report(109, entry.key("clock").span, variant="clock", text=declared)
            return False
        return clock

    def options(self, entry: Mapping, declared: str) -> tuple[Option, ...]:
        """The values of an enum or set with their labels."""
        node = entry.get("of")
        if declared not in ("enum", "set"):
            if node is not None:
                self.collector.report(109, node.span, variant="of", text=declared)
            return ()
        if node is None:
            self.collector.report(108, entry.span, key="of", what="fact")
            return ()
        options: dict[str, Option] = {}
        if isinstance(node, Sequence):
            for scalar in self.fields.texts(node, "of"):
                name = self.fields.name(scalar, OPTION, "option")
                if name:
                    options[name] = Option(name, {self.fields.default_language: name})
            return tuple(options.values())
        listed = self.fields.open_mapping(node, "of")
        for key, value in listed.items() if listed else ():
            name = self.fields.name(key, OPTION, "option")
            if name:
                options[name] = Option(name, self.fields.localized(value, "label"))
        return tuple(options.values())

    def value_type(self, entry: Mapping, declared: str, options: tuple[Option, ...]) -> ValueType:
        """The type of a fact or column as the library keeps it."""
        simple = {"bool": BOOL, "text": TEXT, "date": DATE, "datetime": DATETIME, "integer": INTEGER}
        unit_node = entry.get("unit")
        if declared in simple or declared in ("enum", "set"):
            if unit_node is not None:
                self.collector.report(109, unit_node.span, variant="no_unit", text=declared)
            ids = tuple(option.id for option in options)
            return simple.get(declared) or ValueType("enum" if declared == "enum" else "set", options=ids)
        fallback = {"money": "CNY", "duration": "h", "number": ""}[declared]
        unit = self.unit(unit_node) if unit_node is not None else (find_unit(fallback) if fallback else ONE)
        return ValueType("number", unit or ONE)

    def unit(self, node: Node) -> Unit | None:
        """A unit by any of its spellings."""
        scalar = self.fields.scalar(node, "unit")
        if scalar is None:
            return None
        unit = find_unit(scalar.text)
        if unit is None:
            hints = suggest_unit(scalar.text, unit_names())
            self.collector.report(205, scalar.span, text=scalar.text, hints=hints)
        return unit

    def quantity(self, scalar: Scalar, unit: Unit, what: str) -> int | Fraction | None:
        """A number, perhaps with a unit, in the unit wanted."""
        plain = read_number(scalar.text)
        if plain is not None:
            return plain
        found = read_quantity(scalar.text)
        if found is None:
            self.collector.report(109, scalar.span, variant="number", text=scalar.text, what=what)
            return None
        value, given = found
        if not same_dimension(given, unit):
            self.collector.report(204, scalar.span, variant="value", text=scalar.text, unit=unit.name or "1")
            return None
        return normalise(convert(value, given, unit))

    def _bound(self, entry: Mapping, key: str, value_type: ValueType) -> int | Fraction | None:
        node = entry.get(key)
        if node is None:
            return None
        scalar = self.fields.scalar(node, key)
        if scalar is None:
            return None
        if value_type.name != "number":
            self.collector.report(109, scalar.span, variant="no_bound", text=key)
            return None
        return self.quantity(scalar, value_type.unit, key)

    def _compliant(self, entry: Mapping, value_type: ValueType) -> Compliant | None:
        node = entry.get("compliant")
        if node is None:
            return None
        if value_type.name == "set" and isinstance(node, Sequence):
            words = [scalar.text for scalar in self.fields.texts(node, "compliant")]
            return Compliant("==", frozenset(words), ", ".join(words))
        scalar = self.fields.scalar(node, "compliant")
        if scalar is None:
            return None
        text = scalar.text.strip()
        op = next((sign for sign in (">=", "<=", "==", ">", "<") if text.startswith(sign)), "==")
        rest = text.removeprefix(op).strip()
        value: bool | int | Fraction | str | None = None
        if value_type.name == "bool":
            value = read_bool(rest)
        elif value_type.name == "number":
            inner = Scalar(rest, scalar.span, "single", scalar.source, scalar.start, scalar.end)
            value = self.quantity(inner, value_type.unit, "compliant")
            if value is None:
                return None
        elif value_type.name == "enum":
            value = rest if rest in value_type.options else None
        if value is None:
            self.collector.report(109, scalar.span, variant="compliant", text=scalar.text)
            return None
        return Compliant(op, value, text)

    # law/*.yaml

    def instrument(self, root: Mapping) -> None:
        """One legal instrument."""
        required = ("instrument", "title", "number", "issuer", "jurisdiction", "effective", "clauses")
        optional = ("issued", "supersedes", "text", "sources", "notes", "amended", "label")
        entry = self.fields.mapping(root, "instrument", required, optional)
        scalar = self.fields.scalar(root.get("instrument"), "instrument")
        name = self.fields.name(scalar, HYPHENATED, "instrument") if scalar else None
        if entry is None or scalar is None or name is None or not self.declare("instrument", name, scalar.span):
            return
        clauses: dict[str, Span] = {}
        for clause in self.fields.texts(entry.get("clauses"), "clauses"):
            if clause.text in clauses:
                related = [Related(clauses[clause.text], "related.first_declared")]
                self.collector.report(202, clause.span, name=clause.text, related=related)
            clauses.setdefault(clause.text, clause.span)
        text = self.fields.one_of(entry.get("text"), "text", ("read", "partly", "unread"), "read")
        self.found.instruments[name] = Instrument(
            name,
            self.fields.localized(entry.get("title"), "title"),
            self.fields.text(entry.get("number"), "number") or "",
            self.fields.localized(entry.get("issuer"), "issuer"),
            self.jurisdiction(entry.get("jurisdiction")) or self.found.root,
            self.fields.text(entry.get("issued"), "issued") or "",
            self.fields.effective(entry.get("effective")) or Effective(),
            tuple(item.text for item in self.fields.texts(entry.get("supersedes"), "supersedes")),
            cast("Literal['read', 'partly', 'unread']", text),
            tuple(clauses),
            tuple(item.text for item in self.fields.texts(entry.get("sources"), "sources")),
            self.fields.localized(entry.get("notes"), "notes"),
            scalar.span,
        )
