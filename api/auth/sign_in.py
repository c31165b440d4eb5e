"""Signing in and out over HTTP: `POST /session` (JSON of programs, or the form of `/sign-in`), `DELETE /session`, `POST /sign-out` of
pages, and `GET /enter?token=` for one-time links."""

from __future__ import annotations

import html
from collections.abc import Awaitable
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import Connection
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from api import audit
from api.auth.authentication import Unauthenticated, WrongOrigin, authenticate, check_origin, session_secret
from api.auth.passwords import LONGEST, PasswordPool, TooBusy
from api.auth.principals import principal_from, standing_principals
from api.auth.sessions import COOKIE, close_session, is_own_page, open_session, use_link
from api.auth.signing_forms import Given, Unreadable, is_form, read_form, read_json
from api.auth.throttling import Throttle
from api.context import Principal, Services
from api.records import RecordsUnavailable
from api.tables import principals
from graph.errors import RingfenceError

T = TypeVar("T")

WRONG: Final = "The institution, name or password is wrong: check them and try again."

BY_NAME: Final = standing_principals(principals.c.password).where(principals.c.service.is_(False))


class FormPage(Protocol):
    """Answers with the form of `/sign-in`, filled in with all but the password, and with what was wrong."""

    def __call__(self, to: str = ..., institution: str = ..., name: str = ..., problem: str = ..., status: int = ...) -> Response:
        """The page."""
        ...


