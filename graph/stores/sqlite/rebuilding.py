"""All derived rows built again from the kept facts: after a change of what is derived, and as the proof that facts are the truth.

Identities (`entity`, `institution`, `source`) stay; what facts say is taken from `fact` alone. Nothing is opened: personal
values stay sealed.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Final, TypeAlias

from graph.model import Instant
from graph.sealing import Sealer, Sealers
from graph.stores.shared.claims import SPACES, Accepted, Claims, Report
from graph.stores.shared.encoding import FIELD_NAMES, Kept, read_kept
from graph.stores.shared.keeping import Keeping
from graph.stores.shared.ledger import Ledger, Sequences
from graph.stores.shared.recording import WITHDRAWAL
from graph.stores.sqlite.failing import unavailable
from graph.stores.sqlite.filing import ENTER_WITHDRAWAL, SqliteTables, greatest
from graph.stores.sqlite.folding import FACT_COLUMNS, FACT_TABLES
from graph.stores.sqlite.tables import open_writer

DERIVED: Final = ("withdrawal", "claim", "mention", "movement", "observation", "statement", "description", "tie", "node")
"""Tables that are derived, all of which are emptied first."""

BATCH: Final = 5_000
"""Facts built at once."""


Tell: TypeAlias = Callable[[int, int], None]
"""Is given how many facts are done, and how many there are."""


def rebuild_file(path: Path, sealers: Sealers, tell: Tell = lambda _done, _all: None) -> int:
    """Build all derived rows of a file again, in one transaction that other processes' writes wait for; how many facts it has.

    Raises `GraphUnavailable`, and then nothing was changed.
    """
    try:
        with contextlib.closing(open_writer(path)) as connection:
            return rebuild(connection, sealers, tell)
    except (sqlite3.Error, OSError) as error:
        raise unavailable(error, path) from error


def rebuild(connection: sqlite3.Connection, sealers: Sealers, tell: Tell = lambda _done, _all: None) -> int:
    """Build all derived rows again, in one transaction of the writer's connection; how many facts there are."""
    done = 0
    connection.execute("BEGIN IMMEDIATE")
    try:
        for table in DERIVED:
            connection.execute(f"DELETE FROM {table}")
        facts: int = connection.execute("SELECT count(*) FROM fact").fetchone()[0]
        revision = connection.execute("UPDATE meta SET value = value + 1 WHERE name = 'recorded_at' RETURNING value").fetchone()[0]
        connection.execute("INSERT INTO node SELECT number, 0, 0, 0, 0, 0, 0, x'', 0 FROM entity")
        for number, institution in connection.execute("SELECT number, id FROM institution ORDER BY number").fetchall():
            sealer = sealers(institution)
            _withdraw(connection, number, sealer)
            for count in _institution(connection, number, sealer, revision):
                done += count
                tell(done, facts)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has rolled back already
            connection.execute("ROLLBACK")
        raise
    return facts


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


def _institution(connection: sqlite3.Connection, institution: int, sealer: Sealer, revision: Instant) -> Iterator[int]:
    """One institution's rows, batch by batch in the order of its facts; how many facts each batch had."""
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
            tables = SqliteTables(connection, institution, source, revision)
            ledger = Ledger(tables, sealer, Sequences(partial(greatest, connection)))
            _batch(tables, ledger, source, [_accepted(read_kept(row[:9]), row[9]) for row in group])
        yield len(rows)


def _batch(tables: SqliteTables, ledger: Ledger, source: str, facts: list[Accepted]) -> None:
    """The rows of some facts of one source."""
    claims = Claims(tables)
    claims.find((SPACES[fact.report.kind], str(fact.values[0])) for fact in facts if fact.report.kind in SPACES)
    ledger.read_nodes(number for fact in facts for number in fact.named)
    for fact in facts:
        report = claims.reports[fact.report.number] = fact.report
        for number in fact.named:
            ledger.name(number, report.occurred_at, report.changed_at, report.withdrawn_at is None)
        if report.kind in SPACES:
            claims.add(fact)
    Keeping(tables, source, ledger, claims).keep(facts)


def _accepted(kept: Kept, hash_: bytes) -> Accepted:
    """A kept fact as it was when it was accepted."""
    report = Report(kept.number, kept.kind, kept.occurred_at, kept.recorded_at, kept.withdrawn_at, hash_)
    values = [kept.content.get(name) for name in FIELD_NAMES[kept.kind]]
    return Accepted(report, kept.id, kept.source_id, values, kept.named(), kept.places, kept.label, None)
