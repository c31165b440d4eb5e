"""The runner: durable groups, savepoints, claims, and bounds on everything."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from api.records import Bounds, Records, RecordsUnavailable
from graph.errors import RingfenceError
from tests.api.opened import SQLITE_ALONE, asked, connected, records_engine

pytestmark = pytest.mark.usefixtures("each_engine")

T = TypeVar("T")

MAKE = "CREATE TABLE written (number INTEGER PRIMARY KEY, text TEXT)"
PUT = text("INSERT INTO written VALUES (:number, :text)")


def make(folder: Path) -> None:
    """A table that the work of these tests writes."""
    with connected(folder) as connection:
        connection.exec_driver_sql(MAKE)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("GRANT ALL ON written TO ringfence_app")


def put(number: int) -> Callable[[Connection], int]:
    def work(connection: Connection) -> int:
        connection.execute(PUT, {"number": number, "text": f"text {number}"})
        return number

    return work


def count(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT count(*) FROM written").scalar_one())


def opened(folder: Path, bounds: Bounds | None = None) -> Records:
    bounds = bounds or Bounds(timeout=10)
    return Records(records_engine(folder, bounds.lock_seconds), bounds)


def run(folder: Path, use: Callable[[Records], Awaitable[T]], bounds: Bounds | None = None) -> T:
    async def inside() -> T:
        make(folder)
        records = opened(folder, bounds)
        try:
            return await use(records)
        finally:
            await asyncio.to_thread(records.close)

    return asyncio.run(inside())


def test_what_was_written_is_read_and_is_there_after_closing(tmp_path):
    async def use(records: Records) -> int:
        assert await records.write(put(1)) == 1
        return await records.read(count)

    assert run(tmp_path, use) == 1
    assert asked(tmp_path, "SELECT text FROM written") == [("text 1",)]


def test_many_writes_at_once_share_commits_and_each_gets_its_own_answer(tmp_path):
    commits: list[float] = []

    async def use(records: Records) -> list[int]:
        records.committed = commits.append
        return await asyncio.gather(*(records.write(put(number)) for number in range(500)))

    assert run(tmp_path, use) == list(range(500))
    assert len(commits) < 250


def test_a_failing_piece_is_undone_alone_and_its_neighbours_are_kept(tmp_path):
    class Wrong(RingfenceError):
        pass

    def half_done(connection: Connection) -> None:
        put(50)(connection)
        raise Wrong("no")

    async def use(records: Records) -> tuple[Sequence[object], int]:
        found = await asyncio.gather(records.write(put(1)), records.write(half_done), records.write(put(2)), return_exceptions=True)
        return found, await records.read(count)

    (first, second, third), written = run(tmp_path, use)
    assert (first, third, written) == (1, 2, 2)
    assert isinstance(second, Wrong)


def test_a_broken_constraint_is_the_works_own_error_and_undoes_it_alone(tmp_path):
    async def use(records: Records) -> int:
        await records.write(put(1))
        with pytest.raises(IntegrityError):
            await records.write(put(1))
        await records.write(put(2))
        return await records.read(count)

    assert run(tmp_path, use) == 2


def test_a_read_cannot_write(tmp_path):
    async def use(records: Records) -> int:
        with suppress(RecordsUnavailable):  # PostgreSQL refuses it, SQLite undoes it
            await records.read(put(1))
        return await records.read(count)

    assert run(tmp_path, use) == 0


def test_a_claim_is_seen_by_others_at_once(tmp_path):
    async def use(records: Records) -> Sequence[Sequence[object]]:
        await records.claim(put(1))
        return await asyncio.to_thread(asked, tmp_path, "SELECT count(*) FROM written")

    assert run(tmp_path, use) == [(1,)]


def test_a_durable_write_waits_for_the_disk_and_a_claim_in_a_file_does_not(tmp_path, each_engine):
    question, wanted = ("PRAGMA synchronous", (2, 1, 2)) if each_engine == "sqlite" else ("SHOW synchronous_commit", ("on", "on", "on"))

    def level(connection: Connection) -> object:
        return connection.exec_driver_sql(question).scalar_one()

    async def use(records: Records) -> tuple[object, ...]:
        return await records.write(level), await records.claim(level), await records.write(level)

    assert run(tmp_path, use) == wanted


def test_who_waits_longer_than_the_timeout_is_told_so_and_what_had_not_begun_never_begins(tmp_path):
    release = threading.Event()

    def slow(connection: Connection) -> None:
        release.wait(5)

    async def use(records: Records) -> int:
        stuck = asyncio.ensure_future(records.write(slow))
        await asyncio.sleep(0.05)
        begun = time.perf_counter()
        with pytest.raises(RecordsUnavailable, match="100 ms"):
            await records.write(put(1), 0.1)
        assert time.perf_counter() - begun < 0.5
        release.set()
        await stuck
        return await records.read(count)

    assert run(tmp_path, use) == 0


def test_a_full_queue_refuses_at_once(tmp_path):
    release = threading.Event()

    async def use(records: Records) -> Sequence[object]:
        stuck = asyncio.ensure_future(records.write(lambda connection: release.wait(5)))
        await asyncio.sleep(0.05)
        waiting = [asyncio.ensure_future(records.write(put(number))) for number in range(5)]
        await asyncio.sleep(0.05)
        release.set()
        found = await asyncio.gather(*waiting, return_exceptions=True)
        await stuck
        return found

    found = run(tmp_path, use, Bounds(queue=3, timeout=10))
    refused = [one for one in found if isinstance(one, RecordsUnavailable)]
    assert len(refused) == 2
    assert "More than 3 calls wait" in str(refused[0])


@SQLITE_ALONE
def test_while_another_process_holds_the_lock_writes_are_unavailable_in_bounded_time_and_work_again_after(tmp_path):
    async def use(records: Records) -> int:
        other = sqlite3.connect(tmp_path / "records.db", isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        begun = time.perf_counter()
        with pytest.raises(RecordsUnavailable, match="another process holds the lock"):
            await records.write(put(1))
        assert time.perf_counter() - begun < 1.0
        other.execute("ROLLBACK")
        other.close()
        await records.write(put(2))
        return await records.read(count)

    assert run(tmp_path, use, Bounds(timeout=0.9, lock_seconds=0.2)) == 1


@SQLITE_ALONE
def test_a_file_that_is_no_database_is_unavailable_and_not_a_fault(tmp_path):
    (tmp_path / "records.db").write_bytes(b"this is no database" * 100)

    async def use() -> None:
        records = opened(tmp_path / "records.db", Bounds(timeout=5))
        try:
            with pytest.raises(RecordsUnavailable):
                await records.write(put(1))
            with pytest.raises(RecordsUnavailable):
                await records.ready()
        finally:
            records.close()

    asyncio.run(use())


@SQLITE_ALONE
@pytest.mark.parametrize("replaced", [False, True])
def test_nothing_is_acknowledged_that_went_into_a_removed_or_replaced_file(tmp_path, replaced):
    path, aside = tmp_path / "records.db", tmp_path / "aside.db"

    async def use(records: Records) -> None:
        await records.write(put(1))
        path.rename(aside)
        if replaced:
            sqlite3.connect(path).execute("CREATE TABLE written (number INTEGER, text TEXT)").connection.close()
        for ask in (records.write(put(2)), records.claim(put(3)), records.read(count), records.ready()):
            with pytest.raises(RecordsUnavailable, match="removed or replaced"):
                await ask
        assert path.exists() is replaced, "no empty file is made in its place"
        if not replaced:
            aside.rename(path)
            await records.write(put(4))
            assert await records.read(count) == 2

    run(tmp_path, use)


def test_closing_finishes_what_waits_and_then_refuses(tmp_path):
    async def use() -> Sequence[object]:
        make(tmp_path)
        records = opened(tmp_path)
        waiting = [asyncio.ensure_future(records.write(put(number))) for number in range(100)]
        await asyncio.sleep(0)
        await asyncio.to_thread(records.close)
        with pytest.raises(RecordsUnavailable, match="stopping"):
            await records.write(put(1_000))
        return await asyncio.gather(*waiting, return_exceptions=True)

    assert asyncio.run(use()) == list(range(100))


def test_two_runners_lose_and_double_nothing(tmp_path):
    async def use() -> int:
        bounds = Bounds(timeout=20, lock_seconds=10)
        make(tmp_path)
        first, second = opened(tmp_path, bounds), opened(tmp_path, bounds)
        await asyncio.gather(*((first if number % 2 else second).write(put(number)) for number in range(400)))
        found = await first.read(count)
        first.close()
        second.close()
        return found

    assert asyncio.run(use()) == 400
