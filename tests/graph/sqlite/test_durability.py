"""What was acknowledged is there after `kill -9`, once; and several processes may write one file."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from graph.model import Moment, TieKind
from graph.store import Repeated
from tests.factory import device, institution, person, store, tie
from tests.settings import SOAK

BANK = institution()
KILLS = 20 if SOAK else 3
WRITES = 1_000 if SOAK else 150
ROOT = Path(__file__).parents[3]


def writer(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.graph.sqlite.writing_process", str(folder), name, str(count)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def lines(process: subprocess.Popen[str]) -> list[tuple[str, int]]:
    """Ids and moments that were acknowledged; the last line may have been cut off."""
    whole = process.communicate()[0].rpartition("\n")[0].split("\n")
    return [(line.split()[0], int(line.split()[1])) for line in whole if line]


async def assert_there_once(folder: Path, acknowledged: list[str]) -> None:
    """Each acknowledged fact is repeated, not recorded again, and the device's ties are as many as the facts."""
    graph = store(folder)
    for start in range(0, len(acknowledged), 500):
        some = acknowledged[start : start + 500]
        facts = [tie(id_, person(id_), TieKind.USES_DEVICE, device(), int(id_.rpartition("-")[2]) + 1) for id_ in some]
        results = (await graph.record(BANK, "core", facts)).results
        assert all(isinstance(result, Repeated) for result in results)
    sealer = graph._sealers(BANK.id)
    id_ = sealer.entity_id(device().kind, device().key or "")
    reach = (await graph.entities(BANK.id, [id_], Moment(2**53, 2**53)))[id_].reach
    await graph.close()
    file = sqlite3.connect(folder / "graph.db")
    assert file.execute("SELECT count(*) FROM fact").fetchone()[0] == file.execute("SELECT sum(count) FROM tie").fetchone()[0] == reach
    assert file.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    file.close()


def test_nothing_acknowledged_is_lost_or_doubled_when_two_writers_are_killed(tmp_path: Path):
    asyncio.run(store(tmp_path).close())
    acknowledged: list[str] = []
    chance = random.Random(3)
    for kill in range(KILLS):
        two = [writer(tmp_path, f"k{kill}{side}", WRITES) for side in "ab"]
        time.sleep(1.0 + chance.random())
        for process in two:
            process.kill()
        for process in two:
            acknowledged += [id_ for id_, _ in lines(process)]
    assert acknowledged, "the writers were killed before they began"
    asyncio.run(assert_there_once(tmp_path, acknowledged))


def test_two_processes_write_at_once_and_time_rises_across_them(tmp_path: Path):
    asyncio.run(store(tmp_path).close())
    two = [writer(tmp_path, side, WRITES) for side in "ab"]
    told = [lines(process) for process in two]
    assert [process.returncode for process in two] == [0, 0]
    assert [len(said) for said in told] == [WRITES, WRITES]
    moments = [{moment for _, moment in said} for said in told]
    assert not moments[0] & moments[1], "each commit has a moment of its own"
    file = sqlite3.connect(tmp_path / "graph.db")
    recorded = [row[0] for row in file.execute("SELECT recorded_at FROM fact ORDER BY number")]
    file.close()
    assert recorded == sorted(recorded)
    asyncio.run(assert_there_once(tmp_path, [id_ for said in told for id_, _ in said]))
