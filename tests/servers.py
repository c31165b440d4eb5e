"""A real PostgreSQL of the tests' own, from the system's package: started when a test first asks for it, ended with the tests.

It is started by `docker/servers/postgres` like anybody's. Each test gets a database to itself; one that a test gave back is emptied and
used again, since making one takes a second on a busy disk.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from api import migrations
from api.postgres import server_engine
from tests.settings import NO_SERVERS

ROOT: Final = Path(__file__).parent.parent
SCRIPT: Final = ROOT / "docker" / "servers" / "postgres.py"
HOW: Final = "apt-get install postgresql"

OWNER: Final = "ringfence_owner"
APP: Final = "ringfence"
SUPERUSER: Final = "postgres"

VARIABLES: Final = ("RECORDS_URL", "RECORDS_PASSWORD_FILE", "RECORDS_OWNER_URL", "RECORDS_OWNER_PASSWORD_FILE")


def present() -> bool:
    """Whether this machine has a PostgreSQL to start."""
    if NO_SERVERS:
        return False
    return any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or shutil.which("initdb") is not None


@dataclass(frozen=True, slots=True)
class Database:
    """One database, and who may do what in it."""

    server: Postgres
    name: str
    port: int
    """To connect to: the server's own, or a proxy's before it."""

    def url(self, role: str = APP) -> str:
        """Where it is, as this role."""
        return f"postgresql://{role}@127.0.0.1:{self.port}/{self.name}"

    def connect(self, role: str = APP) -> psycopg.Connection[tuple[object, ...]]:
        """A plain connection as this role, each statement committed at once."""
        return psycopg.connect(self.url(role), password=self.server.secret(role), autocommit=True)

    def environ(self) -> dict[str, str]:
        """Variables that lead the application to it."""
        files = {role: str(self.server.folder / f"{role}.password") for role in (APP, OWNER)}
        values = (self.url(APP), files[APP], self.url(OWNER), files[OWNER])
        return {f"RINGFENCE_{name}": value for name, value in zip(VARIABLES, values, strict=True)}

    def through(self, port: int) -> Database:
        """The same database through a proxy."""
        return Database(self.server, self.name, port)


@dataclass(slots=True)
class Postgres:
    """A server in a folder of its own."""

    folder: Path
    port: int = 0
    numbers: Iterator[int] = field(default_factory=itertools.count)
    spare: list[Database] = field(default_factory=list)
    """At this version's tables, and empty."""

    def start(self) -> None:
        """Start it."""
        command = [sys.executable, str(SCRIPT), "start", "--folder", str(self.folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        self.port = int((self.folder / "port").read_text())

    def kill(self) -> None:
        """`kill -9` of the server with all that it started, as when the machine's memory is short."""
        main = int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        for pid in (main, *map(int, children)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        end = time.monotonic() + 10
        while Path(f"/proc/{main}/stat").exists() and time.monotonic() < end:
            if Path(f"/proc/{main}/stat").read_text().split()[2] == "Z":
                break
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop it and remove all that it kept."""
        subprocess.run([sys.executable, str(SCRIPT), "stop", "--folder", str(self.folder)], capture_output=True, check=False, timeout=120)
        shutil.rmtree(self.folder, ignore_errors=True)

    def secret(self, role: str) -> str:
        """A role's password."""
        return (self.folder / f"{role}.password").read_text().strip()

    def database(self, *, empty: bool = False) -> Database:
        """A database at this version's tables with nothing in them, or one without tables."""
        if self.spare and not empty:
            return self.spare.pop()
        made = Database(self, f"test_{next(self.numbers)}", self.port)
        names = (sql.Identifier(made.name), sql.Identifier(OWNER))
        with self._superuser() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'").format(*names))
        if not empty:
            engine = server_engine(made.url(OWNER), self.secret(OWNER), 10, 10, owner=True)
            migrations.upgrade(engine)
            engine.dispose()
        return made

    def give_back(self, database: Database) -> None:
        """Empty a database for the next test; one whose tables a test changed is removed."""
        ours = [table.name for metadata in migrations.METADATA for table in reversed(metadata.sorted_tables)]
        with database.connect(OWNER) as connection:
            found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            names = {str(name) for (name,) in found}
            whole = names >= {*ours, "alembic_version"}
            if whole and connection.execute("SELECT version_num FROM alembic_version").fetchone() == (migrations.HEAD,):
                words = [("DELETE FROM {}", name) for name in ours]
                words += [("DROP TABLE {}", name) for name in names - {*ours, "alembic_version"}]
                statements = [sql.SQL(word).format(sql.Identifier(name)) for word, name in words]
                connection.execute(sql.SQL("; ").join(statements))
                self.spare.append(database)
                return
        self.drop(database)

    def ask(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Rows that the server's owner reads."""
        with self._superuser() as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def drop(self, database: Database) -> None:
        """Remove a database with whoever is connected to it."""
        with self._superuser() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database.name)))

    def _superuser(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(f"postgresql://{SUPERUSER}@127.0.0.1:{self.port}/postgres", password=self.secret(SUPERUSER), autocommit=True)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A running server."""
    # Not below pytest's own folder: the server's user may not enter that.
    server = Postgres(Path(tempfile.mkdtemp(prefix="ringfence-postgres-")))
    try:
        server.start()
        yield server
    finally:
        server.stop()
