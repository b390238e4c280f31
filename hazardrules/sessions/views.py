"""A session as it stood at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hazardrules.sessions.records import Record, happen, record_of, retract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from hazardrules.model.results import Classification
    from hazardrules.sessions.changes import Change
    from hazardrules.sessions.records import Value
    from hazardrules.sessions.session import Session
    from hazardrules.sessions.store import Entry


@dataclass(frozen=True, slots=True)
class View:
    """A session as it stood at a moment.

    Attributes:
        session: The session.
        moment: The moment.
    """

    session: Session
    moment: datetime

    def record(self, subject: str) -> tuple[Record, str | None]:
        """What was known of a subject, and its place.

        Raises:
            LookupFailedError: The subject was not known then.
        """
        record: Record | None = None
        place: str | None = None
        eras = self.session.eras()
        for entry in self.session._store.entries(subject, self.moment):  # noqa: SLF001 - a part of the session
            with self.session._store.reading("log", entry.seq):  # noqa: SLF001
                now = eras.now(entry)
                if now is not None:
                    record, place = _replayed(record, place, now)
        if record is None:
            raise self.session.no_subject(subject, self.moment)
        return record, place

    def facts(self, subject: str) -> dict[str, Value]:
        """The facts of a subject that were known, without those of its parts."""
        return {name: value for name, (value, _) in self.record(subject)[0].facts.items()}

    def classification(self, subject: str, *, lang: str | None = None) -> Classification:
        """The answer for a subject: the facts of then under the law of then."""
        record, place = self.record(subject)
        return self.session.judge.inquiry(record, self.moment, place, lang)[0].classification()

    def changes(self, subject: str | None = None) -> Iterator[Change]:
        """What had changed by then, in the order of time."""
        return self.session._store.changes(subject, self.moment)  # noqa: SLF001

    def open(self, subject: str) -> dict[tuple[str, str], datetime]:
        """The findings that held, by part and rule, with the moment since when.

        Raises:
            LookupFailedError: The subject was not known then.
        """
        self.record(subject)
        found: dict[tuple[str, str], datetime] = {}
        for change in self.changes(subject):
            if change.what == "began":
                found[change.part, change.rule] = change.at
            elif change.what == "ended":
                del found[change.part, change.rule]
        return found

    def overdue(self, subject: str) -> list[Change]:
        """Actions whose day had passed while their finding held.

        Raises:
            LookupFailedError: The subject was not known then.
        """
        still = self.open(subject)
        return [
            change for change in self.changes(subject)
            if change.what == "overdue" and (change.part, change.rule) in still and change.at >= still[change.part, change.rule]
        ]  # fmt: skip


def _replayed(record: Record | None, place: str | None, entry: Entry) -> tuple[Record | None, str | None]:
    body = entry.body
    match entry.op:
        case "put":
            given = record_of(body["facts"])
            record = record or Record(given.kind)
            record.merge(given)
            place = body["place"] or place
        case "post" if record is not None or body["new"]:
            record = record or Record(body["kind"])
            happen(record, record_of(body["facts"]), body["adds"], body["part"], body["key"])
        case "retract" if record is not None:
            retract(record, body["names"], body["part"])
        case "remove":
            record = place = None
    return record, place
