"""Problems that a caller can act upon; `api.errors` says which domain error is which."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from api.errors import Told
from api.schema.costs import at_most
from api.schema.declaring import attribute, enum_type, interface, later, object_type
from api.schema.roles import Role
from api.schema.scalars import DateTime, Milliseconds


@enum_type
class ErrorCode(StrEnum):
    """
    Codes of problems, in `UserError.code` and in `extensions.code` of errors outside `data`. More may be added: treat an unknown
    one as final.
    """

    INVALID = "INVALID"
    """The input is wrong; correct it before sending again."""
    NOT_FOUND = "NOT_FOUND"
    """No such thing in this institution."""
    FORBIDDEN = "FORBIDDEN"
    """The principal's roles do not allow it."""
    UNAUTHENTICATED = "UNAUTHENTICATED"
    """No valid credential. Only outside `data`."""
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"
    """The idempotency key was used with another input."""
    IDEMPOTENCY_IN_PROGRESS = "IDEMPOTENCY_IN_PROGRESS"
    """The first call with this idempotency key is still running."""
    FACT_CONFLICT = "FACT_CONFLICT"
    """The fact id was used with other content."""
    RATE_LIMITED = "RATE_LIMITED"
    """Too many requests; wait."""
    TOO_MUCH_WORK = "TOO_MUCH_WORK"
    """The operation costs more than allowed; ask for less."""
    UNAVAILABLE = "UNAVAILABLE"
    """A part that is needed is down; nothing was done that a retry could double; send again."""
    INTERNAL = "INTERNAL"
    """A fault of ours, reported and masked. Only outside `data`."""
    GUARD_TRIPPED = "GUARD_TRIPPED"
    """A guard refused the fact."""
    CURSOR_EXPIRED = "CURSOR_EXPIRED"
    """A subscription's `after` is older than the events kept. Only outside `data`."""
    STALE_VERSION = "STALE_VERSION"
    """The thing changed since you read it; read again and decide again."""
    WRONG_STATE = "WRONG_STATE"
    """Not possible in the state that it is in."""
    FOUR_EYES = "FOUR_EYES"
    """The same person may not propose and agree."""
    CONSENT_MISSING = "CONSENT_MISSING"
    """Consent is missing; ask for it or take the way without a face."""


@interface
class UserError:
    """A problem that the caller can act upon. All problems in payloads implement it."""

    message: str
    """What is wrong and what to do, in one English sentence. For people; it may change."""
    code: ErrorCode
    """For machines; it does not change."""
    path: list[str] | None
    """Path into the variables: `["input", "application", "amount"]`; null when no one input is to blame."""


@object_type()
class InputProblem:
    """One thing wrong with the input."""

    path: list[str]
    """Path into the variables: `["input", "application", "amount"]`; list positions are numbers from 0."""
    message: str
    """What is wrong, what is allowed, and what to do."""


@object_type()
class ValidationError(UserError):
    """The input is wrong."""

    problems: list[InputProblem] = attribute(directives=at_most(20))
    """All that is wrong, at most 20; the first is `path` and `message`."""


@object_type()
class NotFound(UserError):
    """The thing named does not exist in this institution, or the principal may not know of it."""


@object_type()
class Forbidden(UserError):
    """The principal's roles do not allow it."""

    allowed_roles: list[Role]
    """Roles that would."""


@object_type()
class IdempotencyConflict(UserError):
    """The idempotency key was used with another input. Nothing was done."""

    first_used_at: DateTime
    """When the key was first used."""


@object_type()
class IdempotencyInProgress(UserError):
    """The first call with this idempotency key is still running. Send again to get its answer."""

    retry_after: Milliseconds
    """How long to wait."""


@object_type()
class RateLimited(UserError):
    """Too many requests. Nothing was done."""

    retry_after: Milliseconds
    """How long to wait."""


