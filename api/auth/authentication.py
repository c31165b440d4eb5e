"""From a request's headers to a principal: `Authorization: Bearer KEY`, or the session cookie with the origin checked on writes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Final

from api.auth.keys import USED_EVERY, note_use, principal_of_key
from api.auth.sessions import COOKIE, principal_of_session
from api.context import Principal, Services
from api.records import RecordsUnavailable
from graph.errors import RingfenceError

LONGEST_CREDENTIAL: Final = 512


class Unauthenticated(RingfenceError):
    """No valid credential: unknown, revoked, over, or of a suspended institution; which of these is not said."""


class WrongOrigin(RingfenceError):
    """A browser sends a write with a session from a page that is not ours."""


async def authenticate(services: Services, headers: Mapping[str, str], *, writes: bool) -> Principal:
    """Who sends a request with these headers (names in any case, as in Starlette's `Headers`).

    `writes`: whether the request may change something; with a session, its origin is then checked. Raises `Unauthenticated`,
    `WrongOrigin`, and `RecordsUnavailable` when nobody can be looked up.
    """
    authorization = headers.get("authorization")
    if authorization is not None:
        return await _by_key(services, authorization)
    secret = session_secret(headers)
    if secret is None:
        raise Unauthenticated("Send `Authorization: Bearer KEY` with a key of `ringfence keys create`, or sign in at /session.")
    if writes:
        check_origin(headers, services.settings.public_url, required=True)
    now = services.now()
    principal = await services.records.read(lambda connection: principal_of_session(connection, secret, now))
    if principal is None:
        raise Unauthenticated("The session is over: sign in again at /session.")
    return principal


async def _by_key(services: Services, authorization: str) -> Principal:
    scheme, _, secret = authorization.partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret or len(secret) > LONGEST_CREDENTIAL:
        raise Unauthenticated("The Authorization header is to be `Bearer KEY`, with a key of `ringfence keys create`.")
    found = await services.records.read(lambda connection: principal_of_key(connection, secret))
    if found is None:
        raise Unauthenticated("The API key is not valid: it is unknown or was revoked.")
    principal, used_at = found
    now = services.now()
    if used_at is None or used_at < now - USED_EVERY:
        await _note(services, secret, now)
    return principal


async def _note(services: Services, secret: str, now: int) -> None:
    """When a key was last used is worth no refusal: records that cannot note it now note it with the next request."""
    try:
        await services.records.claim(lambda connection: note_use(connection, secret, now), 0.1)
    except RecordsUnavailable:
        await asyncio.sleep(0)


def session_secret(headers: Mapping[str, str]) -> str | None:
    """The session cookie's value, None when there is none."""
    text = headers.get("cookie")
    if text is None or COOKIE not in text:
        return None
    try:
        cookies: SimpleCookie = SimpleCookie(text)
    except CookieError:
        return None
    morsel = cookies.get(COOKIE)
    return morsel.value if morsel is not None and 0 < len(morsel.value) <= LONGEST_CREDENTIAL else None


def check_origin(headers: Mapping[str, str], public_url: str, *, required: bool) -> None:
    """Raise `WrongOrigin` unless the browser says that one of our own pages sent this.

    `public_url` is our origin; empty: the Host header's, over either scheme. Browsers send Origin with every write; without it
    nothing is let through when it is `required`.
    """
    origin = headers.get("origin")
    if origin is None:
        if required:
            raise WrongOrigin("A write with a session needs the Origin header that browsers send: use an API key from programs.")
        return
    host = headers.get("host", "")
    own = {public_url.rstrip("/")} if public_url else {f"https://{host}", f"http://{host}"}
    if not host or origin.lower() not in {each.lower() for each in own}:
        raise WrongOrigin("This page's origin is not this server's: a session writes from our own pages only.")
