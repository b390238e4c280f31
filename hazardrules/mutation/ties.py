"""What a change of a rule, a derived fact or a parameter can reach: rules that ask about it, and values that stand on it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hazardrules.coverage.reach import Reach
from hazardrules.model import expressions as ir

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hazardrules.compiler.plan import Compiled
    from hazardrules.mutation.mutants import Mutant


class Ties:
    """The ties of a rulebook.

    Attributes:
        readers: For `derived kind.name`, `parameter name` or `rule name`, the rules that ask about it, however far away.
        valued: For the same, the rules whose actions carry a value that stands on it.
        computed: For the same, the derived facts (subject, name) that stand on it.
        related: For a rule, those that amend it and those that it amends.
    """

    def __init__(self, compiled: Compiled) -> None:
        """Follow every reference once."""
        self.compiled, self.reach = compiled, Reach(compiled)
        self.readers: dict[str, set[str]] = defaultdict(set)
        self.valued: dict[str, set[str]] = defaultdict(set)
        self.computed: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self.related: dict[str, set[str]] = defaultdict(set)
        carriers: dict[str, set[str]] = defaultdict(set)
        totalling: dict[str, set[str]] = defaultdict(set)
        for name, rule in compiled.rules.items():
            for other in self.reach.overriders.get(name, ()):
                self.readers[f"rule {other.name}"].add(name)
            for item in self.reach.items(rule):
                if isinstance(item, ir.Total):
                    totalling[item.parameter].add(name)
                elif (home := home_of(item)) is not None:
                    self.readers[home].add(name)
            ends = [end for action in rule.actions for pair in action.values.values() for end in pair if end is not None]
            for home in self._homes(ends):
                self.valued[home].add(name)
            for target in rule.amends:
                self.related[target].add(name)
                self.related[name].add(target)
            for parameter in {parameter for action in rule.actions for parameter in action.values}:
                carriers[parameter].update((name, *rule.amends))
        for parameter, names in totalling.items():
            for carrier in carriers.get(parameter, ()):
                self.readers[f"rule {carrier}"] |= names
        for key, derived in compiled.derived.items():
            for home in (f"derived {key[0]}.{key[1]}", *self._homes([derived.expr])):
                self.computed[home].add(key)

    def _homes(self, exprs: Iterable[ir.Expr]) -> set[str]:
        return {home for item in self.reach.items_of(exprs) if (home := home_of(item)) is not None}

    def homes(self, mutant: Mutant) -> list[str]:
        """What a mutant changes."""
        patch = mutant.patch
        derived = [f"derived {kind}.{name}" for kind, name in patch.derived]
        return [*(f"rule {name}" for name in patch.rules), *derived, *(f"parameter {name}" for name in patch.parameters)]

    def changed(self, mutant: Mutant) -> frozenset[str]:
        """The rules whose own conditions a mutant changes, also through derived facts and parameters."""
        found = set(mutant.patch.rules)
        if mutant.operator == "override":
            found.update(target for name in mutant.patch.rules for target in self.compiled.rules[name].overrides)
        for home in self.homes(mutant):
            if not home.startswith("rule "):
                found |= self.readers.get(home, set())
        return frozenset(found)

    def affected(self, changed: Iterable[str]) -> frozenset[str]:
        """Some rules, and all that ask about them."""
        found = set(changed)
        for name in changed:
            found |= self.readers.get(f"rule {name}", set())
        return frozenset(found)

    def valued_by(self, mutant: Mutant, affected: Iterable[str]) -> set[str]:
        """The rules whose actions carry another value with a mutant, though they hold as before."""
        homes = [*self.homes(mutant), *(f"rule {name}" for name in affected)]
        return set().union(*(self.valued.get(home, ()) for home in homes))

    def derived_by(self, mutant: Mutant, affected: Iterable[str]) -> set[tuple[str, str]]:
        """The derived facts that can have another value with a mutant."""
        homes = [*self.homes(mutant), *(f"rule {name}" for name in affected)]
        return set().union(*(self.computed.get(home, ()) for home in homes))


def home_of(item: ir.Expr) -> str | None:
    """What a reference stands for."""
    match item:
        case ir.DerivedRef(kind=kind, name=name):
            return f"derived {kind}.{name}"
        case ir.ParameterRef(name=name):
            return f"parameter {name}"
        case ir.RuleRef(name=name):
            return f"rule {name}"
        case _:
            return None
