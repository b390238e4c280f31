"""Conditions as they were written: what is in them, when two say the same, how one is put together from the words of others."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from hazardrules.model import syntax_tree as ast

if TYPE_CHECKING:
    from collections.abc import Iterator

LITERALS = (ast.Number, ast.SpanLiteral, ast.Text, ast.Day, ast.Flag)
ATOMS = (*LITERALS, ast.Name, ast.Call, ast.Comprehension)
CONNECTIVES = (ast.Junction, ast.Threshold, ast.Not)
FLIPPED: dict[str, ast.CompareOp] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
"""The operator when both sides change places."""
NEGATED: dict[str, ast.CompareOp] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
"""The operator that holds when another does not."""
_ASIDE = ("span", "written")


def children(expr: ast.Expr) -> tuple[ast.Expr, ...]:
    """The expressions that an expression is made of, in the order written."""
    match expr:
        case ast.Not(item=item) | ast.Negative(item=item):
            return (item,)
        case ast.Junction(items=items) | ast.Call(arguments=items) | ast.Comparison(operands=items):
            return items
        case ast.Threshold(count=count, items=items):
            return (count, *items)
        case ast.Membership(item=item, options=options):
            return (item, *options)
        case ast.Contains(container=container, item=item):
            return (container, item)
        case ast.Intersects(container=container, options=options):
            return (container, *options)
        case ast.Arithmetic(left=left, right=right):
            return (left, right)
        case ast.Choice(then=then, condition=condition, otherwise=otherwise):
            return (then, condition, otherwise)
        case ast.Comprehension(item=item, where=where):
            return (item,) if where is None else (item, where)
        case _:
            return ()


def walk(expr: ast.Expr, around: tuple[ast.Expr, ...] = ()) -> Iterator[tuple[ast.Expr, tuple[ast.Expr, ...]]]:
    """An expression and everything in it, each with what stands around it, the outermost first."""
    yield expr, around
    for child in children(expr):
        yield from walk(child, (*around, expr))


def shape(value: object) -> object:
    """What an expression says, wherever it stands: equal shapes say the same."""
    if isinstance(value, tuple):
        return tuple(shape(item) for item in value)
    if not hasattr(value, "span"):
        return value
    return type(value).__name__, *(shape(getattr(value, one.name)) for one in fields(value) if one.name not in _ASIDE)  # type: ignore[arg-type]  # every node is a dataclass


def conditions_in(expr: ast.Expr) -> int:
    """How many single conditions an expression joins."""
    if isinstance(expr, CONNECTIVES):
        items = expr.items if isinstance(expr, ast.Threshold) else children(expr)
        return sum(conditions_in(item) for item in items)
    return 1


def is_literal(expr: ast.Expr) -> bool:
    """Whether an expression is a number, a text or a day, perhaps with a sign."""
    return isinstance(expr, LITERALS) or (isinstance(expr, ast.Negative) and is_literal(expr.item))
