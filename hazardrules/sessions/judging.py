"""A subject in hand: judged at a moment, and when it must be judged next."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from hazardrules.classify import Inquiry
from hazardrules.sessions.changes import Change, Open, compare, next_due, open_of
from hazardrules.sessions.records import Record, instance_of, record_of
from hazardrules.sessions.store import Row
from hazardrules.sessions.timers import midnight, midnight_after, next_law, next_turn

if TYPE_CHECKING:
    from hazardrules.api import Rulebook


@dataclass(slots=True)
class Held:
    """A subject in hand.

    Attributes:
        name: Its name in the session.
        place: Its place, where it has one of its own.
        record: What is known of it.
        open: The findings that hold.
        next_at: When time alone could change its answer; None for never.
        is_new: The store does not have it yet.
    """

    name: str
    place: str | None
    record: Record
    open: list[Open]
    next_at: datetime | None
    is_new: bool = False

    def row(self) -> Row:
        """As the store keeps it."""
        return Row(self.name, self.place, json.dumps(self.record.as_json(), ensure_ascii=False), *self.times())

    def times(self) -> tuple[str, str | None]:
        """What changes of it as time passes, as the store keeps it: the findings that hold, and when to judge it next."""
        opened = json.dumps([found.as_json() for found in self.open], ensure_ascii=False)
        return opened, self.next_at.isoformat() if self.next_at is not None else None


def held_of(row: Row) -> Held:
    """A subject as the store keeps it."""
    next_at = datetime.fromisoformat(row.next_at) if row.next_at is not None else None
    opened = [open_of(data) for data in json.loads(row.open)]
    return Held(row.subject, row.place, record_of(json.loads(row.record)), opened, next_at)


class Judge:
    """Judges the subjects of a session, by one rulebook and at one place."""

    def __init__(self, book: Rulebook, jurisdiction: str | None) -> None:
        """Take the rulebook, and the place of subjects that have none of their own."""
        self.book, self.jurisdiction = book, jurisdiction
        self._below: dict[str, frozenset[str]] = {}

    def judge(self, held: Held, moment: datetime) -> list[Change]:
        """Judge a subject, and find out when it must be judged next; gives what changed."""
        inquiry, keys = self.inquiry(held.record, moment, held.place)
        held.open, changes = compare(held.name, held.open, inquiry.classification(), keys, moment)
        law = next_law(self.book.compiled, self._kinds(held.record.kind), held.place or self.jurisdiction, moment.date())
        due = next_due(held.open)
        times = [
            next_turn(inquiry.plan, inquiry.root, moment),
            midnight(law) if law is not None else None,
            midnight_after(due) if due is not None else None,
        ]
        held.next_at = min((time for time in times if time is not None), default=None)
        return changes

    def inquiry(
        self, record: Record, moment: datetime, place: str | None, lang: str | None = None
    ) -> tuple[Inquiry, dict[str, str]]:
        """A subject judged at a moment, and for each path of it the path with the keys of its parts."""
        source = self.book.compiled.source
        root, keys = instance_of(record, source.subjects, moment)
        where = place or self.jurisdiction
        day = moment.date()
        plan = self.book.compiled.in_force(day, where)
        return Inquiry(plan, root, day, self.book.engine, lang or source.default_language, jurisdiction=where), keys

    def _kinds(self, kind: str) -> frozenset[str]:
        """A kind of subject with those of all its parts."""
        found = self._below.get(kind)
        if found is None:
            pending, known = [kind], {kind}
            while pending:
                below = {part.of for part in self.book.compiled.source.subjects[pending.pop()].parts.values()} - known
                pending += below
                known |= below
            found = self._below[kind] = frozenset(known)
        return found
