"""A commit that comes between two queries of one snapshot is noticed, and all is read again."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from graph.contents import Fact
from graph.errors import GraphUnavailable
from graph.model import EntityKind, Moment, TieKind, WalkBounds
from graph.stores.neo4j.connecting import Pool
from graph.stores.neo4j.rereading import TRIES
from graph.stores.neo4j.store import Neo4jStore
from graph.stores.shared.snapshot import Snapshot
from tests.factory import device, institution, merchant, person, tie, vault
from tests.graph.stores import PATIENT, server_address
from tests.settings import SOAK

pytestmark = pytest.mark.graph_server
BANK = institution()
NOW = 10**13
OWNERS = TRIES + 1
ROUNDS = 1_000 if SOAK else 60
"""Commits during which others read."""
MOST_ROUNDS = 20 * ROUNDS
"""Commits after which it is given up that enough of them read something whole."""
BOUNDS = WalkBounds(depth=2, ties_per_entity=50, entities=100, ties=200, kinds=frozenset({TieKind.OWNS, TieKind.USES_DEVICE}))


def stores(folder: Path, ends: AsyncExitStack) -> tuple[Neo4jStore, Neo4jStore]:
    """One that reads and one that writes."""
    sealers = vault(folder).sealer
    found = [Neo4jStore(server_address(str(folder)), sealers, now=lambda: NOW, limits=PATIENT) for _ in range(2)]
    for store in found:
        ends.push_async_callback(store.close)
    return found[0], found[1]


def owns(id_: str, owner: int, day: int) -> Fact:
    return tie(id_, person(f"P-{owner}"), TieKind.OWNS, merchant(), day)


async def begun(writer: Neo4jStore) -> Moment:
    """A merchant with some owners, and the moment at which this is known."""
    recording = await writer.record(BANK, "core", [owns(f"o{n}", n, n + 1) for n in range(OWNERS)])
    return Moment(NOW, recording.recorded_at)


@pytest.mark.parametrize("times", [1, TRIES - 1])
def test_a_tie_that_changes_after_its_end_was_read_is_read_as_it_was(tmp_path: Path, times: int):
    async def run() -> None:
        async with AsyncExitStack() as ends:
            reader, writer = stores(tmp_path, ends)
            moment = await begun(writer)
            wanted = vault(tmp_path).sealer(BANK.id).entity_id(EntityKind.MERCHANT, "M-1")
            tries = []

            def work(snapshot: Snapshot) -> list[tuple[int, int]]:
                number = snapshot.node(wanted)
                assert number is not None
                tries.append(number)
                if len(tries) <= times:  # another process says again what it said, in between
                    asyncio.run(writer.record(BANK, "core", [owns(f"again-{len(tries)}", 1, 20 + len(tries))]))
                return sorted((row.last_at, row.times) for row in snapshot.adjacent([number], 50)[number].ties)

            found = await reader.read(Pool.ANALYSTS, BANK.id, moment, work)
            assert [count for _, count in found] == [1] * OWNERS
            assert found == await reader.read(Pool.ANALYSTS, BANK.id, moment, work)
            assert len(tries) == 3, "read again once: then what was touched is folded, and changes no more"

    asyncio.run(run())


def test_what_is_torn_each_time_is_unavailable_and_not_guessed(tmp_path: Path):
    async def run() -> None:
        async with AsyncExitStack() as ends:
            reader, writer = stores(tmp_path, ends)
            moment = await begun(writer)
            owner = [vault(tmp_path).sealer(BANK.id).entity_id(EntityKind.PERSON, f"P-{n}") for n in range(OWNERS)]
            tries: list[int] = []

            def work(snapshot: Snapshot) -> object:
                n = len(tries)
                tries.append(n)
                numbers = list(snapshot.nodes([owner[n]]).values())  # one that nobody has touched yet
                asyncio.run(writer.record(BANK, "core", [owns(f"again-{n}", n, 30 + n)]))
                return snapshot.adjacent(numbers, 50)

            with pytest.raises(GraphUnavailable, match=f"changed {TRIES} times"):
                await reader.read(Pool.ANALYSTS, BANK.id, moment, work)
            assert len(tries) == TRIES

    asyncio.run(run())


def test_neighbourhoods_read_while_another_writes_are_those_of_their_moment(tmp_path: Path):
    async def run() -> None:
        async with AsyncExitStack() as ends:
            reader, writer = stores(tmp_path, ends)
            await begun(writer)
            wanted = vault(tmp_path).sealer(BANK.id).entity_id(EntityKind.MERCHANT, "M-1")
            done = asyncio.Event()

            async def write() -> None:
                for n in range(MOST_ROUNDS):
                    if n >= ROUNDS and len(seen) >= ROUNDS / 20:
                        break
                    uses = tie(f"d{n}", person(f"P-{n % 3}"), TieKind.USES_DEVICE, device(f"dev-{n % 3}"), n + 1)
                    await writer.record(BANK, "core", [owns(f"w{n}", n % 3, n + 2), uses])
                done.set()

            seen, seldom = [], list[str]()
            writing = asyncio.create_task(write())
            while not done.is_set():
                moment = await reader.now(BANK.id)
                try:
                    seen.append((moment, await reader.neighbourhood(BANK.id, wanted, moment, BOUNDS, deadline=20)))
                except GraphUnavailable as error:
                    seldom.append(error.reason)
            await writing
            assert len(seen) >= ROUNDS / 20
            assert set(seldom) <= {"CHANGING"}
            for moment, found in seen:
                assert found == await reader.neighbourhood(BANK.id, wanted, moment, BOUNDS, deadline=20)

    asyncio.run(run())
