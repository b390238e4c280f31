"""Pydantic models of a vocabulary: typed facts for programs that prefer classes to mappings."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, ForwardRef, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, create_model

from hazardrules.intake.numbers import plain_number
from hazardrules.intake.problems import Refused
from hazardrules.intake.reader import is_blank, labels_of
from hazardrules.intake.schema import fact_schema
from hazardrules.intake.values import reader_for
from hazardrules.wording import pick

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hazardrules.intake.numbers import FactReader
    from hazardrules.model.subjects import FactDeclaration, PartDeclaration, SubjectKind


class SubjectModel(BaseModel):
    """Facts of a subject; every one is optional, since it may be unknown.

    Attributes:
        hazardrules_subject: The id of the kind of subject.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, protected_namespaces=())
    hazardrules_subject: ClassVar[str] = ""


def model_for(subject: str, subjects: Mapping[str, SubjectKind], lang: str = "en") -> type[SubjectModel]:
    """A model of the facts of a kind of subject, with its parts as models of their own.

    Fields are called like the facts, with `__` for the dots; ids and labels are accepted on input, as are labels of
    values and quantities with units. A quantity stays as it was written, so that reasons can quote it.

    Args:
        subject: The id of the kind of subject.
        subjects: The vocabulary.
        lang: The language of descriptions and of errors.

    Returns:
        A frozen model; `Intake.read` and everything built on it accepts its instances.

    Raises:
        KeyError: There is no such kind of subject.
    """
    kinds = _reachable(subject, subjects)
    called = {kind: _class_name(kind) for kind in kinds}
    models: dict[str, type[SubjectModel]] = {}
    for kind_id in kinds:
        kind = subjects[kind_id]
        fields: dict[str, Any] = {}
        for name, fact in kind.facts.items():
            fields[field_name(name)] = (_fact_type(fact, lang), _field(name, fact, lang))
        for name, part in kind.parts.items():
            if part.of in subjects:
                fields[field_name(name)] = (_part_type(part, called[part.of]), _field(name, part, lang))
        made = create_model(called[kind_id], __base__=SubjectModel, __doc__=pick(kind.label, lang), **fields)
        made.hazardrules_subject = kind_id
        models[kind_id] = made
    namespace = {called[kind_id]: model for kind_id, model in models.items()}
    for model in models.values():
        model.model_rebuild(_types_namespace=namespace)
    return models[subject]


def field_name(name: str) -> str:
    """The name of the field of a fact or part: Python has no dots in names, and pydantic some of its own."""
    plain = name.replace(".", "__")
    return f"{plain}_" if hasattr(SubjectModel, plain) else plain


def _class_name(kind: str) -> str:
    return "".join(piece.capitalize() for piece in kind.split("_"))


def _reachable(subject: str, subjects: Mapping[str, SubjectKind]) -> list[str]:
    found: list[str] = [subject]
    for kind_id in found:
        found += [of for part in subjects[kind_id].parts.values() if (of := part.of) in subjects and of not in found]
    return list(dict.fromkeys(found))


def _field(name: str, member: FactDeclaration | PartDeclaration, lang: str) -> Any:
    aliases = AliasChoices(name, *(label for label in labels_of(member.label) if label != name))
    ask = getattr(member, "ask", None)
    description = pick(ask, lang) if ask else pick(member.label, lang)
    return Field(
        default=None,
        title=pick(member.label, lang),
        description=description,
        validation_alias=aliases,
        serialization_alias=name,
    )


def _part_type(part: PartDeclaration, called: str) -> Any:
    item = ForwardRef(called)
    return item | None if part.one else list[item] | None  # type: ignore[valid-type]  # a name for later


def _fact_type(fact: FactDeclaration, lang: str) -> Any:
    kept: Any
    literal: Any = Literal  # its values are known only here
    match fact.type.name:
        case "bool":
            kept = bool
        case "number":
            kept = int | Decimal | str
        case "date":
            kept = date
        case "datetime":
            kept = datetime
        case "enum":
            kept = literal[fact.type.options]
        case "set":
            kept = frozenset[literal[fact.type.options]]
        case _:
            kept = str
    check = _validator(fact, reader_for(fact), lang)
    return Annotated[kept | None, BeforeValidator(check), WithJsonSchema(fact_schema(fact, lang))]


def _validator(fact: FactDeclaration, read: FactReader, lang: str) -> Callable[[Any], Any]:
    is_number = fact.type.name == "number"

    def check(value: Any) -> Any:
        if is_blank(value):
            return None
        try:
            found, _ = read(value)
            return _as_written(found, value) if is_number else found
        except Refused as refused:
            raise ValueError(refused.at("").message(lang)) from refused

    return check


def _as_written(found: Any, value: Any) -> int | Decimal | str:
    """Keep a number exactly, and a text as it is, so that reasons can quote it."""
    if isinstance(value, str):
        return str.strip(value)
    if isinstance(found, int):
        return found
    if isinstance(value, timedelta):
        return f"{plain_number(Fraction(value // timedelta(microseconds=1), 1_000_000))} s"
    text = plain_number(found)
    if "/" in text:
        raise Refused("intake.no_decimal", {"given": text}, [("intake.hint.other_unit", {})])
    return Decimal(text)
