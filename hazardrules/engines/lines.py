"""Few plain rules -> one Python function: a line per rule.

Two functions are written. `whole` knows no unknown, and reads a fact where it first needs it: a rule that known facts
refute needs no other. Where it meets a fact that nobody submitted, `careful` judges again, with two questions per rule: may
it hold, and if so, does it surely.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from fractions import Fraction
from operator import itemgetter
from typing import TYPE_CHECKING

from hazardrules.engines import quick
from hazardrules.engines.generator import compiled
from hazardrules.engines.plain import PERHAPS, SURELY, WHOLE, PlainWriter
from hazardrules.engines.verdicts import BitVerdict, Order, SettledVerdict
from hazardrules.model.values import ShortDecimal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hazardrules.compiler.plan import CompiledRule, Plan
    from hazardrules.engines.plain import Used
    from hazardrules.model import expressions as ir
    from hazardrules.model.instances import Instance

    Judge = Callable[[Instance], list[BitVerdict]]

MAX_RULES = 250
"""More rules are judged sooner as bit sets."""
NOBODY_KNOWS = type("NobodyKnows", (frozenset,), {})()
"""Stands for an unknown set: as empty as the empty set, but not it."""
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
        self._facts = self._writer.facts
        if not 0 < len(names) <= MAX_RULES or not self._writer.are_plain(self._rules):
            return
        order = Order(names, tuple(range(len(names))), names)
        shared = {
            "BitVerdict": BitVerdict,
            "SettledVerdict": SettledVerdict,
            "order": order,
            "ShortDecimal": ShortDecimal,
            "Fraction": Fraction,
            "nan": math.nan,
            "near": quick.near,
            "nobody_knows": NOBODY_KNOWS,
        }
        for used in self._facts.values():
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
            body += self._tree([(rule, [f"held |= {1 << number}"]) for number, rule in rules], WHOLE, pad)
        seen = self._seen(body)
        rare = {used.local: f"facts[{self._name(name)}]" for name, used in self._facts.items() if 0 < seen[used.local] <= FEW}
        often = [(name, used) for name, used in self._facts.items() if seen[used.local] > FEW]
        head = ["def whole(instance):", "    facts = instance.facts"]
        head += [f"    if len(facts) < {len(rare) + len(often)}: return careful(instance)", "    held = 0", "    try:"]
        if often:
            self._writer.constants["get"] = itemgetter(*[name for name, _ in often])
            head.append(f"        {', '.join(used.local for _, used in often)} = get(facts)")
        head += [f"        {used.local} = {_float_of(used.local, used)}" for _, used in often if _is_decimal(used)]
        end = ["    verdict = SettledVerdict()", "    verdict.instance, verdict.order, verdict.held = instance, order, held"]
        return [
            *head,
            *self._inserted(body, rare),
            "    except KeyError:",
            "        return careful(instance)",
            *end,
            "    return [verdict]",
        ]

    def _tree(self, leaves: list[tuple[CompiledRule, list[str]]], asked: str, pad: str) -> list[str]:
        """Code that comes to the lines of a rule where its conditions hold; what several rules ask first is asked once."""
        priced = [(self._writer.priced(_parts(rule), asked, "and"), lines) for rule, lines in leaves]
        shared = Counter(text for found, _ in priced for text in {text for _, text in found})
        rules = []
        for found, lines in priced:
            found.sort(key=lambda one: (one[0], -shared[one[1]], one[1]))
            rules.append((list(dict.fromkeys(text for _, text in found)), lines))
        return _branches(rules, pad)

    def _seen(self, body: list[str]) -> Counter[str]:
        """In how many places the local of each fact stands."""
        return Counter(local for line in body for local in _LOCAL.findall(line))

    def _inserted(self, body: list[str], rare: Mapping[str, str]) -> list[str]:
        """Code in which facts that stand in few places are read there."""
        texts = {}
        for used in self._facts.values():
            if used.local in rare:
                text = rare[used.local]
                texts[used.local] = _float_of("x", used, f"(x := {text})") if _is_decimal(used) else text
        return [_LOCAL.sub(lambda found: texts.get(found[0], found[0]), line) for line in body]

    def _name(self, name: str) -> str:
        """The name of a fact, as it can stand in code."""
        if name.isascii() and name.replace(".", "_").isidentifier():
            return repr(name)
        constant = f"name_{self._facts[name].local}"
        self._writer.constants[constant] = name
        return constant

    def _careful(self) -> list[str]:
        text, body = self._writer, []
        for rules in self._by_scope():
            scope, pad, applies = rules[0][1].scope, " " * 4, "True"
            if scope is not None:
                body.append(f"{pad}if {text.text(scope, PERHAPS)}:")
                pad += "    "
                applies = "applies"
                body.append(f"{pad}applies = {text.text(scope, SURELY)}")
            leaves = []
            for number, rule in rules:
                surely = " and ".join([applies, text.joined(_parts(rule), SURELY, "and")])
                leaf = [f"if {surely}: held |= {1 << number}", "else:", f"    open |= {1 << number}"]
                if scope is not None:
                    leaf.append(f"    if not (applies or {text.text(rule.when, SURELY)}): beyond |= {1 << number}")
                leaves.append((rule, leaf))
            body += self._tree(leaves, PERHAPS, pad)
        sets = []
        for used in self._facts.values():
            if used.type.name == "set":
                local = used.local
                sets += [f"    s{local} = {local}", f"    p{local} = all_{local} if s{local} is nobody_knows else s{local}"]
        body = [*sets, *body]
        seen = self._seen(body)
        unknown = {"number": ", nan", "set": ", nobody_knows"}
        read = {used.local: f"get({self._name(name)}{unknown.get(used.type.name, '')})" for name, used in self._facts.items()}
        rare = {local: text for local, text in read.items() if seen[local] <= FEW}
        head = ["def careful(instance):", "    held = open = beyond = 0", "    get = instance.facts.get"]
        often = [used for used in self._facts.values() if used.local not in rare]
        head += [f"    {used.local} = {read[used.local]}" for used in often]
        head += [f"    {used.local} = {_float_of(used.local, used)}" for used in often if _is_decimal(used)]
        body = self._inserted(body, rare)
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


def _parts(rule: CompiledRule) -> list[tuple[ir.Expr, bool]]:
    """What must hold, and what must not."""
    return [(rule.when, True), *((exception, False) for exception in rule.unless)]


def _branches(rules: list[tuple[list[str], list[str]]], pad: str) -> list[str]:
    """Conditions of rules, with the lines to come to, as nested `if`s."""
    found = []
    by_first: dict[str, list[tuple[list[str], list[str]]]] = {}
    for conditions, lines in rules:
        if conditions:
            by_first.setdefault(conditions[0], []).append((conditions[1:], lines))
        else:
            found += [pad + line for line in lines]
    for first, inner in by_first.items():
        if len(inner) == 1:
            conditions, lines = inner[0]
            found += [f"{pad}if {' and '.join([first, *conditions])}:", *(f"{pad}    {line}" for line in lines)]
        else:
            found += [f"{pad}if {first}:", *_branches(inner, pad + " ")]
    return found


def _is_decimal(used: Used) -> bool:
    return used.type.name == "number" and not used.type.integer


def _float_of(local: str, used: Used, given: str = "") -> str:
    """A number in a form that stands to values of the law as it does itself; whole numbers and NaN are such a form."""
    other = f"near({local}, marks_{used.local}) if {local}.__class__ is Fraction else {local}"
    return f"({local}.near if {given or local}.__class__ is ShortDecimal else {other})"
