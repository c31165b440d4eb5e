"""Runs work on the records: the relational tables that the packages own, in one SQLite file apart from the graph or in PostgreSQL.

Work is a plain function of a SQLAlchemy `Connection`; it lives with its tables, and runs for one institution. One writer thread takes
what waits, runs each piece in a savepoint of its own inside one transaction, commits once and durably, and only then says so. Claims
are committed before, and need not survive power loss; on PostgreSQL threads of their own commit them one by one. A few reader threads
answer from snapshots of their own. Several processes may share the records: SQLite's write lock orders them, on PostgreSQL the locks
of institutions and rows do (`api.postgres`).

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

from sqlalchemy import Connection, Engine, exc

from api.embedded import EmbeddedFile, EmbeddedSession, count_commit
from api.transacting import RecordsUnavailable, Session, Unreachable
from graph.metering import Meter, running
from graph.proof import Proof

T = TypeVar("T")

Work = Callable[[Connection], T]
"""What is run: it reads and writes tables, raises what its caller is to see, and never commits."""

__all__ = ["Bounds", "Records", "RecordsUnavailable", "Work", "unavailable"]


LOCK_NOT_AVAILABLE: Final = "55P03"
"""SQLSTATE of a lock that was waited for in vain."""

SERVED_GROUP: Final = 16
"""Most writes in one commit on a server: its institutions wait meanwhile in other processes, and each write is several round trips."""


@dataclass(slots=True, eq=False)
class _Item(Generic[T]):
    """One piece of work on its way to a thread and back."""

    work: Work[T]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[T]
    institution: str | None = None
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
    claimers: int = 2
    """Threads that commit claims where writers need not wait for one another."""
    pause: float = 0.5
    """Seconds that a server that refuses or is silent is left alone before one call of each thread tries it again."""


class Records:
    """The runner. Made in one event loop's process; its coroutines may be awaited from any loop of that process."""

    def __init__(self, engine: Engine, bounds: Bounds | None = None) -> None:
        self.engine = engine
        self.bounds = bounds or Bounds()
        self._writes: Line = queue.SimpleQueue()
        self._reads: Line = queue.SimpleQueue()
        self._closed = False
        self._proof = Proof()
        self._session = _sessions(engine)
        served = engine.dialect.name != "sqlite"
        self._claims: Line = queue.SimpleQueue() if served else self._writes
        self._group = min(self.bounds.group, SERVED_GROUP) if served else self.bounds.group
        self._pause = self.bounds.pause if served else 0.0
        self._alone_until = 0.0
        """Moment of `time.monotonic` until which a server that failed is not asked."""
        self.committed: Callable[[float], None] = lambda _seconds: None
        """Told the seconds of each durable commit, on the writer's thread."""
        readers, claimers = range(self.bounds.readers), range(self.bounds.claimers if served else 0)
        self._threads = [threading.Thread(target=self._write_loop, name="records-writer", daemon=True)]
        self._threads += [threading.Thread(target=self._read_loop, name=f"records-reader-{n}", daemon=True) for n in readers]
        self._threads += [threading.Thread(target=self._claim_loop, name=f"records-claimer-{n}", daemon=True) for n in claimers]
        for thread in self._threads:
            thread.start()

    async def read(self, work: Work[T], timeout: float | None = None, *, institution: str | None = None) -> T:  # noqa: ASYNC109 - a lighter timer
        """The work's answer from one snapshot. Raises `RecordsUnavailable` after `timeout` seconds, and what the work raises.

        Work sees what is kept of its `institution`; without one, who may ask and which jobs wait, and nothing of what is kept of lending.
        """
        return await self._submit(self._reads, work, timeout, institution)

    async def write(self, work: Work[T], timeout: float | None = None, *, institution: str | None = None) -> T:  # noqa: ASYNC109 - a lighter timer
        """Run the work in its own savepoint and return its answer once it is durable; what it raises undoes it alone.

        Raises `RecordsUnavailable` when that took longer than `timeout` seconds or the queue is full. Work that had not begun by
        then is never begun; a commit that had begun is finished. Work of one institution runs one after the other, in all processes.
        """
        return await self._submit(self._writes, work, timeout, institution)

    async def claim(self, work: Work[T], timeout: float | None = None, *, institution: str | None = None) -> T:  # noqa: ASYNC109 - a lighter timer
        """Like `write`, but what it wrote need survive a killed process only, not power loss; in a file it waits for no disk.

        It may run beside other work of the institution: what it reads in order to write it locks (`with_for_update`).
        """
        return await self._submit(self._claims, work, timeout, institution, durable=False)

    async def ready(self) -> None:
        """Return when the records can be read and written; raise `RecordsUnavailable` otherwise.

        A commit proves it, of anybody or else one of its own that waits its turn; asked often, it writes twice a second at most.
        """
        await self.read(lambda connection: connection.exec_driver_sql("SELECT 1").scalar())
        if not self._proof.stands():
            await self.write(_prove)

    def waiting(self) -> int:
        """Writes in the queue."""
        return self._writes.qsize()

    def close(self) -> None:
        """Finish what waits and end the threads; afterwards every call is refused."""
        if self._closed:
            return
        self._closed = True
        self._writes.put(None)
        for line, threads in ((self._reads, self.bounds.readers), (self._claims, self.bounds.claimers)):
            for _ in range(threads if line is not self._writes else 0):
                line.put(None)
        for thread in self._threads:
            thread.join(timeout=10)
        self.engine.dispose()

    async def _submit(self, line: Line, work: Work[T], seconds: float | None, institution: str | None, *, durable: bool = True) -> T:
        if self._closed:
            raise RecordsUnavailable("The records are closed: the server is stopping; send again.", "STOPPED")
        if line.qsize() >= self.bounds.queue:
            raise RecordsUnavailable(f"More than {self.bounds.queue} calls wait for the records: send again in a moment.", "LATE")
        self._check_alone()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        seconds = self.bounds.timeout if seconds is None else seconds
        timer = loop.call_later(max(seconds, 0.0), _expire, future, seconds)
        line.put(_Item(work, loop, future, institution, durable, running()))
        try:
            return await future
        finally:
            timer.cancel()

    def _check_alone(self) -> None:
        """Raise `Unreachable` while a server that failed is left alone."""
        if self._alone_until > time.monotonic():
            raise Unreachable("The records cannot be used now (their server failed a moment ago and is left alone): send again.")

    def _note_failure(self, error: BaseException) -> None:
        """Leave a server alone that refused or was silent; what waits in line is then refused at once."""
        if isinstance(error, Unreachable) and self._alone_until <= time.monotonic():
            self._alone_until = time.monotonic() + self._pause

    def _write_loop(self) -> None:
        session = self._session()
        open_ = True
        while open_:
            item = self._writes.get()
            if item is None:
                break
            items = [item]
            while len(items) < self._group:
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

    def _claim_loop(self) -> None:
        session = self._session()
        while (item := self._claims.get()) is not None:
            if not item.future.done():
                self._commit(session, [item], durable=False)
        session.close()

    def _commit(self, session: Session, items: Sequence[_Item[Any]], *, durable: bool) -> None:
        """Run the group in one transaction and tell everybody what became of it."""
        started = time.thread_time_ns()
        try:
            self._check_alone()
            connection = _begin(session, items, durable=durable)
            self._proof.begun()
            for item in items:
                _run_in_savepoint(session, connection, item)
            begun = time.perf_counter()
            session.commit()
            if durable:
                self.committed(time.perf_counter() - begun)
            self._proof.succeeded()
        except Exception as error:
            self._proof.failed()
            self._note_failure(error)
            refusal = unavailable(error)
            for item in items:
                item.error = refusal
            _abandon(session)
        self._proof.ended()
        _share(items, time.thread_time_ns() - started)
        _settle_all(items)

    def _read_loop(self) -> None:
        session = self._session()
        while (item := self._reads.get()) is not None:
            if item.future.done():
                continue
            started = time.thread_time_ns()
            try:
                self._check_alone()
                item.result = item.work(session.look(item.institution))
            except Exception as error:
                self._note_failure(error)
                item.error = unavailable(error) if _is_of_the_database(error) else error
            _share([item], time.thread_time_ns() - started)
            _settle_all([item])  # who waits need not wait for the end of a transaction that only read
            self._leave(session, item.error)
        session.close()

    def _leave(self, session: Session, error: BaseException | None) -> None:
        """End a transaction that only read."""
        if isinstance(error, RecordsUnavailable):
            _abandon(session)
            return
        try:
            session.rollback()
        except Exception as failure:
            self._note_failure(failure)
            _abandon(session)


