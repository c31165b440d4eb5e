"""The application as a whole: what it mounts, and what it says when a part of it cannot be opened."""

from __future__ import annotations

import asyncio
import shutil
import stat

import pytest

from api import migrations
from api.app import check, open_records
from api.embedded import embedded_engine
from api.folder import GRAPH_FILE, KEY_FILE, RECORDS_FILE
from api.records import RecordsUnavailable
from graph.errors import GraphUnavailable, RingfenceError
from identity.vault import VaultError
from tests.api.asked import asked
from tests.api.running import running, settings_of


def test_health_says_that_the_process_answers_and_readiness_which_parts_do(tmp_path):
    async def use() -> None:
        async with asked(tmp_path) as (client, services):
            assert (await client.get("/healthz")).json() == {"status": "ok"}
            ready = await client.get("/readyz")
            assert (ready.status_code, ready.json()) == (200, {"status": "ok", "graph": "ok", "records": "ok"})
            services.records.close()
            ready = await client.get("/readyz")
            assert (ready.status_code, ready.json()) == (
                503,
                {"status": "down", "graph": "ok", "records": "down", "reasons": {"records": "STOPPED"}},
            )

    asyncio.run(use())


def test_metrics_are_for_the_machine_itself(tmp_path):
    async def use(address: str) -> int:
        async with asked(tmp_path, address=address) as (client, _):
            return (await client.get("/metrics")).status_code

    assert (asyncio.run(use("127.0.0.1")), asyncio.run(use("203.0.113.9"))) == (200, 403)


def test_a_fault_is_masked_with_an_id(tmp_path):
    async def use() -> None:
        async with asked(tmp_path) as (client, services):
            services.metrics.text = lambda: 1 / 0
            found = await client.get("/metrics")
            assert found.status_code == 500
            assert set(found.json()["error"]) == {"code", "message", "errorId"}
            assert "ZeroDivision" not in found.text

    asyncio.run(use())


def test_every_file_is_for_its_owner_alone(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            folder = services.settings.data
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            for path in folder.glob("*.*"):
                assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path.name

    asyncio.run(use())


def test_the_stores_open_again_and_again(tmp_path):
    for _ in range(3):
        check(settings_of(tmp_path))


@pytest.mark.parametrize("left", [(RECORDS_FILE,), (GRAPH_FILE,), (RECORDS_FILE, GRAPH_FILE)])
def test_a_lost_key_file_is_noticed_and_not_replaced(tmp_path, left):
    settings = settings_of(tmp_path)
    check(settings)
    (settings.data / KEY_FILE).unlink()
    for name in {RECORDS_FILE, GRAPH_FILE} - set(left):
        (settings.data / name).unlink()
    with pytest.raises(VaultError, match="missing"):
        check(settings)
    assert not (settings.data / KEY_FILE).exists()


@pytest.mark.parametrize("left", [(RECORDS_FILE,), (GRAPH_FILE,)])
def test_an_exchanged_key_file_is_noticed_by_records_and_by_graph(tmp_path, left):
    settings, other = settings_of(tmp_path), settings_of(tmp_path / "other")
    check(settings)
    check(other)
    shutil.copy(other.data / KEY_FILE, settings.data / KEY_FILE)
    for name in {RECORDS_FILE, GRAPH_FILE} - set(left):
        shutil.copy(other.data / name, settings.data / name)
    with pytest.raises(RingfenceError, match="key"):
        check(settings)


def test_records_of_a_newer_version_are_refused(tmp_path):
    settings = settings_of(tmp_path)
    check(settings)
    engine = embedded_engine(settings.data / RECORDS_FILE)
    with engine.connect() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(migrations.CannotMigrate, match="newer version"):
        open_records(settings)


@pytest.mark.parametrize(("name", "error"), [(RECORDS_FILE, RecordsUnavailable), (GRAPH_FILE, GraphUnavailable)])
def test_a_file_that_is_no_database_is_said_by_a_sentence(tmp_path, name, error):
    settings = settings_of(tmp_path)
    check(settings)
    for path in settings.data.glob(f"{name}*"):
        path.unlink()
    (settings.data / name).write_bytes(b"this is no database" * 100)
    with pytest.raises(error):
        check(settings)


def test_records_that_are_gone_while_the_graph_is_there_are_not_begun_anew(tmp_path):
    settings = settings_of(tmp_path)
    check(settings)
    (settings.data / RECORDS_FILE).unlink()
    with pytest.raises(RecordsUnavailable, match="restore it from a backup"):
        check(settings)
    assert not (settings.data / RECORDS_FILE).exists()


@pytest.mark.parametrize("name", [RECORDS_FILE, GRAPH_FILE])
def test_a_log_left_beside_a_restored_backup_is_refused_by_a_sentence(tmp_path, name):
    async def write(times: int, copied: bool) -> None:
        async with running(tmp_path) as services:
            for _ in range(times):
                await services.records.ready()
                await services.graph.ready()
                await asyncio.sleep(0.5)
            if copied:
                for end in ("", "-wal"):
                    shutil.copy(services.settings.data / f"{name}{end}", tmp_path / f"crashed{end}")

    asyncio.run(write(2, copied=False))
    settings = settings_of(tmp_path)
    shutil.copy(settings.data / name, tmp_path / "backup")
    asyncio.run(write(2, copied=False))
    asyncio.run(write(2, copied=True))
    shutil.copy(tmp_path / "backup", settings.data / name)
    shutil.copy(tmp_path / "crashed-wal", settings.data / f"{name}-wal")
    with pytest.raises(RingfenceError, match="was not left by this"):
        check(settings)
    shutil.copy(tmp_path / "crashed", settings.data / name)
    check(settings)
