"""The one map from domain errors to what callers are told: a problem of the schema in a mutation's payload, or an error of a query.

`CODES` says which error is which; `ringfence errors` prints it with all that is to be known of each code.

Everything else is a fault of ours: it is reported and masked by whoever answers the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import GraphQLError

from api.assessing import Unavailable
from api.feeding import TooManyFollow
from api.idempotency import IdempotencyConflict, IdempotencyInProgress
from api.outbox import CursorExpired
from api.queue import QueueFull
from api.records import RecordsUnavailable
from api.sending import NotSent
from graph.errors import Conflict, GraphUnavailable, InvalidInput, Problem, RingfenceError, Unknown
from graph.model import Instant
from identity.errors import ConsentMissing, FourEyesRequired, StaleVersion, WrongState

Path = tuple[str, ...]

CODES: Final[Mapping[type[RingfenceError], str]] = {
    InvalidInput: "INVALID",
    Unknown: "NOT_FOUND",
    Conflict: "FACT_CONFLICT",
    IdempotencyConflict: "IDEMPOTENCY_CONFLICT",
    IdempotencyInProgress: "IDEMPOTENCY_IN_PROGRESS",
    Unavailable: "UNAVAILABLE",
    GraphUnavailable: "UNAVAILABLE",
    RecordsUnavailable: "UNAVAILABLE",
    QueueFull: "UNAVAILABLE",
    CursorExpired: "CURSOR_EXPIRED",
    TooManyFollow: "RATE_LIMITED",
    StaleVersion: "STALE_VERSION",
    WrongState: "WRONG_STATE",
    FourEyesRequired: "FOUR_EYES",
    ConsentMissing: "CONSENT_MISSING",
    NotSent: "UNAVAILABLE",
}
"""The code of each domain error that callers are told of, and of its subclasses."""

RETRY_AFTER: Final = 1_000
"""Milliseconds to wait where a part that is down does not say how long."""

DOWN: Final = "A part that is needed is down: nothing was done that a retry could double; send again."


@dataclass(frozen=True, slots=True)
class Told:
    """What a caller is told of an error that it can act upon."""

    code: str
    """An `ErrorCode` of the schema."""
    message: str
    """What is wrong and what to do, in one sentence."""
    path: Path | None = None
    """Into the variables, or a query's arguments; None when no one input is to blame."""
    problems: tuple[Problem, ...] = ()
    """All that is wrong, at most 20, each a sentence; of INVALID alone."""
    retry_after: float = 0
    """Milliseconds to wait."""
    moment: Instant = 0
    """When the first was recorded, or the key first used."""
    version: int = 0
    """The version now, of STALE_VERSION."""
    state: str = ""
    """The state of WRONG_STATE, the purpose of CONSENT_MISSING."""
    who: object = None
    """Who proposed it, of FOUR_EYES: an id, until the schema has its principal."""


def told(error: BaseException, below: Path = ()) -> Told | None:
    """What to tell of an error whose paths start below `below`; None for a fault of ours."""
    code = code_of(type(error))
    if code is None:
        return None
    match error:
        case InvalidInput():
            problems = tuple(_sentence(problem.path, problem.message, below) for problem in error.problems)
            return Told(code, problems[0].message, problems[0].path, problems)
        case Unknown():
            said = _sentence(error.path, error.message, below)
            return Told(code, said.message, said.path)
        case Conflict():
            said = _sentence(error.path, error.message, below)
            return Told(code, said.message, said.path, moment=error.recorded_at)
        case IdempotencyConflict():
            return Told(code, str(error), ("idempotencyKey",), moment=error.first_used_at)
        case IdempotencyInProgress():
            return Told(code, str(error), ("idempotencyKey",), retry_after=error.retry_after)
        case Unavailable():
            return Told(code, DOWN, retry_after=error.retry_after)
        case StaleVersion():
            return Told(code, str(error), ("input", "version"), version=error.current)
        case WrongState():
            return Told(code, str(error), error.path or None, state=error.state)
        case ConsentMissing():
            return Told(code, str(error), state=error.purpose)
        case FourEyesRequired():
            return Told(code, str(error), ("input", "accepted"), who=error.proposed_by)
        case CursorExpired():
            return Told(code, str(error), ("after",))
        case TooManyFollow():
            return Told(code, str(error), retry_after=RETRY_AFTER)
        case _:
            return Told(code, DOWN, retry_after=RETRY_AFTER)


def code_of(kind: type[BaseException]) -> str | None:
    """The code that callers are told for errors of a class; None for faults of ours."""
    return next((CODES[one] for one in kind.__mro__ if one in CODES), None)


def as_invalid(said: Told) -> Told:
    """What does not exist as a wrong input, where the schema knows no other problem: an id inside a fact (semantics 12)."""
    return _wrong(said) if said.code == "NOT_FOUND" else said


def as_conflicting_input(said: Told) -> Told:
    """A conflict of facts as a wrong input, where the schema knows no other problem."""
    return _wrong(said) if said.code == "FACT_CONFLICT" else said


def _wrong(said: Told) -> Told:
    return Told("INVALID", said.message, said.path, (Problem(said.path or (), said.message),))


def tell(error: GraphQLError) -> tuple[str, dict[str, Any]] | None:
    """Message and `extensions` of an error of the response; None for a fault of ours, to be reported and masked.

    `extensions.path` leads into the arguments of the field that `path` names, or into the variables.
    """
    if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
        said = told(error.original_error)
        if said is None:
            return None
        extensions: dict[str, Any] = {"code": said.code}
        if said.path:
            extensions["path"] = list(said.path)
        if said.retry_after:
            extensions["retryAfter"] = said.retry_after
        return said.message, extensions
    own = error.extensions or getattr(error.original_error, "extensions", None) or {}
    return error.message, own if "code" in own else {**own, "code": "INVALID"}


def _sentence(path: Path, message: str, below: Path) -> Problem:
    """A problem whose message is a whole sentence and whose path starts at the variables."""
    whole = (*below, *path)
    sentence = f"`{'.'.join(path)}` {message}" if path and message[:1].islower() else message
    return Problem(whole, sentence if sentence.endswith((".", "!", "?")) else f"{sentence}.")
