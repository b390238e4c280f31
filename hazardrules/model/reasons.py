"""A reason before it is published."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Because:
    """A reason before it is published.

    Attributes:
        condition: The sub-condition with ids and values: `people_lodged 21 > lodger_limit 20`.
        text: The same with labels, in the language of the result.
        fact: The path of the fact it rests on, where it rests on one.
        value: The fact's value, in the unit it came in.
        threshold: What it was compared with.
        because: What stands behind it, for a derived fact or another rule.
    """

    condition: str
    text: str
    fact: str | None = None
    value: str | None = None
    threshold: str | None = None
    because: tuple[Because, ...] = field(default_factory=tuple)
