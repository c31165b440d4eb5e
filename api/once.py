"""One key, one effect, for writes that are one transaction of the records: claim, prepare, then effect, answer and audit entry together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from api import audit, idempotency, outbox
from api.assessing import Unavailable
from api.context import Principal, Services
from api.idempotency import Answered, Claim, Fenced, IdempotencyInProgress
from api.records import RecordsUnavailable
from graph.errors import GraphUnavailable, RingfenceError
from graph.fields import Reading
from graph.model import Instant

SECONDS: Final = 2.0
"""Longest that each of its transactions may take."""


@dataclass(frozen=True, slots=True)
class Done:
    """What an effect made: the answer that is kept under the key, and what the audit chain and the outbox say of it."""

    answer: Mapping[str, Any]
    action: str
    subjects: tuple[str, ...]
    event: tuple[str, str] | None = None
    """Kind and subject of what subscriptions are told."""
    digest: str = ""


Effect = Callable[[Connection], Done]
Prepare = Callable[[Instant], Awaitable[Effect]]
"""What is looked up outside of transactions, at the moment of the first call; it gives what is done in one."""


@dataclass(frozen=True, slots=True)
class Call:
    """A write that somebody asks for under an idempotency key."""

    services: Services
    principal: Principal
    mutation: str
    key: str
    input: Mapping[str, Any]


LONGEST_REASON: Final = 2_000
"""Characters of why somebody does something."""


def read_reason(call: Call, longest: int = LONGEST_REASON) -> str:
    """Why. Raises `InvalidInput`."""
    reading = Reading(call.principal.institution, call.services.now())
    reason = reading.needed_text(call.input, ("input",), "reason", longest)
    reading.finish()
    return reason


async def once(call: Call, prepare: Prepare) -> Mapping[str, Any]:
    """The answer of the first call with this key, made now when this is it.

    Raises what `prepare` and its effect raise, `InvalidInput` for a malformed key, `IdempotencyConflict`, `IdempotencyInProgress` and
    `Unavailable`: send again with the same key.
    """
    services, principal, settings = call.services, call.principal, call.services.settings
    institution = principal.institution.id
    wanted = idempotency.intent(services.sealers(institution), institution, call.mutation, call.key, call.input)
    lease, now = int(settings.claim_seconds * 1000), services.now()
    try:
        claimed = await services.records.claim(
            lambda connection: idempotency.claim(connection, wanted, now, lease=lease, days=settings.idempotency_days),
            SECONDS,
            institution=institution,
        )
        if isinstance(claimed, Answered):
            return claimed.answer
        return await _run(call, claimed, prepare)
    except (RecordsUnavailable, GraphUnavailable) as error:
        raise Unavailable(str(error), settings.retry_milliseconds) from error
    except Fenced as error:
        raise IdempotencyInProgress(settings.retry_milliseconds) from error


async def _run(call: Call, claimed: Claim, prepare: Prepare) -> Mapping[str, Any]:
    services, institution = call.services, call.principal.institution.id

    async def made() -> Mapping[str, Any]:
        effect = await prepare(claimed.at)

        def work(connection: Connection) -> Mapping[str, Any]:
            done = effect(connection)
            idempotency.answer(connection, claimed, done.answer)
            note(connection, services, institution, call.principal.id, done)
            return done.answer

        return await services.records.write(work, SECONDS, institution=institution)

    try:
        return await made()
    except (RecordsUnavailable, GraphUnavailable):
        await _let_go(services, claimed, idempotency.free)
        raise
    except Fenced:
        raise
    except RingfenceError:
        await _let_go(services, claimed, idempotency.forget)
        raise


def note(connection: Connection, services: Services, institution: str, principal: str, done: Done) -> None:
    """The audit entry of what was done, and the event that is told of it; last in its transaction."""
    now = services.now()
    event = audit.Event(institution, now, principal, done.action, done.subjects, done.digest)
    number = audit.append(connection, services.vault.audit_key, event)
    if done.event is not None:
        outbox.append(connection, number, outbox.Event(institution, now, *done.event))


async def _let_go(services: Services, claimed: Claim, how: Callable[[Connection, Claim], None]) -> None:
    """Let go of a claim; when the records are down its lease ends by itself."""
    try:
        await services.records.claim(lambda connection: how(connection, claimed), 0.2, institution=claimed.intent.institution)
    except RecordsUnavailable:
        return
