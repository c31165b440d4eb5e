"""The use case of `assessLoan`: one key, one decision, within a second, whatever part is down.

    claim the key ─► record the application ─► gather ─► judge ─► one transaction: decision, key's answer, audit entry

No transaction is held while the graph is read. When the graph is down the verdict is REFER for DEGRADED, and the application waits,
sealed, as a job of the same transaction. When the records are down nothing is decided: UNAVAILABLE, and the retry with the key goes on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from api import audit, idempotency, judging, loan_keys, outbox, proving, queue
from api.context import Principal, Services
from api.idempotency import Answered, Claim, Fenced, IdempotencyInProgress, Intent
from api.judging import Asked, Raw, Spent
from api.loan_keys import Used
from api.records import RecordsUnavailable
from api.settings import Settings
from graph.errors import Conflict, GraphUnavailable, InvalidInput, Problem, RingfenceError, Unknown
from graph.metering import Meter, metered
from graph.model import Instant, Moment
from rules.model import Decision, DecisionSource, DegradedCause, Unread
from rules.records import decision as decision_by_id
from rules.records import save_decision
from rules.statements import together
from rules.strategy import CompiledStrategy

MUTATION: Final = "assessLoan"
DECIDE_AGAIN: Final = "decide again"
"""The kind of job that an application waits in."""

GIVE_BACK_SECONDS: Final = 0.2
"""Longest that letting go of a claim is tried; its lease ends by itself."""

SHORTEST_DEADLINE: Final = 100.0
LONGEST_DEADLINE: Final = 900.0


class Unavailable(RingfenceError):
    """A part that is needed is down; nothing was done that a retry with the same key could double. `retry_after` in milliseconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class AssessRequest:
    """What a caller asks: `AssessLoanInput` after coercion of scalars (see `graph.decoding`), and the key."""

    idempotency_key: str
    application: Raw
    applied_at: Instant | None = None
    facts: Sequence[Raw] = ()
    source: str | None = None
    deadline: float = LONGEST_DEADLINE
    """Milliseconds."""

    def meant(self) -> dict[str, Any]:
        """The input that the key stands for: all but the deadline."""
        given = {"application": self.application, "appliedAt": self.applied_at, "facts": list(self.facts), "source": self.source}
        return {name: value for name, value in given.items() if value not in (None, [])}


@dataclass(frozen=True, slots=True)
class Assessed:
    """The decision, and whether it is the stored answer to an earlier call with the key."""

    decision: Decision
    replayed: bool


@dataclass(frozen=True, slots=True)
class Held:
    """What a call holds while it decides: its key, and the loan that is asked about."""

    claim: Claim
    asked: Asked


class Budget:
    """What is left of the second: the clock started with the last byte of the request."""

    def __init__(self, settings: Settings, deadline: float, received: float) -> None:
        part = deadline / LONGEST_DEADLINE
        self.received = received
        self._deadline = settings.decision_seconds * part
        self._graph = settings.graph_seconds * part
        self._records = settings.records_seconds * part
        self._end = settings.decision_seconds + settings.grace_seconds

    def _left(self, until: float) -> float:
        return self.received + until - time.perf_counter()

    def claim(self) -> float:
        """Seconds that claiming the key may take: it leaves time for all that follows, and is not hurried by a short deadline."""
        return self._left(self._end / 2)

    def facts(self) -> float:
        """Seconds that recording may take: what reading and writing leave of the deadline."""
        return max(self._left(self._deadline - self._graph - self._records), 0.0)

    def gather(self) -> float:
        """The deadline to gather within, of which the graph gets its share (`rules.assessment.GRAPH_SHARE`)."""
        left = max(self._left(self._deadline - self._records), 0.0)
        return min(self._deadline, left * self._deadline / self._graph) if self._graph else 0.0

    def end(self) -> float:
        """Seconds until the answer is UNAVAILABLE: a commit that has begun is waited for until then."""
        return max(self._left(self._end), 0.0)


