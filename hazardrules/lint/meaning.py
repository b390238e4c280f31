"""A normal form of conditions: two that have the same one decide the same for every subject, gaps in the facts included.

It knows what mending changes: which side a constant stands on, negation in front of a comparison, `in` for several
`==`, `intersects` for several `contains`, the order and repetition of conditions that are joined.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

from hazardrules.lint.trees import FLIPPED, NEGATED
from hazardrules.model import expressions as ir
from hazardrules.source import Span

if TYPE_CHECKING:
    from hazardrules.compiler.plan import Compiled, CompiledAction, CompiledRule
    from hazardrules.model.rulebook import RulebookSource

_DUAL = {"and": "or", "or": "and"}


def normal(expr: ir.Expr | None, *, holds: bool = True) -> object:
    """The normal form of a condition, or of its negation."""
    match expr:
        case None:
            return None
        case ir.Not(item=item):
            return normal(item, holds=not holds)
        case ir.Junction(op=op, items=items):
            return _joined(op if holds else _DUAL[op], [normal(item, holds=holds) for item in items])
        case ir.Compare(op=op, left=left, right=right):
            return _compared(op if holds else NEGATED[op], _plain(left), _plain(right))
        case ir.In(item=item, options=options):
            op = "==" if holds else "!="
            return _joined("or" if holds else "and", [_compared(op, _plain(item), _plain(one)) for one in options])
        case ir.Intersects(container=container, options=held):
            has: list[object] = [("has" if holds else "lacks", _plain(container), one) for one in held]
            return _joined("or" if holds else "and", has)
        case _:
            return _plain(expr) if holds else ("not", _plain(expr))


def meaning(compiled: Compiled) -> dict[str, object]:
    """The conditions of a rulebook by what they belong to."""
    found: dict[str, object] = {f"rule {name}": _of_rule(rule, compiled.source) for name, rule in compiled.rules.items()}
    found |= {f"fact {kind}.{name}": normal(derived.expr) for (kind, name), derived in compiled.derived.items()}
    found |= {f"scope {name}": normal(scope) for name, scope in compiled.scopes.items()}
    found |= {f"parameter {name}": _plain(one.values) for name, one in compiled.parameters.items()}
    return found


def _of_rule(rule: CompiledRule, source: RulebookSource) -> object:
    written = rule.rule
    return (
        normal(rule.scope),
        normal(rule.when),
        tuple(normal(one) for one in rule.unless),
        rule.level,
        repr([_of_action(one, source) for one in rule.actions]),
        tuple(dict.fromkeys(rule.overrides)),
        tuple(dict.fromkeys(rule.amends)),
        tuple((ref.law, ref.clause) for ref in rule.basis),
        (written.kind, written.verified, written.effective, written.jurisdiction, written.on),
    )


def _of_action(action: CompiledAction, source: RulebookSource) -> object:
    use, declared = action.use, source.actions[action.use.action]
    values = sorted((key, repr(_plain(ends))) for key, ends in action.values.items())
    basis = [(ref.law, ref.clause) for ref in use.basis]
    return use.action, values, sorted(use.written.items()), use.by or declared.by, use.authority or declared.authority, basis


def _joined(op: str, items: list[object]) -> object:
    flat: set[object] = set()
    for item in items:
        if isinstance(item, tuple) and item[:1] == (op,):
            flat |= item[1]
        else:
            flat.add(item)
    return next(iter(flat)) if len(flat) == 1 else (op, frozenset(flat))


def _compared(op: str, left: object, right: object) -> object:
    if op in (">", ">="):
        op, left, right = FLIPPED[op], right, left
    elif op in ("==", "!="):
        left, right = sorted((left, right), key=repr)
    return op, left, right


def _plain(value: object) -> object:
    """What an expression says without where and how it was written; conditions within it in normal form."""
    if isinstance(value, ir.Const):
        unit = value.type.unit
        size = value.value * unit.factor if value.type.name == "number" else value.value  # type: ignore[operator]  # numbers
        return "constant", value.type.name, unit.dimension, size
    if isinstance(value, ir.Not | ir.Junction | ir.Compare | ir.In | ir.Intersects):
        return normal(value)
    if isinstance(value, Span):
        return None
    if isinstance(value, tuple | list):
        return tuple(_plain(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        names = (one.name for one in fields(value) if one.name not in ("span", "written"))
        return type(value).__name__, *((name, _plain(getattr(value, name))) for name in names)
    return value
