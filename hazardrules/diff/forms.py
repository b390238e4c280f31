"""Normal forms of conditions as digests: equal digests mean equal answers, whatever the facts.

Names of derived facts, the order of `and` and `or`, double negation, the side on which a bound stands, units of constants
and places in files leave no trace in them. Derived facts, parameters, tables and rules stand in them with what they say.
"""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from hazardrules.model import expressions as ir

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from hazardrules.compiler.plan import Compiled, CompiledAction, CompiledRule, Plan
    from hazardrules.model.law import Effective

_NO_VARIABLES: tuple[str, ...] = ()
_NOT = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}
_TURNED = {">": "<", ">=": "<="}
_OTHER = {"and": "or", "or": "and"}
_LENGTH = 32


class Forms:
    """The normal forms of a rulebook, for all days, or for one day and place."""

    def __init__(
        self,
        compiled: Compiled,
        renamed: Mapping[tuple[str, str], str] | None = None,
        plan: Plan | None = None,
        day: date | None = None,
    ) -> None:
        """Bind to a rulebook.

        Args:
            compiled: The rulebook.
            renamed: For facts by kind and name, what they are to be called.
            plan: With it, the law of a day and place.
            day: That day.
        """
        self.compiled, self.renamed, self.plan, self.day = compiled, renamed or {}, plan, day
        self._rules: dict[str, str] = {}
        self._tables: dict[tuple[str, int], str] = {}
        self._known: dict[tuple[int, tuple[str, ...], bool], str] = {}
        self._calendar: str | None = None

    # rules

    def rule(self, name: str) -> str:
        """When a rule matches, whatever its dates and its place."""
        found = self._rules.get(name)
        if found is None:
            rule = self.compiled.rules[name]
            parts = self._parts(rule.when, _NO_VARIABLES, "and", is_not=False)
            if rule.scope is not None:
                parts |= self._parts(rule.scope, _NO_VARIABLES, "and", is_not=False)
            for item in rule.unless:
                parts |= self._parts(item, _NO_VARIABLES, "and", is_not=True)
            found = self._rules[name] = _hash("rule", rule.on, _joined("and", parts))
        return found

    def action(self, action: CompiledAction) -> tuple[object, ...]:
        """What an action demands, and of whom."""
        use = action.use
        by, authority = roles_of(action, self.compiled)
        values = sorted((name, *("" if end is None else self.of(end) for end in ends)) for name, ends in action.values.items())
        return (use.action, by, authority, tuple(sorted(use.written.items())), tuple(values))

    def consequences(self, rule: CompiledRule) -> tuple[object, ...]:
        """What follows from a rule."""
        actions = sorted(map(self.action, rule.actions), key=repr)
        return (rule.level, rule.rule.kind, tuple(actions))

    # expressions

    def of(self, expr: ir.Expr, env: tuple[str, ...] = _NO_VARIABLES) -> str:
        """The normal form of an expression.

        Args:
            expr: The expression.
            env: The variables of the quantifiers around it, the outermost first.
        """
        return self._of(expr, env, is_not=False)

    def _of(self, expr: ir.Expr, env: tuple[str, ...], *, is_not: bool) -> str:
        key = (id(expr), env, is_not)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._made(expr, env, is_not=is_not)
        return found

    def _made(self, expr: ir.Expr, env: tuple[str, ...], *, is_not: bool) -> str:
        match expr:
            case ir.Not(item=item):
                return self._of(item, env, is_not=not is_not)
            case ir.Junction(op=op):
                return _joined(_OTHER[op] if is_not else op, self._parts(expr, env, _OTHER[op] if is_not else op, is_not=is_not))
            case ir.Compare(op=op, left=left, right=right):
                return _comparison(_NOT[op] if is_not else op, self.of(left, env), self.of(right, env))
            case ir.In(item=item, options=options):
                texts = sorted({self.of(option, env) for option in options})
                if len(texts) == 1:
                    return _comparison("!=" if is_not else "==", self.of(item, env), texts[0])
                return _hash(f"in {is_not}", self.of(item, env), *texts)
            case ir.Const(value=bool(truth)):
                return str(truth != is_not)
            case ir.DerivedRef() if is_not and (inner := self._inlined(expr)) is not None:
                return self._of(inner, _NO_VARIABLES, is_not=True)
        value = self._value(expr, env)
        return _hash("not", value) if is_not else value

    def _parts(self, expr: ir.Expr, env: tuple[str, ...], op: str, *, is_not: bool) -> set[str]:
        """The items of `and` or `or`, those of items of the same kind among them."""
        match expr:
            case ir.Not(item=item):
                return self._parts(item, env, op, is_not=not is_not)
            case ir.Junction(op=inner, items=items) if op == (_OTHER[inner] if is_not else inner):
                return set[str]().union(*(self._parts(item, env, op, is_not=is_not) for item in items))
            case ir.DerivedRef() if (inlined := self._inlined(expr)) is not None:
                return self._parts(inlined, _NO_VARIABLES, op, is_not=is_not)
        return {self._of(expr, env, is_not=is_not)}

    def _inlined(self, expr: ir.DerivedRef) -> ir.Expr | None:
        """What a derived fact of the subject itself stands for, where it does on every day in question."""
        found = self.compiled.derived.get((expr.kind, expr.name))
        if expr.base != ir.Self() or found is None:
            return None
        if self.day is None:
            return found.expr if found.effective is None else None
        return found.expr if found.effective is None or found.effective.is_in_force(self.day) is True else None

    def _value(self, expr: ir.Expr, env: tuple[str, ...]) -> str:
        match expr:
            case ir.Const(value=value, type=kind):
                return f"={_constant(value, kind)}"
            case ir.FactRef(base=base, kind=kind, name=name, type=type_):
                called = self.renamed.get((kind, name), name)
                return f"fact {_prefix(base, env)}.{called} {kind} {type_.name} {type_.unit.factor}"
            case ir.DerivedRef(base=base):
                inner = self._inlined(expr)
                if inner is not None:
                    return self.of(inner)
                return _hash("derived", _prefix(base, env), self._derived(expr.kind, expr.name))
            case ir.RuleRef(base=base, kind=kind, name=name):
                return _hash("matches", _prefix(base, env), kind, self._referred(name))
            case ir.ParameterRef(name=name):
                return _hash("parameter", self.parameter(name))
            case ir.Total(parameter=parameter):
                return f"total {parameter}"
            case ir.Lookup(table=table, column=column, keys=keys):
                return _hash("lookup", self.table(table, column), *(self.of(key, env) for key in keys))
            case ir.Quantified():
                inner_env = (*env, expr.variable)
                item = "" if expr.item is None else self.of(expr.item, inner_env)
                where = "" if expr.where is None else self.of(expr.where, inner_env)
                return _hash(f"{expr.function} {_prefix(expr.base, env)} {expr.part} {expr.of}", item, where)
            case ir.DateShift(day=day, amount=amount, sign=sign, type=type_):
                calendar = self.calendar() if amount.type.name == "span" else ""
                return _hash(f"shift {sign} {type_.name} {calendar}", self.of(day, env), self.of(amount, env))
        parts = [self.of(child, env) for child in ir.children(expr)]
        return _hash(_head(expr), *(sorted(parts) if _is_symmetric(expr) else parts))

    # what stands behind references

    def derived(self, kind: str, name: str) -> str:
        """A derived fact with its dates."""
        return self._derived(kind, name)

    def _derived(self, kind: str, name: str) -> str:
        found = self.compiled.derived.get((kind, name))
        if found is None:
            return "none"
        if self.day is None:
            return _hash("derived", self.of(found.expr), _dates(found.effective))
        is_there = found.effective is None or found.effective.is_in_force(self.day) is True
        return self.of(found.expr) if is_there else "none"

    def _referred(self, name: str) -> str:
        rule = self.compiled.rules.get(name)
        if self.plan is not None:
            return f"{self.rule(name)} {name in self.plan.force}" if name in self.plan.rules else "never"
        return "never" if rule is None else _hash(self.rule(name), _dates(rule.effective), rule.rule.jurisdiction)

    def parameter(self, name: str) -> str:
        """The values of a parameter, or its value on the day."""
        if self.plan is not None:
            return _text(self.plan.parameters.get(name))
        found = self.compiled.parameters.get(name)
        return "none" if found is None else _hash(*(f"{_dates(when)} {_text(value)}" for when, value in found.values))

    def table(self, name: str, column: int) -> str:
        """A column of a data table, and when it is law."""
        key = (name, column)
        if key not in self._tables:
            source = self.compiled.source
            rows = source.tables[name].rows if self.plan is None or name in self.plan.tables else {}
            content = sorted(f"{row}:{_text(values[column])}" for row, values in rows.items())
            laws = sorted({ref.law for ref in source.tables[name].basis}) if self.plan is None else []
            dates = [_dates(source.instruments[law].effective) for law in laws if law in source.instruments]
            self._tables[key] = _hash(*content, *dates)
        return self._tables[key]

    def calendar(self) -> str:
        """The days that are working days against the week."""
        if self._calendar is None:
            source = self.compiled.source
            table = source.tables.get(source.calendar) if source.calendar else None
            self._calendar = "" if table is None else _hash(*sorted(f"{key}:{row[0]}" for key, row in table.rows.items()))
        return self._calendar


