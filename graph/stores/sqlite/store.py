"""The embedded store behind `graph.store.GraphStore`, whose docstrings are the contract.

Reads run on a few threads, each with a connection and a short read transaction of its own, and never wait for the writer.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Final, TypeVar

from graph import clock
from graph.contents import Fact
from graph.errors import GraphUnavailable, InvalidInput, Problem
from graph.flows.checking import check_scope
from graph.flows.findings import MAXIMUM_ROWS
from graph.flows.guarding import Guard, guarded_ends
from graph.flows.reader import Question
from graph.metering import running
from graph.model import (
    Entity,
    EntityName,
    Instant,
    Institution,
    Moment,
    Neighbourhood,
    PathSearch,
    Surroundings,
    TieKind,
    WalkBounds,
)
from graph.sealing import Sealer, Sealers
from graph.store import MAXIMUM_FACTS, Answered, Erased, HeldTies, KeptFact, Page, Recording, Wanted
from graph.stores.shared.encoding import Prepared, prepare
from graph.stores.shared.giving import give
from graph.stores.shared.holding import check_held
from graph.stores.shared.paging import Paging
from graph.stores.shared.paths import search
from graph.stores.shared.rows import EVERYTHING
from graph.stores.shared.seeking import seek
from graph.stores.shared.snapshot import Snapshot
from graph.stores.shared.surroundings import surround
from graph.stores.shared.walking import walk
from graph.stores.sqlite.erasing import erase_in_file
from graph.stores.sqlite.failing import check_file, check_log, file_identity, unavailable
from graph.stores.sqlite.institutions import check_deployment, find_institution
from graph.stores.sqlite.lists import newest_seen
from graph.stores.sqlite.money import Money
from graph.stores.sqlite.reading import SqliteSnapshot
from graph.stores.sqlite.remembering import Memory
from graph.stores.sqlite.tables import WAITING_SECONDS, open_reader, open_writer
from graph.stores.sqlite.writing import Call, Writer

T = TypeVar("T")

READERS: Final = 4
"""Reads at once."""

MAXIMUM_BULK: Final = 50_000
"""Facts in one call of `record_bulk`."""

MAXIMUM_IDS: Final = 1_000
"""Entities in one call of `entities`."""

_INLINE: Final = 20
"""Facts that are prepared at once; more are prepared on another thread, so that the event loop goes on."""


class SqliteStore(Paging):
    """A `graph.store.GraphStore` in one file; several processes may open the same."""

    def __init__(self, path: Path, sealers: Sealers, *, now: Callable[[], Instant] = clock.now, waiting: float = WAITING_SECONDS) -> None:
        """Open the file, making it when it is not there; `waiting` is how many seconds to wait for another process that writes.

        Raises `GraphUnavailable`.
        """
        self._path = path
        self._sealers = sealers
        self._now = now
        self._closed = False
        self._memory = Memory()
        self._idle: LifoQueue[sqlite3.Connection] = LifoQueue()
        try:
            check_log(path)
            self._writer = Writer(path, sealers, now, waiting)
            self._identity = file_identity(path)
        except (sqlite3.Error, OSError) as error:
            raise unavailable(error, path) from error
        self._readers = ThreadPoolExecutor(READERS, "graph-reader")

    @classmethod
    def open(cls, path: Path, sealers: Sealers, check: bytes | None = None, *, waiting: float = WAITING_SECONDS) -> SqliteStore:
        """Open the store and compare its keys, the deployment's `check` value (when given) and each institution's.

        `waiting` bounds later writes; opening itself is patient. Raises `GraphUnavailable`; `WrongKeys` when the file was written
        with other keys.
        """
        store = cls(path, sealers, waiting=waiting)
        try:
            store._check(check)
        except BaseException:
            store._close()
            raise
        return store

    async def record(self, institution: Institution, source: str, facts: Sequence[Fact], *, together: bool = False) -> Recording:
        """Record up to 1,000 facts durably; see `GraphStore.record`."""
        if not 1 <= len(facts) <= MAXIMUM_FACTS:
            raise InvalidInput([Problem(("facts",), f"holds {len(facts):,} facts: give 1 to {MAXIMUM_FACTS:,}")])
        return await self._record(institution, source, facts, together=together)

    async def record_bulk(self, institution: Institution, source: str, facts: Sequence[Fact]) -> Recording:
        """Like `record`, for up to 50,000 facts of an import: fewer and larger commits."""
        if not 1 <= len(facts) <= MAXIMUM_BULK:
            raise InvalidInput([Problem(("facts",), f"holds {len(facts):,} facts: give 1 to {MAXIMUM_BULK:,}")])
        return await self._record(institution, source, facts, together=False)

    async def record_guarded(self, institution: Institution, source: str, fact: Fact, guard: Guard) -> Recording:
        """Record a transfer or guarantee unless its guard trips; see `GraphStore.record_guarded`."""
        guarded_ends(fact, guard)
        return await self._record(institution, source, [fact], together=True, guard=guard)

    async def now(self, institution: str) -> Moment:
        """The present of this machine's clock and of the file; see `GraphStore.now`."""

        def read(snapshot: SqliteSnapshot) -> Moment:
            return Moment(self._now(), snapshot.newest())

        return await self._read(institution, Moment(0, 0), read)

    async def entity_id(self, institution: str, name: EntityName, moment: Moment) -> str | None:
        """Id of the entity named, None when it does not exist then; see `GraphStore.entity_id`."""
        id_ = name.id
        if id_ is None:
            assert name.key is not None, "an entity is named by id or by key"
            id_ = self._sealers(institution).entity_id(name.kind, name.key)
        wanted = id_
        return await self._read(institution, moment, lambda snapshot: None if snapshot.node(wanted) is None else wanted)

    async def entities(self, institution: str, ids: Sequence[str], moment: Moment) -> dict[str, Entity]:
        """The entities with these ids, at most 1,000; see `GraphStore.entities`."""
        if len(ids) > MAXIMUM_IDS:
            raise InvalidInput([Problem(("ids",), f"holds {len(ids):,} ids: give at most {MAXIMUM_IDS:,}")])

        def read(snapshot: Snapshot) -> dict[str, Entity]:
            return {entity.id: entity for entity in snapshot.entities(snapshot.nodes(ids).values()).values()}

        return await self._read(institution, moment, read)

    async def look(self, institution: str, moment: Moment, work: Callable[[Snapshot], T]) -> T:
        """See `Paging.look`."""
        return await self._read(institution, moment, work)

    def sealer(self, institution: str) -> Sealer:
        """See `Paging.sealer`."""
        return self._sealers(institution)

    async def neighbourhood(
        self, institution: str, centre: str, moment: Moment, bounds: WalkBounds, *, deadline: float
    ) -> Neighbourhood | None:
        """The bounded piece of graph around an entity; see `GraphStore.neighbourhood`."""
        until = time.monotonic() + deadline

        def read(snapshot: Snapshot) -> Neighbourhood | None:
            number = snapshot.node(centre)
            return None if number is None else walk(snapshot, number, bounds, until)

        return await self._read(institution, moment, read)

    async def paths(
        self, institution: str, from_: str, to: str, moment: Moment, *,
        kinds: frozenset[TieKind] | None, maximum_length: int, maximum_paths: int, deadline: float,
    ) -> PathSearch:  # fmt: skip
        """The strongest chains between two entities, none when one is unknown; see `GraphStore.paths`."""
        until = time.monotonic() + deadline

        def read(snapshot: Snapshot) -> PathSearch:
            start, end = snapshot.node(from_), snapshot.node(to)
            if start is None or end is None:
                return PathSearch(())
            return search(snapshot, start, end, kinds=kinds, maximum_length=maximum_length, maximum_paths=maximum_paths, deadline=until)

        return await self._read(institution, moment, read)

    async def surroundings(
        self, institution: str, loan: str, moment: Moment, bounds: WalkBounds, *, deadline: float
    ) -> Surroundings | None:
        """All that one decision may look at; see `GraphStore.surroundings`."""
        until = time.monotonic() + deadline

        def read(snapshot: SqliteSnapshot) -> Surroundings | None:
            number = snapshot.node(loan)
            money = Money(snapshot, until, MAXIMUM_ROWS)
            return None if number is None else surround(snapshot, number, bounds, until, money=money)

        return await self._read(institution, moment, read)

    async def kept_facts(self, institution: str, *, after: int, first: int, clear: bool) -> tuple[KeptFact, ...]:
        """Facts as they were reported, page by page; see `BulkStore.kept_facts`."""
        sealer = self._sealers(institution)
        return await self._read(institution, EVERYTHING, lambda snapshot: give(snapshot, sealer, after, first, clear=clear))

    async def newest_fact(self, institution: str) -> int:
        """Where the newest fact is kept; see `BulkStore.newest_fact`."""
        return await self._read(institution, EVERYTHING, lambda snapshot: snapshot.newest_fact())

    async def held_ties(self, institution: str, kinds: frozenset[TieKind], *, after: int, first: int) -> HeldTies:
        """Ties that hold now, page by page; see `BulkStore.held_ties`."""
        check_held(kinds, first)
        return await self._read(institution, EVERYTHING, lambda snapshot: snapshot.held_ties(kinds, after, first))

    async def find(self, institution: str, wanted: Wanted, *, first: int, after: str | None = None) -> Page[Entity]:
        """Entities by name, key or standing; see `GraphStore.find`."""
        sealer = self._sealers(institution)

        def read(snapshot: SqliteSnapshot) -> Page[Entity]:
            newest = partial(newest_seen, snapshot.connection, snapshot.number, wanted)
            return seek(snapshot, sealer, wanted, newest, first, after)

        return await self._read(institution, EVERYTHING, read)

    async def erase(self, institution: str, person: str) -> Erased | None:
        """Forget a person; see `GraphStore.erase`."""
        try:
            return await asyncio.to_thread(erase_in_file, self._path, institution, self._sealers(institution), person)
        except (sqlite3.Error, OSError) as error:
            raise unavailable(error, self._path) from error

    async def ask(self, institution: str, question: Question[T], moment: Moment, *, deadline: float) -> Answered[T]:
        """A question about money; see `GraphStore.ask`."""
        check_scope(question)
        until = time.monotonic() + deadline

        def read(snapshot: SqliteSnapshot) -> Answered[T]:
            money = Money(snapshot, until)
            value = question.answer(money)
            return Answered(value, money.cut)

        return await self._read(institution, moment, read)

    async def ready(self) -> None:
        """Return when the file can be read and written with these keys; see `GraphStore.ready`.

        A commit proves it, of a call or else one of its own that waits its turn; asked often, it writes twice a second at most.
        """
        await asyncio.get_running_loop().run_in_executor(self._pool(), self._check_keys)
        if not self._writer.proof.stands():
            call = Call("", "", (), together=False, proof=True)
            self._writer.submit(call)
            await asyncio.wrap_future(call.answer)

    async def close(self) -> None:
        """Finish what was begun and let go; see `GraphStore.close`."""
        await asyncio.to_thread(self._close)

    def waiting(self) -> int:
        """Calls that wait to be written."""
        return self._writer.waiting()

    async def _record(
        self, institution: Institution, source: str, facts: Sequence[Fact], *, together: bool, guard: Guard | None = None
    ) -> Recording:
        self._pool()
        sealer = self._sealers(institution.id)

        def ready() -> list[Prepared]:
            return [prepare(fact, source, sealer) for fact in facts]

        prepared = ready() if len(facts) <= _INLINE else await asyncio.to_thread(ready)
        call = Call(institution.id, source, prepared, together, running(), guard)
        self._writer.submit(call)
        answer = asyncio.wrap_future(call.answer)
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())  # the caller may be gone; the commit goes on
        return await asyncio.shield(answer)

    async def _read(self, institution: str, moment: Moment, work: Callable[[SqliteSnapshot], T]) -> T:
        """Do the work in a snapshot of its own, on a thread of its own."""

        meter = running()

        def run() -> T:
            begun = time.thread_time_ns()
            try:
                return inside()
            finally:
                if meter is not None:
                    meter.add(time.thread_time_ns() - begun)

        def inside() -> T:
            with (
                self._reader() as connection,
                SqliteSnapshot(connection, institution, moment, self._sealers(institution), self._memory) as snapshot,
            ):
                return work(snapshot)

        return await asyncio.get_running_loop().run_in_executor(self._pool(), run)

    def _pool(self) -> ThreadPoolExecutor:
        if self._closed:
            raise GraphUnavailable("The graph is closed: start the program again.", "UNREACHABLE")
        return self._readers

    @contextlib.contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        """A connection to a file that is still the one that was opened; one that failed is not used again."""
        check_file(self._path, self._identity)
        connection: sqlite3.Connection | None = None
        try:
            try:
                connection = self._idle.get_nowait()
            except Empty:
                connection = self._open_reader()
            yield connection
        except (sqlite3.Error, OSError) as error:
            if connection is not None:
                connection.close()
            raise unavailable(error, self._path) from error
        except BaseException:
            if connection is not None:
                connection.close()
            raise
        else:
            self._idle.put(connection)

    def _open_reader(self) -> sqlite3.Connection:
        return open_reader(self._path)

    def _check(self, check: bytes | None) -> None:
        """That the file can be read, that no other process keeps it from being written, and that the keys are those it was written with."""
        self._check_keys()
        try:
            with contextlib.closing(open_writer(self._path)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                if check is not None:
                    check_deployment(connection, check)
                connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise unavailable(error, self._path) from error

    def _check_keys(self) -> None:
        """That the file can be read, and that each institution's keys are those it was written with."""
        with self._reader() as connection:
            known = connection.execute("SELECT id FROM institution ORDER BY number LIMIT 1000").fetchall()
            for (institution,) in known:
                find_institution(connection, institution, self._sealers(institution))

    def _close(self) -> None:
        self._closed = True
        self._writer.close()
        self._readers.shutdown(wait=True)
        while not self._idle.empty():
            self._idle.get_nowait().close()
