"""What settling reads: `graph.stores.shared.settling.Settling` in SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from graph.model import Instant, Moment
from graph.stores.shared.tables import Row
from graph.stores.sqlite.folding import CHUNK, chunks, marks


def touched(connection: sqlite3.Connection, numbers: Iterable[int], moment: Moment) -> list[Row]:
    """The entities' ties whose cached rows are not exact, read from the index alone where they are."""
    inexact: dict[int, None] = {}
    for chunk in chunks(numbers):
        for end, index in (("from_", "tie_from"), ("to_", "tie_to")):
            sql = f"SELECT number FROM tie INDEXED BY {index} WHERE {end} IN ({marks(chunk)}) AND (latest_at > ? OR changed_at > ?)"
            inexact |= dict.fromkeys(row[0] for row in connection.execute(sql, [*chunk, moment.at, moment.known_at]))
    found: dict[int, Row] = {}
    for chunk in chunks(inexact):
        sql = f"SELECT number, kind, from_, to_, count, ended_at FROM tie WHERE number IN ({marks(chunk)})"
        found |= {row[0]: row for row in connection.execute(sql, chunk)}
    return list(found.values())


def ties_of_pairs(connection: sqlite3.Connection, pairs: Sequence[tuple[int, int]]) -> Iterator[Row]:
    """All ties between the two of each pair, in either direction."""
    both = [*pairs, *((other, one) for one, other in pairs)]
    for start in range(0, len(both), CHUNK):
        some = both[start : start + CHUNK]
        width = 1
        while width < len(some):
            width *= 4
        some += [_NOBODY] * (width - len(some))
        # What must hold of the tie names the pair as well, or the planner may build a filter over all ties first.
        yield from connection.execute(
            f"""WITH pair (one, other) AS (VALUES {",".join(["(?,?)"] * width)})
            SELECT t.number, t.from_, t.to_, t.count, t.ended_at
            FROM pair CROSS JOIN tie t INDEXED BY tie_pair ON t.from_ = pair.one AND t.to_ = pair.other""",
            list(chain.from_iterable(some)),
        )


_NOBODY: Final = (-1, -1)
"""A pair without ties."""


def named_between(connection: sqlite3.Connection, number: int, moment: Moment) -> tuple[Instant, Instant] | None:
    """First and last moment at which a standing fact names the entity; None when none does."""
    return named(connection, [number], moment).get(number)


def named(connection: sqlite3.Connection, numbers: Iterable[int], moment: Moment) -> dict[int, tuple[Instant, Instant]]:
    """First and last moment at which a standing fact names each entity; those that no standing fact names are left out."""
    found: dict[int, tuple[Instant, Instant]] = {}
    for chunk in chunks(numbers):
        for number, *moments in connection.execute(_NAMED.format(",".join(["(?)"] * len(chunk))), [*chunk, *_standing(moment)]):
            told = [at for at in moments if at is not None]
            if told:
                found[number] = min(told), max(told)
    return found


def _standing(moment: Moment) -> tuple[Instant, ...]:
    """What the question marks of `_NAMED` stand for behind its entities: of mentions and movements, first and last."""
    return (moment.at, moment.known_at, moment.known_at) * 6


def _outermost(direction: str) -> str:
    mention = f"""(SELECT m.occurred_at FROM mention m CROSS JOIN fact f ON f.number = m.fact
        WHERE m.entity = asked.entity AND m.occurred_at <= ? AND m.recorded_at <= ? AND (f.withdrawn_at IS NULL OR f.withdrawn_at > ?)
        ORDER BY m.occurred_at {direction} LIMIT 1)"""
    moved = (
        f"""(SELECT o.occurred_at FROM movement o WHERE o.account = asked.entity AND o.incoming = {incoming} AND o.occurred_at <= ?
        AND o.known_from <= ? AND (o.known_until IS NULL OR o.known_until > ?) ORDER BY o.occurred_at {direction} LIMIT 1)"""
        for incoming in (0, 1)
    )
    return ", ".join([mention, *moved])


# The numbers are given and not looked up: an entity that is just being recorded has mentions before it has a node.
_NAMED: Final = f"WITH asked (entity) AS (VALUES {{}}) SELECT asked.entity, {_outermost('ASC')}, {_outermost('DESC')} FROM asked"
