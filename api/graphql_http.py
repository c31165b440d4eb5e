"""`/graphql`: GraphQL over HTTP, from the bytes of a request to the bytes of its answer.

What is cheap to refuse is refused first: method and media types, then the credential, then the size, then the shape of the body, the
document's measure and cost, the rate, and only then what costs work: validation, variables, running. Whatever a caller sends, the
answer is a GraphQL response with `extensions.code` in each error and no 5xx but for faults of ours and parts that are down.
Nothing holds the loop long: larger bodies, documents and variables are read in worker threads, and long lists are completed in turns.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from secrets import token_hex
from time import perf_counter
from typing import Final, TypeVar

from graphql import DocumentNode, FieldNode, GraphQLSchema, OperationDefinitionNode, OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api import logs
from api.documents import Documents, InvalidDocument, Known, UnknownOperation
from api.executing import Limited, WrongVariables, execute, read_variables
from api.flaws import BATCH_FIELD, concerns_one_fact
from api.graphql_answers import MASKED, Answer, executed, refusal, refusals, status_of_refusal
from api.graphql_request import (
    JSON_TYPE,
    GraphQLRequest,
    Malformed,
    check_content_type,
    choose_media_type,
    read_body,
    read_parameters,
    refuse_flaws,
)
from api.guard import Guard, Refused
from api.limits import Limits, Wait
from api.metrics import Metrics

T = TypeVar("T")

OFF_LOOP_BYTES: Final = 4 * 1024
"""Bodies and variables from this size on are read in a worker thread: below, some 100 µs, the thread would cost more."""

OFF_LOOP_CHARACTERS: Final = 1_000
"""Unknown documents from this size on are parsed in a worker thread; all are validated there, once."""

CHARACTERS_A_UNIT: Final = 100
"""An unknown document costs its principal one unit for so many characters: parsing and validating them is work too."""

BODY_SECONDS: Final = 10.0
"""Longest that a body may take to arrive."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as far as this module needs to know."""

    id: str
    institution: str
    service: bool
    roles: frozenset[str]
    principal: object
    """What `context_of` is given."""
    reads_only: bool = False
    """Whether a mutation is refused: a session that comes without the Origin header, with which a browser says whose page it is."""


class Denied(Exception):
    """The caller is not let in: `status` 401, 403 or 503 and a code of the schema."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Ports:
    """What the endpoint asks of the rest of `api`; `api.app` fills it in."""

    admit: Callable[[Request], Awaitable[Caller]]
    """Who sends the request; raises `Denied`."""
    context_of: Callable[[Caller, float, int], object]
    """A fresh context for one operation, from the caller, the moment when its last byte came (`perf_counter`) and its cost."""
    masked: Callable[[DocumentNode, OperationDefinitionNode, frozenset[str]], tuple[str, ...]]
    """`Type.field` names that the operation selects and the roles may not read; asked once for each document and roles."""
    limited: Callable[[Wait], Limited]
    """The payload of a mutation whose principal must wait."""
    trusted_only: Callable[[Caller], bool]
    """Whether the caller's institution lets trusted documents alone be run."""


@dataclass(slots=True)
class _Note:
    """What is known of a request when it is logged."""

    started: float
    id: str = field(default_factory=lambda: f"req_{token_hex(8)}")
    caller: Caller | None = None
    field: str = "none"
    operation: str | None = None
    size: int = 0
    cost: int | None = None
    """None until it was counted and charged."""
    media_type: str = JSON_TYPE
    bound: str | None = None

    def faults(self) -> dict[str, str | None]:
        """What is logged with a fault."""
        caller = self.caller
        return {
            "request": self.id,
            "field": self.field,
            "operation": self.operation,
            "principal": caller.id if caller else None,
            "institution": caller.institution if caller else None,
        }


