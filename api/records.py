"""Runs work on the records: the relational tables that the packages own, in one SQLite file apart from the graph.

Work is a plain function of a SQLAlchemy `Connection`; it lives with its tables. One writer thread takes what waits, runs each
piece in a savepoint of its own inside one `BEGIN IMMEDIATE`, commits once (WAL, synchronous FULL: durable), and only then says so.
Claims are committed before, with synchronous NORMAL: they survive a killed process, and need not survive power loss. A few reader
threads answer from snapshots of their own. Several processes may share the file; SQLite's write lock orders them.

Nothing here waits without bound: the queue, the wait for the lock and every call have one, and going over it is `RecordsUnavailable`.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeAlias, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import NullPool

from graph.errors import RingfenceError
from graph.metering import Meter, running
from graph.pairing import next_count
from graph.proof import Proof

T = TypeVar("T")

Work = Callable[[Connection], T]
"""What is run: it reads and writes tables, raises what its caller is to see, and never commits."""

NORMAL: Final = 1
FULL: Final = 2


class RecordsUnavailable(RingfenceError):
    """The records did not answer; a write that had begun may still be finished, so retry with the same idempotency key.

    `reason` is one word for operators: LOCKED, DISK_FULL, LATE ...
    """

    def __init__(self, message: str, reason: str = "FAILED") -> None:
        self.reason = reason
        super().__init__(message)


@dataclass(slots=True, eq=False)
class _Item(Generic[T]):
    """One piece of work on its way to a thread and back."""

    work: Work[T]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[T]
    durable: bool = True
    meter: Meter | None = None
    """Of the task that waits."""
    result: T | None = None
    error: BaseException | None = None


Line: TypeAlias = "queue.SimpleQueue[_Item[Any] | None]"
"""What waits for a thread; None ends it."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What bounds the runner; see `api.settings`."""

    queue: int = 2_000
    group: int = 64
    readers: int = 2
    timeout: float = 0.8
    lock_seconds: float = 0.5


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
        for pragma in ("journal_mode=WAL", f"synchronous={FULL}", "foreign_keys=ON", "temp_store=MEMORY", "cache_size=-16000"):
            cursor.execute(f"PRAGMA {pragma}")
            cursor.fetchall()
        cursor.close()

    return engine


def count_commit(raw: Any) -> None:  # noqa: ANN401 - a connection of the driver
    """Count a commit in the file's header, by which a log of another file is known (`graph.pairing`)."""
    count = raw.execute("PRAGMA application_id").fetchone()[0]
    raw.execute(f"PRAGMA application_id = {next_count(count):d}")


