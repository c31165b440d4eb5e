"""API keys of services: 256 random bits, shown once, kept as a hash, scoped to roles, refused from the request after revocation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from api.auth.principals import create_principal, find_principal, principal_from, roles_text, standing_principals
from api.context import Principal, Role
from api.ids import new_id, new_secret, secret_hash
from api.tables import api_keys, principals
from graph.errors import InvalidInput, Problem, Unknown
from graph.model import Instant

PREFIX: Final = "rf_"
"""Of every key, so that scanners of repositories find one that leaked."""

USED_EVERY: Final = 60_000
"""Milliseconds within which a second use of a key is not noted."""


@dataclass(frozen=True, slots=True)
class KeyAccount:
    """A key as the command line shows it: never the key itself."""

    id: str
    principal: str
    """Name of the service."""
    roles: tuple[Role, ...]
    created_at: Instant
    last_used_at: Instant | None
    revoked_at: Instant | None


BY_HASH: Final = (
    standing_principals(api_keys.c.roles.label("key_roles"), api_keys.c.last_used_at)
    .join(api_keys, api_keys.c.principal == principals.c.id)
    .where(api_keys.c.hash == bindparam("hash"), api_keys.c.revoked_at.is_(None))
)


def create_key(connection: Connection, institution: str, name: str, roles: Iterable[Role], now: Instant) -> tuple[str, str]:
    """A new key for the service of this name, which is made when absent: the key's id, and the key itself, to be shown once.

    A service may hold several keys, so that one can be exchanged without a pause. Raises `InvalidInput` when the name is a person's or
    the roles go beyond the service's.
    """
    wanted = frozenset(roles)
    text = roles_text(wanted)
    known = find_principal(connection, institution, name)
    if known is None:
        principal = create_principal(connection, institution, name, wanted, now, service=True)
    elif not known.service or known.disabled_at is not None:
        raise InvalidInput([Problem(("name",), f"{name} is a person or was disabled: choose another name for the key.")])
    elif not wanted <= set(known.roles):
        held = ", ".join(known.roles)
        raise InvalidInput([Problem(("role",), f"The service {name} has the roles {held}: choose of these, or another name.")])
    else:
        principal = known.id
    key_id, secret = new_id("key"), new_secret(PREFIX)
    connection.execute(insert(api_keys).values(hash=secret_hash(secret), id=key_id, principal=principal, roles=text, created_at=now))
    return key_id, secret


def revoke_key(connection: Connection, institution: str, id: str, now: Instant) -> KeyAccount:
    """Refuse the key from the next request on. Raises `Unknown`; revoking twice changes nothing."""
    known = next((key for key in keys_of(connection, institution) if key.id == id), None)
    if known is None:
        raise Unknown(f"{institution} has no key {id}: see `ringfence keys list`.", ("key",))
    connection.execute(update(api_keys).where(api_keys.c.id == id, api_keys.c.revoked_at.is_(None)).values(revoked_at=now))
    return known


def keys_of(connection: Connection, institution: str) -> tuple[KeyAccount, ...]:
    """An institution's keys, revoked ones included, oldest first."""
    chosen = select(api_keys, principals.c.name).join(principals).where(principals.c.institution == institution)
    return tuple(
        KeyAccount(row.id, row.name, tuple(Role(role) for role in row.roles.split(",")), row.created_at, row.last_used_at, row.revoked_at)
        for row in connection.execute(chosen.order_by(api_keys.c.created_at, api_keys.c.id))
    )


def principal_of_key(connection: Connection, secret: str) -> tuple[Principal, Instant | None] | None:
    """Who holds this key and when its use was noted last; None when it is unknown, revoked, disabled or its institution suspended."""
    row = connection.execute(BY_HASH, {"hash": secret_hash(secret)}).first()
    return None if row is None else (principal_from(row, row.key_roles), row.last_used_at)


def note_use(connection: Connection, secret: str, now: Instant) -> None:
    """Note that a key was used, once a minute at most."""
    stale = or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < now - USED_EVERY)
    connection.execute(update(api_keys).where(api_keys.c.hash == secret_hash(secret), stale).values(last_used_at=now))