async def assess(services: Services, principal: Principal, request: AssessRequest, received: float | None = None) -> Assessed:
    """Decide an application once for its key. `received`: `time.perf_counter()` when the request's last byte came.

    Raises `InvalidInput`, `Unknown` and `Conflict` with paths below `input`, `IdempotencyConflict`, `IdempotencyInProgress`, and
    `Unavailable` within a second, after which a retry with the same key gives one effect.
    """
    meter = Meter()
    begun = time.perf_counter()
    budget = Budget(services.settings, request.deadline, begun if received is None else received)
    assessed = await metered(_assess(services, principal, request, budget, meter), meter)
    if not assessed.replayed:
        _count(services, assessed.decision, time.perf_counter() - budget.received)
    return assessed


def _count(services: Services, decision: Decision, seconds: float) -> None:
    """Tell the metrics of a decision and of its read of the graph."""
    judgement, metrics = decision.judgement, services.metrics
    metrics.decision(str(judgement.verdict), [str(source) for source in judgement.degraded], seconds)
    failed = [one for one in decision.dossier.unread if one.source is DecisionSource.GRAPH]
    for one in failed:
        metrics.graph_failed(str(one.cause))
    if not failed:
        metrics.graph_read("surroundings", decision.timing.graph / 1000)


async def _assess(services: Services, principal: Principal, request: AssessRequest, budget: Budget, meter: Meter) -> Assessed:
    institution = principal.institution
    if not SHORTEST_DEADLINE <= request.deadline <= LONGEST_DEADLINE:
        message = f"A deadline is {SHORTEST_DEADLINE:.0f} to {LONGEST_DEADLINE:.0f} ms, not {request.deadline:g}: choose one between."
        raise InvalidInput([Problem(("input", "deadline"), message)])
    wanted = idempotency.intent(services.sealers(institution.id), institution.id, MUTATION, request.idempotency_key, request.meant())
    now = services.now()
    asked = _decode(services, principal, request, now)
    claimed, strategy, used = await _claim(services, wanted, now, budget, asked)
    if isinstance(claimed, Answered):
        return Assessed(await _kept(services, institution.id, claimed, budget), replayed=True)
    if request.applied_at is None and claimed.at != asked.at:
        asked = _decode(services, principal, request, claimed.at)
    spent = time.perf_counter() - budget.received
    try:
        await loan_keys.refuse_another_merchant(services, asked, used, budget.facts())
        decision = await _decide(services, principal, asked, claimed, strategy, budget, meter, spent)
    except (InvalidInput, Unknown, Conflict):
        await _give_back(services, claimed, idempotency.forget, asked)
        raise
    except Fenced:
        return await _other(services, wanted, budget)
    except (RecordsUnavailable, GraphUnavailable, queue.QueueFull) as error:
        _free_later(services, claimed)
        raise Unavailable(str(error), services.settings.retry_milliseconds) from error
    except BaseException:
        _free_later(services, claimed)
        raise
    return Assessed(decision, replayed=False)


def _decode(services: Services, principal: Principal, request: AssessRequest, now: Instant) -> Asked:
    source = request.source if request.source is not None else f"principal:{principal.id}"
    at = now if request.applied_at is None else request.applied_at
    return judging.decode(services, principal.institution, source, at, request.application, request.facts)


async def _claim(
    services: Services, wanted: Intent, now: Instant, budget: Budget, asked: Asked | None = None
) -> tuple[Claim | Answered, CompiledStrategy, Used | None]:
    """Claim the key and learn, in the same short transaction, which strategy judges now and for whom the loan was decided before."""
    settings = services.settings
    lease = int(settings.claim_seconds * 1000)

    def work(connection: Connection) -> tuple[Claim | Answered, CompiledStrategy, Used | None]:
        claimed = idempotency.claim(connection, wanted, now, lease=lease, days=settings.idempotency_days)
        used = None
        if asked is not None and not isinstance(claimed, Answered):
            loan_keys.reserve(connection, services, asked, now, lease)
            used = loan_keys.last_use(connection, services, asked)
        return claimed, services.strategies.live(connection, wanted.institution), used

    try:
        return await services.records.claim(work, budget.claim(), institution=wanted.institution)
    except RecordsUnavailable as error:
        raise Unavailable(str(error), settings.retry_milliseconds) from error


