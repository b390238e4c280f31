"""Facts that no rule reads, derived facts and parameters that nothing uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.model import expressions as ir
from hazardrules.verify.findings import Finding, Party

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.compiler.plan import Compiled
    from hazardrules.verify.findings import Found
    from hazardrules.verify.lab import Lab


def check_book(lab: Lab) -> Iterator[Found]:
    """Look through every expression of a rulebook, of all days and places."""
    compiled = lab.compiled
    facts, derived, parameters = _read(compiled)
    for kind in compiled.source.subjects.values():
        for fact in kind.facts.values():
            if kind.id not in facts.get(fact.name, ()) and not fact.clock:
                yield Finding("unused_fact", (Party(f"{kind.id}.{fact.name}", fact.span),))
    for (kind_id, name), found in compiled.derived.items():
        if name not in derived and not found.report:
            yield Finding("unused_derived", (Party(f"{kind_id}.{name}", found.span),))
    for name in compiled.parameters:
        if name not in parameters:
            pack, _, short = name.rpartition(".")
            written = next(item for item in compiled.source.packs[pack].parameters if item.name == short)
            yield Finding("unused_parameter", (Party(name, written.span),))


def _read(compiled: Compiled) -> tuple[dict[str, set[str]], set[str], set[str]]:
    """Facts that are read (with the kinds of subject), derived facts and parameters that are used."""
    owners: dict[str, set[str]] = {}
    for kind in compiled.source.subjects.values():
        for part in kind.parts.values():
            owners.setdefault(part.of, set()).add(kind.id)
    facts: dict[str, set[str]] = {}
    derived: set[str] = set()
    parameters: set[str] = set()
    for on, expr in _expressions(compiled):
        for item in ir.walk(expr):
            if isinstance(item, ir.FactRef):
                kinds = owners.get(on, set()) if isinstance(item.base, ir.Owner) else set()
                facts.setdefault(item.name, set()).update({item.kind} | kinds)
            elif isinstance(item, ir.DerivedRef):
                derived.add(item.name)
            elif isinstance(item, ir.ParameterRef):
                parameters.add(item.name)
    return facts, derived, parameters


def _expressions(compiled: Compiled) -> Iterator[tuple[str, ir.Expr]]:
    for rule in compiled.rules.values():
        yield from ((rule.on, expr) for expr in (rule.when, *rule.unless, *([] if rule.scope is None else [rule.scope])))
        for action in rule.actions:
            yield from ((rule.on, end) for ends in action.values.values() for end in ends if end is not None)
    for (kind, _), found in compiled.derived.items():
        yield kind, found.expr
    for pack, scope in compiled.scopes.items():
        if scope is not None:
            yield compiled.source.packs[pack].on, scope
