"""Draws what runs measured: `python tests/benchmarks/chart.py KERNEL.json BATCH.json --to docs/images/performance.svg`.

The first file is from `run.py --only kernel --json`, the second from `batch.py --only tables --json`.
"""

from __future__ import annotations

import argparse
import json
import math
import re
from html import escape
from pathlib import Path
from typing import NamedTuple

WIDTH, HEIGHT = 1020, 470
TOP, BOTTOM = 84, 396
OURS = "hazardrules"
LEAST_GAP = 15
"""Between the names at the ends of the lines."""
LINES = {
    "hazardrules": "ours",
    "hazardrules, Arrow as it comes": "ours",
    "hazardrules, columns read before": "ours light",
    "by hand": "a",
    "polars": "a",
    "zen-engine": "b",
    "duckdb": "b",
    "common-expression-language": "c",
    "numpy": "c",
    "clipspy": "d",
    "openfisca-core": "d",
    "durable-rules": "e",
    "rule-engine": "f",
}
"""Who is drawn, and how."""
STYLE = """
  svg { --ink: #1f2328; --soft: #59636e; --grid: #d8dee4; --paper: #ffffff; --ours: #0550ae;
        --a: #b35900; --b: #1a7f37; --c: #8250df; --d: #bf3989; --e: #57606a; --f: #9a6700; }
  @media (prefers-color-scheme: dark) {
    svg { --ink: #e6edf3; --soft: #9198a1; --grid: #30363d; --paper: #0d1117; --ours: #6cb6ff;
          --a: #f0883e; --b: #56d364; --c: #d2a8ff; --d: #ff9bce; --e: #b1bac4; --f: #e3b341; }
  }
  text { font: 12px system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; fill: var(--soft); }
  .title { font-size: 15px; font-weight: 600; fill: var(--ink); }
  .grid { stroke: var(--grid); stroke-width: 1; }
  .line { fill: none; stroke-width: 2; }
  .ours .line { stroke-width: 3.5; }
  .light .line { stroke-dasharray: 6 4; }
  .ours text { font-weight: 600; }
""" + "\n".join(
    f"  .{name} .line {{ stroke: var(--{name}); }} .{name} circle, .{name} text {{ fill: var(--{name}); }}"
    for name in ("ours", "a", "b", "c", "d", "e", "f")
)


class Panel(NamedTuple):
    """Half of the picture.

    Attributes:
        title: What is measured.
        unit: Of the upright axis.
        left: Where its axis stands.
        right: Where its lines end; the names come after.
        lines: By contender the time by number of rules.
    """

    title: str
    unit: str
    left: int
    right: int
    lines: dict[str, dict[int, float]]

    def draw(self) -> str:
        """Grid, axes, lines, and names at their ends."""
        rules = sorted({size for line in self.lines.values() for size in line})
        times = [time for line in self.lines.values() for time in line.values()]
        low, high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))

        def x(size: int) -> float:
            return self.left + (self.right - self.left) * math.log(size / rules[0]) / math.log(rules[-1] / rules[0])

        def y(time: float) -> float:
            return BOTTOM - (BOTTOM - TOP) * (math.log10(time) - low) / (high - low)

        parts = [f'<text class="title" x="{self.left - 40}" y="{TOP - 48}">{escape(self.title)}</text>']
        parts.append(f'<text x="{self.left - 40}" y="{TOP - 28}">{escape(self.unit)}</text>')
        for power in range(low, high + 1):
            at = y(10.0**power)
            parts.append(f'<path class="grid" d="M{self.left} {at:.1f}H{self.right}"/>')
            parts.append(f'<text x="{self.left - 8}" y="{at + 4:.1f}" text-anchor="end">{_shown(10.0**power)}</text>')
        for size in rules:
            parts.append(f'<path class="grid" d="M{x(size):.1f} {TOP}V{BOTTOM}"/>')
            parts.append(f'<text x="{x(size):.1f}" y="{BOTTOM + 20}" text-anchor="middle">{size:,}</text>')
        parts.append(f'<text x="{(self.left + self.right) / 2}" y="{BOTTOM + 42}" text-anchor="middle">rules</text>')
        ends = {name: y(line[max(line)]) for name, line in self.lines.items()}
        names = _apart(ends)
        for name in sorted(self.lines, key=lambda name: name.startswith(OURS)):
            line = sorted(self.lines[name].items())
            points = [(x(size), y(time)) for size, time in line]
            path = "L".join(f"{a:.1f} {b:.1f}" for a, b in points)
            dots = "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3"/>' for a, b in points)
            label = f'<text x="{points[-1][0] + 9:.1f}" y="{names[name] + 4:.1f}">{escape(name)}</text>'
            parts.append(f'<g class="{LINES[name]}"><path class="line" d="M{path}"/>{dots}{label}</g>')
        return "\n".join(parts)


