"""Few plain rules -> one Python function: a line per rule.

Two functions are written. `whole` knows no unknown, and reads a fact where it first needs it: a rule that known facts
refute needs no other. Where it meets a fact that nobody submitted, `careful` judges again, with two questions per rule: may
it hold, and if so, does it surely.
"""

from __future__ import annotations

import re
from collections import Counter
from operator import itemgetter
from typing import TYPE_CHECKING

from hazardrules.engines import quick
from hazardrules.engines.generator import compiled
from hazardrules.engines.plain import EMPTY, PERHAPS, SURELY, WHOLE, PlainWriter
from hazardrules.engines.verdicts import BitVerdict, Order, SettledVerdict
from hazardrules.model.values import ShortDecimal

if TYPE_CHECKING:
    from collections.abc import Callable

    from hazardrules.compiler.plan import CompiledRule, Plan
    from hazardrules.engines.plain import Used
    from hazardrules.model.instances import Instance

    Judge = Callable[[Instance], list[BitVerdict]]

MAX_RULES = 150
"""More rules are judged sooner as bit sets."""
_LOCAL = re.compile(r"(?<!')\bf\d+\b")
FEW = 3
"""A fact that stands in so few places is read there."""


class Lines:
    """The functions for the rules on one kind of subject.

    Attributes:
        judge: Judges a subject; None where its rules are not few, or not plain.
        source: The code, to read.
    """

    def __init__(self, plan: Plan, kind: str) -> None:
        """Write and compile them."""
        self.judge: Judge | None = None
        self.source = ""
        names = plan.by_kind.get(kind, ())
        self._rules = [plan.rules[name] for name in names]
        self._writer = PlainWriter(plan, kind)
        if not 0 < len(names) <= MAX_RULES or not self._writer.are_plain(self._rules):
            return
        order = Order(names, tuple(range(len(names))), names)
        shared = {
            "BitVerdict": BitVerdict,
            "SettledVerdict": SettledVerdict,
            "order": order,
            "ShortDecimal": ShortDecimal,
            "nan": float("nan"),
            "near": quick.near,
            "itemgetter": itemgetter,
            "empty": EMPTY,
        }
        for used in self._writer.facts.values():
            shared[f"marks_{used.local}"] = quick.marks(used.values)
            shared[f"all_{used.local}"] = frozenset(used.type.options)
        careful = self._careful()
        whole = self._whole()
        shared |= self._writer.constants
        self.source = "\n".join([*careful, "", *whole])
        shared["careful"] = compiled(careful, shared, "careful", kind)
        self.judge = compiled(whole, shared, "whole", kind)

    def _by_scope(self) -> list[list[tuple[int, CompiledRule]]]:
        """Rules with their numbers, those of one scope together."""
        found: dict[int, list[tuple[int, CompiledRule]]] = {}
        for number, rule in enumerate(self._rules):
            found.setdefault(id(rule.scope) if rule.scope is not None else 0, []).append((number, rule))
        return list(found.values())

    def _whole(self) -> list[str]:
        text, body = self._writer, []
        for rules in self._by_scope():
            scope, pad = rules[0][1].scope, " " * 8
            if scope is not None:
                body.append(f"{pad}if {text.text(scope, WHOLE)}:")
                pad += "    "
            for number, rule in rules:
                parts = [(rule.when, True), *((exception, False) for exception in rule.unless)]
                body.append(f"{pad}if {text.joined(parts, WHOLE, 'and')}: held |= {1 << number}")
        seen = Counter(local for line in body for local in _LOCAL.findall(line))
        facts = [(name, used) for name, used in self._writer.facts.items() if seen[used.local]]
        rare = {
            used.local: _float_of(f"(x := facts[{name!r}])", "x", used) if _is_decimal(used) else f"facts[{name!r}]"
            for name, used in facts
            if seen[used.local] <= FEW and _is_safe(name)
        }
        first = [(name, used) for name, used in facts if used.local not in rare]
        head = ["def whole(instance):", "    facts = instance.facts"]
        head += [f"    if len(facts) < {len(facts)}: return careful(instance)", "    held = 0", "    try:"]
        if len(first) > 1:
            self._writer.constants["get"] = itemgetter(*[name for name, _ in first])
            head.append(f"        {', '.join(used.local for _, used in first)} = get(facts)")
        elif first:
            self._writer.constants["only"] = first[0][0]
            head.append(f"        {first[0][1].local} = facts[only]")
        head += [f"        {used.local} = {_float_of(used.local, used.local, used)}" for _, used in first if _is_decimal(used)]
        body = [_LOCAL.sub(lambda found: rare.get(found[0], found[0]), line) for line in body]
        end = ["    verdict = SettledVerdict()", "    verdict.instance, verdict.order, verdict.held = instance, order, held"]
        return [*head, *body, "    except KeyError:", "        return careful(instance)", *end, "    return [verdict]"]

    def _careful(self) -> list[str]:
        text, body = self._writer, []
        for rules in self._by_scope():
            scope, pad, applies = rules[0][1].scope, " " * 4, "True"
            if scope is not None:
                body.append(f"{pad}if {text.text(scope, PERHAPS)}:")
                pad += "    "
                applies = "applies"
                body.append(f"{pad}applies = {text.text(scope, SURELY)}")
            for number, rule in rules:
                parts = [(rule.when, True), *((exception, False) for exception in rule.unless)]
                surely = " and ".join([applies, text.joined(parts, SURELY, "and")])
                body.append(f"{pad}if {text.joined(parts, PERHAPS, 'and')}:")
                body.append(f"{pad}    if {surely}: held |= {1 << number}")
                body.append(f"{pad}    else:")
                body.append(f"{pad}        open |= {1 << number}")
                if scope is not None:
                    body.append(f"{pad}        if not (applies or {text.text(rule.when, SURELY)}): beyond |= {1 << number}")
        facts = list(self._writer.facts.items())
        head = ["def careful(instance):", "    held = open = beyond = 0"]
        if facts:
            self._writer.constants["names"] = tuple(name for name, _ in facts)
            head.append(f"    {', '.join(used.local for _, used in facts)}, = map(instance.facts.get, names)")
        for _, used in facts:
            local = used.local
            if used.type.name == "set":
                head.append(f"    if {local} is None: s{local} = empty; p{local} = all_{local}")
                head.append(f"    else: s{local} = p{local} = {local}")
            elif used.type.name == "number":
                head.append(f"    if {local} is None: {local} = nan")
                head += [f"    else: {local} = {_float_of(local, local, used)}"] if _is_decimal(used) else []
        end = ["    if not open:", "        verdict = SettledVerdict()"]
        end += [
            "    else:",
            "        verdict = BitVerdict()",
            "        verdict.open, verdict.waiting, verdict.scopes, verdict.touched = open, 0, lambda: beyond, None",
        ]
        return [
            *head,
            *body,
            *end,
            "    verdict.instance, verdict.order, verdict.held = instance, order, held",
            "    return [verdict]",
        ]


def _is_decimal(used: Used) -> bool:
    return used.type.name == "number" and not used.type.integer


def _is_safe(name: str) -> bool:
    """Whether the name of a fact can stand in code."""
    return name.isascii() and name.replace(".", "_").isidentifier()


def _float_of(given: str, local: str, used: Used) -> str:
    """A number in a form that stands to values of the law as it does itself; whole numbers are such a form."""
    other = f"{local}.near if {local}.__class__ is ShortDecimal else near({local}, marks_{used.local})"
    return f"({local} if {given}.__class__ is int else {other})"
