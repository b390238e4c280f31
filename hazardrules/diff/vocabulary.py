"""The facts of two rulebooks: which of the one are which of the other, and a vocabulary that holds both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hazardrules.coverage.reach import conditions_of
from hazardrules.model import expressions as ir
from hazardrules.model.instances import Instance
from hazardrules.model.values import normalise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hazardrules.compiler.plan import Compiled
    from hazardrules.model.subjects import FactDeclaration, SubjectKind

Fact = tuple[str, str]
"""A kind of subject and the name of one of its facts."""


@dataclass
class Vocabulary:
    """How the facts of two rulebooks go together.

    Attributes:
        subjects: Kinds, facts and parts of both; what both have can be all that either lets it be, in the old unit.
        renamed: For a fact of the new rulebook, its name in the old one, where that is another.
        factors: For a fact of the new rulebook, times what a number in the old unit is a number in the new one.
        conflicts: Facts and parts of the new rulebook that are something else than those of the same name in the old one.
    """

    subjects: dict[str, SubjectKind] = field(default_factory=dict)
    renamed: dict[Fact, str] = field(default_factory=dict)
    factors: dict[Fact, Fraction] = field(default_factory=dict)
    conflicts: set[Fact] = field(default_factory=set)

    def old_name(self, kind: str, name: str) -> str:
        """What a fact of the new rulebook is called in the old one."""
        return self.renamed.get((kind, name), name)

    def translated(self, instance: Instance, owner: Instance | None = None) -> Instance:
        """A subject with facts of the old rulebook as the new one calls and measures them."""
        names = {old: new for (kind, new), old in self.renamed.items() if kind == instance.kind}
        found = Instance(instance.kind, instance.path, owner=owner)
        for name, value in instance.facts.items():
            called = names.get(name, name)
            factor = self.factors.get((instance.kind, called))
            found.facts[called] = value if factor is None else normalise(Fraction(value) * factor)  # type: ignore[arg-type]  # a number
        for name, items in instance.parts.items():
            found.parts[name] = None if items is None else [self.translated(item, found) for item in items]
        return found

    @property
    def is_shared(self) -> bool:
        """Whether a case is written alike for both rulebooks."""
        return not self.renamed and not self.factors


def known_to(instance: Instance, subjects: Mapping[str, SubjectKind], owner: Instance | None = None) -> Instance:
    """A subject with only those facts and parts that a rulebook has."""
    found = Instance(instance.kind, instance.path, owner=owner)
    kind = subjects.get(instance.kind)
    if kind is None:
        return found
    found.facts = {name: value for name, value in instance.facts.items() if name in kind.facts}
    for name, items in instance.parts.items():
        if name in kind.parts:
            found.parts[name] = None if items is None else [known_to(item, subjects, found) for item in items]
    return found


def joined(old: Compiled, new: Compiled) -> Vocabulary:
    """The vocabulary of two rulebooks."""
    found = Vocabulary()
    before, after = old.source.subjects, new.source.subjects
    found.renamed = _renamed(old, new)
    for kind in {**before, **after}:
        if kind not in before or kind not in after:
            found.subjects[kind] = before.get(kind) or after[kind]
            continue
        facts = dict(before[kind].facts)
        for name, fact in after[kind].facts.items():
            known = facts.get(found.old_name(kind, name))
            if known is None:
                facts[name] = fact
                continue
            both = _both(known, fact)
            if both is None:
                found.conflicts.add((kind, name))
                continue
            facts[known.name] = both
            factor = known.type.unit.factor / fact.type.unit.factor
            if factor != 1:
                found.factors[kind, name] = factor
        parts = dict(before[kind].parts)
        for name, part in after[kind].parts.items():
            if name in parts and (parts[name].of, parts[name].one) != (part.of, part.one):
                found.conflicts.add((kind, name))
            parts.setdefault(name, part)
        found.subjects[kind] = replace(before[kind], facts=facts, parts=parts)
    return found


def _both(old: FactDeclaration, new: FactDeclaration) -> FactDeclaration | None:
    """A fact that can be all that either lets it be, in the old unit; None where they cannot be compared."""
    if old.type.name != new.type.name or old.type.unit.dimension != new.type.unit.dimension:
        return None
    factor = new.type.unit.factor / old.type.unit.factor
    options = tuple(dict.fromkeys((*old.type.options, *new.type.options)))
    kind = replace(old.type, options=options, integer=old.type.integer and new.type.integer and factor == 1)
    return replace(
        old,
        type=kind,
        minimum=_wider(min, old.minimum, new.minimum, factor),
        maximum=_wider(max, old.maximum, new.maximum, factor),
    )


def _wider(choose: Any, old: Any, new: Any, factor: Fraction) -> Any:
    return None if old is None or new is None else normalise(choose(Fraction(old), Fraction(new) * factor))


def _renamed(old: Compiled, new: Compiled) -> dict[Fact, str]:
    """Facts that are called otherwise now: of the same type, read in the same places or with the same label."""
    found: dict[Fact, str] = {}
    before, after = old.source.subjects, new.source.subjects
    gone = [
        (kind, name) for kind in before.keys() & after.keys() for name in before[kind].facts.keys() - after[kind].facts.keys()
    ]
    if not gone:
        return found
    read_before, read_after = _readers(old), _readers(new)
    for kind, name in sorted(gone):
        fact = before[kind].facts[name]
        candidates = [
            other
            for other, now in after[kind].facts.items()
            if other not in before[kind].facts
            and (now.type, now.declared) == (fact.type, fact.declared)
            and (
                bool(set(now.label.items()) & set(fact.label.items()))
                or (bool(read_before.get((kind, name))) and read_before.get((kind, name)) == read_after.get((kind, other)))
            )
        ]
        if len(candidates) == 1 and (kind, candidates[0]) not in found:
            found[kind, candidates[0]] = name
    return found


def _readers(compiled: Compiled) -> dict[Fact, frozenset[str]]:
    """For a fact, the rules and derived facts that read it themselves."""
    readers: dict[Fact, set[str]] = {}
    homes = [(name, conditions_of(rule)) for name, rule in compiled.rules.items()]
    homes += [(f"{kind}.{name}", [found.expr]) for (kind, name), found in compiled.derived.items()]
    for home, exprs in homes:
        for expr in exprs:
            for item in ir.walk(expr):
                if isinstance(item, ir.FactRef):
                    readers.setdefault((item.kind, item.name), set()).add(home)
    return {fact: frozenset(names) for fact, names in readers.items()}
