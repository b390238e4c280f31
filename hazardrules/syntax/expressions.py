"""Tokens -> the syntax tree, by the grammar in grammar.lark."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from lark import Lark, Token, Tree, UnexpectedInput

from hazardrules.diagnostics import did_you_mean, suggest_unit
from hazardrules.model import syntax_tree as ast
from hazardrules.model.units import unit_names
from hazardrules.syntax.lexer import CANONICAL, LexError, Vocabulary, tokenize

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.source import Span
    from hazardrules.syntax.lexer import Token as LexedToken
    from hazardrules.syntax.nodes import Scalar

MAX_DEPTH = 60
_Start = Literal["expression", "value", "cell"]
_OPENING = {"LPAR", "LBRACE", "LSQB"}
_CLOSING = {"RPAR", "RBRACE", "RSQB"}
_NESTING = {"NOT", "PLUS", "MINUS", "STAR", "SLASH"}
_FLAT = {"AND", "OR", "COMMA", "LT", "LE", "GT", "GE", "EQ", "NE", "IN", "CONTAINS", "INTERSECTS"}


@cache
def _grammar() -> Lark:
    text = files("hazardrules.syntax").joinpath("grammar.lark").read_text("utf-8")
    return Lark(text, parser="lalr", lexer="basic", start=["expression", "value", "cell"])


class _Carrier(Token):
    """A token of the grammar that carries ours; lark's own has slots for nothing else."""

    origin: LexedToken


class ExpressionReader:
    """Reads the expressions of a rulebook; problems go to the collector and give None."""

    def __init__(self, collector: Collector, vocabulary: Vocabulary, labels: tuple[str, ...] = ()) -> None:
        """Keep what every expression needs.

        Args:
            collector: Receives HR112 and HR113.
            vocabulary: Labels that may stand for ids.
            labels: The same labels, for hints.
        """
        self._collector, self._vocabulary, self._labels = collector, vocabulary, labels

    def expression(self, scalar: Scalar) -> ast.Expr | None:
        """Read a whole scalar as one expression."""
        tree = self._parse(scalar, 0, len(scalar.text), "expression")
        return self._build(scalar, 0).expr(tree.children[0]) if tree is not None else None

    def expression_in(self, scalar: Scalar, start: int, end: int) -> ast.Expr | None:
        """Read a stretch of a scalar (a heading of a table, a value cell) as an expression."""
        tree = self._parse(scalar, start, end, "expression")
        return self._build(scalar, start).expr(tree.children[0]) if tree is not None else None

    def value(self, scalar: Scalar, start: int, end: int) -> ast.Range | None:
        """Read the value of an action's parameter: an expression or a range."""
        tree = self._parse(scalar, start, end, "value")
        if tree is None:
            return None
        build = self._build(scalar, start)
        operands = [build.expr(child) for child in tree.children if not _is_token(child, "DOTDOT")]
        span = scalar.part(start, end)
        if tree.data == "single":
            return ast.Range(operands[0], operands[0], span)
        if tree.data == "closed":
            return ast.Range(operands[0], operands[1], span)
        return ast.Range(None, operands[0], span) if tree.data == "up_to" else ast.Range(operands[0], None, span)

    def cell(self, scalar: Scalar, start: int, end: int) -> ast.Cell | None:
        """Read a condition cell of a decision table."""
        span = scalar.part(start, end)
        text = scalar.text[start:end]
        if text == "-":
            return ast.AnyCell(span)
        if text == "else":
            return ast.ElseCell(span)
        tree = self._parse(scalar, start, end, "cell")
        return self._build(scalar, start).cell(tree, span) if tree is not None else None

    def _build(self, scalar: Scalar, offset: int) -> _Builder:
        return _Builder(scalar, offset)

    def _parse(self, scalar: Scalar, start: int, end: int, rule: _Start) -> Any:
        text = scalar.text[start:end]
        tokens = tokenize(text, self._vocabulary)
        if isinstance(tokens, LexError):
            self._lex_error(scalar, start, tokens)
            return None
        if not tokens:
            self._collector.report(112, scalar.span, variant="empty")
            return None
        if _depth(tokens) > MAX_DEPTH:
            self._collector.report(105, scalar.part(start, end), variant="expression", limit=MAX_DEPTH)
            return None
        parser = _grammar().parse_interactive(start=rule)
        try:
            for item in tokens:
                carrier = _Carrier(item.kind, item.text, start_pos=item.start, end_pos=item.end)
                carrier.origin = item
                parser.feed_token(carrier)
            return parser.feed_eof()  # type: ignore[no-untyped-call]  # lark leaves this one without types
        except UnexpectedInput as error:
            self._syntax_error(scalar, start, text, error, tokens)
            return None

    def _lex_error(self, scalar: Scalar, offset: int, error: LexError) -> None:
        span = scalar.part(offset + error.start, offset + error.end)
        if error.variant == "bound":
            self._collector.report(113, span, word=error.text, hints=[("HR113.hint", {"word": error.text})])
        elif error.variant == "label":
            hints = did_you_mean(error.text, self._labels)
            self._collector.report(201, span, variant="label", name=error.text, hints=hints)
        else:
            hints = [("HR112.hint_equals", {})] if error.variant == "equals" else []
            self._collector.report(112, span, variant=error.variant, text=error.text, hints=hints)

    def _syntax_error(
        self, scalar: Scalar, offset: int, text: str, error: UnexpectedInput, tokens: list[LexedToken]
    ) -> None:
        token = getattr(error, "token", None)
        hints: list[tuple[str, dict[str, str]]] = []
        line_end = scalar.source.find("\n", scalar.end)
        rest = scalar.source[scalar.end : line_end if line_end >= 0 else len(scalar.source)]
        if scalar.style == "plain" and rest.lstrip().startswith("#"):
            hints.append(("HR112.hint_comment", {"text": rest.strip()[:40]}))
        if token is None or token.type == "$END":
            place = scalar.part(offset + max(len(text) - 1, 0), offset + len(text))
            self._collector.report(112, place, variant="end", hints=hints)
            return
        place = scalar.part(offset + token.start_pos, offset + token.end_pos)
        before = next((item for item in reversed(tokens) if item.end <= token.start_pos), None)
        if token.type == "NAME" and before is not None and before.kind == "NUMBER" and before.unit is None:
            word = text[token.start_pos : token.end_pos]
            self._collector.report(205, place, text=word, hints=suggest_unit(word, unit_names()))
            return
        if token.type == "NAME" and not hints:
            hints.append(("HR112.hint_operator", {}))
        self._collector.report(112, place, text=text[token.start_pos : token.end_pos], hints=hints)


