"""Rulebooks in folders: the shipped one, and reading and compiling any."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hazardrules.diagnostics import Collector

if TYPE_CHECKING:
    from hazardrules.compiler.plan import Compiled
    from hazardrules.diagnostics import Diagnostic


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
    return compiled, collector.diagnostics