class GraphQLEndpoint:
    """The ASGI application at `/graphql`."""

    def __init__(
        self,
        schema: GraphQLSchema,
        guard: Guard,
        documents: Documents,
        limits: Limits,
        metrics: Metrics,
        ports: Ports,
        *,
        development: bool = False,
        body_bytes: int = 64 * 1024,
        batch_bytes: int = 1024 * 1024,
        body_seconds: float = BODY_SECONDS,
        ide: Callable[[], Response] | None = None,
    ) -> None:
        self._schema = schema
        self._guard = guard
        self._documents = documents
        self._limits = limits
        self._metrics = metrics
        self._ports = ports
        self._development = development
        self._body_bytes = body_bytes
        self._batch_bytes = max(batch_bytes, body_bytes)
        self._body_seconds = body_seconds
        self._ide = ide if development else None
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="graphql")

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        note = _Note(perf_counter())
        if self._ide is not None and request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            await self._ide()(scope, receive, send)
            return
        try:
            answer = await self._answer(request, note)
            response = answer.response(note.media_type)
        except ClientDisconnect:
            answer, response = refusal(400, "INVALID", "The body ended early."), Response(status_code=400)
        except Exception as error:
            error_id = logs.fault(error, **note.faults())
            answer = refusal(500, "INTERNAL", MASKED, extensions={"errorId": error_id})
            response = answer.response(note.media_type)
        response.headers["X-Request-Id"] = note.id
        self._note(request, note, answer)
        # Nothing but the connection can fail here: the caller has left, which is no fault of anybody's.
        with suppress(OSError, RuntimeError):
            await response(scope, receive, send)

    def _note(self, request: Request, note: _Note, answer: Answer) -> None:
        """Log and count a request."""
        seconds = perf_counter() - note.started
        self._metrics.request(note.field, answer.code, seconds)
        if note.bound is not None:
            self._metrics.guard_refused(note.bound)
        elif answer.status >= 400 and note.field == "none":
            self._metrics.malformed(answer.status)
        if answer.code == "INTERNAL":
            self._metrics.fault()
        level = logging.ERROR if answer.status >= 500 else logging.INFO
        logs.event(
            "request",
            level,
            **note.faults(),
            status=answer.status,
            code=answer.code,
            ms=round(seconds * 1000, 1),
            cost=note.cost,
            bound=note.bound,
            network=logs.network(request.client.host if request.client else None),
        )

    async def _answer(self, request: Request, note: _Note) -> Answer:
        """The answer to a request, refused where it is first found wrong."""
        answer = await self._answer_or_refusal(request, note)
        if note.caller is not None and note.cost is None:
            # What was refused before its cost was known was work as well.
            wait = self._limits.take(note.caller.id, 1 + note.size // CHARACTERS_A_UNIT, service=note.caller.service)
            if wait is not None:
                self._metrics.rate_limited(service=note.caller.service)
                return _rate_limited(wait)
        return answer

    async def _answer_or_refusal(self, request: Request, note: _Note) -> Answer:
        try:
            self._check_method(request)
            note.media_type = choose_media_type(_header(request, "accept"))
            if request.method == "POST":
                check_content_type(_only(request, "content-type"), _header(request, "content-encoding"))
            note.caller = await self._ports.admit(request)
            raw = await self._body(request) if request.method == "POST" else b""
            note.started, note.size = perf_counter(), len(raw)
            return await self._run(request, raw, note)
        except Malformed as error:
            where = {"path": list(error.path)} if error.path else None
            return refusal(error.status, error.code, error.message, headers=error.headers, extensions=where)
        except Denied as error:
            return refusal(error.status, error.code, error.message, headers=error.headers)
        except Refused as error:
            note.bound = error.bound
            return refusal(status_of_refusal(note.media_type), error.code, error.message)
        except UnknownOperation as error:
            return refusal(status_of_refusal(note.media_type), "INVALID", str(error))
        except (InvalidDocument, WrongVariables) as error:
            return refusals(error.errors, note.media_type)

    def _check_method(self, request: Request) -> None:
        allowed = ("GET", "POST") if self._development else ("POST",)
        if request.method not in allowed:
            raise Malformed(
                405, "Send a POST with a JSON body." if request.method == "GET" else "Send a POST.", headers={"Allow": ", ".join(allowed)}
            )

    async def _body(self, request: Request) -> bytes:
        """The body, at most as large as a batch may be; raises `Malformed` with 400, 408 or 413."""
        declared = _only(request, "content-length")
        if declared is not None and not (declared.isascii() and declared.isdigit()):
            raise Malformed(400, "Content-Length must be a number of bytes.")
        if declared is not None and (len(declared) > 12 or int(declared) > self._batch_bytes):
            raise self._too_large(self._batch_bytes)
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._body_seconds):
                async for part in request.stream():
                    size += len(part)
                    if size > self._batch_bytes:
                        raise self._too_large(self._batch_bytes)
                    parts.append(part)
        except TimeoutError:
            raise Malformed(408, f"The body did not arrive within {self._body_seconds:g} s.", headers={"Connection": "close"}) from None
        return b"".join(parts)

    def _too_large(self, most: int) -> Malformed:
        # The connection stays: closed with a body still coming it would be reset, and the caller never see this answer.
        return Malformed(413, f"The body is larger than {most:,} bytes: send less at once.", code="TOO_MUCH_WORK")

    async def _run(self, request: Request, raw: bytes, note: _Note) -> Answer:
        """The answer to a request whose bytes have come."""
        asked = await self._read(request, raw)
        caller = note.caller
        assert caller is not None, "the caller was admitted before the body was read"
        known, surcharge = await self.document(asked, caller)
        operation = known.operation(asked.operation_name)
        note.operation = known.name
        note.field = self._field(operation)
        self._check_operation(request, operation, note.field, len(raw))
        if asked.flawed:
            await self.apart(len(raw) >= OFF_LOOP_BYTES, lambda: self._refuse_flaws(asked, operation, note.field))
        if caller.reads_only and operation.operation is OperationType.MUTATION:
            raise Denied(
                403, "FORBIDDEN", "A write with a session needs the Origin header that browsers send: use an API key from programs."
            )
        cost = known.cost(operation, asked.variables)
        self._guard.afford(cost)
        note.cost = cost
        wait = self._limits.take(caller.id, max(1, cost) + surcharge, service=caller.service)
        if wait is not None:
            self._metrics.rate_limited(service=caller.service)
            if operation.operation is not OperationType.MUTATION:
                return _rate_limited(wait)
        if not known.valid:
            assert asked.query is not None, "trusted documents are valid from the start"
            text = asked.query
            await self.apart(True, lambda: self._documents.validate(known, text))
        variables = await self.apart(
            len(raw) >= OFF_LOOP_BYTES,
            lambda: read_variables(self._schema, operation, asked.variables, suggestions=self._development),
        )
        context = self._ports.context_of(caller, note.started, cost)
        limited = None if wait is None else self._ports.limited(wait)
        result = await execute(self._schema, known.document, operation, variables, context, limited=limited)
        answer = executed(result, known.masked(operation, caller.roles, self._ports.masked), note.faults())
        if wait is not None:
            answer.headers["Retry-After"] = str(math.ceil(wait.seconds))
        return answer

    async def _read(self, request: Request, raw: bytes) -> GraphQLRequest:
        if request.method == "GET":
            return read_parameters(request.query_params)
        return await self.apart(len(raw) >= OFF_LOOP_BYTES, lambda: read_body(raw))

    async def document(self, asked: GraphQLRequest, caller: Caller) -> tuple[Known, int]:
        """The document that is asked for, and what looking at it costs on top."""
        if asked.document_id is not None:
            if asked.query is not None:
                raise Malformed(400, "Send `query` or `documentId`, not both.")
            trusted = self._documents.trusted(asked.document_id)
            if trusted is None:
                raise Malformed(400, "There is no trusted document with this `documentId`: send one of those the server was started with.")
            self._metrics.document(known=True)
            return trusted, 0
        text = asked.query
        assert text is not None, "a request has a document or the id of one"
        if self._ports.trusted_only(caller):
            raise Denied(403, "FORBIDDEN", "This institution runs trusted documents alone: send `documentId` in place of `query`.")
        known = self._documents.find(text)
        self._metrics.document(known=known is not None)
        if known is not None:
            return known, 0
        return await self.apart(len(text) >= OFF_LOOP_CHARACTERS, lambda: self._documents.admit(text)), 1 + len(text) // CHARACTERS_A_UNIT

    def _check_operation(self, request: Request, operation: OperationDefinitionNode, root: str, size: int) -> None:
        if operation.operation is OperationType.SUBSCRIPTION:
            raise Malformed(400, "Subscriptions are not served over HTTP: open a WebSocket here (graphql-transport-ws).")
        if request.method == "GET" and operation.operation is not OperationType.QUERY:
            raise Malformed(405, "A GET runs queries alone: send a POST.", headers={"Allow": "POST"})
        if size > self._body_bytes and root != BATCH_FIELD:
            raise self._too_large(self._body_bytes)

    def _refuse_flaws(self, asked: GraphQLRequest, operation: OperationDefinitionNode, root: str) -> None:
        """Refuse what no variable may hold, but for texts of facts of a batch: each refuses its fact alone. Raises `Malformed`."""
        given = asked.variables
        refuse_flaws(asked, lambda path: root == BATCH_FIELD and concerns_one_fact(self._schema, operation, given, path))

    def _field(self, operation: OperationDefinitionNode) -> str:
        """The operation's root field for metrics: one of the schema's, `several`, or `unknown`."""
        root = self._schema.get_root_type(operation.operation)
        names = {s.name.value if isinstance(s, FieldNode) else "" for s in operation.selection_set.selections}
        if len(names) != 1:
            return "several"
        name = names.pop()
        return name if name == "__typename" or (root is not None and name in root.fields) else "unknown"

    async def apart(self, large: bool, work: Callable[[], T]) -> T:
        """Do the work, in a thread when it is large."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work) if large else work()


def _rate_limited(wait: Wait) -> Answer:
    seconds = math.ceil(wait.seconds)
    return refusal(
        429,
        "RATE_LIMITED",
        f"The minute's worth of requests is used up: wait {seconds} s.",
        headers={"Retry-After": str(seconds)},
        extensions={"retryAfter": round(wait.seconds * 1000)},
    )


def _header(request: Request, name: str) -> str | None:
    """A header whose lines may be several: joined, as HTTP has it."""
    lines = request.headers.getlist(name)
    return ", ".join(lines) if lines else None


def _only(request: Request, name: str) -> str | None:
    """A header that may stand once; raises `Malformed` with 400."""
    lines = request.headers.getlist(name)
    if len(set(lines)) > 1:
        raise Malformed(400, f"The header {name.title()} stands twice: send it once.")
    return lines[0] if lines else None
