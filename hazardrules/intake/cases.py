"""One case: a subject with its facts, the day and the place for which it is judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hazardrules.errors import FactsError
from hazardrules.intake.names import MAX_NAME, fold
from hazardrules.intake.problems import Problem, Problems, Refused, is_bad_text, listed, nearest_names, shown
from hazardrules.intake.reader import as_mapping, is_blank
from hazardrules.intake.values import BLANK, MAX_ITEMS, read_day, word
from hazardrules.model.scalars import read_bool, read_date

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from hazardrules.intake.reader import Intake

KEYS = {
    "as_of": "as_of",
    "判定日期": "as_of",
    "jurisdiction": "jurisdiction",
    "辖区": "jurisdiction",
    "complete": "complete",
    "name": "name",
}
"""The entries of a case beside its facts."""


@dataclass(frozen=True, slots=True)
class Case:
    """One subject submitted for one day and place.

    Attributes:
        subject: The id of the kind of subject; None where nothing says it.
        data: Its facts as they were submitted, not read yet.
        as_of: The day for which it is judged.
        jurisdiction: The place for which it is judged, by its id.
        complete: The submitter states that nothing else was wrong: altogether, or in these packs.
        name: What the submitter calls it.
        place: The file and line it was read from.
    """

    subject: str | None
    data: Mapping[str, object]
    as_of: date | None = None
    jurisdiction: str | None = None
    complete: bool | tuple[str, ...] = False
    name: str | None = None
    place: str = ""


def read_case(data: object, intake: Intake, *, subject: str | None = None, extra: Collection[str] = (), place: str = "") -> Case:
    """Read a case in the form that files have.

    Args:
        data: A mapping with `as_of`, `jurisdiction`, `complete`, `name`, and the kind of subject with its facts; or
            with the facts themselves, where the kind of subject is known. In that second form, a name that is both an
            entry of a case and a fact of the subject is the fact.
        intake: Knows the names.
        subject: The kind of subject, where it is known beforehand.
        extra: Further entries that somebody else reads.
        place: The file and line, for problems.

    Returns:
        The case; its facts are not read yet.

    Raises:
        FactsError: Carries every problem of the case, and those of its facts; a case without a problem of its own has theirs when
            they are read.
    """
    if subject is None and not extra and data.__class__ is dict:
        plain = _in_common_form(data, intake, place)
        if plain is not None:
            return plain
    problems = Problems(place)
    mapping = as_mapping(data)
    if mapping is None:
        problems.add("", "intake.not_case", given=shown(data))
        problems.check()
        mapping = {}
    if subject is None:
        subject = getattr(type(data), "hazardrules_subject", None)
    kind = _expected_kind(subject, intake, problems)
    sorted_keys = _sort_keys(mapping, kind, intake, extra)
    case = _nested(sorted_keys, extra, problems) if sorted_keys.holders else _plain(sorted_keys, kind, problems)
    if subject is not None and kind is not None and case.subject != kind:
        problems.add("", "intake.other_subject", given=case.subject, subject=kind)
    if problems.found and case.subject is not None:
        problems.found += _of_facts(case, intake)  # all in one go: the facts are not read later
    problems.check()
    return case


def _of_facts(case: Case, intake: Intake) -> tuple[Problem, ...]:
    """What is wrong with the facts of a case that cannot be judged anyway."""
    try:
        intake.read(case.subject, case.data, place=case.place)
    except FactsError as error:
        return error.problems
    return ()


def _in_common_form(data: dict[object, object], intake: Intake, place: str) -> Case | None:
    """A case in the form in which most come, read sooner: a subject as a dictionary, beside it plain entries.

    Returns:
        None for anything else; whatever may be wrong with it is found by reading it with care.
    """
    kinds, kind, facts = intake.kinds, None, None
    meta: dict[str, object] = {}
    for key, value in data.items():
        name = KEYS.get(key)  # type: ignore[call-overload]  # other keys than texts are not found
        if name is not None:
            if name in meta:
                return None
            meta[name] = value
        elif kind is None and key in kinds and value.__class__ is dict:
            kind, facts = kinds[key], value
        else:
            return None
    day, place_asked, name_given = meta.get("as_of"), meta.get("jurisdiction"), meta.get("name")
    complete = meta.get("complete", False)
    as_of = day if day.__class__ is date else _day_of(day) if day.__class__ is str else None
    if kind is None or as_of is None or complete.__class__ is not bool or len(intake.subjects) == 1:
        return None
    if not (_is_plain(place_asked) and _is_plain(name_given)):
        return None
    return Case(kind, facts, as_of, place_asked, complete, name_given, place)  # type: ignore[arg-type]  # asked above


def _is_plain(text: object) -> bool:
    """Nothing at all, or a text that is its own reading."""
    if text is None:
        return True
    return isinstance(text, str) and len(text) <= MAX_NAME and text.isprintable() and text.strip() == text and text not in BLANK


@lru_cache(1000)
def _day_of(text: str) -> date | None:
    return read_date(text) if len(text) <= MAX_NAME else None


def _expected_kind(subject: str | None, intake: Intake, problems: Problems) -> str | None:
    if subject is None:
        return next(iter(intake.subjects)) if len(intake.subjects) == 1 else None
    kind = intake.find_subject(subject)
    if kind is None:
        hints = nearest_names(subject, {name: name for name in intake.subjects}) if isinstance(subject, str) else []
        problems.add("", "intake.unknown_subject", hints, given=shown(subject))
    return kind


@dataclass(slots=True)
class _Keys:
    """The entries of a case, sorted by what they can be: each is in exactly one of these."""

    facts: dict[str, object]
    meta: list[tuple[str, object]]
    holders: list[tuple[str, str, object]]


def _sort_keys(mapping: Mapping[Any, object], kind: str | None, intake: Intake, extra: Collection[str]) -> _Keys:
    fields = intake.forms[kind].fields if kind is not None else {}
    found = _Keys({}, [], [])
    for key, value in mapping.items():
        if key in fields:
            found.facts[key] = value
        elif extra and key in extra:
            continue
        elif kind is not None and intake.find_member(kind, key) is not None:
            found.facts[key] = value
        elif _meta_key(key) is not None:
            found.meta.append((key, value))
        elif (holder := intake.find_subject(key)) is not None:
            found.holders.append((key, holder, value))
        else:
            found.facts[key] = value
    return found


def _meta_key(key: object) -> str | None:
    if not isinstance(key, str) or len(key) > MAX_NAME:
        return None
    return KEYS.get(key) or KEYS.get(fold(key))


def _nested(keys: _Keys, extra: Collection[str], problems: Problems) -> Case:
    """`{as_of: …, premises: {…}}`: whatever stands beside the subject is an entry of the case, not a fact."""
    if len(keys.holders) > 1:
        problems.add("", "intake.two_subjects", names=listed(key for key, _, _ in keys.holders))
    key, kind, inner = keys.holders[0]
    facts = {} if is_blank(inner) else as_mapping(inner)
    if facts is None:
        problems.add(shown(key), "intake.not_facts", given=shown(inner))
        facts = {}
    meta = list(keys.meta)
    for other, value in keys.facts.items():
        if _meta_key(other) is not None:
            meta.append((other, value))
        elif not problems.is_full:
            known = {name: name for name in (*KEYS, *extra)}
            hints = problems.did_you_mean(other, known) if isinstance(other, str) else []
            problems.add(shown(other), "intake.unknown_case_key", hints, given=shown(other))
    return _case(kind, facts, meta, problems)


def _plain(keys: _Keys, kind: str | None, problems: Problems) -> Case:
    """`{as_of: …, uses: …, floor_area: …}`."""
    return _case(kind, keys.facts, keys.meta, problems)


def _case(kind: str | None, facts: Mapping[str, object], entries: list[tuple[str, object]], problems: Problems) -> Case:
    meta: dict[str, object] = {}
    for key, value in entries:
        name = _meta_key(key) or key
        if name in meta:
            problems.add(name, "intake.given_twice", given=shown(key))
        meta[name] = value
    return Case(
        kind,
        facts,
        _as_of(meta.get("as_of"), problems),
        _short(meta.get("jurisdiction"), "jurisdiction", "intake.not_jurisdiction", problems),
        _complete(meta.get("complete"), problems),
        _short(meta.get("name"), "name", "intake.not_text", problems),
        problems.place,
    )


def _as_of(value: object, problems: Problems) -> date | None:
    if is_blank(value):
        return None
    try:
        return read_day(value)
    except Refused as refused:
        problems.refuse("as_of", refused)
        return None


def _short(value: object, path: str, key: str, problems: Problems) -> str | None:
    if is_blank(value):
        return None
    if isinstance(value, str) and len(value) <= MAX_NAME * 5 and not is_bad_text(value):
        return value.strip()
    problems.add(path, key, given=shown(value))
    return None


def _complete(value: object, problems: Problems) -> bool | tuple[str, ...]:
    if is_blank(value):
        return False
    if isinstance(value, bool):
        return value
    items = [value] if isinstance(value, str) else value
    if isinstance(items, (list, tuple)) and len(items) <= MAX_ITEMS:
        words = [word(item) for item in items]
        truth = read_bool(words[0] or "") if isinstance(value, str) else None
        if truth is not None:
            return truth
        if words and all(text and not is_bad_text(text) for text in words):
            return tuple(text for text in words if text)
    problems.add("complete", "intake.not_complete", [("intake.hint.complete", {})], given=shown(value))
    return False
