"""Truth + plan + facts -> reasons, and the facts that are missing: one for all engines, so reasons cannot differ."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hazardrules.model import expressions as ir
from hazardrules.model.reasons import Because
from hazardrules.model.values import Interval
from hazardrules.wording import pick, say
from hazardrules.written import Written, base_text, decimal_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hazardrules.engines.reference import Evaluator
    from hazardrules.model.instances import Instance
    from hazardrules.model.types import ValueType

_INVERSE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
MAX_NESTED = 8
"""How many reasons deep derived facts and rules are unfolded."""


class Explainer:
    """Words the reasons of one case in one language."""

    def __init__(self, evaluator: Evaluator, lang: str) -> None:
        """Bind to an evaluated case."""
        self.evaluator, self.lang = evaluator, lang
        self.source = evaluator.plan.compiled.source

    # values in words

    def show_value(self, value: Any, kind: ValueType) -> str:
        """A value with its unit."""
        if value is None:
            return say(self.lang, "value.unknown")
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, Interval):
            low = "…" if value.low is None else decimal_text(value.low)
            high = "…" if value.high is None else decimal_text(value.high)
            return f"{low}..{high}{_unit(kind)}"
        if isinstance(value, (int, Fraction)):
            return f"{decimal_text(value)}{_unit(kind)}"
        if isinstance(value, frozenset):
            return "{" + ", ".join(sorted(value)) + "}"
        if isinstance(value, date):
            return value.isoformat()
        return str(value)

    def _option(self, expr: ir.Expr, value: Any) -> str:
        """A value with the labels of its options, for people."""
        options = {}
        if isinstance(expr, ir.FactRef):
            fact = self.source.subjects[expr.kind].facts[expr.name]
            options = {option.id: pick(option.label, self.lang) or option.id for option in fact.options}
        if isinstance(value, frozenset):
            return self._listed(options.get(item, item) for item in sorted(value)) or "∅"
        return options.get(value, value) if isinstance(value, str) else self.show_value(value, expr.type)

    def _listed(self, words: Iterable[str]) -> str:
        return ("、" if self.lang == "zh" else ", ").join(words)

    def _written(self, expr: ir.Expr, value: Any, here: Instance, env: Mapping[str, Instance]) -> str:
        if isinstance(expr, ir.FactRef) and expr.type.name == "number":
            instance = self.evaluator.find(expr.base, here, env)
            written = instance.written.get(expr.name) if instance is not None else None
            if written is not None and value is not None:
                return written
        return self.show_value(value, expr.type)

    # names in words

    def path(self, expr: ir.FactRef | ir.DerivedRef | ir.RuleRef, here: Instance, env: Mapping[str, Instance]) -> str:
        """The path of a fact in the case."""
        instance = self.evaluator.find(expr.base, here, env)
        prefix = instance.path if instance is not None else base_text(expr.base)
        return f"{prefix}.{expr.name}" if prefix else expr.name

    def name(self, expr: ir.Expr, here: Instance, env: Mapping[str, Instance], *, labels: bool) -> str:
        """An operand in words: by ids, or by labels."""
        match expr:
            case ir.Const(written=written):
                return written
            case ir.FactRef() | ir.DerivedRef() if labels:
                instance = self.evaluator.find(expr.base, here, env)
                prefix = f"{instance.path} " if instance is not None and instance.path and instance is not here else ""
                return prefix + self._label(expr)
            case ir.FactRef() | ir.DerivedRef() | ir.RuleRef():
                return self.path(expr, here, env) if expr.base != ir.Self() else expr.name
            case ir.ParameterRef(name=name):
                label = self.evaluator.plan.compiled.parameters[name].label
                return (pick(label, self.lang) if labels else "") or name.rsplit(".", 1)[-1]
            case ir.AsOf():
                return "as_of"
            case ir.Total(parameter=parameter):
                return f"total({parameter})"
            case ir.Scale(item=item):
                return self.name(item, here, env, labels=labels)
            case ir.Arithmetic(op=op, left=left, right=right):
                words = [self.name(side, here, env, labels=labels) for side in (left, right)]
                nested = [f"({word})" if isinstance(side, ir.Arithmetic) else word for side, word in zip((left, right), words, strict=True)]
                return f"{nested[0]} {op} {nested[1]}"
            case ir.DateDifference(left=left, right=right):
                return f"{self.name(left, here, env, labels=labels)} - {self.name(right, here, env, labels=labels)}"
            case ir.DateShift(day=day, amount=amount, sign=sign):
                return f"{self.name(day, here, env, labels=labels)} {'+' if sign > 0 else '-'} {self.name(amount, here, env, labels=labels)}"
            case ir.Function(name=function, items=items):
                return f"{function}({', '.join(self.name(item, here, env, labels=labels) for item in items)})"
            case ir.Lookup(table=table, keys=keys):
                return f"{table}({', '.join(self.name(key, here, env, labels=labels) for key in keys)})"
            case ir.Quantified():
                return self._quantified_name(expr, labels=labels)
            case ir.Choice():
                chosen, _ = self._chosen(expr, here, env)
                return self.written_text(expr) if chosen is expr else self.name(chosen, here, env, labels=labels)
            case _:
                return self.written_text(expr)

    def _quantified_name(self, expr: ir.Quantified, *, labels: bool) -> str:
        part = self.source.subjects[expr.kind].parts[expr.part]
        where = f" where {self.written_text(expr.where)}" if expr.where is not None else ""
        item = f"{self.written_text(expr.item)} for {expr.variable} in " if expr.item is not None else ""
        return f"{expr.function}({item}{pick(part.label, self.lang) if labels else expr.part}{where})"

    def written_text(self, expr: ir.Expr) -> str:
        """A condition by ids, without values."""
        return Written().text(expr)

    def _label(self, expr: ir.FactRef | ir.DerivedRef) -> str:
        if isinstance(expr, ir.FactRef):
            return pick(self.source.subjects[expr.kind].facts[expr.name].label, self.lang) or expr.name
        found = self.evaluator.plan.compiled.derived.get((expr.kind, expr.name))
        return (pick(found.label, self.lang) if found else "") or expr.name

    # reasons

    def reasons(self, expr: ir.Expr, here: Instance, *, wanted: bool = True) -> tuple[Because, ...]:
        """Why a condition is true (or false): every sub-condition that made it so."""
        return tuple(self._why(expr, here, {}, wanted, MAX_NESTED))

    def _why(
        self, expr: ir.Expr, here: Instance, env: Mapping[str, Instance], wanted: bool, depth: int
    ) -> list[Because]:
        match expr:
            case ir.Not(item=item):
                return self._why(item, here, env, not wanted, depth)
            case ir.Junction(op=op, items=items):
                if (op == "and") == wanted:
                    return [reason for item in items for reason in self._why(item, here, env, wanted, depth)]
                decisive = [item for item in items if self.evaluator.value(item, here, env) is wanted]
                return [reason for item in decisive for reason in self._why(item, here, env, wanted, depth)]
            case ir.AtLeast(count=count, items=items):
                held = [item for item in items if self.evaluator.value(item, here, env) is wanted]
                inner = [reason for item in held for reason in self._why(item, here, env, wanted, depth - 1)] if depth else []
                need = self.show_value(self.evaluator.value(count, here, env), count.type)
                key = "reason.at_least" if wanted else "reason.fewer_than"
                held_true = sum(self.evaluator.value(item, here, env) is True for item in items)
                words = f"{held_true} of {len(items)} {'>=' if wanted else '<'} {need}"
                text = say(self.lang, key, {"held": held_true, "of": len(items), "need": need})
                return [Because(words, text, None, str(held_true), need, tuple(inner))]
            case ir.Compare():
                return [self._comparison(expr, here, env, wanted, depth)]
            case ir.In() | ir.Intersects():
                return [self._membership(expr, here, env, wanted)]
            case ir.FactRef():
                return [self._flag(expr, here, env, wanted, ())]
            case ir.DerivedRef():
                instance = self.evaluator.find(expr.base, here, env)
                found = self.evaluator.plan.compiled.derived.get(((instance or expr).kind, expr.name))
                inner_reasons: list[Because] = []
                if instance is not None and found is not None and depth:
                    inner_reasons = self._why(found.expr, instance, {}, wanted, depth - 1)
                return [self._flag(expr, here, env, wanted, tuple(inner_reasons))]
            case ir.RuleRef(name=name):
                instance = self.evaluator.find(expr.base, here, env)
                rule = self.evaluator.plan.rules.get(name)
                behind: list[Because] = []
                if instance is not None and rule is not None and depth and wanted:
                    behind = self._why(rule.when, instance, {}, True, depth - 1)
                title = (pick(rule.rule.title, self.lang) or name) if rule is not None else name
                if instance is not None and instance.path and instance is not here:
                    title = f"{instance.path} {title}"
                words = self.name(expr, here, env, labels=False)
                key = "reason.rule_holds" if wanted else "reason.rule_fails"
                return [Because(words if wanted else f"not {words}", say(self.lang, key, {"rule": title}), words, None, None, tuple(behind))]
            case ir.Quantified(function="any" | "all"):
                return self._parts(expr, here, env, wanted, depth)
            case ir.Choice(then=then, condition=condition, otherwise=otherwise):
                chosen = self.evaluator.value(condition, here, env)
                if chosen is None:
                    return self._why(then, here, env, wanted, depth)
                return self._why(condition, here, env, bool(chosen), depth) + self._why(
                    then if chosen else otherwise, here, env, wanted, depth
                )
            case ir.TableValue(rows=rows):
                row = next((row for row in rows if self.evaluator.value(row[0], here, env) is True), None)
                return [] if row is None else self._why(row[0], here, env, True, depth) + self._why(row[1], here, env, wanted, depth)
            case ir.Const():
                return []
            case _:
                text = self.written_text(expr)
                return [Because(text if wanted else f"not {text}", text)]

    def _flag(
        self, expr: ir.FactRef | ir.DerivedRef, here: Instance, env: Mapping[str, Instance], wanted: bool, because: tuple[Because, ...]
    ) -> Because:
        words = self.name(expr, here, env, labels=False)
        label = self.name(expr, here, env, labels=True)
        text = say(self.lang, "reason.yes" if wanted else "reason.no", {"label": label})
        return Because(words if wanted else f"not {words}", text, self.path(expr, here, env), "true" if wanted else "false", None, because)

    def _comparison(self, expr: ir.Compare, here: Instance, env: Mapping[str, Instance], wanted: bool, depth: int) -> Because:
        op = expr.op if wanted else _INVERSE[expr.op]
        sides, labels, values = [], [], []
        chosen = [self._chosen(side, here, env) for side in (expr.left, expr.right)]
        for side, _ in chosen:
            value = self.evaluator.value(side, here, env)
            words, label = self.name(side, here, env, labels=False), self.name(side, here, env, labels=True)
            written = self._written(side, value, here, env)
            values.append(written)
            if isinstance(side, ir.Const):
                sides.append(words)
                labels.append(str(self._option(expr.left, value)) if side.type.name == "enum" else words)
            else:
                sides.append(f"{words} {written}")
                shown = str(self._option(side, value)) if side.type.name in ("enum", "set") else written
                labels.append(f"{label} {shown}")
        fact = next((self.path(s, here, env) for s, _ in chosen if isinstance(s, (ir.FactRef, ir.DerivedRef))), None)
        inner: list[Because] = []
        for side, conditions in chosen:
            for condition, truth in conditions if depth else ():
                inner.extend(self._why(condition, here, env, truth, depth - 1))
            if isinstance(side, ir.DerivedRef) and depth:
                instance = self.evaluator.find(side.base, here, env)
                inner.extend(self.working(instance, side.name) if instance is not None else ())
        sign = {"<=": "≤", ">=": "≥", "==": "=", "!=": "≠"}.get(op, op)
        value, threshold = reversed(values) if isinstance(expr.left, ir.Const) else values
        return Because(f"{sides[0]} {op} {sides[1]}", f"{labels[0]} {sign} {labels[1]}", fact, value, threshold, tuple(inner))

    def _chosen(self, expr: ir.Expr, here: Instance, env: Mapping[str, Instance]) -> tuple[ir.Expr, list[tuple[ir.Expr, bool]]]:
        """The branch that a choice takes, and the conditions that led there; a choice that is open stays itself."""
        conditions: list[tuple[ir.Expr, bool]] = []
        while isinstance(expr, ir.Choice):
            truth = self.evaluator.value(expr.condition, here, env)
            if truth is None:
                break
            conditions.append((expr.condition, truth))
            expr = expr.then if truth else expr.otherwise
        return expr, conditions

    def working(self, instance: Instance, name: str) -> tuple[Because, ...]:
        """The working of a computed fact: every operand with its value."""
        found = self.evaluator.plan.compiled.derived.get((instance.kind, name))
        if found is None:
            return ()
        working: dict[str, Because] = {}
        for item in ir.walk(found.expr):
            if isinstance(item, (ir.FactRef, ir.DerivedRef, ir.ParameterRef)) and (
                isinstance(item, ir.ParameterRef) or not isinstance(item.base, ir.Variable)
            ):
                value = self.evaluator.value(item, instance, {})
                if value is None:
                    continue
                words = self.name(item, instance, {}, labels=False)
                written = self._written(item, value, instance, {})
                label = self.name(item, instance, {}, labels=True)
                working.setdefault(words, Because(f"{words} {written}", f"{label} {written}", words, written, None))
        return tuple(working.values())

    def _membership(self, expr: ir.In | ir.Intersects, here: Instance, env: Mapping[str, Instance], wanted: bool) -> Because:
        item = expr.item if isinstance(expr, ir.In) else expr.container
        value = self.evaluator.value(item, here, env)
        words, label = self.name(item, here, env, labels=False), self.name(item, here, env, labels=True)
        written = self._written(item, value, here, env)
        options = [option.written for option in expr.options] if isinstance(expr, ir.In) else list(expr.written)
        values = [option.value for option in expr.options] if isinstance(expr, ir.In) else sorted(expr.options)
        shown = self._listed(str(self._option(item, option)) for option in values)
        single = isinstance(expr, ir.Intersects) and len(options) == 1
        sign = "in" if isinstance(expr, ir.In) else "contains" if single else "intersects"
        listed = options[0] if single else "{" + ", ".join(options) + "}"
        fact = self.path(item, here, env) if isinstance(item, (ir.FactRef, ir.DerivedRef)) else None
        key = f"reason.{sign}" if wanted else f"reason.not_{sign}"
        text = say(self.lang, key, {"label": label, "value": self._option(item, value), "options": shown})
        return Because(f"{words} {written} {'' if wanted else 'not '}{sign} {listed}", text, fact, written, listed)

    def _parts(self, expr: ir.Quantified, here: Instance, env: Mapping[str, Instance], wanted: bool, depth: int) -> list[Because]:
        """For `any` the witness; for `all` the number of parts, or the part that breaks it."""
        instance = self.evaluator.find(expr.base, here, env)
        parts = (instance.parts.get(expr.part) if instance is not None else None) or []
        if (expr.function == "any") == wanted:
            for part in parts:
                inner = {**env, expr.variable: part}
                chosen = expr.where is None or self.evaluator.value(expr.where, here, inner) is True
                if expr.item is not None and chosen and self.evaluator.value(expr.item, here, inner) is wanted:
                    why = self._why(expr.where, here, inner, True, depth) if expr.where is not None else []
                    return why + self._why(expr.item, here, inner, wanted, depth)
        label = pick(self.source.subjects[expr.kind].parts[expr.part].label, self.lang) or expr.part
        words = self._quantified_name(expr, labels=False)
        key = "reason.none_of_parts" if expr.function == "any" else "reason.all_parts"
        where = f" where {self.written_text(expr.where)}" if expr.where is not None else ""
        condition = f"{self.written_text(expr.item)}{where}" if expr.item is not None else ""
        text = say(self.lang, key, {"label": label, "count": len(parts), "condition": condition})
        return [Because(words if wanted else f"not {words}", text, expr.part, str(len(parts)), None)]


def _unit(kind: ValueType) -> str:
    return f" {kind.unit.name}" if kind.unit.name else ""
