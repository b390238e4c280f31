"""One workload in the forms of all contenders: a rulebook folder, a Python function, expressions of other engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workload import FACTS, OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from workload import Condition, Rule

PACK_SIZE = 100
_OPTIONS = ", ".join(f"{option}: {{zh: {option}值, en: {option} value}}" for option in OPTIONS)
_TYPES = {
    "bool": "type: bool",
    "integer": "type: integer, minimum: 0",
    "decimal": "type: number, unit: m²",
    "enum": f"type: enum, of: {{{_OPTIONS}}}",
    "set": f"type: set, of: {{{_OPTIONS}}}",
}
_FILES = {
    "rulebook.yaml": """rulebook: benchmark
label: {zh: 基准, en: benchmark}
version: 2026.1.0
languages: [zh, en]
default_language: en
jurisdictions:
  XX: {label: {zh: 某国, en: Exampleland}}
""",
    "levels.yaml": """scales:
  hazard:
    label: {zh: 隐患, en: hazard}
    levels:
      none: {severity: 0, label: {zh: 无, en: none}}
      general: {severity: 1, label: {zh: 一般, en: general}}
      major: {severity: 3, label: {zh: 重大, en: major}}
""",
    "authorities.yaml": """authorities:
  office: {label: {zh: 机关, en: office}}
duty_holders:
  operator: {label: {zh: 经营者, en: operator}}
""",
    "actions.yaml": """actions:
  rectify: {kind: remedy, label: {zh: 改正, en: rectify}, by: operator, authority: office, parameters: {within: deadline}}
""",
    "law/xx-bench.yaml": """instrument: xx-bench
