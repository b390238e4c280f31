"""Nodes -> packs: rules, derived facts, parameters, and what is not encoded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, cast

from hazardrules.diagnostics import Related
from hazardrules.model.law import NotEncoded
from hazardrules.model.rules import DatedValue, DerivedFact, Pack, Parameter, Rule, RuleKind
from hazardrules.syntax.fields import DOTTED, IDENTIFIER
from hazardrules.syntax.legal_basis import ALWAYS, LawReader, Scope
from hazardrules.syntax.load_actions import ActionReader
from hazardrules.syntax.load_conditions import ConditionReader
from hazardrules.syntax.load_declarations import RESERVED
from hazardrules.syntax.load_tables import TableReader
from hazardrules.syntax.nodes import Mapping, Node, Scalar

if TYPE_CHECKING:
    from hazardrules.model import syntax_tree as ast
    from hazardrules.model.law import ClauseRef
    from hazardrules.model.rules import ActionUse, DecisionTable
    from hazardrules.source import Span
    from hazardrules.syntax.expressions import ExpressionReader
    from hazardrules.syntax.load_declarations import DeclarationLoader

PACK_KEYS = ("scale", "applies", "jurisdiction", "effective", "parameters", "derived", "rules", "not_encoded")
RULE_KEYS = (
    *("clause", "law", "cite", "see", "verified", "why_unverified", "title", "text", "on", "applies", "when", "unless"),
    *("level", "kind", "of", "actions", "effective", "jurisdiction", "overrides", "table", "hit"),
)
DERIVED_KEYS = (
    *("clause", "law", "cite", "see", "on", "is", "table", "hit", "unit", "report"),
    *("effective", "verified", "why_unverified"),
)
RULE_KINDS = ("rule", "advice", "amends")
PERIOD_KEYS = ("from", "until", "in_force_by")


@dataclass(frozen=True, slots=True)
class _Readers:
    """The readers of what packs are made of."""

    law: LawReader
    conditions: ConditionReader
    actions: ActionReader
    tables: TableReader
    reader: ExpressionReader


class PackLoader:
    """Reads the files that hold rules."""

    def __init__(self, declarations: DeclarationLoader, reader: ExpressionReader) -> None:
        """Keep what rules refer to.

        Args:
            declarations: Everything declared, read before.
            reader: Reads expressions with the labels of the whole rulebook.
        """
        self.declarations = declarations
        self.fields, self.collector = declarations.fields, declarations.collector
        self.packs: dict[str, Pack] = {}
        law = LawReader(declarations)
        actions = ActionReader(law, reader)
        self.readers = _Readers(law, ConditionReader(law, reader), actions, TableReader(law, actions, reader), reader)

    def pack(self, root: Mapping) -> None:
        """One pack."""
        entry = self.fields.mapping(root, "pack", ("pack", "label", "law", "on"), PACK_KEYS)
        scalar = self.fields.scalar(root.get("pack"), "pack")
        name = self.fields.name(scalar, DOTTED, "pack") if scalar is not None else None
        if entry is None or scalar is None or name is None:
            return
        if not self.declarations.declare("pack", name, scalar.span):
            return
        law = self.readers.law
        instrument = law.instrument(law.law(entry.get("law"), ""))
        own_dates = self.fields.effective(entry.get("effective"))
        own_place = self.declarations.jurisdiction(entry.get("jurisdiction"))
        root_place = self.declarations.found.root
        scope = Scope(
            name,
            self.fields.text(entry.get("law"), "law") or "",
            law.subject(entry.get("on"), ""),
            law.scale(entry.get("scale")),
            own_place or (instrument.jurisdiction if instrument is not None else root_place),
            own_dates or (instrument.effective if instrument is not None else ALWAYS),
        )
        unread = instrument is not None and instrument.text == "unread"
        if unread and entry.get("scale") is None:
            self.collector.report(108, scalar.span, key="scale", what="pack")
        self.packs[name] = Pack(
            name=name,
            label=self.fields.localized(entry.get("label"), "label"),
            law=scope.law,
            on=scope.on,
            scale=scope.scale,
            jurisdiction=scope.jurisdiction,
            effective=scope.effective,
            applies=self.readers.conditions.condition(entry.get("applies"), "applies"),
            parameters=self._parameters(entry.get("parameters"), scope),
            derived=self._derived(entry.get("derived"), scope),
            rules=self._rules(entry.get("rules"), scope),
            not_encoded=self._not_encoded(entry.get("not_encoded"), scope),
            unread=unread,
            file=scalar.span.file,
            span=scalar.span,
            clauses_encoded=scope.used,
        )

    # rules

    def _rules(self, node: Node | None, scope: Scope) -> tuple[Rule, ...]:
        found = (self._rule(item, scope) for item in self.fields.sequence(node, "rules"))
        return tuple(rule for rule in found if rule is not None)

    def _rule(self, node: Node, scope: Scope) -> Rule | None:
        entry = self.fields.mapping(node, "rule", ("id",), RULE_KEYS)
        scalar = self.fields.scalar(entry.get("id"), "id") if entry is not None else None
        name = self.fields.name(scalar, IDENTIFIER, "rule") if scalar is not None else None
        if entry is None or scalar is None or name is None:
            return None
        full = f"{scope.pack}.{name}"
        if not self.declarations.declare("rule", full, scalar.span):
            return None
        read = self.readers
        scope = self._narrowed(entry, scope)
        basis = read.law.basis(entry, scope)
        when, table = self._condition(entry, scalar, scope, basis)
        self._check_basis(entry, scalar.span, scope, basis)
        if entry.get("text") is None and entry.get("title") is None:
            self.collector.report(108, scalar.span, key="text", what="rule")
        applies, drops_scope = self._applies(entry.get("applies"))
        kind = self.fields.one_of(entry.get("kind"), "kind", RULE_KINDS, "rule")
        of = self._names(entry.get("of"), "of")
        if kind == "amends" and entry.get("of") is None:
            self.collector.report(108, entry.key("kind").span, key="of", what="amends")
        if kind != "amends" and entry.get("of") is not None and self.fields.text(entry.get("kind"), "kind") in (None, kind):
            self.collector.report(109, entry.key("of").span, variant="amends", text=kind)
        actions = read.actions.actions(entry.get("actions"), scope)
        self._check_completed(actions, table)
        return Rule(
            name=full,
            pack=scope.pack,
            on=scope.on,
            kind=cast("RuleKind", kind),
            basis=basis,
            see=read.law.see(entry.get("see"), scope),
            verified=self.fields.boolean(entry.get("verified"), "verified", default=True),
            why_unverified=self.fields.localized(entry.get("why_unverified"), "why_unverified") or None,
            title=self.fields.localized(entry.get("title"), "title"),
            text=self.fields.localized(entry.get("text"), "text"),
            applies=applies,
            when=when,
            unless=read.conditions.exemptions(entry.get("unless"), basis, scope),
            level=self._level(entry.get("level"), scope),
            actions=actions,
            of=of,
            overrides=self._names(entry.get("overrides"), "overrides"),
            effective=scope.effective,
            jurisdiction=scope.jurisdiction,
            table=table,
            span=scalar.span,
            drops_scope=drops_scope,
        )

    def _check_completed(self, actions: tuple[ActionUse, ...], table: DecisionTable | None) -> None:
        """What cells name is completed by one entry of the list; of two it would be open which."""
        cells = {use.action for row in (table.rows if table is not None else ()) for use in row.actions}
        seen: set[str] = set()
        for use in actions:
            if use.action in cells and use.action in seen:
                self.collector.report(115, use.span, variant="completed_twice", name=use.action)
            seen.add(use.action)

    def _narrowed(self, entry: Mapping, scope: Scope) -> Scope:
        """The scope of an entry that may name another subject, law, dates or jurisdiction; uses are noted together."""
        law = self.readers.law
        return replace(
            scope,
            law=self.fields.text(entry.get("law"), "law") or scope.law,
            on=law.subject(entry.get("on"), scope.on),
            effective=law.dates(entry, scope),
            jurisdiction=law.place(entry, scope),
        )

    def _condition(
        self, entry: Mapping, scalar: Scalar, scope: Scope, basis: tuple[ClauseRef, ...]
    ) -> tuple[ast.Expr | None, DecisionTable | None]:
        when, table = entry.get("when"), entry.get("table")
        if when is None and table is None:
            self.collector.report(108, scalar.span, key="when", what="rule")
        if when is not None and table is not None:
            self.collector.report(106, entry.key("table").span, variant="two_conditions", first="when")
        condition = self.readers.conditions.condition(when, "when")
        return condition, self.readers.tables.table(entry, scope, basis, gives_value=False)

    def _check_basis(self, entry: Mapping, span: Span, scope: Scope, basis: tuple[ClauseRef, ...]) -> None:
        instrument = self.readers.law.instrument(scope.law)
        if instrument is not None and instrument.text == "unread":
            related = [Related(instrument.span, "related.declared_unread")]
            self.collector.report(408, span, name=scope.law, related=related)
        if not basis and entry.get("clause") is None and entry.get("table") is None:
            self.collector.report(404, span)

    def _applies(self, node: Node | None) -> tuple[ast.Expr | None, bool]:
        """A rule's own scope; `always` drops the pack's."""
        if isinstance(node, Scalar) and node.text.strip() in ("always", "始终"):
            return None, True
        return self.readers.conditions.condition(node, "applies"), False

    def _level(self, node: Node | None, scope: Scope) -> tuple[str, str] | None:
        scalar = self.fields.scalar(node, "level")
        return self.readers.law.level(scalar.text.strip(), scalar.span, scope.scale) if scalar is not None else None

    def _names(self, node: Node | None, what: str) -> tuple[tuple[str, Span], ...]:
        return tuple((scalar.text.strip(), scalar.span) for scalar in self.fields.texts(node, what))

    # derived facts

    def _derived(self, node: Node | None, scope: Scope) -> tuple[DerivedFact, ...]:
        listed = self.fields.open_mapping(node, "derived")
        found = [self._derived_fact(key, value, scope) for key, value in listed.items()] if listed is not None else []
        return tuple(fact for fact in found if fact is not None)

    def _derived_fact(self, key: Scalar, node: Node, scope: Scope) -> DerivedFact | None:
        entry = self.fields.mapping(node, "derived fact", ("label",), DERIVED_KEYS)
        if entry is None:
            return None
        own_dates = self.fields.effective(entry.get("effective"))
        scope = self._narrowed(entry, scope)
        name = self.declarations.member_name(scope.on, key, "derived fact")
        if name is None:
            return None
        read = self.readers
        basis = read.law.basis(entry, scope)
        read.law.see(entry.get("see"), scope)
        says, table = entry.get("is"), entry.get("table")
        if says is None and table is None:
            self.collector.report(108, key.span, key="is", what="derived fact")
        if says is not None and table is not None:
            self.collector.report(106, entry.key("table").span, variant="two_conditions", first="is")
        unit_node = entry.get("unit")
        unit = self.declarations.unit(unit_node) if unit_node is not None else None
        return DerivedFact(
            name=name,
            pack=scope.pack,
            on=scope.on,
            label=self.fields.localized(entry.get("label"), "label"),
            basis=basis,
            expression=read.conditions.condition(says, "is"),
            table=read.tables.table(entry, scope, basis, gives_value=True),
            unit=unit.name if unit is not None else None,
            report=self.fields.boolean(entry.get("report"), "report"),
            effective=own_dates,
            verified=self.fields.boolean(entry.get("verified"), "verified", default=True),
            span=key.span,
        )

    # parameters

    def _parameters(self, node: Node | None, scope: Scope) -> tuple[Parameter, ...]:
        listed = self.fields.open_mapping(node, "parameters")
        found = [self._parameter(key, value, scope) for key, value in listed.items()] if listed is not None else []
        return tuple(parameter for parameter in found if parameter is not None)

    def _parameter(self, key: Scalar, node: Node, scope: Scope) -> Parameter | None:
        name = self.fields.name(key, IDENTIFIER, "parameter")
        if name is None:
            return None
        if name in RESERVED:
            self.collector.report(114, key.span, variant="reserved", name=name)
            return None
        if not self.declarations.declare("parameter", f"{scope.pack}.{name}", key.span):
            return None
        label = {}
        if isinstance(node, Mapping):
            entry = self.fields.mapping(node, "parameter", ("values",), ("label",))
            label = self.fields.localized(node.get("label"), "label")
            node_of_values = entry.get("values") if entry is not None else None
        else:
            node_of_values = node
        values: list[DatedValue] = []
        for item in self.fields.sequence(node_of_values, name):
            value = self._dated_value(item, scope)
            if value is not None:
                values.append(value)
        self._check_periods(values)
        return Parameter(name, scope.pack, label, tuple(values), key.span)

    def _dated_value(self, node: Node, scope: Scope) -> DatedValue | None:
        entry = self.fields.mapping(node, "parameter", ("value",), (*PERIOD_KEYS, "clause", "law", "cite"))
        if entry is None:
            return None
        basis = self.readers.law.basis(entry, scope)
        scalar = self.fields.scalar(entry.get("value"), "value")
        value_span = scalar.span if scalar is not None else entry.span
        if not basis and entry.get("clause") is None:
            self.collector.report(404, value_span, variant="value")
        dated = Mapping({k: v for k, v in entry.entries.items() if k in PERIOD_KEYS}, entry.span, entry.flow)
        effective = self.fields.effective(dated) or ALWAYS
        value = self.readers.reader.expression(scalar) if scalar is not None else None
        return DatedValue(effective, value, basis, value_span)

    def _check_periods(self, values: list[DatedValue]) -> None:
        """Two values for one day would leave open which one counts."""
        for number, later in enumerate(values):
            for earlier in values[:number]:
                day = _common_day(earlier, later)
                if day is not None:
                    related = [Related(earlier.span, "related.other_period")]
                    self.collector.report(405, later.span, variant="overlap", day=day, related=related)

    # what is not encoded

    def _not_encoded(self, node: Node | None, scope: Scope) -> tuple[NotEncoded, ...]:
        found: list[NotEncoded] = []
        for item in self.fields.sequence(node, "not_encoded"):
            entry = self.fields.mapping(item, "not_encoded", ("clause", "why"), ("law",))
            if entry is None:
                continue
            law = self.readers.law.law(entry.get("law"), scope.law)
            clauses = self.fields.texts(entry.get("clause"), "clause")
            for clause in clauses:
                self.readers.law.known_clause(law, clause.text.strip(), clause.span)
            why = self.fields.localized(entry.get("why"), "why")
            found.append(NotEncoded(law, tuple(clause.text.strip() for clause in clauses), why, entry.span))
        return tuple(found)


def _common_day(first: DatedValue, second: DatedValue) -> date | None:
    """The first day on which both are in force."""
    both = (first.effective, second.effective)
    day = max(effective.start or effective.in_force_by or date.min for effective in both)
    ends = [effective.until for effective in both if effective.until is not None]
    return day if all(day < end for end in ends) else None


def labels_of_pack(root: Node | None, languages: tuple[str, ...]) -> set[str]:
    """The labels of the derived facts and parameters that a pack declares, read before any expression is."""
    found: set[str] = set()
    for section in ("derived", "parameters") if isinstance(root, Mapping) else ():
        listed = root.get(section) if isinstance(root, Mapping) else None
        for _, value in listed.items() if isinstance(listed, Mapping) else ():
            label = value.get("label") if isinstance(value, Mapping) else None
            if isinstance(label, Scalar):
                found.add(label.text.strip())
            elif isinstance(label, Mapping):
                texts = [text for key, text in label.items() if key.text in languages]
                found.update(text.text.strip() for text in texts if isinstance(text, Scalar))
    return found
