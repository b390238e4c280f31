"""The log of a session and what follows from it, in a database.

`log` is what was told, in order, and is only ever added to. `changes` is what followed, each row under the entry that
caused it. `subjects` holds the present state of each subject, so that a change touches one row; it follows from the
log and can be made again from it.
"""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from datetime import datetime
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sql
from sqlalchemy.exc import SQLAlchemyError

from hazardrules.errors import HazardRulesError, SessionError
from hazardrules.sessions.changes import Change, change_of
from hazardrules.sessions.database import READING, engine_for, file_of, url_of, which_file, wording_of
from hazardrules.sessions.refusals import refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sqlalchemy.engine import Connection


FORMAT = "2"
_PAGE = 1000
"""So many rows of the log or of the changes are read at once; whoever reads on holds nothing up meanwhile."""
TABLES = sql.MetaData()
META = sql.Table(
    "meta", TABLES, sql.Column("key", sql.String(40), primary_key=True), sql.Column("value", sql.Text, nullable=False)
)
LOG = sql.Table(
    "log", TABLES,
    sql.Column("seq", sql.Integer, primary_key=True, autoincrement=False),
    sql.Column("at", sql.String(19), nullable=False),
    sql.Column("op", sql.String(10), nullable=False),
    sql.Column("subject", sql.String(200), index=True),
    sql.Column("body", sql.Text, nullable=False),
)  # fmt: skip
CHANGES = sql.Table(
    "changes", TABLES,
    sql.Column("n", sql.Integer, primary_key=True, autoincrement=False),
    sql.Column("seq", sql.Integer, nullable=False),
    sql.Column("at", sql.String(19), nullable=False, index=True),
    sql.Column("subject", sql.String(200), nullable=False, index=True),
    sql.Column("body", sql.Text, nullable=False),
)  # fmt: skip
SUBJECTS = sql.Table(
    "subjects", TABLES,
    sql.Column("subject", sql.String(200), primary_key=True),
    sql.Column("place", sql.String(40)),
    sql.Column("record", sql.Text, nullable=False),
    sql.Column("open", sql.Text, nullable=False),
    sql.Column("next_at", sql.String(19), index=True),
)  # fmt: skip


