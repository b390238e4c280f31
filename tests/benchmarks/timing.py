"""Interleaved rounds: on a shared machine only ratios within a round can be trusted."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SLICE = 0.02
"""Seconds that one contender may take per round, about."""


@dataclass(slots=True)
class Contender:
    """Something that is timed.

    Attributes:
        name: How it is shown.
        run: Called with one item after another.
        items: What it is called with.
        seconds: Per round, the time per item.
    """

    name: str
    run: Callable[[Any], object]
    items: Sequence[Any]
    seconds: list[float] = field(default_factory=list)

    def once(self, count: int) -> float:
        """The time per item over the first `count` items."""
        run, items = self.run, self.items[:count]
        start = time.perf_counter()
        for item in items:
            run(item)
        return (time.perf_counter() - start) / len(items)


def interleave(contenders: Sequence[Contender], rounds: int) -> None:
    """Time all contenders in turn, again and again, each over as many items as fit its slice."""
    counts = {}
    for contender in contenders:
        contender.once(3)
        counts[contender.name] = max(3, min(len(contender.items), int(SLICE / max(contender.once(3), 1e-9))))
    for number in range(rounds):
        turn = number % len(contenders)
        for contender in [*contenders[turn:], *contenders[:turn]]:
            contender.seconds.append(contender.once(counts[contender.name]))


def ratio(one: Contender, other: Contender) -> dict[str, float]:
    """The median of the per-round ratios, with its quartiles."""
    found = sorted(a / b for a, b in zip(one.seconds, other.seconds, strict=True))
    low, middle, high = statistics.quantiles(found, n=4) if len(found) > 1 else (found[0],) * 3
    return {"ratio": middle, "low": low, "high": high}


def microseconds(contender: Contender) -> float:
    """The median time per item."""
    return statistics.median(contender.seconds) * 1e6
