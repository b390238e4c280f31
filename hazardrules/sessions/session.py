"""A session: facts of many subjects over time, the events that change them, and what follows from both."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from hazardrules.diagnostics import nearest
from hazardrules.errors import LookupFailedError, SessionError
from hazardrules.intake.numbers import with_unit
from hazardrules.intake.problems import is_bad_text, shown
from hazardrules.sessions.addresses import event_at, part_at
from hazardrules.sessions.judging import Held, Judge, held_of
from hazardrules.sessions.records import Record, happen, record_of, retract, taken
from hazardrules.sessions.records import shown as shown_moment
from hazardrules.sessions.refusals import refused
from hazardrules.sessions.store import FORMAT, Store
from hazardrules.sessions.timers import midnight
from hazardrules.sessions.views import View
from hazardrules.sessions.vocabulary import carry_between, eras_of, problems_of, vocabulary_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction
    from pathlib import Path
    from typing import Self

    from hazardrules.api import Rulebook
    from hazardrules.model.events import EventDeclaration
    from hazardrules.model.subjects import FactDeclaration
    from hazardrules.sessions.changes import Change
    from hazardrules.sessions.store import Entry, Row
    from hazardrules.sessions.vocabulary import Eras, Lost

MAX_NAME = 200
_AT_ONCE = 500
"""So many subjects are fetched together when time goes on."""


class Session:
    """Facts of many subjects over time; use `Rulebook.session`.

    Time only goes forward. Each call is kept as a whole or not at all, and once it returns it is on the disk.

    Threads may share a session; while one holds `together`, the others wait.

    Attributes:
        book: The rulebook.
        jurisdiction: The place of subjects that have none of their own; None for the law of the whole country.
    """

    def __init__(self, book: Rulebook, store: str | Path, *, jurisdiction: str | None, adopt: bool | Literal["forget"]) -> None:
        """Open a session; see `Rulebook.session`."""
        self.book, self.jurisdiction = book, jurisdiction
        self.judge = Judge(book, jurisdiction)
        self._store = Store(store)
        try:
            with self._store.transaction():
                self._begin(adopt)
        except BaseException:
            self._store.close()
            raise

    def _begin(self, adopt: bool | Literal["forget"]) -> None:
        meta = self._store.meta()
        if not meta and not self._store.last_seq():
            known = vocabulary_of(self.book.compiled.source)
            self._store.set_meta("format", FORMAT)
            self._store.set_meta("jurisdiction", self.jurisdiction or "")
            self._store.set_meta("digest", self.book.digest)
            self._store.set_meta("vocabulary", json.dumps(known, ensure_ascii=False))
            return
        with self._store.reading("meta", "format"):
            found, place = meta["format"], meta["jurisdiction"]
        if found != FORMAT:
            raise refused("format", found=found, wanted=FORMAT)
        if place != (self.jurisdiction or ""):
            raise refused("place", found=place or "-", wanted=self.jurisdiction or "-")
        if adopt and meta.get("digest") != self.book.digest:
            self._adopt(meta, can_forget=adopt == "forget")
        self._check_rulebook(meta)

    def _adopt(self, meta: dict[str, str], *, can_forget: bool) -> None:
        """Go on under this rulebook: what is known is read by its vocabulary, and every subject judged again."""
        known = vocabulary_of(self.book.compiled.source)
        with self._store.reading("meta", "vocabulary"):
            carry = carry_between(json.loads(self._store.one_meta("vocabulary")), known)
            carries = json.loads(meta.get("carries", "[]"))
        lost: Lost = Counter()
        for held in self._all() if carry else ():
            carry.record(held.record, lost)
            carry.place(held.place, lost)
        if lost and not can_forget:
            raise SessionError(list(problems_of(lost)))
        meta["digest"] = self.book.digest
        self._store.set_meta("digest", self.book.digest)
        self._store.set_meta("vocabulary", json.dumps(known, ensure_ascii=False))
        now = self._now(meta)
        if now is None:
            return
        forgotten = [[name, why, number] for (name, why), number in sorted(lost.items())]
        seq = self._store.append(now, "adopt", None, {"digest": self.book.digest, "forgotten": forgotten})
        if carry:
            self._store.set_meta("carries", json.dumps([*carries, [seq, carry.as_json()]], ensure_ascii=False))
        changes: list[Change] = []
        for held in self._all():
            record = carry.record(held.record)
            if record is None:
                self._store.drop(held.name)
                changes += [found.change(now, held.name, "ended") for found in held.open]
                continue
            held.record, held.place = record, carry.place(held.place)
            changes += self.judge.judge(held, now)
            self._store.save(held.row(), is_new=False)
        self._store.add_changes(seq, changes)

    def _all(self) -> Iterator[Held]:
        last = ""
        while rows := self._store.rows(last, _AT_ONCE):
            yield from (self._held(row) for row in rows)
            last = rows[-1].subject

    @property
    def now(self) -> datetime | None:
        """How far the session has come, by whomever; None before the first call."""
        return self._now(self._store.meta())

    def __enter__(self) -> Self:
        """Use it as `with book.session(…) as session:`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Give back the database; everything told is on the disk already."""
        self._store.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Calls within are kept together or not at all: many of them take far less time."""
        with self._store.transaction():
            yield

    # telling

    def put(self, subject: str, kind: str, facts: object, *, at: date, jurisdiction: str | None = None) -> list[Change]:
        """State facts of a subject; those it had before stay unless they are given again.

        Args:
            subject: The subject's name in this session: a plate, a licence number, any text of 1 to 200 characters.
            kind: The kind of subject, by id or label.
            facts: As for `Rulebook.classify`; a list of parts replaces the list there was.
            at: The day or moment (whole seconds, local time).
            jurisdiction: The place of this subject, where it differs from that of the session.

        Returns:
            What changed, here and by the time that has passed since the last call.

        Raises:
            FactsError: The facts cannot be read.
            SessionError: The moment lies before the last one, or the subject is of another kind.
            LookupFailedError: No such place.
        """
        given = taken(self.book.intake.read(kind, facts, place=_name(subject)))
        if jurisdiction is not None and jurisdiction not in self.book.compiled.source.jurisdictions:
            raise LookupFailedError("jurisdiction", jurisdiction, nearest(jurisdiction, self.book.compiled.source.jurisdictions))
        return self._tell(_moment(at), "put", subject, {"facts": given.as_json(), "place": jurisdiction})

    def retract(self, subject: str, *facts: str, at: date, part: str = "") -> list[Change]:
        """Facts or lists of parts of a subject become unknown again; with no fact named, the part itself is taken back.

        Args:
            subject: The subject.
            facts: Names or labels.
            at: The day or moment.
            part: The part concerned, as `hazards/h-1`; by default the subject itself.

        Raises:
            SessionError: The fact was not known, or the moment lies before the last one.
            LookupFailedError: No such subject, part or fact.
        """
        with self.together():
            path, record = part_at(self.book.compiled.source.subjects, subject, self._known(subject).record, part)
            if not facts and not path:
                raise refused("nothing_named", subject)
            names = [self._member(record.kind, fact) for fact in facts]
            for name in names:
                if name not in record.facts and name not in record.parts:
                    raise refused("not_known", subject, name=name)
            return self._tell(_moment(at), "retract", subject, {"kind": record.kind, "names": names, "part": path})

    def remove(self, subject: str, *, at: date) -> list[Change]:
        """A subject ceases to be: its findings end. Its past stays.

        Raises:
            LookupFailedError: No such subject.
        """
        self._known(subject)
        return self._tell(_moment(at), "remove", subject, {})

    def post(self, subject: str, event: str, facts: object = None, *, at: date, part: str = "") -> list[Change]:
        """An event happened to a subject.

        Args:
            subject: The subject.
            event: The kind of event, as the rulebook declares it.
            facts: What else is known: facts of the new part, or of the subject or part it happened to.
            at: The day or moment.
            part: For an event that adds a part: the part's key, a number by default. For an event that happens to a
                part: the part, as `hazards/h-1`.

        Raises:
            FactsError: The facts cannot be read.
            SessionError: The event cannot happen to this subject, or not at this moment.
            LookupFailedError: No such event, subject or part.
        """
        with self.together():
            return self._post(_name(subject), self._event(event), facts, at, part)

    def _post(self, subject: str, declared: EventDeclaration, facts: object, at: date, part: str) -> list[Change]:
        moment = _moment(at)
        row = self._store.row(subject)
        if row is None and not declared.creates:
            raise self.no_subject(subject)
        record = self._held(row).record if row is not None else Record(declared.on)
        kinds = self.book.compiled.source.subjects
        path, key = event_at(kinds, subject, record, declared, part)
        target = declared.target({name: found.of for name, found in kinds[declared.on].parts.items()})
        given = taken(self.book.intake.read(target, {} if facts is None else facts, place=subject))
        for name, value in declared.sets.items():
            given.facts.setdefault(name, (value, _written(kinds[target].facts[name], value)))
        if declared.stamps is not None and declared.stamps not in given.facts:
            is_moment = kinds[target].facts[declared.stamps].declared == "datetime"
            if is_moment and not isinstance(at, datetime):
                raise refused("needs_time", subject, event=declared.name, fact=declared.stamps)
            stamp = moment if is_moment else moment.date()
            given.facts[declared.stamps] = (stamp, shown_moment(stamp))
        happened = {"event": declared.name, "kind": declared.on, "adds": declared.adds, "new": row is None}
        return self._tell(moment, "post", subject, {**happened, "facts": given.as_json(), "part": path, "key": key})

    def advance(self, to: date) -> list[Change]:
        """Time goes on: what time alone changes up to and including a day or moment.

        Raises:
            SessionError: The moment lies before the last one.
        """
        return self._tell(_moment(to), "advance", None, {})

    # asking

    def subjects(self) -> Iterator[str]:
        """The subjects of the session, by name."""
        last = ""
        while rows := self._store.rows(last):
            yield from (row.subject for row in rows)
            last = rows[-1].subject

    def at(self, moment: date | None = None) -> View:
        """The session as it stood at a day (at its beginning) or moment; as it stands by default.

        Raises:
            SessionError: The session has not come that far.
        """
        meta = self._store.meta()
        now = self._now(meta)
        if now is None:
            raise refused("empty")
        wanted = now if moment is None else _moment(moment)
        if wanted > now:
            raise refused("not_there_yet", at=shown_moment(wanted), now=shown_moment(now))
        self._check_rulebook(meta)
        return View(self, wanted)

    def changes(self, subject: str | None = None) -> Iterator[Change]:
        """What has changed so far, in the order of time."""
        return self._store.changes(subject)

    def verify(self) -> list[str]:
        """Make the session again from its log and compare; nothing where both agree.

        Returns:
            The names of subjects whose present state does not follow from the log.
        """
        self._check_rulebook(self._store.meta())
        eras, adopted = self.eras(), False
        with Session(self.book, "sqlite://", jurisdiction=self.jurisdiction, adopt=False) as twin, twin.together():
            for entry in self._store.entries():
                adopted = adopted or entry.op == "adopt"
                with self._store.reading("log", entry.seq):
                    twin._repeat(entry.at, eras.now(entry))
            names = dict.fromkeys([*self.subjects(), *twin.subjects()])
            differ = [name for name in names if not self._is_same(twin, name, adopted)]
            if not adopted and list(self.changes()) != list(twin.changes()):
                differ += [] if differ else ["*"]
        return differ

    def eras(self) -> Eras:
        """The rulebooks under which this session was kept."""
        with self._store.reading("meta", "carries"):
            return eras_of(json.loads(self._store.meta().get("carries", "[]")))

    # within

    def _tell(self, moment: datetime, op: str, subject: str | None, body: dict[str, Any]) -> list[Change]:
        with self.together():
            meta = self._store.meta()
            now = self._now(meta)
            if now is not None and moment < now:
                raise refused("backwards", subject or "", at=shown_moment(moment), now=shown_moment(now))
            self._check_rulebook(meta)
            seq = self._store.append(moment, op, subject, body)
            changes = self._pass_time(moment)
            if subject is not None:
                changes += self._apply(moment, op, subject, body)
            self._store.add_changes(seq, changes)
            self._store.set_meta("now", moment.isoformat())
        return changes

    def _repeat(self, at: datetime, entry: Entry | None) -> None:
        """Tell again what is in a log; time goes on too where nothing of it is left."""
        if entry is None or entry.op == "adopt":
            self._tell(at, "advance", None, {})
            return
        needs = entry.op in ("retract", "remove") or (entry.op == "post" and not entry.body["new"])
        if needs and self._store.row(entry.subject or "") is None:
            self._tell(at, "advance", None, {})
        else:
            self._tell(at, entry.op, entry.subject, entry.body)

    def _check_rulebook(self, meta: dict[str, str]) -> None:
        """Another session on the same store may have adopted another rulebook."""
        if meta.get("digest") != self.book.digest:
            raise refused("digest", found=str(meta.get("digest"))[:12], wanted=self.book.digest[:12])

    def _pass_time(self, to: datetime) -> list[Change]:
        """Judge again whatever time alone has changed up to a moment."""
        changes: list[Change] = []
        while rows := self._store.due(to, _AT_ONCE):
            subjects = [self._held(row) for row in rows]
            for held in subjects:
                while held.next_at is not None and held.next_at <= to:
                    changes += self.judge.judge(held, held.next_at)
            self._store.save_times([(held.name, *held.times()) for held in subjects])
        changes.sort(key=lambda change: (change.at, change.subject))
        return changes

    def _apply(self, moment: datetime, op: str, subject: str, body: dict[str, Any]) -> list[Change]:
        row = self._store.row(subject)
        held = self._held(row) if row is not None else None
        if op == "remove":
            if held is None:
                raise self.no_subject(subject)
            self._store.drop(subject)
            return [found.change(moment, subject, "ended") for found in held.open]
        if op == "retract":
            if held is None:
                raise self.no_subject(subject)
            retract(held.record, body["names"], body["part"])
        else:
            given = record_of(body["facts"])
            if held is None:
                kind = given.kind if op == "put" else body["kind"]
                held = Held(subject, None, Record(kind), [], None, is_new=True)
            if op == "put":
                if held.record.kind != given.kind:
                    raise refused("other_kind", subject, known=held.record.kind, given=given.kind)
                held.place = body["place"] or held.place
                held.record.merge(given)
            else:
                happen(held.record, given, body["adds"], body["part"], body["key"])
        changes = self.judge.judge(held, moment)
        self._store.save(held.row(), is_new=held.is_new)
        return changes

    # looking up

    def _held(self, row: Row) -> Held:
        with self._store.reading("subjects", row.subject):
            return held_of(row)

    def _now(self, meta: dict[str, str]) -> datetime | None:
        with self._store.reading("meta", "now"):
            return datetime.fromisoformat(meta["now"]) if "now" in meta else None

    def _is_same(self, twin: Session, name: str, adopted: bool) -> bool:
        one, other = self._store.row(name), twin._store.row(name)
        if one is None or other is None or not adopted:
            return one == other
        keys = [{(found.part, found.rule) for found in self._held(row).open} for row in (one, other)]
        return one.record == other.record and keys[0] == keys[1]

    def _known(self, subject: str) -> Held:
        row = self._store.row(subject)
        if row is None:
            raise self.no_subject(subject)
        return self._held(row)

    def no_subject(self, subject: str, moment: datetime | None = None) -> LookupFailedError:
        """The error where a subject is not known now, or was not at a moment."""
        some = [row.subject for row in self._store.rows("", _AT_ONCE) if row.subject != subject]
        where = f"session at {shown_moment(moment)}" if moment is not None else "session"
        return LookupFailedError("subject", subject, nearest(subject, some), where=where)

    def _event(self, name: str) -> EventDeclaration:
        events = self.book.compiled.source.events
        if name not in events:
            raise LookupFailedError("event", name, nearest(name, events) or tuple(events)[:3])
        return events[name]

    def _member(self, kind: str, name: str) -> str:
        found = self.book.intake.find_member(kind, name)
        if found is None:
            subject = self.book.compiled.source.subjects[kind]
            raise LookupFailedError("fact", name, nearest(name, [*subject.facts, *subject.parts]))
        return found


def _written(fact: FactDeclaration, value: bool | int | Fraction | str) -> str:
    """A value of the rulebook as a person would have told it."""
    if isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else with_unit(value, fact.type.unit)


def _name(subject: object) -> str:
    if not isinstance(subject, str) or not subject.strip() or len(subject) > MAX_NAME or is_bad_text(subject):
        raise refused("bad_name", given=shown(subject))
    return subject


def _moment(at: object) -> datetime:
    """A day is its first moment."""
    if isinstance(at, datetime):
        if at.tzinfo is not None or at.microsecond:
            raise refused("bad_moment", given=shown(at))
        return at
    if isinstance(at, date):
        return midnight(at)
    raise refused("bad_moment", given=shown(at))
