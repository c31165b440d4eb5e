"""The server store behind `graph.store.GraphStore`, whose docstrings are the contract."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeVar, cast

from graph import clock
from graph.bounds import around_a_loan
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
from graph.store import MAXIMUM_FACTS, Answered, Erased, HeldTies, KeptFact, Page, Recorded, Recording, Wanted
from graph.stores.neo4j import migrating
from graph.stores.neo4j.catalogue import institutions
from graph.stores.neo4j.confirming import Confirmed
from graph.stores.neo4j.connecting import Address, Connections, Limits, Pool
from graph.stores.neo4j.guarding import Undone, look_within
from graph.stores.neo4j.holding import held_ties
from graph.stores.neo4j.money import Interrupted, ServerMoney
from graph.stores.neo4j.planning import Planned
from graph.stores.neo4j.reading import ServerSnapshot
from graph.stores.neo4j.recording import Recorder, compare
from graph.stores.neo4j.rereading import read_whole
from graph.stores.neo4j.seeking import newest_seen
from graph.stores.neo4j.transacting import Transaction
from graph.stores.shared.encoding import Prepared, prepare
from graph.stores.shared.giving import give
from graph.stores.shared.guarding import SOURCE, blocks
from graph.stores.shared.holding import check_held
from graph.stores.shared.institutions import check_value
from graph.stores.shared.paging import Paging
from graph.stores.shared.paths import search
from graph.stores.shared.rows import EVERYTHING
from graph.stores.shared.seeking import seek
from graph.stores.shared.snapshot import Snapshot
from graph.stores.shared.surroundings import surround
from graph.stores.shared.walking import walk

T = TypeVar("T")

MAXIMUM_BULK: Final = 50_000
"""Facts in one call of `record_bulk`."""

BULK_COMMIT: Final = 5_000
"""Facts of one commit of an import: others who write to the institution wait for one such commit and not for the whole."""

MAXIMUM_IDS: Final = 1_000
"""Entities in one call of `entities`."""

GRACE: Final = 0.5
"""Seconds after a question's deadline in which the answer found until then is put together."""
OPENING_SECONDS: Final = 2.0
"""Longest that a server process waits for Neo4j before it begins without; another process has just opened it."""

PATIENT_SECONDS: Final = 180.0
"""Longest that a command does: indexes may have to be made."""

_INLINE: Final = 20
"""Facts that are prepared at once; more are prepared on another thread, so that the event loop goes on."""


