"""Brings the records to the tables that the packages own: Alembic, one file a step in `versions/`, on SQLite and PostgreSQL.

Run at the start, and by `ringfence migrate`; on PostgreSQL by the role that owns the tables.

To change a table: change it in its package's `tables`, add a step here, and run the tests, one of which compares the two.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, MetaData, exc, inspect

import identity.lists.tables
import identity.tables
import rules.tables
from api import tables
from graph.errors import RingfenceError

HEAD: Final = "0008"
"""The newest step."""

METADATA: Final[tuple[MetaData, ...]] = (tables.metadata, rules.tables.metadata, identity.lists.tables.metadata, identity.tables.metadata)
"""The tables of all packages."""


LOCKING: Final = {"sqlite": ("BEGIN IMMEDIATE",), "postgresql": ("BEGIN", "SELECT pg_advisory_xact_lock(1380341316, 0)")}
"""How a step begins: nobody else migrates at the same time."""


class CannotMigrate(RingfenceError):
    """The records cannot be brought to this version's tables; the message says why."""


def current(engine: Engine) -> str | None:
    """The step that the records are at; None before the first."""
    with engine.connect() as connection:
        return _step(connection)


def _step(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def check(engine: Engine) -> bool:
    """Whether the records are at `HEAD`, asked as a role that may read alone. Raises `CannotMigrate` for records of a newer version."""
    try:
        step = current(engine)
    except exc.ProgrammingError:  # a step of ours grants reading it
        return False
    if step is not None and step > HEAD:
        raise CannotMigrate(f"The records are at step {step}, of a newer version of Ringfence: run that version.")
    return step == HEAD


def upgrade(engine: Engine) -> bool:
    """Bring the records to `HEAD`; whether anything was to be done. Several processes may call it at once: one does it.

    Raises `CannotMigrate` for records of a newer version.
    """
    if current(engine) == HEAD:
        return False
    return _run(engine, HEAD, up=True)


def downgrade(engine: Engine, target: str = "base") -> None:
    """Bring the records back to an earlier step: what later ones added is lost."""
    _run(engine, target, up=False)


def _run(engine: Engine, target: str, *, up: bool) -> bool:
    # Late: at every other start there is nothing to do, and Alembic takes a fifth of a second to import.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    steps = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None, "a connection that was just opened"
        for word in LOCKING[engine.dialect.name]:
            raw.execute(word)
        try:
            version = _step(connection)
            if version is not None and version not in steps:
                raise CannotMigrate(f"The records are at step {version}, of a newer version of Ringfence: run that version.")
            if up and version == target:
                return False
            config.attributes["connection"] = connection
            (command.upgrade if up else command.downgrade)(config, target)
            connection.commit()
        finally:
            raw.rollback()
    return True
