"""Runs the checks of a verification after its evidence changed."""

from __future__ import annotations

import orjson

from api.context import Services
from api.queue import Job
from api.verifying.changing import CHECK
from api.verifying.checking import check


async def check_verification(services: Services, job: Job) -> None:
    """Check the job's verification. Raises what a part that is down raises; the job is then tried again."""
    await check(services, job, orjson.loads(services.vault.open_bytes(job.institution, CHECK, job.payload)))
