"""`/readyz` tells the truth about reading and writing, within 300 ms, and does not write each time that it is asked."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from api.embedded import embedded_engine
from api.folder import GRAPH_FILE, RECORDS_FILE
from api.readiness import Readiness
from api.records import Bounds, Records, RecordsUnavailable
from graph.pairing import COUNTS
from graph.stores.sqlite.store import SqliteStore
from tests.api.asked import asked
from tests.api.opened import BANK
from tests.api.running import running, service_of
from tests.factory import described

FILES = {"graph": GRAPH_FILE, "records": RECORDS_FILE}

READY = {"graph": None, "records": None}


def commits(path: Path) -> int:
    """How many commits of ours a file has seen, as its header counts them."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA application_id").fetchone()[0])


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """While another connection holds the write lock, as another process would."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


async def told(readiness: Readiness) -> dict[str, str | None]:
    """What it says on a machine that may be busy: a look that was late is waited for."""
    found = await readiness.reasons()
    async with asyncio.timeout(5):
        while "LATE" in found.values():
            found = await readiness.reasons()
    return found


async def until_ready(readiness: Readiness) -> None:
    """Return when all is well again; within two seconds."""
    async with asyncio.timeout(2):
        while await readiness.reasons() != READY:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("part", ["graph", "records"])
def test_a_part_that_another_process_keeps_locked_is_down_within_300_ms_and_the_word_follows(tmp_path, part):
    async def use() -> None:
        async with asked(tmp_path) as (client, services):
            assert (await client.get("/readyz")).status_code == 200
            with locked(services.settings.data / FILES[part]):
                await asyncio.sleep(0.5)
                waited, words = [], []
                for _ in range(4):
                    begun = time.perf_counter()
                    answer = await client.get("/readyz")
                    waited.append(time.perf_counter() - begun)
                    assert (answer.status_code, answer.json()[part]) == (503, "down")
                    words.append(answer.json()["reasons"][part])
                    await asyncio.sleep(0.2)
                assert min(waited) < 0.3 and max(waited) < 1.0
                assert (words[0], words[-1]) == ("LATE", "LOCKED")
            await asyncio.sleep(0.5)
            assert (await client.get("/readyz")).json() == {"status": "ok", "graph": "ok", "records": "ok"}

    asyncio.run(use())


def test_asked_often_it_writes_twice_a_second_at_most_and_unasked_nothing(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            readiness = Readiness(services)
            assert await told(readiness) == READY
            paths = [services.settings.data / name for name in FILES.values()]
            await asyncio.sleep(0.5)
            before = [commits(path) for path in paths]
            await asyncio.sleep(0.3)
            assert [commits(path) for path in paths] == before
            begun, asked_for = time.monotonic(), 0
            while time.monotonic() - begun < 1.2:
                assert await told(readiness) == READY
                asked_for += 1
            assert asked_for > 20
            for path, count in zip(paths, before, strict=True):
                assert 1 <= (commits(path) - count) % COUNTS <= 3

    asyncio.run(use())


def test_while_facts_are_recorded_nothing_is_written_for_the_question(tmp_path):
    class Counting(SqliteStore):
        proofs = 0

    async def use() -> None:
        async with running(tmp_path, Counting) as services:
            submit = services.graph._writer.submit

            def counted(call: Any) -> None:
                services.graph.proofs += call.proof
                submit(call)

            services.graph._writer.submit = counted
            readiness = Readiness(services)
            for number in range(20):
                await services.graph.record(BANK, "core", [described(f"f-{number}", f"M-{number}")])
                assert (await told(readiness))["graph"] is None
            assert services.graph.proofs == 0

    asyncio.run(use())


def test_a_commit_of_our_own_that_takes_long_is_no_lock_of_another(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            await service_of(services)
            await asyncio.sleep(0.6)
            writing = asyncio.create_task(services.records.write(lambda _: time.sleep(0.6)))
            await asyncio.sleep(0.1)
            assert await told(Readiness(services)) == READY
            await writing

    asyncio.run(use())


def test_many_who_ask_at_once_share_one_look(tmp_path):
    class Slow(SqliteStore):
        looks = 0

        async def ready(self) -> None:
            self.looks += 1
            await asyncio.sleep(0.1)
            await super().ready()

    async def use() -> None:
        async with running(tmp_path, Slow) as services:
            readiness = Readiness(services)
            found = await asyncio.gather(*(readiness.reasons() for _ in range(50)))
            assert found == [READY] * 50
            assert services.graph.looks == 1

    asyncio.run(use())


def test_a_fault_of_ours_is_not_readiness(tmp_path):
    class Broken(SqliteStore):
        async def ready(self) -> None:
            raise ZeroDivisionError

    async def use() -> None:
        async with running(tmp_path, Broken) as services:
            assert await told(Readiness(services)) == {"graph": "FAILED", "records": None}

    asyncio.run(use())


class ReadOnlyRecords(Records):
    """Records on connections that may not write."""

    def __init__(self, engine: Engine, bounds: Bounds | None = None) -> None:
        super().__init__(engine, bounds)
        self.may_write = False

        @event.listens_for(engine, "connect")
        def prepare(raw: Any, _record: object) -> None:
            raw.execute(f"PRAGMA query_only = {'OFF' if self.may_write else 'ON'}")


def test_records_that_are_read_only_are_down_and_come_back(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            settings = services.settings
        records = ReadOnlyRecords(embedded_engine(settings.data / RECORDS_FILE), Bounds(timeout=5))
        try:
            with pytest.raises(RecordsUnavailable, match="read-only") as caught:
                await records.ready()
            assert caught.value.reason == "READ_ONLY"
            records.may_write = True
            await records.ready()
        finally:
            records.close()

    asyncio.run(use())


def test_a_graph_that_is_read_only_is_down_and_comes_back(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            services.graph._writer._connection.execute("PRAGMA query_only = ON")
            readiness = Readiness(services)
            assert await told(readiness) == {"graph": "READ_ONLY", "records": None}
            await until_ready(readiness)

    asyncio.run(use())


@contextmanager
def no_room() -> Iterator[None]:
    """While no file of this process may grow."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """While a disk is full."""
    filler = disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def disks(folder: Path) -> Iterator[list[tuple[Path, Callable[[], AbstractContextManager[None]]]]]:
    """Folders, and how to take their room away: the disk of the tests, and a small one of its own where one may be mounted."""
    small = folder / "small"
    small.mkdir()
    found: list[tuple[Path, Callable[[], AbstractContextManager[None]]]] = [(folder / "large", no_room)]
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(small)]
    mounted = shutil.which("mount") is not None and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield [*found, (small, lambda: filled(small))] if mounted else found
    finally:
        if mounted:
            subprocess.run(["umount", str(small)], check=True)


def test_without_room_on_the_disk_it_is_down_and_comes_back_when_there_is_some(tmp_path):
    async def use(folder: Path, room_gone: Callable[[], AbstractContextManager[None]]) -> None:
        async with running(folder) as services:
            readiness = Readiness(services)
            await readiness.reasons()
            await asyncio.sleep(0.5)
            with room_gone():
                for _ in range(2):
                    found = await told(readiness)
                    assert set(found.values()) <= {"DISK_FULL", "DISK_FAILING"}, found
                    await asyncio.sleep(0.1)
            await until_ready(readiness)

    with disks(tmp_path) as found:
        for folder, room_gone in found:
            asyncio.run(use(folder, room_gone))
