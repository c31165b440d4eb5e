"""The rows of the embedded store, and how a connection to them is opened.

Facts are the truth (`fact`); all other rows are derived from them and can be built again. Two kinds of derived row:

- *exact* rows carry when they hold in both clocks: in recorded time from `known_from` until before `known_until` (NULL: for
  ever), in the world from `occurred_at` or `visible_at` until before `hidden_at` (NULL: for ever);
- *cached* rows (`node`, `tie`, `description`) are the fold of everything, with `changed_at` (greatest recorded time) and `latest_at`
  (greatest time in the world) of anything that touched them: exact for each moment not before these two.

An entity's number is `sequence << 4 | kind`, so that its kind is known without looking. Every row is reached through an
institution: entity ids and fact ids are keyed by it, and what is found by id is compared with it.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

VERSION: Final = 1
"""Of these rows, kept in the file."""

WAITING_SECONDS: Final = 5.0
"""Longest to wait for another process that writes."""

_TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;

CREATE TABLE institution (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, check_value BLOB NOT NULL);

CREATE TABLE source (number INTEGER PRIMARY KEY, institution INTEGER NOT NULL, name TEXT NOT NULL, UNIQUE (institution, name));

-- Who or what: never changes once made. `value` is the identifier's ciphertext, `key` the institution's own key.
CREATE TABLE entity (
    number INTEGER PRIMARY KEY, institution INTEGER NOT NULL, id TEXT NOT NULL UNIQUE,
    key TEXT, label TEXT NOT NULL, token BLOB, token_version INTEGER, value BLOB, subject_key BLOB
);

-- Cached: how an entity stands in the graph. `facts` counts the facts that name it and stand.
CREATE TABLE node (
    entity INTEGER PRIMARY KEY, facts INTEGER NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
    latest_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, reach INTEGER NOT NULL, degrees BLOB NOT NULL
);

-- Cached: what is said of an entity. No row: nothing was said.
CREATE TABLE description (
    entity INTEGER PRIMARY KEY, label TEXT, blocked INTEGER NOT NULL, standing TEXT NOT NULL, fields BLOB NOT NULL
);

CREATE TABLE fact (
    number INTEGER PRIMARY KEY, institution INTEGER NOT NULL, id TEXT NOT NULL UNIQUE, source INTEGER NOT NULL, source_id TEXT NOT NULL,
    kind INTEGER NOT NULL, occurred_at INTEGER NOT NULL, recorded_at INTEGER NOT NULL, withdrawn_at INTEGER,
    hash BLOB NOT NULL, content TEXT NOT NULL
);

-- Withdrawals by the id of the fact withdrawn, which may come later; the earliest recorded one counts.
CREATE TABLE withdrawal (fact_id TEXT PRIMARY KEY, recorded_at INTEGER NOT NULL) WITHOUT ROWID;

-- Facts that must be looked at together: `space` says why (see `recording`), `key` what they share.
CREATE TABLE claim (
    institution INTEGER NOT NULL, space INTEGER NOT NULL, key TEXT NOT NULL, fact INTEGER NOT NULL,
    PRIMARY KEY (institution, space, key, fact)
) WITHOUT ROWID;

-- Which facts name an entity themselves. The first report of a transfer has its `movement` rows instead.
CREATE TABLE mention (
    entity INTEGER NOT NULL, occurred_at INTEGER NOT NULL, recorded_at INTEGER NOT NULL, fact INTEGER NOT NULL,
    PRIMARY KEY (entity, occurred_at, recorded_at, fact)
) WITHOUT ROWID;

-- Exact: a transfer that stands, seen from either account.
CREATE TABLE movement (
    account INTEGER NOT NULL, incoming INTEGER NOT NULL, occurred_at INTEGER NOT NULL, recorded_at INTEGER NOT NULL,
    fact INTEGER NOT NULL, known_from INTEGER NOT NULL, known_until INTEGER, hidden_at INTEGER,
    other INTEGER NOT NULL, amount INTEGER NOT NULL, kind INTEGER NOT NULL,
    PRIMARY KEY (account, incoming, occurred_at, recorded_at, fact, known_from)
) WITHOUT ROWID;

-- Exact: one fact's saying that a tie was seen (ended 0) or has ended (1). `recorded_at` NULL: as `known_from`.
CREATE TABLE observation (
    tie INTEGER NOT NULL, occurred_at INTEGER NOT NULL, fact INTEGER NOT NULL, known_from INTEGER NOT NULL,
    recorded_at INTEGER, known_until INTEGER, hidden_at INTEGER, ended INTEGER NOT NULL,
    amount INTEGER, share REAL, loan INTEGER,
    PRIMARY KEY (tie, occurred_at, fact, known_from)
) WITHOUT ROWID;
CREATE INDEX observation_loan ON observation (loan) WHERE loan IS NOT NULL;

-- Exact: what one fact says of an entity, alone or together with another (`part`).
CREATE TABLE statement (
    entity INTEGER NOT NULL, fact INTEGER NOT NULL, part INTEGER NOT NULL, known_from INTEGER NOT NULL, known_until INTEGER,
    occurred_at INTEGER NOT NULL, rank TEXT NOT NULL, visible_at INTEGER NOT NULL, what INTEGER NOT NULL, value BLOB NOT NULL, loan INTEGER,
    PRIMARY KEY (entity, fact, part, known_from)
) WITHOUT ROWID;
CREATE INDEX statement_loan ON statement (loan) WHERE loan IS NOT NULL;

-- Cached: what all facts say of two entities. `count` 0: nothing that stands. `simple`: all its rows are plain observations.
CREATE TABLE tie (
    number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, from_ INTEGER NOT NULL, to_ INTEGER NOT NULL,
    first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, recorded_at INTEGER NOT NULL, ended_at INTEGER, count INTEGER NOT NULL,
    total INTEGER, share REAL, latest_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, simple INTEGER NOT NULL
);
CREATE UNIQUE INDEX tie_pair ON tie (from_, to_, kind);
CREATE INDEX tie_from ON tie (from_, kind, last_at, recorded_at, latest_at, changed_at);
CREATE INDEX tie_to ON tie (to_, kind, last_at, recorded_at, latest_at, changed_at);
"""


