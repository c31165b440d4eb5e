"""What a browser opens: pages behind a session, the form that gives one, and the way from the one to the other and back.

A page that is opened without a session leads to `/sign-in`, which comes back to it. Programs, which send a key or do not ask for HTML,
get 401 instead. What a page shows is decided by who reads it, in `api.pages`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from api.auth.authentication import Unauthenticated, WrongOrigin, authenticate, session_secret
from api.auth.sessions import is_own_page
from api.auth.sign_in import SignIn
from api.context import Principal, Services
from api.pages import decision, decisions, sign_in
from api.pages.frame import HEADERS, message, page
from api.records import RecordsUnavailable
from api.rings.page import show as show_ring
from api.verifying.page import show as show_verification

Shown = Callable[[Principal, Request], Awaitable[Response]]
"""What answers with a page for who reads it."""

FROM_ELSEWHERE: Final = frozenset({"cross-site", "same-site"})
"""Values of Sec-Fetch-Site under which a browser keeps a SameSite=Strict cookie back."""


def page_routes(services: Services, signing: SignIn) -> list[BaseRoute]:
    """The pages, and how one signs in to see them and out again."""

    async def list_(principal: Principal, request: Request) -> Response:
        return await decisions.show(services, principal, request.query_params)

    async def one(principal: Principal, request: Request) -> Response:
        return await decision.show(services, principal, request.path_params["id"])

    async def verification(principal: Principal, request: Request) -> Response:
        return await show_verification(services, principal, request.path_params["id"])

    async def ring(principal: Principal, request: Request) -> Response:
        return await show_ring(services, principal, request.path_params["id"])

    return [
        Route("/rings/{id}", _behind_session(services, ring), methods=["GET"]),
        Route("/verifications/{id}", _behind_session(services, verification), methods=["GET"]),
        Route("/", _behind_session(services, list_), methods=["GET"]),
        Route("/decisions/{id}", _behind_session(services, one), methods=["GET"]),
        Route("/sign-in", _sign_in(services), methods=["GET"]),
        Route("/sign-out", signing.sign_out, methods=["POST"]),
    ]


def _behind_session(services: Services, show: Shown) -> Callable[[Request], Awaitable[Response]]:
    async def opened(request: Request) -> Response:
        try:
            principal = await authenticate(services, request.headers, writes=False)
            return await show(principal, request)
        except (Unauthenticated, WrongOrigin) as error:
            if "authorization" in request.headers or "text/html" not in request.headers.get("accept", ""):
                return message("Sign in first", str(error), 401)
            return _to_sign_in(request)
        except RecordsUnavailable as error:
            return message("Try again", str(error), 503)

    return opened


def _to_sign_in(request: Request) -> Response:
    """The way to the form. Who follows a link of another site may have a session that the browser did not send: then a second step, from
    a page of ours, comes before it."""
    path = quote(request.url.path) + (f"?{request.url.query}" if request.url.query else "")
    if request.headers.get("sec-fetch-site") in FROM_ELSEWHERE and session_secret(request.headers) is None and is_own_page(path):
        return page("again.html", path=path)
    return _away(f"/sign-in?{urlencode({'to': path})}" if is_own_page(path) and path != "/" else "/sign-in")


def _sign_in(services: Services) -> Callable[[Request], Awaitable[Response]]:
    async def form(request: Request) -> Response:
        to = request.query_params.get("to", "/")
        to = to if is_own_page(to) else "/"
        try:
            await authenticate(services, {"cookie": request.headers.get("cookie", "")}, writes=False)
        except (Unauthenticated, RecordsUnavailable):
            return sign_in.show(to)
        return _away(to)

    return form


def _away(path: str) -> Response:
    return RedirectResponse(path, 303, {**HEADERS})
