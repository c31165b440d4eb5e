"""The loop that tells webhooks of events, in every server process: a task for each webhook that has something due, a few at a time.

What is told names ids, the verdict and codes; nothing personal leaves by this way. A receiver that is slow or down holds up its own
deliveries alone.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from api import logs, outbox, webhooks
from api.context import Services
from api.posting import NotPosted, Poster
from api.records import RecordsUnavailable
from api.webhooks import Delivery, LeaseLost, Webhook
from graph.model import Instant
from rules.records import decision as decision_by_id

AT_ONCE: Final = 16
"""Webhooks told at the same time by one process."""

IN_A_ROW: Final = 100
"""Deliveries of one webhook before others have their turn."""

DECISION_MADE: Final = "decision.made"
"""The type of message, as receivers know it."""


async def deliver(services: Services) -> None:
    """Deliver until cancelled; one task of each server process."""
    settings = services.settings
    poster = Poster(settings.webhook_seconds, private=settings.webhook_private)
    running: dict[str, asyncio.Task[None]] = {}
    try:
        while True:
            try:
                await start(services, poster, running)
            except RecordsUnavailable as error:
                logs.event("webhooks wait for the records", logging.WARNING, exception=type(error).__name__)
            except Exception as error:  # a fault must not end the loop
                logs.fault(error)
            await asyncio.sleep(settings.webhook_pause_seconds)
    finally:
        for task in running.values():
            task.cancel()
        await asyncio.gather(*running.values(), return_exceptions=True)
        await poster.close()


async def start(services: Services, poster: Poster, running: dict[str, asyncio.Task[None]]) -> None:
    """Start a task for each webhook that has something to be told and none yet. Raises `RecordsUnavailable`."""
    for id_ in [id_ for id_, task in running.items() if task.done()]:
        del running[id_]
    for webhook in await services.records.read(webhooks.every_webhook):
        if len(running) >= AT_ONCE:
            return
        look = partial(webhooks.pending, webhook=webhook, now=services.now())
        if webhook.id not in running and await services.records.read(look, institution=webhook.institution):
            running[webhook.id] = asyncio.create_task(tell(services, poster, webhook))


async def tell(services: Services, poster: Poster, webhook: Webhook) -> None:
    """Spread what is new for a webhook, and try what is due until a try fails."""
    try:
        institution = webhook.institution
        while await services.records.write(partial(webhooks.spread, webhook=webhook, now=services.now()), institution=institution):
            continue
        key = services.vault.open_bytes(institution, webhooks.SECRET, webhook.secret)
        lease = int((services.settings.webhook_seconds + 10) * 1000)
        for _ in range(IN_A_ROW):
            taking = partial(webhooks.take, webhook=webhook, now=services.now(), lease=lease)
            held = await services.records.claim(taking, institution=institution)
            if held is None or not await _try(services, poster, webhook, key, held):
                return
    except (LeaseLost, RecordsUnavailable):
        return
    except Exception as error:
        logs.fault(error, institution=webhook.institution)


async def _try(services: Services, poster: Poster, webhook: Webhook, key: bytes, held: Delivery) -> bool:
    """Try a delivery that is held, and keep what came of it; whether it was taken."""
    institution = held.institution
    body = await services.records.read(partial(message, held=held), institution=institution)
    now = services.now()
    try:
        await poster.post(webhook.url, headers(key, held, now, body), body)
    except NotPosted as error:
        due = _next(services, held.attempts)
        failing = partial(webhooks.fail, held=held, problem=error.reason, due=due, now=services.now())
        await services.records.write(failing, institution=institution)
        logs.event("webhook failed", logging.WARNING, institution=institution, job=held.id, attempt=held.attempts, exception=error.reason)
        return False
    await services.records.write(partial(webhooks.finish, held=held, now=services.now()), institution=institution)
    return True


def _next(services: Services, attempts: int) -> Instant | None:
    if attempts >= services.settings.webhook_attempts:
        return None
    return services.now() + webhooks.pause(attempts, random.random())  # noqa: S311 - it spreads tries, and guards nothing


def headers(key: bytes, held: Delivery, now: Instant, body: bytes) -> Mapping[str, str]:
    """What a message is sent with, its signature among it."""
    seconds = now // 1000
    return {
        "Content-Type": "application/json",
        "User-Agent": "Ringfence",
        "webhook-id": held.id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": webhooks.signature(key, held.id, seconds, body),
    }


def message(connection: Connection, held: Delivery) -> bytes:
    """The body: equal at every try."""
    made = decision_by_id(connection, held.institution, held.subject)
    assert made is not None, "an event is written with its decision, which stays"
    judgement = made.judgement
    decision: dict[str, Any] = {
        "id": made.id,
        "loan": made.dossier.application.loan,
        "verdict": str(judgement.verdict),
        "reasons": [reason.code for reason in judgement.reasons],
        "degraded": sorted(str(source) for source in judgement.degraded),
    }
    cursor = outbox.Told(held.number, outbox.Event(held.institution, held.at, outbox.DECISION_MADE, held.subject)).cursor
    data = {"cursor": cursor, "again": held.cause, "decision": decision}
    return orjson.dumps({"type": DECISION_MADE, "timestamp": _written(held.at), "data": data})


def _written(moment: Instant) -> str:
    """A moment as RFC 3339 in UTC, to the millisecond."""
    return f"{datetime.fromtimestamp(moment // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{moment % 1000:03}Z"
