"""Facts that the solver proposes as a case that a person can read, run again and keep."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hazardrules.written import decimal_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hazardrules.model.instances import Instance
    from hazardrules.model.subjects import SubjectKind

Case = dict[str, Any]
"""`{as_of: …, jurisdiction: …, <kind of subject>: {…}}`; every scalar is text."""


def case_of(root: Instance, as_of: date, jurisdiction: str | None, subjects: Mapping[str, SubjectKind]) -> Case:
    """A case in the form that files of cases have."""
    found: Case = {"as_of": as_of.isoformat()}
    if jurisdiction is not None:
        found["jurisdiction"] = jurisdiction
    found[root.kind] = _facts(root, subjects)
    return found


def _facts(instance: Instance, subjects: Mapping[str, SubjectKind]) -> dict[str, Any]:
    found: dict[str, Any] = {name: _value(value) for name, value in instance.facts.items()}
    for name, items in instance.parts.items():
        listed = [_facts(item, subjects) for item in items or ()]
        found[name] = listed[0] if listed and subjects[instance.kind].parts[name].one else listed
    return found


def _value(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Fraction)):
        return decimal_text(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds" if value.second else "minutes")
    if isinstance(value, date):
        return value.isoformat()
    return sorted(value) if isinstance(value, frozenset) else value


def yaml_lines(value: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """A case as YAML, line by line; `hazardrules classify` reads it."""
    for key, item in value.items():
        if isinstance(item, dict) and item:
            yield f"{indent}{key}:"
            yield from yaml_lines(item, f"{indent}  ")
        elif isinstance(item, list) and item and isinstance(item[0], dict):
            yield f"{indent}{key}:"
            for entry in item:
                lines = list(yaml_lines(entry))
                yield f"{indent}  - {lines[0] if lines else '{}'}"
                yield from (f"{indent}    {line}" for line in lines[1:])
        else:
            yield f"{indent}{key}: {_scalar(item)}"


def _scalar(item: Any) -> str:
    if isinstance(item, dict):
        return "{}"
    if isinstance(item, list):
        return f"[{', '.join(map(_scalar, item))}]"
    text = str(item)
    plain = bool(text) and all(char.isalnum() or char in "_.-:+" for char in text) and text[0] not in "-:" and ": " not in text
    return text if plain and not text.endswith(":") else "'" + text.replace("'", "''") + "'"
