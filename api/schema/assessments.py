"""Asking for a decision, and telling how a loan turned out."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import UNSET

from api.schema.contents import ApplicationInput, FactInput
from api.schema.decisions import Decision
from api.schema.declaring import input_type, object_type
from api.schema.kinds import LoanOutcome
from api.schema.loans import Loan
from api.schema.money import MoneyInput
from api.schema.problems import (
    FactConflict,
    Forbidden,
    IdempotencyConflict,
    IdempotencyInProgress,
    NotFound,
    RateLimited,
    Unavailable,
    ValidationError,
)
from api.schema.references import Reference
from api.schema.scalars import DateTime, Milliseconds


@input_type()
class AssessLoanInput:
    """A loan to be decided, with the newest facts."""

    application: ApplicationInput
    """The application; it is recorded as a fact."""
    applied_at: DateTime | None = UNSET
    """When it was made; left out: now."""
    facts: list[FactInput] | None = UNSET
    """At most 100 facts that belong to it, recorded before it is judged. One that is refused refuses the call."""
    source: str | None = UNSET
    """Source of the application and the facts, as in `recordFacts`; left out: `principal:` and its id."""
    deadline: Milliseconds = 900
    """Longest to wait, 100 to 900 ms. What could not be read by then is in `degraded`."""


@object_type()
class AssessLoanSuccess:
    """The loan is decided."""

    decision: Decision
    """The decision, stored and audited."""
    replayed: bool
    """Whether this is the stored answer to an earlier call with the same idempotency key."""


AssessLoanPayload = Annotated[
    AssessLoanSuccess
    | ValidationError
    | NotFound
    | FactConflict
    | IdempotencyConflict
    | IdempotencyInProgress
    | Forbidden
    | RateLimited
    | Unavailable,
    strawberry.union("AssessLoanPayload", description="Result of `assessLoan`."),
]


@input_type()
class RecordOutcomeInput:
    """How a loan turned out."""

    loan: Reference
    """The loan."""
    outcome: LoanOutcome
    """What became of it."""
    occurred_at: DateTime | None = UNSET
    """When; left out: now."""
    loss: MoneyInput | None = UNSET
    """Money lost, when known."""


@object_type()
class RecordOutcomeSuccess:
    """The outcome is recorded."""

    loan: Loan
    """The loan, read live: a repeat of the call gives the same loan as it stands then."""


RecordOutcomePayload = Annotated[
    RecordOutcomeSuccess | ValidationError | NotFound | IdempotencyConflict | IdempotencyInProgress | Forbidden | RateLimited | Unavailable,
    strawberry.union("RecordOutcomePayload", description="Result of `recordOutcome`."),
]