async def _decide(
    services: Services,
    principal: Principal,
    asked: Asked,
    claimed: Claim,
    strategy: CompiledStrategy,
    budget: Budget,
    meter: Meter,
    claiming: float,
) -> Decision:
    """Record, gather and judge, then write it all in one transaction."""
    begun = time.perf_counter()
    down: Unread | None = None
    try:
        recording = await judging.record(services, asked, budget.facts())
        moment = Moment(asked.at, recording.recorded_at)
    except GraphUnavailable as error:
        down = Unread(DecisionSource.GRAPH, DegradedCause(error.cause), _milliseconds(time.perf_counter() - begun))
        moment = Moment(asked.at, services.now())
    recorded = time.perf_counter()
    application = await judging.application_of(services, asked, None if down else moment, budget.facts())
    gathered = await judging.gather_dossier(services, asked.institution, application, moment, down, budget.gather())
    spent = Spent(budget.received, _milliseconds(recorded - begun), _milliseconds(claiming))
    decision = judging.decide(services, asked.institution, gathered, strategy, spent, meter)
    waits = down is not None or judging.waits_for_us(decision)
    job = services.vault.seal_bytes(asked.institution.id, DECIDE_AGAIN, asked.sealed_form()) if waits else None
    return await _write(services, principal, decision, Held(claimed, asked), job, budget, meter)


async def _write(
    services: Services, principal: Principal, decision: Decision, held: Held, job: bytes | None, budget: Budget, meter: Meter
) -> Decision:
    """One transaction: the decision, the key's answer, the job when it waits, and last the audit entry."""
    begun = time.perf_counter()
    settings = services.settings

    def work(connection: Connection) -> Decision:
        kept = judging.as_kept(decision, budget.received, begun, meter, settings.processor_hour_micros)
        if job is not None:
            queue.put(connection, kept.institution, DECIDE_AGAIN, job, kept.decided_at, settings.jobs_waiting)
        with together(connection):
            idempotency.answer(connection, held.claim, {"decision": kept.id})
            loan_keys.release(connection, services, held.asked)
            written = save_decision(connection, kept)
            subjects = (kept.id, kept.dossier.application.loan)
            event = audit.Event(kept.institution, kept.decided_at, principal.id, proving.ASSESSED, subjects, proving.fingerprint(written))
            number = audit.append(connection, services.vault.audit_key, event)
            outbox.append(connection, number, outbox.Event(kept.institution, kept.decided_at, outbox.DECISION_MADE, kept.id))
        return kept

    return await services.records.write(work, budget.end(), institution=decision.institution)


async def _kept(services: Services, institution: str, found: Answered, budget: Budget) -> Decision:
    """The decision that the key stands for, read live."""
    id_ = str(found.answer["decision"])
    try:
        look = services.records.read(lambda connection: decision_by_id(connection, institution, id_), budget.end(), institution=institution)
        kept = await look
    except RecordsUnavailable as error:
        raise Unavailable(str(error), services.settings.retry_milliseconds) from error
    assert kept is not None, "a key's answer is written with its decision"
    return kept


async def _other(services: Services, wanted: Intent, budget: Budget) -> Assessed:
    """Our lease had ended: the answer of who took the key over, or that it is still running."""
    found, _, _ = await _claim(services, wanted, services.now(), budget)
    if isinstance(found, Answered):
        return Assessed(await _kept(services, wanted.institution, found, budget), replayed=True)
    await _give_back(services, found, idempotency.free)
    raise IdempotencyInProgress(services.settings.retry_milliseconds)


_freeing: Final[set[asyncio.Task[None]]] = set()
"""Claims on their way back; the loop itself holds tasks loosely."""


def _free_later(services: Services, claimed: Claim) -> None:
    """Let go of a claim without waiting for it: the second is over, or the caller is gone."""
    task = asyncio.create_task(_give_back(services, claimed, idempotency.free))
    _freeing.add(task)
    task.add_done_callback(_freeing.discard)


async def _give_back(services: Services, claimed: Claim, how: Any, asked: Asked | None = None) -> None:  # noqa: ANN401 - `forget` or `free`
    """Let go of a claim, and of the loan that was `asked` about; when the records are down their leases end by themselves."""

    def work(connection: Connection) -> None:
        how(connection, claimed)
        if asked is not None:
            loan_keys.release(connection, services, asked)

    try:
        await services.records.claim(work, GIVE_BACK_SECONDS, institution=claimed.intent.institution)
    except RecordsUnavailable:
        return


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)
