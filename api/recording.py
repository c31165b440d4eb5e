"""The use cases of `recordFacts`, `recordGuardedFact` and `recordOutcome`: facts into the graph, and an audit entry of who sent them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from api import audit, idempotency
from api.assessing import Unavailable
from api.context import Principal, Services
from api.flaws import given_back
from api.idempotency import Answered, Claim, Fenced, IdempotencyInProgress
from api.judging import Raw, refusal
from api.records import RecordsUnavailable
from graph.contents import Fact
from graph.decoding import check_source, decode_fact, decode_merchant_reference
from graph.errors import Conflict, GraphUnavailable, InvalidInput, Problem, Unknown
from graph.flows.guarding import Guard
from graph.model import EntityKind, Instant, Institution
from graph.store import MAXIMUM_FACTS, FactResult, Recorded, Refused, Repeated, Tripped

OFF_LOOP: Final = 20
"""Facts from which decoding leaves the event loop: some 50 µs each."""

SECONDS: Final = 5.0
"""Longest that a batch of facts may take."""

GUARDED_SECONDS: Final = 2.0
"""Longest that a guarded fact may take, others' before it included."""

NOTED: Final = 3
"""Facts that an audit entry names; the others are in its digest."""

MUTATION: Final = "recordOutcome"
OUTCOME_SECONDS: Final = 0.9
"""Longest that an outcome may take in all, if its key's lease is not shorter: who outlives it might write beside who took it over."""


class _Left:
    """Seconds that are left of a call."""

    def __init__(self, seconds: float) -> None:
        self._end = time.perf_counter() + seconds

    def __call__(self) -> float:
        return max(self._end - time.perf_counter(), 0.0)


@dataclass(frozen=True, slots=True)
class FactsRecorded:
    """What became of a batch: one result for each fact, in the order sent, with the id that its source gave it."""

    results: tuple[FactResult, ...]
    source_ids: tuple[str, ...]
    """Characters that no text may hold are replaced: the fact was refused, and its id can still be told."""
    recorded_at: Instant


async def record_facts(services: Services, principal: Principal, source: str, facts: Sequence[Raw]) -> FactsRecorded:
    """Record 1 to 1,000 raw facts of a source; one with a wrong value is refused alone.

    Raises `InvalidInput` (source, number of facts) with paths below `input`, and `Unavailable`: send the same batch again.
    """
    check_source(source, ("input", "source"))
    if not 1 <= len(facts) <= MAXIMUM_FACTS:
        raise InvalidInput([Problem(("input", "facts"), f"Send 1 to {MAXIMUM_FACTS} facts at once, not {len(facts)}.")])
    institution, now = principal.institution, services.now()
    if len(facts) < OFF_LOOP:
        decoded = _decode_all(facts, institution, now)
    else:
        decoded = await asyncio.to_thread(_decode_all, facts, institution, now)
    good = [one for one in decoded if isinstance(one, Fact)]
    recorded_at = now
    found: list[FactResult] = []
    if good:
        try:
            recording = await services.breaker.ask(lambda: services.graph.record(institution, source, good), SECONDS)
        except GraphUnavailable as error:
            raise Unavailable(str(error), services.settings.retry_milliseconds) from error
        found, recorded_at = list(recording.results), recording.recorded_at
    remaining = iter(found)
    results = tuple(Refused(one) if isinstance(one, InvalidInput) else next(remaining) for one in decoded)
    source_ids = tuple(given_back(str(raw.get("id", ""))) for raw in facts)
    await _note_facts(services, principal, source, source_ids, results, recorded_at)
    services.metrics.facts(**counts(results))
    return FactsRecorded(results, source_ids, recorded_at)


@dataclass(frozen=True, slots=True)
class Guarded:
    """What became of a guarded fact."""

    result: Recorded | Repeated | None
    """None when the guard refused it."""
    tripped: Tripped | None
    recorded_at: Instant


