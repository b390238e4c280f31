"""The part of a graph around some nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx

if TYPE_CHECKING:
    from collections.abc import Iterable


def nodes_called(graph: nx.DiGraph[str], name: str) -> list[str]:
    """The nodes that a name stands for: a node of any sort by its name, a fact without its subject, a pack or sector.

    Returns:
        Their names in the graph, sorted; empty where nothing is called so.
    """
    exact = [here for here, about in graph.nodes(data=True) if about["name"] == name]
    if exact:
        return sorted(exact)
    packs = [
        here for here, about in graph.nodes(data=True)
        if about["sort"] == "rule" and (about["pack"] == name or about["pack"].startswith(f"{name}.") or about["name"].startswith(f"{name}."))
    ]  # fmt: skip
    if packs:
        return sorted(packs)
    last = [
        here for here, about in graph.nodes(data=True)
        if about["sort"] in ("fact", "derived") and about["name"].partition(".")[2] == name
    ]  # fmt: skip
    return sorted(last)


def around(graph: nx.DiGraph[str], middle: Iterable[str], *, up: int | None = None, down: int | None = None) -> nx.DiGraph[str]:
    """What some nodes rest on and what rests on them.

    Args:
        graph: The graph.
        middle: Nodes of it.
        up: So many steps towards what is given; None for all.
        down: So many steps towards what follows; None for all.

    Returns:
        The subgraph, as a copy.
    """
    middle = set(middle)
    kept = set(middle)
    for here in list(kept):
        kept |= set(nx.single_source_shortest_path_length(graph.reverse(copy=False), here, cutoff=up))
        kept |= set(nx.single_source_shortest_path_length(graph, here, cutoff=down))
    found = graph.subgraph(kept).copy()
    others = [(here, there) for here, there, about in graph.edges(kept, data=True) if "by" in about and not about["by"] & kept]
    found.remove_edges_from(others)
    found.remove_nodes_from(
        [there for _, there in others if there in found and not found.in_degree(there) and there not in middle]
    )
    return found
