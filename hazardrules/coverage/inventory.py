"""What the cases of a rulebook ought to exercise: every obligation, by rule and position in its condition."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from hazardrules.model import expressions as ir
from hazardrules.written import Written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from hazardrules.compiler.plan import Compiled, CompiledRule
    from hazardrules.model.law import Effective
    from hazardrules.source import Span

Group = Literal["rule", "condition", "threshold", "exception", "date", "outcome"]
GROUPS: tuple[Group, ...] = ("rule", "condition", "threshold", "exception", "date", "outcome")
Key = tuple[str, str, tuple[int, ...]]
"""Whose it is (`rule gas.x`, `derived premises.y`), which part of it (`when`, `unless.0`), and the position in that part."""

ORDERED = ("<", "<=", ">", ">=")
_COMPOSITE = (ir.Not, ir.Junction, ir.AtLeast, ir.Choice, ir.TableValue, ir.Const)


@dataclass(frozen=True, slots=True)
class Obligation:
    """Something that some case ought to show.

    Attributes:
        key: Where it stands in the rulebook.
        what: What ought to be seen there: `held`, `deciding`, `at` …
        needs: The observations that cover it; all of them are needed.
        text: The words of the condition, by ids; empty for a whole rule.
        span: Where it is written.
    """

    key: Key
    group: Group
    what: str
    needs: tuple[str, ...]
    pack: str
    text: str
    span: Span

    @property
    def id(self) -> str:
        """A name that formatting does not change."""
        return f"{name_of(self.key)} {self.what}"

    @property
    def home(self) -> str:
        """The rule, table, derived fact, scope or parameter that it belongs to."""
        return self.key[0]


@dataclass(frozen=True, slots=True)
class Root:
    """An expression with a name of its own: a condition, an exception, a scope, a derived fact."""

    home: str
    part: str
    expr: ir.Expr
    pack: str
    path: tuple[int, ...] = ()

    @property
    def key(self) -> Key:
        """Its place."""
        return (self.home, self.part, self.path)


def name_of(key: Key) -> str:
    """A place as text: `rule gas.x/when.0.1`."""
    home, part, path = key
    return f"{home}/{'.'.join([part, *map(str, path)])}" if part else home


def is_atom(expr: ir.Expr) -> bool:
    """Whether an expression is true or false by itself, and not put together from others that are."""
    return expr.type.name == "bool" and not isinstance(expr, _COMPOSITE)


class Inventory:
    """The roots and obligations of a rulebook.

    Attributes:
        roots: The roots by the identity of their expression; what several rules share belongs to the first.
        obligations: All of them, in the order of packs and rules.
        edges: For whoever has dates of its own: the names of its first and last days, and the days.
    """

    def __init__(self, compiled: Compiled) -> None:
        """Take stock of a compiled rulebook."""
        self.compiled = compiled
        self.roots: dict[int, Root] = {}
        self.obligations: list[Obligation] = []
        self.overridden = {target for rule in compiled.rules.values() for target in rule.overrides}
        self._written = Written()
        self._explored: set[int] = set()
        self.edges: dict[str, list[tuple[str, date]]] = {}
        self._cells()
        for pack, scope in compiled.scopes.items():
            if scope is not None:
                self._root(scope, f"scope {pack}", "applies", pack)
        for (kind, name), derived in compiled.derived.items():
            self._root(derived.expr, f"derived {kind}.{name}", "is", derived.pack)
            if derived.effective is not None:
                self._dates(f"derived {kind}.{name}", derived.pack, derived.effective, derived.span)
        for parameter, declared in compiled.parameters.items():
            pack = next((p.name for p in compiled.source.packs.values() if any(q.name == parameter for q in p.parameters)), "")
            spans = {found.name: found.span for found in compiled.source.packs[pack].parameters} if pack else {}
            for effective, _ in declared.values if pack else ():
                self._dates(f"parameter {parameter}", pack, effective, spans[parameter])
        for name, rule in compiled.rules.items():
            self._rule(name, rule)
        order = {name: number for number, name in enumerate(compiled.source.packs)}
        self.obligations.sort(key=lambda item: (order.get(item.pack, -1), item.span.line, item.key, GROUPS.index(item.group)))
        self.nested = _Nested(compiled)

    # roots

    def rule_roots(self, rule: CompiledRule) -> Iterator[tuple[str, ir.Expr]]:
        """The conditions of a rule under the names of their parts; the scope of its pack is not its own."""
        if rule.scope is not None:
            yield "applies", rule.scope
        yield "when", rule.when
        for number, exception in enumerate(rule.unless):
            yield f"unless.{number}", exception

    def key_of(self, expr: ir.Expr, otherwise: Key) -> Key:
        """The place of an expression: its own where it is a root."""
        root = self.roots.get(id(expr))
        return root.key if root is not None else otherwise

    def _root(self, expr: ir.Expr, home: str, part: str, pack: str) -> None:
        root = self.roots.setdefault(id(expr), Root(home, part, expr, pack))
        if root.key == (home, part, ()) and id(expr) not in self._explored:
            self._explored.add(id(expr))
            self._expression(expr, root, ())

    def _cells(self) -> None:
        """What the cells of a row ask belongs to this row, also where an `else` row or a later row asks it again."""
        rows: dict[str, list[CompiledRule]] = {}
        for rule in self.compiled.rules.values():
            if rule.table is not None:
                rows.setdefault(rule.table, []).append(rule)
        for listed in rows.values():
            asked: set[int] = set()
            for rule in sorted(listed, key=lambda rule: rule.row.number if rule.row is not None else 0):
                self._cell(self._own_condition(rule), f"rule {rule.name}", "when", rule.pack, (), asked)
        for (kind, name), derived in self.compiled.derived.items():
            asked = set()
            for number, (condition, _) in enumerate(derived.expr.rows if isinstance(derived.expr, ir.TableValue) else ()):
                self._cell(condition, f"derived {kind}.{name}", "is", derived.pack, (2 * number,), asked)

    def _cell(self, expr: ir.Expr, home: str, part: str, pack: str, path: tuple[int, ...], asked: set[int]) -> None:
        if isinstance(expr, ir.Junction) and len(expr.items) == 2:  # noqa: PLR2004 - its cells, and no earlier row
            others = expr.items[1].item if isinstance(expr.items[1], ir.Not) else None
            if isinstance(others, ir.Junction) and asked.issuperset(map(id, others.items)):
                expr, path = expr.items[0], (*path, 0)
        asked.add(id(expr))
        self.roots.setdefault(id(expr), Root(home, part, expr, pack, path))

    @staticmethod
    def _own_condition(rule: CompiledRule) -> ir.Expr:
        """The condition of a row without what its table asks of every row."""
        shared = rule.row is not None and rule.rule.when is not None and isinstance(rule.when, ir.Junction)
        return rule.when.items[1] if shared and isinstance(rule.when, ir.Junction) else rule.when

    def _rule(self, name: str, rule: CompiledRule) -> None:
        home, pack = f"rule {name}", rule.pack
        owner = f"table {rule.table}" if rule.table is not None else home
        scope = rule.scope
        if isinstance(scope, ir.Junction) and scope.items[0] is self.compiled.scopes.get(pack):  # the scope of the pack, and its own
            self._root(scope.items[1], owner, "applies", pack)
        elif scope is not None:
            self._root(scope, owner, "applies", pack)
        own = self._own_condition(rule)
        if own is not rule.when and isinstance(rule.when, ir.Junction):
            self._root(rule.when.items[0], owner, "when", pack)
        self._root(own, home, "when", pack)
        for number, exception in enumerate(rule.unless):
            fresh = id(exception) not in self.roots
            self._root(exception, owner, f"unless.{number}", pack)
            if fresh:
                span = rule.rule.unless[number].span
                for what, seen in (("granted", "decides_true"), ("not_granted", "decides_false"), ("open", "decides_unknown")):
                    if what != "open" or not self._always_known(exception):
                        self._add(
                            (owner, f"unless.{number}", ()), "exception", what, (seen,), pack, self._written.text(exception), span
                        )
        if rule.row is None or rule.level is not None or rule.actions:
            self._outcomes(home, name, rule)
        effective = self.compiled.source.packs[pack].effective
        if rule.effective == effective:
            self._dates(f"dates {pack}", pack, effective, self.compiled.source.packs[pack].span)
        else:
            self._dates(owner, pack, rule.effective, rule.rule.span)

    def dated_by(self, rule: CompiledRule) -> str:
        """The home of the dates of a rule."""
        if rule.effective == self.compiled.source.packs[rule.pack].effective:
            return f"dates {rule.pack}"
        return f"table {rule.table}" if rule.table is not None else f"rule {rule.name}"

    def _outcomes(self, home: str, name: str, rule: CompiledRule) -> None:
        key: Key = (home, "", ())
        states = ["undetermined"] if rule.unread else ["held", "failed", "undetermined"]
        if rule.scope is None and self._always_known(rule.when) and not rule.unread:
            states.remove("undetermined")
        if isinstance(rule.when, ir.Const) and rule.scope is None and not rule.unless:
            states = ["held"] if rule.when.value else ["failed"]
        if name in self.overridden:
            states.append("displaced")
        for state in states:
            self._add(key, "rule", state, (state,), rule.pack, "", rule.span)
        if rule.unread:
            return
        if rule.level is not None:
            self._add(key, "outcome", "level", ("level",), rule.pack, rule.level[1], rule.span)
        for action in dict.fromkeys(action.use.action for action in rule.actions):
            self._add(key, "outcome", f"action_{action}", (f"action_{action}",), rule.pack, action, rule.span)

    def _dates(self, home: str, pack: str, effective: Effective, span: Span) -> None:
        known = self.edges.setdefault(home, [])
        for part, day in days_of(effective):
            if (part, day) in known:
                continue
            known.append((part, day))
            for what in ("day_before", "first_day") if part.startswith("from") else ("last_day", "day_after"):
                self._add((home, part, ()), "date", what, (what,), pack, day.isoformat(), span)

    # expressions

    def _expression(self, expr: ir.Expr, root: Root, path: tuple[int, ...]) -> None:
        found = self.roots.get(id(expr))
        if path and found is not None and found.key != (root.home, root.part, path):
            return
        key: Key = (root.home, root.part, path)
        if is_atom(expr):
            self._atom(expr, key, root.pack)
        for number, child in enumerate(ir.children(expr)):
            if not isinstance(child, ir.Const):
                self._expression(child, root, (*path, number))

    def _atom(self, expr: ir.Expr, key: Key, pack: str) -> None:
        text = self._written.text(expr)
        whats = {"true": ("true",), "false": ("false",), "unknown": ("unknown",), "deciding": ("decides_true", "decides_false")}
        if self._always_known(expr):
            del whats["unknown"]
        if isinstance(expr, ir.Unknown):
            whats = {"unknown": ("unknown",)}
        for what, needs in whats.items():
            self._add(key, "condition", what, needs, pack, text, expr.span)
        if isinstance(expr, ir.Compare) and expr.op in ORDERED:
            for what in ("below", "at", "above"):
                if what not in self._out_of_reach(expr):
                    self._add(key, "threshold", what, (what,), pack, text, expr.span)

    def _out_of_reach(self, expr: ir.Compare) -> set[str]:
        """Sides of a threshold that the declared bounds of the fact exclude."""
        left, right = expr.left, expr.right
        if isinstance(left, ir.Const) and isinstance(right, ir.FactRef):  # `0 mm < width`: the other end of a band
            mirrored = self._out_of_reach(replace(expr, left=right, right=left))
            return {{"below": "above", "above": "below"}.get(what, what) for what in mirrored}
        if not isinstance(left, ir.FactRef) or not isinstance(right, ir.Const) or left.type.name != "number":
            return set()
        fact = self.compiled.source.subjects[left.kind].facts.get(left.name)
        limit = right.value
        if fact is None or not isinstance(limit, (int, Fraction)):
            return set()
        out: set[str] = set()
        if fact.minimum is not None:
            out |= {"below"} if limit <= fact.minimum else set()
            out |= {"at"} if limit < fact.minimum else set()
        if fact.maximum is not None:
            out |= {"above"} if limit >= fact.maximum else set()
            out |= {"at"} if limit > fact.maximum else set()
        if fact.declared == "integer" and getattr(limit, "denominator", 1) != 1:
            out.add("at")
        return out

    @staticmethod
    def _always_known(expr: ir.Expr) -> bool:
        return all(
            isinstance(item, (ir.Const, ir.AsOf, ir.Compare, ir.Not, ir.Junction, ir.DateShift, ir.In)) for item in ir.walk(expr)
        )

    def _add(self, key: Key, group: Group, what: str, needs: tuple[str, ...], pack: str, text: str, span: Span) -> None:
        self.obligations.append(Obligation(key, group, what, needs, pack, text, span))


class _Nested:
    """Whether something true or false is decided inside an expression that is a number, a day, a text or a set."""

    def __init__(self, compiled: Compiled) -> None:
        self.derived: dict[str, list[ir.Expr]] = {}
        for (_, name), found in compiled.derived.items():
            self.derived.setdefault(name, []).append(found.expr)
        self._known: dict[int, bool] = {}

    def __call__(self, expr: ir.Expr) -> bool:
        key = id(expr)
        if key not in self._known:
            self._known[key] = False  # a derived fact never leads back to itself
            self._known[key] = any(self._is_decision(item) for item in ir.walk(expr))
        return self._known[key]

    def _is_decision(self, item: ir.Expr) -> bool:
        if isinstance(item, (ir.Choice, ir.TableValue, ir.Quantified)):
            return True
        if isinstance(item, ir.DerivedRef):
            return any(self(expr) for expr in self.derived.get(item.name, ()))
        return False


def days_of(effective: Effective) -> Iterator[tuple[str, date]]:
    """The edges of a period: the name of the edge, and its day (for `until`, the first day out of force)."""
    start = effective.start or effective.in_force_by
    if start is not None:
        yield f"from.{start}", start
    if effective.until is not None:
        yield f"until.{effective.until}", effective.until
