"""`kill -9` of PostgreSQL while decisions are acknowledged, with two workers: none lost, none doubled, and no restart of the app."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.api.cli.calling import call
from tests.api.opened import BANK
from tests.api.served import Server, prepared, served
from tests.api.test_killing import WRITES, check, drive
from tests.servers import Database, Postgres, postgres
from tests.settings import RECOVERY, SOAK

KILLS = 20 if SOAK else 2


@pytest.fixture
def killable(postgres_server: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database on a server of this test's own, which may be killed."""
    assert isinstance(postgres_server, Postgres)
    with postgres() as server:
        database = server.database()
        for name, value in database.environ().items():
            monkeypatch.setenv(name, value)
        yield database


def readiness(server: Server) -> dict[str, str]:
    """What /readyz says."""
    while True:
        try:
            found: dict[str, str] = httpx.get(f"{server.url}/readyz", timeout=5).json()
        except httpx.TransportError:  # the worker that had taken the connection was killed
            continue
        return found


def wait_for(server: Server, records: str, seconds: float) -> float:
    """Seconds until /readyz says so of the records."""
    begun = time.monotonic()
    while readiness(server)["records"] != records:
        assert time.monotonic() - begun < seconds, readiness(server)
        time.sleep(0.02)
    return time.monotonic() - begun


def test_postgres_killed_while_decisions_are_acknowledged_loses_and_doubles_nothing(tmp_path, killable):
    data, key = prepared(tmp_path)
    acknowledged: dict[int, str] = {}
    with served(data, "--workers", "2") as server:
        for round_ in range(KILLS):
            back: list[float] = []

            def kill_and_start(back: list[float] = back) -> None:
                killable.server.kill()
                killable.server.start()
                back.append(time.monotonic())

            helper = threading.Thread(target=kill_and_start)
            acknowledged |= asyncio.run(drive(server, key, range(round_ * WRITES, (round_ + 1) * WRITES), helper.start))
            helper.join()
            assert len(acknowledged) == (round_ + 1) * WRITES
        assert server.process.poll() is None
        assert wait_for(server, "ok", RECOVERY) < RECOVERY
    asyncio.run(check(tmp_path, acknowledged))
    found = call("audit", "verify", "--institution", BANK.id, data=data)
    assert found.code == 0, found.err


def test_readiness_tells_the_truth_and_a_worker_that_starts_without_postgres_serves_when_it_is_back(tmp_path, killable):
    data, key = prepared(tmp_path)
    with served(data, "--workers", "2") as server:
        assert readiness(server) == {"status": "ok", "graph": "ok", "records": "ok"}
        killable.server.kill()
        assert wait_for(server, "down", 2.0) < 2.0
        begun = time.monotonic()
        answer = httpx.post(
            f"{server.url}/graphql", json={"query": "{ me { name } }"}, headers={"Authorization": f"Bearer {key}"}, timeout=5
        )
        assert time.monotonic() - begun < 1.0
        assert answer.status_code == 503 or "UNAVAILABLE" in answer.text, answer.text
        ended = server.workers()[0]
        os.kill(ended, signal.SIGKILL)
        while ended in server.workers() or len(server.workers()) < 2:
            time.sleep(0.05)  # the supervisor starts another in its place
        killable.server.start()
        assert wait_for(server, "ok", RECOVERY) < RECOVERY
        assert asyncio.run(drive(server, key, range(1), lambda: None))
