"""The rehearsal leaves nothing behind."""

from __future__ import annotations

import asyncio

import pytest

from api.assessing import assess
from api.rehearsing import rehearse
from tests.api.opened import asked
from tests.api.running import counts, request, running, service_of
from tests.api.test_assessing import ONE

pytestmark = pytest.mark.usefixtures("each_engine")

TABLES = ("decisions", "decision_reasons", "idempotency_keys", "audit_entries", "audit_heads", "jobs")


def test_a_rehearsal_leaves_nothing_behind_and_a_decision_after_it_is_ordinary(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            for _ in range(2):
                await rehearse(services)
            left = [await asyncio.to_thread(asked, tmp_path / "data", f"SELECT count(*) FROM {table}") for table in TABLES]
            assert left == [[(0,)]] * len(TABLES)
            principal = await service_of(services)
            await assess(services, principal, request())
            assert await counts(services, principal) == ONE

    asyncio.run(use())
