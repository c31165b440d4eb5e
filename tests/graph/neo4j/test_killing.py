"""`kill -9` of Neo4j while batches are acknowledged: none lost, none doubled after its restart, and no restart of who writes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from graph.contents import Fact
from graph.errors import GraphUnavailable
from graph.model import TieKind
from graph.store import Recorded, Repeated
from graph.stores.neo4j.connecting import Address, Limits
from graph.stores.neo4j.store import Neo4jStore
from tests.factory import account, institution, merchant, person, tie, transfer, vault
from tests.settings import SOAK

pytestmark = pytest.mark.graph_server(folder=True)

ROOT: Final = Path(__file__).resolve().parents[3]
BANK = institution()
BATCHES = 1_000 if SOAK else 60
KILLS = 5 if SOAK else 1
WRITERS = 4
COUNTS: Final = (
    "MATCH (f:Fact) RETURN count(f), count(DISTINCT f.id)",
    "MATCH ()-[m:TRANSFERRED]->() RETURN count(m), count(DISTINCT m.fact)",
    "MATCH ()-[t:OWNS]->() RETURN sum(t.count), count(t)",
)


class Killable:
    """A Neo4j of this test's own, with the libraries of the one of `make servers`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for library in (ROOT / ".servers" / "neo4j").glob("lib-*"):
            (folder / library.name).symlink_to(library)

    def _do(self, command: str) -> None:
        program = [sys.executable, str(ROOT / "docker" / "servers" / "neo4j.py"), command, "--folder", str(self.folder)]
        done = subprocess.run([*program, "--heap", "512m", "--page-cache", "64m"], capture_output=True, text=True, timeout=200, check=False)
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        self._do("start")

    def stop(self) -> None:
        self._do("stop")

    def kill(self) -> None:
        """As when the machine's memory is short."""
        pid = int((self.folder / "pid").read_text())
        os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + 10
        while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes() and time.monotonic() < end:
            time.sleep(0.01)

    def address(self) -> Address:
        return Address((self.folder / "address").read_text().strip(), "neo4j", (self.folder / "password").read_text().strip())


@pytest.fixture
def server() -> Iterator[Killable]:
    with tempfile.TemporaryDirectory(prefix="ringfence-neo4j-") as folder:
        found = Killable(Path(folder))
        found.start()
        try:
            yield found
        finally:
            found.stop()


def batch(number: int) -> list[Fact]:
    """Facts that touch what other batches touch."""
    owner, payer, payee = person(f"P-{number % 7}"), account(f"acc-{number % 5}"), account(f"acc-{5 + number % 3}")
    return [
        tie(f"o{number}", owner, TieKind.OWNS, merchant(f"M-{number % 11}"), number + 1),
        transfer(f"t{number}", payer, payee, 100 + number, number + 1),
    ]


async def acknowledged(store: Neo4jStore, number: int) -> None:
    """Send a batch until it is acknowledged, as a careful caller does."""
    while True:
        try:
            results = (await store.record(BANK, "core", batch(number))).results
        except GraphUnavailable:
            await asyncio.sleep(0.05)
            continue
        assert {type(result) for result in results} <= {Recorded, Repeated}
        return


def test_neo4j_killed_while_batches_are_acknowledged_loses_and_doubles_nothing(tmp_path: Path, server: Killable):
    async def run() -> None:
        limits = Limits(connecting=1, waiting=1, deciding=1, recording=20, quiet=1)
        store = Neo4jStore(server.address(), vault(tmp_path).sealer, limits=limits)
        await store.migrate()
        waiting, done = list(range(BATCHES)), list[int]()
        restarts: list[asyncio.Task[None]] = []

        async def restart() -> None:
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)

        async def writer() -> None:
            while waiting:
                number = waiting.pop()
                await acknowledged(store, number)
                done.append(number)
                if (
                    len(restarts) < KILLS
                    and len(done) >= BATCHES * (len(restarts) + 1) // (KILLS + 1)
                    and all(one.done() for one in restarts)
                ):
                    restarts.append(asyncio.create_task(restart()))

        await asyncio.gather(*(writer() for _ in range(WRITERS)))
        await asyncio.gather(*restarts)
        assert len(restarts) == KILLS
        assert len(done) == BATCHES
        while True:
            try:
                ((facts,), (money,), (owned,)) = await store._connections.statements([(text, {}) for text in COUNTS], 60)
                break
            except GraphUnavailable:
                await asyncio.sleep(0.2)
        assert facts == (2 * BATCHES, 2 * BATCHES)
        assert money == (BATCHES, BATCHES)
        assert owned[0] == BATCHES
        await store.close()

    asyncio.run(run())
