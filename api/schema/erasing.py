"""Forgetting a person."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from api import erasing
from api.once import Call
from api.schema.answering import IdempotencyKey, answered
from api.schema.costs import Cost
from api.schema.declaring import argument, field, input_type, object_type
from api.schema.problems import (
    Forbidden,
    IdempotencyConflict,
    IdempotencyInProgress,
    NotFound,
    RateLimited,
    Unavailable,
    ValidationError,
    WrongState,
)
from api.schema.proposals import Proposal, find_proposal
from api.schema.references import EntityReference
from api.schema.roles import Role, visible
from api.schema.scalars import DateTime
from api.schema.scenes import Info, Scene, Shown

Raw = dict[str, Any]


@input_type()
class EraseSubjectInput:
    """A person is to be forgotten."""

    subject: EntityReference
    """The person."""
    reason: str
    """Why: the request's number or the law, 1 to 500 characters."""


@object_type()
class Erasure:
    """What was destroyed. Decisions keep their reasons and hashes; personal fields in them are null."""

    erased_at: DateTime
    """When."""
    keys: int
    """Keys destroyed: what was encrypted under them is lost, in backups too."""
    face_templates: int
    """Face templates taken out of the index."""
    items: int
    """Images and fields that cannot be read any more."""
    audit_hash: str
    """Hash of the audit entry that proves it."""


@object_type()
class EraseSubjectSuccess:
    """The subject is erased, or waits for a second person."""

    erasure: Erasure | None
    """What was destroyed; null while it waits."""
    proposal: Proposal | None
    """What the second person must agree to; null when it took effect at once."""


EraseSubjectPayload = Annotated[
    EraseSubjectSuccess
    | ValidationError
    | NotFound
    | WrongState
    | IdempotencyConflict
    | IdempotencyInProgress
    | Forbidden
    | RateLimited
    | Unavailable,
    strawberry.union("EraseSubjectPayload", description="Result of `eraseSubject`."),
]


@object_type()
class ErasingMutation:
    """Forgetting."""

    @field(directives=[visible(Role.KYC, Role.ADMIN), Cost(weight=30)])
    async def erase_subject(
        self, info: Info, input: Annotated[Raw, argument("The person and why.", of=EraseSubjectInput)], idempotency_key: IdempotencyKey
    ) -> EraseSubjectPayload:
        """Forget a person: destroy the key, and with it all that it protects. A second person must agree."""
        shown: EraseSubjectPayload = await answered(info, "eraseSubject", idempotency_key, input, erase_subject)
        return shown


async def erase_subject(call: Call, scene: Scene) -> Shown:
    """See `api.erasing`. The same call again shows what was destroyed, once that is done."""
    made = await erasing.erase_subject(call)
    institution = call.principal.institution.id
    found = await call.services.records.read(
        lambda connection: erasing.proof(connection, institution, made["proposal"]), institution=institution
    )
    erasure = None
    if found is not None:
        row, hash_ = found
        erasure = Erasure(
            erased_at=row.erased_at, keys=row.keys, face_templates=row.face_templates, items=row.items, audit_hash=hash_
        )  # fmt: skip
    return EraseSubjectSuccess(erasure=erasure, proposal=await find_proposal(scene, made["proposal"]))
