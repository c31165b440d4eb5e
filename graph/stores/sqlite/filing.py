"""The rows of the embedded store as recording reads and writes them: `graph.stores.shared.tables.Tables` over one connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from graph.ids import TIE_NUMBERS
from graph.model import Instant, TieKind
from graph.stores.shared.encoding import Kept, read_kept
from graph.stores.shared.folding import Description
from graph.stores.shared.rows import EVERYTHING, TieRow
from graph.stores.shared.tables import PlainRows, Row, TieHead
from graph.stores.sqlite.folding import FACT_COLUMNS, FACT_TABLES, chunks, fold_descriptions, fold_ties, marks
from graph.stores.sqlite.inserting import MOVEMENT, OBSERVATION, STATEMENT, change_ties, enter_ties, insert, put_nodes
from graph.stores.sqlite.settling import named_between

ENTER_WITHDRAWAL: Final = """INSERT INTO withdrawal VALUES (?, ?)
ON CONFLICT (fact_id) DO UPDATE SET recorded_at = min(recorded_at, excluded.recorded_at)"""
"""The earliest withdrawal of a fact counts."""

_OWNS: Final = TIE_NUMBERS[TieKind.OWNS]
_FEW: Final = (1, 16, 32)
"""Widths of statements for few values; more take 1,024 at a time."""


def greatest(connection: sqlite3.Connection, table: str) -> int:
    """The last number given so far in a table; of entities their sequence."""
    number: int = connection.execute(f"SELECT max(number) FROM {table}").fetchone()[0] or 0
    return number >> 4 if table == "entity" else number


class SqliteTables:
    """The rows of one institution within the writer's transaction.

    `revision` is what nodes that are written carry, so that readers who remember them read them again: greater than any before.
    """

    def __init__(self, connection: sqlite3.Connection, institution: int, source: str, revision: Instant) -> None:
        self._revision = revision
        self._connection = connection
        self._institution = institution
        self._source = source
        self._number: int | None = None

    def know_ties(self, heads: Callable[[int], TieHead]) -> None:
        """See `Tables.know_ties`: rows hold a tie's number alone."""

    def facts(self, ids: Sequence[str]) -> Iterator[Row]:
        """See `Tables.facts`."""
        for some in _padded(ids):
            sql = f"SELECT id, number, kind, occurred_at, recorded_at, withdrawn_at, hash FROM fact WHERE id IN ({marks(some)})"
            yield from self._connection.execute(sql, some)

    def kept(self, numbers: Collection[int]) -> list[Kept]:
        """See `Tables.kept`."""
        found: list[Kept] = []
        for chunk in chunks(numbers):
            sql = f"SELECT {FACT_COLUMNS} FROM {FACT_TABLES} WHERE f.number IN ({marks(chunk)})"
            found += [read_kept(row) for row in self._connection.execute(sql, chunk)]
        return found

    def withdrawals(self, ids: Sequence[str]) -> dict[str, Instant]:
        """See `Tables.withdrawals`."""
        found: dict[str, Instant] = {}
        if self._connection.execute("SELECT EXISTS (SELECT 1 FROM withdrawal)").fetchone()[0]:
            for some in _padded(ids):
                found |= dict(self._connection.execute(f"SELECT * FROM withdrawal WHERE fact_id IN ({marks(some)})", some))
        return found

    def withdraw(self, withdrawals: Mapping[str, Instant]) -> None:
        """See `Tables.withdraw`."""
        self._connection.executemany(ENTER_WITHDRAWAL, withdrawals.items())

    def users(self, space: int, keys: Sequence[str]) -> Iterator[Row]:
        """See `Tables.users`."""
        for some in _padded(keys):
            yield from self._connection.execute(
                f"""SELECT c.key, f.number, f.kind, f.occurred_at, f.recorded_at, f.withdrawn_at, f.hash, f.content
                FROM claim c CROSS JOIN fact f ON f.number = c.fact
                WHERE c.institution = ? AND c.space = ? AND c.key IN ({marks(some)}) ORDER BY c.fact""",
                [self._institution, space, *some],
            )

    def identities(self, ids: Sequence[str]) -> Iterator[Row]:
        """See `Tables.identities`."""
        for some in _padded(ids):
            sql = f"SELECT id, number, subject_key FROM entity WHERE id IN ({marks(some)}) AND institution = {self._institution:d}"
            yield from self._connection.execute(sql, some)

    def identity(self, number: int) -> tuple[str, bytes | None]:
        """See `Tables.identity`."""
        row: tuple[str, bytes | None] = self._connection.execute(
            "SELECT id, subject_key FROM entity WHERE number = ?", (number,)
        ).fetchone()
        return row

    def nodes(self, numbers: Sequence[int]) -> Iterator[Row]:
        """See `Tables.nodes`."""
        for chunk in chunks(numbers, 1024):
            yield from self._connection.execute(
                f"""SELECT entity, facts, first_at, last_at, latest_at, changed_at, reach, degrees
                FROM node WHERE entity IN ({marks(chunk)})""",
                chunk,
            )

    def ties(self, pairs: Sequence[tuple[int, int]]) -> Iterator[Row]:
        """See `Tables.ties`."""
        for start in range(0, len(pairs), 256):
            some = list(pairs[start : start + 256])
            width = 1 if len(some) == 1 else 16 if len(some) <= 16 else 256
            some += some[-1:] * (width - len(some))
            yield from self._connection.execute(
                f"""WITH pair (a, b) AS (VALUES {",".join(["(?,?)"] * width)})
                SELECT t.number, t.kind, t.from_, t.to_, t.first_at, t.last_at, t.recorded_at, t.ended_at, t.count, t.total, t.share,
                t.latest_at, t.changed_at, t.simple FROM pair p CROSS JOIN tie t INDEXED BY tie_pair ON t.from_ = p.a AND t.to_ = p.b""",
                [number for pair in some for number in pair],
            )

    def tie(self, number: int) -> tuple[int, int, int]:
        """See `Tables.tie`."""
        row: tuple[int, int, int] = self._connection.execute("SELECT kind, from_, to_ FROM tie WHERE number = ?", (number,)).fetchone()
        return row

    def enter_entities(self, rows: Sequence[Row]) -> None:
        """See `Tables.enter_entities`."""
        self._connection.executemany(f"INSERT INTO entity VALUES (?, {self._institution:d}, ?, ?, ?, ?, ?, ?, ?)", rows)

    def put_nodes(self, rows: Sequence[Row]) -> None:
        """See `Tables.put_nodes`."""
        put_nodes(self._connection, self._revision, rows)

    def enter_ties(self, rows: Sequence[Row]) -> None:
        """See `Tables.enter_ties`."""
        enter_ties(self._connection, rows)

    def change_ties(self, rows: Sequence[Row]) -> None:
        """See `Tables.change_ties`."""
        change_ties(self._connection, rows)

    def insert(self, rows: PlainRows) -> None:
        """See `Tables.insert`."""
        insert(self._connection, self._institution, self._source_number() if rows.facts else 0, rows)

    def end_fact(self, number: int, until: Instant) -> None:
        """See `Tables.end_fact`."""
        self._connection.execute("UPDATE fact SET withdrawn_at = ? WHERE number = ?", (until, number))

    def end_observation(self, tie: int, at: Instant, fact: int, until: Instant) -> None:
        """See `Tables.end_observation`."""
        sql = "UPDATE observation SET known_until = ? WHERE tie = ? AND occurred_at = ? AND fact = ?"
        self._connection.execute(sql, (until, tie, at, fact))

    def end_statement(self, entity: int, fact: int, until: Instant) -> None:
        """See `Tables.end_statement`."""
        self._connection.execute("UPDATE statement SET known_until = ? WHERE entity = ? AND fact = ? AND part = 0", (until, entity, fact))

    def replace_report(
        self, tie: int, ends: Sequence[int], at: Instant, fact: int, observations: Sequence[Row], movements: Sequence[Row]
    ) -> None:
        """See `Tables.replace_report`."""
        run, many = self._connection.execute, self._connection.executemany
        run("DELETE FROM observation WHERE tie = ? AND occurred_at = ? AND fact = ?", (tie, at, fact))
        for account in ends:
            run("DELETE FROM movement WHERE account = ? AND incoming IN (0, 1) AND occurred_at = ? AND fact = ?", (account, at, fact))
        many(OBSERVATION, observations)
        many(MOVEMENT, movements)

    def forget_loan(self, loan: int) -> tuple[set[int], set[int]]:
        """See `Tables.forget_loan`."""
        run = self._connection.execute
        ties = {row[0] for row in run("DELETE FROM observation WHERE loan = ? RETURNING tie", (loan,)).fetchall()}
        return ties, {row[0] for row in run("DELETE FROM statement WHERE loan = ? RETURNING entity", (loan,)).fetchall()}

    def owned(self, merchant: int, until: Instant) -> list[Row]:
        """See `Tables.owned`."""
        return self._connection.execute(
            """SELECT t.from_, o.occurred_at, o.known_from, o.known_until, o.ended, o.share, s.name, f.source_id
            FROM tie t CROSS JOIN observation o ON o.tie = t.number
            CROSS JOIN fact f ON f.number = o.fact CROSS JOIN source s ON s.number = f.source
            WHERE t.to_ = ? AND t.kind = ? AND o.occurred_at <= ?""",
            (merchant, _OWNS, until),
        ).fetchall()

    def enter_observations(self, rows: Sequence[Row]) -> None:
        """See `Tables.enter_observations`."""
        self._connection.executemany(OBSERVATION, rows)

    def enter_statements(self, rows: Sequence[Row]) -> None:
        """See `Tables.enter_statements`."""
        self._connection.executemany(STATEMENT, rows)

    def fold_ties(self, heads: Sequence[TieHead]) -> dict[int, TieRow | None]:
        """See `Tables.fold_ties`."""
        return fold_ties(self._connection, heads, EVERYTHING)

    def fold_descriptions(self, entities: Sequence[int]) -> dict[int, Description]:
        """See `Tables.fold_descriptions`."""
        return fold_descriptions(self._connection, entities, EVERYTHING)

    def named(self, number: int) -> tuple[Instant, Instant] | None:
        """See `Tables.named`."""
        return named_between(self._connection, number, EVERYTHING)

    def describe(self, rows: Sequence[Row], unsaid: Sequence[int]) -> None:
        """See `Tables.describe`."""
        self._connection.executemany("INSERT OR REPLACE INTO description VALUES (?, ?, ?, ?, ?)", rows)
        if unsaid:
            self._connection.executemany("DELETE FROM description WHERE entity = ?", ((entity,) for entity in unsaid))

    def _source_number(self) -> int:
        """Number of the call's source."""
        if self._number is None:
            row = (self._institution, self._source)
            self._connection.execute("INSERT INTO source (institution, name) VALUES (?, ?) ON CONFLICT DO NOTHING", row)
            found = self._connection.execute("SELECT number FROM source WHERE institution = ? AND name = ?", row).fetchone()
            self._number = int(found[0])
        return self._number


def _padded(values: Iterable[str]) -> Iterator[list[str]]:
    """The values in lists of a few widths (the last value repeated), so that few statements are ever prepared."""
    all_ = list(values)
    for start in range(0, len(all_), 1024):
        some = all_[start : start + 1024]
        width = next((width for width in _FEW if len(some) <= width), 1024)
        yield some + some[-1:] * (width - len(some))
