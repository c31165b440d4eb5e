"""From a raw application to a decision that is not yet kept: decode, record, gather, judge.

Used by whoever decides: `api.assessing` for a caller who waits, `api.jobs.decide_again` for an application that waited for a part of ours.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from api.context import Services
from api.ids import timed_id
from graph.contents import ApplicationMade, Fact
from graph.decoding import check_source, decode_application, decode_fact
from graph.errors import Conflict, GraphUnavailable, InvalidInput, Problem, Unknown
from graph.metering import Meter
from graph.model import EntityName, Instant, Institution, Moment
from graph.store import Recording, Refused
from rules import dossier as dossiers
from rules.assessment import Gathered, gather
from rules.deciding import judge, observe
from rules.identified import identified
from rules.model import Application, Decision, DecisionSource, DegradedCause, Dossier, History, Timing, Unread
from rules.records import history
from rules.strategy import DEGRADED, CompiledStrategy

MAXIMUM_FACTS: Final = 100
"""Facts that may come with an application."""

HOUR: Final = 3_600_000
"""Milliseconds."""

Raw = Mapping[str, Any]
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """An application with its facts, decoded, and as it was given."""

    institution: Institution
    source: str
    at: Instant
    application: Fact
    facts: tuple[Fact, ...]
    raw_application: Raw
    raw_facts: Sequence[Raw]

    def sealed_form(self) -> bytes:
        """Everything needed to decode it again, as JSON; it is personal: to be sealed before it is kept."""
        kept = {"source": self.source, "at": self.at, "application": self.raw_application, "facts": list(self.raw_facts)}
        return orjson.dumps(kept, default=str)


def decode(services: Services, institution: Institution, source: str, at: Instant, application: Raw, facts: Sequence[Raw]) -> Asked:
    """The application made at `at` with its facts. Raises `InvalidInput` with paths below `input`."""
    now = services.now()
    if len(facts) > MAXIMUM_FACTS:
        raise InvalidInput([Problem(("input", "facts"), f"At most {MAXIMUM_FACTS} facts may come with an application, not {len(facts)}.")])
    check_source(source, ("input", "source"))
    content_hash = services.sealers(institution.id).content_hash
    made = decode_application(application, at, institution, now, content_hash, ("input", "application"))
    decoded = []
    for place, raw in enumerate(facts):
        try:
            decoded.append(decode_fact(raw, institution, now))
        except InvalidInput as error:
            raise InvalidInput([replace(each, path=("input", "facts", str(place), *each.path)) for each in error.problems]) from None
    return Asked(institution, source, at, made, tuple(decoded), application, facts)


async def record(services: Services, asked: Asked, seconds: float) -> Recording:
    """Record the application and its facts, all or none. Raises the refusal's error with its path below `input`, and `GraphUnavailable`."""
    facts = (asked.application, *asked.facts)
    recording = await services.breaker.ask(lambda: services.graph.record(asked.institution, asked.source, facts, together=True), seconds)
    for place, result in enumerate(recording.results):
        if isinstance(result, Refused):
            raise refusal(result.problem, place_path(place))
    return recording


def place_path(place: int) -> Path:
    """Where in the input the fact at this place of the batch stands: the application is the first."""
    return ("input", "application") if place == 0 else ("input", "facts", str(place - 1))


def refusal(problem: Conflict | InvalidInput | Unknown, path: Path) -> Conflict | InvalidInput | Unknown:
    """A fact's problem with its path in the whole input; that of an application has no content above it."""

    def moved(below: Path) -> Path:
        return path + (below[2:] if path[-1:] == ("application",) and below[:1] == ("content",) else below)

    if isinstance(problem, InvalidInput):
        return InvalidInput([replace(each, path=moved(each.path)) for each in problem.problems])
    if isinstance(problem, Conflict):
        return Conflict(problem.message, moved(problem.path), problem.recorded_at)
    return Unknown(problem.message, moved(problem.path))


async def application_of(services: Services, asked: Asked, moment: Moment | None, seconds: float) -> Application:
    """The application in the words of judging. Without an applicant the graph, when it can be read, says which owner takes the place."""
    content = asked.application.content
    assert isinstance(content, ApplicationMade), "an application is decoded as one"
    sealer = services.sealers(asked.institution.id)

    def id_of(name: EntityName) -> str:
        return name.id if name.id is not None else sealer.entity_id(name.kind, name.key or "")

    loan = id_of(content.loan)
    applicant = None if content.applicant is None else id_of(content.applicant)
    if applicant is None and moment is not None:
        applicant = await _owner(services, asked.institution.id, loan, moment, seconds)
    key, currency = content.loan.key or "", asked.institution.currency
    return Application(loan, key, id_of(content.merchant), applicant, content.amount, currency, content.term_days, asked.at)


