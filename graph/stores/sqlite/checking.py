"""Whether the derived rows of a file are those that its facts make: all are built again in a copy, and compared.

The file itself is only read, from one snapshot, so that servers go on meanwhile. Two copies are made beside it and removed again.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from graph.errors import RingfenceError
from graph.sealing import Sealers
from graph.stores.shared.tables import Row
from graph.stores.sqlite.failing import unavailable
from graph.stores.sqlite.rebuilding import Tell, rebuild
from graph.stores.sqlite.tables import open_reader, open_writer

EXAMPLES: Final = 3
"""Rows of each difference that are named."""

COPIES: Final = 3
"""Times the file's size that must be free: two copies, and the log of building one again."""

_ID: Final = "(SELECT id FROM {s}.entity WHERE number = %s)"
_TIE: Final = f"t.kind, {_ID % 't.from_'}, {_ID % 't.to_'}"

COMPARED: Final = {
    "withdrawal": "fact_id, recorded_at FROM {s}.withdrawal",
    "claim": "space, key, fact FROM {s}.claim",
    "mention": f"{_ID % 'entity'}, occurred_at, recorded_at, fact FROM {{s}}.mention",
    "movement": (
        f"{_ID % 'account'}, incoming, {_ID % 'other'}, occurred_at, recorded_at, fact, known_from, known_until, hidden_at, amount, kind "
        "FROM {s}.movement"
    ),
    "observation": (
        f"{_TIE}, o.occurred_at, o.fact, o.known_from, coalesce(o.recorded_at, o.known_from), o.known_until, o.hidden_at, o.ended, "
        "o.amount, o.share, o.loan FROM {s}.observation o JOIN {s}.tie t ON t.number = o.tie"
    ),
    "statement": (
        f"{_ID % 'entity'}, fact, part, known_from, known_until, occurred_at, rank, visible_at, what, value, loan FROM {{s}}.statement"
    ),
    "node": f"{_ID % 'entity'}, facts, first_at, last_at, reach, degrees FROM {{s}}.node",
    "description": f"{_ID % 'entity'}, label, blocked, standing, fields FROM {{s}}.description",
    "tie": f"{_TIE}, first_at, last_at, recorded_at, ended_at, count, total, share FROM {{s}}.tie t WHERE count > 0",
}
"""What must be equal, by table, with entities by their ids, since numbers of ties may differ."""

NEVER_EARLIER: Final = {
    "node": f"SELECT {_ID % 'n.entity'} FROM {{s}}.node n JOIN kept.node k ON k.entity = n.entity "
    "WHERE k.latest_at < n.latest_at OR k.changed_at < n.changed_at",
    "tie": f"SELECT {_TIE} FROM {{s}}.tie t JOIN kept.tie k ON k.from_ = t.from_ AND k.to_ = t.to_ AND k.kind = t.kind "
    "WHERE t.count > 0 AND (k.latest_at < t.latest_at OR k.changed_at < t.changed_at)",
}
"""Cached rows that would be taken for exact at moments for which they are not: these two may be later than needed, and never earlier."""


_OF_INSTITUTION: Final = {"fact": 1, "entity": 1, "claim": 0}
"""Tables with an institution's number, and its place in their rows."""


class NoRoom(RingfenceError):
    """The disk cannot hold the copies that checking makes."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows of one table that are not what the facts make."""

    table: str
    missing: int
    """That the facts make and the file lacks."""
    surplus: int
    """That the file has and the facts do not make."""
    stale: int
    """That say to be exact too early."""
    examples: tuple[str, ...]
    """The first columns of some of them: ids, no personal values."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found."""

    facts: int
    rows: int
    """Derived rows that were compared."""
    differences: tuple[Difference, ...]


def check_file(path: Path, sealers: Sealers, tell: Tell = lambda _done, _all: None) -> Checked:
    """Compare all derived rows of a file with what its facts make.

    Raises `GraphUnavailable` when the file cannot be read or a copy not be written, and `NoRoom`.
    """
    try:
        needed, free = COPIES * path.stat().st_size, shutil.disk_usage(path.parent).free
        if free < needed:
            sizes = f"{needed / 2**20:,.0f} MiB are needed and {free / 2**20:,.0f} MiB are free"
            raise NoRoom(f"There is no room beside {path} for the copies that checking it needs: {sizes}.")
        with tempfile.TemporaryDirectory(prefix="check-", dir=path.parent) as folder:
            kept, again = Path(folder) / "kept.db", Path(folder) / "again.db"
            with contextlib.closing(open_reader(path)) as reader:
                _copy(reader, kept)
            shutil.copyfile(kept, again)
            again.chmod(0o600)
            with _fast(again) as connection:
                facts = rebuild(connection, sealers, tell)
                connection.execute("ATTACH ? AS kept", (str(kept),))
                return _compare(connection, facts)
    except (sqlite3.Error, OSError) as error:
        raise unavailable(error, path) from error


