"""How much of each legal instrument the rulebook encodes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hazardrules.render.diagnostics import display_width
from hazardrules.render.layout import Page, padded
from hazardrules.wording import pick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hazardrules.compiler.plan import Compiled
    from hazardrules.render.labels import Labels

_COLUMNS = ("clauses", "encoded", "explained", "missing", "rules", "unverified")
_LONGEST_TITLE = 40


@dataclass(frozen=True, slots=True)
class Coverage:
    """One instrument.

    Attributes:
        clauses: How many clauses it has.
        encoded: Clauses that a rule, a derived fact or a parameter cites.
        explained: Clauses of which the rulebook says why they are not encoded.
        missing: Clauses that are neither.
        rules: Rules (tables counted once) that rest on it.
        unverified: The rules among them that nobody could check against a text.
    """

    instrument: str
    title: str
    text: str
    clauses: int
    encoded: int
    explained: int
    missing: tuple[str, ...]
    rules: int
    unverified: tuple[str, ...]

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def measure(compiled: Compiled, lang: str) -> list[Coverage]:
    """Measure every instrument of a rulebook, in the order of their ids."""
    source = compiled.source
    encoded: dict[str, set[str]] = {}
    explained: dict[str, set[str]] = {}
    rules: dict[str, dict[str, bool]] = {}
    for pack in source.packs.values():
        for law, used in pack.clauses_encoded.items():
            encoded.setdefault(law, set()).update(used)
        for entry in pack.not_encoded:
            explained.setdefault(entry.law, set()).update(entry.clauses)
        for rule in pack.rules:
            for law in {ref.law for ref in rule.basis}:
                rules.setdefault(law, {})[rule.name] = rule.verified
    found = []
    for name, instrument in sorted(source.instruments.items()):
        clauses = instrument.clauses
        done = encoded.get(name, set())
        said = explained.get(name, set()) - done
        resting = rules.get(name, {})
        found.append(
            Coverage(
                name,
                pick(instrument.title, lang),
                instrument.text,
                len(clauses),
                sum(clause in done for clause in clauses),
                sum(clause in said for clause in clauses),
                tuple(clause for clause in clauses if clause not in done and clause not in said),
                len(resting),
                tuple(rule for rule, verified in resting.items() if not verified),
            )
        )
    return found


def render_coverage(found: Sequence[Coverage], labels: Labels, *, missing: bool = False) -> Page:
    """Render the measures as a table; with the missing clauses and the unverified rules where they are asked for."""
    page = Page()
    heads = [labels.say("coverage.instrument"), *(labels.say(f"coverage.{column}") for column in _COLUMNS)]
    rows = [[_short(item.title), *(_count(getattr(item, column)) for column in _COLUMNS)] for item in found]
    total = [sum(int(row[column]) for row in rows) for column in range(1, len(heads))]
    rows.append([labels.say("coverage.total"), *(str(number) for number in total)])
    widths = [max(display_width(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    page.line((_row(heads, widths), "heading"), hang=0)
    for item, row in zip([*found, None], rows, strict=True):
        page.line((_row(row, widths), "strong" if item is None else "warn" if item.missing else ""), hang=0)
        if item is not None and item.text != "read":
            page.line((labels.say(f"coverage.text_{item.text}"), "dim"), indent=2)
        if missing and item is not None and item.missing:
            page.line(labels.say("coverage.missing_clauses", clauses=", ".join(item.missing)), indent=2)
        if missing and item is not None and item.unverified:
            page.line((labels.say("coverage.unverified_rules", rules=", ".join(item.unverified)), "dim"), indent=2)
    return page


def _count(value: int | tuple[str, ...]) -> str:
    return str(value if isinstance(value, int) else len(value))


def _short(title: str) -> str:
    if display_width(title) <= _LONGEST_TITLE:
        return title
    kept = title
    while display_width(kept) > _LONGEST_TITLE - 1:
        kept = kept[:-1]
    return f"{kept}…"


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    numbers = (" " * (width - display_width(cell)) + cell for cell, width in zip(cells[1:], widths[1:], strict=True))
    return "  ".join([padded(cells[0], widths[0]), *numbers])
