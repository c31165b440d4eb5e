"""Institutions of a file, each with a check value of its keys."""

from __future__ import annotations

import hmac
import sqlite3

from graph.sealing import Sealer
from graph.stores.shared.institutions import WrongKeys, check_value


def institution_number(connection: sqlite3.Connection, institution: str, sealer: Sealer) -> int:
    """Number of an institution, entered at its first fact. Raises `WrongKeys`."""
    number = find_institution(connection, institution, sealer)
    if number is None:
        made = connection.execute(
            "INSERT INTO institution (id, check_value) VALUES (?, ?) RETURNING number", (institution, check_value(sealer))
        ).fetchone()
        return int(made[0])
    return number


def find_institution(connection: sqlite3.Connection, institution: str, sealer: Sealer) -> int | None:
    """Number of an institution, None when nothing was recorded for it. Raises `WrongKeys`."""
    row = connection.execute("SELECT number, check_value FROM institution WHERE id = ?", (institution,)).fetchone()
    if row is None:
        return None
    _compare(row[1], check_value(sealer))
    return int(row[0])


def check_deployment(connection: sqlite3.Connection, check: bytes) -> None:
    """Compare the deployment's own check value with the one of the first start, or note it then. Raises `WrongKeys`."""
    connection.execute("INSERT INTO meta VALUES ('check', ?) ON CONFLICT DO NOTHING", (check,))
    _compare(connection.execute("SELECT value FROM meta WHERE name = 'check'").fetchone()[0], check)


def _compare(kept: bytes, given: bytes) -> None:
    if not hmac.compare_digest(kept, given):
        raise WrongKeys(
            "The graph was written with other keys than those of the key file given now: put the right key file back from your backup, "
            "or choose another folder."
        )
