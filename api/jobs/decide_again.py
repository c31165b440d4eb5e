"""Decides an application again that was referred because a part of ours was down: once, when that part is back.

The facts have the ids of the first call and repeat harmlessly; decision, audit entry and the job's end are one transaction, fenced by the
job's lease. The first decision stays, replaced by this one.
"""

from __future__ import annotations

import time
from typing import Final

import orjson
from sqlalchemy import Connection

from api import audit, judging, outbox, proving, queue
from api.assessing import DECIDE_AGAIN
from api.auth.institutions import the_institution
from api.context import Services
from api.judging import Asked, Spent
from api.queue import Job
from graph.errors import Conflict, GraphUnavailable, InvalidInput, Unknown
from graph.metering import Meter, metered
from graph.model import Institution, Moment
from rules.model import Decision, DegradedCause
from rules.records import save_decision
from rules.strategy import CompiledStrategy

SYSTEM: Final = "system"
"""Who does what nobody waits for, in the audit chain."""

RECORD_SECONDS: Final = 5.0
GATHER_SECONDS: Final = 4.0
"""Nobody waits: what a caller's deadline would cut short is read whole."""


async def decide_again(services: Services, job: Job) -> None:
    """Record and decide the job's application. Raises what a part that is still down raises; the job is then tried again."""
    meter = Meter()
    await metered(_decide_again(services, job, meter), meter)


async def _decide_again(services: Services, job: Job, meter: Meter) -> None:
    received = time.perf_counter()
    kept = orjson.loads(services.vault.open_bytes(job.institution, DECIDE_AGAIN, job.payload))

    def look(connection: Connection) -> tuple[Institution, CompiledStrategy]:
        return the_institution(connection, job.institution).institution, services.strategies.live(connection, job.institution)

    institution, strategy = await services.records.read(look, institution=job.institution)
    try:
        asked = judging.decode(services, institution, kept["source"], kept["at"], kept["application"], kept["facts"])
        begun = time.perf_counter()
        recording = await judging.record(services, asked, RECORD_SECONDS)
    except (InvalidInput, Conflict, Unknown) as error:
        await _refuse(services, job, type(error).__name__)
        return
    spent = Spent(received, round((time.perf_counter() - begun) * 1000, 3), 0.0)
    decision = await _judge(services, asked, Moment(asked.at, recording.recorded_at), strategy, spent, meter)
    await _write(services, job, decision, received, meter)


async def _judge(services: Services, asked: Asked, moment: Moment, strategy: CompiledStrategy, spent: Spent, meter: Meter) -> Decision:
    application = await judging.application_of(services, asked, moment, GATHER_SECONDS)
    gathered = await judging.gather_dossier(services, asked.institution, application, moment, None, GATHER_SECONDS)
    failed = [one for one in gathered.dossier.unread if one.cause is not DegradedCause.TRUNCATED]
    if failed:
        raise GraphUnavailable(f"{failed[0].source} gave nothing: the application waits on.", failed[0].cause)
    return judging.decide(services, asked.institution, gathered, strategy, spent, meter)


async def _write(services: Services, job: Job, decision: Decision, received: float, meter: Meter) -> None:
    """One transaction: the job's end, the decision, and last the audit entry."""
    begun = time.perf_counter()

    def work(connection: Connection) -> None:
        kept = judging.as_kept(decision, received, begun, meter, services.settings.processor_hour_micros)
        queue.finish(connection, job, kept.decided_at)
        written = save_decision(connection, kept)
        subjects = (kept.id, kept.dossier.application.loan, job.id)
        event = audit.Event(kept.institution, kept.decided_at, SYSTEM, proving.DECIDED_AGAIN, subjects, proving.fingerprint(written))
        number = audit.append(connection, services.vault.audit_key, event)
        made = outbox.Event(kept.institution, kept.decided_at, outbox.DECISION_MADE, kept.id, outbox.SOURCE_RECOVERED)
        outbox.append(connection, number, made)

    await services.records.write(work, institution=job.institution)


async def _refuse(services: Services, job: Job, problem: str) -> None:
    """The graph refuses the application for what is in it: the first decision stands, and the chain says so."""
    now = services.now()

    def work(connection: Connection) -> None:
        queue.finish(connection, job, now, problem)
        event = audit.Event(job.institution, now, SYSTEM, f"application refused: {problem}", (job.id,))
        audit.append(connection, services.vault.audit_key, event)

    await services.records.write(work, institution=job.institution)
