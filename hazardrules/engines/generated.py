"""The default engine for single cases: one Python function per kind of subject, generated once per plan.

Every condition becomes two plain Boolean expressions: *surely* (true whatever the unknown facts are) and *possibly*
(not false). A rule holds where it is surely true and stays open where it is only possibly true; that is Kleene's logic
without three-valued values at run time. An unknown number is NaN where it is compared with a constant, so that
`x > 3` is its own *surely* and `not x <= 3` the *possibly*. What the generator has no form for (quantifiers, look-ups,
references to other subjects) is asked of the reference evaluator, so both engines share those by construction.

Only text that this module wrote is compiled: names of facts and values of the law reach the code as constants.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hazardrules.engines import quick
from hazardrules.engines.base import Verdict, walk
from hazardrules.engines.reference import Evaluator
from hazardrules.model import expressions as ir
from hazardrules.model import intervals

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from hazardrules.compiler.plan import CompiledRule, Plan
    from hazardrules.model.instances import Instance

MAX_NESTING = 30
"""Deeper conditions go to the reference: Python's own parser allows some 200 nested parentheses."""
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_EMPTY: frozenset[str] = frozenset()
_Numbers = list[int]


@dataclass(frozen=True, slots=True)
class _Judge:
    """The compiled judgement of one kind of subject; `asks` where it needs the reference."""

    names: tuple[str, ...]
    asks: bool
    run: Callable[[dict[str, Any], Evaluator | None, Instance, date], tuple[_Numbers, _Numbers, _Numbers, _Numbers]]


