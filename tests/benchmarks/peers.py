"""Other rule engines on the same rules; one that is not installed is left out with a note."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

from renderings import expression, plain_facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from workload import Rule

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


_MAKERS = {"rule-engine": _rule_engine, "common-expression-language": _cel, "zen-engine": _zen}


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
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found
