"""What "nothing else was wrong" means for a case: unknown facts that have a compliant value take it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from hazardrules.intake.instance import Value, copy_of, within
from hazardrules.intake.numbers import with_unit
from hazardrules.model.values import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hazardrules.model.instances import Instance
    from hazardrules.model.subjects import FactDeclaration, SubjectKind
    from hazardrules.model.values import Number

Assumption = tuple[str, str, Value | tuple[()]]
"""The path of the subject, the fact or part, and what is assumed; `()` for parts that are taken to be absent."""


class Assumed(NamedTuple):
    """A case completed by assumptions.

    Attributes:
        instance: A completed copy.
        assumptions: Everything that was assumed, in the order of the vocabulary.
        not_assumable: Unknown facts that have a compliant bound but no value to take; path of the subject, and fact.
    """

    instance: Instance
    assumptions: list[Assumption]
    not_assumable: list[tuple[str, str]]


def assume_compliant(
    instance: Instance, subjects: Mapping[str, SubjectKind], wanted: Callable[[str, str], bool] | None = None
) -> Assumed:
    """Complete a case by the statement that nothing else was wrong.

    Args:
        instance: What is known; it is not changed.
        subjects: The vocabulary.
        wanted: Whether a fact or part of a kind of subject is covered by the statement (a statement for some packs
            covers what these read); None where it covers everything.

    Returns:
        A copy in which each unknown fact with a compliant value or bound satisfies it, and each part nobody spoke of
        is absent.
    """
    result = Assumed(copy_of(instance), [], [])
    for item in within(result.instance):
        kind = subjects[item.kind]
        for fact in kind.facts.values():
            if fact.compliant is None or fact.name in item.facts or (wanted and not wanted(kind.id, fact.name)):
                continue
            value = compliant_value(fact)
            if value is None:
                result.not_assumable.append((item.path, fact.name))
                continue
            item.facts[fact.name] = value
            item.written[fact.name] = _written(fact, value)
            result.assumptions.append((item.path, fact.name, value))
        for name in kind.parts:
            if item.parts.get(name) is None and (wanted is None or wanted(kind.id, name)):
                item.parts[name] = []
                result.assumptions.append((item.path, name, ()))
    return result


def compliant_value(fact: FactDeclaration) -> Value | None:
    """A value that satisfies the law; None where the declaration names none.

    A closed bound is itself such a value. Beyond an open one stands the next whole number, or for other numbers the
    point half way to the declared minimum or maximum.
    """
    compliant = fact.compliant
    if compliant is None:
        return None
    value = compliant.value
    if compliant.op in ("==", ">=", "<="):
        inside = value
    elif compliant.op in ("<", ">") and isinstance(value, (int, Fraction)) and not isinstance(value, bool):
        beyond = _inside(fact, value, 1 if compliant.op == ">" else -1)
        if beyond is None:
            return None
        inside = beyond
    else:
        return None
    return inside if _is_possible(fact, inside) else None


def _inside(fact: FactDeclaration, bound: Number, sign: int) -> Number | None:
    if fact.type.integer:
        return -((-bound) // 1) - 1 if sign < 0 else bound // 1 + 1
    limit = fact.maximum if sign > 0 else fact.minimum
    if limit is None or (limit - bound) * sign <= 0:
        return None
    return normalise(Fraction(bound + limit) / 2)


def _is_possible(fact: FactDeclaration, value: Value) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, Fraction)):
        return True
    if fact.type.integer and value.__class__ is not int:
        return False
    return (fact.minimum is None or value >= fact.minimum) and (fact.maximum is None or value <= fact.maximum)


def _written(fact: FactDeclaration, value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Fraction)):
        return with_unit(value, fact.type.unit)
    if isinstance(value, frozenset):
        return ", ".join(option for option in fact.type.options if option in value)
    return str(value)
