"""Nodes -> conditions: one expression, or `all` `any` `none` `at_least` `at_most` blocks nested at will."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hazardrules.diagnostics import did_you_mean
from hazardrules.model import syntax_tree as ast
from hazardrules.model.rules import Exemption
from hazardrules.syntax.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from hazardrules.model.law import ClauseRef
    from hazardrules.source import Span
    from hazardrules.syntax.expressions import ExpressionReader
    from hazardrules.syntax.legal_basis import LawReader, Scope

BLOCKS = ("all", "any", "none", "at_least", "at_most")


class ConditionReader:
    """Reads the conditions of a pack; what cannot be read is reported and gives None."""

    def __init__(self, law: LawReader, reader: ExpressionReader) -> None:
        """Keep the readers of what conditions are made of."""
        self.law, self.reader = law, reader
        self.fields, self.collector = law.fields, law.collector

    def condition(self, node: Node | None, what: str) -> ast.Expr | None:
        """An expression, or a block of conditions."""
        if node is None:
            return None
        if isinstance(node, Scalar):
            scalar = self.fields.scalar(node, what)
            return self.reader.expression(scalar) if scalar is not None else None
        if isinstance(node, Sequence):
            hints: list[tuple[str, dict[str, str]]] = [("HR106.hint_block", {})]
            self.collector.report(106, node.span, variant="condition_not_list", what=what, hints=hints)
            return self._junction("and", self._conditions(node, what), node.span)
        return self._block(node)

    def _block(self, node: Mapping) -> ast.Expr | None:
        hint: list[tuple[str, dict[str, str]]] = [("hint.keys", {"names": ", ".join(BLOCKS)})]
        for key, _ in node.entries.values():
            if key.text not in BLOCKS and not key.text.startswith("\0"):
                hints = did_you_mean(key.text, BLOCKS) or hint
                self.collector.report(107, key.span, key=key.text, what="condition", hints=hints)
        known = [(key, value) for key, value in node.items() if key.text in BLOCKS]
        if not known:
            if not node.entries:
                self.collector.report(110, node.span, what="condition")
            return None
        if len(known) > 1:
            (first, _), (second, _) = known[:2]
            hints = [("HR106.hint_nest", {})]
            self.collector.report(106, second.span, variant="two_blocks", first=first.text, second=second.text, hints=hints)
        return self._junction("and", [self._one(key, value) for key, value in known], node.span)

    def _one(self, key: Scalar, value: Node) -> ast.Expr | None:
        span = _from_to(key.span, value.span)
        match key.text:
            case "all":
                return self._junction("and", self._listed(value, "all"), span)
            case "any":
                return self._junction("or", self._listed(value, "any"), span)
            case "none":
                found = self._junction("or", self._listed(value, "none"), span)
                return None if found is None else ast.Not(found, span)
            case "at_least":
                return self._threshold("at_least", value, span)
            case _:
                return self._threshold("at_most", value, span)

    def _threshold(self, op: Literal["at_least", "at_most"], node: Node, span: Span) -> ast.Expr | None:
        entry = self.fields.mapping(node, op, ("count", "of"))
        if entry is None:
            return None
        count_node = self.fields.scalar(entry.get("count"), "count")
        count = self.reader.expression(count_node) if count_node is not None else None
        items = tuple(item for item in self._listed(entry.get("of"), "of") if item is not None)
        return ast.Threshold(op, count, items, span) if count is not None and items else None

    def _listed(self, node: Node | None, what: str) -> list[ast.Expr | None]:
        if isinstance(node, Sequence):
            return self._conditions(node, what)
        if node is not None:
            self.fields.wrong_shape(node, "list", what)
        return []

    def _conditions(self, node: Sequence, what: str) -> list[ast.Expr | None]:
        if not node.items:
            self.collector.report(110, node.span, what=what)
        return [self.condition(item, what) for item in node.items]

    @staticmethod
    def _junction(op: Literal["and", "or"], items: list[ast.Expr | None], span: Span) -> ast.Expr | None:
        found = tuple(item for item in items if item is not None)
        if len(found) != len(items) or not found:
            return None  # half a condition would be another condition
        return found[0] if len(found) == 1 else ast.Junction(op, found, span)

    def exemptions(self, node: Node | None, basis: tuple[ClauseRef, ...], scope: Scope) -> tuple[Exemption, ...]:
        """`unless`: one exception or several; one that cites nothing stands in the clause of its rule."""
        if node is None:
            return ()
        nodes = node.items if isinstance(node, Sequence) else [node]
        found: list[Exemption] = []
        for item in nodes:
            entry = self.fields.mapping(item, "unless", ("is",), ("clause", "law", "cite", "text"))
            if entry is not None:
                own = self.law.basis(entry, scope) or basis
                text = self.fields.localized(entry.get("text"), "text")
                found.append(Exemption(own, text, self.condition(entry.get("is"), "is"), entry.span))
        return tuple(found)


def _from_to(first: Span, last: Span) -> Span:
    return first._replace(end_line=last.end_line, end_column=last.end_column)
