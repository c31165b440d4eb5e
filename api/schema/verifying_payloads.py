"""The payloads of the mutations of verifications and of KYC staff's work."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import strawberry

from api.schema.declaring import enum_type, object_type
from api.schema.hits import ScreeningHit
from api.schema.problems import (
    ConsentMissing,
    Forbidden,
    FourEyesRequired,
    IdempotencyConflict,
    IdempotencyInProgress,
    NotFound,
    RateLimited,
    StaleVersion,
    Unavailable,
    ValidationError,
    WrongState,
)
from api.schema.proposals import Proposal
from api.schema.scalars import ID, DateTime
from api.schema.verifications import Verification
from api.schema.work_items import WorkItem


@object_type()
class StartVerificationSuccess:
    """The verification as it now stands."""

    verification: Verification
    """The verification; `nextSteps` says what to send."""


StartVerificationPayload = Annotated[
    StartVerificationSuccess
    | ValidationError
    | NotFound
    | IdempotencyConflict
    | IdempotencyInProgress
    | Forbidden
    | RateLimited
    | Unavailable,
    strawberry.union("StartVerificationPayload", description="Result of `startVerification`."),
]


@object_type()
class UploadTicket:
    """Leave to send one image over plain HTTP."""

    id: ID
    """Id to be given to `addEvidence` when the image is sent."""
    path: str
    """Path for one PUT of the image's bytes with the same credential."""
    accepts: list[str]
    """Media types accepted."""
    maximum_bytes: int
    """Most bytes."""
    maximum_pixels: int
    """Most pixels, width by height."""
    expires_at: DateTime
    """When the ticket stops working."""


@object_type()
class RequestUploadSuccess:
    """A ticket."""

    ticket: UploadTicket
    """The ticket."""


RequestUploadPayload = Annotated[
    RequestUploadSuccess
    | ValidationError
    | NotFound
    | ConsentMissing
    | WrongState
    | IdempotencyConflict
    | IdempotencyInProgress
    | Forbidden
    | RateLimited
    | Unavailable,
    strawberry.union("RequestUploadPayload", description="Result of `requestUpload`."),
]


@enum_type
class LivenessAction(StrEnum):
    """Things to do on camera."""

    LOOK_AHEAD = "LOOK_AHEAD"
    """Look at the camera."""
    BLINK = "BLINK"
    """Blink."""
    TURN_LEFT = "TURN_LEFT"
    """Turn a little to the left."""
    TURN_RIGHT = "TURN_RIGHT"
    """Turn a little to the right."""


@object_type()
class LivenessChallenge:
    """What the subject must do on camera, in this order. Given out once, for two minutes."""

    id: ID
    """Id to be given back with the frames."""
    actions: list[LivenessAction]
    """What to do."""
    expires_at: DateTime
    """When it stops working."""


@object_type()
class RequestLivenessChallengeSuccess:
    """A challenge."""

    challenge: LivenessChallenge
    """The challenge."""


RequestLivenessChallengePayload = Annotated[
    RequestLivenessChallengeSuccess
    | ValidationError
    | NotFound
    | ConsentMissing
    | WrongState
    | IdempotencyConflict
    | IdempotencyInProgress
    | Forbidden
    | RateLimited
    | Unavailable,
    strawberry.union("RequestLivenessChallengePayload", description="Result of `requestLivenessChallenge`."),
]


@object_type()
class SendContactCodeSuccess:
    """A code is on its way."""

    expires_at: DateTime
    """When it stops working."""


SendContactCodePayload = Annotated[
    SendContactCodeSuccess
    | ValidationError
    | NotFound
    | WrongState
    | IdempotencyConflict
    | IdempotencyInProgress
    | Forbidden
    | RateLimited
    | Unavailable,
    strawberry.union("SendContactCodePayload", description="Result of `sendContactCode`."),
]


@object_type()
class AddEvidenceSuccess:
    """The verification as it now stands."""

    verification: Verification
    """The verification; checks run on, `verificationChanged` tells their end."""


AddEvidencePayload = Annotated[
    AddEvidenceSuccess
    | ValidationError
    | NotFound
    | ConsentMissing
    | WrongState
    | IdempotencyConflict
    | IdempotencyInProgress
    | Forbidden
    | RateLimited
    | Unavailable,
    strawberry.union("AddEvidencePayload", description="Result of `addEvidence`."),
]


@object_type()
class RequestEvidenceSuccess:
    """The verification as it now stands."""

    verification: Verification
    """The verification."""


RequestEvidencePayload = Annotated[
    RequestEvidenceSuccess
    | ValidationError
    | NotFound
    | StaleVersion
    | WrongState
    | IdempotencyConflict
    | IdempotencyInProgress
    | Forbidden
    | RateLimited
    | Unavailable,
    strawberry.union("RequestEvidencePayload", description="Result of `requestEvidence`."),
]


@object_type()
class DecideVerificationSuccess:
    """The decision is taken, or waits for a second person."""

    verification: Verification
    """The verification as it now stands."""
    proposal: Proposal | None
    """What the second person must agree to; null when it took effect at once."""


DecideVerificationPayload = Annotated[
    DecideVerificationSuccess
    | ValidationError
    | NotFound
    | StaleVersion
    | WrongState
    | IdempotencyConflict
    | IdempotencyInProgress
    | Forbidden
    | RateLimited
    | Unavailable,
    strawberry.union("DecideVerificationPayload", description="Result of `decideVerification`."),
]


@object_type()
class JudgeHitSuccess:
    """The hit as it now stands."""

    hit: ScreeningHit
    """The hit."""


JudgeHitPayload = Annotated[
    JudgeHitSuccess
    | ValidationError
    | NotFound
    | StaleVersion
    | WrongState
    | IdempotencyConflict
    | IdempotencyInProgress
    | Forbidden
    | RateLimited
    | Unavailable,
    strawberry.union("JudgeHitPayload", description="Result of `judgeHit`."),
]


@object_type()
class AnswerProposalSuccess:
    """The proposal is answered."""

    proposal: Proposal
    """The proposal as it now stands."""


AnswerProposalPayload = Annotated[
    AnswerProposalSuccess
    | ValidationError
    | NotFound
    | FourEyesRequired
    | WrongState
    | IdempotencyConflict
    | IdempotencyInProgress
    | Forbidden
    | RateLimited
    | Unavailable,
    strawberry.union("AnswerProposalPayload", description="Result of `answerProposal`."),
]


@object_type()
class AssignWorkSuccess:
    """The work is given."""

    item: WorkItem
    """The work item."""


AssignWorkPayload = Annotated[
    AssignWorkSuccess
    | ValidationError
    | NotFound
    | WrongState
    | IdempotencyConflict
    | IdempotencyInProgress
    | Forbidden
    | RateLimited
    | Unavailable,
    strawberry.union("AssignWorkPayload", description="Result of `assignWork`."),
]
