"""What analysts say: that two entities act as one or have nothing to do with each other, and that a ring is fraud or is none."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from api import outbox, proposing, queue
from api.auth.institutions import the_institution
from api.context import Services
from api.ids import new_id, timed_id
from api.once import Call, Done, Effect, once, read_reason
from api.proposing import Carried, Proposal
from api.queue import Job
from api.records import RecordsUnavailable
from api.rings import looking, records
from api.rings.keeping import JUDGED
from api.rings.records import LIVING, KeptEvent, KeptRing, State
from graph.contents import Fact, FactWithdrawn, StandingKnown
from graph.decoding import decode_reference
from graph.errors import GraphUnavailable, InvalidInput, Problem, Unknown
from graph.model import EntityKind, EntityName, Instant, Standing
from graph.store import MAXIMUM_FACTS
from identity.errors import StaleVersion, WrongState

CONFIRM: Final = "CONFIRM_RING"
DISMISS: Final = "DISMISS_RING"
WORDS: Final = {CONFIRM: State.CONFIRMED, DISMISS: State.DISMISSED}

PROPOSAL_DAYS: Final = 2
DAY: Final = 86_400_000

TELL_STANDINGS: Final = "tell standings"
"""The job that records what was said of a ring's members in the graph."""

SOURCE: Final = "rings"
"""Source of these facts."""

SECONDS: Final = 5.0
"""Longest that a judgement of a pair waits for the rings that it changes."""

_ACTING: Final = frozenset({EntityKind.MERCHANT, EntityKind.PERSON})


async def judge_pair(call: Call) -> list[KeptRing]:
    """Keep what was said of a pair, and give the rings that it changed: all of them where looking takes no more than `SECONDS`.

    What takes longer is found by the next look. Raises what `once` raises, `InvalidInput`, `Unknown`.
    """
    services, institution = call.services, call.principal.institution.id

    async def prepare(_at: Instant) -> Effect:
        reason = read_reason(call)
        pair = (await _acting(call, "first"), await _acting(call, "second"))
        if pair[0] == pair[1]:
            raise InvalidInput([Problem(("input", "second"), "is the same as `first`: name two merchants or people")])
        sealed = services.vault.seal_bytes(institution, "pair judgement", reason.encode())
        return lambda connection: effect(connection, pair, sealed)

    def effect(connection: Connection, pair: tuple[str, str], reason: bytes) -> Done:
        at = services.now()
        number = records.judge(connection, institution, pair, str(call.input["judgement"]), call.principal.id, at, reason)
        return Done({"pair": list(pair), "number": number, "at": at}, "pair judged", pair)

    said = await once(call, prepare)
    with suppress(GraphUnavailable, RecordsUnavailable, TimeoutError, looking.Lost):
        async with asyncio.timeout(SECONDS):
            await looking.look_past(services, institution, int(said["number"]))
    return await services.records.read(
        lambda connection: records.changed_around(connection, institution, said["pair"], said["at"]), institution=institution
    )


async def _acting(call: Call, field: str) -> str:
    """The id of the merchant or person that a field names. Raises `InvalidInput`, `Unknown`."""
    name = decode_reference(call.input[field], ("input", field))
    if name.kind not in _ACTING:
        raise InvalidInput([Problem(("input", field), "is no merchant or person: only these act")])
    graph, institution = call.services.graph, call.principal.institution.id
    found = await graph.entity_id(institution, name, await graph.now(institution))
    if found is None:
        raise Unknown("There is nobody by this name here: record facts about them first.", ("input", field))
    return found


async def judge_ring(call: Call, action: str) -> dict[str, Any]:
    """The ring's id, and the proposal's where a second person must agree.

    Raises what `once` raises, `InvalidInput`, `Unknown`, `StaleVersion`, `WrongState`.
    """
    services, institution, who = call.services, call.principal.institution.id, call.principal.id

    async def prepare(_at: Instant) -> Effect:
        reason = read_reason(call)
        return lambda connection: effect(connection, reason)

    def effect(connection: Connection, reason: str) -> Done:
        now, sealed = services.now(), services.vault.seal_bytes(institution, "proposal", reason.encode())
        kept = records.ring(connection, institution, call.input["ring"])
        if kept is None:
            raise Unknown("There is no such ring: give the id that `rings` told.", ("input", "ring"))
        if kept.version != call.input["version"]:
            raise StaleVersion(kept.version)
        _require_open(kept, WORDS[action])
        if kept.exposure <= services.settings.ring_exposure:
            event = conclude(connection, services, institution, kept, WORDS[action], (who, sealed))
            return Done({"ring": kept.id}, f"ring {WORDS[action].lower()}", (kept.id,), (outbox.RING_CHANGED, event))
        if proposing.waiting_for(connection, institution, kept.id) is not None:
            raise WrongState("A proposal waits for a second person already: answer that one.", kept.state)
        word = "Confirm" if action == CONFIRM else "Dismiss"
        sentence = f"{word} the ring {kept.id} of {kept.members} members."
        proposal = Proposal(
            new_id("pro"), action, kept.id, kept.version, action == CONFIRM, sentence, who, sealed, now, now + PROPOSAL_DAYS * DAY
        )
        proposing.add(connection, institution, proposal)
        return Done({"ring": kept.id, "proposal": proposal.id}, "judgement proposed", (kept.id, proposal.id))

    return dict(await once(call, prepare))