@dataclass(slots=True)
class _File:
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
class _Session:
    """A thread's own connection, opened when first needed and again after a failure."""

    engine: Engine
    file: _File
    connection: Connection | None = None
    raw: Any = None
    synchronous: int = FULL

    def open(self) -> Connection:
        self.file.check()
        if self.connection is None:
            self.connection = self.engine.connect()
            self.file.keep()
            self.raw = self.connection.connection.driver_connection
            self.synchronous = FULL
        return self.connection

    def durability(self, level: int) -> None:
        if self.synchronous != level:
            self.raw.execute(f"PRAGMA synchronous={level}")
            self.synchronous = level

    def end(self, word: str) -> None:
        """COMMIT or ROLLBACK, and let SQLAlchemy forget its own transaction."""
        assert self.connection is not None
        self.raw.execute(word)
        self.connection.rollback()

    def close(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            try:
                connection.close()
            except exc.SQLAlchemyError:
                connection.invalidate()


class Records:
    """The runner. Made in one event loop's process; its coroutines may be awaited from any loop of that process."""

    def __init__(self, engine: Engine, bounds: Bounds | None = None) -> None:
        self.engine = engine
        self.bounds = bounds or Bounds()
        self._writes: Line = queue.SimpleQueue()
        self._reads: Line = queue.SimpleQueue()
        self._closed = False
        self._proof = Proof()
        self._file = _File(Path(engine.url.database or ""))
        self.committed: Callable[[float], None] = lambda _seconds: None
        """Told the seconds of each durable commit, on the writer's thread."""
        self._threads = [threading.Thread(target=self._write_loop, name="records-writer", daemon=True)]
        readers = range(self.bounds.readers)
        self._threads += [threading.Thread(target=self._read_loop, name=f"records-reader-{n}", daemon=True) for n in readers]
        for thread in self._threads:
            thread.start()

    async def read(self, work: Work[T], timeout: float | None = None) -> T:  # noqa: ASYNC109 - a lighter timer
        """The work's answer from one snapshot. Raises `RecordsUnavailable` after `timeout` seconds, and what the work raises."""
        return await self._submit(self._reads, work, timeout)

    async def write(self, work: Work[T], timeout: float | None = None) -> T:  # noqa: ASYNC109 - a lighter timer
        """Run the work in its own savepoint and return its answer once it is durable; what it raises undoes it alone.

        Raises `RecordsUnavailable` when that took longer than `timeout` seconds or the queue is full. Work that had not begun by
        then is never begun; a commit that had begun is finished.
        """
        return await self._submit(self._writes, work, timeout)

    async def claim(self, work: Work[T], timeout: float | None = None) -> T:  # noqa: ASYNC109 - a lighter timer
        """Like `write`, but what it wrote survives a killed process only, not power loss; it waits for no disk."""
        return await self._submit(self._writes, work, timeout, durable=False)

    async def ready(self) -> None:
        """Return when the records can be read and written; raise `RecordsUnavailable` otherwise.

        A commit proves it, of anybody or else one of its own that waits its turn; asked often, it writes twice a second at most.
        """
        await self.read(lambda connection: connection.exec_driver_sql("SELECT 1").scalar())
        if not self._proof.stands():
            await self.write(lambda connection: count_commit(connection.connection.driver_connection))

    def waiting(self) -> int:
        """Writes in the queue."""
        return self._writes.qsize()

    def close(self) -> None:
        """Finish what waits and end the threads; afterwards every call is refused."""
        if self._closed:
            return
        self._closed = True
        self._writes.put(None)
        for _ in range(self.bounds.readers):
            self._reads.put(None)
        for thread in self._threads:
            thread.join(timeout=10)
        self.engine.dispose()

    async def _submit(self, line: Line, work: Work[T], seconds: float | None, *, durable: bool = True) -> T:
        if self._closed:
            raise RecordsUnavailable("The records are closed: the server is stopping; send again.", "STOPPED")
        if line.qsize() >= self.bounds.queue:
            raise RecordsUnavailable(f"More than {self.bounds.queue} calls wait for the records: send again in a moment.", "LATE")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        seconds = self.bounds.timeout if seconds is None else seconds
        timer = loop.call_later(max(seconds, 0.0), _expire, future, seconds)
        line.put(_Item(work, loop, future, durable, running()))
        try:
            return await future
        finally:
            timer.cancel()

    def _write_loop(self) -> None:
        session = _Session(self.engine, self._file)
        open_ = True
        while open_:
            item = self._writes.get()
            if item is None:
                break
            items = [item]
            while len(items) < self.bounds.group:
                try:
                    following = self._writes.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    open_ = False
                    break
                items.append(following)
            for durable in (False, True):
                group = [item for item in items if item.durable is durable and not item.future.done()]
                if group:
                    self._commit(session, group, durable=durable)
        session.close()

    def _commit(self, session: _Session, items: Sequence[_Item[Any]], *, durable: bool) -> None:
        """Run the group in one transaction and tell everybody what became of it."""
        started = time.thread_time_ns()
        try:
            connection = session.open()
            session.durability(FULL if durable else NORMAL)
            session.raw.execute("BEGIN IMMEDIATE")
            self._proof.begun()
            before = session.raw.total_changes
            for item in items:
                _run_in_savepoint(session, connection, item)
            self._file.check()
            if session.raw.total_changes != before:
                count_commit(session.raw)
            begun = time.perf_counter()
            session.end("COMMIT")
            if durable:
                self.committed(time.perf_counter() - begun)
            self._proof.succeeded()
        except Exception as error:
            self._proof.failed()
            refusal = unavailable(error)
            for item in items:
                item.error = refusal
            _abandon(session)
        self._proof.ended()
        _share(items, time.thread_time_ns() - started)
        _settle_all(items)

    def _read_loop(self) -> None:
        session = _Session(self.engine, self._file)
        while (item := self._reads.get()) is not None:
            if item.future.done():
                continue
            started = time.thread_time_ns()
            try:
                connection = session.open()
                session.raw.execute("BEGIN")
                try:
                    item.result = item.work(connection)
                finally:
                    session.end("ROLLBACK")
            except Exception as error:
                item.error = unavailable(error) if _is_of_the_database(error) else error
                if item.error is not error:
                    _abandon(session)
            _share([item], time.thread_time_ns() - started)
            _settle_all([item])
        session.close()


def unavailable(error: BaseException) -> RecordsUnavailable:
    """The refusal that says why the records could not be used."""
    if isinstance(error, RecordsUnavailable):
        return error
    said = str(getattr(error, "orig", None) or error)
    reason, word = next(((text, word) for part, text, word in _SAID if part in said), (said, "FAILED"))
    refusal = RecordsUnavailable(f"The records cannot be used now ({reason}): send again.", word)
    refusal.__cause__ = error
    return refusal


_SAID: Final = (
    ("full", "the disk is full", "DISK_FULL"),
    # So a full disk is called where not even the index of the log can grow.
    ("disk I/O error", "its disk is full or failing: see that there is room on it", "DISK_FAILING"),
    ("locked", "another process holds the lock", "LOCKED"),
    ("readonly", "the file or its folder is read-only", "READ_ONLY"),
    ("unable to open", "the file or its folder cannot be opened", "NOT_OPENED"),
    ("malformed", "the file is damaged: put back a backup", "DAMAGED"),
)
"""Part of what SQLite says, what it means, and the word for it."""


def _run_in_savepoint(session: _Session, connection: Connection, item: _Item[Any]) -> None:
    session.raw.execute("SAVEPOINT piece")
    try:
        item.result = item.work(connection)
    except Exception as error:
        if _is_of_the_database(error):
            raise
        item.error = error
        session.raw.execute("ROLLBACK TO piece")
    session.raw.execute("RELEASE piece")


def _is_of_the_database(error: BaseException) -> bool:
    """Whether the database failed, and not the work: a broken constraint is the work's."""
    return isinstance(error, (exc.DBAPIError, OSError)) and not isinstance(error, (exc.IntegrityError, exc.DataError, exc.ProgrammingError))


def _abandon(session: _Session) -> None:
    """Let go of a connection that failed: closing it rolls back, and the next work opens a fresh one."""
    session.close()


def _expire(future: asyncio.Future[Any], seconds: float) -> None:
    if not future.done():
        future.set_exception(RecordsUnavailable(f"The records did not answer within {seconds * 1000:.0f} ms: send again.", "LATE"))


def _share(items: Sequence[_Item[Any]], nanoseconds: int) -> None:
    """Let everybody in a group bear an equal part of its processor time."""
    for item in items:
        if item.meter is not None:
            item.meter.add(nanoseconds // len(items))


def _settle_all(items: Sequence[_Item[Any]]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_Item[Any]]] = {}
    for item in items:
        by_loop.setdefault(item.loop, []).append(item)
    for loop, group in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, group)
        except RuntimeError:  # the loop has ended: nobody waits any more
            continue


def _settle(items: Sequence[_Item[Any]]) -> None:
    for item in items:
        if item.future.done():
            continue
        if item.error is not None:
            item.future.set_exception(item.error)
        else:
            item.future.set_result(item.result)
