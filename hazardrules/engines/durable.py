"""The rules on durable-rules, a Rete network by other hands: a second opinion, and for those who run it already.

What needs types, units, days, counts or exact numbers is decided by the reference, fact by fact and comparison by
comparison, as true, false or unknown. durable-rules gets these decisions as small whole numbers and finds which rules
hold and which stay open: the scopes, conditions, exceptions, derived facts and displacements of the law, as `and`, `or`
and `not` put them together. docs/durable.md says why no more is asked of it.
"""

from __future__ import annotations

import os
import weakref
from collections import OrderedDict
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, cast

from hazardrules.engines.base import Verdict, walk
from hazardrules.engines.durable_network import FALSE, TRUE, UNKNOWN, build
from hazardrules.engines.durable_sets import library, rule_sets
from hazardrules.engines.reference import Evaluator
from hazardrules.model import expressions as ir

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from hazardrules.compiler.plan import Plan
    from hazardrules.engines.durable_sets import RuleSet
    from hazardrules.model.instances import Instance

MAX_SETS = 400
"""So many rule sets are kept; each takes about a megabyte once it has run."""
_FLAG = {True: TRUE, None: UNKNOWN, False: FALSE}


class Durable:
    """The engine on durable-rules."""

    name = "durable"

    def __init__(self) -> None:
        """Make nothing yet."""
        self._recent: OrderedDict[int, weakref.ref[_Place]] = OrderedDict()

    def require(self) -> None:
        """Make sure that durable-rules is there.

        Raises:
            EngineError: It is not.
        """
        library()

    def evaluate(self, plan: Plan, root: Instance, as_of: date) -> list[Verdict]:
        """Judge a subject and all its parts; see `Engine.evaluate`.

        Raises:
            EngineError: durable-rules is not installed, or it answers otherwise than it must.
        """
        evaluator = Evaluator(plan, root, as_of)
        return [self._judged(plan, instance, evaluator) for instance in walk(root)]

    def _judged(self, plan: Plan, instance: Instance, evaluator: Evaluator) -> Verdict:
        while True:
            verdict = self.judges(plan, instance.kind).judge(instance, evaluator)
            if verdict is not None:
                return verdict

    def judges(self, plan: Plan, kind: str) -> Judges:
        """The rule sets on a kind of subject; made on first use, the same for all threads of a process."""
        place = cast("_Place", plan.engine_state.setdefault(f"durable:{kind}", _Place()))
        found = place.judges
        if found is None or not found.is_usable():
            found = place.judges = Judges(plan, kind)
            self._make_room(place)
        with suppress(KeyError):  # another thread just made room
            self._recent.move_to_end(id(place))
        return found

    def _make_room(self, place: _Place) -> None:
        """Let go of what was not used for the longest time; without a lock, which a fork could leave locked."""
        key = id(place)
        self._recent[key] = weakref.ref(place, lambda _: self._recent.pop(key, None))
        while len(self._recent) > 1 and self._kept() > MAX_SETS:
            oldest = self._recent.popitem(last=False)[1]()
            if oldest is not None:
                oldest.judges = None

    def _kept(self) -> int:
        places = [ref() for ref in list(self._recent.values())]
        return sum(place.judges.size for place in places if place is not None and place.judges is not None)


class _Place:
    """Where a plan has its rule sets on a kind of subject; it dies with the plan."""

    __slots__ = ("__weakref__", "judges")

    def __init__(self) -> None:
        self.judges: Judges | None = None


class Judges:
    """The rules on one kind of subject as rule sets of durable-rules.

    Attributes:
        network: The rules, taken apart.
        stages: The rule sets, in the order in which they run; those of a stage in any order.
        size: How many they are.
    """

    def __init__(self, plan: Plan, kind: str) -> None:
        """Compile the rules of a plan on a kind of subject."""
        self.network = build(plan, kind)
        self.stages = [list(rule_sets(stage)) for stage in self.network.stages]
        decided = list(enumerate(self.network.decided))
        self._facts = [(flag, e.name) for flag, e in decided if isinstance(e, ir.FactRef) and e.base == ir.Self()]
        plain = {flag for flag, _ in self._facts}
        self._others = [(flag, e) for flag, e in decided if e is not None and flag not in plain]
        self.size = sum(map(len, self.stages))
        self._lock = Lock()
        self._process = os.getpid()
        self._release = weakref.finalize(self, _release, [one for stage in self.stages for one in stage])
        self._release.atexit = False

    def is_usable(self) -> bool:
        """Whether nothing went wrong in it so far, and it was made in this process.

        A forked process makes its own: another thread may have been in the midst of the old one.
        """
        return self._release.alive and self._process == os.getpid()

    def judge(self, instance: Instance, evaluator: Evaluator) -> Verdict | None:
        """Judge a subject; None where meanwhile another thread was interrupted in the midst of these rule sets."""
        values = [FALSE] * len(self.network.decided)
        facts = instance.facts
        for flag, name in self._facts:
            values[flag] = _FLAG[facts.get(name)]  # type: ignore[index]  # flags are true, false or unknown
        for flag, expr in self._others:
            values[flag] = _FLAG[evaluator.condition(expr, instance)]
        with self._lock:
            if not self.is_usable():
                return None
            try:
                self._run(values)
            except BaseException:  # also where it is interrupted: what durable-rules has in hand is anybody's guess
                self._release.detach()
                raise
        return self._verdict(instance, values)

    def _run(self, values: list[int]) -> None:
        for stage in self.stages:
            for rules in stage:
                for conclusion in rules.fire(values):
                    values[conclusion.flag] = max(values[conclusion.flag], TRUE if conclusion.surely else UNKNOWN)

    def _verdict(self, instance: Instance, values: list[int]) -> Verdict:
        truths, matches = self.network.truths, self.network.matches
        undetermined = tuple([name for name, flag in truths.items() if values[flag] == UNKNOWN])
        return Verdict(
            instance,
            tuple([name for name, flag in truths.items() if values[flag] == TRUE]),
            undetermined,
            tuple([name for name in undetermined if name in matches and values[matches[name]] == TRUE]),
        )


def _release(sets: Iterable[RuleSet]) -> None:
    for rules in sets:
        rules.release()
