"""Principals: the staff and services of institutions, and how a row becomes a `Principal`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, insert, select, update

from api.context import Principal, Role
from api.ids import new_id
from api.tables import api_keys, institutions, principals, sessions
from graph.errors import InvalidInput, Problem, Unknown
from graph.model import Instant, Institution

MAXIMUM_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class Account:
    """A principal as the command line shows it."""

    id: str
    name: str
    service: bool
    roles: tuple[Role, ...]
    created_at: Instant
    disabled_at: Instant | None


PRINCIPAL_COLUMNS: Final = (
    principals.c.id,
    principals.c.name,
    principals.c.roles,
    principals.c.service,
    institutions.c.id.label("institution"),
    institutions.c.name.label("institution_name"),
    institutions.c.currency,
    institutions.c.time_zone,
)
"""What `principal_from` reads."""


def standing_principals(*columns: Any) -> Select[Any]:  # noqa: ANN401 - columns of any type
    """A select over principals that may ask now: neither disabled nor of a suspended institution."""
    joined = principals.join(institutions, principals.c.institution == institutions.c.id)
    return (
        select(*PRINCIPAL_COLUMNS, *columns)
        .select_from(joined)
        .where(principals.c.disabled_at.is_(None), institutions.c.suspended_at.is_(None))
    )


def principal_from(row: Any, roles: str | None = None) -> Principal:  # noqa: ANN401 - a row of `PRINCIPAL_COLUMNS` and more
    """The principal of a row; `roles`, a key's, narrow its own."""
    held = frozenset(Role(name) for name in row.roles.split(","))
    if roles is not None:
        held &= frozenset(Role(name) for name in roles.split(","))
    institution = Institution(row.institution, row.currency, row.time_zone)
    # A key of an analyst's tool does what a person does, at a person's rate: the role decides, not the kind of credential.
    return Principal(row.id, row.name, held, institution, row.institution_name, row.service and Role.SERVICE in held)


def create_principal(
    connection: Connection, institution: str, name: str, roles: Iterable[Role], now: Instant, *, service: bool, password: str | None = None
) -> str:
    """Make a principal and give its id; `password` is a hash of `api.auth.passwords`. Raises `InvalidInput` naming what is wrong."""
    if not 1 <= len(name) <= MAXIMUM_NAME or not name.isprintable():
        raise InvalidInput([Problem(("name",), f"A name has 1 to {MAXIMUM_NAME} printable characters.")])
    if find_principal(connection, institution, name) is not None:
        raise InvalidInput([Problem(("name",), f"{institution} has a principal {name} already: choose another name.")])
    made = new_id("pri")
    values = {"id": made, "institution": institution, "name": name, "service": service, "roles": roles_text(roles)}
    connection.execute(insert(principals).values(**values, password=password, created_at=now))
    return made


def find_principal(connection: Connection, institution: str, name: str) -> Account | None:
    """The institution's principal of this name, disabled or not."""
    rows = connection.execute(select(principals).where(principals.c.institution == institution, principals.c.name == name))
    return next((_account(row) for row in rows), None)


def principal_by_id(connection: Connection, institution: str, id_: str) -> Principal | None:
    """The institution's principal with this id, as long as it may ask; None otherwise."""
    row = connection.execute(standing_principals().where(principals.c.institution == institution, principals.c.id == id_)).one_or_none()
    return None if row is None else principal_from(row)


def principals_of(connection: Connection, institution: str, *, service: bool) -> tuple[Account, ...]:
    """An institution's staff, or its services, by name."""
    chosen = select(principals).where(principals.c.institution == institution, principals.c.service == service)
    return tuple(_account(row) for row in connection.execute(chosen.order_by(principals.c.name)))


def set_password(connection: Connection, institution: str, name: str, password: str) -> Account:
    """Set a member of staff's password (a hash of `api.auth.passwords`) and end the sessions. Raises `Unknown`."""
    account = find_principal(connection, institution, name)
    if account is None or account.service:
        raise Unknown(f"{institution} has no member of staff {name}: see `ringfence users list`.", ("name",))
    connection.execute(update(principals).where(principals.c.id == account.id).values(password=password))
    connection.execute(sessions.delete().where(sessions.c.principal == account.id))
    return account


def disable_principal(connection: Connection, institution: str, name: str, now: Instant) -> Account:
    """Refuse a principal from now on: its sessions end and its keys are revoked. Raises `Unknown`."""
    account = find_principal(connection, institution, name)
    if account is None:
        raise Unknown(f"{institution} has no principal {name}: check the name.", ("name",))
    connection.execute(update(principals).where(principals.c.id == account.id).values(disabled_at=now))
    connection.execute(update(api_keys).where(api_keys.c.principal == account.id, api_keys.c.revoked_at.is_(None)).values(revoked_at=now))
    connection.execute(sessions.delete().where(sessions.c.principal == account.id))
    return account


def roles_text(roles: Iterable[Role]) -> str:
    """How roles are kept; raises `InvalidInput` for none."""
    text = ",".join(sorted({str(role) for role in roles}))
    if not text:
        raise InvalidInput([Problem(("role",), f"Give at least one role: {', '.join(Role)}.")])
    return text


def _account(row: Any) -> Account:  # noqa: ANN401 - a row of `principals`
    roles = tuple(Role(name) for name in row.roles.split(","))
    return Account(row.id, row.name, row.service, roles, row.created_at, row.disabled_at)