# made once: building a statement takes longer than running it
_LONG = ("vocabulary",)
"""What is long and seldom read."""
_GET_META = sql.select(META.c.key, META.c.value).where(META.c.key.not_in(_LONG))
_GET_ONE = sql.select(META.c.value).where(META.c.key == sql.bindparam("of"))
_LOCK = sql.select(META.c.key).where(META.c.key == "format").with_for_update()
"""One writer at a time; SQLite has its own way, see `engine_for`."""
_LOCK_POSTGRESQL = sql.text("SELECT pg_advisory_xact_lock(hashtext('hazardrules ' || current_schema()))")
"""There is something to wait for before there is a row or a table, so that sessions may begin on an empty database at once."""
_ADD_META = sql.insert(META)
_SET_META = sql.update(META).where(META.c.key == sql.bindparam("of")).values(value=sql.bindparam("to"))
_ADD_LOG = sql.insert(LOG)
_ADD_CHANGES = sql.insert(CHANGES)
_LAST_SEQ = sql.select(sql.func.coalesce(sql.func.max(LOG.c.seq), 0))
_LAST_N = sql.select(sql.func.coalesce(sql.func.max(CHANGES.c.n), 0))
_GET_SUBJECT = sql.select(SUBJECTS).where(SUBJECTS.c.subject == sql.bindparam("of"))
_ADD_SUBJECT = sql.insert(SUBJECTS)
_SET_SUBJECT = (
    sql.update(SUBJECTS)
    .where(SUBJECTS.c.subject == sql.bindparam("of"))
    .values({name: sql.bindparam(f"to_{name}") for name in ("place", "record", "open", "next_at")})
)
_SET_TIMES = (
    sql.update(SUBJECTS)
    .where(SUBJECTS.c.subject == sql.bindparam("of"))
    .values({name: sql.bindparam(f"to_{name}") for name in ("open", "next_at")})
)
_DROP_SUBJECT = sql.delete(SUBJECTS).where(SUBJECTS.c.subject == sql.bindparam("of"))
_DUE = (
    sql.select(SUBJECTS)
    .where(SUBJECTS.c.next_at <= sql.bindparam("until"))
    .order_by(SUBJECTS.c.next_at, SUBJECTS.c.subject)
    .limit(sql.bindparam("most"))
)
_SOME = (
    sql.select(SUBJECTS)
    .where(SUBJECTS.c.subject > sql.bindparam("after"))
    .order_by(SUBJECTS.c.subject)
    .limit(sql.bindparam("most"))
)


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
    """A database with one session in it; safe to share between threads, which take turns."""

    def __init__(self, store: str | Path) -> None:
        """Open or make the tables.

        Args:
            store: A file of SQLite, or an SQLAlchemy URL.

        Raises:
            SessionError: It cannot be opened.
        """
        self._shown = str(store)
        self._lock = RLock()
        self._open: Connection | None = None
        self._is_closed = False
        self._file: tuple[Path, tuple[int, int] | None] | None = None
        """The file and which one it is: a database goes on writing to a file that was deleted, and all is lost."""
        self._counted: dict[str, int] = {}
        """The last numbers of the log and of the changes, while a transaction keeps others from adding any."""
        with self._talk():
            url = url_of(store)
            self._shown = url.render_as_string(hide_password=True)
            self.engine = engine_for(url)
            self._make_tables()
        self._file = file_of(url)

    def _make_tables(self) -> None:
        """Make the tables where there are none; a database with some of these names holds something else."""
        with self.engine.begin() as connection:
            there = {*sql.inspect(connection).get_table_names()} & {*TABLES.tables}
            if there and len(there) < len(TABLES.tables):
                raise refused("store_foreign", store=self._shown, reason=", ".join(sorted(there)))
        if there:
            return
        if self.engine.dialect.name == "sqlite":
            with closing(self.engine.raw_connection()) as plain:
                plain.cursor().execute("PRAGMA journal_mode=WAL")  # who reads keeps nobody waiting; the file remembers it
        with self.engine.begin() as connection:
            if self._is_postgresql:
                connection.execute(_LOCK_POSTGRESQL)
            TABLES.create_all(connection)

    @property
    def _is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    def close(self) -> None:
        """Give back every connection."""
        self._is_closed = True
        self.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything within is kept together, or not at all, whatever becomes of a transaction around it.

        Raises:
            SessionError: The database fails, or others kept it for too long.
        """
        with self._lock:
            if self._open is not None:
                counted = dict(self._counted)
                try:
                    with self._open.begin_nested():
                        yield
                except BaseException:
                    self._counted = counted
                    raise
                return
            with self._talk():
                connection = self.engine.connect()
            with connection:
                with self._talk():
                    self._check_file()
                    connection.begin()
                    connection.execute(_LOCK_POSTGRESQL if self._is_postgresql else _LOCK)
                self._open = connection
                try:
                    yield
                except BaseException:
                    connection.rollback()
                    raise
                finally:
                    self._open = None
                    self._counted.clear()
                with self._talk(is_end=True):
                    self._check_file()
                    connection.commit()

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        with self._lock, self._talk():
            if self._open is not None:
                yield self._open
            else:
                self._check_file()
                with self.engine.connect().execution_options(**{READING: True}) as connection:
                    yield connection

    @contextmanager
    def _talk(self, *, is_end: bool = False) -> Iterator[None]:
        """What goes wrong with the database is said as an error of ours, at the end of a call with what is not known then."""
        if self._is_closed:
            raise refused("closed", store=self._shown)
        try:
            yield
        except (SQLAlchemyError, ImportError) as error:
            is_unsure = is_end and getattr(error, "connection_invalidated", False)
            raise self._failed(error, "store_unsure" if is_unsure else None) from error

    def _check_file(self) -> None:
        if self._file is not None and which_file(self._file[0]) != self._file[1]:
            raise refused("store_moved", store=self._shown)

    def _failed(self, error: Exception, wording: str | None = None) -> SessionError:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__]
        return refused(wording or wording_of(reason[0]), store=self._shown, reason=reason[0])

    @contextmanager
    def reading(self, table: str, row: object) -> Iterator[None]:
        """A row that cannot be read is said as an error of ours.

        Raises:
            SessionError: What is in the row was not written by a session.
        """
        try:
            yield
        except HazardRulesError:
            raise
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise refused("damaged", store=self._shown, table=table, row=str(row), reason=reason) from error

    def _pages(self, wanted: Any, number: Any) -> Iterator[Any]:
        """The rows of a statement, in the order of a column that numbers them."""
        last = 0
        while rows := self._run(wanted.where(number > last).order_by(number).limit(_PAGE)):
            yield from rows
            last = getattr(rows[-1], number.name)

    def _run(self, statement: Any, values: Any = None) -> list[Any]:
        with self._connection() as connection:
            found = connection.execute(statement, values)
            return list(found) if found.returns_rows else []

    def _next(self, counter: str, last: Any) -> int:
        """The next number of the log or of the changes; within a transaction."""
        if counter not in self._counted:
            self._counted[counter] = int(self._run(last)[0][0])
        self._counted[counter] += 1
        return self._counted[counter]

    # meta

    def meta(self) -> dict[str, str]:
        """What the session remembers of itself, but for its vocabulary."""
        return {row.key: row.value for row in self._run(_GET_META)}

    def one_meta(self, key: str) -> str:
        """One thing that the session remembers of itself."""
        return str(self._run(_GET_ONE, {"of": key})[0][0])

    def set_meta(self, key: str, value: str) -> None:
        """Remember one thing."""
        with self._connection() as connection:
            if connection.execute(_SET_META, {"of": key, "to": value}).rowcount == 0:
                connection.execute(_ADD_META, {"key": key, "value": value})

    # log and changes

    def append(self, at: datetime, op: str, subject: str | None, body: dict[str, Any]) -> int:
        """Add an entry to the log, within a transaction; gives its number."""
        seq = self._next("log", _LAST_SEQ)
        text = json.dumps(body, ensure_ascii=False)
        self._run(_ADD_LOG, {"seq": seq, "at": at.isoformat(), "op": op, "subject": subject, "body": text})
        return seq

    def last_seq(self) -> int:
        """The number of the last entry; 0 where there is none."""
        return int(self._run(_LAST_SEQ)[0][0])

    def entries(self, subject: str | None = None, until: datetime | None = None) -> Iterator[Entry]:
        """The log in order, of one subject, up to a moment."""
        wanted = sql.select(LOG)
        if subject is not None:
            wanted = wanted.where(LOG.c.subject == subject)
        if until is not None:
            wanted = wanted.where(LOG.c.at <= until.isoformat())
        for seq, at, op, about, body in self._pages(wanted, LOG.c.seq):
            with self.reading("log", seq):
                entry = Entry(seq, datetime.fromisoformat(at), op, about, json.loads(body))
            yield entry

    def add_changes(self, seq: int, changes: Iterable[Change]) -> None:
        """Add what followed from an entry, within a transaction."""
        rows = [
            {
                "n": self._next("changes", _LAST_N),
                "seq": seq,
                "at": change.at.isoformat(),
                "subject": change.subject,
                "body": json.dumps(change.as_json(), ensure_ascii=False),
            }
            for change in changes
        ]
        if rows:
            self._run(_ADD_CHANGES, rows)

    def changes(self, subject: str | None = None, until: datetime | None = None) -> Iterator[Change]:
        """What followed, of one subject, up to a moment; time goes forward, so their numbers are in the order of moments."""
        wanted = sql.select(CHANGES.c.n, CHANGES.c.body)
        if subject is not None:
            wanted = wanted.where(CHANGES.c.subject == subject)
        if until is not None:
            wanted = wanted.where(CHANGES.c.at <= until.isoformat())
        for number, body in self._pages(wanted, CHANGES.c.n):
            with self.reading("changes", number):
                change = change_of(json.loads(body))
            yield change

    # subjects

    def row(self, subject: str) -> Row | None:
        """The state of a subject; None where it is not known."""
        found = self._run(_GET_SUBJECT, {"of": subject})
        return Row(*found[0]) if found else None

    def save(self, row: Row, *, is_new: bool) -> None:
        """Write the state of a subject down."""
        if is_new:
            self._run(_ADD_SUBJECT, row._asdict())
        else:
            changed = {f"to_{name}": value for name, value in row._asdict().items() if name != "subject"}
            self._run(_SET_SUBJECT, {"of": row.subject, **changed})

    def save_times(self, judged: list[tuple[str, str, str | None]]) -> None:
        """Write down of subjects, of which nothing new is known, what holds now and when they must be judged next.

        Args:
            judged: The name, `open` and `next_at` of each.
        """
        self._run(_SET_TIMES, [{"of": name, "to_open": opened, "to_next_at": next_at} for name, opened, next_at in judged])

    def drop(self, subject: str) -> None:
        """A subject is gone; its log stays."""
        self._run(_DROP_SUBJECT, {"of": subject})

    def due(self, until: datetime, limit: int) -> list[Row]:
        """Subjects to be judged again up to a moment, the first ones first."""
        return [Row(*row) for row in self._run(_DUE, {"until": until.isoformat(), "most": limit})]

    def rows(self, after: str = "", limit: int = 1000) -> list[Row]:
        """The states of subjects, by name, from after a name on."""
        return [Row(*row) for row in self._run(_SOME, {"after": after, "most": limit})]