async def record_guarded(services: Services, principal: Principal, source: str, raw: Raw, guard: Guard) -> Guarded:
    """Record a raw transfer or guarantee of a source unless its guard forbids what it would make; then both sides are blocked.

    Raises `InvalidInput`, `Unknown` and `Conflict` with paths below the fact, and `Unavailable`: send the same fact again.
    """
    institution = principal.institution
    fact = decode_fact(raw, institution, services.now())
    try:
        recording = await services.breaker.ask(lambda: services.graph.record_guarded(institution, source, fact, guard), GUARDED_SECONDS)
    except GraphUnavailable as error:
        raise Unavailable(str(error), services.settings.retry_milliseconds) from error
    result = recording.results[0] if recording.results else None
    if isinstance(result, Refused):
        raise result.problem
    if result is not None:
        await _note_facts(services, principal, source, [fact.source_id], [result], recording.recorded_at)
    else:
        tripped = recording.tripped
        assert tripped is not None, "a guarded fact has a result, or a reason why not"
        digest = audit.digest(orjson.dumps([source, fact.source_id, "tripped"]))
        subjects = (services.sealers(institution.id).fact_id(source, fact.source_id), *tripped.blocked)
        await _note(services, audit.Event(institution.id, recording.recorded_at, principal.id, "guarded fact refused", subjects, digest))
    return Guarded(result, recording.tripped, recording.recorded_at)


def _decode_all(facts: Sequence[Raw], institution: Institution, now: Instant) -> list[Fact | InvalidInput]:
    decoded: list[Fact | InvalidInput] = []
    for raw in facts:
        try:
            decoded.append(decode_fact(raw, institution, now))
        except InvalidInput as error:
            decoded.append(error)
    return decoded


async def _note_facts(
    services: Services, principal: Principal, source: str, ids: Sequence[str], results: Sequence[FactResult], at: Instant
) -> None:
    """An audit entry: which facts were sent and what became of each, as one hash and the first ids."""
    words = {Recorded: "recorded", Repeated: "repeated", Refused: "refused"}
    became = [[given, words[type(result)]] for given, result in zip(ids, results, strict=True)]
    sealer = services.sealers(principal.institution.id)
    kept = [given for given, result in zip(ids, results, strict=True) if not isinstance(result, Refused)]
    subjects = tuple(sealer.fact_id(source, given) for given in kept[:NOTED])
    digest = audit.digest(orjson.dumps([source, became]))
    event = audit.Event(principal.institution.id, at, principal.id, "facts recorded", subjects, digest)
    await _note(services, event)


async def _note(services: Services, event: audit.Event) -> None:
    try:
        await audit.note(services.records, services.vault.audit_key, event)
    except RecordsUnavailable as error:
        raise Unavailable(str(error), services.settings.retry_milliseconds) from error


@dataclass(frozen=True, slots=True)
class OutcomeRequest:
    """What a caller reports: `RecordOutcomeInput` after coercion of scalars, and the key."""

    idempotency_key: str
    loan: Raw
    """A `Reference`."""
    outcome: str
    occurred_at: Instant | None = None
    loss: Raw | None = None

    def meant(self) -> dict[str, Any]:
        """The input that the key stands for."""
        given = {"loan": self.loan, "outcome": self.outcome, "occurredAt": self.occurred_at, "loss": self.loss}
        return {name: value for name, value in given.items() if value is not None}


async def record_outcome(services: Services, principal: Principal, request: OutcomeRequest) -> str:
    """Record once for its key how a loan turned out, within a second and the key's lease, and give the loan's id.

    Raises `InvalidInput` and `Unknown` with paths below `input`, `IdempotencyConflict`, `IdempotencyInProgress`, `Unavailable`.
    """
    institution, settings = principal.institution, services.settings
    wanted = idempotency.intent(services.sealers(institution.id), institution.id, MUTATION, request.idempotency_key, request.meant())
    decode_merchant_reference(EntityKind.LOAN, request.loan, ("input", "loan"))
    now, lease = services.now(), int(settings.claim_seconds * 1000)
    left = _Left(min(OUTCOME_SECONDS, settings.claim_seconds))
    try:
        claimed = await services.records.claim(
            lambda connection: idempotency.claim(connection, wanted, now, lease=lease, days=settings.idempotency_days),
            left(),
            institution=institution.id,
        )
        if isinstance(claimed, Answered):
            return str(claimed.answer["loan"])
        return await _record_outcome(services, principal, request, claimed, left)
    except (RecordsUnavailable, GraphUnavailable) as error:
        raise Unavailable(str(error), settings.retry_milliseconds) from error
    except Fenced as error:
        raise IdempotencyInProgress(settings.retry_milliseconds) from error


