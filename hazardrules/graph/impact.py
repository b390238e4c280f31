"""What would be lost without an instrument, a clause, a fact: rules, levels, actions, questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hazardrules.errors import LookupFailedError
from hazardrules.graph.build import rule_graph
from hazardrules.graph.select import nodes_called

if TYPE_CHECKING:
    import networkx as nx

    from hazardrules.compiler.plan import Compiled, Plan


@dataclass(frozen=True, slots=True)
class Impact:
    """What hangs on something.

    Attributes:
        lost_rules: Rules and derived facts that rest on it alone, or read what rests on it alone.
        weakened_rules: Rules that it grounds and that keep another basis.
        open_rules: Rules that read a fact of it, and would stay undetermined where it decides.
        lost_actions: Actions that no other rule demands.
        spared_facts: Facts that no other rule reads.
    """

    lost_rules: tuple[str, ...]
    weakened_rules: tuple[str, ...]
    open_rules: tuple[str, ...]
    lost_actions: tuple[str, ...]
    spared_facts: tuple[str, ...]


def impact(compiled: Compiled, name: str, plan: Plan | None = None) -> Impact:
    """What would be lost or left open without an instrument, a clause, a rule or a fact.

    Args:
        compiled: The rulebook.
        name: An instrument, a clause (`xf-703-2007 4.1`), a rule, a fact (`premises.floor_area`) or a derived fact.
        plan: The law of one day and place; by default every rule.

    Raises:
        LookupFailedError: Nothing in the graph is called so.
    """
    graph = rule_graph(compiled, plan)
    start = nodes_called(graph, name)
    if not start:
        from hazardrules.diagnostics import nearest  # noqa: PLC0415 - only where a name is wrong

        raise LookupFailedError("node", name, nearest(name, [about["name"] for _, about in graph.nodes(data=True)]))
    gone = _without(graph, set(start))
    after = graph.subgraph([here for here in graph if here not in gone])
    touched = {there for here in gone for there in graph.successors(here) if there not in gone}
    return Impact(
        lost_rules=_names(graph, gone - set(start), "rule", "derived"),
        weakened_rules=_names(graph, {there for there in touched if _grounds(graph, gone, there)}, "rule", "derived"),
        open_rules=_names(graph, {there for there in touched if not _grounds(graph, gone, there)}, "rule", "derived"),
        lost_actions=_names(graph, {here for here in after if _is_idle(graph, after, here, "action", incoming=True)}, "action"),
        spared_facts=_names(graph, {here for here in after if _is_idle(graph, after, here, "fact", incoming=False)}, "fact"),
    )


def _without(graph: nx.DiGraph[str], start: set[str]) -> set[str]:
    """The nodes that fall with some: clauses of an instrument, and what has no other ground."""
    gone = set(start)
    pending = list(start)
    while pending:
        here = pending.pop()
        for there in graph.successors(here):
            if there in gone or graph.edges[here, there]["relation"] != "grounds":
                continue
            grounds = [before for before in graph.predecessors(there) if graph.edges[before, there]["relation"] == "grounds"]
            if all(before in gone for before in grounds):
                gone.add(there)
                pending.append(there)
    return gone


def _grounds(graph: nx.DiGraph[str], gone: set[str], there: str) -> bool:
    return any(graph.edges[before, there]["relation"] == "grounds" for before in graph.predecessors(there) if before in gone)


def _is_idle(before: nx.DiGraph[str], after: nx.DiGraph[str], here: str, sort: str, *, incoming: bool) -> bool:
    """Whether a node of a sort had somebody to serve before, and has nobody now."""
    if before.nodes[here]["sort"] != sort:
        return False
    had, has = (before.in_degree(here), after.in_degree(here)) if incoming else (before.out_degree(here), after.out_degree(here))
    return had > 0 and has == 0


def _names(graph: nx.DiGraph[str], nodes: set[str], *sorts: str) -> tuple[str, ...]:
    return tuple(sorted(graph.nodes[here]["name"] for here in nodes if graph.nodes[here]["sort"] in sorts))
