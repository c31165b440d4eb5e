"""The catalogue of errors, read from the code that tells them: the schema's codes, the payloads that carry them, the errors behind them.

It is kept as `api/errors.md` (`make schema` writes it) and printed by `ringfence errors`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from graphql import GraphQLEnumType, GraphQLUnionType, get_named_type

from api.errors import CODES
from api.schema import schema
from api.schema.problems import ErrorCode, code_of_problem

AGAIN: Final = {
    ErrorCode.RATE_LIMITED: "after `retryAfter`",
    ErrorCode.UNAVAILABLE: "after `retryAfter`, with the same idempotency key",
    ErrorCode.IDEMPOTENCY_IN_PROGRESS: "after `retryAfter`, with the same key and input",
    ErrorCode.INTERNAL: "once, with the same idempotency key; then name `errorId` to us",
    ErrorCode.CURSOR_EXPIRED: "without `after`; read what was missed from the lists",
    ErrorCode.UNAUTHENTICATED: "with a valid credential",
}
"""When to send again; what is not named here: not before it is changed."""

STATUS: Final = {
    ErrorCode.UNAUTHENTICATED: "401, socket 4401",
    ErrorCode.FORBIDDEN: "200, of a session from elsewhere 403, socket 4403",
    ErrorCode.RATE_LIMITED: "429",
    ErrorCode.TOO_MUCH_WORK: "200 or 400, of a body that is too large 413",
    ErrorCode.INVALID: "200 or 400",
    ErrorCode.UNAVAILABLE: "200, where nobody can be let in 503",
    ErrorCode.INTERNAL: "200, outside of fields 500",
}
"""HTTP statuses; what is not named here: 200."""


@dataclass(frozen=True, slots=True)
class Entry:
    """All that is to be known of one code."""

    code: str
    means: str
    again: str
    status: str
    problem: str | None
    """The type in payloads; None for what is told in `errors` alone."""
    mutations: tuple[str, ...]
    """Those whose payload may carry it."""
    behind: tuple[tuple[str, str], ...]
    """Errors of the domain, each with what it says of itself."""


def catalogue() -> list[Entry]:
    """Every code of the schema, in its order."""
    kind = schema.type_map["ErrorCode"]
    assert isinstance(kind, GraphQLEnumType), "the schema has its codes in an enum"
    return [_entry(ErrorCode(name), " ".join((value.description or "").split())) for name, value in kind.values.items()]


def written() -> str:
    """The catalogue as a page of Markdown."""
    lines = ["# Errors", "", "Written from the code by `make schema`: change it there. Codes are for machines and do not change.", ""]
    for one in catalogue():
        lines += [f"## {one.code}", "", one.means, ""]
        lines += [f"- send again: {one.again}", f"- status: {one.status}"]
        lines += [f"- in payloads: `{one.problem}` of {', '.join(f'`{name}`' for name in one.mutations)}"] if one.problem else []
        lines += [f"- behind it: `{name}`: {says}" for name, says in one.behind]
        lines.append("")
    return "\n".join(lines)


def _entry(code: ErrorCode, means: str) -> Entry:
    problem = code_of_problem().get(code)
    assert schema.mutation_type is not None, "the schema has mutations"
    carrying = []
    for name, field in schema.mutation_type.fields.items():
        payload = get_named_type(field.type)
        assert isinstance(payload, GraphQLUnionType), "payloads are unions"
        if any(member.name == problem for member in payload.types):
            carrying.append(name)
    behind = tuple((kind.__name__, _first_line(kind)) for kind, own in CODES.items() if own == code)
    again = AGAIN.get(code, "not before it is changed")
    return Entry(code.value, means, again, STATUS.get(code, "200"), problem if carrying else None, tuple(carrying), behind)


def _first_line(kind: type) -> str:
    assert kind.__doc__, f"{kind.__name__} says nothing of itself"
    return " ".join(kind.__doc__.split("\n\n")[0].split())
