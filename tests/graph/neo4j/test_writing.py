"""Several writers at once, and readers after them."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from neo4j import AsyncSession, Bookmarks

from graph.contents import Fact
from graph.model import Moment, TieKind
from graph.store import Recorded, Repeated
from graph.stores.neo4j.connecting import Connections, Pool
from graph.stores.neo4j.store import Neo4jStore
from tests.factory import account, application, described, device, institution, loan, merchant, person, tie, transfer, vault
from tests.graph.comparing import assert_same
from tests.graph.plain_store import PlainStore
from tests.graph.stores import PATIENT, server_address

pytestmark = pytest.mark.graph_server
BANK = institution()
NOW = 10**13
WRITERS = 4


def history() -> list[Fact]:
    """Facts that all touch a few entities, so that every writer wants what the others write."""
    facts: list[Fact] = [described(), application(applicant=person())]
    for n in range(12):
        facts.append(tie(f"d{n}", person(f"P-{n % 3}"), TieKind.USES_DEVICE, device(), n + 1))
        facts.append(tie(f"o{n}", person(f"P-{n % 4}"), TieKind.OWNS, merchant(), n + 1))
        facts.append(transfer(f"t{n}", account(f"acc-{n % 2}"), account("acc-9"), 100 + n, n + 1))
    return facts


def test_concurrent_writers_of_the_same_facts_leave_each_once(tmp_path: Path):
    async def run() -> None:
        async with AsyncExitStack() as ends:
            sealers = vault(tmp_path).sealer
            stores = [Neo4jStore(server_address(str(tmp_path)), sealers, now=lambda: NOW, limits=PATIENT) for _ in range(WRITERS)]
            for store in stores:
                ends.push_async_callback(store.close)
            facts = history()

            async def write(number: int) -> list[object]:
                own = facts[number * 7 :] + facts[: number * 7]  # everybody in another order
                batches = [own[start : start + 5] for start in range(0, len(own), 5)]
                return [result for batch in batches for result in (await stores[number].record(BANK, "core", batch)).results]

            results = await asyncio.gather(*(write(number) for number in range(WRITERS)))
            recorded = [result for some in results for result in some if isinstance(result, Recorded)]
            repeated = [result for some in results for result in some if isinstance(result, Repeated)]
            assert (len(recorded), len(repeated)) == (len(facts), (WRITERS - 1) * len(facts))
            moment = await stores[0].now(BANK.id)
            plain = PlainStore(sealers(BANK.id))
            for fact in facts:
                found = await stores[1].fact(BANK.id, sealers(BANK.id).fact_id("core", fact.source_id), Moment(NOW, moment.known_at))
                assert found is not None
                plain.record("core", [fact], found.recorded_at)
            await assert_same(stores[2], plain, BANK.id, Moment(NOW, moment.known_at))

    asyncio.run(run())


def test_recorded_moments_rise_from_transaction_to_transaction_whoever_writes(tmp_path: Path):
    async def run() -> None:
        async with AsyncExitStack() as ends:
            sealers = vault(tmp_path).sealer
            stores = [Neo4jStore(server_address(str(tmp_path)), sealers, now=lambda: NOW, limits=PATIENT) for _ in range(2)]
            for store in stores:
                ends.push_async_callback(store.close)
            calls = [stores[n % 2].record(BANK, "core", [described(f"f{n}", f"M-{n}")]) for n in range(10)]
            moments = [recording.recorded_at for recording in await asyncio.gather(*calls)]
            assert len(set(moments)) == 10

    asyncio.run(run())


def test_a_writer_that_was_cancelled_finishes_or_leaves_nothing(tmp_path: Path):
    async def run() -> None:
        async with AsyncExitStack() as ends:
            sealers = vault(tmp_path).sealer
            store = Neo4jStore(server_address(str(tmp_path)), sealers, now=lambda: NOW, limits=PATIENT)
            ends.push_async_callback(store.close)
            task = asyncio.create_task(store.record(BANK, "core", [described(), application(applicant=person())]))
            await asyncio.sleep(0.005)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            again = (await store.record(BANK, "core", [described(), application(applicant=person())])).results
            assert again in ((Recorded(), Recorded()), (Repeated(NOW), Repeated(NOW)))
            page = await store.facts(BANK.id, sealers(BANK.id).entity_id(loan().kind, loan().key or ""), Moment(NOW, NOW + 9), first=10)
            assert len(page.items) == 1

    asyncio.run(run())


class NotingConnections(Connections):
    """Connections that note after which bookmarks each session begins."""

    noted: list[frozenset[str]]

    def session(self, pool: Pool, after: Bookmarks, *, writes: bool) -> AsyncSession:
        self.noted.append(frozenset(after.raw_values))
        return super().session(pool, after, writes=writes)


def test_whoever_reads_after_a_write_passes_its_bookmark(tmp_path: Path):
    async def run() -> None:
        store = Neo4jStore(server_address(str(tmp_path)), vault(tmp_path).sealer, now=lambda: NOW, limits=PATIENT)
        await store.close()
        connections = NotingConnections(server_address(str(tmp_path)), PATIENT)
        connections.noted = []
        store._connections = connections
        await store.record(BANK, "core", [described()])
        await store.now(BANK.id)
        await store.record(BANK, "core", [described("f2", "M-2")])
        await store.ready()
        sign_of_life, first, second, third, fourth = connections.noted
        assert sign_of_life == first == frozenset() and second and third == second and fourth and fourth != second
        await store.close()

    asyncio.run(run())
