"""The default engine for single cases: one Python function per kind of subject, generated once per plan.

Every condition becomes two plain Boolean expressions: *surely* (true whatever the unknown facts are) and *possibly*
(not false). A rule holds where it is surely true and stays open where it is only possibly true; that is Kleene's logic
without three-valued values at run time. What the generator has no form for (quantifiers, look-ups, references to other
subjects, tables) is asked of the reference evaluator, so both engines share those by construction.

Only text that this module wrote is compiled: names of facts and values of the law reach the code as constants.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hazardrules.engines.base import Verdict, walk
from hazardrules.engines.reference import Evaluator
from hazardrules.model import expressions as ir
from hazardrules.model import intervals
from hazardrules.model.values import Interval

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from hazardrules.compiler.plan import CompiledRule, Plan
    from hazardrules.model.instances import Instance

MAX_NESTING = 30
"""Deeper conditions go to the reference: Python's own parser allows some 200 nested parentheses."""
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


@dataclass(frozen=True, slots=True)
class _Judge:
    """The compiled judgement of one kind of subject."""

    names: tuple[str, ...]
    run: Callable[[dict[str, Any], Evaluator, Instance, date, list[int], list[int], list[int]], None]


class Generated:
    """The generated engine."""

    name = "generated"

    def evaluate(self, plan: Plan, root: Instance, as_of: date) -> list[Verdict]:
        """Judge a subject and all its parts; see `Engine.evaluate`."""
        evaluator = Evaluator(plan, root, as_of)
        verdicts = []
        for instance in walk(root):
            judge = self.judge(plan, instance.kind)
            holds: list[int] = []
            undetermined: list[int] = []
            but_for: list[int] = []
            judge.run(instance.facts, evaluator, instance, as_of, holds, undetermined, but_for)
            holds.sort()
            undetermined.sort()
            but_for.sort()
            names = judge.names
            verdicts.append(
                Verdict(
                    instance,
                    tuple([names[n] for n in holds]),
                    tuple([names[n] for n in undetermined]),
                    tuple([names[n] for n in but_for]),
                )
            )
        return verdicts

    def judge(self, plan: Plan, kind: str) -> _Judge:
        """The compiled judgement of a kind of subject; made on first use, the same for all threads."""
        key = f"generated:{kind}"
        found = plan.engine_state.get(key)
        if found is None:
            found = plan.engine_state.setdefault(key, _Generator(plan, kind).build())
        return found  # type: ignore[return-value]  # only judges are stored under this key

    def source(self, plan: Plan, kind: str) -> str:
        """The generated code, to read."""
        generator = _Generator(plan, kind)
        generator.build()
        return "\n".join(generator.lines)


