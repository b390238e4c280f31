"""The checks of the linter: every module here with a function `check` is one; they are found by their place."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.diagnostics import Collector
    from hazardrules.lint.material import Material


def run_checks(material: Material, findings: Collector) -> None:
    """Run every check of the linter over a rulebook."""
    for found in sorted(iter_modules(__path__), key=lambda module: module.name):
        check = getattr(import_module(f"{__name__}.{found.name}"), "check", None)
        if check is not None:
            check(material, findings)
