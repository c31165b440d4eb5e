"""Subscriptions: what happened, told from the outbox as it is committed, to whoever may read it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from enum import StrEnum
from functools import partial
from typing import Annotated, cast

import strawberry
from strawberry import UNSET

from api import outbox
from api.context import Context
from api.outbox import Told
from api.rings.records import MILLION
from api.rings.telling import event_sentence
from api.schema.decisions import Decision, load_decision, show_decision
from api.schema.declaring import argument, enum_type, field, interface, object_type
from api.schema.entity_types import ENTITY_TYPES
from api.schema.judging import Verdict
from api.schema.ring_parts import RingEventKind
from api.schema.rings import Ring, find_event, find_ring
from api.schema.roles import Role, visible
from api.schema.scalars import ID, DateTime, Probability
from api.schema.scenes import Info, timeless
from api.schema.verifications import Verification, find_verification
from rules.records import verdict_of


@interface
class Event:
    """Something that happened, as a subscription tells it."""

    cursor: str
    """Give it back as `after` to go on from here."""
    at: DateTime
    """When it happened."""


@enum_type
class RedecisionCause(StrEnum):
    """Why a loan was decided again."""

    SOURCE_RECOVERED = "SOURCE_RECOVERED"
    """A source that was down came back."""
    ASKED_AGAIN = "ASKED_AGAIN"
    """It was asked for again."""
    JUDGEMENT = "JUDGEMENT"
    """A person's judgement changed what was known."""


@object_type()
class DecisionMade(Event):
    """A decision was made, by a call or again after a source came back."""

    cursor: str
    """Give it back as `after` to go on from here."""
    at: DateTime
    """When it happened."""
    told: strawberry.Private[Told]

    @field()
    async def decision(self, info: Info) -> Decision:
        """The decision."""
        found = await load_decision(info.context, self.told.event.subject)
        assert found is not None, "an event is written with its decision, which stays"
        return show_decision(found, timeless(info.context, ENTITY_TYPES), None)

    @field()
    def again(self) -> RedecisionCause | None:
        """Why it was made again; null for a first decision."""
        cause = self.told.event.cause
        return None if cause is None else RedecisionCause(cause)


@object_type()
class VerificationChanged(Event):
    """A verification changed its state or got a check's result."""

    cursor: str
    """Give it back as `after` to go on from here."""
    at: DateTime
    """When it happened."""
    told: strawberry.Private[Told]

    @field()
    async def verification(self, info: Info) -> Verification:
        """The verification as it now stands."""
        found = await find_verification(timeless(info.context, ENTITY_TYPES), self.told.event.subject)
        assert found is not None, "an event is written with its verification, which stays"
        return found


@object_type()
class RingChanged(Event):
    """A ring was found, grew, shrank, merged, split, was judged or fell apart."""

    cursor: str
    """Give it back as `after` to go on from here."""
    at: DateTime
    """When it happened."""
    ring: Ring
    """The ring as it now stands."""
    kind: RingEventKind
    """What happened."""
    sentence: str
    """The same in one sentence."""


