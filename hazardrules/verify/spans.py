"""Days that a calendar span was added to, compared with other days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hazardrules.verify import dates
from hazardrules.verify.terms import Term, compare, conj, is_plain, ite, neg

if TYPE_CHECKING:
    from hazardrules.model.values import CalendarSpan
    from hazardrules.verify.encode import Encoder

_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


@dataclass(frozen=True, slots=True, eq=False)
class Shifted:
    """A day that is not fixed, plus (or minus) a calendar span."""

    day: Any
    span: CalendarSpan
    sign: int
    moment: bool

    def key(self) -> tuple[object, ...]:
        """What is the same day twice."""
        day = (
            self.day.key()
            if isinstance(self.day, Shifted)
            else self.day.get_id()
            if hasattr(self.day, "get_id")
            else id(self.day)
        )
        return (day, self.span, self.sign)


@dataclass(frozen=True, slots=True, eq=False)
class Either:
    """One of two days."""

    condition: Any
    then: Any
    otherwise: Any


def choose(condition: Any, then: Term, otherwise: Term) -> Any:
    """One of two values; days that a calendar span was added to are kept apart."""
    if then.known is False:
        return otherwise.value
    if otherwise.known is False:
        return then.value
    if isinstance(then.value, (Shifted, Either)) or isinstance(otherwise.value, (Shifted, Either)):
        return Either(condition, then.value, otherwise.value)
    return ite(condition, then.value, otherwise.value)


def compare_days(encoder: Encoder, op: str, left: Any, right: Any) -> Any:
    """A comparison of days; exact where one side is fixed."""
    if isinstance(left, Either):
        return ite(left.condition, compare_days(encoder, op, left.then, right), compare_days(encoder, op, left.otherwise, right))
    if isinstance(right, (Shifted, Either)) and not isinstance(left, Shifted):
        return compare_days(encoder, _TURNED[op], right, left)
    if isinstance(left, Shifted) and is_plain(right) and not left.moment:
        found = _against_fixed(encoder, op, left, right)
        if found is not None:
            return found
    return compare(op, encoder.number(left), encoder.number(right))


def _against_fixed(encoder: Encoder, op: str, left: Shifted, fixed: int) -> Any:
    """A day plus a span beside a fixed day: where the day itself must lie."""
    working = encoder.plan.compiled.working_day
    at = dates.first_day_reaching(fixed, left.span, left.sign, working) if op in ("<", ">=", "==", "!=") else None
    after = dates.first_day_reaching(fixed + 1, left.span, left.sign, working) if op in ("<=", ">", "==", "!=") else None
    if (at is None and op in ("<", ">=", "==", "!=")) or (after is None and op in ("<=", ">", "==", "!=")):
        return None
    match op:
        case "<":
            return compare_days(encoder, "<", left.day, at)
        case ">=":
            return compare_days(encoder, ">=", left.day, at)
        case "<=":
            return compare_days(encoder, "<", left.day, after)
        case ">":
            return compare_days(encoder, ">=", left.day, after)
    same = conj((compare_days(encoder, ">=", left.day, at), compare_days(encoder, "<", left.day, after)))
    return same if op == "==" else neg(same)
