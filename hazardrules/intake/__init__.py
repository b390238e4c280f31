"""Submitted facts: names and values are read, typed and checked; problems carry their path.

The readers of files and the pydantic models are imported when they are first asked for, so that this package is light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from hazardrules.intake.assume import Assumed, Assumption, assume_compliant, compliant_value
from hazardrules.intake.cases import Case, read_case
from hazardrules.intake.instance import Value
from hazardrules.intake.problems import Problem
from hazardrules.intake.reader import Intake
from hazardrules.intake.schema import json_schema
from hazardrules.model.instances import Instance

if TYPE_CHECKING:
    from hazardrules.intake.files import iterate_cases, load_cases_file, parse_cases
    from hazardrules.intake.models import SubjectModel, model_for

_LATER = {
    "iterate_cases": "files",
    "load_cases_file": "files",
    "parse_cases": "files",
    "SubjectModel": "models",
    "model_for": "models",
}

__all__ = [
    "Assumed",
    "Assumption",
    "Case",
    "Instance",
    "Intake",
    "Problem",
    "SubjectModel",
    "Value",
    "assume_compliant",
    "compliant_value",
    "iterate_cases",
    "json_schema",
    "load_cases_file",
    "model_for",
    "parse_cases",
    "read_case",
]


def __getattr__(name: str) -> object:
    """Import what is heavy on first use."""
    if name not in _LATER:
        raise AttributeError(name)
    return getattr(import_module(f"hazardrules.intake.{_LATER[name]}"), name)
