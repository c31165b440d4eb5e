"""The bounds of the server store's reader of money: what is cut is said, and a deadline interrupts a statement."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from graph.errors import GraphUnavailable
from graph.flows.reader import MoneyReader
from graph.flows.scope import MOVEMENTS, TRANSFERS, Cut, Movement, Order, Scope, Way
from graph.model import Moment, TieKind
from graph.stores.neo4j.connecting import Pool
from graph.stores.neo4j.money import ServerMoney
from graph.stores.neo4j.reading import ServerSnapshot
from graph.stores.neo4j.store import Neo4jStore
from tests.factory import account, device, institution, tie, transfer, vault
from tests.graph.stores import PATIENT, server_address

pytestmark = pytest.mark.graph_server
T = TypeVar("T")
BANK = institution()
NOW = 10**13
LAST = Moment(NOW, NOW * 2)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Neo4jStore]:
    store = Neo4jStore(server_address(str(folder)), vault(folder).sealer, now=lambda: NOW, limits=PATIENT)
    try:
        facts = [transfer(f"t{n}", account("hub"), account(f"leaf-{n}"), 100 + n, n + 1) for n in range(300)]
        facts += [tie(f"u{n}", account("hub"), TieKind.USES_DEVICE, device(f"device-{n}"), n + 1) for n in range(300)]
        await store.record(BANK, "core", facts)
        yield store
    finally:
        await store.close()


def within(folder: Path, look: Callable[[ServerSnapshot, str], T]) -> T:
    """What a look at the hub in one snapshot gives."""

    async def run() -> T:
        hub = vault(folder).sealer(BANK.id).entity_id(account().kind, "hub")
        async with opened(folder) as store:
            return await store.read(Pool.ANALYSTS, BANK.id, LAST, lambda snapshot: look(snapshot, hub))

    return asyncio.run(run())


def test_no_more_rows_are_read_than_one_question_may(tmp_path: Path):
    def look(snapshot: ServerSnapshot, hub: str) -> None:
        exactly = ServerMoney(snapshot, None, 300)
        assert len(exactly.moved([hub], Way.OUT, Scope(per_step=None), TRANSFERS)[hub]) == 300
        assert not exactly.cut
        assert exactly.seen([hub], TieKind.USES_DEVICE, Way.OUT, Scope())[hub] == []
        assert exactly.cut == (Cut.MOVEMENTS,)
        fewer = ServerMoney(snapshot, None, 250)
        assert len(fewer.moved([hub], Way.OUT, Scope(per_step=None), TRANSFERS)[hub]) == 250
        assert fewer.cut == (Cut.MOVEMENTS,)

    within(tmp_path, look)


def test_of_a_hub_no_more_is_read_than_a_step_looks_at(tmp_path: Path):
    def look(snapshot: ServerSnapshot, hub: str) -> None:
        for order, first in ((Order.NEWEST, 399), (Order.OLDEST, 100), (Order.LARGEST, 399), (Order.SMALLEST, 100)):
            money = ServerMoney(snapshot, None, 7)
            found = money.moved([hub], Way.OUT, Scope(per_step=7, order=order), MOVEMENTS)[hub]
            assert len(found) == 7 and first in {movement.amount for movement in found}
            assert money.cut == (Cut.PER_STEP,), "the seven are all that was read"

    within(tmp_path, look)


def test_a_hub_of_which_the_window_leaves_nothing_is_said_to_be_cut_all_the_same(tmp_path: Path):
    def look(snapshot: ServerSnapshot, hub: str) -> None:
        money = ServerMoney(snapshot, None)
        assert money.moved([hub], Way.OUT, Scope(over=10**6, per_step=7), TRANSFERS) == {hub: []}
        assert money.cut == (Cut.PER_STEP,)

    within(tmp_path, look)


def test_after_the_deadline_nothing_is_read_and_that_is_said(tmp_path: Path):
    def look(snapshot: ServerSnapshot, hub: str) -> None:
        money = ServerMoney(snapshot, time.monotonic() - 1)
        assert money.moved([hub], Way.OUT, Scope(), TRANSFERS) == {hub: []}
        assert money.tied([hub], TieKind.USES_DEVICE, Way.OUT) == {hub: []}
        assert money.entities([hub]) == {} and money.blocked([hub]) == frozenset()
        assert money.cut == (Cut.DEADLINE,) and not money.interrupted

    within(tmp_path, look)


@dataclass(frozen=True)
class Slow:
    """A question that reads, asks for more than there is time for, and reads on."""

    hub: str
    seconds: float

    def answer(self, money: MoneyReader) -> tuple[list[Movement], list[Movement]]:
        first = list(money.moved([self.hub], Way.OUT, Scope(), TRANSFERS)[self.hub])
        assert isinstance(money, ServerMoney)
        until = time.monotonic() + self.seconds
        while time.monotonic() < until and not money.interrupted:
            money._in_time(lambda: money._snapshot.ask(SLOW))
        return first, list(money.moved([self.hub], Way.OUT, Scope(), TRANSFERS)[self.hub])


SLOW = "UNWIND range(1, 100000000) AS n WITH n WHERE n % 2 = 3 RETURN count(n)"
"""Some seconds of work for the server."""


def test_a_deadline_in_the_middle_of_a_statement_gives_what_was_found_until_then(tmp_path: Path):
    async def run() -> None:
        hub = vault(tmp_path).sealer(BANK.id).entity_id(account().kind, "hub")
        async with opened(tmp_path) as store:
            await store.ask(BANK.id, Slow(hub, 0.0), LAST, deadline=10)  # plans are made
            begun = time.monotonic()
            answered = await store.ask(BANK.id, Slow(hub, 60.0), LAST, deadline=1.0)
            assert time.monotonic() - begun < 1.5
            assert len(answered.value[0]) == 300 and answered.value[1] == []
            assert answered.cut == (Cut.DEADLINE,)
            again = await store.ask(BANK.id, Slow(hub, 0.0), LAST, deadline=10)
            assert len(again.value[1]) == 300 and again.cut == (), "the next question has a way to the server"

    asyncio.run(run())


def test_a_server_that_is_gone_is_no_deadline(tmp_path: Path):
    async def run() -> None:
        async with opened(tmp_path) as store:
            await store.close()
            with pytest.raises(GraphUnavailable):
                await store.ask(BANK.id, Slow("acc_x", 0.0), LAST, deadline=1.0)

    asyncio.run(run())
