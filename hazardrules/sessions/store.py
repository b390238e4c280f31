"""The log of a session and what follows from it, in a database; the only importer of SQLAlchemy.

`log` is what was told, in order, and is only ever added to. `changes` is what followed, each row under the entry that
caused it. `subjects` holds the present state of each subject, so that a change touches one row; it follows from the
log and can be made again from it.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.engine import Connection, Engine

    from hazardrules.sessions.changes import Change

FORMAT = "1"
_tables = sql.MetaData()
META = sql.Table(
    "meta", _tables, sql.Column("key", sql.String(40), primary_key=True), sql.Column("value", sql.Text, nullable=False)
)
LOG = sql.Table(
    "log", _tables,
    sql.Column("seq", sql.Integer, primary_key=True, autoincrement=False),
    sql.Column("at", sql.String(19), nullable=False),
    sql.Column("op", sql.String(10), nullable=False),
    sql.Column("subject", sql.String(200), index=True),
    sql.Column("body", sql.Text, nullable=False),
)  # fmt: skip
CHANGES = sql.Table(
    "changes", _tables,
    sql.Column("n", sql.Integer, primary_key=True, autoincrement=False),
    sql.Column("seq", sql.Integer, nullable=False),
    sql.Column("at", sql.String(19), nullable=False, index=True),
    sql.Column("subject", sql.String(200), nullable=False, index=True),
    sql.Column("body", sql.Text, nullable=False),
)  # fmt: skip
SUBJECTS = sql.Table(
    "subjects", _tables,
    sql.Column("subject", sql.String(200), primary_key=True),
    sql.Column("place", sql.String(40)),
    sql.Column("record", sql.Text, nullable=False),
    sql.Column("open", sql.Text, nullable=False),
    sql.Column("next_at", sql.String(19), index=True),
)  # fmt: skip


class Entry(NamedTuple):
    """One entry of the log."""

    seq: int
    at: datetime
    op: str
    subject: str | None
    body: dict[str, Any]


class Row(NamedTuple):
    """The present state of one subject, as it is written down."""

    subject: str
    place: str | None
    record: str
    open: str
    next_at: str | None


class Store:
    """A database with one session in it."""

    def __init__(self, url: str) -> None:
        """Open or make the tables.

        Args:
            url: An SQLAlchemy URL.
        """
        self.engine = _engine(url)
        _tables.create_all(self.engine)
        self._open: Connection | None = None

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything within is kept together, or not at all; one within another belongs to the outer one."""
        if self._open is not None:
            yield
            return
        with self.engine.begin() as connection:
            self._open = connection
            try:
                yield
            finally:
                self._open = None

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        if self._open is not None:
            yield self._open
        else:
            with self.engine.connect() as connection:
                yield connection

    def _run(self, statement: Any, rows: Any = None) -> list[Any]:
        with self._connection() as connection:
            found = connection.execute(statement, rows) if rows is not None else connection.execute(statement)
            return list(found) if found.returns_rows else []

    # meta

    def meta(self) -> dict[str, str]:
        """What the session remembers of itself."""
        return {row.key: row.value for row in self._run(sql.select(META.c.key, META.c.value))}

    def set_meta(self, key: str, value: str) -> None:
        """Remember one thing."""
        changed = sql.update(META).where(META.c.key == key).values(value=value)
        with self._connection() as connection:
            if connection.execute(changed).rowcount == 0:
                connection.execute(sql.insert(META).values(key=key, value=value))

    # log and changes

    def append(self, entry: Entry) -> None:
        """Add an entry to the log."""
        body = json.dumps(entry.body, ensure_ascii=False)
        self._run(
            sql.insert(LOG),
            [{"seq": entry.seq, "at": entry.at.isoformat(), "op": entry.op, "subject": entry.subject, "body": body}],
        )

    def last_seq(self) -> int:
        """The number of the last entry; 0 where there is none."""
        return int(self._run(sql.select(sql.func.coalesce(sql.func.max(LOG.c.seq), 0)))[0][0])

    def entries(self, subject: str | None = None, until: datetime | None = None) -> Iterator[Entry]:
        """The log in order, of one subject, up to a moment."""
        wanted = sql.select(LOG).order_by(LOG.c.seq)
        if subject is not None:
            wanted = wanted.where(LOG.c.subject == subject)
        if until is not None:
            wanted = wanted.where(LOG.c.at <= until.isoformat())
        with self._connection() as connection:
            for seq, at, op, about, body in connection.execute(wanted):
                yield Entry(seq, datetime.fromisoformat(at), op, about, json.loads(body))

    def add_changes(self, seq: int, changes: Iterable[Change]) -> None:
        """Add what followed from an entry."""
        first = int(self._run(sql.select(sql.func.coalesce(sql.func.max(CHANGES.c.n), 0)))[0][0])
        rows = [
            {
                "n": n,
                "seq": seq,
                "at": change.at.isoformat(),
                "subject": change.subject,
                "body": json.dumps(change.as_json(), ensure_ascii=False),
            }
            for n, change in enumerate(changes, start=first + 1)
        ]
        if rows:
            self._run(sql.insert(CHANGES), rows)

    def changes(self, subject: str | None = None, until: datetime | None = None) -> Iterator[dict[str, Any]]:
        """What followed, by moment, of one subject, up to a moment."""
        wanted = sql.select(CHANGES.c.body).order_by(CHANGES.c.at, CHANGES.c.n)
        if subject is not None:
            wanted = wanted.where(CHANGES.c.subject == subject)
        if until is not None:
            wanted = wanted.where(CHANGES.c.at <= until.isoformat())
        with self._connection() as connection:
            for (body,) in connection.execute(wanted):
                yield json.loads(body)

    # subjects

    def row(self, subject: str) -> Row | None:
        """The state of a subject; None where it is not known."""
        found = self._run(sql.select(SUBJECTS).where(SUBJECTS.c.subject == subject))
        return Row(*found[0]) if found else None

    def save(self, row: Row, *, is_new: bool) -> None:
        """Write the state of a subject down."""
        if is_new:
            self._run(sql.insert(SUBJECTS), [row._asdict()])
        else:
            self._run(sql.update(SUBJECTS).where(SUBJECTS.c.subject == row.subject).values(**row._asdict()))

    def drop(self, subject: str) -> None:
        """A subject is gone; its log stays."""
        self._run(sql.delete(SUBJECTS).where(SUBJECTS.c.subject == subject))

    def due(self, until: datetime, limit: int) -> list[Row]:
        """Subjects to be judged again up to a moment, the first ones first."""
        wanted = sql.select(SUBJECTS).where(SUBJECTS.c.next_at <= until.isoformat())
        return [Row(*row) for row in self._run(wanted.order_by(SUBJECTS.c.next_at, SUBJECTS.c.subject).limit(limit))]

    def rows(self, after: str = "", limit: int = 1000) -> list[Row]:
        """The states of subjects, by name, from after a name on."""
        wanted = sql.select(SUBJECTS).where(SUBJECTS.c.subject > after)
        return [Row(*row) for row in self._run(wanted.order_by(SUBJECTS.c.subject).limit(limit))]

    def count(self) -> int:
        """How many subjects there are."""
        return int(self._run(sql.select(sql.func.count()).select_from(SUBJECTS))[0][0])


def _engine(url: str) -> Engine:
    made = sql.create_engine(url)
    if made.dialect.name == "sqlite":

        @sql.event.listens_for(made, "connect")
        def _connected(connection: Any, _record: Any) -> None:
            connection.isolation_level = None  # transactions begin where this library says, see below
            cursor = connection.cursor()
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")  # what was answered is on the disk
            cursor.close()

        @sql.event.listens_for(made, "begin")
        def _begun(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # one writer at a time, from its first reading on

    return made