def roles_of(action: CompiledAction, compiled: Compiled) -> tuple[str, str]:
    """Who has to do what an action demands, and who sees to it: as its rule says, or else as the catalogue does."""
    declared = compiled.source.actions.get(action.use.action)
    by, authority = (None, None) if declared is None else (declared.by, declared.authority)
    return action.use.by or by or "", action.use.authority or authority or ""


def _hash(*parts: str) -> str:
    summed = sha256()
    for part in parts:
        summed.update(f"{len(part)}\0{part}".encode("utf-8", "surrogatepass"))
    return summed.hexdigest()[:_LENGTH]


def _joined(op: str, parts: Iterable[str]) -> str:
    found = sorted(set(parts))
    return found[0] if len(found) == 1 else _hash(op, *found)


def _comparison(op: str, left: str, right: str) -> str:
    if op in _TURNED:
        op, left, right = _TURNED[op], right, left
    if op in ("==", "!="):
        left, right = sorted((left, right))
    return _hash(op, left, right)


def _constant(value: Any, kind: Any) -> str:
    if kind.name == "number" and not isinstance(value, bool):
        return f"{Fraction(value) * kind.unit.factor} {kind.unit.dimension}"
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, frozenset):
        return f"set {sorted(value)}"
    if isinstance(value, bool) or not isinstance(value, (int, Fraction)):
        return f"{type(value).__name__} {value}"
    return f"number {Fraction(value)}"