async def _record_outcome(services: Services, principal: Principal, request: OutcomeRequest, claimed: Claim, left: _Left) -> str:
    institution = principal.institution

    async def recorded() -> str:
        loan = await _loan(services, institution, request, left())
        fact = _outcome_fact(request, claimed, institution, services.now())
        source = f"principal:{principal.id}"
        recording = await services.breaker.ask(lambda: services.graph.record(institution, source, [fact], together=True), left())
        result = recording.results[0]
        if isinstance(result, Refused):
            raise _as_input(refusal(result.problem, ()))
        return loan

    try:
        loan = await recorded()
    except (InvalidInput, Unknown, Conflict):
        await _let_go(services, claimed, idempotency.forget)
        raise
    except GraphUnavailable:
        await _let_go(services, claimed, idempotency.free)
        raise
    event = audit.Event(institution.id, services.now(), principal.id, "outcome recorded", (loan,), audit.digest(request.outcome.encode()))

    def work(connection: Connection) -> str:
        idempotency.answer(connection, claimed, {"loan": loan})
        audit.append(connection, services.vault.audit_key, event)
        return loan

    try:
        return await services.records.write(work, left(), institution=institution.id)
    except RecordsUnavailable:
        await _let_go(services, claimed, idempotency.free)
        raise


async def _loan(services: Services, institution: Institution, request: OutcomeRequest, seconds: float) -> str:
    """The loan's id; `Unknown` when no fact names it: an outcome creates nothing."""
    name = decode_merchant_reference(EntityKind.LOAN, request.loan, ("input", "loan"))

    async def look() -> str | None:
        moment = await services.graph.now(institution.id)
        return await services.graph.entity_id(institution.id, name, moment)

    loan = await services.breaker.ask(look, seconds)
    if loan is None:
        raise Unknown("There is no such loan: give the id or key of a loan that was applied for.", ("input", "loan"))
    return loan


def _outcome_fact(request: OutcomeRequest, claimed: Claim, institution: Institution, now: Instant) -> Fact:
    """The fact that the outcome is; its id derives from the key and its first use, so that a retry repeats it."""
    name = hashlib.sha256(f"{claimed.intent.key}\0{claimed.at}".encode()).digest()[:20]
    content = {"loan": request.loan, "outcome": request.outcome, "loss": request.loss}
    raw = {
        "id": f"outcome:{base64.b32encode(name).decode().lower()}",
        "occurredAt": claimed.at if request.occurred_at is None else request.occurred_at,
        "content": {"outcomeKnown": {field: value for field, value in content.items() if value is not None}},
    }
    try:
        return decode_fact(raw, institution, now)
    except InvalidInput as error:
        raise _as_input(error) from None


def _as_input(problem: Conflict | InvalidInput | Unknown) -> Conflict | InvalidInput | Unknown:
    """A problem of the fact as one of the input: `content.outcomeKnown.loss` is `input.loss`."""

    def moved(path: tuple[str, ...]) -> tuple[str, ...]:
        return ("input", *(path[2:] if path[:1] == ("content",) else path))

    if isinstance(problem, InvalidInput):
        return InvalidInput([Problem(moved(each.path), each.message) for each in problem.problems])
    if isinstance(problem, Conflict):
        return Conflict(problem.message, moved(problem.path), problem.recorded_at)
    return Unknown(problem.message, moved(problem.path))


async def _let_go(services: Services, claimed: Claim, how: Any) -> None:  # noqa: ANN401 - `forget` or `free`
    """Let go of a claim; when the records are down its lease ends by itself."""
    try:
        await services.records.claim(lambda connection: how(connection, claimed), 0.05, institution=claimed.intent.institution)
    except RecordsUnavailable:
        return


def counts(results: Sequence[FactResult]) -> Mapping[str, int]:
    """How many facts were recorded, repeated and refused."""
    of = Counter(type(result) for result in results)
    return {"recorded": of[Recorded], "repeated": of[Repeated], "refused": of[Refused]}
