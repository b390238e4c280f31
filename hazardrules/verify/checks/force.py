"""Days on which a law was gone and its successor not yet there, and days on which what a rule reads was not in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.model import expressions as ir
from hazardrules.verify.checks.common import clauses, party
from hazardrules.verify.findings import Finding, Party

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from hazardrules.compiler.plan import Compiled, CompiledRule
    from hazardrules.model.law import Effective
    from hazardrules.source import Span
    from hazardrules.verify.findings import Found
    from hazardrules.verify.lab import Lab


def check_book(lab: Lab) -> Iterator[Found]:
    """Compare the dates of instruments with those of what they supersede, and of rules with those of what they read."""
    yield from _successors(lab.compiled)
    yield from _without_successor(lab.compiled)
    yield from _clauses_without_rule(lab.compiled)
    readings = _Readings(lab.compiled)
    found: dict[tuple[str, str, str], list[CompiledRule]] = {}
    for rule in lab.compiled.rules.values():
        for stretch in _missing(readings, rule):
            found.setdefault(stretch, []).append(rule)
    whole: dict[str, list[tuple[str, str, list[CompiledRule]]]] = {}
    for (name, start, until), rules in found.items():
        whole.setdefault(name, []).append((start, until, rules))
    for name, stretches in sorted(whole.items()):
        readers = sorted({rule.name: rule for _, _, rules in stretches for rule in rules}.values(), key=lambda rule: rule.span)
        first, last = min(start for start, _, _ in stretches), max(until for _, until, _ in stretches)
        args = {"what": name, "from": first, "until": last, "count": str(len(readers))}
        yield Finding("not_in_force", (Party(name, readings.span(name)), *map(party, readers)), "", args)


def _successors(compiled: Compiled) -> Iterator[Found]:
    instruments = compiled.source.instruments
    for later in instruments.values():
        for name in later.supersedes:
            earlier = instruments.get(name)
            if earlier is None:
                continue
            start, until = later.effective.start, earlier.effective.until
            parties = (Party(earlier.id, earlier.span), Party(later.id, later.span))
            if start is None:
                continue
            if until is not None and until < start:
                yield Finding("no_law", parties, "gap", {"from": until.isoformat(), "until": start.isoformat()})
            elif until is None or until > start:
                yield Finding(
                    "no_law", parties, "both", {"from": start.isoformat(), "until": until.isoformat() if until else "…"}
                )


def _without_successor(compiled: Compiled) -> Iterator[Found]:
    """Instruments that ended, and that no other one supersedes."""
    instruments = compiled.source.instruments
    succeeded = {name for later in instruments.values() for name in later.supersedes}
    for instrument in instruments.values():
        until = instrument.effective.until
        if until is not None and instrument.id not in succeeded:
            yield Finding("no_law", (Party(instrument.id, instrument.span),), "ended", {"from": until.isoformat()})


def _clauses_without_rule(compiled: Compiled) -> Iterator[Found]:
    """Clauses that have a rule before and after some days, and none on these days, though their instrument is in force."""
    by_clause: dict[tuple[str, str, str], list[CompiledRule]] = {}
    for rule in compiled.rules.values():
        for law, clause in sorted(clauses(rule)):
            by_clause.setdefault((law, clause, rule.on), []).append(rule)
    seen: set[tuple[str, ...]] = set()
    for (law, clause, _), rules in by_clause.items():
        instrument = compiled.source.instruments.get(law)
        ended = [rule for rule in rules if rule.effective.until is not None]
        for earlier in sorted(ended, key=lambda rule: rule.name):
            until = earlier.effective.until
            later = [rule for rule in rules if rule.effective.start is not None and until and rule.effective.start > until]
            if instrument is None or until is None or not later or instrument.effective.is_in_force(until) is False:
                continue
            if any(rule.effective.is_in_force(until) is not False for rule in rules):
                continue
            first = min(later, key=lambda rule: (rule.effective.start, rule.name))
            pair = (law, clause, first.name, earlier.name)
            if pair not in seen:
                seen.add(pair)
                args = {"law": law, "clause": clause, "from": until.isoformat(), "until": str(first.effective.start)}
                yield Finding("no_law", (party(first), party(earlier)), "clause", args)


class _Readings:
    """What a rule reads that has dates of its own: parameters, derived facts, data tables."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self._memo: dict[object, dict[str, Callable[[date], bool]]] = {}

    def of_rule(self, rule: CompiledRule) -> dict[str, Callable[[date], bool]]:
        """For the name of each, whether it is in force on a day."""
        found: dict[str, Callable[[date], bool]] = {}
        for expr in (rule.when, *rule.unless, *([] if rule.scope is None else [rule.scope])):
            found |= self._of(expr)
        return found

    def span(self, name: str) -> Span:
        """Where something stands that is read."""
        source = self.compiled.source
        if name in source.tables:
            return source.tables[name].span
        kind, _, short = name.partition(".")
        if (kind, short) in self.compiled.derived:
            return self.compiled.derived[kind, short].span
        pack, _, short = name.rpartition(".")
        return next(item.span for item in source.packs[pack].parameters if item.name == short)

    def _of(self, expr: ir.Expr) -> dict[str, Callable[[date], bool]]:
        source = self.compiled.source
        found: dict[str, Callable[[date], bool]] = {}
        for item in ir.walk(expr):
            if isinstance(item, ir.ParameterRef):
                values = [effective for effective, _ in self.compiled.parameters[item.name].values]
                found[item.name] = lambda day, values=values: any(one.is_in_force(day) is not False for one in values)  # type: ignore[misc]  # bound now
            elif isinstance(item, ir.Lookup):
                laws = [
                    source.instruments[ref.law].effective
                    for ref in source.tables[item.table].basis
                    if ref.law in source.instruments
                ]
                found[item.table] = lambda day, laws=laws: all(one.is_in_force(day) is not False for one in laws)  # type: ignore[misc]  # bound now
            elif isinstance(item, ir.DerivedRef):
                found |= self._derived(item.kind, item.name)
        return found

    def _derived(self, kind: str, name: str) -> dict[str, Callable[[date], bool]]:
        key = (kind, name)
        if key not in self._memo:
            self._memo[key] = {}
            derived = self.compiled.derived.get(key)
            if derived is not None:
                own: dict[str, Callable[[date], bool]] = {}
                effective = derived.effective
                if effective is not None:
                    own[f"{kind}.{name}"] = lambda day: effective.is_in_force(day) is not False
                self._memo[key] = own | self._of(derived.expr)
        return self._memo[key]


def _missing(readings: _Readings, rule: CompiledRule) -> Iterator[tuple[str, str, str]]:
    """What a rule reads that is not in force on days on which the rule is: its name, the first such day and the day after them."""
    for name, in_force in readings.of_rule(rule).items():
        days = [day for day in _days(rule.effective, readings.compiled) if not in_force(day)]
        if days:
            later = [day for day in readings.compiled.breakpoints if day > days[0] and in_force(day)]
            until = min([*later, *([rule.effective.until] if rule.effective.until else [])], default=None)
            yield name, days[0].isoformat(), until.isoformat() if until else "…"


def _days(effective: Effective, compiled: Compiled) -> list[date]:
    starts = [effective.start] if effective.start is not None else []
    return sorted({*starts, *(day for day in compiled.breakpoints if effective.is_in_force(day) is True)})
