"""HR302, HR303, HR304: do the rows of a decision table overlap, and do they leave a gap?

Every condition cell asks something of the expression in its heading. Where all cells of a column compare with constants
the column falls into finitely many regions (points and the open stretches between them, enum values, true and false);
the rows are then checked on the grid of all regions, exactly.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, product
from math import ceil, floor
from typing import TYPE_CHECKING

from hazardrules.diagnostics import Related
from hazardrules.model import expressions as ir
from hazardrules.model import syntax_tree as ast
from hazardrules.model.values import normalise
from hazardrules.written import Written

if TYPE_CHECKING:
    from collections.abc import Callable

    from hazardrules.diagnostics import Collector
    from hazardrules.model.rulebook import RulebookSource
    from hazardrules.model.rules import DecisionTable

MAX_REGIONS = 20_000

_Region = tuple[str, object]
"""A region: how it is printed in a diagnostic, and a value inside it."""
_Point = list[tuple[ir.Expr, _Region]]


def check_table(table: DecisionTable, conditions: list[ir.Expr | None], source: RulebookSource, collector: Collector) -> bool:
    """Report overlapping rows and gaps of a table with hit policy `unique`; under `first` only gaps matter.

    Returns:
        Whether the table is proven complete: some row holds, whatever the facts.
    """
    if table.hit == "collect":
        return False
    rows = [
        (row, condition)
        for row, condition in zip(table.rows, conditions, strict=True)
        if not any(isinstance(cell, ast.ElseCell) for cell in row.cells)
    ]
    if any(condition is None for _, condition in rows):
        return False
    has_else = len(rows) < len(table.rows)
    grid = _grid([condition for _, condition in rows if condition is not None], source)
    if grid is None:
        collector.report(304, table.span)
        return has_else
    expressions, regions = grid
    keys = [ir.key_of(expr) for expr in expressions]
    masks, mixed = _masks([condition for _, condition in rows if condition is not None], keys, regions)
    reported: set[tuple[int, int]] = set()
    gap: _Point | None = None
    for chosen in product(*regions):
        fitting = (1 << len(rows)) - 1
        for mask, region in zip(masks, chosen, strict=True):
            fitting &= mask[region[1]]
        if fitting and mixed:
            values = {key: region[1] for key, region in zip(keys, chosen, strict=True)}
            for number, test in mixed:
                if not test(values):
                    fitting &= ~(1 << number)
        if not fitting:
            gap = list(zip(expressions, chosen, strict=True)) if gap is None else gap
        elif table.hit == "unique" and fitting & (fitting - 1):
            hits = [number for number in range(len(rows)) if fitting >> number & 1]
            for later in hits[1:]:
                pair = (hits[0], later)
                if pair not in reported:
                    reported.add(pair)
                    point = list(zip(expressions, chosen, strict=True))
                    first, second = rows[hits[0]][0], rows[later][0]
                    related = [Related(first.span, "related.row", {"number": str(first.number)})]
                    collector.report(
                        302, second.span, first=first.number, second=second.number, where=_describe(point), related=related
                    )
    if gap is not None and not has_else:
        collector.report(303, table.span, where=_describe(gap), hints=[("HR303.hint_else", {})])
    return has_else or gap is None


def _masks(
    conditions: list[ir.Expr], keys: list[str], regions: list[list[_Region]]
) -> tuple[list[dict[object, int]], list[tuple[int, Callable[[dict[str, object]], bool]]]]:
    """Which rows each region of a column admits, as bits; and what is asked of several columns at once."""
    masks: list[dict[object, int]] = [dict.fromkeys((value for _, value in column), 0) for column in regions]
    mixed: list[tuple[int, Callable[[dict[str, object]], bool]]] = []
    index = {key: number for number, key in enumerate(keys)}
    for row, condition in enumerate(conditions):
        asked: dict[int, list[Callable[[dict[str, object]], bool]]] = {}
        for part in condition.items if isinstance(condition, ir.Junction) and condition.op == "and" else (condition,):
            atoms: dict[str, tuple[ir.Expr, set[object]]] = {}
            _collect(part, atoms)
            if len(atoms) == 1:
                asked.setdefault(index[next(iter(atoms))], []).append(_test(part))
            else:
                mixed.append((row, _test(part)))
        for column, mask in enumerate(masks):
            for value in mask:
                if all(test({keys[column]: value}) for test in asked.get(column, ())):
                    mask[value] |= 1 << row
    return masks, mixed


def _grid(conditions: list[ir.Expr], source: RulebookSource) -> tuple[list[ir.Expr], list[list[_Region]]] | None:
    atoms: dict[str, tuple[ir.Expr, set[object]]] = {}
    for condition in conditions:
        if not _collect(condition, atoms):
            return None
    expressions = [expr for expr, _ in atoms.values()]
    regions: list[list[_Region]] = []
    total = 1
    for expr, points in atoms.values():
        found = _regions(expr, points, source)
        if found is None:
            return None
        regions.append(found)
        total *= len(found)
        if total > MAX_REGIONS:
            return None
    return expressions, regions


def _collect(expr: ir.Expr, atoms: dict[str, tuple[ir.Expr, set[object]]]) -> bool:
    """Gather what cells compare and with which constants; False where a cell is no comparison with constants."""

    def note(subject: ir.Expr, values: set[object]) -> bool:
        atoms.setdefault(ir.key_of(subject), (subject, set()))[1].update(values)
        return True

    match expr:
        case ir.Const():
            return True
        case ir.Not(item=item):
            return _collect(item, atoms)
        case ir.Junction(items=items):
            found = [_collect(item, atoms) for item in items]  # all of them, even after one that is none
            return all(found)
        case ir.Compare(left=left, right=ir.Const(value=value)):
            return note(left, {value})
        case ir.Compare(left=left) if left.type.name == "number":
            return _collect(_against_zero(expr), atoms)
        case ir.In(item=item, options=options):
            return note(item, {option.value for option in options})
        case ir.FactRef() | ir.DerivedRef() | ir.RuleRef():
            return note(expr, {True, False})
        case _:
            return False


def _against_zero(expr: ir.Compare) -> ir.Compare:
    """Two computed numbers, compared by the sign of their difference."""
    kind = replace(expr.left.type, integer=False)
    difference = ir.Arithmetic("-", expr.left, expr.right, kind, expr.span)
    return replace(expr, left=difference, right=ir.Const(0, kind, "0", expr.span))


def _regions(expr: ir.Expr, points: set[object], source: RulebookSource) -> list[_Region] | None:
    kind = expr.type
    if kind.name == "bool":
        return [("false", False), ("true", True)]
    if kind.name == "enum":
        return [(option, option) for option in kind.options]
    if kind.name != "number":
        return None
    low, high = _declared_bounds(expr, source)
    unit = f" {kind.unit.name}" if kind.unit.name else ""
    values = sorted(point for point in points if isinstance(point, (int, Fraction)))
    if not values:
        return None
    found: list[_Region] = []
    for below, above in pairwise([None, *values, None]):
        inside = _between(below, above, low, high, whole=kind.integer)
        if inside is not None:
            found.append((f"{_print(inside)}{unit}", inside))
        possible = above is not None and (low is None or above >= low) and (high is None or above <= high)
        if above is not None and possible and not (kind.integer and isinstance(above, Fraction)):
            found.append((f"{_print(above)}{unit}", above))
    return found


def _between(
    below: int | Fraction | None,
    above: int | Fraction | None,
    low: int | Fraction | None,
    high: int | Fraction | None,
    *,
    whole: bool,
) -> int | Fraction | None:
    """A number strictly between two points (None: no end) and within the declared bounds; None where there is none."""
    least = below if below is not None and (low is None or below >= low) else low
    most = above if above is not None and (high is None or above <= high) else high
    if whole:
        first = None if least is None else floor(least) + 1 if least == below else ceil(least)
        last = None if most is None else ceil(most) - 1 if most == above else floor(most)
        if first is None or last is None:
            return first if first is not None else last
        return first if first <= last else None
    if least is None or most is None:
        return most - Fraction(1, 2) if most is not None else least + Fraction(1, 2) if least is not None else None
    if least > most or (least == most and (least == below or most == above)):
        return None
    return normalise((least + most) / Fraction(2))


def _declared_bounds(expr: ir.Expr, source: RulebookSource) -> tuple[int | Fraction | None, int | Fraction | None]:
    if isinstance(expr, ir.FactRef):
        fact = source.subjects[expr.kind].facts[expr.name]
        return fact.minimum, fact.maximum
    if isinstance(expr, ir.Quantified) and expr.function == "count":
        return 0, None
    return None, None


def _print(value: int | Fraction) -> str:
    return str(value) if isinstance(value, int) else f"{float(value):g}"


_COMPARE: dict[str, Callable[[object, object], bool]] = {
    "<": lambda a, b: a < b,  # type: ignore[operator]  # numbers
    "<=": lambda a, b: a <= b,  # type: ignore[operator]  # numbers
    ">": lambda a, b: a > b,  # type: ignore[operator]  # numbers
    ">=": lambda a, b: a >= b,  # type: ignore[operator]  # numbers
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def _test(expr: ir.Expr) -> Callable[[dict[str, object]], bool]:
    """A condition over the grid as a function of a point; keys are computed once."""
    match expr:
        case ir.Const(value=value):
            return lambda _values: bool(value)
        case ir.Not(item=item):
            inner = _test(item)
            return lambda values: not inner(values)
        case ir.Junction(op=op, items=items):
            tests = [_test(item) for item in items]
            combine = all if op == "and" else any
            return lambda values: combine(test(values) for test in tests)
        case ir.Compare(op=op, left=left, right=ir.Const(value=value)):
            key, compare = ir.key_of(left), _COMPARE[op]
            return lambda values: compare(values[key], value)
        case ir.Compare():
            return _test(_against_zero(expr))
        case ir.In(item=item, options=options):
            key, known = ir.key_of(item), [option.value for option in options]
            return lambda values: values[key] in known
        case _:
            key = ir.key_of(expr)
            return lambda values: bool(values[key])


def _describe(point: _Point) -> str:
    return ", ".join(f"{Written().text(expr)} = {region[0]}" for expr, region in point)
