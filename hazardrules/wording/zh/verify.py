"""Wording: analysis of a rulebook, differences of meaning."""

PHRASES: dict[str, str] = {
    "verify.no_solver": "未安装求解器 z3",
    "verify.no_solver_hint": "用 `pip install hazardrules[verify]` 安装",
}
