"""The way to the server: drivers on a loop of their own, one pool for each kind of work, a time limit on everything.

The driver belongs to the event loop that made it. So the store has a loop on a thread of its own, on which all drivers live; whoever asks,
from whichever loop, waits for what runs there. The logic that all stores share waits for its rows, so it runs on worker threads.

A server that refuses or is silent costs the limit and not more: connecting, waiting for a free connection and each answer are limited.
What writes may wait for its turn longer than that; so while it waits, the server is asked for a sign of life on a way of its own.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeAlias, TypeVar

import neo4j
from neo4j import AsyncDriver, AsyncGraphDatabase, AsyncManagedTransaction, AsyncSession, Bookmarks, unit_of_work
from neo4j.exceptions import AuthError, ConfigurationError, DriverError, Neo4jError, ServiceUnavailable, SessionExpired, TransientError

from graph.errors import GraphUnavailable, RingfenceError
from graph.stores.neo4j.transacting import MOST, Transaction
from graph.stores.shared.tables import Row

T = TypeVar("T")

logging.getLogger("neo4j").setLevel(logging.CRITICAL)  # what fails is raised, and told in our words

RETRYING: Final = 5.0
"""Seconds in which a transaction is tried again when the server asks for it."""

FRESH: Final = 1.0
"""Seconds for which an answer shows that the server is there."""


class Pool(Enum):
    """Kinds of work, each with connections and worker threads of its own, so that none of them waits for another."""

    DECIDING = ("deciding", 24)
    LOADING = ("loading", 3)
    ANALYSTS = ("analysts", 4)
    PROBING = ("probing", 1)

    def __init__(self, title: str, size: int) -> None:
        self.title = title
        self.size = size


@dataclass(frozen=True, slots=True)
class Limits:
    """Longest waits, in seconds: together what a server that refuses or is silent may cost."""

    connecting: float = 0.25
    """For a connection to be made."""
    waiting: float = 0.3
    """For a free connection; and for the first answer of a transaction, which no lock holds up."""
    deciding: float = 0.35
    """For a question of a decision that states no deadline."""
    recording: float = 10.0
    """For one call of `record`, its turn at the institution's lock included."""
    quiet: float = 0.1
    """Without any answer after which a call that writes asks the server for a sign of life."""
    loading: float = 120.0
    """For one commit of an import."""
    analysts: float = 30.0
    """For any other question."""

    def of(self, pool: Pool) -> float:
        """For one call of this kind of work."""
        return {Pool.LOADING: self.loading, Pool.ANALYSTS: self.analysts}.get(pool, self.deciding)

    @classmethod
    def of_silence(cls, seconds: float) -> Limits:
        """Limits with which a server that is silent costs no more than these seconds."""
        return cls(connecting=seconds * 5 / 7, waiting=seconds * 5 / 7, deciding=seconds, quiet=seconds * 2 / 7)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is and as whom to speak to it; the password is never shown."""

    url: str
    """`bolt://host:port` or `neo4j://host:port`, `+s` for TLS."""
    user: str
    password: str
    deployment: str = "ringfence"
    """Several deployments may share a server: each sees its own institutions alone."""

    def __repr__(self) -> str:
        return f"Address(url={self.url!r}, user={self.user!r}, deployment={self.deployment!r})"


Work: TypeAlias = Callable[[Transaction], T]


class Connections:
    """All ways to one server."""

    def __init__(self, address: Address, limits: Limits) -> None:
        """Nothing is connected before it is needed. Raises `GraphUnavailable` for an address that cannot be one."""
        self._address = address
        self.limits = limits
        self._closed = False
        self._reached = -FRESH
        """When the server last answered."""
        self._probe: asyncio.Task[None] | None = None
        """A sign of life that is asked for now; all who need one wait for the same."""
        self._ending: set[asyncio.Task[Any]] = set()
        """Transactions that gave their answer and are being ended; the loop itself holds tasks loosely."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="graph-server", daemon=True)
        self._thread.start()
        self._workers = {pool: ThreadPoolExecutor(pool.size, f"graph-{pool.title}") for pool in Pool}
        self._bookmarks = Bookmarks.from_raw_values(())
        try:
            self._drivers = {pool: self._driver(pool) for pool in Pool}
        except (ConfigurationError, ValueError) as error:
            self._stop()
            raise GraphUnavailable(
                f"The graph's address {address.url} is none: give bolt://host:port or neo4j://host:port.", "UNREACHABLE"
            ) from error

    def _driver(self, pool: Pool) -> AsyncDriver:
        async def make() -> AsyncDriver:
            return AsyncGraphDatabase.driver(
                self._address.url,
                auth=(self._address.user, self._address.password),
                connection_timeout=self.limits.connecting,
                connection_acquisition_timeout=self.limits.waiting,
                connection_write_timeout=self.limits.waiting,
                max_connection_pool_size=pool.size,
                max_transaction_retry_time=min(self.limits.of(pool), RETRYING),
                initial_retry_delay=0.02,
                liveness_check_timeout=30.0,
                keep_alive=True,
                notifications_min_severity="OFF",
                user_agent="ringfence",
            )

        return asyncio.run_coroutine_threadsafe(make(), self._loop).result()

    async def read(self, pool: Pool, work: Work[T], seconds: float | None = None) -> T:
        """Do the work in a transaction that reads, on a worker thread. Raises `GraphUnavailable`."""
        return await self._run(pool, work, self.limits.of(pool) if seconds is None else seconds, writes=False)

    async def write(self, pool: Pool, work: Work[T], seconds: float) -> T:
        """Do the work in a transaction that writes, again when the server asks for it. Raises `GraphUnavailable`."""
        return await self._run(pool, work, seconds, writes=True)

    async def _run(self, pool: Pool, work: Work[T], seconds: float, *, writes: bool) -> T:
        if self._closed:
            raise GraphUnavailable("The graph is closed: start the program again.", "UNREACHABLE")
        begun = threading.Event()
        future = self.begin(self._transact(pool, work, seconds, begun if writes else None))
        wrapped = asyncio.wrap_future(future)
        if not writes:
            return await wrapped
        wrapped.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            return await asyncio.shield(wrapped)  # the caller may be gone; what was begun is finished
        except asyncio.CancelledError:
            if not begun.is_set():  # it still waits for its turn, and would only keep others from theirs
                future.cancel()
            raise

    async def _transact(self, pool: Pool, work: Work[T], seconds: float, begun: threading.Event | None) -> T:
        """`begun`, of work that writes, is set once the server gave its first answer."""
        try:
            if begun is not None:
                await self._reach()
            async with asyncio.timeout(seconds):
                return await (self._read(pool, work, seconds) if begun is None else self._write(pool, work, seconds, begun))
        except RingfenceError:
            raise
        except Exception as error:
            raise unavailable(error) from error

    async def _read(self, pool: Pool, work: Work[T], seconds: float) -> T:
        """The answer as soon as it is there: that the transaction then ends is not waited for."""
        answer: asyncio.Future[T] = self._loop.create_future()
        task = self._loop.create_task(self._session(pool, work, seconds, answer=answer))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        try:
            await asyncio.wait({answer, task}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if answer.done():
            task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
            return answer.result()
        return task.result()

    async def _write(self, pool: Pool, work: Work[T], seconds: float, begun: threading.Event) -> T:
        """As often as nothing was heard for a while, the server is asked for a sign of life: it may be our turn that takes so long."""
        task = self._loop.create_task(self._session(pool, work, seconds, begun=begun))
        try:
            while not (await asyncio.wait({task}, timeout=self.limits.quiet))[0]:
                if time.monotonic() - self._reached >= self.limits.quiet:
                    await self._sign_of_life()
            return task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})

    async def _session(
        self, pool: Pool, work: Work[T], seconds: float, *, begun: threading.Event | None = None, answer: asyncio.Future[T] | None = None
    ) -> T:
        until, writes = time.monotonic() + seconds, begun is not None

        def answered() -> None:
            self._answered()
            if begun is not None:
                begun.set()

        @unit_of_work(timeout=seconds)
        async def run(transaction: AsyncManagedTransaction) -> T:
            asked = Transaction(transaction, self._loop, until, answered)
            found = await self._loop.run_in_executor(self._workers[pool], work, asked)
            await asked.send()
            if answer is not None and not answer.done():
                answer.set_result(found)
            return found

        after = self._bookmarks
        async with self.session(pool, after, writes=writes) as session:
            # The first query goes with BEGIN, as the driver's own `execute_query` does it: a round trip less.
            with getattr(session, "_pipelined_begin", None) or nullcontext():
                done: T = await (session.execute_write(run) if writes else session.execute_read(run))
            self._answered()
            if writes:
                self._note(after, await session.last_bookmarks())
            return done

    def _answered(self) -> None:
        self._reached = time.monotonic()

    def session(self, pool: Pool, after: Bookmarks, *, writes: bool) -> AsyncSession:
        """A session for one piece of work that sees at least what was written by these bookmarks; on the loop of the drivers."""
        if writes:
            return self._drivers[pool].session(bookmarks=after, fetch_size=-1, max_transaction_retry_time=RETRYING)
        return self._drivers[pool].session(bookmarks=after, fetch_size=-1, default_access_mode=neo4j.READ_ACCESS)

    def _note(self, after: Bookmarks, last: Bookmarks) -> None:
        """What was written after these bookmarks stands for them; what others wrote in between stays."""
        self._bookmarks = Bookmarks.from_raw_values((self._bookmarks.raw_values - after.raw_values) | last.raw_values)

    async def _reach(self) -> None:
        """Ask the server for a sign of life before writing, unless it gave one just now: writing itself may wait for its turn."""
        if time.monotonic() - self._reached >= FRESH:
            await self._sign_of_life()

    async def _sign_of_life(self) -> None:
        """Return when the server answers. Raises the driver's errors, `TimeoutError`."""
        if self._probe is None or self._probe.done():
            self._probe = self._loop.create_task(self._ask_for_one())
        await asyncio.shield(self._probe)

    async def _ask_for_one(self) -> None:
        none = Bookmarks.from_raw_values(())
        async with asyncio.timeout(self.limits.waiting), self.session(Pool.PROBING, none, writes=False) as session:
            await (await session.run("RETURN 1")).consume()
        self._answered()

    async def take_turn(self, query: str, parameters: Mapping[str, Any], seconds: float) -> None:
        """Ask a query that waits for a lock, or one that is rehearsed, and undo it. Raises `GraphUnavailable`."""

        async def run() -> None:
            try:
                async with (
                    asyncio.timeout(seconds),
                    self.session(Pool.ANALYSTS, self._bookmarks, writes=True) as session,
                    await session.begin_transaction(timeout=seconds) as transaction,
                ):
                    await (await transaction.run(query, dict(parameters))).consume()
                    await transaction.rollback()
            except Exception as error:
                raise unavailable(error) from error

        await asyncio.wrap_future(self.begin(run()))

    async def statements(self, some: Sequence[tuple[str, Mapping[str, Any]]], seconds: float) -> list[list[Row]]:
        """Run statements that may not share a transaction, schema changes among them, one by one. Raises `GraphUnavailable`."""

        async def run() -> list[list[Row]]:
            found: list[list[Row]] = []
            try:
                async with asyncio.timeout(seconds), self._drivers[Pool.LOADING].session() as session:
                    for text, parameters in some:
                        result = await session.run(text, dict(parameters))
                        found.append([tuple(record) for record in await result.fetch(MOST)])
            except Exception as error:
                raise unavailable(error) from error
            return found

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(run(), self._loop))

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Let work run on the loop of the drivers."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for work on the loop of the drivers; for whoever has no loop, or may keep his waiting."""
        return self.begin(work).result()

    def finish_all(self) -> None:
        """Like `close`, waiting."""
        if not self._closed:
            self._closed = True
            self._close()

    async def close(self) -> None:
        """Finish what was begun and let go of connections and threads."""
        await asyncio.to_thread(self.finish_all)

    def _close(self) -> None:
        for workers in self._workers.values():
            workers.shutdown(wait=True)
        asyncio.run_coroutine_threadsafe(self._close_drivers(), self._loop).result(5)
        self._stop()

    async def _close_drivers(self) -> None:
        if self._ending:
            await asyncio.wait(self._ending, timeout=1)
        for driver in self._drivers.values():
            await driver.close()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def unavailable(error: BaseException) -> GraphUnavailable:
    """A failure in the contract's words."""
    if isinstance(error, GraphUnavailable):
        return error
    if isinstance(error, AuthError):
        return GraphUnavailable("The graph's server refuses the user or the password: give those it was set up with.", "UNREACHABLE")
    if isinstance(error, TimeoutError | asyncio.TimeoutError):
        return GraphUnavailable("The graph's server did not answer in time: send again.", "TIMED_OUT")
    if isinstance(error, TransientError):
        return GraphUnavailable(f"The graph's server could not finish now ({error.code}): send again.", "TIMED_OUT")
    if isinstance(error, ServiceUnavailable | SessionExpired | OSError):
        return GraphUnavailable("The graph's server cannot be reached: see that it runs and that its address is right.", "UNREACHABLE")
    if isinstance(error, Neo4jError):
        return GraphUnavailable(f"The graph's server failed ({error.code}): see the log.", "FAILED")
    if isinstance(error, DriverError):
        return GraphUnavailable(f"The way to the graph's server failed ({type(error).__name__}): send again.", "UNREACHABLE")
    return GraphUnavailable(f"The graph failed ({type(error).__name__}): this is a fault of ours, see the log.", "FAILED")
