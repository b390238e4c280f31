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

CHUNK = 0.0005
"""Seconds that are timed in one piece, about: shorter than what a scheduler gives, so that most pieces run undisturbed."""


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

    def once(self, count: int, first: int = 0) -> float:
        """The time per item over `count` items, from one of them on."""
        run, total = self.run, len(self.items)
        items = [self.items[(first + n) % total] for n in range(count)]
        start = time.perf_counter()
        for item in items:
            run(item)
        return (time.perf_counter() - start) / count


def interleave(contenders: Sequence[Contender], rounds: int) -> None:
    """Time all contenders in turn, again and again; a round keeps the median over the pieces of a slice."""
    sizes = {}
    for contender in contenders:
        contender.once(3)
        needed = max(min(contender.once(3) for _ in range(3)), 1e-9)
        chunk = max(1, int(CHUNK / needed))
        sizes[contender.name] = chunk, max(3, int(SLICE / (needed * chunk)))
    for number in range(rounds):
        turn = number % len(contenders)
        for contender in [*contenders[turn:], *contenders[:turn]]:
            chunk, pieces = sizes[contender.name]
            contender.seconds.append(
                statistics.median(contender.once(chunk, number * 7 + piece * chunk) for piece in range(pieces))
            )


def ratio(one: Contender, other: Contender) -> dict[str, float]:
    """The median of the per-round ratios, with its quartiles."""
    found = sorted(a / b for a, b in zip(one.seconds, other.seconds, strict=True))
    low, middle, high = statistics.quantiles(found, n=4) if len(found) > 1 else (found[0],) * 3
    return {"ratio": middle, "low": low, "high": high}


def microseconds(contender: Contender) -> float:
    """The median time per item."""
    return statistics.median(contender.seconds) * 1e6
