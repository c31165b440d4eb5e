"""From bytes to a GraphQL request, strictly: whatever a body holds, the answer is a request or one sentence and a 4xx status.

After the GraphQL-over-HTTP draft. Where it leaves a choice: duplicate members are refused (two readers of one body must not
differ), so are integers beyond 64 bits, NaN, text with control characters or lone surrogates, and batches; unknown members of
the body are ignored.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from api.flaws import DEEPEST, FORBIDDEN_TEXT, INTEGER, NUMBER, Oversized, find_flaws, has_flaws, plain

JSON_TYPE: Final = "application/json"
GRAPHQL_TYPE: Final = "application/graphql-response+json"

FORBIDDEN_IN_DOCUMENT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""As `FORBIDDEN_TEXT`, but for tabs and line breaks, which a document is laid out with."""

TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Malformed(Exception):
    """The request cannot be read; `status` says whose wording it is, the message what is allowed."""

    def __init__(
        self, status: int, message: str, *, headers: Mapping[str, str] | None = None, code: str = "INVALID", path: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})
        self.code = code
        self.path = path
        """Path into the variables of what is wrong in them; empty for anything else."""


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One operation to be run; everything in it is text, numbers, lists and objects."""

    query: str | None
    """The document; None when `document_id` names a trusted one."""
    document_id: str | None
    operation_name: str | None
    variables: Mapping[str, object] = field(default_factory=dict)
    flawed: bool = False
    """Whether the variables hold what no value may: `refuse_flaws` is to be asked when the operation is known."""


class _Duplicate(Exception):
    """An object of the body has a member twice."""


def read_body(raw: bytes) -> GraphQLRequest:
    """The request in a JSON body. Linear in its length; raises `Malformed` with status 400."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(400, f"The body is not UTF-8 from byte {error.start} on: send JSON in UTF-8.") from None
    try:
        body = _DECODER.decode(text.removeprefix("\ufeff"))
    except _Duplicate as error:
        raise Malformed(400, f"The body has the member {_shown(str(error))} twice in one object: send it once.") from None
    except RecursionError:
        raise Malformed(400, f"The body is nested deeper than {DEEPEST} levels: flatten it.") from None
    except json.JSONDecodeError as error:
        raise Malformed(400, f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
    if isinstance(body, list):
        raise Malformed(400, "Batching is off: send one operation a request, a JSON object with `query` and `variables`.")
    if not isinstance(body, dict):
        raise Malformed(400, "The body must be a JSON object with `query` (a document) and, where it has any, `variables`.")
    return _request(body)


def read_message(text: str) -> Mapping[str, object]:
    """The JSON object in a message of a socket, read as strictly as a body; raises `Malformed`."""
    try:
        message = _DECODER.decode(text)
    except (_Duplicate, RecursionError, json.JSONDecodeError):
        raise Malformed(400, "A message is a JSON object in which no member stands twice.") from None
    if not isinstance(message, dict):
        raise Malformed(400, "A message is a JSON object.")
    return message


def read_payload(payload: object) -> GraphQLRequest:
    """The request in the payload of a message; raises `Malformed`."""
    if not isinstance(payload, dict):
        raise Malformed(400, "`payload` must be a JSON object with `query` (a document) and, where it has any, `variables`.")
    return _request(payload)


def read_parameters(parameters: Mapping[str, str]) -> GraphQLRequest:
    """The request in the parameters of a GET; raises `Malformed` with status 400."""
    body: dict[str, object] = {name: parameters[name] for name in ("query", "operationName", "documentId") if name in parameters}
    for name in ("variables", "extensions"):
        if parameters.get(name):
            try:
                body[name] = _DECODER.decode(parameters[name])
            except (_Duplicate, RecursionError, json.JSONDecodeError):
                raise Malformed(400, f"The parameter `{name}` is not JSON: send a JSON object.") from None
    return _request(body)


def _request(body: Mapping[str, object]) -> GraphQLRequest:
    """The members of a body that are known, each of its type."""
    query, operation, variables, extensions, document_id = (
        body.get(name) for name in ("query", "operationName", "variables", "extensions", "documentId")
    )
    if variables is not None and not isinstance(variables, dict):
        raise Malformed(400, "`variables` must be a JSON object, null, or left out.")
    if extensions is not None and not isinstance(extensions, dict):
        raise Malformed(400, "`extensions` must be a JSON object, null, or left out.")
    if operation is not None and not isinstance(operation, str):
        raise Malformed(400, "`operationName` must be text, null, or left out.")
    if document_id is None and extensions:
        document_id = extensions.get("documentId")
    if document_id is not None and not isinstance(document_id, str):
        raise Malformed(400, "`documentId` must be text, null, or left out.")
    if query is None and document_id is None:
        raise Malformed(400, "`query` is missing: send a GraphQL document as text.")
    if query is not None and not isinstance(query, str):
        raise Malformed(400, "`query` must be text: a GraphQL document.")
    if query is not None and FORBIDDEN_IN_DOCUMENT.search(query):
        raise Malformed(400, "`query` holds a control character or a lone surrogate: send plain text.")
    for name, text in (("operationName", operation), ("documentId", document_id)):
        if text is not None and FORBIDDEN_TEXT.search(text):
            raise Malformed(400, f"`{name}` holds a control character or a lone surrogate: send plain text.")
    _refuse_flaws("extensions", extensions)
    return GraphQLRequest(query, document_id, operation, variables or {}, flawed=has_flaws(variables))


def _refuse_flaws(name: str, value: object) -> None:
    """Refuse, naming it, what no value may hold."""
    if value is not None and has_flaws(value):
        flaw = next(find_flaws(value, (name,)))
        raise Malformed(400, f"`{'.'.join(flaw.path)}` {flaw.message}")


def refuse_flaws(request: GraphQLRequest, spared: Callable[[tuple[str, ...]], bool]) -> None:
    """Refuse a request for what its variables may not hold, naming the first; `spared` says by its path which is let pass.

    Linear in the variables. Raises `Malformed` with status 400.
    """
    for flaw in find_flaws(dict(request.variables)):
        if not spared(flaw.path):
            raise Malformed(400, f"`{'.'.join(('variables', *flaw.path))}` {flaw.message}", path=flaw.path)


def _shown(name: str) -> str:
    return f"`{plain(name)}`"


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object of its members; raises `_Duplicate`."""
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        raise _Duplicate(next(name for name, _ in pairs if name in seen or seen.add(name)))  # type: ignore[func-returns-value]
    return members


def _integer(digits: str) -> int | Oversized:
    return int(digits) if len(digits) <= 20 else INTEGER


def _float(digits: str) -> float | Oversized:
    number = float(digits)
    return number if math.isfinite(number) else NUMBER


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_members, parse_int=_integer, parse_float=_float, parse_constant=lambda _: NUMBER)


def check_content_type(value: str | None, encoding: str | None) -> None:
    """Hold a POST to a JSON body in UTF-8 that is not compressed; raises `Malformed` with status 415."""
    if encoding is not None and encoding.strip().lower() not in {"", "identity"}:
        raise Malformed(415, "Compressed bodies are not read: send it without Content-Encoding.", headers={"Accept-Encoding": "identity"})
    if value is None:
        raise Malformed(415, f"Content-Type is missing: send `{JSON_TYPE}`.")
    media, parameters = _media_type(value)
    if media != JSON_TYPE:
        raise Malformed(415, f"Content-Type must be `{JSON_TYPE}`.", headers={"Accept-Post": JSON_TYPE})
    if parameters.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        raise Malformed(415, f"The body must be UTF-8: send `{JSON_TYPE}; charset=utf-8`.", headers={"Accept-Post": JSON_TYPE})


def choose_media_type(accept: str | None) -> str:
    """Media type of the response, `application/json` unless the other is preferred; raises `Malformed` with status 406."""
    if accept is None or not accept.strip():
        return JSON_TYPE
    best: tuple[float, int, str] | None = None
    for place, item in enumerate(accept.split(",")[:50]):
        media, parameters = _media_type(item)
        offered = {JSON_TYPE: JSON_TYPE, GRAPHQL_TYPE: GRAPHQL_TYPE, "*/*": JSON_TYPE, "application/*": JSON_TYPE}.get(media)
        if offered is None or parameters.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
            continue
        weight = _quality(parameters.get("q", "1"))
        # A wildcard yields to a type that is named with the same weight; among equals the first in the header is taken.
        rank = (weight, -place - (1000 if "*" in media else 0), offered)
        if weight > 0 and (best is None or rank > best):
            best = rank
    if best is None:
        raise Malformed(406, f"Accept must allow `{GRAPHQL_TYPE}` or `{JSON_TYPE}`.")
    return best[2]


def _quality(text: str) -> float:
    """Weight of an Accept item, 0 for one that is no number from 0 to 1."""
    return float(text) if re.fullmatch(r"(0(\.\d{0,3})?|1(\.0{0,3})?)", text) else 0.0


def _media_type(text: str) -> tuple[str, dict[str, str]]:
    """Media type and parameters, lower case but for values; an unreadable one matches nothing."""
    media, *rest = text.split(";")
    parameters: dict[str, str] = {}
    for item in rest[:10]:
        name, _, value = item.partition("=")
        parameters[name.strip().lower()] = value.strip().strip('"')
    kind, _, subtype = media.strip().lower().partition("/")
    return (f"{kind}/{subtype}" if TOKEN.fullmatch(kind) and TOKEN.fullmatch(subtype) else "", parameters)
