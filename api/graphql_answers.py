"""How a GraphQL response is written: `data`, `errors` that say no more than they may, `extensions`, and the status that goes with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson
from graphql import ExecutionResult, GraphQLError
from starlette.responses import Response

from api import logs
from api.errors import tell
from api.graphql_request import GRAPHQL_TYPE

CODES: Final = frozenset(
    {
        "INVALID", "NOT_FOUND", "FORBIDDEN", "UNAUTHENTICATED", "IDEMPOTENCY_CONFLICT", "IDEMPOTENCY_IN_PROGRESS", "FACT_CONFLICT",
        "RATE_LIMITED", "TOO_MUCH_WORK", "UNAVAILABLE", "INTERNAL",
        "CURSOR_EXPIRED", "GUARD_TRIPPED", "STALE_VERSION", "WRONG_STATE", "FOUR_EYES", "CONSENT_MISSING",
    }
)  # fmt: skip
"""The schema's `ErrorCode`; an error with another one, or none, is a fault of ours."""

MASKED: Final = "Something went wrong here, and it is not your request. The error is logged; name its id when you ask."

LONGEST_MESSAGE: Final = 500
"""Characters of one message: what it quotes of the caller's document or values is cut."""

MOST_ERRORS: Final = 20


@dataclass(slots=True)
class Answer:
    """A response before it is written."""

    status: int
    body: dict[str, object]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The gravest code in it, INTERNAL first, for logs and metrics; `OK` without errors."""
        errors = self.body.get("errors")
        if not isinstance(errors, list) or not errors:
            return "OK"
        codes = [str(error["extensions"]["code"]) for error in errors]
        return "INTERNAL" if "INTERNAL" in codes else codes[0]

    def response(self, media_type: str) -> Response:
        """The bytes that go out. Integers beyond 64 bits cannot be in them: nothing of the schema writes one."""
        headers = {"Content-Type": f"{media_type}; charset=utf-8", "Cache-Control": "no-store", **self.headers}
        return Response(orjson.dumps(self.body), self.status, headers)


def refusal(
    status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None, extensions: Mapping[str, object] | None = None
) -> Answer:
    """An answer of one error and no data: the request was not run."""
    body: dict[str, object] = {"errors": [{"message": message, "extensions": {"code": code, **(extensions or {})}}]}
    return Answer(status, body, dict(headers or {}))


def refusals(errors: Sequence[GraphQLError], media_type: str) -> Answer:
    """An answer to a document or variables that cannot be run: 400, or 200 for callers of the older media type."""
    told = [_told(error, {"code": "INVALID", **_extensions(error)}) for error in errors[:MOST_ERRORS]]
    return Answer(status_of_refusal(media_type), {"errors": told})


def status_of_refusal(media_type: str) -> int:
    """Status of a well-formed request that is not run: the GraphQL-over-HTTP draft keeps 200 for `application/json`."""
    return 400 if media_type == GRAPHQL_TYPE else 200


def executed(result: ExecutionResult, masked: Iterable[str], faults: Mapping[str, str | None]) -> Answer:
    """An answer to what was run: 200, whatever its fields came to. `faults` are logged with each masked error."""
    body: dict[str, object] = {}
    if result.errors:
        body["errors"] = [field_error(error, faults) for error in result.errors[:MOST_ERRORS]]
    body["data"] = result.data
    names = sorted(masked)
    if names:
        body["extensions"] = {"masked": names}
    return Answer(200, body)


def field_error(error: GraphQLError, faults: Mapping[str, str | None]) -> dict[str, object]:
    """An error of a field as it may be told: one of the schema's codes, or INTERNAL with the id that the log has."""
    extensions = _extensions(error)
    if extensions.get("code") in CODES:
        return _told(error, extensions)
    cause = _cause(error)
    said = tell(error) if cause is not None else None
    if said is not None:
        return _told(GraphQLError(said[0], path=error.path), said[1])
    if cause is None and error.message.startswith("Argument '"):
        # An argument that only the variables made wrong, such as null where a default allowed the variable to be left out.
        return _told(error, {"code": "INVALID"})
    error_id = logs.fault(cause or error, **faults)
    return _told(GraphQLError(MASKED, path=error.path), {"code": "INTERNAL", "errorId": error_id})


def _cause(error: GraphQLError) -> BaseException | None:
    """The error that a resolver raised, below the GraphQL errors that locate it; None where graphql-core itself refused."""
    cause: BaseException | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _extensions(error: GraphQLError) -> dict[str, object]:
    return dict(error.extensions or {})


def _told(error: GraphQLError, extensions: Mapping[str, object]) -> dict[str, object]:
    """An error as the specification writes it."""
    message = error.message
    told: dict[str, object] = {"message": message if len(message) <= LONGEST_MESSAGE else message[: LONGEST_MESSAGE - 1] + "…"}
    if error.locations:
        told["locations"] = [{"line": place.line, "column": place.column} for place in error.locations[:MOST_ERRORS]]
    if error.path is not None:
        told["path"] = list(error.path)
    return {**told, "extensions": dict(extensions)}
