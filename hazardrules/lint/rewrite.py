"""Conditions put together from the words of others: their opposites, and several of them as one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hazardrules.lint.trees import NEGATED, shape
from hazardrules.model import syntax_tree as ast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hazardrules.lint.material import Material
    from hazardrules.source import Span

_Test = ast.Membership | ast.Contains | ast.Intersects
_WITH_NOT = re.compile(r"\bnot\s+(in|contains|intersects)\b|不(属于|包含|涉及)")
_WITHOUT = re.compile(r"\b(in|contains|intersects)\b|(属于|包含|涉及)")


def is_written_inside(expr: ast.Expr) -> bool:
    """Whether a negation stands within its condition: `x not in {a}`."""
    return isinstance(expr, ast.Not) and expr.item.span == expr.span


def opposite(material: Material, expr: ast.Expr) -> str | None:
    """The words of what holds where a condition does not; None where only `not` could say it."""
    match expr:
        case ast.Not(item=ast.Membership() | ast.Contains() | ast.Intersects() as item) if is_written_inside(expr):
            return _operator_changed(material, item, _WITH_NOT, lambda word: word)
        case ast.Not(item=item) if not material.is_block(expr):
            return material.operand(item) if isinstance(item, ast.Junction | ast.Choice) else material.words(item.span)
        case ast.Comparison(operands=(left, right), ops=(op,)):
            return f"{material.operand(left)} {NEGATED[op]} {material.operand(right)}"
        case ast.Membership() | ast.Contains() | ast.Intersects():
            return _operator_changed(material, expr, _WITHOUT, lambda word: f"not {word}" if word.isascii() else f"不{word}")
        case _:
            return None


def _operator_changed(material: Material, test: _Test, pattern: re.Pattern[str], change: Callable[[str], str]) -> str | None:
    """A test with another operator between what is tested and the values."""
    subject = test.item if isinstance(test, ast.Membership) else test.container
    first = test.item if isinstance(test, ast.Contains) else test.options[0]
    between = material.between(subject.span, first.span)
    found = pattern.search(between)
    if found is None:
        return None
    word = change(next(group for group in found.groups() if group))
    start, (end, _) = material.offsets(test.span)[0], material.offsets(first.span)
    text = material.files[test.span.file]
    head = text[start : end - len(between)]
    return f"{head}{between[: found.start()]}{word}{between[found.end() :]}{text[end : material.offsets(test.span)[1]]}"


def merged(material: Material, junction: ast.Junction, group: Sequence[ast.Expr], better: str) -> str:
    """A junction with some of its items replaced by one, which takes the place of the first."""
    chosen = {id(item) for item in group}
    kept = [
        better if item is group[0] else _as_item(material, item)
        for item in junction.items
        if item is group[0] or id(item) not in chosen
    ]
    return f" {joining_word(material, junction)} ".join(kept)


def joining_word(material: Material, junction: ast.Junction) -> str:
    """`and`, `or` or the Chinese word that joins the items of a junction."""
    found = re.search(r"并且|或者|且|或|\b(?:and|or)\b", material.between(junction.items[0].span, junction.items[1].span))
    return found.group() if found is not None else junction.op


def _as_item(material: Material, item: ast.Expr) -> str:
    return material.operand(item) if isinstance(item, ast.Junction | ast.Choice) else material.words(item.span)


def grouped(items: Sequence[tuple[ast.Expr, ast.Expr]]) -> list[list[ast.Expr]]:
    """Pairs of a condition and what it tests -> the conditions that test the same thing, where there are several."""
    found: dict[object, list[ast.Expr]] = {}
    for item, subject in items:
        found.setdefault(shape(subject), []).append(item)
    return [group for group in found.values() if len(group) > 1]


def place_of(junction: ast.Junction, group: Sequence[ast.Expr], *, is_block: bool) -> Span:
    """Where several conditions of one junction are reported: the junction, or the second of them where it is a block."""
    return group[1].span if is_block else junction.span
