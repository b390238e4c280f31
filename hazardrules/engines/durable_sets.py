"""Matchers -> rule sets of durable-rules, and the only talk with it.

Its network in C is used as it is; its Python layer is not: that starts threads, swallows what goes wrong in an action,
and writes a fact of its own back after each. Here nothing runs when a rule fires: the names of those that fired are read
from its queue. Whatever it answers that is not expected is an error, never "nothing matched".
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from hazardrules.engines.durable_network import FALSE, TRUE, UNKNOWN
from hazardrules.errors import EngineError
from hazardrules.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import ModuleType

    from hazardrules.engines.durable_network import Conclusion, Stage, Term

MAX_MATCHERS = 40
"""So many rules a set. One fact may reach 64 conditions at once, one condition may have 511 beneath it."""
MAX_FIELDS = 240
"""So many flags a set. A fact may have 252 fields; it also has its guard, its id and its session."""

GUARD, SESSION, FACT = "g", "s", "f"
"""One session and one fact a set: each fact is gone before the next comes, so no two can be taken for one another."""
FIELDS = tuple(f"f{number:03d}" for number in range(MAX_FIELDS))
"""durable-rules tells fields apart by 32 bits of their names; these, and its own, are all different."""
_LAST = "z"
"""The rule that always fires."""
_RETRACTED = f'{{"sid":"{SESSION}","id":"{FACT}"}}'
_TESTS = {0b001: ("", FALSE), 0b010: ("", UNKNOWN), 0b100: ("", TRUE), 0b011: ("$lte", UNKNOWN), 0b110: ("$gte", UNKNOWN)}


def library() -> ModuleType:
    """The network of durable-rules.

    Raises:
        EngineError: It is not installed, or cannot be imported in this Python.
    """
    try:
        import durable_rules_engine  # noqa: PLC0415 - an extra
    except ImportError as error:
        python = ".".join(map(str, sys.version_info[:2]))
        args = {"engine": "durable", "extra": "durable", "python": python, "reason": str(error)}
        raise EngineError(
            "HR901", say("en", "engine.missing", args), say("en", "engine.missing_hint", args), "engine.missing", args
        ) from error
    return durable_rules_engine  # type: ignore[no-any-return]  # it has no annotations


def failed(reason: str) -> EngineError:
    """The error for an answer that nobody expected."""
    args = {"engine": "durable", "reason": reason}
    return EngineError("HR902", say("en", "engine.failed", args), say("en", "engine.failed_hint", args), "engine.failed", args)


def rule_sets(stage: Stage) -> Iterator[RuleSet]:
    """The rule sets of a stage: as few as the limits allow, rules on the same flags together."""
    matchers: list[tuple[Term, list[Conclusion]]] = []
    flags: set[int] = set()
    for term, conclusions in stage.matchers.items():
        wanted = flags.union(flag for flag, _ in term)
        if matchers and (len(matchers) == MAX_MATCHERS or len(wanted) > MAX_FIELDS):
            yield RuleSet(matchers)
            matchers, wanted = [], {flag for flag, _ in term}
        matchers.append((term, conclusions))
        flags = wanted
    if matchers:
        yield RuleSet(matchers)


class RuleSet:
    """A rule set of durable-rules; not safe to share between threads.

    Attributes:
        flags: The flags that its fact has, in the order of its fields.
        conclusions: By name of a rule: what follows when it fires.
        definition: The rules as they are given to durable-rules.
    """

    def __init__(self, matchers: Sequence[tuple[Term, Iterable[Conclusion]]]) -> None:
        """Write a rule set; it is compiled by durable-rules at once."""
        self.flags = sorted({flag for term, _ in matchers for flag, _ in term})
        names = dict(zip(self.flags, FIELDS, strict=False))
        self.conclusions: dict[str, list[Conclusion]] = {}
        rules: list[str] = []
        for number, (term, conclusions) in enumerate(matchers):
            self.conclusions[f"r{number}"] = list(conclusions)
            tests = [f'{{"{GUARD}":1}}', *(_test(names[flag], allowed) for flag, allowed in term)]
            rules.append(f'"r{number}":{{"all":[{{"m":{{"$and":[{",".join(tests)}]}}}}]}}')
        rules.append(f'"{_LAST}":{{"all":[{{"m":{{"{GUARD}":1}}}}]}}')
        self.definition = f"{{{','.join(rules)}}}"
        fields = "".join(f',"{names[flag]}":%d' for flag in self.flags)
        self._fact = f'{{"{GUARD}":1,"sid":"{SESSION}","id":"{FACT}"{fields}}}'
        self._library: Any = library()
        try:
            self._handle: int = self._library.create_ruleset("hazardrules", self.definition)
        except self._library.error as error:
            raise failed(str(error)) from error
        self._has_run = False

    def fire(self, values: Sequence[int]) -> list[Conclusion]:
        """What follows from the flags.

        Args:
            values: By flag: 0, 1 or 2.

        Raises:
            EngineError: durable-rules answers otherwise than it must; the set is of no use any more.
        """
        library, handle = self._library, self._handle
        found: list[Conclusion] = []
        answered = False
        try:
            status, session = library.assert_fact(handle, self._fact % tuple([values[flag] for flag in self.flags]))
            if status:
                raise failed(f"a fact was refused ({status})")
            started = library.start_action_for_state(handle, session)
            message = started[1] if started is not None else None
            while message is not None:
                name = message[2 : message.index('"', 2)]  # the message begins with the name of the rule: {"r12":…
                if name == _LAST:
                    answered = True
                else:
                    found += self.conclusions[name]
                message = library.complete_and_start_action(handle, session)
            status, _ = library.retract_fact(handle, _RETRACTED)
        except library.error as error:
            raise failed(str(error)) from error
        if status or not answered:
            raise failed(f"a fact was not taken back ({status})" if status else "a rule that always fires did not")
        self._has_run = True
        return found

    def release(self) -> None:
        """Give the memory back. A session that never fired cannot be deleted: durable-rules would crash."""
        if self._has_run:
            self._library.delete_state(self._handle, SESSION)
        self._library.delete_ruleset(self._handle)


def _test(name: str, allowed: int) -> str:
    """A test on a flag, in the language of durable-rules."""
    op, bound = _TESTS[allowed]
    return f'{{"{op}":{{"{name}":{bound}}}}}' if op else f'{{"{name}":{bound}}}'
