"""Lists of single transfers, in SQL: one range of the movements' own order for each direction."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Collection, Iterator
from typing import Any, Final

import orjson

from graph.contents import TransferMade
from graph.flows.scope import Way, Window
from graph.model import Moment
from graph.stores.shared.encoding import NUMBERS
from graph.stores.shared.snapshot import Position, Reported

_COLUMNS: Final = "f.id, f.content, a.id, o.id, m.amount, m.kind, m.occurred_at, m.recorded_at, m.hidden_at"
_TABLES: Final = (
    "movement m CROSS JOIN fact f ON f.number = m.fact "
    "CROSS JOIN entity a ON a.number = m.account CROSS JOIN entity o ON o.number = m.other"
)
_TRANSFER: Final = NUMBERS[TransferMade]
_KNOWN: Final = "m.known_from <= ? AND (m.known_until IS NULL OR m.known_until > ?)"


def reported(
    connection: sqlite3.Connection, moment: Moment, account: int, ways: Collection[Way], window: Window, start: Position, most: int
) -> list[Reported]:
    """See `Snapshot.reported`."""
    found: list[Reported] = []
    until = min(moment.at, window.before - 1, start[0])
    for way in ways:
        rows = connection.execute(
            f"""SELECT {_COLUMNS} FROM {_TABLES}
            WHERE m.account = ? AND m.incoming = ? AND m.occurred_at > ? AND m.occurred_at <= ? AND {_KNOWN}
            ORDER BY m.occurred_at DESC, m.recorded_at DESC, f.id DESC""",
            (account, int(way is Way.IN), window.after, until, moment.known_at, moment.known_at),
        )
        found += itertools.islice(_behind(rows, start, way is Way.IN), most)
    return found


def report(connection: sqlite3.Connection, moment: Moment, institution: int, fact: str) -> Reported | None:
    """See `Snapshot.report`."""
    kept = connection.execute(
        "SELECT number, occurred_at, content FROM fact WHERE id = ? AND institution = ? AND kind = ?", (fact, institution, _TRANSFER)
    ).fetchone()
    if kept is None:
        return None
    number, occurred_at, content = kept
    row = connection.execute(
        f"""SELECT {_COLUMNS} FROM {_TABLES}
        WHERE m.account = ? AND m.incoming = 0 AND m.occurred_at = ? AND m.fact = ? AND m.occurred_at <= ? AND {_KNOWN}""",
        (orjson.loads(content)[0][1], occurred_at, number, moment.at, moment.known_at, moment.known_at),
    ).fetchone()
    return None if row is None else _reported(row, incoming=False)


def _behind(rows: sqlite3.Cursor, start: Position, incoming: bool) -> Iterator[Reported]:
    """Rows as they are read, from the place on."""
    for row in rows:
        if (row[6], row[7], row[0]) < start:
            yield _reported(row, incoming=incoming)


def _reported(row: tuple[Any, ...], *, incoming: bool) -> Reported:
    fact, content, own, other, *rest = row
    from_, to = (other, own) if incoming else (own, other)
    return Reported(fact, str(orjson.loads(content)[0][0]), from_, to, *rest)
