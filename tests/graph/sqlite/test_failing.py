"""What a failing file is called, and that nothing half-written stays."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from graph.contents import PersonDescribed, PlaceSeen, TieObserved
from graph.errors import GraphUnavailable
from graph.model import EntityKind, EntityName, Moment, TieKind
from graph.stores.shared.institutions import WrongKeys
from graph.stores.sqlite.store import SqliteStore
from tests.factory import account, application, described, fact, institution, merchant, moment, person, store, tie, transfer, vault

BANK = institution()


async def refused(graph: SqliteStore, *, read: bool = True) -> set[str]:
    """Causes with which reading and recording are refused."""
    causes = set()
    with pytest.raises(GraphUnavailable) as written:
        await graph.record(BANK, "core", [described("later")])
    causes.add(written.value.cause)
    if read:
        with pytest.raises(GraphUnavailable) as seen:
            await graph.now(BANK.id)
        causes.add(seen.value.cause)
    return causes


def test_a_locked_file_is_said_after_a_bounded_wait_and_recovers(tmp_path: Path):
    async def run() -> None:
        graph = SqliteStore(tmp_path / "graph.db", vault(tmp_path).sealer, waiting=0.2)
        await graph.record(BANK, "core", [described()])
        other = sqlite3.connect(tmp_path / "graph.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert await refused(graph, read=False) == {"TIMED_OUT"}
        with pytest.raises(GraphUnavailable):
            await graph.ready()
        assert (await graph.now(BANK.id)).known_at, "reading goes on"
        other.execute("ROLLBACK")
        other.close()
        await graph.ready()
        await graph.record(BANK, "core", [described("later")])
        await graph.close()

    asyncio.run(run())


def test_a_removed_file_is_said_and_not_written_into_nothing(tmp_path: Path):
    async def run() -> None:
        graph = store(tmp_path)
        await graph.record(BANK, "core", [described()])
        (tmp_path / "graph.db").rename(tmp_path / "elsewhere.db")
        assert await refused(graph) == {"UNREACHABLE"}
        with pytest.raises(GraphUnavailable, match="removed or replaced"):
            await graph.ready()
        (tmp_path / "elsewhere.db").rename(tmp_path / "graph.db")
        await graph.ready()
        await graph.close()

    asyncio.run(run())


def test_a_file_that_is_no_graph_is_said(tmp_path: Path):
    (tmp_path / "graph.db").write_bytes(b"this is a text and no database" * 100)
    with pytest.raises(GraphUnavailable, match="no graph of this program"):
        store(tmp_path)
    other = sqlite3.connect(tmp_path / "newer.db")
    other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(GraphUnavailable, match="version 99"):
        SqliteStore(tmp_path / "newer.db", vault(tmp_path).sealer)


def test_a_damaged_file_is_said(tmp_path: Path):
    async def run() -> None:
        graph = store(tmp_path)
        await graph.record(BANK, "core", [described(f"d{n}", f"M-{n}") for n in range(400)])
        await graph.close()
        file = tmp_path / "graph.db"
        whole = file.read_bytes()
        file.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
        with pytest.raises(GraphUnavailable, match="damaged"):
            store(tmp_path)

    asyncio.run(run())


def test_a_folder_that_is_not_there_is_said(tmp_path: Path):
    with pytest.raises(GraphUnavailable) as raised:
        SqliteStore(tmp_path / "missing" / "graph.db", vault(tmp_path).sealer)
    assert raised.value.cause == "UNREACHABLE"


def test_a_full_disk_leaves_nothing_half_written_and_recovers(tmp_path: Path):
    """The file's own limit of pages is what a full disk is to SQLite: SQLITE_FULL in the middle of a transaction."""

    async def run() -> None:
        graph = store(tmp_path)
        await graph.record(BANK, "core", [described()])
        connection = graph._writer._connection
        assert connection is not None
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 4}")
        with pytest.raises(GraphUnavailable, match="disk is full"):
            await graph.record(BANK, "core", [tie(f"t{n}", person(f"P-{n}"), TieKind.OWNS, merchant()) for n in range(900)])
        mer = graph._sealers(BANK.id).entity_id(EntityKind.MERCHANT, "M-1")
        assert (await graph.entities(BANK.id, [mer], moment()))[mer].reach == 0
        recording = await graph.record(BANK, "core", [tie("t0", person("P-0"), TieKind.OWNS, merchant())])
        assert (await graph.entities(BANK.id, [mer], Moment(2**53, recording.recorded_at)))[mer].reach == 1
        await graph.close()

    asyncio.run(run())


