"""Rules -> Python source: one function per kind of subject, from the conditions that `conditions` writes.

A rule holds where its condition is surely true and stays open where it is only possibly true. Rules on which nothing
else depends are judged together with the others of their scope, so that a scope that is not met costs one test.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hazardrules.engines.conditions import Conditions
from hazardrules.model import expressions as ir

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from hazardrules.compiler.plan import CompiledRule
    from hazardrules.engines.reference import Evaluator
    from hazardrules.model.instances import Instance

_Numbers = list[int]


@dataclass(frozen=True, slots=True)
class Judge:
    """The compiled judgement of one kind of subject; `asks` where it needs the reference."""

    names: tuple[str, ...]
    asks: bool
    run: Callable[[dict[str, Any], Evaluator | None, Instance, date], tuple[_Numbers, _Numbers, _Numbers, _Numbers]]


def compiled(written: Conditions, name: str) -> Callable[..., Any]:
    """The function of a name that was written."""
    namespace = dict(written.constants)
    code = compile("\n".join(written.lines), f"<generated {written.kind}>", "exec")
    exec(code, namespace)  # noqa: S102 - runs only source this module generated
    found: Callable[..., Any] = namespace[name]
    return found


class Generator(Conditions):
    """Writes the function of one kind of subject."""

    def build(self) -> Judge:
        """Write and compile the function."""
        names = self.plan.by_kind.get(self.kind, ())
        index = {name: number for number, name in enumerate(names)}
        stored, needed = self._stored(), self._needed(names)
        self.uses = Counter(
            item.name
            for expr in self._conditions(names)
            for item in ir.walk(expr)
            if isinstance(item, ir.FactRef) and item.base == ir.Self()
        )
        last: dict[int, list[CompiledRule]] = {}
        for kind, sort, name in self.plan.compiled.order:
            if kind != self.kind:
                continue
            if sort == "derived":
                if name in needed:
                    self._derive(name)
            elif sort == "match" and name in self.plan.rules:
                if name in stored:
                    self._rules([self.plan.rules[name]], index, stored=True)
                else:  # nothing depends on it: rules of one scope are judged together
                    last.setdefault(id(self.plan.rules[name].scope), []).append(self.plan.rules[name])
        for rules in last.values():
            self._rules(rules, index, stored=False)
        for name in names:
            if name in stored:
                self._truth(name, index[name])
        self._finish([self.matches[name] for name in sorted(stored) if name in self.matches])
        return Judge(names, self.asks, compiled(self, "judge"))

    def _finish(self, flags: list[str]) -> None:
        """Put the head before the body: facts are read once, in the forms that conditions want."""
        head = ["def judge(facts, ev, inst, as_of):"]
        head += [f"    {name} = []" for name in ("holds", "undetermined", "but_for", "unscoped")]
        head += self._head(f"    {flag} = False" for flag in flags)
        self.lines = [*head, *self._body(), "    return holds, undetermined, but_for, unscoped"]

    def _conditions(self, names: tuple[str, ...]) -> list[ir.Expr]:
        rules = [self.plan.rules[name] for name in names]
        return [expr for rule in rules for expr in (rule.when, *rule.unless, *([rule.scope] if rule.scope is not None else []))]

    def _needed(self, names: tuple[str, ...]) -> set[str]:
        """Derived facts of this kind that its rules read, directly or through others."""
        needed: set[str] = set()
        pending = self._conditions(names)
        while pending:
            for item in ir.walk(pending.pop()):
                if isinstance(item, ir.DerivedRef) and item.base == ir.Self() and item.name not in needed:
                    needed.add(item.name)
                    found = self.plan.compiled.derived.get((self.kind, item.name))
                    pending += [found.expr] if found is not None else []
        return needed

    def _stored(self) -> set[str]:
        """Rules whose match is needed again: by rules they override, by overriders, or by name in an expression."""
        stored = {name for name, others in self.plan.overriders.items() for name in (name, *others)}
        exprs: list[ir.Expr] = [d.expr for (kind, _), d in self.plan.compiled.derived.items() if kind == self.kind]
        exprs += self._conditions(self.plan.by_kind.get(self.kind, ()))
        stored |= {item.name for expr in exprs for item in ir.walk(expr) if isinstance(item, ir.RuleRef)}
        self.totals = {item.parameter for expr in exprs for item in ir.walk(expr) if isinstance(item, ir.Total)}
        stored |= set(self._counted())
        return {name for name in stored if name in self.plan.rules and self.plan.rules[name].on == self.kind}

    def _derive(self, name: str) -> None:
        found = self.plan.compiled.derived[self.kind, name]
        local = f"d{len(self.derived)}"
        if found.effective is not None:
            self.asks = True
            self._emit(f"{local} = ev.derived(inst, {self._constant(name)})")
        elif found.expr.type.name == "bool":
            surely, possibly = self.both(found.expr)
            self._emit(f"{local} = True if {surely} else None if {possibly} else False")
        else:
            self._emit(f"{local} = {self.amount(found.expr)}")
            if found.expr.type.name == "number":
                self._emit(self._bounds(local))
                self.bounded.add(local)
        self.derived[name] = local

    def _rules(self, rules: list[CompiledRule], index: dict[str, int], *, stored: bool) -> None:
        """Judge rules of one scope; what only they need is computed only where the scope may be met."""
        scope = rules[0].scope
        applies = "True"
        if scope is not None:
            surely, possibly = self.both(scope)
            before = dict(self.known)
            self._emit(f"if {possibly}:")
            self.indent = 2
            applies = surely if len(rules) == 1 else self._local(("scope", id(scope)), surely)
        for rule in rules:
            self._match(rule, index[rule.name], applies, stored=stored)
        if scope is not None:
            self.known = before
        self.indent = 1

    def _match(self, rule: CompiledRule, number: int, applies: str, *, stored: bool) -> None:
        when_s, when_p = self.both(rule.when)
        pairs = [self.both(exception) for exception in rule.unless]
        possibly = [part for part in (when_p, *(f"not {surely}" for surely, _ in pairs)) if part != "True"]
        surely = [part for part in (applies, when_s, *(f"not {perhaps}" for _, perhaps in pairs)) if part != "True"]
        if rule.name in self.plan.force:
            surely = ["False"]
        name = self.matches[rule.name] = f"m{number}"
        pad = "    " if possibly else ""
        if possibly:
            self._emit(f"if {' and '.join(possibly)}:")
        test = " and ".join(surely) or "True"
        if stored:
            self._emit(f"{pad}{name} = True if {test} else None")
        else:
            self._emit(f"{pad}(holds if {test} else undetermined).append({number})")
        if applies != "True":
            self._emit(f"{pad}if not ({applies} or {when_s}): unscoped.append({number})")

    def _truth(self, name: str, number: int) -> None:
        own = self.matches[name]
        others = [self.matches[o] for o in self.plan.overriders.get(name, ()) if o in self.matches]
        self._emit(
            f"if {own} is not False:"
            if not others
            else f"if {own} is not False and not ({' or '.join(f'{o} is True' for o in others)}):"
        )
        clear = "".join(f" and {other} is False" for other in others)
        self._emit(f"    (holds if {own}{clear} else undetermined).append({number})")
        if others:
            self._emit(f"    if {own} and not (True{clear}): but_for.append({number})")
