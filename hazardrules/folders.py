"""Rulebooks in folders: the shipped one, and reading and compiling any."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hazardrules.diagnostics import Collector

if TYPE_CHECKING:
    from hazardrules.compiler.plan import Compiled
    from hazardrules.diagnostics import Diagnostic

_UNREAD = frozenset({101, 102, 105})
"""Codes of files that cannot be read."""
_MISSED = frozenset({201, 207, 208, 209, 211, 212, 217, 218, 401, 402})
"""Codes of names that nothing declares."""


def shipped_rules() -> Path:
    """The folder of the rulebook that comes with the library."""
    package = Path(__file__).parent
    inside = package / "rules"
    return inside if inside.is_dir() else package.parent / "rules"


def check(folder: str | Path | None = None) -> list[Diagnostic]:
    """Every problem of a rulebook folder, sorted by file and position; empty where there is none.

    Args:
        folder: The folder with `rulebook.yaml`; the shipped rulebook by default.
    """
    return compile_folder(Path(folder) if folder is not None else shipped_rules())[1]


def compile_folder(folder: Path) -> tuple[Compiled | None, list[Diagnostic]]:
    """Read and compile a rulebook; the compiled form is complete only where no diagnostic is an error."""
    from hazardrules.compiler.compile import compile_source  # noqa: PLC0415 - the graph library is slow to import
    from hazardrules.syntax.loader import read_rulebook  # noqa: PLC0415 - a cached rulebook needs no YAML

    collector = Collector()
    source = read_rulebook(folder, collector)
    compiled = compile_source(source, collector) if source is not None else None
    return compiled, _without_consequences(collector.diagnostics)


def _without_consequences(found: list[Diagnostic]) -> list[Diagnostic]:
    """Where a file cannot be read, without the names missed elsewhere: that file may declare them, and hides behind them."""
    unread = {one.span.file for one in found if one.code.number in _UNREAD}
    missed = [one for one in found if one.code.number in _MISSED and one.span.file not in unread]
    if not unread or not missed:
        return found
    said = (("HR102.hint_missed", {"count": str(len(missed))}),)
    first = next(one for one in found if one.code.number in _UNREAD)
    return [replace(one, hints=(*one.hints, *said)) if one is first else one for one in found if one not in missed]
