"""Tests that must be computed -> one small Python function each, from the conditions that `conditions` writes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hazardrules.engines.conditions import Conditions
from hazardrules.engines.generator import compiled
from hazardrules.model import expressions as ir

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hazardrules.compiler.plan import Plan
    from hazardrules.engines.literals import Test

Formula = "Callable[[dict[str, Any], Instance, Evaluator, date, list[Any], Callable[[str], Amount]], Any]"
"""From the facts, the subject, the reference, the day, the values of other tests by number, and sums over findings."""

_LOCAL = re.compile(r"\b[lh]?([dm])(\d+)\b")


class Writer(Conditions):
    """Writes the function of one test."""

    def __init__(self, plan: Plan, kind: str, test: Test, slots: Mapping[int, int]) -> None:
        """Look up in `slots` where the value of a test that this one reads is kept, by its number."""
        super().__init__(plan, kind)
        self.test = test
        for (sort, name), read in test.reads.items():
            number = slots[read]
            if sort == "rule":
                self.matches[name] = f"m{number}"
                continue
            self.derived[name] = local = f"d{number}"
            found = plan.compiled.derived[kind, name]
            if found.expr.type.name == "number" and found.effective is None:
                self.bounded.add(local)

    def build(self) -> Callable[..., Any]:
        """Write and compile the function."""
        expr = self.test.expr
        assert expr is not None
        if self._is_dated():
            self.asks = True
            self._emit(f"return ev.derived(inst, {self._constant(self.test.derived)})")
        elif expr.type.name == "bool":
            surely, possibly = self.both(expr)
            self._emit(f"return True if {surely} else None if {possibly} else False")
        else:
            self._emit(f"return {self.amount(expr)}")
        head = self._head()
        body = self._body()
        read = sorted({(sort, int(number)) for sort, number in _LOCAL.findall("\n".join(body))})
        lines = []
        for sort, number in read:
            local = f"{sort}{number}"
            if local in self.derived.values() or local in self.matches.values():
                lines.append(f"    {local} = v[{number}]")
                lines += [f"    {self._bounds(local)}"] if local in self.numbers else []
        self.lines = ["def formula(facts, inst, ev, as_of, v, total):", *head, *lines, *body]
        return compiled(self.lines, self.constants, "formula", self.kind)

    def _is_dated(self) -> bool:
        found = self.plan.compiled.derived.get((self.kind, self.test.derived))
        return found is not None and found.effective is not None

    def amount(self, expr: ir.Expr, depth: int = 0) -> str:
        """As elsewhere; a sum over findings is asked of the engine, which knows them."""
        return f"total({expr.parameter!r})" if isinstance(expr, ir.Total) else super().amount(expr, depth)

    def _before_asking(self, _expr: ir.Expr) -> None:
        self.asks = True
