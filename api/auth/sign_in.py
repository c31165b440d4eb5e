"""Signing in and out over HTTP: `POST /session`, `DELETE /session`, and `GET /enter?token=` for one-time links."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from api import audit
from api.auth.authentication import Unauthenticated, WrongOrigin, authenticate, check_origin, session_secret
from api.auth.passwords import LONGEST, PasswordPool, TooBusy
from api.auth.principals import principal_from, standing_principals
from api.auth.sessions import COOKIE, close_session, open_session, use_link
from api.auth.throttling import Throttle
from api.context import Principal, Services
from api.records import RecordsUnavailable
from api.tables import principals

BODY_BYTES: Final = 4_096
FIELDS: Final = frozenset({"institution", "name", "password"})
WRONG: Final = "The institution, name or password is wrong: check them and try again."

BY_NAME: Final = standing_principals(principals.c.password).where(principals.c.service.is_(False))


@dataclass(frozen=True, slots=True)
class _Given:
    """What somebody signs in with, and from where."""

    institution: str
    name: str
    password: str
    address: str


class SignIn:
    """The endpoints, over open services and a pool that hashes passwords."""

    def __init__(self, services: Services, passwords: PasswordPool) -> None:
        settings = services.settings
        self._services = services
        self._passwords = passwords
        self._throttle = Throttle(
            services.vault.key("sign-in tries"),
            settings.password_tries,
            settings.password_address_tries,
            int(settings.password_wait_seconds * 1000),
        )

    async def session(self, request: Request) -> Response:
        """`POST` signs in with JSON {institution, name, password}; `DELETE` signs out."""
        try:
            if request.method == "DELETE":
                return await self._sign_out(request)
            check_origin(request.headers, self._services.settings.public_url, required=False)
            given = await _read(request)
            return given if isinstance(given, Response) else await self._sign_in(given)
        except ClientDisconnect:
            return _problem(400, "INVALID", "The body ended early.")
        except WrongOrigin as error:
            return _problem(403, "FORBIDDEN", str(error))
        except Unauthenticated as error:
            return _problem(401, "UNAUTHENTICATED", str(error))
        except TooBusy as error:
            return _problem(429, "RATE_LIMITED", str(error), {"Retry-After": "5"})
        except RecordsUnavailable as error:
            return _problem(503, "UNAVAILABLE", str(error), {"Retry-After": "1"})

    async def enter(self, request: Request) -> Response:
        """`GET /enter?token=`: use a one-time link up, open its page with a session.

        The page is opened by a step of its own: a browser does not send a new SameSite=Strict cookie along a redirect that another
        site began.
        """
        if request.method == "HEAD":  # a program that looks at links must not use them up
            return Response(status_code=200)
        services, now = self._services, self._services.now()
        token, hours = request.query_params.get("token", "")[:LONGEST], services.settings.link_session_hours
        try:
            found = await services.records.write(lambda connection: use_link(connection, token, now, hours))
        except RecordsUnavailable as error:
            return _page(503, "Try again", str(error))
        if found is None:
            return _page(410, "This link was used", "A link opens its page once, and for a short time: make another one.")
        secret, path = found
        step = f'<meta http-equiv="refresh" content="0;url={html.escape(path, quote=True)}">'
        response = _page(200, "Opening", "Opening the page ...", step)
        _set_cookie(response, secret, int(hours * 3600))
        return response

    async def _sign_in(self, given: _Given) -> Response:
        services, now = self._services, self._services.now()

        def look(connection: Connection) -> tuple[int, Any]:
            waits = self._throttle.waits(connection, given.institution, given.name, given.address, now)
            if waits > 0:
                return waits, None
            self._throttle.note(connection, given.institution, given.name, given.address, now)
            named = (principals.c.institution == given.institution, principals.c.name == given.name)
            return 0, connection.execute(BY_NAME.where(*named)).first()

        waits, row = await services.records.claim(look)
        if waits > 0:
            seconds = -(-waits // 1000)
            message = f"Too many wrong passwords: wait {seconds} s and try again."
            return _problem(429, "RATE_LIMITED", message, {"Retry-After": str(seconds)})
        if not await self._passwords.matches(None if row is None else row.password, given.password):
            return _problem(401, "UNAUTHENTICATED", WRONG)
        return await self._open(given, principal_from(row), now)

    async def _open(self, given: _Given, principal: Principal, now: int) -> Response:
        services, hours = self._services, self._services.settings.session_hours
        event = audit.Event(principal.institution.id, now, principal.id, "signed in", (principal.id,))

        def work(connection: Connection) -> str:
            self._throttle.forgive(connection, given.institution, given.name, given.address)
            secret = open_session(connection, principal.id, now, hours)
            audit.append(connection, services.vault.audit_key, event)
            return secret

        secret = await services.records.write(work, institution=principal.institution.id)
        response = JSONResponse({"id": principal.id, "name": principal.name, "roles": sorted(principal.roles)}, headers=NO_STORE)
        _set_cookie(response, secret, int(hours * 3600))
        return response

    async def _sign_out(self, request: Request) -> Response:
        services, now = self._services, self._services.now()
        principal = await authenticate(services, {k: v for k, v in request.headers.items() if k != "authorization"}, writes=True)
        secret = session_secret(request.headers)
        event = audit.Event(principal.institution.id, now, principal.id, "signed out", (principal.id,))

        def work(connection: Connection) -> None:
            close_session(connection, secret or "")
            audit.append(connection, services.vault.audit_key, event)

        await services.records.write(work, institution=principal.institution.id)
        response = Response(status_code=204, headers=NO_STORE)
        response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
        return response


NO_STORE: Final = {"Cache-Control": "no-store"}


async def _read(request: Request) -> _Given | Response:
    """What is given, or the answer to a body that cannot be read."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return _problem(415, "INVALID", "Send the body as application/json.")
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_BYTES:
            return _problem(413, "INVALID", f"The body has more than {BODY_BYTES} bytes: send institution, name and password alone.")
    try:
        values = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _problem(400, "INVALID", "The body is no JSON: send institution, name and password.")
    if not isinstance(values, dict) or set(values) != FIELDS or not all(isinstance(value, str) for value in values.values()):
        return _problem(400, "INVALID", "Send exactly three texts: institution, name and password.")
    return _Given(values["institution"], values["name"], values["password"], request.client.host if request.client else "")


def _set_cookie(response: Response, secret: str, seconds: int) -> None:
    response.set_cookie(COOKIE, secret, max_age=seconds, path="/", secure=True, httponly=True, samesite="strict")


def _problem(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status, {**NO_STORE, **(headers or {})})


def _page(status: int, title: str, sentence: str, head: str = "") -> HTMLResponse:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}</head>'
        f"<body><p>{html.escape(sentence)}</p></body></html>"
    )
    headers = {**NO_STORE, "Referrer-Policy": "no-referrer", "Content-Security-Policy": "default-src 'none'", "X-Frame-Options": "DENY"}
    return HTMLResponse(text, status, headers)