class _Refused(RingfenceError):
    """Nobody is signed in or out; why, as HTTP and people are told. `wait`: seconds until it is worth trying again, 0 for not said."""

    def __init__(self, status: int, code: str, message: str, wait: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = {"Retry-After": str(wait)} if wait else {}


class SignIn:
    """The endpoints, over open services and a pool that hashes passwords; `form` shows the page of `/sign-in`."""

    def __init__(self, services: Services, passwords: PasswordPool, form: FormPage) -> None:
        settings = services.settings
        self._services = services
        self._passwords = passwords
        self._form = form
        self._throttle = Throttle(
            services.vault.key("sign-in tries"),
            settings.password_tries,
            settings.password_address_tries,
            int(settings.password_wait_seconds * 1000),
        )

    async def session(self, request: Request) -> Response:
        """`POST` signs in with {institution, name, password} as JSON, or as the form of `/sign-in`; `DELETE` signs out."""
        if request.method == "POST" and is_form(request):
            return await self._by_form(request)
        try:
            if request.method == "DELETE":
                await _told(self._close(request))
                response = Response(status_code=204, headers=NO_STORE)
                return _without_cookie(response)
            return await _told(self._by_json(request))
        except _Refused as refused:
            return _problem(refused)

    async def sign_out(self, request: Request) -> Response:
        """`POST /sign-out`, the button of pages: end the session and lead to the form."""
        try:
            await _told(self._close(request))
        except _Refused as refused:
            if refused.code != "UNAUTHENTICATED":  # the session being over is what was asked for
                return self._form(problem=str(refused), status=refused.status)
        return _without_cookie(RedirectResponse("/sign-in", 303, NO_STORE))

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

    async def _by_json(self, request: Request) -> Response:
        """A program's signing in."""
        check_origin(request.headers, self._services.settings.public_url, required=False)
        principal, secret = await self._sign_in(await read_json(request))
        named = {"id": principal.id, "name": principal.name, "roles": sorted(principal.roles)}
        return self._with_cookie(JSONResponse(named, headers=NO_STORE), secret)

    async def _by_form(self, request: Request) -> Response:
        """A person's signing in: to the page that was asked for, or the form again with what was wrong."""
        given = Given("", "", "", "")

        async def signed() -> Response:
            nonlocal given
            # A form of another site would sign somebody in under a name that is not theirs: the origin is not optional here.
            check_origin(request.headers, self._services.settings.public_url, required=True)
            given = await read_form(request)
            _, secret = await self._sign_in(given)
            to = given.to if is_own_page(given.to) else "/"
            return self._with_cookie(RedirectResponse(to, 303, NO_STORE), secret)

        try:
            return await _told(signed())
        except _Refused as refused:
            to = given.to if is_own_page(given.to) else "/"
            response = self._form(to, given.institution, given.name, str(refused), refused.status)
            response.headers.update(refused.headers)
            return response

    async def _sign_in(self, given: Given) -> tuple[Principal, str]:
        """Who signs in, and the new session's secret. Raises `_Refused`, `TooBusy`, `RecordsUnavailable`."""
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
            raise _Refused(429, "RATE_LIMITED", f"Too many wrong passwords: wait {seconds} s and try again.", seconds)
        if not await self._passwords.matches(None if row is None else row.password, given.password):
            raise _Refused(401, "UNAUTHENTICATED", WRONG)
        return await self._open(given, principal_from(row), now)

    async def _open(self, given: Given, principal: Principal, now: int) -> tuple[Principal, str]:
        services = self._services
        event = audit.Event(principal.institution.id, now, principal.id, "signed in", (principal.id,))

        def work(connection: Connection) -> str:
            self._throttle.forgive(connection, given.institution, given.name, given.address)
            secret = open_session(connection, principal.id, now, services.settings.session_hours)
            audit.append(connection, services.vault.audit_key, event)
            return secret

        return principal, await services.records.write(work, institution=principal.institution.id)

    async def _close(self, request: Request) -> None:
        """End the session whose cookie is sent, by a page of ours."""
        services, now = self._services, self._services.now()
        principal = await authenticate(services, {k: v for k, v in request.headers.items() if k != "authorization"}, writes=True)
        secret = session_secret(request.headers)
        event = audit.Event(principal.institution.id, now, principal.id, "signed out", (principal.id,))

        def work(connection: Connection) -> None:
            close_session(connection, secret or "")
            audit.append(connection, services.vault.audit_key, event)

        await services.records.write(work, institution=principal.institution.id)

    def _with_cookie(self, response: Response, secret: str) -> Response:
        _set_cookie(response, secret, int(self._services.settings.session_hours * 3600))
        return response


NO_STORE: Final = {"Cache-Control": "no-store"}


async def _told(work: Awaitable[T]) -> T:
    """The work's answer; whatever it is refused for, as `_Refused`."""
    try:
        return await work
    except ClientDisconnect:
        raise _Refused(400, "INVALID", "The body ended early.") from None
    except Unreadable as error:
        raise _Refused(error.status, "INVALID", str(error)) from None
    except WrongOrigin as error:
        raise _Refused(403, "FORBIDDEN", str(error)) from None
    except Unauthenticated as error:
        raise _Refused(401, "UNAUTHENTICATED", str(error)) from None
    except TooBusy as error:
        raise _Refused(429, "RATE_LIMITED", str(error), 5) from None
    except RecordsUnavailable as error:
        raise _Refused(503, "UNAVAILABLE", str(error), 1) from None


def _set_cookie(response: Response, secret: str, seconds: int) -> None:
    response.set_cookie(COOKIE, secret, max_age=seconds, path="/", secure=True, httponly=True, samesite="strict")


def _without_cookie(response: Response) -> Response:
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
    return response


def _problem(refused: _Refused) -> Response:
    content = {"error": {"code": refused.code, "message": str(refused)}}
    return JSONResponse(content, refused.status, {**NO_STORE, **refused.headers})


def _page(status: int, title: str, sentence: str, head: str = "") -> HTMLResponse:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}</head>'
        f"<body><p>{html.escape(sentence)}</p></body></html>"
    )
    headers = {**NO_STORE, "Referrer-Policy": "no-referrer", "Content-Security-Policy": "default-src 'none'", "X-Frame-Options": "DENY"}
    return HTMLResponse(text, status, headers)
