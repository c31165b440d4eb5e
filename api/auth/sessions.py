"""Sessions of staff in browsers, and one-time links that open a page with one."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from api.auth.principals import principal_from, standing_principals
from api.context import Principal
from api.ids import new_secret, secret_hash
from api.tables import links, principals, sessions
from graph.errors import InvalidInput, Problem
from graph.model import Instant

COOKIE: Final = "__Host-ringfence"
"""Its prefix makes browsers insist on Secure, Path=/ and no Domain (RFC 6265bis, 4.1.3.2). Chromium (tried with 156) takes
`http://localhost` and `http://127.0.0.1` for secure; under any other name the server stands behind TLS."""

MAXIMUM_SESSIONS: Final = 20
"""Sessions of one principal; a further one ends the oldest."""

LONGEST_PATH: Final = 500
"""Characters of the path of a page that a link or a form leads to."""

BY_HASH: Final = (
    standing_principals()
    .join(sessions, sessions.c.principal == principals.c.id)
    .where(sessions.c.hash == bindparam("hash"), sessions.c.expires_at > bindparam("now"))
)


def open_session(connection: Connection, principal: str, now: Instant, hours: float) -> str:
    """A new session's secret, to be the cookie's value; sessions that have ended are removed."""
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
    own = select(sessions.c.hash).where(sessions.c.principal == principal).order_by(sessions.c.created_at.desc())
    crowd = connection.execute(own.offset(MAXIMUM_SESSIONS - 1)).scalars().all()
    if crowd:
        connection.execute(delete(sessions).where(sessions.c.hash.in_(crowd)))
    secret = new_secret()
    values = {"hash": secret_hash(secret), "principal": principal, "created_at": now, "expires_at": now + int(hours * 3_600_000)}
    connection.execute(insert(sessions).values(**values))
    return secret


def principal_of_session(connection: Connection, secret: str, now: Instant) -> Principal | None:
    """Whose session this is; None when it is unknown, over, or may not ask any more."""
    row = connection.execute(BY_HASH, {"hash": secret_hash(secret), "now": now}).first()
    return None if row is None else principal_from(row)


def session_end(connection: Connection, secret: str) -> Instant:
    """When a session ends; 0 for one that is unknown."""
    return connection.execute(select(sessions.c.expires_at).where(sessions.c.hash == secret_hash(secret))).scalar() or 0


def close_session(connection: Connection, secret: str) -> None:
    """End a session; an unknown one is no error."""
    connection.execute(delete(sessions).where(sessions.c.hash == secret_hash(secret)))


def is_own_page(path: str) -> bool:
    """Whether it is a path of this server, and no address of another in disguise."""
    own = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return own and path.isascii() and path.isprintable() and len(path) <= LONGEST_PATH


def create_link(connection: Connection, principal: str, path: str, now: Instant, minutes: float) -> str:
    """The token of a link that opens `path` once, with a session of this principal. Raises `InvalidInput` for a path of elsewhere."""
    if not is_own_page(path):
        raise InvalidInput([Problem(("path",), "A link opens a page of this server: give a path such as /decisions/dec_...")])
    connection.execute(delete(links).where(links.c.expires_at <= now))
    token = new_secret()
    values = {"hash": secret_hash(token), "principal": principal, "path": path, "expires_at": now + int(minutes * 60_000)}
    connection.execute(insert(links).values(**values))
    return token


def use_link(connection: Connection, token: str, now: Instant, hours: float) -> tuple[str, str] | None:
    """Use a link up: the secret of a new session and the page's path; None when it is unknown, used, or over."""
    live = (links.c.hash == secret_hash(token), links.c.used_at.is_(None), links.c.expires_at > now)
    row = connection.execute(select(links.c.principal, links.c.path).where(*live)).first()
    if row is None:
        return None
    used = connection.execute(update(links).where(*live).values(used_at=now))
    if used.rowcount != 1:
        return None
    return open_session(connection, row.principal, now, hours), row.path
