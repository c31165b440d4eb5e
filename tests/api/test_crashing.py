"""The process may die between any two steps: the retry with the same key, or the next worker, gives one effect."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from api import audit
from api.assessing import assess
from api.jobs.working import work_one
from tests.api.crashing import DIED, STEPS
from tests.api.opened import BANK
from tests.api.running import FailingStore, counts, request, retried, running, service_of, wait_for_jobs
from tests.api.test_assessing import ONE

pytestmark = pytest.mark.usefixtures("each_engine")

ROOT = Path(__file__).parent.parent.parent


def die(folder: Path, step: str, work: str) -> None:
    """Run a process that dies at the step."""
    command = [sys.executable, "-m", "tests.api.crashing", str(folder), step, work]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == DIED, ended.stderr


@pytest.mark.parametrize("step", STEPS)
def test_a_process_killed_at_any_step_of_a_decision_has_one_effect_after_the_retry(tmp_path, step):
    die(tmp_path, step, "assess")

    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            found = await retried(services, principal)
            assert await counts(services, principal) == ONE
            assert found.replayed == (step == "after writing")
            assert await services.records.read(lambda c: audit.verify(c, services.vault.audit_key, BANK.id), institution=BANK.id) == 1
            assert (await assess(services, principal, request())).decision.id == found.decision.id

    asyncio.run(use())


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_at_any_step_of_deciding_again_has_one_effect_after_the_next_worker(tmp_path, step):
    async def refer() -> None:
        async with running(tmp_path, FailingStore) as services:
            principal = await service_of(services)
            services.graph.down = True
            await assess(services, principal, request())

    asyncio.run(refer())
    die(tmp_path, step, "again")

    async def use() -> None:
        async with running(tmp_path, job_lease_seconds=0.1) as services:
            principal = await service_of(services)
            await services.records.write(lambda c: c.exec_driver_sql("UPDATE jobs SET lease_until = 0"))
            await work_one(services)
            await wait_for_jobs(services)
            assert await counts(services, principal) == {"facts": 1, "decisions": 2, "entries": 2, "answers": 1, "jobs": 0}

    asyncio.run(use())
