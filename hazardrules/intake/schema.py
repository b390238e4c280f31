"""JSON Schema of a vocabulary: the canonical form of facts, for forms and for other languages."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hazardrules.intake.numbers import plain_number, unit_spellings
from hazardrules.model.units import find_unit
from hazardrules.wording import pick

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hazardrules.model.subjects import FactDeclaration, PartDeclaration, SubjectKind
    from hazardrules.model.values import Number

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NUMBER = r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?"
_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?$"


def json_schema(subject: str, subjects: Mapping[str, SubjectKind], lang: str = "zh") -> dict[str, Any]:
    """The schema of the facts of a kind of subject, with its parts as definitions.

    It describes the canonical form: names and values by id, an unknown fact left out. `Intake.read` accepts more:
    labels, null, Chinese words for true and false. Beside the standard keys there are `x-unit`, `x-counts`, `x-ask`,
    `x-judgement`, `x-topic` and `x-subject`.

    Args:
        subject: The id of the kind of subject.
        subjects: The vocabulary.
        lang: The language of titles and questions.

    Raises:
        KeyError: There is no such kind of subject.
    """
    definitions: dict[str, Any] = {}
    pending = [subject]
    for kind_id in pending:
        kind = subjects[kind_id]
        definitions[kind_id] = _subject_schema(kind, subjects, lang)
        pending += [of for part in kind.parts.values() if (of := part.of) in subjects and of not in pending]
    found: dict[str, Any] = {"$schema": DIALECT, **definitions[subject]}
    uses_itself = f"#/$defs/{subject}" in str(definitions)
    shared = {name: schema for name, schema in definitions.items() if name != subject or uses_itself}
    if shared:
        found["$defs"] = shared
    return found


def _subject_schema(kind: SubjectKind, subjects: Mapping[str, SubjectKind], lang: str) -> dict[str, Any]:
    properties = {name: fact_schema(fact, lang, kind) for name, fact in kind.facts.items()}
    properties.update({name: _part_schema(part, lang) for name, part in kind.parts.items() if part.of in subjects})
    return {
        "title": pick(kind.label, lang),
        "x-subject": kind.id,
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _part_schema(part: PartDeclaration, lang: str) -> dict[str, Any]:
    reference = {"$ref": f"#/$defs/{part.of}"}
    title = {"title": pick(part.label, lang)}
    return {**title, **reference} if part.one else {**title, "type": "array", "items": reference}


def fact_schema(fact: FactDeclaration, lang: str, kind: SubjectKind | None = None) -> dict[str, Any]:
    """The schema of one fact."""
    schema: dict[str, Any] = {"title": pick(fact.label, lang), **_type_schema(fact, lang)}
    if fact.counts:
        schema["x-counts"] = pick(fact.counts, lang)
    if fact.ask:
        schema["x-ask"] = pick(fact.ask, lang)
    if fact.judgement:
        schema["x-judgement"] = True
    if fact.topic and kind is not None and fact.topic in kind.topics:
        schema["x-topic"] = pick(kind.topics[fact.topic], lang)
    return schema


def _type_schema(fact: FactDeclaration, lang: str) -> dict[str, Any]:
    match fact.type.name:
        case "bool":
            return {"type": "boolean"}
        case "number":
            return _number_schema(fact)
        case "date":
            return {"type": "string", "format": "date"}
        case "datetime":
            return {"type": "string", "pattern": _MOMENT}
        case "enum":
            return {"type": "string", "oneOf": _options(fact, lang)}
        case "set":
            items = {"type": "string", "oneOf": _options(fact, lang)}
            return {"type": "array", "items": items, "uniqueItems": True}
        case _:
            return {"type": "string", "maxLength": 10_000}


def _options(fact: FactDeclaration, lang: str) -> list[dict[str, str]]:
    return [{"const": option.id, "title": pick(option.label, lang) or option.id} for option in fact.options]


def _number_schema(fact: FactDeclaration) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "integer"} if fact.type.integer else {"type": ["number", "string"]}
    if not fact.type.integer:
        # a text is a quantity in a unit of the same dimension; bounds in the schema concern plain numbers only
        spellings = [re.escape(spelling) for spelling in unit_spellings(fact.type.unit) if find_unit(spelling)]
        suffix = f"(?: ?(?:{'|'.join(spellings)}))?" if spellings else ""
        schema["pattern"] = f"^{_NUMBER}{suffix}$"
    if fact.type.unit.name:
        schema["x-unit"] = fact.type.unit.name
    for key, bound in (("minimum", fact.minimum), ("maximum", fact.maximum)):
        if bound is not None:
            schema[key] = _json_number(bound)
    return schema


def _json_number(value: Number) -> int | float:
    return value if isinstance(value, int) else float(Fraction(plain_number(value)))
