"""Which facts of a subject to ask for first: those on which most of the law hangs."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import networkx as nx

from hazardrules.errors import LookupFailedError
from hazardrules.graph.build import node, rule_graph
from hazardrules.wording import pick

if TYPE_CHECKING:
    from hazardrules.compiler.plan import Compiled, Plan


@dataclass(frozen=True, slots=True)
class Worth:
    """A fact with what hangs on it.

    Attributes:
        name: The fact, or the list of parts.
        label: Its label.
        rules: So many rules read it, through derived facts and other rules too.
        score: Its share of all the weight that lies on facts of the subject, from 0 to 1. A rule weighs 1 and the severity of its level; it is shared
            equally among all that it reads.
    """

    name: str
    label: str
    rules: int
    score: float


def worth_asking(compiled: Compiled, subject: str, plan: Plan | None = None, lang: str = "en") -> list[Worth]:
    """The facts of a subject, those on which most hangs first.

    Args:
        compiled: The rulebook.
        subject: The kind of subject, by its id.
        plan: The law of one day and place; by default every rule.
        lang: The language of labels.

    Returns:
        One entry per fact or list of parts that some rule reads.

    Raises:
        LookupFailedError: No such subject.
    """
    kind = compiled.source.subjects.get(subject)
    if kind is None:
        from hazardrules.diagnostics import nearest  # noqa: PLC0415 - only where a name is wrong

        raise LookupFailedError("subject", subject, nearest(subject, compiled.source.subjects))
    whole = rule_graph(compiled, plan, lang)
    graph = nx.DiGraph((here, there) for here, there, about in whole.edges(data=True) if about["relation"] == "reads")
    shares = _shares(graph, {here: 1 + about["severity"] for here, about in whole.nodes(data=True) if about["sort"] == "rule"})
    members = {node("fact", f"{subject}.{name}"): (name, fact.label) for name, fact in kind.facts.items()}
    members |= {node("fact", f"{subject}.{name}"): (name, part.label) for name, part in kind.parts.items()}
    everything = sum(shares.get(here, Fraction(0)) for here in members) or Fraction(1)
    found = []
    for here, (name, label) in members.items():
        if here in graph:
            rules = sum(whole.nodes[reader]["sort"] == "rule" for reader in nx.descendants(graph, here))
            found.append(Worth(name, pick(label, lang) or name, rules, float(shares[here] / everything)))
    return sorted(found, key=lambda worth: (-worth.score, -worth.rules, worth.name))


def _shares(graph: nx.DiGraph[str], weights: dict[str, int]) -> dict[str, Fraction]:
    """The weight of every rule, handed on in equal shares to what it reads, down to the facts."""
    shares = {here: Fraction(weights.get(here, 0)) for here in graph}
    for here in reversed(list(nx.topological_sort(graph))):
        read = list(graph.predecessors(here))
        for there in read:
            shares[there] += shares[here] / len(read)
    return shares
