"""Which part of a subject is meant: `hazards/h-1`, `halls/1/tanks/t-2`; the key of a single part may be left out."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from hazardrules.errors import LookupFailedError
from hazardrules.intake.problems import is_bad_text, shown
from hazardrules.sessions.records import parts_of
from hazardrules.sessions.refusals import refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hazardrules.model.events import EventDeclaration
    from hazardrules.model.subjects import SubjectKind
    from hazardrules.sessions.records import Record

MAX_KEY = 200
_ONE = "1"
"""The key of a single part."""
_SHOWN = 3


def part_at(kinds: Mapping[str, SubjectKind], subject: str, record: Record, part: object) -> tuple[str, Record]:
    """A part that is known: its whole path, and what is known of it.

    Args:
        kinds: The vocabulary.
        subject: The subject's name, for errors.
        record: What is known of the subject.
        part: The path as it was given; the subject itself where it is empty.

    Raises:
        SessionError: It is no text.
        LookupFailedError: There is no such part.
    """
    steps = _steps(subject, part)
    found = _walk(kinds, record, steps)
    if found is None:
        raise _no_part(record, str(part))
    return found


def event_at(
    kinds: Mapping[str, SubjectKind], subject: str, record: Record, event: EventDeclaration, part: object
) -> tuple[str, str]:
    """The path of what an event happens to, and the key of the part it adds (empty where it adds none).

    An event that adds a part may be told the new key (`t-2`), its whole path (`halls/1/tanks/t-2`, `halls/1/t-2`), or
    only to what it adds (`halls/1`, `halls/1/tanks`): the key is then the next number.

    Raises:
        SessionError: It cannot happen there, or the key cannot be used.
        LookupFailedError: There is no such part.
    """
    steps = _steps(subject, part)
    if event.adds is None:
        path, target = part_at(kinds, subject, record, part)
        _check_kind(subject, record, event, target)
        return path, ""
    for above, key in _readings(steps, event.adds):
        found = _walk(kinds, record, above)
        if found is not None and (key is not None or found[1].kind == event.on):
            path, target = found
            break
    else:
        if not steps:
            _check_kind(subject, record, event, record)
        raise _no_part(record, "/".join(steps))
    _check_kind(subject, record, event, target)
    known = target.parts.get(event.adds)
    if known is None:
        raise refused("list_unknown", subject, event=event.name, list=event.adds)
    if key is None:
        return path, next(str(number) for number in count(len(known) + 1) if str(number) not in known)
    if not key.strip() or len(key) > MAX_KEY or is_bad_text(key):
        raise refused("bad_key", subject, key=shown(key), most=str(MAX_KEY))
    if key in known:
        raise refused("key_taken", subject, key=key, list=event.adds)
    return path, key


def _readings(steps: list[str], adds: str) -> Iterable[tuple[list[str], str | None]]:
    """What the path of a new part may mean, the plainest first: the steps to what it is added to, and its key."""
    yield steps, None
    if steps[-1:] == [adds]:
        yield steps[:-1], None
    if steps[-2:-1] == [adds]:
        yield steps[:-2], steps[-1]
    if steps:
        yield steps[:-1], steps[-1]


def _steps(subject: str, part: object) -> list[str]:
    if not isinstance(part, str):
        raise refused("bad_part", subject, given=shown(part))
    return part.split("/") if part else []


def _walk(kinds: Mapping[str, SubjectKind], record: Record, steps: list[str]) -> tuple[str, Record] | None:
    """The part under some steps, with its whole path; None where there is none."""
    path: list[str] = []
    pending = list(steps)
    while pending:
        name = pending.pop(0)
        listed, declared = record.parts.get(name), kinds[record.kind].parts.get(name)
        if listed is None or declared is None:
            return None
        if declared.one and not (pending and pending[0] in listed):
            pending.insert(0, next(iter(listed), _ONE))
        if not pending or pending[0] not in listed:
            return None
        key = pending.pop(0)
        path += [name, key]
        record = listed[key]
    return "/".join(path), record


def _check_kind(subject: str, record: Record, event: EventDeclaration, target: Record) -> None:
    if target.kind == event.on:
        return
    paths = [path for path in parts_of(record) if (found := record.at(path)) is not None and found.kind == event.on]
    parts = ", ".join(paths[:_SHOWN]) or "-"
    raise refused("other_target", subject, event=event.name, on=event.on, given=target.kind, parts=parts)


def _no_part(record: Record, part: str) -> LookupFailedError:
    return LookupFailedError("part", part, parts_of(record)[:_SHOWN], where="subject")
