"""What depends on what in a rulebook, as a graph to ask and to draw."""

from hazardrules.graph.build import rule_graph
from hazardrules.graph.impact import Impact, impact
from hazardrules.graph.ranking import Worth, worth_asking
from hazardrules.graph.select import around, nodes_called

__all__ = ["Impact", "Worth", "around", "impact", "nodes_called", "rule_graph", "worth_asking"]