async def _owner(services: Services, institution: str, loan: str, moment: Moment, seconds: float) -> str | None:
    try:
        found = await services.breaker.ask(lambda: services.graph.entities(institution, [loan], moment), seconds)
    except GraphUnavailable:
        return None
    owner = found[loan].fields.get("applicant") if loan in found else None
    return owner if isinstance(owner, str) else None


async def gather_dossier(
    services: Services, institution: Institution, application: Application, moment: Moment, down: Unread | None, deadline: float
) -> Gathered:
    """The dossier within `deadline` seconds; `down` says that the graph is not to be asked, and why."""

    took = [0.0]

    def look(connection: Connection) -> History:
        parties = (application.merchant, application.applicant)
        before = history(connection, institution.id, *parties, application.loan, application.at, moment.known_at)
        begun = time.perf_counter()
        known = identified(connection, institution.id, *parties, moment.known_at)
        took[0] = _milliseconds(time.perf_counter() - begun)
        return replace(before, merchant=known.get(parties[0]), applicant=known.get(parties[1] or "")) if known else before

    async def remember() -> History:
        return await services.records.read(look, deadline, institution=institution.id)

    if down is not None:
        before: History | None = None
        unread: tuple[Unread, ...] = (down,)
        try:
            before = await remember()
        except Exception:  # whatever a source raises is its failure and not ours
            unread = (down, Unread(DecisionSource.RECORDS, DegradedCause.FAILED, 0.0))
        return Gathered(dossiers.settle(Dossier(application, moment.known_at, None, before, unread)), down.waited, 0)
    begun = time.perf_counter()
    gathered = await gather(application, institution, services.graph, remember, moment, deadline)
    # The loop's own clock, which `gather` has, counts whole milliseconds under uvloop.
    gathered = replace(gathered, graph_ms=_milliseconds(time.perf_counter() - begun), identity_ms=took[0])
    failed = [one for one in gathered.dossier.unread if one.source is DecisionSource.GRAPH and one.cause is not DegradedCause.TRUNCATED]
    if failed:
        services.breaker.failed()
    return gathered


@dataclass(frozen=True, slots=True)
class Spent:
    """Wall-clock milliseconds before judging, and when it all began."""

    received: float
    """`time.perf_counter()` of the request."""
    facts: float
    records: float


def decide(
    services: Services, institution: Institution, gathered: Gathered, strategy: CompiledStrategy, spent: Spent, meter: Meter
) -> Decision:
    """The decision on a gathered dossier, ready to be kept. Pure but for its id, times and cost."""
    begun = time.perf_counter()
    readings = observe(gathered.dossier, strategy)
    observed = time.perf_counter()
    judgement = judge(gathered.dossier, strategy, readings)
    hashed = dossiers.inputs_hash(dossiers.encode(gathered.dossier), strategy.canonical)
    judged = time.perf_counter()
    decided_at = services.now()
    timing = Timing(
        total=_milliseconds(judged - spent.received),
        facts=spent.facts,
        graph=round(gathered.graph_ms, 3),
        signals=_milliseconds(observed - begun),
        rules=_milliseconds(judged - observed),
        records=spent.records,
        identity=gathered.identity_ms,
    )
    return Decision(
        id=timed_id("dec", decided_at),
        institution=institution.id,
        judgement=judgement,
        dossier=gathered.dossier,
        strategy=strategy.strategy.id,
        strategy_name=strategy.strategy.name,
        strategy_version=strategy.strategy.version,
        inputs_hash=hashed,
        decided_at=decided_at,
        timing=timing,
        cpu=round(meter.milliseconds, 3),
        read=gathered.read,
        micros=math.ceil(meter.milliseconds / HOUR * services.settings.processor_hour_micros),
    )


def as_kept(decision: Decision, received: float, begun: float, meter: Meter, hour_micros: int) -> Decision:
    """The decision with its times and cost up to the moment of writing; `records` is what the key's claim took, and waiting to write.

    The durable commit itself comes after, and is in the metrics.
    """
    now = time.perf_counter()
    timing = replace(decision.timing, total=_milliseconds(now - received), records=decision.timing.records + _milliseconds(now - begun))
    micros = math.ceil(meter.milliseconds / HOUR * hour_micros)
    return replace(decision, timing=timing, cpu=round(meter.milliseconds, 3), micros=micros)


def waits_for_us(decision: Decision) -> bool:
    """Whether a part of ours that failed might have changed the verdict: it is decided again when that part is back."""
    return any(reason.code == DEGRADED for reason in decision.judgement.reasons)


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)
