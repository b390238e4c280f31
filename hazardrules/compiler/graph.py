"""The graph of a rulebook: what depends on what, in which order, and where it bites its own tail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx

from hazardrules.diagnostics import Related
from hazardrules.model import expressions as ir

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hazardrules.compiler.plan import CompiledDerived, CompiledRule
    from hazardrules.diagnostics import Collector
    from hazardrules.source import Span

Member = tuple[str, str, str]
"""Subject, sort (`derived`, `match` or `rule`), name. A rule *matches* before overriding rules are asked."""
MAX_CHAIN = 150
"""A longer chain of facts and rules that build on one another is refused: nobody could follow it, nor a stack."""


def dependency_order(
    rules: Mapping[str, CompiledRule],
    derived: Mapping[tuple[str, str], CompiledDerived],
    owners: Mapping[str, tuple[str, ...]],
    collector: Collector,
) -> tuple[Member, ...]:
    """Every member of a rulebook after all that it reads.

    Args:
        rules: The rules, by name.
        derived: The derived facts, by subject and name.
        owners: For a kind of part, the subjects that contain it.
        collector: Receives HR301 for a cycle, with every hop.

    Returns:
        The members in order; empty where there is a cycle.
    """
    graph: nx.DiGraph[Member] = nx.DiGraph()
    places: dict[Member, Span] = {}
    for (on, name), found in derived.items():
        node = (on, "derived", name)
        places[node] = found.span
        graph.add_node(node)
        _edges(graph, node, (found.expr,), rules, owners)
    overriders: dict[str, list[str]] = {}
    for name, rule in rules.items():
        for target in rule.overrides:
            overriders.setdefault(target, []).append(name)
    for name, rule in rules.items():
        match, truth = (rule.on, "match", name), (rule.on, "rule", name)
        places[match] = places[truth] = rule.span
        graph.add_edge(match, truth)
        for other in overriders.get(name, ()):
            graph.add_edge((rule.on, "match", other), truth)
        _edges(graph, match, (rule.when, *rule.unless, *([rule.scope] if rule.scope is not None else [])), rules, owners)
    cyclic = [sorted(group) for group in nx.strongly_connected_components(graph) if len(group) > 1]
    cyclic += [[node] for node in graph.nodes if graph.has_edge(node, node)]
    for group in sorted(cyclic):
        _report(graph, group, places, collector)
    if cyclic:
        return ()
    depth: dict[Member, int] = {}
    order = tuple(nx.lexicographical_topological_sort(graph))
    for node in order:
        depth[node] = 1 + max((depth[before] for before in graph.predecessors(node)), default=0)
        if depth[node] == MAX_CHAIN:
            collector.report(105, places[node], variant="chain", limit=MAX_CHAIN)
    return order


def _edges(
    graph: nx.DiGraph[Member],
    node: Member,
    exprs: Iterable[ir.Expr],
    rules: Mapping[str, CompiledRule],
    owners: Mapping[str, tuple[str, ...]],
) -> None:
    for expr in exprs:
        for item in ir.walk(expr):
            for before in _reads(item, node[0], rules, owners):
                graph.add_edge(before, node)


def _reads(
    item: ir.Expr, here: str, rules: Mapping[str, CompiledRule], owners: Mapping[str, tuple[str, ...]]
) -> Iterator[Member]:
    match item:
        case ir.DerivedRef(base=base, kind=kind, name=name):
            for subject in owners.get(here, (kind,)) if isinstance(base, ir.Owner) and base.of == ir.Self() else (kind,):
                yield (subject, "derived", name)
        case ir.RuleRef(kind=kind, name=name):
            yield (kind, "match", name)
        case ir.Total(parameter=parameter):
            for name in _carriers(parameter, rules):
                yield (rules[name].on, "rule", name)
        case _:
            return


def _carriers(parameter: str, rules: Mapping[str, CompiledRule]) -> Iterator[str]:
    """The rules on which the sum of a parameter depends: those that carry it, and those they amend."""
    for name, rule in rules.items():
        if any(parameter in action.values for action in rule.actions):
            yield name
            yield from (target for target in rule.amends if target in rules)


def _report(graph: nx.DiGraph[Member], group: list[Member], places: Mapping[Member, Span], collector: Collector) -> None:
    start = next((node for node in group if node in places), group[0])
    edges = nx.find_cycle(graph.subgraph(group), start) if len(group) > 1 else [(start, start)]
    hops = [edge[0] for edge in edges]
    names = list(dict.fromkeys(hop[2] for hop in hops))
    related = [Related(places[hop], "related.hop", {"name": hop[2]}) for hop in hops if hop in places and len(hops) > 1]
    collector.report(301, places[start], path=" → ".join([*names, names[0]]), related=related)


def override_cycles(rules: Mapping[str, CompiledRule], collector: Collector) -> None:
    """Report rules that displace one another in a circle."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    for name, rule in rules.items():
        graph.add_edges_from((name, target) for target in rule.overrides)
    for group in sorted(sorted(found) for found in nx.strongly_connected_components(graph) if len(found) > 1):
        cycle = [edge[0] for edge in nx.find_cycle(graph.subgraph(group), group[0])]
        related = [Related(rules[name].span, "related.hop", {"name": name}) for name in cycle]
        collector.report(301, rules[group[0]].span, variant="overrides", path=" → ".join([*cycle, cycle[0]]), related=related)
    for name, rule in rules.items():
        if name in rule.overrides:
            collector.report(301, rule.span, variant="overrides", path=f"{name} → {name}")
