"""Checks of a rulebook with the solver: every module here with a function `check` is one; they are found by their place.

`check(lab, kind)` looks at the rules on one kind of subject. A module with `check_book(lab)` looks at the whole rulebook and needs no solver.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.verify.findings import Found
    from hazardrules.verify.lab import Lab


def of_kind(lab: Lab, kind: str) -> Iterator[Found]:
    """What every check finds about one kind of subject."""
    for module in _modules():
        check = getattr(module, "check", None)
        if check is not None:
            yield from check(lab, kind)


def of_book(lab: Lab) -> Iterator[Found]:
    """What every check finds about the rulebook as a whole."""
    for module in _modules():
        check = getattr(module, "check_book", None)
        if check is not None:
            yield from check(lab)


def _modules() -> list[object]:
    found = sorted(iter_modules(__path__), key=lambda module: module.name)
    return [import_module(f"{__name__}.{module.name}") for module in found]
