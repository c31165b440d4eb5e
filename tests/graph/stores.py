"""The stores that the contract is held against: another store is one more line in `STORES`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Final

from graph.model import Instant
from graph.sealing import Sealers
from graph.store import GraphStore
from graph.stores.neo4j.connecting import Address, Limits
from graph.stores.neo4j.store import Neo4jStore
from graph.stores.sqlite.store import SqliteStore
from tests.factory import quick_folder, vault
from tests.settings import GRAPH_SERVER

PATIENT: Final = Limits(connecting=5, waiting=10, deciding=20, recording=120, quiet=10)
"""A server that has just been started plans each query for the first time."""

Open = Callable[[Path, Sealers, Callable[[], Instant]], GraphStore]


def sqlite(folder: Path, sealers: Sealers, now: Callable[[], Instant]) -> GraphStore:
    return SqliteStore(folder / "graph.db", sealers, now=now)


def neo4j(folder: Path, sealers: Sealers, now: Callable[[], Instant]) -> GraphStore:
    """Each folder is a deployment of its own on the one server, so that tests do not see each other's."""
    return Neo4jStore(server_address(str(folder)), sealers, now=now, limits=PATIENT)


def server_address(deployment: str) -> Address:
    """The server of `make servers`, its schema in place."""
    _migrate()
    assert GRAPH_SERVER is not None, "asked for where there is a server"
    url, user, password = GRAPH_SERVER
    return Address(url, user, password, deployment)


@cache
def _migrate() -> None:
    async def run() -> None:
        assert GRAPH_SERVER is not None, "asked for where there is a server"
        with quick_folder() as folder:
            store = Neo4jStore(Address(*GRAPH_SERVER), vault(folder).sealer, limits=PATIENT)
            await store.migrate()
            await store.close()

    with ThreadPoolExecutor(1) as thread:  # stores are also opened inside of a running loop
        thread.submit(asyncio.run, run()).result()


STORES: Final[list[Open]] = [sqlite, *([neo4j] if GRAPH_SERVER else [])]
"""Every store that this machine can run."""