class Neo4jStore(Paging):
    """A `graph.store.GraphStore` on a server; several processes may use the same."""

    def __init__(self, address: Address, sealers: Sealers, *, now: Callable[[], Instant] = clock.now, limits: Limits | None = None) -> None:
        """Nothing is connected before it is needed. Raises `GraphUnavailable` for an address that cannot be one."""
        self._connections = Connections(address, limits or Limits())
        self._deployment = address.deployment
        self._sealers = sealers
        self._now = now
        self._recorder = Recorder(address.deployment, sealers, now, self._connections.limits.waiting)
        self._confirmed = Confirmed(self._connections)
        self._plans: Planned | None = None
        """Of a store that keeps the server's plans ready."""

    @classmethod
    def open(
        cls, address: Address, sealers: Sealers, check: bytes | None = None, *, limits: Limits | None = None, serving: bool = False
    ) -> Neo4jStore:
        """Open the store: bring the schema to this program's version and compare keys as `check` does; waits for the server.

        One that is `serving` keeps the server's plans ready, and is opened also while the server cannot be reached. Raises
        `GraphUnavailable`, `WrongKeys`.
        """
        store = cls(address, sealers, limits=limits)
        try:
            store._connections.finish(store._prepare(check, OPENING_SECONDS if serving else PATIENT_SECONDS))
        except BaseException as error:
            if not (serving and isinstance(error, GraphUnavailable) and error.cause != "FAILED"):
                store._connections.finish_all()
                raise
        if serving:
            store._plans = Planned(store._connections)
        return store

    async def _prepare(self, check: bytes | None, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.migrate()
                await self.check(check)
        except TimeoutError as error:
            raise GraphUnavailable(f"The graph's server did not answer within {seconds:.0f} s: see that it runs.", "TIMED_OUT") from error

    async def migrate(self) -> bool:
        """Bring constraints and indexes to this program's version; whether anything was to be done.

        Raises `GraphUnavailable`, for a newer schema too.
        """
        return await migrating.bring(self._connections)

    async def check(self, check: bytes | None = None) -> None:
        """Compare the deployment's `check` value (when given) and each institution's keys with those that wrote. Raises `WrongKeys`."""
        if check is not None:

            def enter(transaction: Transaction) -> bytes:
                found: bytes = transaction.ask(institutions.ENTER_DEPLOYMENT, {"deployment": self._deployment, "check": check})[0][0]
                return found

            compare(await self._connections.write(Pool.LOADING, enter, 10.0), check)
        await self.ready()

    async def record(self, institution: Institution, source: str, facts: Sequence[Fact], *, together: bool = False) -> Recording:
        """Record up to 1,000 facts durably; see `GraphStore.record`."""
        if not 1 <= len(facts) <= MAXIMUM_FACTS:
            raise InvalidInput([Problem(("facts",), f"holds {len(facts):,} facts: give 1 to {MAXIMUM_FACTS:,}")])
        return await self._record(Pool.DECIDING, institution, source, facts, together=together)

    async def record_bulk(self, institution: Institution, source: str, facts: Sequence[Fact]) -> Recording:
        """Like `record`, for up to 50,000 facts of an import, 5,000 a commit; see `BulkStore.record_bulk`."""
        if not 1 <= len(facts) <= MAXIMUM_BULK:
            raise InvalidInput([Problem(("facts",), f"holds {len(facts):,} facts: give 1 to {MAXIMUM_BULK:,}")])
        parts = [
            await self._record(Pool.LOADING, institution, source, facts[start : start + BULK_COMMIT], together=False)
            for start in range(0, len(facts), BULK_COMMIT)
        ]
        return Recording(tuple(result for part in parts for result in part.results), parts[-1].recorded_at)

    async def record_guarded(self, institution: Institution, source: str, fact: Fact, guard: Guard) -> Recording:
        """Record a transfer or guarantee unless its guard trips; see `GraphStore.record_guarded`."""
        guarded_ends(fact, guard)
        sealer = self._sealers(institution.id)
        prepared = prepare(fact, source, sealer)
        try:
            return await self._record(Pool.DECIDING, institution, source, [fact], together=True, guard=guard)
        except Undone as undone:
            tripped = undone.tripped
        if not tripped.blocked:
            return Recording((), (await self.now(institution.id)).known_at, tripped)
        stops = [one.fact for one in blocks(prepared, guard, sealer, self._now())]
        recording = await self._record(Pool.DECIDING, institution, SOURCE, stops, together=True)
        return Recording((), recording.recorded_at, tripped)

    async def now(self, institution: str) -> Moment:
        """The present of this machine's clock and of the institution; see `GraphStore.now`."""

        def read(transaction: Transaction) -> tuple[int, Instant]:
            row = self._recorder.institution_row(transaction, institution)
            return (row[0], row[2]) if row else (-1, 0)

        number, known_at = await self._metered(Pool.DECIDING, read)
        await self._confirmed.confirm(number, known_at)
        return Moment(self._now(), known_at)

    async def entity_id(self, institution: str, name: EntityName, moment: Moment) -> str | None:
        """Id of the entity named, None when it does not exist then; see `GraphStore.entity_id`."""
        id_ = name.id
        if id_ is None:
            assert name.key is not None, "an entity is named by id or by key"
            id_ = self._sealers(institution).entity_id(name.kind, name.key)
        wanted = id_
        return await self.read(Pool.DECIDING, institution, moment, lambda snapshot: None if snapshot.node(wanted) is None else wanted)

    async def entities(self, institution: str, ids: Sequence[str], moment: Moment) -> dict[str, Entity]:
        """The entities with these ids, at most 1,000; see `GraphStore.entities`."""
        if len(ids) > MAXIMUM_IDS:
            raise InvalidInput([Problem(("ids",), f"holds {len(ids):,} ids: give at most {MAXIMUM_IDS:,}")])

        def read(snapshot: Snapshot) -> dict[str, Entity]:
            return {entity.id: entity for entity in snapshot.entities(snapshot.nodes(ids).values()).values()}

        return await self.read(Pool.ANALYSTS, institution, moment, read)

    async def look(self, institution: str, moment: Moment, work: Callable[[Snapshot], T]) -> T:
        """See `Paging.look`."""
        return await self.read(Pool.ANALYSTS, institution, moment, work)

    def sealer(self, institution: str) -> Sealer:
        """See `Paging.sealer`."""
        return self._sealers(institution)

    async def neighbourhood(
        self, institution: str, centre: str, moment: Moment, bounds: WalkBounds, *, deadline: float
    ) -> Neighbourhood | None:
        """The bounded piece of graph around an entity; see `GraphStore.neighbourhood`."""
        until = time.monotonic() + deadline

        def read(snapshot: Snapshot) -> Neighbourhood | None:
            snapshot.foresee(centre, bounds)
            number = snapshot.node(centre)
            return None if number is None else walk(snapshot, number, bounds, until)

        return await self.read(Pool.ANALYSTS, institution, moment, read, deadline)

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

        return await self.read(Pool.ANALYSTS, institution, moment, read, deadline)

    async def surroundings(
        self, institution: str, loan: str, moment: Moment, bounds: WalkBounds, *, deadline: float
    ) -> Surroundings | None:
        """All that one decision may look at; see `GraphStore.surroundings`."""
        until = time.monotonic() + deadline

        def read(snapshot: ServerSnapshot) -> Surroundings | None:
            snapshot.foresee(loan, around_a_loan(bounds))
            number = snapshot.node(loan)
            money = ServerMoney(snapshot, until, MAXIMUM_ROWS)
            return None if number is None else surround(snapshot, number, bounds, until, money=money)

        return await self.read(Pool.DECIDING, institution, moment, read, deadline)

    async def ask(self, institution: str, question: Question[T], moment: Moment, *, deadline: float) -> Answered[T]:
        """A question about money; see `GraphStore.ask`."""
        check_scope(question)
        until = time.monotonic() + deadline

        def read(snapshot: ServerSnapshot) -> Answered[T]:
            snapshot.hurry(until)
            money = ServerMoney(snapshot, until)
            answered = Answered(question.answer(money), money.cut)
            if money.interrupted:
                raise Interrupted(answered)
            return answered

        try:
            return await self.read(Pool.ANALYSTS, institution, moment, read, deadline + GRACE)
        except Interrupted as interrupted:
            return cast("Answered[T]", interrupted.found)

    async def kept_facts(self, institution: str, *, after: int, first: int, clear: bool) -> tuple[KeptFact, ...]:
        """Facts as they were reported, page by page; see `BulkStore.kept_facts`."""
        sealer = self._sealers(institution)
        return await self.read(Pool.LOADING, institution, EVERYTHING, lambda snapshot: give(snapshot, sealer, after, first, clear=clear))

    async def newest_fact(self, institution: str) -> int:
        """Where the newest fact is kept; see `BulkStore.newest_fact`."""
        return await self.read(Pool.LOADING, institution, EVERYTHING, lambda snapshot: snapshot.newest_fact())

    async def held_ties(self, institution: str, kinds: frozenset[TieKind], *, after: int, first: int) -> HeldTies:
        """Ties that hold now, page by page; see `BulkStore.held_ties`."""
        check_held(kinds, first)
        return await self.read(Pool.LOADING, institution, EVERYTHING, lambda snapshot: held_ties(snapshot, kinds, after, first))

    async def find(self, institution: str, wanted: Wanted, *, first: int, after: str | None = None) -> Page[Entity]:
        """Entities by name, key or standing; see `GraphStore.find`."""
        sealer = self._sealers(institution)

        def read(snapshot: ServerSnapshot) -> Page[Entity]:
            return seek(snapshot, sealer, wanted, partial(newest_seen, snapshot, wanted), first, after)

        return await self.read(Pool.ANALYSTS, institution, EVERYTHING, read)

    async def erase(self, institution: str, person: str) -> Erased | None:
        """Forget a person; see `GraphStore.erase`."""

        def work(transaction: Transaction) -> Erased | None:
            return self._recorder.erase(transaction, institution, person)

        return await self._metered(Pool.LOADING, work, self._connections.limits.loading, writes=True)

    async def ready(self) -> None:
        """Return when the server answers and all institutions were written with these keys; see `GraphStore.ready`."""

        def read(transaction: Transaction) -> None:
            for id_, check in transaction.ask(institutions.INSTITUTIONS, {"deployment": self._deployment}):
                compare(check, check_value(self._sealers(id_)))

        await self._metered(Pool.DECIDING, read)
        if self._plans is not None:
            self._plans.check()

    async def close(self) -> None:
        """Finish what was begun and let go; see `GraphStore.close`."""
        if self._plans is not None:
            self._plans.stop()
        await self._connections.close()

    async def _record(
        self, pool: Pool, institution: Institution, source: str, facts: Sequence[Fact], *, together: bool, guard: Guard | None = None
    ) -> Recording:
        sealer = self._sealers(institution.id)

        def ready() -> list[Prepared]:
            return [prepare(fact, source, sealer) for fact in facts]

        prepared = ready() if len(facts) <= _INLINE else await asyncio.to_thread(ready)

        def write(transaction: Transaction) -> tuple[int, Recording]:
            number = self._recorder.entered(transaction, institution.id)
            recording = self._recorder.apply(transaction, number, institution.id, source, prepared, together)
            if guard is not None and isinstance(recording.results[0], Recorded):
                look_within(transaction, number, facts[0], guard, sealer)
            return number, recording

        limits = self._connections.limits
        seconds = limits.loading if pool is Pool.LOADING else limits.recording
        number, recording = await self._metered(pool, write, seconds, writes=True)
        self._recorder.known[institution.id] = number  # committed, so that it stays
        self._confirmed.note(number, recording.recorded_at)
        return recording

    async def read(
        self, pool: Pool, institution: str, moment: Moment, work: Callable[[ServerSnapshot], T], seconds: float | None = None
    ) -> T:
        """Do the work in a snapshot of its own, on a worker thread; what other questions are built of. Raises `GraphUnavailable`."""

        def read(transaction: Transaction) -> T:
            known = self._recorder.known.get(institution)
            if known is None:
                row = self._recorder.institution_row(transaction, institution)
                if row is None:
                    return read_whole(transaction, -1, moment, work)
                known = self._recorder.known[institution] = int(row[0])
            return read_whole(transaction, known, moment, work)

        return await self._metered(pool, read, seconds)

    async def _metered(self, pool: Pool, work: Callable[[Transaction], T], seconds: float | None = None, *, writes: bool = False) -> T:
        """Do the work, its processor time borne by whoever asked."""
        meter = running()

        def run(transaction: Transaction) -> T:
            begun = time.thread_time_ns()
            try:
                return work(transaction)
            finally:
                if meter is not None:
                    meter.add(time.thread_time_ns() - begun)

        try:
            if writes:
                assert seconds is not None, "what writes says how long it may take"
                return await self._connections.write(pool, run, seconds)
            return await self._connections.read(pool, run, seconds)
        except GraphUnavailable as error:
            if self._plans is not None and error.cause == "UNREACHABLE":
                self._plans.doubt()
            raise
