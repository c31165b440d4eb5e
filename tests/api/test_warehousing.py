"""The warehouse's files hold every decision and fact once, whatever day they are written on, and nothing personal."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from api.assessing import assess
from api.jobs.working import fill_warehouse
from api.warehousing import SETTLED, Exported, export_day
from tests.api.cli.calling import call
from tests.api.opened import BANK, asked
from tests.api.running import request, running, service_of
from tests.api.served import prepared

DAY = 86_400_000

pytestmark = pytest.mark.usefixtures("each_engine")


def rows(folder: Path, kind: str) -> list[dict[str, Any]]:
    files = sorted((folder / BANK.id / kind).glob("*.parquet"))
    return [row for file in files for row in pyarrow.parquet.read_table(file).to_pylist()]


def test_each_day_has_what_came_since_the_file_before(tmp_path):
    out = tmp_path / "warehouse"

    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            start = services.now()

            async def export(days: float) -> Exported:
                return await export_day(services.records, services.graph, BANK, out, start + int(days * DAY) + SETTLED)

            made = [(await assess(services, principal, request(f"key-{n:08}", f"L-{n}"))).decision for n in range(3)]
            first = await export(1)
            assert first.decisions == 3 and first.facts is not None and first.facts >= 3
            assert await export(1) == Exported(None, None), "a day that was written is not written again"
            made.append((await assess(services, principal, request("key-00000009", "L-9"))).decision)
            assert (await export(5)).decisions == 1, "days that were missed are in the next"
            assert await export(6) == Exported(0, 0)
            told = {row["id"]: row for row in rows(out, "decisions")}
            assert list(told) == [one.id for one in made]
            for one in made:
                row = told[one.id]
                assert (row["verdict"], row["score"]) == (str(one.judgement.verdict), one.judgement.score)
                assert row["reasons"] == [reason.code for reason in one.judgement.reasons]
                assert int(row["decided_at"].timestamp() * 1000) == one.decided_at
            facts = rows(out, "facts")
            assert len({(row["source"], row["id"]) for row in facts}) == len(facts) == 4
            assert {row["kind"] for row in facts} == {"applicationMade"}
            assert "138" not in "".join(row["content"] for row in facts)

    asyncio.run(use())
    assert not [file for file in out.rglob("*") if "draft" in file.name]
    assert {oct(file.stat().st_mode & 0o777) for file in out.rglob("*.parquet")} == {"0o600"}


def test_a_server_writes_each_institutions_day_where_settings_say(tmp_path):
    out = tmp_path / "warehouse"

    async def use() -> None:
        async with running(tmp_path, warehouse=out) as services:
            principal = await service_of(services)
            await assess(services, principal, request())
            asked(services.settings.data, "UPDATE decisions SET decided_at = decided_at - 120000")
            await fill_warehouse(services)

    asyncio.run(use())
    assert len(rows(out, "decisions")) == 1 and len(rows(out, "facts")) == 1


def test_the_command_writes_and_says_how_many(tmp_path):
    data, _ = prepared(tmp_path)
    found = call("records", "parquet", "--institution", "rural-bank", "--out", str(tmp_path / "out"), data=data)
    assert (found.code, found.out) == (0, "0 decisions.\n0 facts.\n"), found.err
    again = call("records", "parquet", "--institution", "rural-bank", "--out", str(tmp_path / "out"), data=data)
    assert again.code == 0 and again.out.count("there already") == 2
    unknown = call("records", "parquet", "--institution", "none", "--out", str(tmp_path / "out"), data=data)
    assert unknown.code == 1 and unknown.err.count("\n") == 1
