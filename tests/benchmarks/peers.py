"""Other rule engines on the same rules; one that is not installed is left out with a note."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from itertools import count
from typing import TYPE_CHECKING, Any

from renderings import clips as clips_rule
from renderings import clips_template, durable, expression, flags_of_sets, plain_facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from workload import Rule

DURABLE_AT_MOST = 100
"""See docs/durable.md: beyond its limits durable-rules fails, and at 1,000 rules in one set it never ends."""
_C_WORDS = {"and": "&&", "or": "||", "not": "!"}
_PYTHON_WORDS = {"and": "and", "or": "or", "not": "not "}


@dataclass(frozen=True, slots=True)
class Peer:
    """Another engine with the rules compiled.

    Attributes:
        prepare: A case in the form that the engine takes; not timed.
        judge: The names of the rules that hold; timed.
    """

    name: str
    prepare: Callable[[dict[str, Any]], Any]
    judge: Callable[[Any], list[str]]


def _rule_engine(rules: tuple[Rule, ...]) -> Peer:
    import rule_engine

    compiled = [(rule.name, rule_engine.Rule(expression(rule, _PYTHON_WORDS)).matches) for rule in rules]
    return Peer(
        "rule-engine", lambda case: plain_facts(case, list), lambda facts: [name for name, matches in compiled if matches(facts)]
    )


def _cel(rules: tuple[Rule, ...]) -> Peer:
    import cel

    compiled = [(rule.name, cel.compile(expression(rule, _C_WORDS)).execute) for rule in rules]
    context = cel.Context

    def judge(facts: dict[str, Any]) -> list[str]:
        inside = context(facts)  # once per case: it is what the engine reads
        return [name for name, execute in compiled if execute(inside)]

    return Peer("common-expression-language", lambda case: plain_facts(case, list), judge)


def _zen(rules: tuple[Rule, ...]) -> Peer:
    import zen

    names = [rule.name for rule in rules]
    # one expression that lists the truth of all rules: the facts cross into the engine once per case
    everything = zen.compile_expression("[" + ", ".join(f"({expression(rule, _PYTHON_WORDS)})" for rule in rules) + "]")
    evaluate = everything.evaluate
    return Peer(
        "zen-engine",
        lambda case: plain_facts(case, list),
        lambda facts: [name for name, truth in zip(names, evaluate(facts), strict=True) if truth],
    )


def _clips(rules: tuple[Rule, ...]) -> Peer:
    import clips

    environment = clips.Environment()
    found: list[str] = []
    environment.define_function(lambda name: found.append(str(name)), name="held")
    environment.build(clips_template())
    for rule in rules:
        environment.build(clips_rule(rule))
    template = environment.find_template("plant")

    def prepare(case: dict[str, Any]) -> dict[str, Any]:
        facts = plain_facts(case, lambda value: [clips.Symbol(option) for option in value])
        return {name: clips.Symbol(value) if isinstance(value, str) else value for name, value in facts.items()}

    def judge(facts: dict[str, Any]) -> list[str]:
        found.clear()
        fact = template.assert_fact(**facts)
        environment.run()
        fact.retract()
        return list(found)

    return Peer("clipspy", prepare, judge)


def _durable(rules: tuple[Rule, ...]) -> Peer:
    if len(rules) > DURABLE_AT_MOST:
        raise ValueError(f"one set of more than {DURABLE_AT_MOST} rules fails or never ends")
    from durable import engine

    class QuietHost(engine.Host):  # type: ignore[misc]  # no annotations
        def _run(self) -> None:
            """No timer threads."""

    found: list[str] = []
    host = QuietHost()

    def fires(name: str) -> Callable[[Any], None]:
        return lambda _: found.append(name)

    host.set_rulesets({
        "bench": {
            rule.name: {"all": [{"m": {"$and": [{"guard": 1}, *map(durable, rule.conditions)]}}], "run": fires(rule.name)}
            for rule in rules
        }
    })  # fmt: skip
    ruleset = host.get_ruleset("bench")
    number = count()

    def judge(facts: dict[str, Any]) -> list[str]:
        found.clear()
        fact = {**facts, "guard": 1, "id": f"c{next(number)}", "sid": "s"}
        try:
            handle = ruleset.assert_fact(fact)
        except engine.MessageNotHandledException:
            return []
        errors: list[Any] = []
        ruleset.do_actions(handle, lambda error, _: errors.append(error))
        if errors and errors[0]:
            raise RuntimeError(errors[0])
        with suppress(engine.MessageNotHandledException):
            ruleset.retract_fact({"id": fact["id"], "sid": "s"})
        return sorted(set(found))

    return Peer("durable-rules", flags_of_sets, judge)


_MAKERS = {
    "rule-engine": _rule_engine, "common-expression-language": _cel, "zen-engine": _zen, "clipspy": _clips, "durable-rules": _durable,
}  # fmt: skip


def peers(rules: tuple[Rule, ...]) -> tuple[list[Peer], list[str]]:
    """The peers that are installed, and a note on each that cannot take part."""
    found, notes = [], []
    for name, maker in _MAKERS.items():
        try:
            found.append(maker(rules))
        except ImportError:
            notes.append(f"{name} is not installed: left out (pip install -e '.[bench]')")
        except Exception as error:  # noqa: BLE001 - a peer that refuses the rules must not end the run
            notes.append(f"{name} refuses {len(rules)} rules: {type(error).__name__}: {str(error)[:200]}")
    return found, notes


def versions() -> dict[str, str]:
    """The installed versions of the peers."""
    found = {}
    for name in _MAKERS:
        try:
            found[name] = metadata.version({"durable-rules": "durable_rules"}.get(name, name))
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found
