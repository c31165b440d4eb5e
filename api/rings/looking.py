"""Looks for rings again when facts or judgements came in; one process does so for an institution at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from functools import partial
from typing import Final, cast

from sqlalchemy import Connection

from api import logs
from api.auth.institutions import all_institutions
from api.context import Services
from api.records import RecordsUnavailable
from api.rings import keeping, records
from api.rings.keeping import Step
from api.rings.records import Look
from graph.errors import GraphUnavailable
from graph.store import BulkStore

LEASE: Final = 10 * 60 * 1000
"""Milliseconds that a process may look before another does: longer than any look that can be kept up with."""

SECONDS: Final = 10.0
"""Longest that one of its transactions may wait for its turn."""

SHARE: Final = 4
"""Pauses are at least this many times as long as what went before, so that looking takes a fifth of one core's time at most."""


class Lost(Exception):
    """Another process looks by now: this one took too long."""


async def follow(services: Services) -> None:
    """Keep the rings of all institutions up until cancelled; one task of each server process. The first look is after a pause."""
    pause = services.settings.ring_seconds
    while True:
        await asyncio.sleep(pause)
        begun = asyncio.get_running_loop().time()
        try:
            for tenant in await services.records.read(all_institutions):
                await look(services, tenant.institution.id)
        except (RecordsUnavailable, GraphUnavailable, Lost) as error:
            logs.event("rings wait", logging.WARNING, exception=type(error).__name__)
        except Exception as error:  # one fault must not end the loop
            logs.fault(error)
        pause = max(services.settings.ring_seconds, SHARE * (asyncio.get_running_loop().time() - begun))


async def look(services: Services, institution: str) -> bool:
    """Look for an institution's rings, if anything came in since the last look; whether this process did so.

    Raises `GraphUnavailable`, `RecordsUnavailable`, `Lost`; the next look does what this one did not.
    """
    graph = cast("BulkStore", services.graph)
    newest = await graph.newest_fact(institution)
    last, (judged, _) = await services.records.read(lambda connection: _standing(connection, institution), institution=institution)
    if (last.place, last.judged) == (newest, judged):
        return False
    now = services.now()
    fence = await services.records.claim(partial(records.take_look, institution=institution, now=now, lease=LEASE), institution=institution)
    if fence is None:
        return False
    done: Look | None = None
    try:
        done = await _looked(services, institution, fence)
    finally:
        with contextlib.suppress(RecordsUnavailable):  # then the lease ends by itself
            back = partial(records.give_look, institution=institution, fence=fence, done=done)
            await services.records.write(back, SECONDS, institution=institution)
    return True


async def look_past(services: Services, institution: str, judged: int) -> None:
    """Return when a look has seen the judgement of this number, by this process or another one. Raises as `look`."""
    while True:
        await look(services, institution)
        last = await services.records.read(partial(records.look, institution=institution), institution=institution)
        if last.judged >= judged:
            return
        await asyncio.sleep(0.1)


def _standing(connection: Connection, institution: str) -> tuple[Look, tuple[int, dict[tuple[str, str], bool]]]:
    return records.look(connection, institution), records.judged(connection, institution)


async def _looked(services: Services, institution: str, fence: int) -> Look:
    """Find the rings, and write what has changed."""
    judged, said = await services.records.read(partial(records.judged, institution=institution), institution=institution)
    found = await services.rings.find(institution, said)
    now = services.now()
    before = await services.records.read(
        lambda connection: keeping.kept_before(connection, institution, found), SECONDS, institution=institution
    )
    for some in _portions(await asyncio.to_thread(keeping.steps, found, before, now)):

        def write(connection: Connection, some: list[Step] = some) -> None:
            if not records.holds_look(connection, institution, fence):
                raise Lost("another process looks by now")
            keeping.write(connection, services, institution, some)

        await services.records.write(write, SECONDS, institution=institution)
    services.metrics.ring_look(found.took / 1_000)
    return Look(found.place, judged, now, found.took, found.wide)


def _portions(groups: list[list[Step]]) -> Iterator[list[Step]]:
    """What is written in one transaction each: whole groups."""
    some: list[Step] = []
    for group in groups:
        if some and len(some) + len(group) > keeping.STEPS:
            yield some
            some = []
        some = some + group
    if some:
        yield some
