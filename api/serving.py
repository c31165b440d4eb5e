"""What is mounted where: the routes of the web application, health, and the last line of defence against faults."""

from __future__ import annotations

from collections.abc import Callable

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import logs
from api.auth.passwords import PasswordPool
from api.auth.sign_in import SignIn
from api.browsing import page_routes
from api.context import Services
from api.graphql_ports import graphql_endpoint
from api.pages import sign_in as sign_in_page
from api.readiness import Readiness
from api.uploads import upload_routes


def routes(services: Services, passwords: PasswordPool) -> tuple[list[BaseRoute], Callable[[], None]]:
    """All routes, and what lets go of what they hold."""
    graphql, sockets = graphql_endpoint(services)
    sign_in = SignIn(services, passwords, sign_in_page.show)
    found: list[BaseRoute] = [
        Route("/graphql", graphql),
        WebSocketRoute("/graphql", sockets),
        Route("/session", sign_in.session, methods=["POST", "DELETE"]),
        Route("/enter", sign_in.enter, methods=["GET"]),
        *page_routes(services, sign_in),
        *upload_routes(services),
        Route("/healthz", _health, methods=["GET"]),
        Route("/readyz", _readiness(services), methods=["GET"]),
        Route("/metrics", services.metrics.endpoint, methods=["GET"]),
    ]
    return found, graphql.close


async def _health(_request: Request) -> Response:
    """Whether this process answers at all."""
    return _json({"status": "ok"}, 200)


def _readiness(services: Services) -> Callable[[Request], object]:
    readiness = Readiness(services)

    async def ready(_request: Request) -> Response:
        """Whether the parts that a decision needs can be read and written: 200, or 503, which are down, and a word why."""
        reasons = {name: reason for name, reason in (await readiness.reasons()).items() if reason is not None}
        parts = {name: "down" if name in reasons else "ok" for name in ("graph", "records")}
        if reasons:
            return _json({"status": "down", **parts, "reasons": reasons}, 503)
        return _json({"status": "ok", **parts}, 200)

    return ready


def _json(content: object, status: int) -> Response:
    return Response(orjson.dumps(content), status, {"Cache-Control": "no-store"}, "application/json")


class Masked:
    """Answers a fault of ours with 500 and an id that the log has; what went wrong is not said."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def sending(message_: Message) -> None:
            nonlocal begun
            begun = True
            await send(message_)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            error_id = logs.fault(error)
            if begun:
                raise
            answer = {"error": {"code": "INTERNAL", "message": "A fault of ours, which was reported.", "errorId": error_id}}
            await _json(answer, 500)(scope, receive, send)