class Generated:
    """The generated engine."""

    name = "generated"

    def evaluate(self, plan: Plan, root: Instance, as_of: date) -> list[Verdict]:
        """Judge a subject and all its parts; see `Engine.evaluate`."""
        evaluator = None
        verdicts = []
        for instance in walk(root) if root.parts else (root,):
            judge = self.judge(plan, instance.kind)
            if judge.asks and evaluator is None:
                evaluator = Evaluator(plan, root, as_of)
            holds, undetermined, but_for, unscoped = judge.run(instance.facts, evaluator, instance, as_of)
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
                    frozenset([names[n] for n in unscoped]) if unscoped else _EMPTY,
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
            "nan": float("nan"),
            "add": quick.add,
            "subtract": quick.subtract,
            "multiply": quick.multiply,
            "divide": quick.divide,
            "scale": quick.scale,
            "compare": quick.compare,
            "near": quick.near,
            "hull": intervals.hull,
            "least": intervals.least,
            "greatest": intervals.greatest,
        }
        self.facts: dict[str, str] = {}
        self.numbers: dict[str, dict[int | Fraction, str]] = {}
        self.sets: dict[str, frozenset[str]] = {}
        self.derived: dict[str, str] = {}
        self.matches: dict[str, str] = {}
        self.known: dict[object, str] = {}
        """Locals by what they hold, as far as they are set where the next line goes."""
        self.kept: list[ir.Expr] = []
        self.made = 0
        self.asks = False
        self.indent = 1

    # building

    def build(self) -> _Judge:
        names = self.plan.by_kind.get(self.kind, ())
        index = {name: number for number, name in enumerate(names)}
        stored, needed = self._stored(), self._needed(names)
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
        namespace = dict(self.constants)
        code = compile("\n".join(self.lines), f"<generated {self.kind}>", "exec")
        exec(code, namespace)  # noqa: S102 - runs only source this module generated
        return _Judge(names, self.asks, namespace["judge"])

    def _finish(self, flags: list[str]) -> None:
        """Put the head before the body: facts are read once, in the forms that conditions want."""
        head = ["def judge(facts, ev, inst, as_of):"]
        if self.asks:
            head.append("    ask = ev.value")
        head += [f"    {name} = []" for name in ("holds", "undetermined", "but_for", "unscoped")]
        for name in (*self.numbers, *self.sets):
            self._fact(name)
        if self.facts:
            head.append(f"    {', '.join(self.facts.values())}, = map(facts.get, {self._constant(tuple(self.facts))})")
        for name, constants in self.numbers.items():
            fact = self.facts[name]
            marked = quick.marks(constants)
            for value, constant in constants.items():
                self.constants[constant] = value if marked is None or isinstance(value, int) else value.numerator / value.denominator
            exact = f"near({fact}, {self._constant(marked)})" if marked is not None else fact
            head.append(f"    n{fact} = nan if {fact} is None else {fact} if {fact}.__class__ is int else {exact}")
        for name, options in self.sets.items():
            fact = self.facts[name]
            head.append(f"    if {fact} is None: s{fact} = {self._constant(_EMPTY)}; p{fact} = {self._constant(options)}")
            head.append(f"    else: s{fact} = p{fact} = {fact}")
        head += [f"    {flag} = False" for flag in flags]
        self.lines = [*head, *self.lines, "    return holds, undetermined, but_for, unscoped"]

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
        return {name for name in stored if name in self.plan.rules and self.plan.rules[name].on == self.kind}

    def _emit(self, line: str) -> None:
        self.lines.append("    " * self.indent + line)

    def _local(self, key: object, text: str) -> str:
        """A local that holds what a text computes; set here, unless it is known already."""
        found = self.known.get(key)
        if found is None:
            self.made += 1
            found = self.known[key] = f"t{self.made}"
            self._emit(f"{found} = {text}")
        return found

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
            self.asks = True
            self._emit(f"{local} = ev.derived(inst, {self._constant(name)})")
        elif found.expr.type.name == "bool":
            surely, possibly = self.both(found.expr)
            self._emit(f"{local} = True if {surely} else None if {possibly} else False")
        else:
            self._emit(f"{local} = {self.amount(found.expr)}")
        self.derived[name] = local

    def _rules(self, rules: list[CompiledRule], index: dict[str, int], *, stored: bool) -> None:
        """Judge rules of one scope; what only they need is computed only where the scope may be met."""
        scope = rules[0].scope
        before = dict(self.known)
        applies = "True"
        if scope is not None:
            surely, possibly = self.both(scope)
            before = dict(self.known)
            self._emit(f"if {possibly}:")
            self.indent = 2
            applies = surely if len(rules) == 1 else self._local(("scope", id(scope)), surely)
        for rule in rules:
            self._match(rule, index[rule.name], applies, stored=stored)
        self.indent, self.known = 1, before

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
            case ir.ParameterRef(name=name):
                value = self.plan.parameters.get(name)
                return ("False", "True") if value is None else ("True", "True") if value else ("False", "False")
            case ir.Not(item=item):
                surely, possibly = self.both(item, depth + 1)
                return f"(not {possibly})", f"(not {surely})"
            case ir.Junction(op=op, items=items):
                pairs = [self.both(item, depth + 1) for item in items]
                word = f" {op} "
                return f"({word.join(s for s, _ in pairs)})", f"({word.join(p for _, p in pairs)})"
            case ir.AtLeast(count=ir.Const(value=int() as count), items=items):
                pairs = [self.both(item, depth + 1) for item in items]
                return f"({' + '.join(s for s, _ in pairs)} >= {count})", f"({' + '.join(p for _, p in pairs)} >= {count})"
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
                return self._among(self._plain(item), frozenset(option.value for option in options))
            case ir.Intersects(container=ir.FactRef(base=ir.Self(), name=name, type=kind), options=options) if options:
                return self._meets(name, frozenset(kind.options), options)
            case _:
                return self._tri(self._ask(expr))

    def _tri(self, local: str) -> tuple[str, str]:
        return f"({local} is True)", f"({local} is not False)"

    def _among(self, local: str, values: frozenset[Any]) -> tuple[str, str]:
        """An unknown value is None, so one set with None and one without answer both questions."""
        return f"({local} in {self._constant(values)})", f"({local} in {self._constant(values | {None})})"

    def _meets(self, name: str, every: frozenset[str], options: frozenset[str]) -> tuple[str, str]:
        """An unknown set is empty where it is asked for sure, and everything where it is asked perhaps."""
        local = self._fact(name)
        self.sets[name] = self.sets.get(name, _EMPTY) | every | options
        if len(options) == 1:
            option = self._constant(next(iter(options)))
            return f"({option} in s{local})", f"({option} in p{local})"
        apart = f"{self._constant(options)}.isdisjoint"
        return f"(not {apart}(s{local}))", f"(not {apart}(p{local}))"

    def _comparison(self, expr: ir.Compare) -> tuple[str, str]:
        left, right, op = expr.left, expr.right, expr.op
        if isinstance(left, ir.Const) and not isinstance(right, ir.Const):
            left, right, op = right, left, _FLIPPED[op]  # type: ignore[assignment]  # the flipped operator is one too
        value = self._known(right)
        if self._is_plain(left) and value is not None:
            return self._against(left, op, value)
        if self._is_plain(left) and self._is_plain(right):
            a, b = self._plain(left), self._plain(right)
            return (
                f"({a} is not None and {b} is not None and {a} {op} {b})",
                f"({a} is None or {b} is None or {a} {op} {b})",
            )
        if expr.left.type.name != "number":
            return self._tri(self._ask(expr))
        first, second = self.amount(left), self.amount(right)
        if "ask(" in first and "ask(" not in second:  # the cheaper side first: where it is unknown, so is the answer
            first, second, op = second, first, _FLIPPED[op]  # type: ignore[assignment]  # see above
        text = f"compare({op!r}, {first}, {second})"
        if "ask(" in second:
            text = f"None if (x := {first}) is None else compare({op!r}, x, {second})"
        return self._tri(self._local(text, text))

    def _against(self, left: ir.Expr, op: str, value: Any) -> tuple[str, str]:
        """A fact against a value of the law."""
        local = self._plain(left)
        if left.type.name == "number" and isinstance(left, ir.FactRef):
            constants = self.numbers.setdefault(left.name, {})
            if value not in constants:
                constants[value] = f"c{local}_{len(constants)}"
            number, constant = f"n{local}", repr(value) if isinstance(value, int) and abs(value) < 10**15 else constants[value]
            if op == "==":
                return f"({number} == {constant})", f"({number} == {constant} or {local} is None)"
            if op == "!=":
                return f"({number} != {constant} and {local} is not None)", f"({number} != {constant})"
            return f"({number} {op} {constant})", f"(not {number} {_OPPOSITE[op]} {constant})"
        if op in ("==", "!="):
            surely, possibly = self._among(local, frozenset((value,)))
            return (surely, possibly) if op == "==" else (f"(not {possibly})", f"(not {surely})")
        test = f"{local} {op} {self._constant(value)}"
        return f"({local} is not None and {test})", f"({local} is None or {test})"

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
        self.asks = True
        self.kept.append(expr)  # keeps the id its own
        found = self.known.get(id(expr))
        return found if found is not None else self._local(id(expr), f"ask({self._constant(expr)}, inst)")

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
            case ir.Function(name="min" | "max" as name, items=items):
                function = "least" if name == "min" else "greatest"
                return f"{function}(({', '.join(self.amount(item, depth + 1) for item in items)},))"
            case ir.Choice(condition=condition, then=then, otherwise=otherwise) if expr.type.name == "number":
                surely, possibly = self.both(condition, depth + 1)
                a, b = self.amount(then, depth + 1), self.amount(otherwise, depth + 1)
                return f"({a} if {surely} else hull({a}, {b}) if {possibly} else {b})"
            case ir.TableValue(rows=rows) if len(rows) <= MAX_NESTING:
                text = "None"
                for condition, value in reversed(rows):
                    text = f"{self.amount(value, depth + len(rows))} if {self.both(condition, depth + len(rows))[0]} else {text}"
                return f"({text})"
            case _:
                self.asks = True
                return f"ask({self._constant(expr)}, inst)"
