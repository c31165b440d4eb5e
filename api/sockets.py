"""`/graphql` over a WebSocket: subscriptions by the protocol graphql-transport-ws, and nothing else.

A socket says who it is by the headers it was opened with, or in the payload of its `connection_init` (`{"Authorization": "Bearer KEY"}`).
Its credential is looked up again while it is open: over, revoked or changed, it is closed. Each event is answered with a context of
its own, costs its principal what the subscription costs, and waits where the minute's worth is spent. Frames are texts.

    4400   a message that the protocol does not know      4406   another protocol was asked for
    4401   no valid credential, or not any more           4408   no `connection_init` in time
    4403   not from our own pages, or changed rights      4409   the id of an open subscription was used again
    1013   as many sockets as may be are open             4429   a second `connection_init`
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

import orjson
from graphql import ExecutionResult, GraphQLError, GraphQLSchema, OperationDefinitionNode, OperationType
from graphql.execution.values import VariableValues
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from api import logs
from api.documents import Documents, InvalidDocument, Known, UnknownOperation
from api.executing import WrongVariables, read_variables, subscribe
from api.graphql_answers import executed, field_error, refusal, refusals
from api.graphql_http import OFF_LOOP_BYTES, Caller, Denied, GraphQLEndpoint, Ports
from api.graphql_request import GRAPHQL_TYPE, GraphQLRequest, Malformed, read_message, read_payload, refuse_flaws
from api.guard import Guard, Refused
from api.limits import Limits

PROTOCOL: Final = "graphql-transport-ws"

LONGEST_ID: Final = 100
"""Characters of a subscription's id, which the client chooses."""

SOONEST: Final = 0.02
"""Seconds that lie at least between two looks at a credential."""


@dataclass(frozen=True, slots=True)
class SocketBounds:
    """See `api.settings`."""

    sockets: int
    subscriptions: int
    """Of one socket."""
    init_seconds: float
    check_seconds: float


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who opened a socket, and how many seconds its credential still holds; None where it has no end."""

    caller: Caller
    seconds: float | None


Admit = Callable[[Mapping[str, str], Mapping[str, object]], Awaitable[Admitted]]
"""Who opens a socket with these headers and this payload of `connection_init`; raises `Denied`."""


class Closed(Exception):
    """The socket is to be closed, with a code of the protocol and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Sockets:
    """The ASGI application at `/graphql` for sockets. Sockets are counted by institution in each process."""

    def __init__(
        self,
        endpoint: GraphQLEndpoint,
        schema: GraphQLSchema,
        guard: Guard,
        documents: Documents,
        limits: Limits,
        ports: Ports,
        admit: Admit,
        bounds: SocketBounds,
    ) -> None:
        self.endpoint = endpoint
        self.schema = schema
        self.guard = guard
        self.documents = documents
        self.limits = limits
        self.ports = ports
        self.admit = admit
        self.bounds = bounds
        self.open: Counter[str] = Counter()
        """Open sockets by institution."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it is closed."""
        socket = WebSocket(scope, receive, send)
        if PROTOCOL not in scope.get("subprotocols", ()):
            await socket.accept()
            await _close(socket, 4406, f"Subprotocol not acceptable: ask for {PROTOCOL}.")
            return
        try:
            await socket.accept(PROTOCOL)
            await _Conversation(self, socket).run()
        except Closed as closing:
            await _close(socket, closing.code, closing.reason)
        except WebSocketDisconnect:
            return
        except Exception as error:
            logs.fault(error)
            await _close(socket, 1011, "A fault of ours, which was reported.")


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    if socket.application_state is WebSocketState.CONNECTED and socket.client_state is WebSocketState.CONNECTED:
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(code, reason.encode()[:120].decode(errors="ignore"))


