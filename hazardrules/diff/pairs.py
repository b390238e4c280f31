"""Which rule of one rulebook is which of the other: by name, rows of tables by what they say, renamed rules by all they say."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hazardrules.compiler.plan import Compiled, CompiledRule
    from hazardrules.diff.forms import Forms

Pair = tuple["CompiledRule | None", "CompiledRule | None"]


def paired(old: Compiled, new: Compiled, old_forms: Forms, new_forms: Forms) -> list[Pair]:
    """Every rule of both rulebooks, with its counterpart where it has one; in the order of the new one, removed ones last."""
    partners: dict[str, CompiledRule] = {}
    left = dict(old.rules)

    def match(now: CompiledRule, before: CompiledRule) -> None:
        partners[now.name] = before
        del left[before.name]

    for name, rule in new.rules.items():
        if rule.table is None and name in left and left[name].table is None:
            match(rule, left[name])
    for table in dict.fromkeys(rule.table for rule in new.rules.values() if rule.table is not None):
        now = [rule for rule in new.rules.values() if rule.table == table]
        before = [rule for rule in old.rules.values() if rule.table == table]
        for one, other in _rows(before, now, old_forms, new_forms):
            match(other, one)
    for one, other in _alike(left, [rule for name, rule in new.rules.items() if name not in partners], old_forms, new_forms):
        match(other, one)
    return [*((partners.get(name), rule) for name, rule in new.rules.items()), *((rule, None) for rule in left.values())]


def _rows(
    before: list[CompiledRule], now: list[CompiledRule], old_forms: Forms, new_forms: Forms
) -> Iterable[tuple[CompiledRule, CompiledRule]]:
    """Rows of one table: those that say the same, then those with the same consequences, then those of the same number."""

    def whole(forms: Forms, rule: CompiledRule) -> object:
        return (forms.rule(rule.name), forms.consequences(rule))

    def outcome(forms: Forms, rule: CompiledRule) -> object:
        return (forms.consequences(rule), tuple((ref.law, ref.clause) for ref in rule.basis), tuple(sorted(rule.text.items())))

    def number(_: Forms, rule: CompiledRule) -> object:
        return rule.name

    def both(forms: Forms, rule: CompiledRule) -> object:
        return (rule.name, whole(forms, rule))

    found: list[tuple[CompiledRule, CompiledRule]] = []
    for key in (both, whole, outcome, number):
        pairs = list(_by_key(before, now, partial(key, old_forms), partial(key, new_forms)))
        found += pairs
        taken = {id(rule) for pair in pairs for rule in pair}
        before = [rule for rule in before if id(rule) not in taken]
        now = [rule for rule in now if id(rule) not in taken]
    return found


def _by_key(
    before: Iterable[CompiledRule],
    now: Iterable[CompiledRule],
    old_key: Callable[[CompiledRule], object],
    new_key: Callable[[CompiledRule], object],
) -> Iterable[tuple[CompiledRule, CompiledRule]]:
    """Rules with the same key, the first of the one with the first of the other."""
    waiting: dict[object, list[CompiledRule]] = {}
    for rule in before:
        waiting.setdefault(old_key(rule), []).append(rule)
    for rule in now:
        same = waiting.get(new_key(rule))
        if same:
            yield same.pop(0), rule


def _alike(
    gone: Mapping[str, CompiledRule], added: list[CompiledRule], old_forms: Forms, new_forms: Forms
) -> Iterable[tuple[CompiledRule, CompiledRule]]:
    """Rules that were given another name: nothing else that matters changed, and no other rule says the same."""
    if not gone or not added:
        return []

    def key(forms: Forms, rule: CompiledRule) -> object:
        basis = tuple(sorted((ref.law, ref.clause) for ref in rule.basis))
        return (forms.rule(rule.name), forms.consequences(rule), rule.effective, rule.rule.jurisdiction, basis)

    before: dict[object, list[CompiledRule]] = {}
    now: dict[object, list[CompiledRule]] = {}
    for rule in gone.values():
        before.setdefault(key(old_forms, rule), []).append(rule)
    for rule in added:
        now.setdefault(key(new_forms, rule), []).append(rule)
    return [(rules[0], now[same][0]) for same, rules in before.items() if len(rules) == len(now.get(same, ())) == 1]