@object_type()
class Unavailable(UserError):
    """A part that is needed is down. Nothing was done that a retry could double; send again with the same idempotency key."""

    retry_after: Milliseconds
    """How long to wait."""


@object_type()
class FactConflict(UserError):
    """The fact id was used with other content by the same source. The first stands."""

    recorded_at: DateTime
    """When the first was recorded."""


@object_type()
class StaleVersion(UserError):
    """The thing changed since `version` was read. Nothing was done."""

    current_version: int
    """The version now."""


@object_type()
class WrongState(UserError):
    """Not possible in the state that the thing is in. Nothing was done."""

    state: str
    """That state, as its enum spells it."""


@object_type()
class FourEyesRequired(UserError):
    """The same person may not propose and agree. Nothing was done."""

    proposed_by: Any = attribute(of=later("principals", "Principal"))
    """Who proposed it."""


@enum_type
class ConsentPurpose(StrEnum):
    """What consent is given for."""

    FACE = "FACE"
    """Comparing and keeping a face."""
    DOCUMENTS = "DOCUMENTS"
    """Reading and keeping documents."""
    SHARED_COUNTS = "SHARED_COUNTS"
    """Counts across lenders."""


@object_type()
class ConsentMissing(UserError):
    """Consent is missing. Nothing was done."""

    purpose: ConsentPurpose
    """What consent is needed for."""


def show_problem(said: Told) -> UserError:
    """The problem of the schema for what a caller is told."""
    code = ErrorCode(said.code)
    common: dict[str, Any] = {"message": said.message, "code": code, "path": None if said.path is None else list(said.path)}
    match code:
        case ErrorCode.INVALID:
            return ValidationError(**common, problems=[InputProblem(path=list(one.path), message=one.message) for one in said.problems])
        case ErrorCode.NOT_FOUND:
            return NotFound(**common)
        case ErrorCode.FACT_CONFLICT:
            return FactConflict(**common, recorded_at=said.moment)
        case ErrorCode.IDEMPOTENCY_CONFLICT:
            return IdempotencyConflict(**common, first_used_at=said.moment)
        case ErrorCode.IDEMPOTENCY_IN_PROGRESS:
            return IdempotencyInProgress(**common, retry_after=said.retry_after)
        case ErrorCode.UNAVAILABLE:
            return Unavailable(**common, retry_after=said.retry_after)
        case ErrorCode.STALE_VERSION:
            return StaleVersion(**common, current_version=said.version)
        case ErrorCode.WRONG_STATE:
            return WrongState(**common, state=said.state)
        case ErrorCode.CONSENT_MISSING:
            return ConsentMissing(**common, purpose=ConsentPurpose(said.state))
        case ErrorCode.FOUR_EYES:
            return FourEyesRequired(**common, proposed_by=said.who)
        case _:
            raise AssertionError(f"{code} is told in `errors`, never in a payload")


def code_of_problem() -> dict[ErrorCode, str]:
    """The type in payloads of each code that has one."""
    return {
        ErrorCode.INVALID: ValidationError.__name__,
        ErrorCode.NOT_FOUND: NotFound.__name__,
        ErrorCode.FORBIDDEN: Forbidden.__name__,
        ErrorCode.GUARD_TRIPPED: "GuardTripped",
        ErrorCode.FACT_CONFLICT: FactConflict.__name__,
        ErrorCode.IDEMPOTENCY_CONFLICT: IdempotencyConflict.__name__,
        ErrorCode.IDEMPOTENCY_IN_PROGRESS: IdempotencyInProgress.__name__,
        ErrorCode.RATE_LIMITED: RateLimited.__name__,
        ErrorCode.UNAVAILABLE: Unavailable.__name__,
        ErrorCode.STALE_VERSION: StaleVersion.__name__,
        ErrorCode.WRONG_STATE: WrongState.__name__,
        ErrorCode.FOUR_EYES: FourEyesRequired.__name__,
        ErrorCode.CONSENT_MISSING: ConsentMissing.__name__,
    }
