"""What analysts say of pairs and of rings."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import strawberry

from api.once import Call
from api.rings import judging
from api.schema.answering import IdempotencyKey, answered
from api.schema.costs import Cost, at_most
from api.schema.declaring import argument, attribute, enum_type, field, input_type, object_type
from api.schema.problems import (
    Forbidden,
    IdempotencyConflict,
    IdempotencyInProgress,
    NotFound,
    RateLimited,
    StaleVersion,
    Unavailable,
    ValidationError,
    WrongState,
)
from api.schema.proposals import Proposal, find_proposal
from api.schema.references import EntityReference
from api.schema.rings import Ring, find_ring, show_ring
from api.schema.roles import Role, visible
from api.schema.scalars import ID
from api.schema.scenes import Info, Scene, Shown

Raw = dict[str, Any]


@enum_type
class PairJudgement(StrEnum):
    """What a person says of two entities."""

    SAME = "SAME"
    """Act as one: the tie between them is certain."""
    NOT_SAME = "NOT_SAME"
    """Have nothing to do with each other: no ring may rest on what they share."""
    UNSURE = "UNSURE"
    """Withdraw an earlier judgement."""


@input_type()
class JudgePairInput:
    """Two merchants or people are judged."""

    first: EntityReference
    """The one."""
    second: EntityReference
    """The other."""
    judgement: PairJudgement
    """What is said of them."""
    reason: str
    """Why, 1 to 2,000 characters."""


@object_type()
class JudgePairSuccess:
    """The judgement is recorded and rings are recomputed."""

    changed: list[Ring] = attribute(directives=at_most(4))
    """Rings that changed by it."""
    reopened: int
    """Refusals that rested on this pair and are decided again."""


JudgePairPayload = Annotated[
    JudgePairSuccess | ValidationError | NotFound | IdempotencyConflict | IdempotencyInProgress | Forbidden | RateLimited | Unavailable,
    strawberry.union("JudgePairPayload", description="Result of `judgePair`."),
]


@input_type()
class JudgeRingInput:
    """A ring is judged as a whole."""

    ring: ID
    """The ring."""
    version: int
    """The version that was read."""
    reason: str
    """Why, 1 to 2,000 characters."""


@object_type()
class JudgeRingSuccess:
    """The ring is judged, or waits for a second person because its exposure is above the institution's bound."""

    ring: Ring
    """The ring as it now stands."""
    proposal: Proposal | None
    """What the second person must agree to; null when it took effect at once."""


JudgeRingPayload = Annotated[
    JudgeRingSuccess
    | ValidationError
    | NotFound
    | StaleVersion
    | WrongState
    | IdempotencyConflict
    | IdempotencyInProgress
    | Forbidden
    | RateLimited
    | Unavailable,
    strawberry.union("JudgeRingPayload", description="Result of `confirmRing` and `dismissRing`."),
]


@object_type()
class RingMutation:
    """What people say of rings."""

    @field(directives=[visible(Role.ANALYST), Cost(weight=30)])
    async def judge_pair(
        self, info: Info, input: Annotated[Raw, argument("The pair and why.", of=JudgePairInput)], idempotency_key: IdempotencyKey
    ) -> JudgePairPayload:
        """Say that two merchants or people act as one, or have nothing to do with each other."""
        shown: JudgePairPayload = await answered(info, "judgePair", idempotency_key, input, judge_pair)
        return shown

    @field(directives=[visible(Role.ANALYST), Cost(weight=30)])
    async def confirm_ring(
        self, info: Info, input: Annotated[Raw, argument("The ring and why.", of=JudgeRingInput)], idempotency_key: IdempotencyKey
    ) -> JudgeRingPayload:
        """Confirm a ring; above the institution's bound of exposure a second person must agree."""
        shown: JudgeRingPayload = await answered(info, "confirmRing", idempotency_key, input, confirm_ring)
        return shown

    @field(directives=[visible(Role.ANALYST), Cost(weight=30)])
    async def dismiss_ring(
        self, info: Info, input: Annotated[Raw, argument("The ring and why.", of=JudgeRingInput)], idempotency_key: IdempotencyKey
    ) -> JudgeRingPayload:
        """Dismiss a ring; above the institution's bound of exposure a second person must agree."""
        shown: JudgeRingPayload = await answered(info, "dismissRing", idempotency_key, input, dismiss_ring)
        return shown


async def judge_pair(call: Call, scene: Scene) -> Shown:
    """See `api.rings.judging`. No decision rests on a ring yet, so none is reopened."""
    changed = await judging.judge_pair(call)
    return JudgePairSuccess(changed=[show_ring(one, scene) for one in changed], reopened=0)


async def confirm_ring(call: Call, scene: Scene) -> Shown:
    """See `api.rings.judging`."""
    return await _judge_ring(call, scene, judging.CONFIRM)


async def dismiss_ring(call: Call, scene: Scene) -> Shown:
    """See `api.rings.judging`."""
    return await _judge_ring(call, scene, judging.DISMISS)


async def _judge_ring(call: Call, scene: Scene, action: str) -> JudgeRingSuccess:
    made = await judging.judge_ring(call, action)
    ring = await find_ring(scene, made["ring"])
    assert ring is not None, "a ring that was judged is there"
    proposal = None if "proposal" not in made else await find_proposal(scene, made["proposal"])
    return JudgeRingSuccess(ring=ring, proposal=proposal)
