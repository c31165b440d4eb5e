"""SQLite as the place of the records: one file, one writer at a time, WAL, synchronous FULL."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.pool import NullPool

from api.transacting import RecordsUnavailable
from graph.pairing import next_count

NORMAL: Final = 1
FULL: Final = 2


def embedded_engine(path: Path, lock_seconds: float = 0.5) -> Engine:
    """An engine over the SQLite file, whose connections leave transactions to whoever uses them (no implicit BEGIN)."""
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=NullPool,
        connect_args={"timeout": lock_seconds, "check_same_thread": False, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def prepare(raw: DBAPIConnection, _record: object) -> None:
        cursor = raw.cursor()
        _keep_a_log(cursor, engine.dialect.loaded_dbapi.OperationalError, lock_seconds)
        for pragma in (f"synchronous={FULL}", "foreign_keys=ON", "temp_store=MEMORY", "cache_size=-16000"):
            cursor.execute(f"PRAGMA {pragma}")
            cursor.fetchall()
        cursor.close()

    return engine


def _keep_a_log(cursor: DBAPICursor, locked: type[Exception], lock_seconds: float) -> None:
    """Have the file keep a write-ahead log. SQLite does not wait while another start changes a new file to one: it says `locked`."""
    until = time.monotonic() + lock_seconds
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.fetchall()
            return
        except locked:
            if time.monotonic() > until:
                raise
            time.sleep(0.005)


def count_commit(raw: Any) -> None:  # noqa: ANN401 - a connection of the driver
    """Count a commit in the file's header, by which a log of another file is known (`graph.pairing`)."""
    count = raw.execute("PRAGMA application_id").fetchone()[0]
    raw.execute(f"PRAGMA application_id = {next_count(count):d}")


@dataclass(slots=True)
class EmbeddedFile:
    """The file of the records. A process keeps to the one that it opened first: what went into a removed one would be lost."""

    path: Path
    identity: tuple[int, int] | None = None
    """Device and file number; None before it was opened."""

    def check(self) -> None:
        """Raise `RecordsUnavailable` when the file was removed or another stands in its place."""
        if self.identity is not None and self._found() != self.identity:
            name = self.path.name
            raise RecordsUnavailable(
                f"The file {name} was removed or replaced while in use: put it back, or start the program again.", "REMOVED"
            )

    def keep(self) -> None:
        """Remember the file that was just opened."""
        self.identity = self.identity or self._found()

    def _found(self) -> tuple[int, int] | None:
        try:
            stat = self.path.stat()
        except OSError:
            return None
        return stat.st_dev, stat.st_ino


@dataclass(slots=True)
class EmbeddedSession:
    """A thread's own connection to the file (`api.transacting.Session`)."""

    engine: Engine
    file: EmbeddedFile
    connection: Connection | None = None
    raw: Any = None
    synchronous: int = FULL
    changes: int = 0
    """Rows that the connection had changed when its transaction began."""

    def _open(self) -> Connection:
        self.file.check()
        if self.connection is None:
            self.connection = self.engine.connect()
            self.file.keep()
            self.raw = self.connection.connection.driver_connection
            self.synchronous = FULL
        return self.connection

    def begin(self, institutions: Sequence[str | None], *, durable: bool) -> Connection:
        """Take the file's one write lock: whose institution a piece is for plays no part."""
        connection = self._open()
        level = FULL if durable else NORMAL
        if self.synchronous != level:
            self.raw.execute(f"PRAGMA synchronous={level}")
            self.synchronous = level
        self.raw.execute("BEGIN IMMEDIATE")
        self.changes = self.raw.total_changes
        return connection

    def look(self, institution: str | None) -> Connection:
        """Read from one snapshot."""
        connection = self._open()
        self.raw.execute("BEGIN")
        return connection

    def enter(self, institution: str | None) -> None:
        """A savepoint."""
        self.raw.execute("SAVEPOINT piece")

    def leave(self) -> None:
        """Keep what was done since the savepoint."""
        self.raw.execute("RELEASE piece")

    def undo(self) -> None:
        """Undo what was done since the savepoint."""
        self.raw.execute("ROLLBACK TO piece")
        self.raw.execute("RELEASE piece")

    def commit(self) -> None:
        """Commit, unless the file is gone; a commit that changed anything is counted."""
        self.file.check()
        if self.raw.total_changes != self.changes:
            count_commit(self.raw)
        self._end("COMMIT")

    def rollback(self) -> None:
        """Roll back."""
        self._end("ROLLBACK")

    def _end(self, word: str) -> None:
        """COMMIT or ROLLBACK, and let SQLAlchemy forget its own transaction."""
        assert self.connection is not None
        self.raw.execute(word)
        self.connection.rollback()

    def close(self) -> None:
        """Closing rolls back; the next work opens a fresh connection."""
        connection, self.connection = self.connection, None
        if connection is not None:
            try:
                connection.close()
            except exc.SQLAlchemyError:
                connection.invalidate()
