"""The databases that a session may be kept in: SQLite, in a file or in memory, and others by their URL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sql

from hazardrules.sessions.refusals import refused

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection, Engine

PATIENCE_SECONDS = 60
"""So long a call waits for another process to finish its own."""
IN_MEMORY = (None, "", ":memory:")
"""Names of a database of SQLite that is no file."""
READING = "hazardrules_reading"
"""The option of a connection that only reads."""
_SAID = {
    "locked": "store_locked",
    "lock timeout": "store_locked",
    "readonly": "store_read_only",
    "read-only": "store_read_only",
    "unable to open": "store_path",
    "malformed": "store_damaged",
    "not a database": "store_damaged",
    "no such column": "store_foreign",
    "does not exist": "store_foreign",
}
"""What databases say is wrong, in parts, and our wording for it."""


def wording_of(reason: str) -> str:
    """The wording for what a database says is wrong."""
    for said, wording in _SAID.items():
        if said in reason.lower():
            return wording
    return "store"


def url_of(store: str | Path) -> URL:
    """The address of a store: a file of SQLite whatever its name, unless it is a URL."""
    if isinstance(store, Path) or "://" not in store:
        if not str(store).strip():
            raise refused("no_store")
        return sql.URL.create("sqlite", database=str(store))
    return sql.make_url(store)


def file_of(url: URL) -> tuple[Path, tuple[int, int] | None] | None:
    """The file of a database, if it is one, and which one it is."""
    if url.get_backend_name() != "sqlite" or url.database in IN_MEMORY or str(url.database).startswith("file:"):
        return None
    path = Path(str(url.database)).absolute()
    return path, which_file(path)


def which_file(path: Path) -> tuple[int, int] | None:
    """What tells a file from another of the same name; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def engine_for(url: URL) -> Engine:
    """What connects to a database: one writer at a time, and what was answered is on the disk."""
    is_sqlite = url.get_backend_name() == "sqlite"
    if is_sqlite and url.database in IN_MEMORY:
        # one connection for all threads: each connection has a memory of its own
        made = sql.create_engine(url, poolclass=sql.StaticPool, connect_args={"check_same_thread": False})
    elif is_sqlite and "timeout" not in url.query:
        made = sql.create_engine(url, connect_args={"timeout": PATIENCE_SECONDS})
    else:
        made = sql.create_engine(url, pool_pre_ping=True)  # a server that was started again is no error
    if url.get_backend_name() == "postgresql":

        @sql.event.listens_for(made, "connect")
        def _patient(connection: Any, _record: Any) -> None:
            with connection.cursor() as cursor:
                cursor.execute(f"SET lock_timeout = '{PATIENCE_SECONDS}s'")
            connection.commit()

    if is_sqlite:

        @sql.event.listens_for(made, "connect")
        def _connected(connection: Any, _record: Any) -> None:
            connection.isolation_level = None  # transactions begin where this library says, see below
            cursor = connection.cursor()
            cursor.execute("PRAGMA synchronous=FULL")  # what was answered is on the disk
            cursor.close()

        @sql.event.listens_for(made, "begin")
        def _begun(connection: Connection) -> None:
            # one writer at a time, from its first reading on; who only reads keeps nobody waiting
            is_reading = connection.get_execution_options().get(READING)
            connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")

    return made
