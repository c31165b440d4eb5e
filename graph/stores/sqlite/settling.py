"""An entity's place in the graph at a moment for which its cached row is not exact."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from graph.model import Instant, Moment
from graph.stores.sqlite.folding import TieHead, chunks, fold_ties, marks
from graph.stores.sqlite.rows import Node, TieRow, stream

_Cached = tuple[int, int, int, int, int, int | None]


def settle(connection: sqlite3.Connection, nodes: Iterable[Node], moment: Moment) -> None:
    """Settle all of these (see above)."""
    for node in nodes:
        _settle(connection, node, moment)


def _settle(connection: sqlite3.Connection, node: Node, moment: Moment) -> None:
    """Fold what was touched after the moment: ties that are not exact, and by them degrees, reach, first and last mention."""
    cached = _touched(connection, node.number, moment)
    node.folded = fold_ties(connection, [TieHead(*row[:4]) for row in cached], moment)
    changed: set[int] = set()
    for number, kind, from_, to, count, ended_at in cached:
        if from_ == to:
            continue
        held, tie = count > 0 and ended_at is None, node.folded[number]
        holds = tie is not None and tie.holds
        if held != holds:
            incoming = to == node.number
            other = from_ if incoming else to
            code = stream(kind, incoming, other)
            node.degrees[code] = node.degrees.get(code, 0) + holds - held
            changed.add(other)
    node.degrees = {code: count for code, count in node.degrees.items() if count}
    node.reach += _reach_change(connection, node, changed)
    named = named_between(connection, node.number, moment)
    node.exists = named is not None
    if named is not None:
        node.first_at, node.last_at = named


def _touched(connection: sqlite3.Connection, number: int, moment: Moment) -> list[_Cached]:
    """The entity's ties whose cached rows are not exact, read from the index alone where they are."""
    found: dict[int, _Cached] = {}
    for end, index in (("from_", "tie_from"), ("to_", "tie_to")):
        inexact = [
            row[0]
            for row in connection.execute(
                f"SELECT number FROM tie INDEXED BY {index} WHERE {end} = ? AND (latest_at > ? OR changed_at > ?)",
                (number, moment.at, moment.known_at),
            )
        ]
        for chunk in chunks(inexact):
            sql = f"SELECT number, kind, from_, to_, count, ended_at FROM tie WHERE number IN ({marks(chunk)})"
            found |= {row[0]: row for row in connection.execute(sql, chunk)}
    return list(found.values())


def _reach_change(connection: sqlite3.Connection, node: Node, others: set[int]) -> int:
    """How many more of these entities the node is tied to at the moment than the cache says."""
    assert node.folded is not None
    change = 0
    for chunk in chunks(others):
        held: set[int] = set()
        holds: set[int] = set()
        for mine, theirs in (("from_", "to_"), ("to_", "from_")):
            for number, other, count, ended_at in connection.execute(
                f"SELECT number, {theirs}, count, ended_at FROM tie WHERE {mine} = ? AND {theirs} IN ({marks(chunk)})",
                [node.number, *chunk],
            ):
                was = count > 0 and ended_at is None
                tie: TieRow | None = node.folded.get(number)
                is_ = (tie is not None and tie.holds) if number in node.folded else was
                held |= {other} if was else set()
                holds |= {other} if is_ else set()
        change += len(holds) - len(held)
    return change


def named_between(connection: sqlite3.Connection, number: int, moment: Moment) -> tuple[Instant, Instant] | None:
    """First and last moment at which a standing fact names the entity; None when none does."""
    found: list[Instant] = []
    for direction in ("", " DESC"):
        row = connection.execute(
            f"""SELECT m.occurred_at FROM mention m CROSS JOIN fact f ON f.number = m.fact
            WHERE m.entity = ? AND m.occurred_at <= ? AND m.recorded_at <= ? AND (f.withdrawn_at IS NULL OR f.withdrawn_at > ?)
            ORDER BY m.occurred_at{direction} LIMIT 1""",
            (number, moment.at, moment.known_at, moment.known_at),
        ).fetchone()
        found += [] if row is None else [row[0]]
        for incoming in (False, True):
            row = connection.execute(
                f"""SELECT occurred_at FROM movement WHERE account = ? AND incoming = ? AND occurred_at <= ?
                AND known_from <= ? AND (known_until IS NULL OR known_until > ?) ORDER BY occurred_at{direction} LIMIT 1""",
                (number, incoming, moment.at, moment.known_at, moment.known_at),
            ).fetchone()
            found += [] if row is None else [row[0]]
    return (min(found), max(found)) if found else None