@object_type()
class Subscription:
    """
    Over graphql-transport-ws. Each event is delivered at least once, in order, and carries a cursor: after a break subscribe again with
    `after` and nothing is missed for 7 days; an older cursor ends the subscription with CURSOR_EXPIRED. The socket closes when its
    credential expires.
    """

    @field(directives=[visible(Role.SERVICE, Role.ANALYST)])
    async def decision_made(
        self,
        info: Info,
        after: Annotated[str | None, argument("Cursor of the last event seen; left out: only what happens from now on.")] = UNSET,
        verdicts: Annotated[list[Verdict] | None, argument("Only these verdicts; left out: all.")] = UNSET,
    ) -> AsyncGenerator[DecisionMade, None]:
        """Decisions as they are made."""
        context = info.context
        place = await _begin(context, after)
        wanted = None if verdicts is None else frozenset(str(one) for one in verdicts)
        return _decisions(context, place, wanted)

    @field(directives=[visible(Role.SERVICE, Role.KYC)])
    async def verification_changed(
        self,
        info: Info,
        after: Annotated[str | None, argument("Cursor of the last event seen; left out: only what happens from now on.")] = UNSET,
        verification: Annotated[ID | None, argument("Only this one; left out: all.")] = UNSET,
    ) -> AsyncGenerator[VerificationChanged, None]:
        """Verifications as they change."""
        place = await _begin(info.context, after)
        return _verifications(info.context, place, verification or None)

    @field(directives=[visible(Role.SERVICE, Role.ANALYST)])
    async def ring_changed(
        self,
        info: Info,
        after: Annotated[str | None, argument("Cursor of the last event seen; left out: only what happens from now on.")] = UNSET,
        ring: Annotated[ID | None, argument("Only this one; left out: all.")] = UNSET,
        minimum_score: Annotated[Probability, argument("Only rings at least this likely to be fraud.")] = 0,
    ) -> AsyncGenerator[RingChanged, None]:
        """Rings as they change."""
        place = await _begin(info.context, after)
        return _rings(info.context, place, ring or None, minimum_score)


async def _begin(context: Context, after: str | None) -> int:
    """Where a subscription begins. Raises `InvalidInput` and `CursorExpired`."""
    services, institution = context.services, context.principal.institution.id
    if after is None:
        return await services.records.read(partial(outbox.newest, institution=institution), institution=institution)
    now = services.now()
    return await services.records.read(lambda connection: outbox.place(connection, institution, after, now), institution=institution)


async def _verifications(context: Context, place: int, only: str | None) -> AsyncGenerator[VerificationChanged, None]:
    """Events of verifications after a place."""
    async with aclosing(_told(context, place)) as events:
        async for told in events:
            if told.event.kind == outbox.VERIFICATION_CHANGED and only in {None, told.event.subject}:
                yield VerificationChanged(cursor=told.cursor, at=told.event.at, told=told)


async def _rings(context: Context, place: int, only: str | None, least: float) -> AsyncGenerator[RingChanged, None]:
    """What happens to rings after a place."""
    async with aclosing(_told(context, place)) as events:
        async for told in events:
            if told.event.kind != outbox.RING_CHANGED:
                continue
            scene = timeless(replace(context, loaders={}), ENTITY_TYPES)  # what was loaded for an event before has changed since
            happened = await find_event(scene, told.event.subject)
            ring = None if happened is None or only not in {None, happened.kept.ring} else await find_ring(scene, happened.kept.ring)
            if happened is not None and ring is not None and ring.kept.score >= least * MILLION:
                sentence = event_sentence(happened.kept)
                yield RingChanged(
                    cursor=told.cursor, at=told.event.at, ring=ring, kind=RingEventKind(happened.kept.kind), sentence=sentence
                )


def _told(context: Context, place: int) -> AsyncGenerator[Told, None]:
    """Everything that is told after a place."""
    services, settings = context.services, context.services.settings
    institution = context.principal.institution.id
    following = services.feed.follow(services.records, institution, place, most=settings.subscriptions, pause=settings.event_seconds)
    return cast("AsyncGenerator[Told, None]", following)


async def _decisions(context: Context, place: int, verdicts: frozenset[str] | None) -> AsyncGenerator[DecisionMade, None]:
    """Events of decisions after a place, of these verdicts."""
    async with aclosing(_told(context, place)) as events:
        async for told in events:
            if told.event.kind == outbox.DECISION_MADE and (verdicts is None or await _verdict(context, told) in verdicts):
                yield DecisionMade(cursor=told.cursor, at=told.event.at, told=told)


async def _verdict(context: Context, told: Told) -> str | None:
    institution = context.principal.institution.id
    return await context.services.records.read(
        lambda connection: verdict_of(connection, institution, told.event.subject), institution=institution
    )
