"""A compiled rulebook -> its graph: edges lead from what is given to what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx

from hazardrules.model import expressions as ir
from hazardrules.wording import pick

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hazardrules.compiler.plan import Compiled, CompiledRule, Plan

SORTS = ("instrument", "clause", "fact", "derived", "rule", "action", "authority")
"""Sorts of nodes, in the order in which a picture shows them."""


def rule_graph(compiled: Compiled, plan: Plan | None = None, lang: str = "en") -> nx.DiGraph[str]:
    """The graph of a rulebook, or of the law of one day and place.

    Args:
        compiled: The rulebook.
        plan: The law of one day and place; by default every rule of every day.
        lang: The language of labels.

    Returns:
        Nodes are called `sort:name` and have the attributes `sort`, `name`, `label`; rules also `pack`, `severity` and
        `on`. Edges have a `relation`: `grounds` (instrument to clause to rule or derived fact), `cites` (a clause that a rule only
        mentions, or on which one of its actions rests), `reads` (what is read to
        what reads it), `overrides` and `amends` (to the rule concerned), `demands` (rule to action), `charges` (action
        to authority; `by` holds the rules for which it is so).
    """
    return _Builder(compiled, plan, lang).run()


def node(sort: str, name: str) -> str:
    """The name of a node."""
    return f"{sort}:{name}"


class _Builder:
    def __init__(self, compiled: Compiled, plan: Plan | None, lang: str) -> None:
        self.compiled, self.source, self.lang = compiled, compiled.source, lang
        self.rules = plan.rules if plan is not None else compiled.rules
        self.graph: nx.DiGraph[str] = nx.DiGraph()
        self.owners: dict[str, tuple[str, ...]] = {}
        for kind in self.source.subjects.values():
            for part in kind.parts.values():
                self.owners[part.of] = (*self.owners.get(part.of, ()), kind.id)

    def run(self) -> nx.DiGraph[str]:
        for rule in self.rules.values():
            self._name(rule)
        for (on, name), derived in self.compiled.derived.items():
            here = self._add("derived", f"{on}.{name}", pick(derived.label, self.lang))
            self._ground(here, [(ref.law, ref.clause) for ref in derived.basis])
            self._read(here, on, (derived.expr,))
        for rule in self.rules.values():
            self._rule(rule)
        for rule in self.rules.values():
            here = node("rule", rule.name)
            for relation, targets in (("overrides", rule.overrides), ("amends", rule.amends)):
                for target in targets:
                    if target in self.rules:
                        self.graph.add_edge(here, node("rule", target), relation=relation)
        return self.graph

    def _add(self, sort: str, name: str, label: str = "", **more: object) -> str:
        here = node(sort, name)
        if here not in self.graph:
            self.graph.add_node(here, sort=sort, name=name, label=label or name, **more)
        return here

    def _name(self, rule: CompiledRule) -> None:
        severity = 0
        if rule.level is not None:
            scale = self.source.scales[rule.level[0]]
            severity = scale.levels[scale.step(rule.level[1])].severity
        label = pick(rule.rule.title, self.lang) or pick(rule.text, self.lang)
        self._add("rule", rule.name, label, pack=rule.pack, severity=severity, on=rule.on)

    def _rule(self, rule: CompiledRule) -> None:
        here = node("rule", rule.name)
        self._ground(here, [(ref.law, ref.clause) for ref in rule.basis])
        self._ground(here, [(ref.law, ref.clause) for ref in rule.rule.see], "cites")
        self._read(here, rule.on, (rule.when, *rule.unless, *([rule.scope] if rule.scope is not None else [])))
        for action in rule.actions:
            use = action.use
            declared = self.source.actions[use.action]
            there = self._add("action", use.action, pick(declared.label, self.lang))
            self.graph.add_edge(here, there, relation="demands")
            self._ground(here, [(ref.law, ref.clause) for ref in use.basis], "cites")
            role = use.authority or declared.authority
            if role:
                charged = self._add("authority", role, pick(self.source.authorities[role].label, self.lang))
                self.graph.add_edge(there, charged, relation="charges")
                self.graph.edges[there, charged].setdefault("by", set()).add(here)
            for low, high in action.values.values():
                self._read(here, rule.on, [end for end in (low, high) if end is not None])

    def _ground(self, here: str, refs: list[tuple[str, str]], relation: str = "grounds") -> None:
        for law, clause in refs:
            instrument = self.source.instruments.get(law)
            above = self._add("instrument", law, pick(instrument.title, self.lang) if instrument else law)
            cited = self._add("clause", f"{law} {clause}", clause)
            self.graph.add_edge(above, cited, relation="grounds")
            if not self.graph.has_edge(cited, here):
                self.graph.add_edge(cited, here, relation=relation)

    def _read(self, here: str, on: str, expressions: Iterable[ir.Expr]) -> None:
        for expr in expressions:
            for item in ir.walk(expr):
                for there in self._reads(item, on):
                    if there != here:
                        self.graph.add_edge(there, here, relation="reads")

    def _reads(self, item: ir.Expr, on: str) -> Iterator[str]:
        match item:
            case ir.FactRef(base=base, kind=kind, name=name) | ir.DerivedRef(base=base, kind=kind, name=name):
                for subject in self._subjects(base, kind, on):
                    derived = self.compiled.derived.get((subject, name))
                    if derived is not None:
                        yield self._add("derived", f"{subject}.{name}", pick(derived.label, self.lang))
                    else:
                        yield self._fact(subject, name)
            case ir.RuleRef(name=name) if name in self.rules:
                yield node("rule", name)
            case ir.Quantified(kind=kind, part=part):
                yield self._fact(kind, part)
            case _:
                return

    def _subjects(self, base: ir.Base, kind: str, on: str) -> tuple[str, ...]:
        """The kinds of subject that may be meant: `owner` may be several."""
        if isinstance(base, ir.Owner) and base.of == ir.Self():
            return self.owners.get(on, (kind,))
        return (kind,)

    def _fact(self, kind: str, name: str) -> str:
        subject = self.source.subjects[kind]
        member = subject.facts.get(name) or subject.parts.get(name)
        return self._add("fact", f"{kind}.{name}", pick(member.label, self.lang) if member is not None else name)