def _require_open(kept: KeptRing, word: State) -> None:
    if kept.state not in LIVING:
        raise WrongState(f"The ring is {kept.state}: only one that has members is judged.", kept.state)
    if kept.state is word:
        raise WrongState(f"The ring is {kept.state} already.", kept.state)


def carry_out(connection: Connection, services: Services, institution: str, found: Proposal, who: str) -> Carried | None:
    """Judge a ring as was proposed; None when it changed since."""
    kept, word = records.ring(connection, institution, found.subject), WORDS[found.action]
    if kept is None or kept.version != found.version or kept.state not in LIVING or kept.state is word:
        return None
    event = conclude(connection, services, institution, kept, word, (f"{found.proposed_by} {who}", found.reason))
    return Carried((outbox.RING_CHANGED, event))


def conclude(connection: Connection, services: Services, institution: str, kept: KeptRing, word: State, by: tuple[str, bytes]) -> str:
    """Keep what people said of a ring, and have its members' standings told; gives the id of the event."""
    now = services.now()
    members = sorted(records.entities_of(connection, institution, kept.id))
    withdrawn = orjson.loads(kept.judged_members or b"[]") if kept.judged == State.CONFIRMED else []
    after = replace(
        kept, state=word, version=kept.version + 1, changed_at=now, judged=word.value, judged_members=orjson.dumps(members),
        judged_by=by[0], judged_at=now, reason=by[1],
    )  # fmt: skip
    records.put_ring(connection, institution, after, new=False)
    event = KeptEvent(timed_id("rev", now), kept.id, JUDGED, now, kept.members)
    records.add_event(connection, institution, event)
    told = members if word is State.CONFIRMED else []
    if told or withdrawn:
        said = {"ring": kept.id, "at": now, "told": told, "told_at": kept.judged_at, "withdrawn": withdrawn}
        payload = services.vault.seal_bytes(institution, TELL_STANDINGS, orjson.dumps(said))
        queue.put(connection, institution, TELL_STANDINGS, payload, now, services.settings.jobs_waiting)
    return event.id


async def tell_standings(services: Services, job: Job) -> None:
    """Record that the members of a ring that was confirmed are fraud, or take that back; then the job is done.

    Raises what a part that is down raises; facts have ids of their ring and member, so that nothing is recorded twice.
    """
    said = orjson.loads(services.vault.open_bytes(job.institution, TELL_STANDINGS, job.payload))
    ring, at = str(said["ring"]), int(said["at"])
    tenant = await services.records.read(lambda connection: the_institution(connection, job.institution))
    facts = [_withdrawal(ring, member, int(said["told_at"]), at) for member in said["withdrawn"]]
    facts += [_standing(ring, member, at) for member in said["told"]]
    for start in range(0, len(facts), MAXIMUM_FACTS):
        await services.graph.record(tenant.institution, SOURCE, facts[start : start + MAXIMUM_FACTS])
    await services.records.write(lambda connection: queue.finish(connection, job, services.now()), institution=job.institution)


def _standing(ring: str, member: str, at: Instant) -> Fact:
    name = EntityName(EntityKind(member[:3]), id=member)
    return Fact(_source_id(ring, member, at), at, StandingKnown(name, Standing.CONFIRMED_FRAUD, f"A person confirmed the ring {ring}."))


def _withdrawal(ring: str, member: str, told_at: Instant, at: Instant) -> Fact:
    reason = f"A person dismissed the ring {ring}."
    return Fact(_source_id(ring, member, at, "not "), at, FactWithdrawn(_source_id(ring, member, told_at), reason))


def _source_id(ring: str, member: str, at: Instant, word: str = "") -> str:
    """The id that a fact has at its source: 64 characters at most, so not ring and member themselves."""
    return hashlib.sha256(f"{word}{ring} {member} {at}".encode()).hexdigest()[:40]