def _depth(tokens: list[LexedToken]) -> int:
    """How deep the tree of some tokens can be; a sum of many terms is as deep as it is long."""
    around = choices = chain = deepest = 0
    outer: list[tuple[int, int]] = []
    for token in tokens:
        if token.kind in _OPENING:
            outer.append((choices, chain))
            around += 1 + choices + chain
            choices = chain = 0
        elif token.kind in _CLOSING and outer:
            choices, chain = outer.pop()
            around -= 1 + choices + chain
        elif token.kind in _NESTING:
            chain += 1
        elif token.kind == "IF":
            choices, chain = choices + 1, 0
        elif token.kind in _FLAT:
            chain = 0
        deepest = max(deepest, around + choices + chain)
    return deepest


def _is_token(node: Any, kind: str) -> bool:
    return isinstance(node, Token) and node.type == kind


class _Builder:
    """Lark's trees -> ours."""

    def __init__(self, scalar: Scalar, offset: int) -> None:
        self.scalar, self.offset = scalar, offset

    def _span(self, node: Any) -> Span:
        start, end = _extent(node)
        return self.scalar.part(self.offset + start, self.offset + end)

    def expr(self, node: Any) -> ast.Expr:
        built: ast.Expr = getattr(self, f"_{node.data}")(node, self._span(node))
        return built

    def _operands(self, node: Any) -> tuple[ast.Expr, ...]:
        return tuple(self.expr(child) for child in node.children if isinstance(child, Tree))

    def _number(self, node: Any, span: Span) -> ast.Expr:
        token = node.children[0].origin
        written = f"{token.text} {token.unit}" if token.unit else token.text
        return ast.Number(token.value, token.unit, written, span)

    def _calendar_span(self, node: Any, span: Span) -> ast.Expr:
        token = node.children[0].origin
        return ast.SpanLiteral(token.value, token.text, span)

    def _day(self, node: Any, span: Span) -> ast.Expr:
        return ast.Day(node.children[0].origin.value, span)

    def _text(self, node: Any, span: Span) -> ast.Expr:
        return ast.Text(node.children[0].origin.value, span)

    def _flag(self, node: Any, span: Span) -> ast.Expr:
        return ast.Flag(node.children[0].type == "TRUE", span)

    def _name(self, node: Any, span: Span) -> ast.Expr:
        return ast.Name(node.children[0].origin.text, span)

    def _group(self, node: Any, span: Span) -> ast.Expr:
        del span
        return next(self.expr(child) for child in node.children if isinstance(child, Tree))

    def _choice(self, node: Any, span: Span) -> ast.Expr:
        then, condition, otherwise = self._operands(node)
        return ast.Choice(then, condition, otherwise, span)

    def _disjunction(self, node: Any, span: Span) -> ast.Expr:
        return ast.Junction("or", self._operands(node), span)

    def _conjunction(self, node: Any, span: Span) -> ast.Expr:
        return ast.Junction("and", self._operands(node), span)

    def _negation(self, node: Any, span: Span) -> ast.Expr:
        return ast.Not(self._operands(node)[0], span)

    def _comparison(self, node: Any, span: Span) -> ast.Expr:
        ops = tuple(CANONICAL[child.type] for child in node.children if isinstance(child, Token))
        return ast.Comparison(self._operands(node), ops, span)  # type: ignore[arg-type]  # the grammar admits these six

    def _options(self, node: Any) -> tuple[ast.Expr, ...]:
        return self._operands(node)

    def _membership(self, node: Any, span: Span) -> ast.Expr:
        return ast.Membership(self.expr(node.children[0]), self._options(node.children[-1]), span)

    def _non_membership(self, node: Any, span: Span) -> ast.Expr:
        return ast.Not(self._membership(node, span), span)

    def _contains(self, node: Any, span: Span) -> ast.Expr:
        container, item = self._operands(node)
        return ast.Contains(container, item, span)

    def _non_contains(self, node: Any, span: Span) -> ast.Expr:
        return ast.Not(self._contains(node, span), span)

    def _intersects(self, node: Any, span: Span) -> ast.Expr:
        return ast.Intersects(self.expr(node.children[0]), self._options(node.children[-1]), span)

    def _non_intersects(self, node: Any, span: Span) -> ast.Expr:
        return ast.Not(self._intersects(node, span), span)

    def _arithmetic(self, node: Any, span: Span) -> ast.Expr:
        left, right = self._operands(node)
        op = next(CANONICAL[child.type] for child in node.children if isinstance(child, Token))
        return ast.Arithmetic(op, left, right, span)  # type: ignore[arg-type]  # the grammar admits these four

    def _negative(self, node: Any, span: Span) -> ast.Expr:
        return ast.Negative(self._operands(node)[0], span)

    def _call(self, node: Any, span: Span) -> ast.Expr:
        arguments = next(child for child in node.children if isinstance(child, Tree))
        return ast.Call(str(node.children[0]), self._operands(arguments), span)

    def _comprehension(self, node: Any, span: Span) -> ast.Expr:
        names = [child for child in node.children if _is_token(child, "NAME")]
        operands = self._operands(node)
        parts_at = self.scalar.part(self.offset + names[2].start_pos, self.offset + names[2].end_pos)
        where = operands[1] if len(operands) > 1 else None
        parts = ast.Name(names[2].origin.text, parts_at)
        return ast.Comprehension(str(names[0]), operands[0], str(names[1]), parts, where, span)

    def cell(self, tree: Any, span: Span) -> ast.Cell:
        tokens = [child for child in tree.children if isinstance(child, Token)]
        if tree.data == "comparison_cell":
            op = CANONICAL[tokens[0].type]
            return ast.ComparisonCell(op, self._operands(tree)[0], span)  # type: ignore[arg-type]  # one of the six
        if tree.data == "interval_cell":
            low, high = self._operands(tree)
            closed_low, closed_high = tokens[0].type == "LSQB", tokens[-1].type == "RSQB"
            return ast.IntervalCell(low, closed_low, high, closed_high, span)
        negated = any(token.type == "NOT" for token in tokens)
        trees = [child for child in tree.children if isinstance(child, Tree)]
        options = self._options(trees[0]) if trees[0].data == "options" else self._operands(tree)
        return ast.OptionsCell(options, negated, span)


def _extent(node: Any) -> tuple[int, int]:
    """Offsets of the first and after the last character of a tree."""
    first = last = node
    while isinstance(first, Tree):
        first = first.children[0]
    while isinstance(last, Tree):
        last = last.children[-1]
    return first.start_pos, last.end_pos
