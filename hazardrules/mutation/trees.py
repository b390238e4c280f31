"""Expressions with a node changed: trees are frozen, so what stands above it is built anew."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from hazardrules.model import expressions as ir

if TYPE_CHECKING:
    from collections.abc import Callable


def substituted(expr: ir.Expr, old: ir.Expr, new: ir.Expr) -> ir.Expr:
    """An expression in which one node, wherever it stands, is another one; itself where it does not stand there."""
    if expr is old:
        return new
    return rebuilt(expr, lambda child: substituted(child, old, new))


def rebuilt(expr: ir.Expr, change: Callable[[ir.Expr], ir.Expr]) -> ir.Expr:
    """An expression whose operands are changed; itself where none is."""
    before = ir.children(expr)
    after = tuple(change(child) for child in before)
    if all(a is b for a, b in zip(before, after, strict=True)):
        return expr
    match expr:
        case ir.Lookup():
            return replace(expr, keys=after)
        case ir.Junction() | ir.Function():
            return replace(expr, items=after)
        case ir.Not() | ir.Scale():
            return replace(expr, item=after[0])
        case ir.AtLeast():
            return replace(expr, count=after[0], items=after[1:])
        case ir.Compare() | ir.Arithmetic() | ir.DateDifference():
            return replace(expr, left=after[0], right=after[1])
        case ir.In():
            return replace(expr, item=after[0], options=cast("tuple[ir.Const, ...]", after[1:]))
        case ir.Intersects():
            return replace(expr, container=after[0])
        case ir.DateShift():
            return replace(expr, day=after[0], amount=after[1])
        case ir.Choice():
            return replace(expr, then=after[0], condition=after[1], otherwise=after[2])
        case ir.Quantified():
            items = iter(after)
            return replace(
                expr,
                item=next(items) if expr.item is not None else None,
                where=next(items) if expr.where is not None else None,
            )
        case ir.TableValue():
            pairs = zip(after[0::2], after[1::2], strict=True)
            return replace(expr, rows=tuple(pairs))
        case _:
            return expr
