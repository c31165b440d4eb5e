"""Real records in a folder of a test, opened and closed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from api import migrations
from api.auth.institutions import create_institution
from api.embedded import embedded_engine
from api.records import Bounds, Records
from graph.model import Institution

BANK = Institution("rural-bank", "CNY", "Asia/Shanghai")
OTHER = Institution("city-bank", "CNY", "Asia/Shanghai")
NOW = 1_795_000_000_000
"""A moment of the tests."""


@contextmanager
def open_test_records(folder: Path, bounds: Bounds | None = None) -> Iterator[Records]:
    """Records with all tables in `folder`."""
    bounds = bounds or Bounds(timeout=10)
    engine = embedded_engine(folder / "records.db", bounds.lock_seconds)
    migrations.upgrade(engine)
    records = Records(engine, bounds)
    try:
        yield records
    finally:
        records.close()


@contextmanager
def connected(folder: Path) -> Iterator[Connection]:
    """A connection to records with all tables in `folder`, each statement committed at once."""
    engine = embedded_engine(folder / "records.db", 5)
    migrations.upgrade(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def make_institutions(connection: Connection) -> None:
    """Both institutions of the tests."""
    create_institution(connection, BANK, "Rural Bank", NOW)
    create_institution(connection, OTHER, "City Bank", NOW)