def open_writer(path: Path, *, cache_kib: int = 65_536, waiting: float = WAITING_SECONDS) -> sqlite3.Connection:
    """Open the file for writing, making it and its tables when they are not there; each commit is on the disk when it returns.

    Raises `sqlite3.Error` when the file is locked for long, no database, or of a newer version.
    """
    connection = sqlite3.connect(path, timeout=waiting, isolation_level=None, check_same_thread=False, cached_statements=512)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = {-cache_kib:d}")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA wal_autocheckpoint = 16000")
        connection.execute("PRAGMA journal_size_limit = 67108864")
        _create(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path, *, cache_kib: int = 16_384) -> sqlite3.Connection:
    """Open the file for reading alone; it must be there. Raises `sqlite3.Error`."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=WAITING_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
    )
    connection.execute("PRAGMA query_only = ON")
    connection.execute(f"PRAGMA cache_size = {-cache_kib:d}")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def _create(connection: sqlite3.Connection) -> None:
    """Make the tables once, whichever process comes first."""
    if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
        connection.execute("BEGIN IMMEDIATE")
        try:
            if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
                for statement in _TABLES.split(";\n"):
                    if statement.strip():
                        connection.execute(statement)
                connection.execute("INSERT INTO meta VALUES ('recorded_at', 0)")
                connection.execute(f"PRAGMA user_version = {VERSION:d}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != VERSION:
        raise sqlite3.DatabaseError(
            f"the graph's file has version {version}, this program reads version {VERSION}: use the program that wrote it"
        )
