"""Lists of ties and facts, in SQL."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Collection, Iterator
from typing import Final

from graph.ids import ENTITY_NUMBERS, TIE_KINDS, TIE_NUMBERS, tie_id
from graph.model import EntityKind, HeldTie, Moment, Standing, TieKind
from graph.store import HeldTies, Wanted
from graph.stores.shared.encoding import Kept, read_kept
from graph.stores.shared.rows import TieRow, tie_kind
from graph.stores.shared.snapshot import Position
from graph.stores.sqlite.folding import FACT_COLUMNS, FACT_TABLES, TIE_COLUMNS

_APPLIED_FOR: Final = TIE_NUMBERS[TieKind.APPLIED_FOR]
_BEYOND: Final[Position] = (2**63 - 1, 0, "")


def listed_ties(
    connection: sqlite3.Connection, moment: Moment, entity: tuple[int, str], kinds: Collection[int], start: Position, most: int
) -> list[tuple[Position, TieRow]]:
    """See `Snapshot.listed_ties`: of each kind and direction the first so many."""
    found: list[tuple[Position, TieRow]] = []
    for kind, incoming in itertools.product(kinds, (False, True)):
        found += itertools.islice(_stream(connection, moment, entity, kind, incoming, start), most)
    return found


def applications(connection: sqlite3.Connection, moment: Moment, merchant: int, most: int) -> list[TieRow]:
    """See `Snapshot.applications`."""
    ties = _stream(connection, moment, (merchant, "mer_" + "a" * 24), _APPLIED_FOR, False, _BEYOND)
    return [row for _, row in itertools.islice(ties, most)]


def _stream(
    connection: sqlite3.Connection, moment: Moment, entity: tuple[int, str], kind: int, incoming: bool, start: Position
) -> Iterator[tuple[Position, TieRow]]:
    """Ties of one kind and direction whose cached rows are exact, from the place on; ties with itself come as outgoing ones."""
    number, mine = entity
    end, index, other = ("to_", "tie_to", "from_") if incoming else ("from_", "tie_from", "to_")
    loops = " AND t.from_ <> t.to_" if incoming else ""
    for row in connection.execute(
        f"""SELECT {TIE_COLUMNS}, e.id FROM tie t INDEXED BY {index} CROSS JOIN entity e ON e.number = t.{other}
        WHERE t.{end} = ? AND t.kind = ? AND t.last_at <= ? AND t.latest_at <= ? AND t.changed_at <= ? AND t.count > 0{loops}
        ORDER BY t.last_at DESC, t.recorded_at DESC, e.id DESC""",
        (number, kind, start[0], moment.at, moment.known_at),
    ):
        tie = TieRow(*row[:-1])
        ends = (row[-1], mine) if incoming else (mine, row[-1])
        place = (tie.last_at, tie.recorded_at, tie_id(tie_kind(tie), *ends))
        if place < start:
            yield place, tie


def listed_facts(connection: sqlite3.Connection, moment: Moment, number: int, start: Position, most: int) -> list[tuple[Position, Kept]]:
    """See `Snapshot.listed_facts`: those that mention it, and transfers out and in."""
    found: list[tuple[Position, Kept]] = []
    stands = "f.recorded_at <= ? AND (f.withdrawn_at IS NULL OR f.withdrawn_at > ?)"
    for table, where in (
        ("mention", "m.entity = ?"),
        ("movement", "m.account = ? AND m.incoming = 0 AND m.known_from <= ?2 AND (m.known_until IS NULL OR m.known_until > ?2)"),
        ("movement", "m.account = ? AND m.incoming = 1 AND m.known_from <= ?2 AND (m.known_until IS NULL OR m.known_until > ?2)"),
    ):
        rows = connection.execute(
            f"""SELECT {FACT_COLUMNS} FROM {table} m CROSS JOIN {FACT_TABLES.replace("CROSS", "ON f.number = m.fact CROSS", 1)}
            WHERE {where.replace("= ?", "= ?1", 1)} AND m.occurred_at <= ?3 AND {stands.replace("?", "?2")}
            ORDER BY m.occurred_at DESC, f.recorded_at DESC, f.id DESC""",
            (number, moment.known_at, min(moment.at, start[0])),
        )
        later = ((place, kept) for kept in map(read_kept, rows) if (place := (kept.occurred_at, kept.recorded_at, kept.id)) < start)
        found += itertools.islice(later, most)
    return found


def find_fact(connection: sqlite3.Connection, moment: Moment, institution: int, id_: str) -> Kept | None:
    """See `Snapshot.fact`."""
    sql = f"SELECT {FACT_COLUMNS} FROM {FACT_TABLES} WHERE f.id = ? AND f.institution = ? AND f.recorded_at <= ?"
    row = connection.execute(sql, (id_, institution, moment.known_at)).fetchone()
    return None if row is None else read_kept(row)


def kept_after(connection: sqlite3.Connection, institution: int, after: int, first: int) -> list[Kept]:
    """See `Keeper.kept_after`."""
    sql = f"SELECT {FACT_COLUMNS} FROM {FACT_TABLES} WHERE f.institution = ? AND f.number > ? ORDER BY f.number LIMIT ?"
    return [read_kept(row) for row in connection.execute(sql, (institution, after, first))]


def naming(connection: sqlite3.Connection, number: int) -> Iterator[Kept]:
    """See `Keeper.naming`."""
    sql = (
        f"SELECT {FACT_COLUMNS} FROM mention m CROSS JOIN {FACT_TABLES.replace('CROSS', 'ON f.number = m.fact CROSS', 1)} "
        "WHERE m.entity = ? ORDER BY m.occurred_at, m.recorded_at, m.fact"
    )
    return map(read_kept, connection.execute(sql, (number,)))


def held_ties(connection: sqlite3.Connection, institution: int, kinds: Collection[TieKind], after: int, first: int) -> HeldTies:
    """See `BulkStore.held_ties`."""
    numbers = ",".join(str(TIE_NUMBERS[kind]) for kind in sorted(kinds))
    last = connection.execute(
        "SELECT count(*), max(number) FROM (SELECT number FROM entity WHERE institution = ? AND number > ? ORDER BY number LIMIT ?)",
        (institution, after, first),
    ).fetchone()
    if not last[0]:
        return HeldTies((), None)
    rows = connection.execute(
        f"""SELECT t.kind, a.id, b.id, t.first_at, t.recorded_at
        FROM entity a CROSS JOIN tie t INDEXED BY tie_pair ON t.from_ = a.number CROSS JOIN entity b ON b.number = t.to_
        WHERE a.number > ? AND a.number <= ? AND a.institution = ? AND t.kind IN ({numbers})
        AND t.count > 0 AND t.ended_at IS NULL AND t.from_ <> t.to_ ORDER BY t.from_, t.to_, t.kind""",
        (after, last[1], institution),
    )
    ties = tuple(HeldTie(TIE_KINDS[kind], from_, to, first_at, recorded_at) for kind, from_, to, first_at, recorded_at in rows)
    return HeldTies(ties, last[1] if last[0] == first else None)


def newest_seen(
    connection: sqlite3.Connection, institution: int, wanted: Wanted, below: tuple[int, int], most: int
) -> list[tuple[int, int]]:
    """See `graph.stores.shared.seeking.Newest`. One walk of the institution's entities: no index says when they were last seen."""
    kinds = EntityKind if wanted.kinds is None else wanted.kinds
    standings = Standing if wanted.standings is None else wanted.standings
    blocked = (0, 1) if wanted.blocked is None else (int(wanted.blocked),)
    numbers = ",".join(str(ENTITY_NUMBERS[kind]) for kind in sorted(kinds))
    words = ",".join(f"'{standing.value}'" for standing in sorted(standings))
    rows = connection.execute(
        f"""SELECT n.last_at, e.number FROM entity e CROSS JOIN node n ON n.entity = e.number LEFT JOIN description d ON d.entity = e.number
        WHERE e.institution = ? AND n.facts > 0 AND (e.number & 15) IN ({numbers}) AND n.last_at > ?
        AND coalesce(d.standing, 'CLEAR') IN ({words}) AND coalesce(d.blocked, 0) IN ({",".join(map(str, blocked))})
        AND (n.last_at, e.number) < (?, ?) ORDER BY n.last_at DESC, e.number DESC LIMIT ?""",
        (institution, -(2**63) if wanted.seen_after is None else wanted.seen_after, *below, most),
    )
    return [(int(at), int(number)) for at, number in rows]
