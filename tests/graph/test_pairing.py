"""A log is replayed into the file that it was left by and into no other."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import GraphUnavailable
from graph.model import EntityKind
from graph.pairing import COUNTS, has_foreign_log, next_count
from graph.stores.sqlite.store import SqliteStore
from tests.factory import described, institution, moment, quick_folder, store, vault

BANK = institution()

ROOT = Path(__file__).parents[2]

KILLED = """
import asyncio, os, sys
from pathlib import Path
from tests.factory import described, institution, store

async def run():
    graph = store(Path(sys.argv[1]))
    for number in range(int(sys.argv[2]), int(sys.argv[3])):
        await graph.record(institution(), "core", [described(f"f-{number}", f"M-{number}")])
    os._exit(9)

asyncio.run(run())
"""
"""Records merchants and dies without closing: what it committed since the last checkpoint is in the log alone."""


def killed(folder: Path, first: int, last: int) -> None:
    """Let a process record merchants and be killed."""
    subprocess.run([sys.executable, "-c", KILLED, str(folder), str(first), str(last)], cwd=ROOT, check=False, timeout=60)
    assert (folder / "graph.db-wal").stat().st_size > 4_096


def merchants(folder: Path) -> int:
    """How many merchants a store that is opened now knows."""

    async def run() -> int:
        graph = store(folder)
        try:
            ids = [graph._sealers(BANK.id).entity_id(EntityKind.MERCHANT, f"M-{number}") for number in range(100)]
            return len(await graph.entities(BANK.id, ids, moment()))
        finally:
            await graph.close()

    return asyncio.run(run())


def recorded(folder: Path, first: int, last: int) -> None:
    """Record merchants and close."""

    async def run() -> None:
        graph = store(folder)
        await graph.record(BANK, "core", [described(f"f-{number}", f"M-{number}") for number in range(first, last)])
        await graph.close()

    asyncio.run(run())


def copy_by_file(path: Path, to: Path) -> None:
    shutil.copy(path, to)


def copy_by_backup(path: Path, to: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as own, contextlib.closing(sqlite3.connect(to)) as other:
        own.backup(other)


def copy_by_vacuum(path: Path, to: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as own:
        own.execute("VACUUM INTO ?", (str(to),))


COPIES = [copy_by_file, copy_by_backup, copy_by_vacuum]


def test_sqlite_itself_replays_whatever_log_lies_beside_a_file(tmp_path):
    recorded(tmp_path, 0, 10)
    backup = tmp_path / "backup.db"
    copy_by_file(tmp_path / "graph.db", backup)
    recorded(tmp_path, 10, 40)
    killed(tmp_path, 40, 60)
    shutil.copy(backup, tmp_path / "graph.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "graph.db")) as connection:
        try:
            damaged = connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]
            facts = connection.execute("SELECT count(*) FROM fact").fetchone()[0]
        except sqlite3.DatabaseError:
            damaged, facts = True, 0
    assert damaged or facts != 10, "were this to hold no more, SQLite had begun to look by itself"


@pytest.mark.parametrize("copy", COPIES)
def test_a_log_left_beside_an_older_backup_is_refused_untouched_and_the_backup_opens_without_it(tmp_path, copy):
    recorded(tmp_path, 0, 10)
    backup = tmp_path / "backup.db"
    copy(tmp_path / "graph.db", backup)
    recorded(tmp_path, 10, 40)
    killed(tmp_path, 40, 60)
    shutil.copy(backup, tmp_path / "graph.db")
    log = (tmp_path / "graph.db-wal").read_bytes()
    with pytest.raises(GraphUnavailable, match="was not left by this") as caught:
        store(tmp_path)
    assert caught.value.reason == "FOREIGN_LOG"
    with pytest.raises(GraphUnavailable):
        SqliteStore.open(tmp_path / "graph.db", vault(tmp_path).sealer)
    assert (tmp_path / "graph.db").read_bytes() == backup.read_bytes()
    assert (tmp_path / "graph.db-wal").read_bytes() == log
    for end in ("-wal", "-shm"):
        (tmp_path / f"graph.db{end}").rename(tmp_path / f"away{end}")
    assert merchants(tmp_path) == 10


@pytest.mark.parametrize("copy", [copy_by_backup, copy_by_vacuum])
def test_a_backup_made_while_this_very_log_was_written_is_refused_beside_it(tmp_path, copy):
    recorded(tmp_path, 0, 10)
    killed(tmp_path, 10, 20)
    for name in ("graph.db", "graph.db-wal"):
        shutil.copy(tmp_path / name, tmp_path / f"crashed-{name}")
    backup = tmp_path / "backup.db"
    copy(tmp_path / "graph.db", backup)
    shutil.copy(backup, tmp_path / "graph.db")
    shutil.copy(tmp_path / "crashed-graph.db-wal", tmp_path / "graph.db-wal")
    with pytest.raises(GraphUnavailable, match="was not left by"):
        store(tmp_path)


def test_another_deployments_log_is_refused(tmp_path):
    (tmp_path / "other").mkdir()
    recorded(tmp_path, 0, 10)
    recorded(tmp_path / "other", 0, 10)
    killed(tmp_path / "other", 10, 20)
    shutil.copy(tmp_path / "other" / "graph.db-wal", tmp_path / "graph.db-wal")
    with pytest.raises(GraphUnavailable, match="was not left by"):
        store(tmp_path)


@pytest.mark.parametrize("left", [None, b""])
def test_a_log_without_its_file_is_refused_and_kept(tmp_path, left):
    recorded(tmp_path, 0, 10)
    killed(tmp_path, 10, 20)
    (tmp_path / "graph.db").unlink()
    if left is not None:
        (tmp_path / "graph.db").write_bytes(left)
    with pytest.raises(GraphUnavailable, match="was not left by"):
        store(tmp_path)
    assert (tmp_path / "graph.db-wal").stat().st_size > 4_096


def test_a_log_of_its_own_is_replayed(tmp_path):
    killed(tmp_path, 0, 10)
    assert merchants(tmp_path) == 10
    killed(tmp_path, 10, 20)
    killed(tmp_path, 20, 30)
    assert merchants(tmp_path) == 30


def test_a_crashed_folder_that_is_copied_whole_goes_on(tmp_path):
    recorded(tmp_path, 0, 10)
    killed(tmp_path, 10, 20)
    shutil.copytree(tmp_path, tmp_path / "copied")
    assert merchants(tmp_path / "copied") == 20


@pytest.mark.parametrize("index", [b"", b"\xff" * 32_768])
def test_an_index_of_another_does_no_harm(tmp_path, index):
    recorded(tmp_path, 0, 10)
    killed(tmp_path, 10, 20)
    (tmp_path / "graph.db-shm").write_bytes(index)
    assert merchants(tmp_path) == 20


@pytest.mark.parametrize("log", [b"", b"x" * 100, b"\x37\x7f\x06\x82" + b"\0" * 28])
def test_what_sqlite_takes_for_no_log_is_none(tmp_path, log):
    recorded(tmp_path, 0, 10)
    (tmp_path / "graph.db-wal").write_bytes(log)
    assert merchants(tmp_path) == 10


STEP = st.sampled_from(["commit", "commit", "commit", "uncounted", "passive", "truncate", "reader"])


@given(st.lists(STEP, min_size=1, max_size=25))
def test_at_any_moment_a_files_own_log_belongs_to_it_and_to_no_earlier_state_without_it(steps):
    """Commits, checkpoints whole and partial (a reader holds the rest back), and a look at each moment as after a power cut."""
    with quick_folder() as folder, contextlib.ExitStack() as closing:
        path = folder / "a.db"
        writer = closing.enter_context(contextlib.closing(connect(path)))
        earlier: list[tuple[int, bytes]] = []
        for number, step in enumerate(steps):
            if step == "reader":
                reader = closing.enter_context(contextlib.closing(connect(path)))
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM t").fetchone()
            elif step in ("passive", "truncate"):
                with contextlib.suppress(sqlite3.OperationalError):  # a reader is in the way
                    writer.execute(f"PRAGMA wal_checkpoint({step})")
            else:
                commit(writer, number, counted=step == "commit")
            assert not has_foreign_log(path)
            log = folder / "a.db-wal"
            begins = first_count(log)
            count = int.from_bytes(path.read_bytes()[68:72], "big")
            for before, file in earlier:
                if begins and before not in (0, count) and (begins - before) % COUNTS in range(2, COUNTS // 2):
                    (folder / "b.db").write_bytes(file)
                    shutil.copy(log, folder / "b.db-wal")
                    assert has_foreign_log(folder / "b.db")
            earlier.append((count, path.read_bytes()))


def connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("CREATE TABLE IF NOT EXISTS t (number INTEGER PRIMARY KEY, text TEXT)")
    return connection


def commit(connection: sqlite3.Connection, number: int, *, counted: bool) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO t VALUES (?, ?)", (number, "x" * (number * 997 % 9_000)))
    if counted:
        count = connection.execute("PRAGMA application_id").fetchone()[0]
        connection.execute(f"PRAGMA application_id = {next_count(count)}")
    connection.execute("COMMIT")


def first_count(log: Path) -> int:
    """The count of the log's first page 1; 0 where it has none."""
    content = log.read_bytes()
    size = int.from_bytes(content[8:12], "big")
    salts = content[16:24]
    for place in range(32, len(content), 24 + size):
        if content[place + 8 : place + 16] != salts:
            break
        if content[place : place + 4] == b"\0\0\0\1":
            return int.from_bytes(content[place + 24 + 68 : place + 24 + 72], "big")
    return 0


def test_counts_rise_by_one_begin_anywhere_and_go_round():
    assert next_count(5) == 6
    assert next_count(COUNTS) == 1
    assert len({next_count(0) for _ in range(50)}) > 40
    assert all(0 < next_count(0) <= COUNTS for _ in range(50))
