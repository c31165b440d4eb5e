"""How the service is doing, and how much more a principal may ask."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import Final

import strawberry

from api import queue
from api.assessing import DECIDE_AGAIN
from api.context import Context
from api.readiness import Readiness
from api.schema.declaring import field, object_type
from api.schema.judging import DecisionSource
from api.schema.scalars import DateTime, Milliseconds, Probability
from api.schema.scenes import Info
from rules import figures

FIVE_MINUTES: Final = 5 * 60 * 1000
PROGRAM: Final = "ringfence"


@object_type()
class DecisionFigures:
    """Figures of some decisions."""

    count: int
    """How many."""
    straight_through_share: Probability | None
    """Part decided without a person; null when there were none."""
    p50: Milliseconds | None
    """Half took less; null when there were none."""
    p99: Milliseconds | None
    """Ninety-nine in a hundred took less; null when there were none."""


@object_type()
class Operations:
    """How the service is doing, for a workflow that must choose to send, wait or fall back."""

    version: str
    """Version of the software: `1.4.0`."""
    ready: bool
    """Whether decisions are made."""
    degraded: list[DecisionSource]
    """Sources that are down or slow now; decisions that need them are REFER. Empty when all is well."""
    waits: strawberry.Private[queue.Waits]
    now: strawberry.Private[int]

    @field()
    async def decisions(self, info: Info) -> DecisionFigures:
        """Decisions of this institution in the last five minutes."""
        context, institution, since = info.context, info.context.principal.institution.id, self.now - FIVE_MINUTES
        found = await context.services.records.read(
            lambda connection: figures.figures(connection, institution, since), institution=institution
        )
        return DecisionFigures(count=found.count, straight_through_share=found.straight_through, p50=found.p50, p99=found.p99)

    @field()
    def waiting_for_source(self) -> int:
        """Decisions that wait to be made again because a source was down."""
        return self.waits.count

    @field()
    def lag(self) -> Milliseconds:
        """Age of the oldest fact that is recorded and not yet visible to decisions; 0 when none waits."""
        # A fact is visible once it is recorded, but for those of an application that waits for the graph.
        return 0 if self.waits.oldest is None else max(0, self.now - self.waits.oldest)


@object_type()
class RateLimit:
    """How much more this principal may ask before it must wait."""

    limit: int
    """Cost allowed a minute."""
    remaining: int
    """Cost left now, after this operation."""
    cost: int
    """Cost of this operation, as counted before it ran."""
    reset_at: DateTime
    """When the full limit is back."""


async def show_operations(context: Context) -> Operations:
    """How the service is doing now. Raises `RecordsUnavailable`: while they are down no decision is made, and nobody can be let in."""
    services, institution = context.services, context.principal.institution.id
    look = Readiness(services)
    read = services.records.read(lambda connection: queue.waits(connection, institution, DECIDE_AGAIN), institution=institution)
    reasons, waits = await asyncio.gather(look.reasons(), read)
    down = reasons["graph"] is not None or services.breaker.open
    return Operations(
        version=version(PROGRAM),
        ready=reasons["records"] is None,
        degraded=[DecisionSource.GRAPH] if down else [],
        waits=waits,
        now=services.now(),
    )


def show_rate_limit(context: Context) -> RateLimit:
    """What the principal has left of its minute, by the counts of all processes."""
    services, principal = context.services, context.principal
    left = services.limits.left(principal.id, service=principal.service)
    return RateLimit(limit=left.limit, remaining=left.remaining, cost=context.cost, reset_at=services.now() + round(left.seconds * 1000))
