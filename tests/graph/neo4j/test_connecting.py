"""What a server costs that refuses, is silent or falls silent; and how it is found again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from pathlib import Path

import pytest

from graph.bounds import DECISION_BOUNDS
from graph.errors import GraphUnavailable
from graph.model import Moment
from graph.stores.neo4j.connecting import Address, Limits
from graph.stores.neo4j.store import Neo4jStore
from tests.factory import described, institution, vault
from tests.graph.neo4j.servers import falling_silent, refusing, silent
from tests.graph.stores import server_address

BANK = institution()
NOW = Moment(10**13, 10**13)
ALLOWED = 0.35
SLACK = 0.15
"""Seconds that a busy machine may need beside what is waited for."""


async def fails(asked: Awaitable[object]) -> tuple[str, float]:
    """The cause with which it failed, and the seconds that this took."""
    begin = time.perf_counter()
    with pytest.raises(GraphUnavailable) as failed:
        await asked
    return failed.value.cause, time.perf_counter() - begin


async def found_again(store: Neo4jStore) -> None:
    """The store answers within 5 seconds, without a restart."""
    begin = time.perf_counter()
    while True:
        try:
            await store.now(BANK.id)
            return
        except GraphUnavailable:
            assert time.perf_counter() - begin < 5


def questions(store: Neo4jStore) -> list[Awaitable[object]]:
    """What a decision asks."""
    return [
        store.now(BANK.id),
        store.surroundings(BANK.id, "loa_" + "a" * 24, NOW, DECISION_BOUNDS, deadline=ALLOWED),
        store.ready(),
        store.record(BANK, "core", [described()]),
    ]


def test_a_server_that_refuses_costs_no_more_than_the_graphs_share(tmp_path: Path):
    async def run() -> None:
        store = Neo4jStore(Address(refusing(), "neo4j", "secret"), vault(tmp_path).sealer)
        for asked in questions(store):
            cause, seconds = await fails(asked)
            assert cause in ("UNREACHABLE", "TIMED_OUT") and seconds < ALLOWED + SLACK
        await store.close()

    asyncio.run(run())


def test_a_silent_server_costs_no_more_than_the_graphs_share(tmp_path: Path):
    async def run() -> None:
        with silent() as url:
            store = Neo4jStore(Address(url, "neo4j", "secret"), vault(tmp_path).sealer)
            for asked in questions(store):
                cause, seconds = await fails(asked)
                assert cause in ("UNREACHABLE", "TIMED_OUT") and seconds < ALLOWED + SLACK
            await store.close()

    asyncio.run(run())


@pytest.mark.graph_server
def test_a_server_that_falls_silent_costs_no_more_and_is_found_again(tmp_path: Path):
    async def run() -> None:
        there = server_address(str(tmp_path))
        with falling_silent(there.url) as (url, quiet):
            address = Address(url, there.user, there.password, there.deployment)
            store = Neo4jStore(address, vault(tmp_path).sealer, limits=Limits(connecting=2, waiting=2, deciding=ALLOWED, recording=60))
            await found_again(store)
            await store.record(BANK, "core", [described()])
            quiet.set()
            cause, seconds = await fails(store.now(BANK.id))
            assert cause in ("UNREACHABLE", "TIMED_OUT") and seconds < ALLOWED + SLACK
            quiet.clear()
            await found_again(store)
            await store.close()

    asyncio.run(run())


def test_the_password_is_never_shown():
    address = Address("bolt://127.0.0.1:1", "neo4j", "secret-word")
    assert "secret-word" not in repr(address) and "secret-word" not in str(address)


def test_an_address_that_is_none_is_refused_in_a_sentence(tmp_path: Path):
    with pytest.raises(GraphUnavailable, match="give bolt://"):
        Neo4jStore(Address("gopher://here", "neo4j", "secret"), vault(tmp_path).sealer)


@pytest.mark.graph_server
def test_a_wrong_password_is_said(tmp_path: Path):
    async def run() -> None:
        there = server_address(str(tmp_path))
        patient = Limits(connecting=2, waiting=2, deciding=5)
        store = Neo4jStore(Address(there.url, there.user, "wrong"), vault(tmp_path).sealer, limits=patient)
        with pytest.raises(GraphUnavailable, match="refuses the user or the password"):
            await store.ready()
        await store.close()

    asyncio.run(run())
