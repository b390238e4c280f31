"""What a rule says beside its condition, before and after, in the notation of rule files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hazardrules.diff.forms import roles_of
from hazardrules.diff.model import Change
from hazardrules.written import Written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hazardrules.compiler.plan import CompiledAction, CompiledRule
    from hazardrules.diff.forms import Forms
    from hazardrules.model import expressions as ir
    from hazardrules.model.law import ClauseRef, Effective

_WRITTEN = Written()
SameAmount = "Callable[[ir.Expr, ir.Expr], bool]"


def changes(
    old: CompiledRule,
    new: CompiledRule,
    old_forms: Forms,
    new_forms: Forms,
    names: Mapping[str, str],
    same_amount: Callable[[ir.Expr, ir.Expr], bool],
) -> Iterator[Change]:
    """What follows from a rule, when and where it is law, what it rests on and what it displaces.

    Args:
        old: The rule as it was.
        new: The rule as it is.
        old_forms: Normal forms of the old rulebook.
        new_forms: Normal forms of the new one.
        names: What rules of the old rulebook are called now.
        same_amount: Whether two expressions that are not one normal form have the same value.
    """
    yield from _change("subject", old.on, new.on)
    yield from _change("kind", old.rule.kind, new.rule.kind)
    yield from _change("level", level_text(old), level_text(new))
    yield from _actions(old, new, old_forms, new_forms, same_amount)
    yield from _change("dates", dates_text(old.effective), dates_text(new.effective))
    yield from _change("jurisdiction", old.rule.jurisdiction, new.rule.jurisdiction)
    yield from _change("citation", clauses_text(old.basis), clauses_text(new.basis))
    yield from _exceptions(old, new)
    for aspect, before, after in (("overrides", old.overrides, new.overrides), ("amends", old.amends, new.amends)):
        now = {names.get(name, name) for name in before}
        yield from _change(aspect, ", ".join(sorted(now)), ", ".join(sorted(after)))


def _change(aspect: str, before: str, after: str) -> Iterator[Change]:
    if before != after:
        yield Change(aspect, before, after)


def level_text(rule: CompiledRule) -> str:
    """`hazard: major`; empty where it has none."""
    return "" if rule.level is None else ": ".join(rule.level)


def dates_text(effective: Effective) -> str:
    """`from 2020-07-01, until 2024-01-01`; empty where it was always law."""
    named = (("from", effective.start), ("in_force_by", effective.in_force_by), ("until", effective.until))
    return ", ".join(f"{name} {day.isoformat()}" for name, day in named if day is not None)


def clauses_text(basis: Iterable[ClauseRef]) -> str:
    """`xx-1 4(2), xx-1 5`."""
    return ", ".join(sorted({f"{ref.law} {ref.clause}" for ref in basis}))


def _exceptions(old: CompiledRule, new: CompiledRule) -> Iterator[Change]:
    """The clauses that exceptions rest on."""
    before, after = (clauses_text(ref for item in rule.rule.unless for ref in item.basis) for rule in (old, new))
    if before != after:
        yield Change("citation", before and f"unless {before}", after and f"unless {after}")


# actions


def action_text(action: CompiledAction, roles: tuple[str, str] = ("", "")) -> str:
    """`fine amount=500..5000 EUR`; with those who have to do it and see to it, where they are given."""
    use = action.use
    words = [use.action]
    words += [f"{name}={value}" for name, value in sorted(use.written.items())]
    words += [f"{name}={_range(ends)}" for name, ends in sorted(action.values.items())]
    words += [f"{name}={value}" for name, value in zip(("by", "authority"), roles, strict=True) if value]
    return " ".join(words)


def _range(ends: tuple[ir.Expr | None, ir.Expr | None]) -> str:
    low, high = ("" if end is None else _WRITTEN.text(end) for end in ends)
    return low if low == high else f"{low}..{high}"


def _actions(
    old: CompiledRule, new: CompiledRule, old_forms: Forms, new_forms: Forms, same: Callable[[ir.Expr, ir.Expr], bool]
) -> Iterator[Change]:
    before = [(action, old_forms.action(action), clauses_text(action.use.basis)) for action in old.actions]
    after = [(action, new_forms.action(action), clauses_text(action.use.basis)) for action in new.actions]
    for entry in list(before):  # those that are the same
        twin = next((other for other in after if other[1:] == entry[1:]), None)
        if twin is not None:
            before.remove(entry)
            after.remove(twin)
    for action, form, basis in before:
        twin = next((other for other in after if other[1][0] == form[0]), None)
        if twin is None:
            yield Change("actions", action_text(action), "")
            continue
        after.remove(twin)
        if basis != twin[2]:
            yield Change("citation", f"{action.use.action} {basis}".strip(), f"{action.use.action} {twin[2]}".strip())
        if form != twin[1] and not (form[:4] == twin[1][:4] and _same_values(action, twin[0], form[4], twin[1][4], same)):
            was, now = roles_of(action, old_forms.compiled), roles_of(twin[0], new_forms.compiled)
            is_other = [one != other for one, other in zip(was, now, strict=True)]
            shown = [("" if not is_other[0] else found[0], "" if not is_other[1] else found[1]) for found in (was, now)]
            yield Change("actions", action_text(action, shown[0]), action_text(twin[0], shown[1]))
    for action, _, _ in after:
        yield Change("actions", "", action_text(action))


def _same_values(
    old: CompiledAction, new: CompiledAction, old_form: Any, new_form: Any, same: Callable[[ir.Expr, ir.Expr], bool]
) -> bool:
    """Whether parameters that are not one normal form have the same values for all facts."""
    if old.values.keys() != new.values.keys():
        return False
    known = {name for name, *ends in old_form if (name, *ends) in new_form}
    for name, ends in old.values.items():
        for before, after in zip(ends, new.values[name], strict=True):
            if name in known or (before is None and after is None):
                continue
            if before is None or after is None or not same(before, after):
                return False
    return True


# words


def words(old: CompiledRule, new: CompiledRule) -> Iterator[str]:
    """What is written otherwise and means the same."""
    rule, now = old.rule, new.rule
    pairs: dict[str, tuple[object, object]] = {
        "name": (old.name, new.name),
        "condition": (sections(old), sections(new)),
        "title": (rule.title, now.title),
        "text": (old.text, new.text),
        "exceptions": ([item.text for item in rule.unless], [item.text for item in now.unless]),
        "see": (clauses_text(rule.see), clauses_text(now.see)),
        "cite": ([ref.cite for ref in old.basis], [ref.cite for ref in new.basis]),
        "verified": ((rule.verified, rule.why_unverified), (now.verified, now.why_unverified)),
    }
    for name, (before, after) in pairs.items():
        if before != after:
            yield name


def sections(rule: CompiledRule) -> tuple[tuple[str, str], ...]:
    """The conditions of a rule as they are written: `applies`, `when`, `unless`."""
    scope = [("applies", _WRITTEN.text(rule.scope))] if rule.scope is not None else []
    return (*scope, ("when", _WRITTEN.text(rule.when)), *(("unless", _WRITTEN.text(item)) for item in rule.unless))


def condition_changes(old: CompiledRule, new: CompiledRule) -> Iterator[Change]:
    """The conditions that are written otherwise, one by one; nothing where only what stands behind them changed."""
    before, after = sections(old), sections(new)
    for kind in ("applies", "when", "unless"):
        gone = [text for name, text in before if name == kind and (name, text) not in after]
        came = [text for name, text in after if name == kind and (name, text) not in before]
        for number in range(max(len(gone), len(came))):
            was, now = (found[number] if number < len(found) else "" for found in (gone, came))
            head = "" if kind == "when" else f"{kind} "
            yield Change("condition", was and head + was, now and head + now)
