"""Terms of the solver that may be unknown: a value, and when it is known.

A value is a plain Python value as long as nothing variable went into it, so that most of an expression is computed
before the solver sees it. Truth values and `known` are `bool` or a term of the solver; numbers are `int`, `Fraction` or a
term; sets are a mapping from option to truth value; days are ordinals, moments are seconds since day 0; enum values
and texts are numbers given by `codes`.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import z3

from hazardrules.model.values import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Bool = Any
"""`bool`, or a truth value of the solver."""
Numeric = Any
"""`int`, `Fraction`, or a number of the solver."""


@dataclass(frozen=True, slots=True)
class Term:
    """A value of an expression.

    Attributes:
        value: The value; it means nothing where it is not known.
        known: When it is known.
        loose: Where it is not known the engines may still know bounds of it, which is not modelled.
    """

    value: Any
    known: Bool = True
    loose: bool = False


NOTHING = Term(value=False, known=False)
"""A truth value that nobody knows."""


# truth


def neg(item: Bool) -> Bool:
    """Not."""
    return (not item) if isinstance(item, bool) else z3.Not(item)


def conj(items: Iterable[Bool]) -> Bool:
    """And."""
    kept = []
    for item in items:
        if item is False:
            return False
        if item is not True:
            kept.append(item)
    return True if not kept else kept[0] if len(kept) == 1 else z3.And(*kept)


def disj(items: Iterable[Bool]) -> Bool:
    """Or."""
    kept = []
    for item in items:
        if item is True:
            return True
        if item is not False:
            kept.append(item)
    return False if not kept else kept[0] if len(kept) == 1 else z3.Or(*kept)


def ite(condition: Bool, then: Any, otherwise: Any) -> Any:
    """One of two values of one sort."""
    if isinstance(condition, bool):
        return then if condition else otherwise
    if isinstance(then, bool) and isinstance(otherwise, bool):
        if then == otherwise:
            return then
        return condition if then else neg(condition)
    if isinstance(then, dict):
        return {option: ite(condition, then[option], otherwise[option]) for option in then}
    return z3.If(condition, lifted(then), lifted(otherwise))


def holds(term: Term) -> Bool:
    """When a truth value is surely true."""
    return conj((term.known, term.value))


def fails(term: Term) -> Bool:
    """When a truth value is surely false."""
    return conj((term.known, neg(term.value)))


def truth(true: Bool, false: Bool) -> Term:
    """The truth value that is true and false when these say so, and unknown otherwise."""
    return Term(true, disj((true, false)))


def all_of(items: list[Term]) -> Term:
    """Kleene's and."""
    value = conj(item.value for item in items)
    if all(item.known is True for item in items):
        return Term(value)
    return truth(conj(map(holds, items)), disj(map(fails, items)))


def any_of(items: list[Term]) -> Term:
    """Kleene's or."""
    value = disj(item.value for item in items)
    if all(item.known is True for item in items):
        return Term(value)
    return truth(disj(map(holds, items)), conj(map(fails, items)))


def negated(item: Term) -> Term:
    """Kleene's not."""
    return Term(neg(item.value), item.known)


# numbers


def lifted(value: Any) -> Any:
    """A value as a term of the solver."""
    if isinstance(value, bool):
        return z3.BoolVal(value)
    if isinstance(value, int):
        return z3.IntVal(value)
    if isinstance(value, Fraction):
        return z3.Q(value.numerator, value.denominator)
    return value


def is_plain(value: Any) -> bool:
    """Whether a number was computed already."""
    return isinstance(value, (int, Fraction))


def sort_of(value: Any) -> type:
    """What a value is: a set, a truth value, or a number."""
    if isinstance(value, dict):
        return dict
    return bool if isinstance(value, (bool, z3.BoolRef)) else int


def calculate(op: Callable[[Any, Any], Any], left: Numeric, right: Numeric) -> Numeric:
    """`+`, `-` or `*` of two numbers."""
    if is_plain(left) and is_plain(right):
        return normalise(op(left, right))
    return op(lifted(left), lifted(right))


def quotient(left: Numeric, right: Numeric) -> Numeric:
    """An exact quotient; where the divisor is 0 it is some number."""
    if is_plain(left) and is_plain(right):
        return normalise(Fraction(left) / right) if right != 0 else 0
    if is_plain(right):
        return calculate(operator.mul, left, Fraction(1) / right) if right != 0 else 0
    return real(left) / real(right)


def real(value: Numeric) -> Any:
    """A number of the solver that need not be whole."""
    found = z3.Q(value.numerator, value.denominator) if is_plain(value) else value
    return z3.ToReal(found) if found.is_int() else found


def total(values: list[Any]) -> Any:
    """The sum of some numbers."""
    found: Any = 0
    for value in values:
        found = value if is_plain(found) and found == 0 else calculate(operator.add, found, value)
    return found


def extreme(name: str, left: Any, right: Any) -> Any:
    """The lesser (`min`) or the greater of two numbers."""
    if is_plain(left) and is_plain(right):
        return min(left, right) if name == "min" else max(left, right)
    return ite(compare("<=" if name == "min" else ">=", left, right), left, right)


def rounded(value: Any, *, up: bool) -> Any:
    """The whole number below (or above)."""
    if is_plain(value):
        return -(-value // 1) if up else value // 1
    if value.is_int():
        return value
    return -z3.ToInt(-value) if up else z3.ToInt(value)


def differs(left: Any, right: Any) -> Any:
    """When two truth values differ."""
    if isinstance(left, bool) and isinstance(right, bool):
        return left != right
    return z3.Xor(lifted(left), lifted(right))


def compare(op: str, left: Any, right: Any) -> Bool:
    """A comparison of two numbers, codes, days or truth values."""
    if is_plain(left) and is_plain(right):
        return bool(_PLAIN[op](left, right))
    a, b = lifted(left), lifted(right)
    if a.is_int() != b.is_int():
        whole, other = (a, right) if a.is_int() else (b, left)
        if isinstance(other, Fraction):  # a whole number beside a fraction: what it is beside whole numbers
            return _whole(op if whole is a else _TURNED[op], whole, other)
        a, b = real(a), real(b)
    return _PLAIN[op](a, b)


def _whole(op: str, whole: Any, fraction: Fraction) -> Bool:
    below = fraction.numerator // fraction.denominator
    match op:
        case "<" | "<=":
            return whole <= below
        case ">" | ">=":
            return whole > below
        case _:
            return op == "!="


_PLAIN: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
