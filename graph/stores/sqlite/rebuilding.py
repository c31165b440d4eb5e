"""All derived rows built again from the kept facts: after a change of what is derived, and as the proof that facts are the truth.

Identities (`entity`, `institution`, `source`) stay; what facts say is taken from `fact` alone. Nothing is opened: personal
values stay sealed.
"""

from __future__ import annotations

import sqlite3
from itertools import groupby
from typing import Final

from graph.sealing import Sealer, Sealers
from graph.stores.sqlite.claims import SPACES, Claims, Report
from graph.stores.sqlite.encoding import FACT_COLUMNS, FACT_TABLES, FIELD_NAMES, Kept, read_kept
from graph.stores.sqlite.keeping import Keeping
from graph.stores.sqlite.ledger import Ledger, Sequences
from graph.stores.sqlite.recording import ENTER_WITHDRAWAL, WITHDRAWAL

DERIVED: Final = ("withdrawal", "claim", "mention", "movement", "observation", "statement", "description", "tie", "node")
"""Tables that are derived, all of which are emptied first."""

BATCH: Final = 5_000
"""Facts built at once."""


def rebuild(connection: sqlite3.Connection, sealers: Sealers) -> None:
    """Build all derived rows again, in one transaction of the writer's connection."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for table in DERIVED:
            connection.execute(f"DELETE FROM {table}")
        connection.execute("INSERT INTO node SELECT number, 0, 0, 0, 0, 0, 0, x'' FROM entity")
        for number, institution in connection.execute("SELECT number, id FROM institution ORDER BY number").fetchall():
            sealer = sealers(institution)
            _withdraw(connection, number, sealer)
            _institution(connection, number, sealer)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _withdraw(connection: sqlite3.Connection, institution: int, sealer: Sealer) -> None:
    """Withdrawals, and what they withdraw."""
    sql = f"SELECT {FACT_COLUMNS} FROM {FACT_TABLES} WHERE f.institution = ? AND f.kind = ?"
    for row in connection.execute(sql, (institution, WITHDRAWAL)).fetchall():
        kept = read_kept(row)
        connection.execute(
            ENTER_WITHDRAWAL,
            (sealer.fact_id(kept.source, str(kept.content["fact_id"])), kept.recorded_at),
        )
    connection.execute(
        """UPDATE fact SET withdrawn_at = (SELECT w.recorded_at FROM withdrawal w WHERE w.fact_id = fact.id)
        WHERE institution = ? AND kind <> ?""",
        (institution, WITHDRAWAL),
    )


def _institution(connection: sqlite3.Connection, institution: int, sealer: Sealer) -> None:
    """One institution's rows, batch by batch in the order of its facts."""
    last = 0
    while True:
        rows = connection.execute(
            f"SELECT {FACT_COLUMNS}, f.hash FROM {FACT_TABLES} WHERE f.institution = ? AND f.number > ? ORDER BY f.number LIMIT ?",
            (institution, last, BATCH),
        ).fetchall()
        if not rows:
            return
        last = rows[-1][0]
        for source, group in groupby(rows, key=lambda row: row[2]):
            _batch(connection, institution, sealer, source, [(read_kept(row[:9]), row[9]) for row in group])


def _batch(connection: sqlite3.Connection, institution: int, sealer: Sealer, source: str, facts: list[tuple[Kept, bytes]]) -> None:
    """The rows of some facts of one source, with their hashes."""
    ledger, claims = Ledger(connection, institution, sealer, Sequences(connection)), Claims(connection, institution)
    keeping = Keeping(connection, institution, source, ledger, claims)
    claims.find([(SPACES[kept.kind], str(kept.content["key"])) for kept, _ in facts if kept.kind in SPACES])
    ledger.read_nodes(number for kept, _ in facts for number in kept.named())
    for kept, hash_ in facts:
        report = claims.reports[kept.number] = Report(kept.number, kept.kind, kept.occurred_at, kept.recorded_at, kept.withdrawn_at, hash_)
        ledger.name(kept.named(), report.occurred_at, report.changed_at, report.withdrawn_at is None)
        values = [kept.content.get(name) for name in FIELD_NAMES[kept.kind]]
        keeping.add(report, kept.id, kept.source_id, values, kept.named(), kept.places, kept.label, None)
    keeping.finish()