def _dates(effective: Effective | None) -> str:
    return "" if effective is None else f"{effective.start} {effective.until} {effective.in_force_by}"


def _prefix(base: ir.Base, env: tuple[str, ...]) -> str:
    match base:
        case ir.Self():
            return ""
        case ir.Variable(name=name):
            return f"${len(env) - 1 - env[::-1].index(name)}"
        case ir.Owner(of=inner):
            return f"{_prefix(inner, env)}.owner"
        case ir.OnePart(of=inner, part=part):
            return f"{_prefix(inner, env)}.{part}"


def _is_symmetric(expr: ir.Expr) -> bool:
    if isinstance(expr, ir.Arithmetic):
        return expr.op in "+*"
    return isinstance(expr, ir.Function) and expr.name in ("min", "max")


def _head(expr: ir.Expr) -> str:
    """The form of an expression, without its parts."""
    match expr:
        case ir.Arithmetic(op=op):
            return f"arithmetic {op}"
        case ir.Intersects(options=options):
            return f"intersects {sorted(options)}"
        case ir.Scale(factor=factor):
            return f"scale {factor}"
        case ir.DateDifference(type=kind, left=left, right=right):
            return f"difference {kind.unit.factor} {left.type.name} {right.type.name}"
        case ir.Function(name=name):
            return f"function {name}"
        case _:
            return type(expr).__name__
