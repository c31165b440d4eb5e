"""Forgetting somebody in the embedded store: see `graph.stores.shared.erasing`.

Freed pages are overwritten with zeros (`secure_delete`), and the log is emptied when no reader holds it: so the file's bytes forget.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from graph.model import Instant
from graph.sealing import Sealer
from graph.store import Erased
from graph.stores.shared.erasing import erase
from graph.stores.shared.tables import Row
from graph.stores.sqlite.institutions import find_institution
from graph.stores.sqlite.tables import open_writer

TRIES: Final = 20
"""How often the log is tried to be emptied while readers hold it, a twentieth of a second apart; the next one empties it then."""


def erase_in_file(path: Path, institution: str, sealer: Sealer, id: str) -> Erased | None:
    """Forget a person in one transaction. Raises `sqlite3.Error`."""
    with contextlib.closing(open_writer(path)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("BEGIN IMMEDIATE")
        try:
            number = find_institution(connection, institution, sealer)
            sql = "UPDATE meta SET value = value + 1 WHERE name = 'recorded_at' RETURNING value"
            revision = connection.execute(sql).fetchone()[0]
            erased = None if number is None else erase(ErasableFile(connection, number, revision), sealer, id)
            connection.execute("ROLLBACK" if erased is None else "COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        for _ in range(TRIES if erased is not None else 0):
            if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0:
                break
            time.sleep(0.05)
    return erased


class ErasableFile:
    """The rows of one institution in a file; see `ErasableRows`."""

    def __init__(self, connection: sqlite3.Connection, institution: int, revision: Instant) -> None:
        """`revision` is what nodes that change carry, so that readers who remember them read them again."""
        self._connection = connection
        self._institution = institution
        self._revision = revision

    def identity(self, id: str) -> tuple[int, bool] | None:
        """See `ErasableRows.identity`."""
        sql = "SELECT number, subject_key IS NOT NULL FROM entity WHERE id = ? AND institution = ?"
        row = self._connection.execute(sql, (id, self._institution)).fetchone()
        return None if row is None else (int(row[0]), bool(row[1]))

    def tied(self, number: int) -> Iterable[tuple[int, int, int]]:
        """See `ErasableRows.tied`."""
        sql = "SELECT kind, from_, to_ FROM tie WHERE from_ = ? UNION SELECT kind, from_, to_ FROM tie WHERE to_ = ?"
        return self._connection.execute(sql, (number, number)).fetchall()

    def naming(self, number: int) -> Iterable[tuple[int, int, bytes]]:
        """See `ErasableRows.naming`."""
        sql = "SELECT DISTINCT f.number, f.kind, f.content FROM mention m JOIN fact f ON f.number = m.fact WHERE m.entity = ?"
        return self._connection.execute(sql, (number,)).fetchall()

    def put_content(self, fact: int, content: bytes) -> None:
        """See `ErasableRows.put_content`."""
        self._connection.execute("UPDATE fact SET content = ? WHERE number = ?", (content, fact))

    def statements(self, number: int) -> Iterable[Row]:
        """See `ErasableRows.statements`."""
        sql = "SELECT fact, part, known_from, what, value FROM statement WHERE entity = ?"
        return self._connection.execute(sql, (number,)).fetchall()

    def put_statement(self, number: int, row: Row) -> None:
        """See `ErasableRows.put_statement`."""
        sql = "UPDATE statement SET value = ? WHERE entity = ? AND fact = ? AND part = ? AND known_from = ?"
        self._connection.execute(sql, (row[4], number, *row[:3]))

    def description(self, number: int) -> bytes | None:
        """See `ErasableRows.description`."""
        row = self._connection.execute("SELECT fields FROM description WHERE entity = ?", (number,)).fetchone()
        return None if row is None else bytes(row[0])

    def put_description(self, number: int, fields: bytes) -> None:
        """See `ErasableRows.put_description`."""
        self._connection.execute("UPDATE description SET label = NULL, fields = ? WHERE entity = ?", (fields, number))

    def put_identity(self, number: int, label: str, subject_key: bytes | None) -> None:
        """See `ErasableRows.put_identity`."""
        kept = "value" if subject_key is None else "NULL"  # of a document: which one and whose, never its number
        sql = (
            f"UPDATE entity SET key = NULL, label = ?, token = NULL, token_version = NULL, value = {kept}, subject_key = ? WHERE number = ?"
        )
        self._connection.execute(sql, (label, subject_key, number))
        self._connection.execute("UPDATE node SET revision = ? WHERE entity = ?", (self._revision, number))
