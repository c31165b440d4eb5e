"""Where the demonstration stands: a folder of its own, begun anew each time, with two institutions, a key and a member of staff."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson
from sqlalchemy import Connection

from api import audit
from api.auth.institutions import create_institution
from api.auth.keys import create_key
from api.auth.passwords import hash_password
from api.auth.principals import create_principal, find_principal
from api.auth.sessions import create_link
from api.cli.exporting.records import waiting
from api.cli.options import BY_COMMAND, Failure, explain_os, on_records
from api.context import Role
from api.rings.records import KeptRing, Query, listed
from graph.model import Instant, Institution
from identity.vault import Vault
from rules.records import last_judgements

MARKER: Final = "demonstration"
"""File that says that the folder is a demonstration's, and so may be emptied by the next."""

LOCK: Final = "demonstration.lock"

KEYS: Final = "keys.json"
"""Stays from one demonstration to the next: ids derive from it, so that equal markets give equal judgements."""

MARKET: Final = Institution("demo", "CNY", "Asia/Shanghai")
MARKET_NAME: Final = "Demo Bank (simulated market)"
SECOND: Final = Institution("finbench", "CNY", "UTC")
SECOND_NAME: Final = "FinBench Bank (benchmark sample)"
ANALYST: Final = "demo.analyst"
SERVICE: Final = "demo-workflow"

SETTLING_SECONDS: Final = 120.0
"""Longest that applications which waited for a part may take to be decided again."""

BYTES_A_FACT: Final = 2_000
"""Free disk asked for at the start for each fact: what the store keeps of it, its write-ahead log, and the simulated files."""


@dataclass(frozen=True, slots=True)
class Tenants:
    """Who was made, with what they sign in with."""

    key: str
    """API key of the market's loan workflow."""
    analyst: str
    """Principal of the market's analyst."""
    password: str


class Ground:
    """The demonstration's folder, locked while it or its server runs. A context manager."""

    def __init__(self, folder: Path) -> None:
        """Take the folder and empty it of an earlier demonstration, but for its keys.

        Raises `Failure` when it is somebody else's, in use or read-only.
        """
        self.folder = folder
        self.files = folder / "market"
        """Where the simulated files go."""
        try:
            strange = folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER).exists()
            if strange or folder.is_file():
                raise Failure(f"{folder} holds something that is no demonstration: give a folder that is not there yet with --data DIR.")
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Failure(explain_os(error)) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise Failure(
                f"A demonstration in {folder} is still running: stop it with Ctrl-C, or give another folder with --data."
            ) from None
        try:
            self.again = (folder / MARKER).exists()
            (folder / MARKER).write_text("Made by `ringfence demo`: the next one empties this folder.\n", encoding="utf-8")
            self._empty()
        except OSError as error:
            os.close(self._lock)
            raise Failure(explain_os(error)) from error

    def _empty(self) -> None:
        for path in self.folder.iterdir():
            if path.name in {MARKER, LOCK, KEYS}:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def check_room(self, facts: int) -> None:
        """Raise `Failure` when the disk cannot hold what so many facts become."""
        needed, free = facts * BYTES_A_FACT, shutil.disk_usage(self.folder).free
        if free < needed:
            sizes = f"{needed / 2**20:,.0f} MiB are needed and {free / 2**20:,.0f} MiB are free"
            raise Failure(f"The disk is too full for {self.folder}: {sizes}. Make room, or ask for fewer --merchants.")

    def tenants(self) -> Tenants:
        """Make the institutions and who acts for the first."""
        password = secrets.token_urlsafe(12)
        kept = hash_password(password)

        for institution, name in ((MARKET, MARKET_NAME), (SECOND, SECOND_NAME)):
            self._institution(institution, name)

        def work(connection: Connection, vault: Vault, now: Instant) -> Tenants:
            analyst = create_principal(connection, MARKET.id, ANALYST, [Role.ANALYST], now, service=False, password=kept)
            _, key = create_key(connection, MARKET.id, SERVICE, [Role.SERVICE], now)
            audit.append(connection, vault.audit_key, audit.Event(MARKET.id, now, BY_COMMAND, "demonstration set up", (analyst,)))
            return Tenants(key, analyst, password)

        return on_records(self.folder, work, MARKET.id)

    def _institution(self, institution: Institution, name: str) -> None:
        def work(connection: Connection, vault: Vault, now: Instant) -> None:
            create_institution(connection, institution, name, now, sandbox=True)
            event = audit.Event(institution.id, now, BY_COMMAND, "institution created", (institution.id,))
            audit.append(connection, vault.audit_key, event)

        on_records(self.folder, work, institution.id)

    def link(self, path: str, minutes: float) -> str:
        """The token of a one-time link that opens a page as the analyst."""

        def work(connection: Connection, _vault: Vault, now: Instant) -> str:
            found = find_principal(connection, MARKET.id, ANALYST)
            assert found is not None, "the analyst was made at the start"
            return create_link(connection, found.id, path, now, minutes)

        return on_records(self.folder, work)

    def worst_ring(self) -> KeptRing | None:
        """The ring that is likeliest to be fraud; None while none was found."""

        def work(connection: Connection, _vault: Vault, now: Instant) -> KeptRing | None:
            found, _, _ = listed(connection, MARKET.id, Query(1), now)
            return found[0] if found else None

        return on_records(self.folder, work, MARKET.id)

    def judgements(self) -> Iterator[bytes]:
        """A line of JSON for each loan, by its id, once nothing waits to be decided again. Raises `Failure` when that takes too long."""
        end = time.monotonic() + SETTLING_SECONDS
        while on_records(self.folder, lambda connection, _vault, _now: waiting(connection, MARKET.id), MARKET.id):
            if time.monotonic() > end:
                raise Failure("Applications still wait to be decided again: the machine is very busy; run this again.")
            time.sleep(0.5)
        found = on_records(self.folder, lambda connection, _vault, _now: last_judgements(connection, MARKET.id), MARKET.id)
        for loan in sorted(found):
            yield orjson.dumps({"loan": loan, "judgement": orjson.Fragment(found[loan])}) + b"\n"

    def close(self) -> None:
        """Let the next demonstration have the folder."""
        os.close(self._lock)
