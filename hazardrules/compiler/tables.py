"""Decision tables -> conditions, one per row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.model import expressions as ir
from hazardrules.model import syntax_tree as ast
from hazardrules.model.types import BOOL, ValueType

if TYPE_CHECKING:
    from hazardrules.compiler.resolve import Resolver
    from hazardrules.compiler.scope import Scope
    from hazardrules.model.rules import DecisionTable, TableRow


def plain_conditions(table: DecisionTable, resolver: Resolver, scope: Scope) -> list[ir.Expr | None]:
    """What the cells of each row of a decision table ask.

    Args:
        table: The table as written.
        resolver: Resolves headings and cells.
        scope: Where the table stands.

    Returns:
        A condition per row; None for an `else` row, and for a row with a problem, which was reported.
    """
    headings = [resolver.resolve(heading, scope) for heading in table.headings]
    return [None if _is_else(row) else _row(row, headings, resolver, scope) for row in table.rows]


def row_conditions(table: DecisionTable, plain: list[ir.Expr | None]) -> list[ir.Expr | None]:
    """When each row of a decision table holds.

    Args:
        table: The table as written.
        plain: What the cells of its rows ask.

    Returns:
        A condition per row; None for a row with a problem. An `else` row holds where no other row does; under
        `hit: first` a row asks also that no earlier row holds.
    """
    conditions: list[ir.Expr | None] = []
    for number, row in enumerate(table.rows):
        if _is_else(row):
            others = [condition for other, condition in zip(table.rows, plain, strict=True) if not _is_else(other)]
            known = tuple(condition for condition in others if condition is not None)
            broken = len(known) < len(others)
            conditions.append(None if broken else ir.Not(ir.Junction("or", known, row.span), row.span))
            continue
        condition = plain[number]
        earlier = tuple(item for item in plain[:number] if item is not None)
        if table.hit == "first" and condition is not None and earlier:
            not_earlier = ir.Not(ir.Junction("or", earlier, row.span), row.span)
            condition = ir.Junction("and", (condition, not_earlier), row.span)
        conditions.append(condition)
    return conditions


def _is_else(row: TableRow) -> bool:
    return any(isinstance(cell, ast.ElseCell) for cell in row.cells)


def _row(row: TableRow, headings: list[ir.Expr | None], resolver: Resolver, scope: Scope) -> ir.Expr | None:
    parts: list[ir.Expr] = []
    for cell, heading in zip(row.cells, headings, strict=True):
        if isinstance(cell, ast.AnyCell):
            continue
        if heading is None:
            return None
        part = cell_condition(cell, heading, resolver, scope)
        if part is None:
            return None
        parts.append(part)
    if not parts:
        return ir.Const(value=True, type=BOOL, written="-", span=row.span)
    return parts[0] if len(parts) == 1 else ir.Junction("and", tuple(parts), row.span)


def cell_condition(cell: ast.Cell, heading: ir.Expr, resolver: Resolver, scope: Scope) -> ir.Expr | None:
    """What a cell asks of the expression in its heading."""
    match cell:
        case ast.ComparisonCell(op=op, value=value, span=span):
            right = resolver.resolve(value, scope, heading.type)
            return None if right is None else resolver.compare(op, heading, right, span)
        case ast.IntervalCell():
            low, high = resolver.resolve(cell.low, scope, heading.type), resolver.resolve(cell.high, scope, heading.type)
            if low is None or high is None:
                return None
            above = resolver.compare(">=" if cell.low_closed else ">", heading, low, cell.span)
            below = resolver.compare("<=" if cell.high_closed else "<", heading, high, cell.span)
            return None if above is None or below is None else ir.Junction("and", (above, below), cell.span)
        case ast.OptionsCell():
            return _options(cell, heading, resolver, scope)
        case _:
            return None


def _options(cell: ast.OptionsCell, heading: ir.Expr, resolver: Resolver, scope: Scope) -> ir.Expr | None:
    kind = heading.type
    wanted = ValueType("enum", options=kind.options) if kind.name == "set" else kind
    constants: list[ir.Const] = []
    for option in cell.options:
        found = resolver.resolve(option, scope, wanted)
        if found is None:
            return None
        fitted = resolver.fit(found, wanted)
        if fitted is None:
            return None
        if not isinstance(fitted, ir.Const):
            if len(cell.options) > 1:
                resolver.collector.report(203, option.span, variant="not_constant")
                return None
            same = resolver.compare("==", heading, fitted, cell.span)
            return ir.Not(same, cell.span) if same is not None and cell.negated else same
        constants.append(fitted)
    built: ir.Expr
    if kind.name == "bool":
        values = {bool(constant.value) for constant in constants}
        if len(values) == 2:  # noqa: PLR2004 - both truth values: any
            return ir.Const(value=True, type=BOOL, written="-", span=cell.span)
        built = heading if values == {True} else ir.Not(heading, cell.span)
    elif kind.name == "set":
        words = tuple(constant.written for constant in constants)
        built = ir.Intersects(heading, frozenset(str(constant.value) for constant in constants), words, cell.span)
    elif len(constants) == 1:
        built = ir.Compare("==", heading, constants[0], cell.span)
    else:
        built = ir.In(heading, tuple(constants), cell.span)
    return ir.Not(built, cell.span) if cell.negated else built
