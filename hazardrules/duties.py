"""Findings -> required actions: parameters computed, deadlines dated, authorities named, duplicates merged."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from hazardrules.model.intervals import bounds
from hazardrules.model.results import Action, Amount, Basis, RoleRef
from hazardrules.model.scalars import read_date, read_duration, read_span
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
    """What an amending rule makes of an action: the limit of time apart from all else that it gives."""

    rule: str
    action: Action
    ends: datetime | None
    given: dict[tuple[str, str], Any]


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
        for name in sorted(self.plan.amenders.get(rule.name, ())):
            if self.evaluator.truth(instance, name) is True:
                for action in self.plan.rules[name].actions:
                    changes.setdefault(action.use.action, []).append(self._change(instance, self.plan.rules[name], action))
        found: list[Action] = []
        for action in rule.actions:
            found += self._amended(self._action(instance, rule, action), changes.get(action.use.action, []))
        named = {action.action for action in found}
        for several in (several for name, several in changes.items() if name not in named):
            found += self._amended(self._added(several[0].action, rule.name), several)
        return found

    def _change(self, instance: Instance, amender: CompiledRule, action: CompiledAction) -> _Change:
        made = self._action(instance, amender, action)
        given: dict[tuple[str, str], Any] = {("parameters", name): value for name, value in made.parameters.items()}
        if made.amount is not None:
            given["amount", ""] = made.amount
        if made.points is not None:
            given["points", ""] = made.points
        if action.use.by:
            given["duty_holder", ""] = made.duty_holder
        if action.use.authority:
            given["authority", ""] = made.authority
        return _Change(amender.name, made, self.ends(made.within), given)

    def _added(self, action: Action, rule: str) -> Action:
        """An action as the catalogue declares it, for what amending rules add to a rule that does not name it."""
        declared = self.source.actions[action.action]
        by, role = declared.by, declared.authority
        new: dict[str, Any] = {
            "duty_holder": self._role(by, self.source.duty_holders[by]) if by else None,
            "authority": self._role(role, self.source.authorities[role]) if role else None,
            "within": None,
            "due": None,
            "amount": None,
            "points": None,
            "parameters": {},
            "basis": [],
            "rules": [rule],
        }
        return action.model_copy(update=new)

    def _amended(self, own: Action, changes: list[_Change]) -> list[Action]:
        """An action as the rules that amend it change it: once for each way in which they set what they dispute.

        What they do not give stays; of several limits the one that ends first counts; the basis of all is kept.
        """
        if not changes:
            return [own]
        said: dict[tuple[str, str], set[Any]] = {}
        for change in changes:
            for key, value in change.given.items():
                said.setdefault(key, set()).add(value)
        disputed = [key for key, values in said.items() if len(values) > 1]
        ways: dict[tuple[Any, ...], list[_Change]] = {}
        for change in changes:
            ways.setdefault(tuple(change.given.get(key) for key in disputed), []).append(change)
        agreed = ways.pop((None,) * len(disputed), [])
        found: list[Action] = []
        for several in list(ways.values()) or [[]]:
            both = [change for change in changes if change in several or change in agreed]
            new: dict[str, Any] = {"parameters": dict(own.parameters)}
            for part, name, value in ((*key, value) for change in both for key, value in change.given.items()):
                if part == "parameters":
                    new["parameters"][name] = value
                else:
                    new[part] = value
            new["basis"] = list(dict.fromkeys([*(basis for change in both for basis in change.action.basis), *own.basis]))
            new["amended_by"] = list(dict.fromkeys(change.rule for change in both))
            limits = [(self.ends(own.within), own), *((change.ends, change.action) for change in both)]
            found += [own.model_copy(update={**new, "within": first.within, "due": first.due}) for first in _first(limits)]
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

    def ends(self, within: str | None) -> datetime | None:
        """The moment at which a deadline ends, counted from the start of the day of the case, to compare it with others."""
        if within is None:
            return None
        seconds = None if read_span(within) is not None else read_duration(within)
        if seconds is not None:
            return _midnight(self.evaluator.as_of) + timedelta(seconds=float(seconds))
        day = self.due(within)
        return None if day is None else _midnight(day)


def _first(limits: list[tuple[datetime | None, Action]]) -> list[Action]:
    """The action whose limit ends first, and with it each whose end cannot be computed: nobody knows which is shorter."""
    dated = [(ends, action) for ends, action in limits if ends is not None]
    others = {action.within: action for ends, action in limits if ends is None and action.within is not None}
    first = [min(dated, key=lambda limit: limit[0])[1]] if dated else []
    return [*first, *others.values()] or [limits[0][1]]


def _finite(bound: Any) -> str | None:
    return None if isinstance(bound, float) else decimal_text(bound)


def _amount_key(amount: Amount | None) -> tuple[str | None, str | None, str] | None:
    return None if amount is None else (amount.low, amount.high, amount.unit)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the day of a case has no zone