def test_a_closed_store_says_so_and_closes_twice(tmp_path: Path):
    async def run() -> None:
        graph = store(tmp_path)
        await graph.record(BANK, "core", [described()])
        await graph.close()
        await graph.close()
        assert await refused(graph) == {"UNREACHABLE"}

    asyncio.run(run())


def test_other_keys_are_noticed_at_opening_at_reading_and_at_recording(tmp_path: Path):
    async def run() -> None:
        first = vault(tmp_path)
        graph = SqliteStore.open(tmp_path / "graph.db", first.sealer, first.check_value())
        await graph.record(BANK, "core", [described()])
        await graph.close()
        (tmp_path / "other").mkdir()
        other = vault(tmp_path / "other")
        with pytest.raises(WrongKeys, match="other keys"):
            SqliteStore.open(tmp_path / "graph.db", other.sealer)
        with pytest.raises(WrongKeys):
            SqliteStore.open(tmp_path / "graph.db", first.sealer, other.check_value())
        graph = SqliteStore(tmp_path / "graph.db", other.sealer)
        with pytest.raises(WrongKeys):
            await graph.record(BANK, "core", [described("x")])
        with pytest.raises(WrongKeys):
            await graph.now(BANK.id)
        with pytest.raises(WrongKeys):
            await graph.ready()
        await graph.close()

    asyncio.run(run())


def test_a_caller_that_leaves_does_not_undo_or_hang_what_was_begun(tmp_path: Path):
    async def run() -> None:
        graph = store(tmp_path)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(graph.record(BANK, "core", [described()]), 0)
        leaving = asyncio.create_task(graph.record(BANK, "core", [described("2", "M-2")]))
        await asyncio.sleep(0)
        leaving.cancel()
        await graph.record(BANK, "core", [described("3", "M-3")])
        await graph.close()
        file = sqlite3.connect(tmp_path / "graph.db")
        assert file.execute("SELECT count(*) FROM fact WHERE source_id = '2'").fetchone() == (1,)
        file.close()

    asyncio.run(run())


def test_no_personal_value_is_in_the_files(tmp_path: Path):
    place = EntityName(EntityKind.PLACE, "CN:secretroad77")
    secrets = ["Zhang Wuji", "1987-06-05", "6222020000987654", "+8613899998888", "wuji@example.com", "198.51.100.77", "device-77889900",
               "SecretRoad 77", "secretroad77", "110101198706051234"]  # fmt: skip
    who = person()
    facts = [
        fact("1", PersonDescribed(who, secrets[0], secrets[1])),
        tie("2", who, TieKind.HOLDS, account(secrets[2])),
        tie("3", who, TieKind.REACHED_AT, EntityName(EntityKind.PHONE, secrets[3])),
        tie("4", who, TieKind.REACHED_AT, EntityName(EntityKind.EMAIL, secrets[4])),
        tie("5", who, TieKind.CONNECTS_FROM, EntityName(EntityKind.IP_ADDRESS, secrets[5])),
        tie("6", who, TieKind.USES_DEVICE, EntityName(EntityKind.DEVICE, secrets[6])),
        tie("7", who, TieKind.IDENTIFIED_BY, EntityName(EntityKind.DOCUMENT, f"IDENTITY_CARD:CN:{secrets[9]}")),
        transfer("8", account(secrets[2]), account("6222020000000001")),
        application(applicant=who),
    ]
    located = TieObserved(who, TieKind.LOCATED_AT, place)
    facts.append(fact("9", located).__class__("9", 1, located, (PlaceSeen(place, secrets[7], "CN", 1.0, 2.0),)))

    async def run() -> None:
        graph = store(tmp_path)
        recording = await graph.record(BANK, "core", facts)
        assert all(type(result).__name__ == "Recorded" for result in recording.results)
        await graph.close()

    asyncio.run(run())
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("graph.db*"))
    for secret in secrets:
        assert secret.encode() not in kept, secret
        assert secret.encode("utf-16-le") not in kept
