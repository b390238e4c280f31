"""The types of values that facts and expressions have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hazardrules.model.units import ONE, Unit

if TYPE_CHECKING:
    from hazardrules.model.law import Localized

TypeName = Literal["bool", "number", "text", "date", "datetime", "enum", "set", "span"]


@dataclass(frozen=True, slots=True)
class ValueType:
    """What values something has.

    Attributes:
        name: The kind of value. Integers, money and durations are numbers; `span` is a calendar duration.
        unit: The unit of a number; `ONE` for pure numbers.
        integer: Whether a number is whole.
        options: For enum and set: the ids of the values.
    """

    name: TypeName
    unit: Unit = ONE
    integer: bool = False
    options: tuple[str, ...] = ()


BOOL = ValueType("bool")
PURE = ValueType("number")
INTEGER = ValueType("number", integer=True)
TEXT = ValueType("text")
DATE = ValueType("date")
DATETIME = ValueType("datetime")
SPAN = ValueType("span")


@dataclass(frozen=True, slots=True)
class Option:
    """A value of an enum or set, with its label."""

    id: str
    label: Localized
