"""The linter: style of rule files and wholeness of their law data, beyond what `check` demands."""

from __future__ import annotations

from hazardrules.lint.fix import FixReport, fix_folder
from hazardrules.lint.run import LintReport, lint_folder

__all__ = ["FixReport", "LintReport", "fix_folder", "lint_folder"]
