"""Wording: analysis of a rulebook, differences of meaning."""

PHRASES: dict[str, str] = {
    "verify.no_solver": "the solver z3 is not installed",
    "verify.no_solver_hint": "install it with `pip install hazardrules[verify]`",
}
