"""Proofs about rules with a solver (`pip install hazardrules[verify]`): analysis of a rulebook, differences of meaning.

Facts are taken to be fully known, within the domains that the vocabulary declares. What the solver shows to be possible is
run again through the reference engine before anybody sees it.
"""

from __future__ import annotations

from hazardrules.errors import EngineError
from hazardrules.wording import say


def require() -> None:
    """Make sure that the solver can be used.

    Raises:
        EngineError: It is not installed.
    """
    try:
        import z3  # noqa: F401, PLC0415 - an extra
    except ImportError:
        cause, hint = say("en", "verify.no_solver"), say("en", "verify.no_solver_hint")
        raise EngineError("HR901", cause, hint, "verify.no_solver", {}) from None


def has_solver() -> bool:
    """Whether the solver can be used."""
    try:
        require()
    except EngineError:
        return False
    return True
