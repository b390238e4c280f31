"""Safety regulations written as rule files: load them, classify facts by them, explain the answers.

    import hazardrules

    book = hazardrules.load()
    answer = book.classify({"premises": {"uses": ["lodging", "production"]}}, as_of=date(2021, 12, 2))
"""

from __future__ import annotations

from hazardrules.api import Rulebook, check, load
from hazardrules.errors import FactsError, HazardRulesError, LookupFailedError, RulebookError
from hazardrules.model.results import Classification, Explanation

__version__ = "0.1.0"

__all__ = [
    "Classification",
    "Explanation",
    "FactsError",
    "HazardRulesError",
    "LookupFailedError",
    "Rulebook",
    "RulebookError",
    "check",
    "load",
]