def _sessions(engine: Engine) -> Callable[[], Session]:
    """What makes each thread's session on this engine."""
    if engine.dialect.name == "sqlite":
        file = EmbeddedFile(Path(engine.url.database or ""))
        return lambda: EmbeddedSession(engine, file)
    from api.postgres import ServerSession  # late: the embedded default needs no driver of a server

    return lambda: ServerSession(engine)


def unavailable(error: BaseException) -> RecordsUnavailable:
    """The refusal that says why the records could not be used."""
    if isinstance(error, RecordsUnavailable):
        return error
    source = getattr(error, "orig", None) or error
    said = str(source)
    if hasattr(source, "sqlstate"):  # a server's error, whose words name hosts and values
        from api.postgres import reason as server_reason

        reason, word = server_reason(source), "FAILED"
    else:
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


def _prove(connection: Connection) -> None:
    """Write what only a commit can keep: a count in a file's header, the number of a transaction on a server."""
    if connection.dialect.name == "sqlite":
        count_commit(connection.connection.driver_connection)
        return
    if connection.exec_driver_sql("SELECT pg_current_xact_id(), current_setting('transaction_read_only')").one()[1] == "on":
        raise RecordsUnavailable("The records cannot be used now (their server only reads): send again.", "READ_ONLY")


def _begin(session: Session, items: Sequence[_Item[Any]], *, durable: bool) -> Connection:
    """Begin; while a server's lock is held elsewhere, as long as anybody still waits for what follows."""
    while True:
        try:
            return session.begin([item.institution for item in items], durable=durable)
        except Exception as error:
            if getattr(error, "sqlstate", None) != LOCK_NOT_AVAILABLE or all(item.future.done() for item in items):
                raise


def _run_in_savepoint(session: Session, connection: Connection, item: _Item[Any]) -> None:
    if item.future.done():  # nobody waits any more: what had not begun is never begun
        return
    session.enter(item.institution)
    try:
        item.result = item.work(connection)
    except Exception as error:
        if _is_of_the_database(error):
            raise
        item.error = error
        session.undo()
    else:
        session.leave()


def _is_of_the_database(error: BaseException) -> bool:
    """Whether the database failed, and not the work: a broken constraint is the work's."""
    failed = isinstance(error, (exc.DBAPIError, OSError, Unreachable)) or hasattr(error, "sqlstate")
    return failed and not isinstance(error, (exc.IntegrityError, exc.DataError, exc.ProgrammingError))


def _abandon(session: Session) -> None:
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