class _Generator:
    def __init__(self, plan: Plan, kind: str) -> None:
        self.plan, self.kind = plan, kind
        self.lines: list[str] = []
        self.constants: dict[str, Any] = {
            "Interval": Interval,
            "add": intervals.add,
            "subtract": intervals.subtract,
            "multiply": intervals.multiply,
            "divide": intervals.divide,
            "scale": intervals.scale,
            "compare": intervals.compare,
        }
        self.facts: dict[str, str] = {}
        self.derived: dict[str, str] = {}
        self.matches: dict[str, str] = {}
        self.asked: dict[int, str] = {}
        self.kept: list[ir.Expr] = []
        self.indent = 1

    # building

    def build(self) -> _Judge:
        names = self.plan.by_kind.get(self.kind, ())
        index = {name: number for number, name in enumerate(names)}
        body = self.lines
        stored = self._stored()
        for kind, sort, name in self.plan.compiled.order:
            if kind != self.kind:
                continue
            if sort == "derived":
                self._derive(name)
            elif sort == "match" and name in self.plan.rules:
                self._match(self.plan.rules[name], index[name], stored=name in stored)
        self.indent = 1
        for name in names:
            if name in stored:
                self._truth(name, index[name])
        loads = [f"    {local} = get({self._constant(name)})" for name, local in self.facts.items()]
        head = ["def judge(facts, ev, inst, as_of, holds, undetermined, but_for):", "    get = facts.get", "    ask = ev.value"]
        flags = [f"    {self.matches[name]} = False" for name in sorted(stored) if name in self.matches]
        self.lines = [*head, *loads, *flags, *body]
        namespace = dict(self.constants)
        code = compile("\n".join(self.lines), f"<generated {self.kind}>", "exec")
        exec(code, namespace)  # noqa: S102 - runs only source this module generated
        return _Judge(names, namespace["judge"])

    def _stored(self) -> set[str]:
        """Rules whose match is needed again: by rules they override, by overriders, or by name in an expression."""
        stored = {name for name, others in self.plan.overriders.items() for name in (name, *others)}
        exprs: list[ir.Expr] = [d.expr for (kind, _), d in self.plan.compiled.derived.items() if kind == self.kind]
        for name in self.plan.by_kind.get(self.kind, ()):
            rule = self.plan.rules[name]
            exprs += [rule.when, *rule.unless, *([rule.scope] if rule.scope is not None else [])]
        stored |= {item.name for expr in exprs for item in ir.walk(expr) if isinstance(item, ir.RuleRef)}
        return {name for name in stored if name in self.plan.rules and self.plan.rules[name].on == self.kind}

    def _emit(self, line: str) -> None:
        self.lines.append("    " * self.indent + line)

    def _constant(self, value: Any) -> str:
        if value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) < 10**15):
            return repr(value)
        name = f"k{len(self.constants)}"
        self.constants[name] = value
        return name

    def _derive(self, name: str) -> None:
        found = self.plan.compiled.derived[self.kind, name]
        local = f"d{len(self.derived)}"
        if found.effective is not None:
            self._emit(f"{local} = ev.derived(inst, {self._constant(name)})")
        elif found.expr.type.name == "bool":
            surely, possibly = self.both(found.expr)
            self._emit(f"{local} = True if {surely} else None if {possibly} else False")
        else:
            self._emit(f"{local} = {self.amount(found.expr)}")
        self.derived[name] = local

    def _match(self, rule: CompiledRule, number: int, *, stored: bool) -> None:
        self.indent = 1
        scope_s, scope_p = ("True", "True") if rule.scope is None else self.both(rule.scope)
        when_s, when_p = self.both(rule.when)
        pairs = [self.both(exception) for exception in rule.unless]
        possibly = [scope_p, when_p, *(f"not {surely}" for surely, _ in pairs)]
        surely = [scope_s, when_s, *(f"not {perhaps}" for _, perhaps in pairs)]
        if rule.name in self.plan.force:
            surely = ["False"]
        possibly = [part for part in possibly if part != "True"]
        surely = [part for part in surely if part != "True"]
        if "False" in possibly:
            self.matches[rule.name] = f"m{number}"
            return
        self._emit(f"if {' and '.join(possibly) or 'True'}:")
        self.indent = 2
        if stored:
            self.matches[rule.name] = f"m{number}"
            self._emit(f"m{number} = True if {' and '.join(surely) or 'True'} else None")
        else:
            self._emit(f"(holds if {' and '.join(surely) or 'True'} else undetermined).append({number})")
        self.indent = 1

    def _truth(self, name: str, number: int) -> None:
        own = self.matches.get(name)
        if own is None:
            return
        others = [self.matches[o] for o in self.plan.overriders.get(name, ()) if o in self.matches]
        self._emit(f"if {own} is not False:" if not others else f"if {own} is not False and not ({' or '.join(f'{o} is True' for o in others)}):")
        clear = "".join(f" and {other} is False" for other in others)
        self._emit(f"    (holds if {own}{clear} else undetermined).append({number})")
        if others:
            self._emit(f"    if {own} and not (True{clear}): but_for.append({number})")

    # conditions: (surely, possibly)

    def both(self, expr: ir.Expr, depth: int = 0) -> tuple[str, str]:
        """Two Boolean expressions: true whatever is unknown, and not false."""
        if depth > MAX_NESTING:
            return self._tri(self._ask(expr))
        match expr:
            case ir.Const(value=value):
                return ("True", "True") if value else ("False", "False")
            case ir.Unknown():
                return "False", "True"
            case ir.Not(item=item):
                surely, possibly = self.both(item, depth + 1)
                return f"(not {possibly})", f"(not {surely})"
            case ir.Junction(op=op, items=items):
                pairs = [self.both(item, depth + 1) for item in items]
                word = f" {op} "
                return f"({word.join(s for s, _ in pairs)})", f"({word.join(p for _, p in pairs)})"
            case ir.FactRef(base=ir.Self(), name=name):
                return self._tri(self._fact(name))
            case ir.DerivedRef(base=ir.Self(), name=name) if name in self.derived:
                return self._tri(self.derived[name])
            case ir.RuleRef(base=ir.Self(), name=name) if name not in self.plan.rules:
                return "False", "False"
            case ir.RuleRef(base=ir.Self(), name=name) if name in self.matches:
                return self._tri(self.matches[name])
            case ir.Compare():
                return self._comparison(expr)
            case ir.In(item=item, options=options) if self._is_plain(item):
                known = self._constant(frozenset(option.value for option in options))
                local = self._plain(item)
                return f"({local} is not None and {local} in {known})", f"({local} is None or {local} in {known})"
            case ir.Intersects(container=ir.FactRef(base=ir.Self(), name=name), options=options):
                local = self._fact(name)
                apart = f"{self._constant(options)}.isdisjoint({local})"
                return f"({local} is not None and not {apart})", f"({local} is None or not {apart})"
            case _:
                return self._tri(self._ask(expr))

    def _tri(self, local: str) -> tuple[str, str]:
        return f"({local} is True)", f"({local} is not False)"

    def _comparison(self, expr: ir.Compare) -> tuple[str, str]:
        left, right, op = expr.left, expr.right, expr.op
        if isinstance(left, ir.Const) and not isinstance(right, ir.Const):
            left, right, op = right, left, _FLIPPED[op]  # type: ignore[assignment]  # the flipped operator is one too
        value = self._known(right)
        if self._is_plain(left) and value is not None:
            local = self._plain(left)
            test = f"{local} {op} {self._constant(value)}"
            return f"({local} is not None and {test})", f"({local} is None or {test})"
        if self._is_plain(left) and self._is_plain(right):
            a, b = self._plain(left), self._plain(right)
            return (
                f"({a} is not None and {b} is not None and {a} {op} {b})",
                f"({a} is None or {b} is None or {a} {op} {b})",
            )
        if expr.left.type.name != "number":
            return self._tri(self._ask(expr))
        local = f"t{len(self.kept)}"
        self.kept.append(expr)
        outer, self.indent = self.indent, 1
        self._emit(f"{local} = compare({op!r}, {self.amount(left)}, {self.amount(right)})")
        self.indent = outer
        return self._tri(local)

    def _known(self, expr: ir.Expr) -> Any:
        if isinstance(expr, ir.Const):
            return expr.value
        return self.plan.parameters.get(expr.name) if isinstance(expr, ir.ParameterRef) else None

    def _is_plain(self, expr: ir.Expr) -> bool:
        """A value that is one thing or unknown: never an interval."""
        return isinstance(expr, (ir.FactRef, ir.AsOf)) and getattr(expr, "base", ir.Self()) == ir.Self()

    def _plain(self, expr: ir.Expr) -> str:
        return self._fact(expr.name) if isinstance(expr, ir.FactRef) else "as_of"

    def _fact(self, name: str) -> str:
        return self.facts.setdefault(name, f"f{len(self.facts)}")

    def _ask(self, expr: ir.Expr) -> str:
        """A local that holds what the reference says of an expression."""
        key = id(expr)
        if key not in self.asked:
            local = f"a{len(self.asked)}"
            self.kept.append(expr)  # keeps the id its own
            outer, self.indent = self.indent, 1
            self._emit(f"{local} = ask({self._constant(expr)}, inst)")
            self.indent = outer
            self.asked[key] = local
        return self.asked[key]

    # amounts

    def amount(self, expr: ir.Expr, depth: int = 0) -> str:
        """An expression for a number, an interval, None, or any other value."""
        if depth > MAX_NESTING:
            return self._ask(expr)
        match expr:
            case ir.Const(value=value):
                return self._constant(value)
            case ir.ParameterRef(name=name):
                return self._constant(self.plan.parameters.get(name))
            case ir.AsOf():
                return "as_of"
            case ir.FactRef(base=ir.Self(), name=name):
                return self._fact(name)
            case ir.DerivedRef(base=ir.Self(), name=name) if name in self.derived:
                return self.derived[name]
            case ir.Arithmetic(op=op, left=left, right=right):
                function = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide"}[op]
                return f"{function}({self.amount(left, depth + 1)}, {self.amount(right, depth + 1)})"
            case ir.Scale(item=item, factor=factor):
                return f"scale({self.amount(item, depth + 1)}, {self._constant(Fraction(factor))})"
            case _:
                return self._ask(expr)
