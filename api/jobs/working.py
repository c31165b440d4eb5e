"""The loop that works jobs in every server process, and keeps house once a day: checkpoints of the audit chains, old keys and jobs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Final, cast

from sqlalchemy import Connection

from api import audit, idempotency, logs, outbox, proposing, queue, webhooks
from api.assessing import DECIDE_AGAIN
from api.auth.institutions import all_institutions
from api.context import Services
from api.erasing import FORGET
from api.jobs import JOBS
from api.queue import Job, Taken
from api.records import RecordsUnavailable
from api.rings.judging import TELL_STANDINGS
from api.verifying.changing import CHECK, expire_late
from api.verifying.screening import screen_again
from graph.errors import GraphUnavailable
from graph.model import Instant
from graph.store import BulkStore
from identity import tickets
from identity.records import forget_images

DAY: Final = 86_400_000
MINUTE: Final = 60_000
DECIDING: Final = frozenset({DECIDE_AGAIN, TELL_STANDINGS, FORGET})
VERIFYING: Final = frozenset({CHECK})
JOBS_KEPT: Final = 30 * DAY
"""How long a job that was done is remembered."""

CHECKPOINTS: Final = "checkpoints"
"""Folder of the data folder with a file a day and institution."""


async def work(services: Services) -> None:
    """Work jobs until cancelled; one task of each server process."""
    kept_on: Instant | None = None
    while True:
        try:
            day = services.now() // DAY
            if day != kept_on:
                await keep_house(services)
                await fill_warehouse(services)
                kept_on = day
            more = True
            while more:
                more = await work_one(services)
        except RecordsUnavailable as error:
            logs.event("jobs wait for the records", logging.WARNING, exception=type(error).__name__)
        except Exception as error:  # a job's fault must not end the loop
            logs.fault(error)
        await asyncio.sleep(services.settings.job_pause_seconds)


async def verify(services: Services) -> None:
    """Run the checks of verifications until cancelled, beside `work`: they take seconds, and loans that wait come first."""
    looked_at: Instant = 0
    while True:
        try:
            while await work_one(services, VERIFYING):
                continue
            if services.now() - looked_at >= MINUTE:
                await end_what_is_late(services)
                looked_at = services.now()
        except RecordsUnavailable as error:
            logs.event("verifications wait for the records", logging.WARNING, exception=type(error).__name__)
        except Exception as error:  # one fault must not end the loop
            logs.fault(error)
        await asyncio.sleep(services.settings.job_pause_seconds)


async def end_what_is_late(services: Services) -> None:
    """Write which verifications expired and which proposals lapsed, screen again where lists changed; remove what is past its time."""
    now = services.now()
    for tenant in await services.records.read(all_institutions):
        institution = tenant.institution.id
        while await services.records.write(partial(expire_late, services=services, institution=institution), institution=institution):
            continue
        while await screen_again(services, institution):
            continue
        while await services.records.write(partial(forget_images, institution=institution, now=now), institution=institution):
            continue
        await services.records.write(partial(proposing.lapse, institution=institution, now=now), institution=institution)
        await services.records.write(partial(tickets.remove_old, institution=institution, before=now - DAY), institution=institution)


async def work_one(services: Services, kinds: Collection[str] = DECIDING) -> bool:
    """Take and run one job of these kinds; whether to look for the next at once. Raises `RecordsUnavailable`."""
    now = services.now()
    if services.breaker.open or not await services.records.read(lambda connection: queue.waiting(connection, now, kinds)):
        return False
    lease = int(services.settings.job_lease_seconds * 1000)
    job = await services.records.claim(lambda connection: queue.take(connection, now, lease, kinds))
    return job is not None and await _run(services, job)


async def _run(services: Services, job: Job) -> bool:
    """Run a job that is held; False when a part that it needs is down, so that the others are not tried either."""
    try:
        await JOBS[job.kind](services, job)
    except Taken:
        return True
    except (GraphUnavailable, RecordsUnavailable) as error:
        await _postpone(services, job, type(error).__name__)
        return False
    except Exception as error:  # a fault of one job is logged, and the others go on
        logs.fault(error, job=job.id, attempt=job.attempts)
        await _postpone(services, job, type(error).__name__)
    return True


async def _postpone(services: Services, job: Job, problem: str) -> None:
    now = services.now()

    def give_back(connection: Connection) -> None:
        if job.attempts >= services.settings.job_attempts:
            queue.finish(connection, job, now, problem)
        else:
            queue.postpone(connection, job, now, problem)

    await services.records.write(give_back)


async def keep_house(services: Services) -> None:
    """Write a checkpoint of each institution's audit chain, and remove what is past its time."""
    settings, now = services.settings, services.now()

    tenants = [tenant.institution.id for tenant in await services.records.read(all_institutions)]
    points = [await _point(services, institution, now) for institution in tenants]
    await asyncio.to_thread(write_checkpoints, settings.data / CHECKPOINTS, points)
    for institution in tenants:

        def clean(connection: Connection, of: str = institution) -> int:
            return idempotency.remove_old(connection, of, now, settings.idempotency_days)

        while await services.records.write(clean, institution=institution):
            continue
        while await services.records.write(partial(webhooks.remove_old, institution=institution, now=now), institution=institution):
            continue
        while await services.records.write(partial(outbox.remove_old, institution=institution, now=now), institution=institution):
            continue
    while await services.records.write(lambda connection: queue.remove_done(connection, now - JOBS_KEPT)):
        continue


async def fill_warehouse(services: Services) -> None:
    """Write each institution's day as Parquet where settings say. Raises what parts that are down raise: it is then tried again."""
    if services.settings.warehouse == Path():
        return
    from api.warehousing import export_day  # late: Arrow is large, and few servers write such files

    for tenant in await services.records.read(all_institutions):
        graph = cast("BulkStore", services.graph)
        await export_day(services.records, graph, tenant.institution, services.settings.warehouse, services.now())


async def _point(services: Services, institution: str, now: Instant) -> audit.Checkpoint:
    """Where an institution's chain stands."""
    keys = services.vault.audit_key
    return await services.records.read(lambda connection: audit.checkpoint(connection, keys, institution, now), institution=institution)


def write_checkpoints(folder: Path, points: list[audit.Checkpoint]) -> None:
    """One file an institution and day; a second one of a day replaces the first, which it continues."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for point in points:
        path = folder / f"{point.institution}-{point.at // DAY:06d}.json"
        draft = path.with_suffix(".draft")
        draft.write_bytes(audit.write_checkpoint(point))
        draft.replace(path)