def _shown(number: float) -> str:
    return f"{number:,.0f}" if number >= 1 else f"{number:g}"


def _apart(ends: dict[str, float]) -> dict[str, float]:
    """Heights of names, moved until none lies on another."""
    order = sorted(ends, key=lambda name: ends[name])
    found: dict[str, float] = {}
    for name in order:
        before = max(found.values(), default=-math.inf)
        found[name] = max(ends[name], before + LEAST_GAP)
    over = max(found.values(), default=0.0) - BOTTOM
    for name in reversed(order) if over > 0 else ():
        after = min((found[other] for other in order if order.index(other) > order.index(name)), default=BOTTOM + LEAST_GAP)
        found[name] = min(found[name], after - LEAST_GAP)
    return found


def kernel_lines(rows: list[dict]) -> dict[str, dict[int, float]]:
    """Microseconds per complete case."""
    lines: dict[str, dict[int, float]] = {}
    for row in rows:
        found = re.fullmatch(r"kernel, (\d+) rules, complete cases", row["what"])
        if found and row["contender"] in LINES:
            lines.setdefault(row["contender"], {})[int(found[1])] = row["us"]
    return lines


def batch_lines(rows: list[dict]) -> dict[str, dict[int, float]]:
    """Nanoseconds of processor per complete row."""
    lines: dict[str, dict[int, float]] = {}
    for row in rows:
        if row["part"] == "rules" and not row["missing"] and row["contender"] in LINES:
            lines.setdefault(row["contender"], {})[row["rules"]] = row["processor"] / row["rows"] * 1e9
    return lines


def main() -> None:
    """Read two runs, write a picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kernel", type=Path, help="JSON of run.py")
    parser.add_argument("batch", type=Path, help="JSON of batch.py")
    parser.add_argument("--to", type=Path, default=Path("docs/images/performance.svg"))
    given = parser.parse_args()
    kernel, batch = (json.loads(path.read_text("utf-8")) for path in (given.kernel, given.batch))
    panels = [
        Panel("One case", "µs per case, log scale", 60, 300, kernel_lines(kernel["rows"])),
        Panel("Tables", "ns of processor per row, log scale", 550, 740, batch_lines(batch["rows"])),
    ]
    days = " and ".join(sorted({str(run["about"]["date"])[:10] for run in (kernel, batch)}))
    note = f"Lower is faster. Complete cases of the seeded workload, 40 facts; {batch['about']['cores']} shared cores, {days}."
    said = "Time against the number of rules, hazardrules beside other engines, for one case and for tables; the numbers stand in docs/performance.md"
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(said)}">\n'
        f'<style>{STYLE}</style>\n<rect width="{WIDTH}" height="{HEIGHT}" rx="6" fill="var(--paper)"/>\n'
        + "\n".join(panel.draw() for panel in panels)
        + f'\n<text x="20" y="{HEIGHT - 12}">{escape(note)}</text>\n</svg>\n'
    )
    given.to.parent.mkdir(parents=True, exist_ok=True)
    given.to.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