title: {zh: 基准规定, en: Benchmark provisions}
number: XX 1
issuer: {zh: 某部, en: Ministry}
jurisdiction: XX
effective: {from: 2020-01-01}
text: read
clauses: ["1"]
""",
}


def write_rulebook(rules: tuple[Rule, ...], folder: Path) -> Path:
    """Write a rulebook folder."""
    files = dict(_FILES)
    facts = [f"  {name}: {{{_TYPES[kind]}, label: {{zh: 事实{name}, en: {name} fact}}}}" for name, kind in FACTS.items()]
    files["subjects/plant.yaml"] = "subject: plant\nlabel: {zh: 装置, en: plant}\nfacts:\n" + "\n".join(facts) + "\n"
    for start in range(0, len(rules), PACK_SIZE):
        pack = f"bench.part_{start // PACK_SIZE}"
        head = f"pack: {pack}\nlabel: {{zh: 基准, en: benchmark}}\nlaw: xx-bench\non: plant\nscale: hazard\nrules:\n"
        files[f"bench/part_{start // PACK_SIZE}.yaml"] = head + "".join(map(_yaml_rule, rules[start : start + PACK_SIZE]))
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def full_name(rule: Rule) -> str:
    """The name of a rule in the rulebook."""
    return f"bench.part_{int(rule.name.rsplit('_', 1)[1]) // PACK_SIZE}.{rule.name}"


def _yaml_rule(rule: Rule) -> str:
    lines = [
        f"  - id: {rule.name}",
        '    clause: "1"',
        f"    text: {{zh: 规则 {rule.name}, en: the state of {rule.name}}}",
        "    when:",
        "      all:",
    ]
    for condition in rule.conditions:
        if condition[0] == "any":
            lines.append("        - any:")
            lines += [f"            - {_ours(item)}" for item in condition[1]]
        else:
            lines.append(f"        - {_ours(condition)}")
    lines += [f"    level: {rule.level}", "    actions: [rectify: 15 days]"]
    return "\n".join(lines) + "\n"


def _ours(condition: Condition) -> str:
    match condition:
        case ("is", name, truth):
            return name if truth else f"not {name}"
        case ("compare", name, op, number):
            return f"{name} {op} {number}{' m²' if FACTS[name] == 'decimal' else ''}"
        case ("in", name, (option,)):
            return f"{name} == {option}"
        case ("in", name, options):
            return f"{name} in {{{', '.join(options)}}}"
        case ("meets", name, (option,)):
            return f"{name} contains {option}"
        case ("meets", name, options):
            return f"{name} intersects {{{', '.join(options)}}}"
        case ("not", inner):
            return f"not ({_ours(inner)})"
        case ("any", items):
            return " or ".join(_ours(item) for item in items)
    raise ValueError(condition)


# the function somebody would write by hand


def by_hand(rules: tuple[Rule, ...]) -> Callable[[dict[str, Any]], list[str]]:
    """A Python function with one `if` per rule, written as people write it.

    It is two-valued: a missing fact makes its test fail (`x is not None and …`), so that a negated test on a missing
    fact succeeds. It keeps no third truth, gives no reasons, and compares binary floats.
    """
    lines = ["def rules_that_hold(facts):", "    get = facts.get"]
    lines += [f"    {name} = get({name!r})" for name in FACTS]
    lines.append("    found = []")
    for rule in rules:
        lines.append(f"    if {' and '.join(_python(condition) for condition in rule.conditions)}:")
        lines.append(f"        found.append({rule.name!r})")
    lines.append("    return found")
    namespace: dict[str, Any] = {}
    exec("\n".join(lines), namespace)  # noqa: S102 - runs only source this module generated
    found: Callable[[dict[str, Any]], list[str]] = namespace["rules_that_hold"]
    return found


def _python(condition: Condition) -> str:
    match condition:
        case ("is", name, truth):
            return name if truth else f"{name} is not None and not {name}"
        case ("compare", name, op, number):
            return f"{name} is not None and {name} {op} {number}"
        case ("in", name, (option,)):
            return f"{name} == {option!r}"
        case ("in", name, options):
            return f"{name} in {{{', '.join(map(repr, options))}}}"
        case ("meets", name, (option,)):
            return f"{name} is not None and {option!r} in {name}"
        case ("meets", name, options):
            return f"{name} is not None and ({' or '.join(f'{option!r} in {name}' for option in options)})"
        case ("not", inner):
            return f"not ({_python(inner)})"
        case ("any", items):
            return f"({' or '.join(f'({_python(item)})' for item in items)})"
    raise ValueError(condition)


def by_hand_in_three_values(rules: tuple[Rule, ...]) -> Callable[[dict[str, Any]], tuple[list[str], list[str]]]:
    """The same by somebody who minds what is missing: the rules that hold whatever it is, and those that it leaves open."""
    lines = ["def rules_that_hold(facts):", "    get = facts.get"]
    lines += [f"    {name} = get({name!r})" for name in FACTS]
    lines.append("    found, still_open = [], []")
    for rule in rules:
        lines.append(f"    if {' and '.join(_in_three(condition, False) for condition in rule.conditions)}:")
        surely = " and ".join(_in_three(condition, True) for condition in rule.conditions)
        lines.append(f"        (found if {surely} else still_open).append({rule.name!r})")
    lines.append("    return found, still_open")
    namespace: dict[str, Any] = {}
    exec("\n".join(lines), namespace)  # noqa: S102 - runs only source this module generated
    found: Callable[[dict[str, Any]], tuple[list[str], list[str]]] = namespace["rules_that_hold"]
    return found


def _in_three(condition: Condition, surely: bool) -> str:
    """Whether a condition holds whatever is missing, or may hold."""
    match condition:
        case ("is", name, truth):
            return f"{name} is {truth}" if surely else f"{name} is not {not truth}"
        case ("compare", name, op, number):
            return f"({name} is not None and {name} {op} {number})" if surely else f"({name} is None or {name} {op} {number})"
        case ("in", name, options):
            return f"{name} in {{{', '.join(map(repr, options))}{'' if surely else ', None'}}}"
        case ("meets", name, options):
            found = " or ".join(f"{option!r} in {name}" for option in options)
            return f"({name} is not None and ({found}))" if surely else f"({name} is None or {found})"
        case ("not", inner):
            return f"not ({_in_three(inner, not surely)})"
        case ("any", items):
            return f"({' or '.join(_in_three(item, surely) for item in items)})"
    raise ValueError(condition)


def plain_facts(case: dict[str, Any], sets: Callable[[Any], Any] = frozenset) -> dict[str, Any]:
    """Facts as Python programs hold them: decimals as floats, sets as sets."""
    kinds = {"decimal": float, "set": sets}
    return {name: kinds.get(FACTS[name], lambda value: value)(value) for name, value in case.items()}


# expressions of other engines


def expression(rule: Rule, words: dict[str, str]) -> str:
    """A rule as one expression: `words` names `and`, `or`, `not`, and how a quoted text is written."""
    return f" {words['and']} ".join(f"({_theirs(condition, words)})" for condition in rule.conditions)


def _theirs(condition: Condition, words: dict[str, str]) -> str:
    match condition:
        case ("is", name, truth):
            return name if truth else f"{words['not']}({name})"
        case ("compare", name, op, number):
            shown = f"{number:.2f}" if FACTS[name] == "decimal" else str(number)
            return f"{name} {op} {shown}"
        case ("in", name, (option,)):
            return f'{name} == "{option}"'
        case ("in", name, options):
            return _in_list(name, options)
        case ("meets", name, options):
            return f" {words['or']} ".join(f'("{option}" in {name})' for option in options)
        case ("not", inner):
            return f"{words['not']}({_theirs(inner, words)})"
        case ("any", items):
            return f" {words['or']} ".join(f"({_theirs(item, words)})" for item in items)
    raise ValueError(condition)


def _in_list(name: str, options: tuple[str, ...]) -> str:
    quoted = ", ".join(f'"{option}"' for option in options)
    return f"{name} in [{quoted}]"


# CLIPS and durable-rules


def clips(rule: Rule) -> str:
    """A rule of CLIPS: a pattern that binds the slots it needs, and a test."""
    needed = sorted({name for condition in rule.conditions for name in _names(condition)})
    slots = " ".join(f"({name} {'$' if FACTS[name] == 'set' else ''}?{name})" for name in needed)
    tests = " ".join(_clips(condition) for condition in rule.conditions)
    return f"(defrule {rule.name} (plant {slots}) (test (and {tests} TRUE)) => (held {rule.name}))"


def clips_template() -> str:
    """The template of the one fact."""
    return f"(deftemplate plant {' '.join(f'(multislot {name})' if kind == 'set' else f'(slot {name})' for name, kind in FACTS.items())})"


def _names(condition: Condition) -> list[str]:
    match condition:
        case ("not", inner):
            return _names(inner)
        case ("any", items):
            return [name for item in items for name in _names(item)]
    return [condition[1]]


def _clips(condition: Condition) -> str:
    match condition:
        case ("is", name, truth):
            return f"(eq ?{name} {'TRUE' if truth else 'FALSE'})"
        case ("compare", name, op, number):
            return f"({op} ?{name} {float(number) if FACTS[name] == 'decimal' else number})"
        case ("in", name, options):
            return f"(or {' '.join(f'(eq ?{name} {option})' for option in options)} FALSE)"
        case ("meets", name, options):
            return f"(or {' '.join(f'(member$ {option} ?{name})' for option in options)} FALSE)"
        case ("not", inner):
            return f"(not {_clips(inner)})"
        case ("any", items):
            return f"(or {' '.join(_clips(item) for item in items)} FALSE)"
    raise ValueError(condition)


_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_DURABLE = {"<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}


def durable(condition: Condition, wanted: bool = True) -> dict[str, Any]:
    """A condition of durable-rules; sets are one flag per option, and negation is pushed down to comparisons."""
    match condition:
        case ("is", name, truth):
            return {name: truth is wanted}
        case ("compare", name, op, number):
            return {_DURABLE[op if wanted else _OPPOSITE[op]]: {name: float(number) if FACTS[name] == "decimal" else number}}
        case ("in", name, options):
            return {"$or": [{name: option} for option in options]} if wanted else {"$and": [{"$neq": {name: o}} for o in options]}
        case ("meets", name, options):
            flags = [{f"{name}_{option}": wanted} for option in options]
            return {"$or" if wanted else "$and": flags}
        case ("not", inner):
            return durable(inner, not wanted)
        case ("any", items):
            return {"$or" if wanted else "$and": [durable(item, wanted) for item in items]}
    raise ValueError(condition)


def flags_of_sets(case: dict[str, Any]) -> dict[str, Any]:
    """Facts with one flag per option instead of sets."""
    found = plain_facts({name: value for name, value in case.items() if FACTS[name] != "set"})
    for name, kind in FACTS.items():
        if kind == "set" and name in case:
            found.update({f"{name}_{option}": option in case[name] for option in OPTIONS})
    return found
