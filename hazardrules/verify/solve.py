"""Questions to the solver about one kind of subject on one day, and facts that answer them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

import z3

from hazardrules.engines.reference import Evaluator
from hazardrules.verify.encode import Encoder
from hazardrules.verify.world import PARTS, World, variables

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from hazardrules.compiler.plan import Plan
    from hazardrules.model.instances import Instance

Status = Literal["possible", "impossible", "undecided"]
EFFORT = 4_000_000
"""How long the solver tries, in steps of its own, so that slow machines answer alike."""
_TRIES = 6
_LESSONS = 20
"""So many times what calendar spans make of days is looked up for one question."""
_DENOMINATORS = (1, 2, 10, 100, 1000, 10_000)


@dataclass(frozen=True, slots=True)
class Witness:
    """Facts that the reference engine has judged: the root of the case, and the subject that it is about."""

    root: Instance
    subject: Instance


class Questions:
    """One world with one solver; every question stands alone.

    Attributes:
        world: The variables.
        encoder: Says rules over them.
    """

    def __init__(
        self,
        plan: Plan,
        kind: str,
        as_of: date,
        container: tuple[str, str] | None = None,
        until: date | None = None,
        *,
        parts: int | None = None,
    ) -> None:
        """Make a subject of a kind, within its container where it has one."""
        self.plan, self.as_of = plan, as_of
        self.world = World(plan.compiled.source.subjects, kind, container, parts or PARTS)
        self.encoder = Encoder(plan, self.world, as_of, until)
        self._solver = z3.SimpleSolver()
        self._solver.set("rlimit", EFFORT)
        self._asserted = 0

    def ask(self, *conditions: Any) -> tuple[Status, Callable[[Any], Any] | None]:
        """Whether conditions can be met together.

        Args:
            conditions: Truth values, all of which must be true.

        Returns:
            The answer, and where they can be met, the value of a term then.
        """
        if any(condition is False for condition in conditions):
            return "impossible", None
        wanted = [condition for condition in conditions if condition is not True]
        solver = self._solver
        for domain in self.world.domains[self._asserted :]:
            solver.add(domain)
        self._asserted = len(self.world.domains)
        strict = self.encoder.strict()
        solver.push()
        try:
            solver.add(*wanted)
            found = solver.check(*strict)
            if found != z3.sat and strict:
                found = solver.check()
            if found == z3.sat:
                model = solver.model()
                return "possible", lambda term: _plain(model.eval(term, model_completion=True))
            return ("impossible" if found == z3.unsat else "undecided"), None
        finally:
            solver.pop()

    def witness(self, conditions: list[Any], check: Callable[[Evaluator, Instance], bool]) -> tuple[Status, Witness | None]:
        """Facts that meet conditions.

        Args:
            conditions: Truth values, all of which must be true.
            check: What the reference engine must say of the subject.

        Returns:
            `possible` with facts for which the check was met; `possible` without where none of the solver's proposals
            met it; `impossible`; or `undecided`.
        """
        mentioned = variables(conditions)
        extra: list[Any] = []
        for _ in range(_TRIES):
            status, value_of = self._with_calendar(conditions, extra)
            if value_of is None:
                return ("possible" if extra and status == "impossible" else status), None
            made = self.world.instance(value_of, mentioned) or self._decimals(conditions, value_of, mentioned)
            if made is None:
                return "possible", None
            if self.confirms(*made, check):
                return "possible", Witness(*made)
            # what fell out of a term because it changes nothing there leaves the reference without an answer
            whole = self.world.instance(value_of, None)
            if whole is not None and self.confirms(*whole, check):
                return "possible", Witness(*whole)
            flags = [
                self._variable(name) == value_of(self._variable(name)) for name in sorted(mentioned) if name in self.world.origin
            ]
            extra.append(z3.Not(z3.And(*flags)) if flags else z3.BoolVal(val=False))
        return "possible", None

    def _with_calendar(self, conditions: list[Any], extra: list[Any]) -> tuple[Status, Callable[[Any], Any] | None]:
        """A model in which calendar spans are what they are, as far as that is found in some rounds."""
        status, value_of = self.ask(*conditions, *extra)
        for _ in range(_LESSONS):
            lesson = [] if value_of is None else self.encoder.learn(value_of)
            if not lesson:
                break
            tried, better = self.ask(*conditions, *extra, *lesson)
            if tried == "possible" and better is not None and not self.encoder.learn(better):
                return tried, better
            status, value_of = self.ask(*conditions, *extra)
        return status, value_of

    def confirms(self, root: Instance, subject: Instance, check: Callable[[Evaluator, Instance], bool]) -> bool:
        """What the reference engine says of some facts."""
        return check(Evaluator(self.plan, root, self.as_of), subject)

    def _variable(self, name: str) -> Any:
        subject, fact = self.world.origin[name]
        found = self.world.fact(subject, fact)
        return next(item for item in found.values() if str(item) == name) if isinstance(found, dict) else found

    def _decimals(
        self, conditions: list[Any], value_of: Callable[[Any], Any], mentioned: set[str]
    ) -> tuple[Instance, Instance] | None:
        """A model whose numbers have decimals that end: numbers are rounded one by one, as far as the conditions allow."""
        fixed: list[Any] = []
        for name in sorted(mentioned):
            if name not in self.world.origin:
                continue
            variable = self._variable(name)
            if not z3.is_real(variable):
                continue
            for denominator in _DENOMINATORS:
                number = value_of(variable)
                near = Fraction(round(number * denominator), denominator) if isinstance(number, (int, Fraction)) else None
                candidate = [*fixed, variable == z3.Q(near.numerator, near.denominator)] if near is not None else fixed
                status, better = self.ask(*conditions, *candidate)
                if status == "possible" and better is not None and near is not None:
                    fixed, value_of = candidate, better
                    break
        return self.world.instance(value_of, mentioned)


def _plain(value: Any) -> Any:
    """A value of the solver as one of Python; None for an irrational number."""
    if z3.is_true(value):
        return True
    if z3.is_false(value):
        return False
    if z3.is_int_value(value):
        return value.as_long()
    if z3.is_rational_value(value):
        return Fraction(value.numerator_as_long(), value.denominator_as_long())
    return None
