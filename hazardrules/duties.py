"""Findings -> required actions: parameters computed, deadlines dated, authorities named, duplicates merged."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from hazardrules.model.intervals import bounds
from hazardrules.model.results import Action, Amount, Basis, RoleRef
from hazardrules.model.scalars import read_date, read_span
from hazardrules.model.values import add_span
from hazardrules.wording import pick
from hazardrules.written import decimal_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hazardrules.compiler.plan import CompiledAction, CompiledRule, Plan
    from hazardrules.engines.reference import Evaluator
    from hazardrules.model.instances import Instance
    from hazardrules.model.law import ClauseRef, Role

    BasisOf = Callable[[Iterable[ClauseRef], bool], list[Basis]]

IMMEDIATELY = ("immediately", "立即")
_KINDS = ("order", "remedy", "report", "measure", "penalty", "criminal")


class _Change(NamedTuple):
    """What an amending rule makes of an action."""

    rule: str
    action: Action
    written: CompiledAction

    @property
    def sets(self) -> tuple[Any, ...]:
        """The parameters it gives, but for the limit of time."""
        found = self.action
        parameters = sorted(found.parameters.items(), key=lambda item: item[0])
        return (_amount_key(found.amount), found.points, repr(parameters)) if self._gives_any() else ()

    def _gives_any(self) -> bool:
        return self.action.amount is not None or self.action.points is not None or bool(self.action.parameters)


class Duties:
    """Builds the required actions of one case."""

    def __init__(self, evaluator: Evaluator, lang: str, basis_of: BasisOf) -> None:
        """Bind to an evaluated case."""
        self.evaluator, self.lang, self.basis_of = evaluator, lang, basis_of
        self.plan: Plan = evaluator.plan
        self.source = self.plan.compiled.source

    def of_rule(self, instance: Instance, rule: CompiledRule) -> list[Action]:
        """The actions of a finding, changed by the rules that amend it, in whatever order these stand."""
        changes: dict[str, list[_Change]] = {}
        for name in self.plan.amenders.get(rule.name, ()):
            if self.evaluator.truth(instance, name) is True:
                amender = self.plan.rules[name]
                for action in amender.actions:
                    change = _Change(name, self._action(instance, amender, action), action)
                    changes.setdefault(action.use.action, []).append(change)
        found: list[Action] = []
        for action in rule.actions:
            own = self._action(instance, rule, action)
            found += _amended(own, changes.get(own.action, []))
        named = {action.action for action in found}
        for change in (one for name, several in changes.items() if name not in named for one in several):
            found.append(change.action.model_copy(update={"rules": [rule.name], "amended_by": [change.rule]}))
        return found

    def merge(self, actions: Iterable[tuple[Action, int]]) -> list[Action]:
        """Actions that demand the same of the same subject become one; the most urgent come first.

        Args:
            actions: Actions with the severity of the finding behind each.
        """
        merged: dict[tuple[Any, ...], Action] = {}
        severity: dict[tuple[Any, ...], int] = {}
        for action, weight in actions:
            key = (
                action.action,
                action.subject,
                action.duty_holder.role if action.duty_holder else None,
                action.authority.role if action.authority else None,
                action.within,
                _amount_key(action.amount),
                action.points,
                repr(sorted(action.parameters.items(), key=lambda item: item[0])),
            )
            severity[key] = max(severity.get(key, 0), weight)
            before = merged.get(key)
            if before is None:
                merged[key] = action
                continue
            basis = before.basis + [found for found in action.basis if found not in before.basis]
            rules = list(dict.fromkeys([*before.rules, *action.rules]))
            amended = list(dict.fromkeys([*before.amended_by, *action.amended_by]))
            merged[key] = before.model_copy(update={"basis": basis, "rules": rules, "amended_by": amended})

        def urgency(key: tuple[Any, ...]) -> tuple[Any, ...]:
            action = merged[key]
            return (
                action.due or date.max,
                _KINDS.index(action.kind),
                -severity[key],
                action.action,
                action.subject,
                action.rules,
            )

        return [merged[key] for key in sorted(merged, key=urgency)]

    def _action(self, instance: Instance, rule: CompiledRule, action: CompiledAction) -> Action:
        use = action.use
        declared = self.source.actions[use.action]
        amount: Amount | None = None
        points: int | None = None
        parameters: dict[str, Amount | str] = {}
        within: str | None = None
        for name, kind in declared.parameters.items():
            if name in use.written:
                if kind == "deadline":
                    within = use.written[name]
                else:
                    parameters[name] = use.written[name]
            elif name in action.values:
                found, exact = self._amount(instance, *action.values[name])
                if kind == "money" and amount is None:
                    amount = found
                elif name == "points" and isinstance(exact, int):
                    points = exact
                else:
                    parameters[name] = found
        by = use.by or declared.by
        role = use.authority or declared.authority
        basis = use.basis or rule.basis
        return Action.model_construct(
            action=use.action,
            kind=declared.kind,
            text=pick(declared.label, self.lang),
            subject=instance.path,
            duty_holder=self._role(by, self.source.duty_holders[by]) if by else None,
            authority=self._role(role, self.source.authorities[role]) if role else None,
            within=within,
            due=self.due(within) if within else None,
            amount=amount,
            points=points,
            parameters=parameters,
            basis=self.basis_of(basis, rule.rule.verified),
            rules=[rule.name],
            amended_by=[],
        )

    def _amount(self, instance: Instance, low: Any, high: Any) -> tuple[Amount, Any]:
        unit = (low if low is not None else high).type.unit.name
        least = self.evaluator.value(low, instance) if low is not None else None
        most = self.evaluator.value(high, instance) if high is not None else None
        first = bounds(least)[0]
        last = bounds(most)[1]
        exact = least if isinstance(least, (int, Fraction)) and low is high else None
        return Amount.model_construct(low=_finite(first), high=_finite(last), unit=unit), exact

    def _role(self, role: str, declared: Role) -> RoleRef:
        title = pick(declared.label, self.lang)
        for place in self.plan.places:  # the narrowest place that names a holder decides, even where he is not known yet
            named = [holder for holder in declared.holders if holder.jurisdiction == place]
            states = [holder.effective.is_in_force(self.evaluator.as_of) for holder in named]
            if True in states:
                holder = named[states.index(True)]
                return RoleRef.model_construct(
                    role=role, title=title, holder=pick(holder.name, self.lang), place=place, verified=holder.verified
                )
            if None in states:
                break
        return RoleRef.model_construct(role=role, title=title, holder=None, place=None, verified=True)

    def due(self, within: str) -> date | None:
        """The day on which a deadline ends, counted from the day of the case; None where it is no matter of days."""
        as_of = self.evaluator.as_of
        if within in IMMEDIATELY:
            return as_of
        day = read_date(within)
        if day is not None:
            return day
        span = read_span(within)
        if span is None:
            return None
        found = add_span(as_of, span, self.evaluator.working_day)
        if found is None:
            self.evaluator.note("deadline_not_computed", within)
        return found


def _amended(own: Action, changes: list[_Change]) -> list[Action]:
    """An action as the rules that amend it change it: once for each way in which they set its parameters.

    What they do not give stays; of several limits the one that ends first counts; the basis of all is kept.
    """
    if not changes:
        return [own]
    plain = [change for change in changes if not change.sets]
    ways: dict[tuple[Any, ...], list[_Change]] = {}
    for change in changes:
        if change.sets:
            ways.setdefault(change.sets, []).append(change)
    found = []
    for several in list(ways.values()) or [[]]:
        both = sorted([*several, *plain], key=lambda change: change.rule)
        new: dict[str, Any] = {"amended_by": [change.rule for change in both]}
        if several:
            given = several[0].action
            new["amount"] = given.amount if given.amount is not None else own.amount
            new["points"] = given.points if given.points is not None else own.points
            new["parameters"] = {**own.parameters, **given.parameters}
        limits = [action for action in (*(change.action for change in both), own) if action.within is not None]
        if limits:
            first = min(limits, key=lambda action: action.due or date.max)
            new["within"], new["due"] = first.within, first.due
        holders = {change.action.duty_holder for change in both if change.written.use.by}
        authorities = {change.action.authority for change in both if change.written.use.authority}
        if len(holders) == 1:
            (new["duty_holder"],) = holders
        if len(authorities) == 1:
            (new["authority"],) = authorities
        basis = [found for change in both for found in change.action.basis]
        new["basis"] = list(dict.fromkeys([*basis, *own.basis]))
        found.append(own.model_copy(update=new))
    return found


def _finite(bound: Any) -> str | None:
    return None if isinstance(bound, float) else decimal_text(bound)


def _amount_key(amount: Amount | None) -> tuple[str | None, str | None, str] | None:
    return None if amount is None else (amount.low, amount.high, amount.unit)
