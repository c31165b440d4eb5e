"""Institutions: making, suspending and listing the tenants of a deployment."""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Row, insert, select, update

from api.strategies import keep_shipped
from api.tables import institutions
from graph.currencies import MINOR_DIGITS
from graph.errors import InvalidInput, Problem, Unknown
from graph.model import Instant, Institution

ID_PATTERN: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
MAXIMUM_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class Tenant:
    """An institution as kept."""

    institution: Institution
    name: str
    sandbox: bool
    """Whether its facts are made up."""
    created_at: Instant
    suspended_at: Instant | None


def create_institution(
    connection: Connection, institution: Institution, name: str, now: Instant, *, sandbox: bool = False, repeat: bool = False
) -> Tenant:
    """Make an institution. Raises `InvalidInput` naming what is wrong; with `repeat` an equal one that is there already is the answer."""
    problems = list(_problems(institution, name))
    if problems:
        raise InvalidInput(problems)
    known = find_institution(connection, institution.id)
    if known is not None:
        if repeat and known.institution == institution:
            return known
        raise InvalidInput([Problem(("id",), f"The institution {institution.id} is there already: choose another id.")])
    values = {"id": institution.id, "name": name, "currency": institution.currency, "time_zone": institution.time_zone}
    connection.execute(insert(institutions).values(**values, sandbox=sandbox, created_at=now))
    keep_shipped(connection, institution.id)
    return Tenant(institution, name, sandbox, now, None)


def find_institution(connection: Connection, id: str) -> Tenant | None:
    """The institution with this id, suspended or not."""
    row = connection.execute(select(institutions).where(institutions.c.id == id)).first()
    return _tenant(row) if row is not None else None


def the_institution(connection: Connection, id: str) -> Tenant:
    """The institution with this id; raises `Unknown`."""
    tenant = find_institution(connection, id)
    if tenant is None:
        raise Unknown(f"There is no institution {id}: see `ringfence institutions list`.", ("institution",))
    return tenant


def all_institutions(connection: Connection) -> tuple[Tenant, ...]:
    """All institutions by id."""
    return tuple(_tenant(row) for row in connection.execute(select(institutions).order_by(institutions.c.id)))


def suspend_institution(connection: Connection, id: str, now: Instant | None) -> Tenant:
    """Suspend an institution from `now` on: its keys, passwords and sessions are refused. None lets it back. Raises `Unknown`."""
    the_institution(connection, id)
    connection.execute(update(institutions).where(institutions.c.id == id).values(suspended_at=now))
    return the_institution(connection, id)


def _tenant(row: Row[tuple[object, ...]]) -> Tenant:
    values = row._mapping  # noqa: SLF001 - the public way to read a row by name
    institution = Institution(values["id"], values["currency"], values["time_zone"])
    return Tenant(institution, values["name"], values["sandbox"], values["created_at"], values["suspended_at"])


def _problems(institution: Institution, name: str) -> list[Problem]:
    problems: list[Problem] = []
    if ID_PATTERN.fullmatch(institution.id) is None:
        problems.append(Problem(("id",), "An institution's id is 1 to 40 of a-z, 0-9 and hyphens, no hyphen first or last."))
    if institution.currency not in MINOR_DIGITS:
        message = f"{institution.currency!r} is no currency of ISO 4217: give its three capital letters, like CNY."
        problems.append(Problem(("currency",), message))
    if institution.time_zone not in zoneinfo.available_timezones():
        problems.append(Problem(("time-zone",), "A time zone is an IANA name: Asia/Shanghai."))
    if not 1 <= len(name) <= MAXIMUM_NAME or not name.isprintable():
        problems.append(Problem(("name",), f"A name has 1 to {MAXIMUM_NAME} printable characters."))
    return problems
