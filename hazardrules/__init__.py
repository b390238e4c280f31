"""Safety regulations written as rule files: load them, classify facts by them, explain the answers.

    import hazardrules

    book = hazardrules.load()
    answer = book.classify({"premises": {"uses": ["lodging", "production"]}}, as_of=date(2021, 12, 2))
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.api import Rulebook, load
    from hazardrules.errors import (
        EngineError,
        FactsError,
        HazardRulesError,
        LookupFailedError,
        MissingExtraError,
        RulebookError,
        SessionError,
    )
    from hazardrules.folders import check
    from hazardrules.model.results import Classification, Explanation
    from hazardrules.watcher import Reload, RulebookWatcher

__version__ = "0.1.0"

_PLACES = {
    "Classification": "model.results",
    "EngineError": "errors",
    "Explanation": "model.results",
    "FactsError": "errors",
    "HazardRulesError": "errors",
    "LookupFailedError": "errors",
    "MissingExtraError": "errors",
    "Reload": "watcher",
    "Rulebook": "api",
    "RulebookError": "errors",
    "RulebookWatcher": "watcher",
    "SessionError": "errors",
    "check": "folders",
    "load": "api",
}

__all__ = [
    "Classification",
    "EngineError",
    "Explanation",
    "FactsError",
    "HazardRulesError",
    "LookupFailedError",
    "MissingExtraError",
    "Reload",
    "Rulebook",
    "RulebookError",
    "RulebookWatcher",
    "SessionError",
    "check",
    "load",
]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: `import hazardrules` alone takes a millisecond."""
    if name not in _PLACES:
        raise AttributeError(f"module `hazardrules` has no attribute `{name}`")
    found = getattr(import_module(f"hazardrules.{_PLACES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