def check_rows(
    folder: Path, institution: str, check: bytes, rows: Iterable[tuple[str, list[Row]]], sealers: Sealers, tell: Tell = lambda _d, _a: None
) -> Checked:
    """Compare the rows of one institution, from wherever they are kept, with what its facts make.

    `rows` come with the name of the table that they belong in; of `fact` each ends with its source's name. Files are made in the folder
    and removed again. Raises `GraphUnavailable` when one cannot be written.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="check-", dir=folder) as place:
            kept, again = Path(place) / "kept.db", Path(place) / "again.db"
            with _fast(kept) as connection:
                _lay(connection, institution, check, rows)
                connection.execute("PRAGMA journal_mode = DELETE")
            shutil.copyfile(kept, again)
            with _fast(again) as connection:
                facts = rebuild(connection, sealers, tell)
                connection.execute("ATTACH ? AS kept", (str(kept),))
                return _compare(connection, facts)
    except (sqlite3.Error, OSError) as error:
        raise unavailable(error, folder) from error


def _lay(connection: sqlite3.Connection, institution: str, check: bytes, rows: Iterable[tuple[str, list[Row]]]) -> None:
    """Write rows as they are into an empty file."""
    connection.execute("INSERT INTO institution VALUES (1, ?, ?)", (institution, check))
    sources: dict[str, int] = {}
    for table, some in rows:
        if not some:
            continue
        connection.execute("BEGIN")
        laid: list[Row] = some
        if table == "fact":
            for row in some:
                if row[-1] not in sources:
                    sources[row[-1]] = len(sources) + 1
                    connection.execute("INSERT INTO source VALUES (?, 1, ?)", (sources[row[-1]], row[-1]))
            laid = [(*row[:2], sources[row[-1]], *row[2:-1]) for row in some]
        if table in _OF_INSTITUTION:
            place = _OF_INSTITUTION[table]
            laid = [(*row[:place], 1, *row[place:]) for row in laid]
        connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(laid[0]))})", laid)
        connection.execute("COMMIT")


def _copy(reader: sqlite3.Connection, into: Path) -> None:
    """One snapshot of a file as a file of its own, for its owner alone."""
    os.close(os.open(into, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with contextlib.closing(sqlite3.connect(into)) as copy:
        reader.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")


@contextlib.contextmanager
def _fast(path: Path) -> Iterator[sqlite3.Connection]:
    """A copy open for writing, which need not survive anything."""
    connection = open_writer(path)
    try:
        connection.execute("PRAGMA synchronous = OFF")
        yield connection
    finally:
        connection.close()


def _compare(connection: sqlite3.Connection, facts: int) -> Checked:
    differences, rows = [], 0
    for table, columns in COMPARED.items():
        made, kept = (f"SELECT {columns.format(s=schema)}" for schema in ("main", "kept"))
        rows += _count(connection, kept)
        missing, surplus = f"{made} EXCEPT {kept}", f"{kept} EXCEPT {made}"
        stale = NEVER_EARLIER[table].format(s="main") if table in NEVER_EARLIER else None
        queries = [query for query in (missing, surplus, stale) if query is not None]
        counts = [_count(connection, query) for query in queries]
        if any(counts):
            named = [row for query in queries for row in connection.execute(f"{query} LIMIT {EXAMPLES}")]
            examples = dict.fromkeys(" ".join(str(part) for part in row[:3]) for row in named)
            too_early = counts[2] if stale is not None else 0
            differences.append(Difference(table, counts[0], counts[1], too_early, tuple(examples)[:EXAMPLES]))
    return Checked(facts, rows, tuple(differences))


def _count(connection: sqlite3.Connection, query: str) -> int:
    found: int = connection.execute(f"SELECT count(*) FROM ({query})").fetchone()[0]
    return found
