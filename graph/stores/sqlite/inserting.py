"""Plain rows into the embedded store's tables, in as cheap a form as SQLite's driver takes them.

The driver hands over whole numbers, texts and `bytearray` at once, and asks registries of adapters about every `None`, truth value and
`bytes`: three to five times the price, for most columns of most rows. So rows of the usual form have statements in which what is always the
same stands written out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from graph.stores.shared.tables import PlainRows, Row

OBSERVATION: Final = "INSERT INTO observation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
MOVEMENT: Final = "INSERT INTO movement VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
STATEMENT: Final = "INSERT INTO statement VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_SEEN: Final = "INSERT INTO observation VALUES (?, ?, ?, ?, NULL, NULL, NULL, 0, NULL, NULL, NULL)"
_MOVED: Final = "INSERT INTO observation VALUES (?, ?, ?, ?, NULL, NULL, NULL, 0, ?, NULL, NULL)"
_STANDING: Final = "INSERT INTO movement VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, NULL, ?7, ?8, ?9)"
_TIE: Final = "INSERT INTO tie VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?, NULL, NULL, ?, ?, 1)"
_MONEY_TIE: Final = "INSERT INTO tie VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, NULL, ?, ?, 1)"
_ANY_TIE: Final = "INSERT INTO tie VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_CHANGED: Final = """UPDATE tie SET first_at = ?, last_at = ?, recorded_at = ?, ended_at = NULL, count = ?, total = NULL, share = NULL,
latest_at = ?, changed_at = ?, simple = 1 WHERE number = ?"""
_CHANGED_MONEY: Final = """UPDATE tie SET first_at = ?, last_at = ?, recorded_at = ?, ended_at = NULL, count = ?, total = ?, share = NULL,
latest_at = ?, changed_at = ?, simple = 1 WHERE number = ?"""
_CHANGED_ANY: Final = """UPDATE tie SET first_at = ?, last_at = ?, recorded_at = ?, ended_at = ?, count = ?, total = ?, share = ?,
latest_at = ?, changed_at = ?, simple = ? WHERE number = ?"""


def insert(connection: sqlite3.Connection, institution: int, source: int, rows: PlainRows) -> None:
    """Write rows that are new, each list sorted; `source` is of no use when there are no facts."""
    _facts(connection, institution, source, rows.facts)
    for sql, some in (
        (f"INSERT INTO claim VALUES ({institution:d}, ?, ?, ?)", rows.claims),
        ("INSERT INTO mention VALUES (?, ?, ?, ?)", rows.mentions),
        (STATEMENT, rows.statements),
    ):
        if some:
            connection.executemany(sql, some)
    _movements(connection, rows.movements)
    _observations(connection, rows.observations)


def put_nodes(connection: sqlite3.Connection, revision: int, rows: Iterable[Row]) -> None:
    """Write nodes, new or changed."""
    sql = f"INSERT OR REPLACE INTO node VALUES (?, ?, ?, ?, ?, ?, ?, ?, {revision:d})"
    connection.executemany(sql, [(*row[:7], bytearray(row[7])) for row in rows])


def enter_ties(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Write ties that are new."""
    money, others, any_ = _by_form(rows)
    for sql, some in (
        (_MONEY_TIE, [(*row[:7], row[8], row[9], row[11], row[12]) for row in money]),
        (_TIE, [(*row[:7], row[8], row[11], row[12]) for row in others]),
        (_ANY_TIE, any_),
    ):
        if some:
            connection.executemany(sql, some)


def change_ties(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Write ties that are there."""
    money, others, any_ = _by_form(rows)
    for sql, some in (
        (_CHANGED_MONEY, [(*row[4:7], row[8], row[9], row[11], row[12], row[0]) for row in money]),
        (_CHANGED, [(*row[4:7], row[8], row[11], row[12], row[0]) for row in others]),
        (_CHANGED_ANY, [(*row[4:], row[0]) for row in any_]),
    ):
        if some:
            connection.executemany(sql, some)


def _by_form(rows: Sequence[Row]) -> tuple[list[Row], list[Row], list[Row]]:
    """Simple ties of money, other simple ones, and the rest: that have ended, say a share, or are no plain sums."""
    money: list[Row] = []
    others: list[Row] = []
    any_: list[Row] = []
    for row in rows:
        if row[7] is not None or row[10] is not None or not row[13]:
            any_.append(row)
        elif row[9] is None:
            others.append(row)
        else:
            money.append(row)
    return money, others, any_


def _facts(connection: sqlite3.Connection, institution: int, source: int, rows: Sequence[Row]) -> None:
    standing = [
        (number, id_, source_id, kind, at, recorded_at, bytearray(hash_), bytearray(content))
        for number, id_, source_id, kind, at, recorded_at, withdrawn_at, hash_, content in rows
        if withdrawn_at is None
    ]
    if standing:
        connection.executemany(f"INSERT INTO fact VALUES (?, {institution:d}, ?, {source:d}, ?, ?, ?, ?, NULL, ?, ?)", standing)
    if len(standing) < len(rows):
        withdrawn = [row for row in rows if row[6] is not None]
        connection.executemany(f"INSERT INTO fact VALUES (?, {institution:d}, ?, {source:d}, ?, ?, ?, ?, ?, ?, ?)", withdrawn)


def _movements(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    plain = [(*row[:6], *row[8:]) for row in rows if row[6] is None and row[7] is None]
    if plain:
        connection.executemany(_STANDING, plain)
    if len(plain) < len(rows):
        connection.executemany(MOVEMENT, [row for row in rows if row[6] is not None or row[7] is not None])


def _observations(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    seen: list[Row] = []
    moved: list[Row] = []
    any_: list[Row] = []
    for row in rows:
        tie, at, fact, known_from, recorded_at, known_until, hidden_at, ended, amount, share, loan = row
        if known_until is not None or hidden_at is not None or recorded_at is not None or ended or share is not None or loan is not None:
            any_.append(row)
        elif amount is None:
            seen.append((tie, at, fact, known_from))
        else:
            moved.append((tie, at, fact, known_from, amount))
    for sql, some in ((_SEEN, seen), (_MOVED, moved), (OBSERVATION, any_)):
        if some:
            connection.executemany(sql, some)
