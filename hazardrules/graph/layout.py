"""Where the boxes of a picture stand: columns by sort, and within a column so that lines cross little."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import networkx as nx

from hazardrules.graph.build import SORTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_SWEEPS = 8
_MIDDLE = ("derived", "rule")


class Place(NamedTuple):
    """A box: its column from the left and its row from the top."""

    column: int
    row: float


def places(graph: nx.DiGraph[str]) -> dict[str, Place]:
    """A place for every node of a graph.

    Columns from left to right: instruments, clauses, facts, derived facts and rules by their depth, actions,
    authorities. Rows: by the mean row of the neighbours, from left to right and back, several times (the barycentre
    method), which leaves few crossings.
    """
    column = _columns(graph)
    rows: dict[int, list[str]] = {}
    for here in sorted(graph, key=lambda name: (column[name], name)):
        rows.setdefault(column[here], []).append(here)
    height = max((len(found) for found in rows.values()), default=0)
    at = {here: _spread(number, len(found), height) for found in rows.values() for number, here in enumerate(found)}
    before: Callable[[str], Iterable[str]] = graph.predecessors
    after: Callable[[str], Iterable[str]] = graph.successors
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        for number in sorted(rows, reverse=not forward):
            found = rows[number]
            wanted = {name: _mean([at[other] for other in (before if forward else after)(name)], at[name]) for name in found}
            found.sort(key=lambda name: (wanted[name], name))
            at.update({here: _spread(row, len(found), height) for row, here in enumerate(found)})
    return {here: Place(column[here], at[here]) for here in graph}


def _columns(graph: nx.DiGraph[str]) -> dict[str, int]:
    sort = {here: about["sort"] for here, about in graph.nodes(data=True)}
    first = SORTS.index("derived")
    inner = nx.DiGraph((here, there) for here, there, about in graph.edges(data=True) if about["relation"] == "reads")
    depth: dict[str, int] = {}
    for here in nx.topological_sort(inner):
        if sort[here] in _MIDDLE:
            depth[here] = max((depth[before] + 1 for before in inner.predecessors(here) if before in depth), default=0)
    deepest = max(depth.values(), default=0)
    found = {}
    for here in graph:
        index = SORTS.index(sort[here])
        if sort[here] in _MIDDLE:
            found[here] = first + depth.get(here, 0)
        else:
            found[here] = index if index < first else first + deepest + 1 + (index - SORTS.index("action"))
    used = {number: place for place, number in enumerate(sorted(set(found.values())))}
    return {here: used[number] for here, number in found.items()}


def _spread(number: int, count: int, height: int) -> float:
    """Rows of a short column stand in the middle."""
    return number + (height - count) / 2


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
