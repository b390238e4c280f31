"""Everything a name in an expression can stand for, indexed once per rulebook."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hazardrules.diagnostics import Related

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.model.law import Localized
    from hazardrules.model.rulebook import RulebookSource
    from hazardrules.model.rules import DerivedFact, Parameter, Rule
    from hazardrules.model.subjects import FactDeclaration, PartDeclaration
    from hazardrules.source import Span


def fold(label: str) -> str:
    """A label as it is compared: full-width and half-width forms are the same, outer blanks do not count."""
    return unicodedata.normalize("NFKC", label).strip()


@dataclass(frozen=True, slots=True)
class RuleName:
    """A name that stands for a rule, or for all rows of a decision table."""

    name: str
    on: str
    rows: tuple[str, ...]
    span: Span


class Names:
    """The names of a rulebook by what they stand for."""

    def __init__(self, source: RulebookSource, collector: Collector) -> None:
        """Index a rulebook; clashes of names are reported."""
        self.source = source
        self.derived: dict[tuple[str, str], DerivedFact] = {}
        self.rules: dict[str, RuleName] = {}
        self.parameters: dict[str, Parameter] = {}
        self.owners: dict[str, tuple[str, ...]] = {}
        self.written: dict[str, Rule] = {}
        self._labels: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self._collector = collector
        for pack in source.packs.values():
            for parameter in pack.parameters:
                self.parameters[f"{pack.name}.{parameter.name}"] = parameter
            for derived in pack.derived:
                self._add_derived(derived)
            for rule in pack.rules:
                self._add_rule(rule)
        owners: dict[str, list[str]] = defaultdict(list)
        for kind in source.subjects.values():
            self._label(kind.id, kind.facts, kind.parts)
            for part in kind.parts.values():
                if part.of in source.subjects:
                    owners[part.of].append(kind.id)
        self.owners = {kind: tuple(dict.fromkeys(found)) for kind, found in owners.items()}
        for (kind_id, name), derived in self.derived.items():
            self._add_label(kind_id, derived.label, name)

    def _add_derived(self, derived: DerivedFact) -> None:
        earlier = self.derived.get((derived.on, derived.name))
        kind = self.source.subjects.get(derived.on)
        clash = earlier.span if earlier else None
        if kind is not None:
            member = kind.facts.get(derived.name) or kind.parts.get(derived.name)
            clash = member.span if member else clash
        if clash is not None:
            related = [Related(clash, "related.first_declared")]
            self._collector.report(202, derived.span, name=derived.name, related=related)
            return
        self.derived[derived.on, derived.name] = derived

    def _add_rule(self, rule: Rule) -> None:
        if rule.name in self.written:
            related = [Related(self.written[rule.name].span, "related.first_declared")]
            self._collector.report(202, rule.span, name=rule.name, related=related)
            return
        self.written[rule.name] = rule
        rows = tuple(f"{rule.name}.{row.number}" for row in rule.table.rows) if rule.table else ()
        self.rules[rule.name] = RuleName(rule.name, rule.on, rows, rule.span)
        for row in rows:
            self.rules[row] = RuleName(row, rule.on, (), rule.span)

    def _label(self, kind: str, facts: dict[str, FactDeclaration], parts: dict[str, PartDeclaration]) -> None:
        for fact in facts.values():
            self._add_label(kind, fact.label, fact.name)
        for part in parts.values():
            self._add_label(kind, part.label, part.name)

    def _add_label(self, kind: str, label: Localized, name: str) -> None:
        for text in label.values():
            names = self._labels[kind][fold(text)]
            if name not in names:
                names.append(name)

    def labelled(self, kind: str, text: str) -> list[str]:
        """The members of a subject that carry a label."""
        return self._labels[kind].get(fold(text), []) if kind in self._labels else []

    def members(self, kind: str) -> list[str]:
        """Every name of a subject's facts, parts and derived facts, for hints."""
        subject = self.source.subjects.get(kind)
        own = [*subject.facts, *subject.parts] if subject else []
        return own + [name for (of, name) in self.derived if of == kind]