class _Conversation:
    """One socket from its acceptance to its end."""

    def __init__(self, sockets: Sockets, socket: WebSocket) -> None:
        self._sockets = sockets
        self._socket = socket
        self._running: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Converse until the client leaves. Raises `Closed`."""
        payload = await self._init()
        admitted = await self._admit(payload)
        institution, bounds = admitted.caller.institution, self._sockets.bounds
        if self._sockets.open[institution] >= bounds.sockets:
            raise Closed(1013, f"{bounds.sockets} sockets of the institution are open here already: try again later.")
        self._sockets.open[institution] += 1
        tasks = {asyncio.create_task(self._converse(admitted.caller)), asyncio.create_task(self._watch(admitted, payload))}
        try:
            await self._send({"type": "connection_ack"})
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._sockets.open[institution] -= 1
            for task in (everything := [*tasks, *self._running.values()]):
                task.cancel()
            await asyncio.gather(*everything, return_exceptions=True)

    async def _init(self) -> Mapping[str, object]:
        """The payload of the first message, which is to be `connection_init`."""
        seconds = self._sockets.bounds.init_seconds
        try:
            async with asyncio.timeout(seconds):
                message = await self._next()
        except TimeoutError:
            raise Closed(4408, f"Connection initialisation timeout: send `connection_init` within {seconds:g} s.") from None
        if message.get("type") != "connection_init":
            raise Closed(4401, "Unauthorized: send `connection_init` first.")
        payload = message.get("payload")
        if payload is not None and not isinstance(payload, dict):
            raise Closed(4400, "The payload of `connection_init` is a JSON object or left out.")
        return payload or {}

    async def _admit(self, payload: Mapping[str, object]) -> Admitted:
        try:
            return await self._sockets.admit(self._socket.headers, payload)
        except Denied as error:
            raise Closed({401: 4401, 403: 4403}.get(error.status, 1013), error.message) from None

    async def _watch(self, admitted: Admitted, payload: Mapping[str, object]) -> None:
        """Raise `Closed` when the credential holds no more; while nobody can be looked up the socket stays."""
        left = admitted.seconds
        while True:
            pause = self._sockets.bounds.check_seconds
            await asyncio.sleep(max(SOONEST, pause if left is None else min(pause, left)))
            try:
                found = await self._admit(payload)
            except Closed as closing:
                if closing.code == 1013:
                    left = None if left is None else max(left - pause, 0.0)
                    continue
                raise
            if found.caller != admitted.caller:
                raise Closed(4403, "What this credential may do was changed: connect again.")
            left = found.seconds

    async def _converse(self, caller: Caller) -> None:
        while True:
            message = await self._next()
            kind, id_ = message.get("type"), message.get("id")
            if kind == "ping":
                await self._send({"type": "pong"})
            elif kind == "subscribe" and isinstance(id_, str) and 0 < len(id_) <= LONGEST_ID:
                if id_ in self._running:
                    raise Closed(4409, "Subscriber already exists: choose another id.")
                if len(self._running) >= (most := self._sockets.bounds.subscriptions):
                    message_ = f"One socket has at most {most} subscriptions: complete one first."
                    await self._send({"id": id_, **_errors(refusal(400, "TOO_MUCH_WORK", message_).body["errors"])})
                    continue
                self._running[id_] = asyncio.create_task(self._subscribe(id_, message.get("payload"), caller))
            elif kind == "complete" and isinstance(id_, str):
                if (task := self._running.pop(id_, None)) is not None:
                    task.cancel()
            elif kind == "connection_init":
                raise Closed(4429, "Too many initialisation requests: one is enough.")
            elif kind != "pong":
                raise Closed(4400, f"Send `subscribe` or `complete` with an `id` of 1 to {LONGEST_ID} characters, `ping` or `pong`.")

    async def _next(self) -> Mapping[str, object]:
        received = await self._socket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", 1005))
        text = received.get("text")
        if text is None:
            raise Closed(4400, "Messages are texts.")
        try:
            return read_message(text)
        except Malformed as error:
            raise Closed(4400, error.message) from None

    async def _send(self, message: Mapping[str, object]) -> None:
        await self._socket.send_text(orjson.dumps(message).decode())

    async def _subscribe(self, id_: str, payload: object, caller: Caller) -> None:
        """Tell events of one subscription until it is completed."""
        faults: dict[str, str | None] = {"principal": caller.id, "institution": caller.institution}
        try:
            end = await self._tell(id_, payload, caller, faults)
        except (WebSocketDisconnect, RuntimeError) as error:
            if isinstance(error, RuntimeError) and self._socket.client_state is WebSocketState.CONNECTED:
                end = _errors([field_error(GraphQLError("", original_error=error), faults)])
            else:  # nobody is there to be told
                return
        except Exception as error:
            end = _errors(_refusal(error) or [field_error(GraphQLError("", original_error=error), faults)])
        finally:
            if self._running.get(id_) is asyncio.current_task():
                del self._running[id_]
        with suppress(RuntimeError, WebSocketDisconnect):
            await self._send({"id": id_, **end})

    async def _tell(self, id_: str, payload: object, caller: Caller, faults: Mapping[str, str | None]) -> Mapping[str, object]:
        """Send each event; gives the message that ends the subscription."""
        sockets = self._sockets
        known, operation, variables, cost = await self._prepare(read_payload(payload), caller)
        context_of = lambda: sockets.ports.context_of(caller, perf_counter(), cost)  # noqa: E731 - as short as that
        results = await subscribe(sockets.schema, known.document, operation, variables, context_of)
        masked = known.masked(operation, caller.roles, sockets.ports.masked)
        if isinstance(results, ExecutionResult):
            return _errors(executed(results, (), faults).body["errors"])
        logs.event("subscribed", principal=caller.id, institution=caller.institution, cost=cost)
        async with aclosing(results) as events:
            async for result in events:
                await self._afford(caller, cost)
                await self._send({"id": id_, "type": "next", "payload": executed(result, masked, faults).body})
        return {"type": "complete"}

    async def _prepare(self, asked: GraphQLRequest, caller: Caller) -> tuple[Known, OperationDefinitionNode, VariableValues, int]:
        """Pass a request through all that one over HTTP passes; raises what `_refusal` knows."""
        sockets = self._sockets
        known, surcharge = await sockets.endpoint.document(asked, caller)
        operation = known.operation(asked.operation_name)
        if operation.operation is not OperationType.SUBSCRIPTION:
            raise Malformed(400, "A socket is for subscriptions alone: send queries and mutations by POST.")
        if asked.flawed:
            refuse_flaws(asked, lambda _path: False)
        cost = known.cost(operation, asked.variables)
        sockets.guard.afford(cost)
        if (wait := sockets.limits.take(caller.id, max(1, cost) + surcharge, service=caller.service)) is not None:
            raise Denied(429, "RATE_LIMITED", f"The minute's worth of requests is used up: wait {wait.seconds:.0f} s.")
        if not known.valid:
            text = asked.query or ""
            await sockets.endpoint.apart(True, lambda: sockets.documents.validate(known, text))
        large = len(orjson.dumps(asked.variables)) >= OFF_LOOP_BYTES
        variables = await sockets.endpoint.apart(large, lambda: read_variables(sockets.schema, operation, asked.variables))
        return known, operation, variables, max(1, cost)

    async def _afford(self, caller: Caller, cost: int) -> None:
        """Wait until the principal's minute has room for one more event."""
        while (wait := self._sockets.limits.take(caller.id, cost, service=caller.service)) is not None:  # noqa: ASYNC110 - a clock's
            await asyncio.sleep(wait.seconds)


def _errors(told: object) -> Mapping[str, object]:
    return {"type": "error", "payload": told}


def _refusal(error: Exception) -> Any:  # noqa: ANN401 - errors as they are written
    """What is told of a request that cannot be run; None for anything else."""
    match error:
        case Malformed() | Denied() | Refused():
            return refusal(400, error.code, error.message).body["errors"]
        case UnknownOperation():
            return refusal(400, "INVALID", str(error)).body["errors"]
        case InvalidDocument() | WrongVariables():
            return refusals(error.errors, GRAPHQL_TYPE).body["errors"]
    return None
