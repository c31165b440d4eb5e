"""Real records of a test, opened and closed: in a file of its folder, or in PostgreSQL where the fixture `each_engine` says so."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from api import migrations
from api.auth.institutions import create_institution
from api.embedded import embedded_engine
from api.postgres import server_engine
from api.records import Bounds, Records
from api.saving import enter
from api.settings import Settings
from graph.model import Institution

BANK = Institution("rural-bank", "CNY", "Asia/Shanghai")
OTHER = Institution("city-bank", "CNY", "Asia/Shanghai")
NOW = 1_795_000_000_000
"""A moment of the tests."""

PATIENT = 10.0
"""Seconds that a server may be silent on a busy machine."""


def served_settings() -> dict[str, Any]:
    """Settings of the records' server, when the test has one."""
    found = Settings.from_environ({name: value for name, value in os.environ.items() if name.startswith("RINGFENCE_RECORDS_")})
    names = ("records_url", "records_password_file", "records_owner_url", "records_owner_password_file")
    return {name: getattr(found, name) for name in names} if found.records_url else {}


def records_engine(folder: Path, lock_seconds: float = 5, *, owner: bool = False, seconds: float = PATIENT) -> Engine:
    """An engine over the test's records; the `owner` sees all rows of a server."""
    given = Settings(**served_settings())
    if not given.records_url:
        return embedded_engine(folder / "records.db", lock_seconds)
    url, secret = (given.records_owner_url, given.records_owner_secret()) if owner else (given.records_url, given.records_secret())
    return server_engine(url, secret, seconds, lock_seconds, owner=owner)


@contextmanager
def open_test_records(folder: Path, bounds: Bounds | None = None) -> Iterator[Records]:
    """Records with all tables."""
    bounds = bounds or Bounds(timeout=10)
    engine = records_engine(folder, bounds.lock_seconds)
    migrations.upgrade(engine)
    records = Records(engine, bounds)
    try:
        yield records
    finally:
        records.close()


@contextmanager
def connected(folder: Path) -> Iterator[Connection]:
    """A connection to records with all tables, each statement committed at once; of a server as the tables' owner."""
    engine = records_engine(folder, owner=True)
    migrations.upgrade(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def asked(folder: Path, statement: str, **values: object) -> Sequence[Sequence[Any]]:
    """Rows of the test's records, whatever institution's; a statement without rows gives none."""
    with connected(folder) as connection:
        found = connection.execute(text(statement), values)
        return [tuple(row) for row in found] if found.returns_rows else []


SQLITE_ALONE = pytest.mark.parametrize("each_engine", ["sqlite"], indirect=True)
"""For what only a file can suffer."""

POSTGRES_ALONE = pytest.mark.parametrize("each_engine", ["postgres"], indirect=True)
"""For what only a server can suffer."""


def make_institutions(connection: Connection) -> None:
    """Both institutions of the tests."""
    for institution, name in ((BANK, "Rural Bank"), (OTHER, "City Bank")):
        enter(connection, institution.id)
        create_institution(connection, institution, name, NOW)
    enter(connection, BANK.id)  # what a test writes next is that one's
