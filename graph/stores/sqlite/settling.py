"""Entities' places in the graph at a moment for which their cached rows are not exact; many at once, in as few statements."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import Final

from graph.model import Instant, Moment
from graph.stores.shared.rows import Node, TieRow, stream
from graph.stores.shared.tables import TieHead
from graph.stores.sqlite.folding import CHUNK, chunks, fold_ties, marks

_Cached = tuple[int, int, int, int, int, int | None]


def settle(connection: sqlite3.Connection, nodes: Sequence[Node], moment: Moment) -> None:
    """Fold what was touched after the moment: ties that are not exact, and by them degrees, reach, first and last mention."""
    if not nodes:
        return
    by_number = {node.number: node for node in nodes}
    cached = _touched(connection, by_number, moment)
    folded = fold_ties(connection, [TieHead(*row[:4]) for row in cached], moment)
    changed: dict[int, set[int]] = {}
    for node in nodes:
        node.folded = {}
    for row in cached:
        number, _, from_, to, _, _ = row
        for end in {from_, to} & by_number.keys():
            by_number[end].folded[number] = folded[number]  # type: ignore[index]  # just made
            other = _recount(by_number[end], row, folded[number])
            if other is not None:
                changed.setdefault(end, set()).add(other)
    changes = _reach_changes(connection, changed, folded)
    named = _named(connection, by_number, moment)
    for number, node in by_number.items():
        node.degrees = {code: count for code, count in node.degrees.items() if count}
        node.reach += changes.get(number, 0)
        node.exists = number in named
        if node.exists:
            node.first_at, node.last_at = named[number]


def _recount(node: Node, cached: _Cached, tie: TieRow | None) -> int | None:
    """Count a tie of the node as it was at the moment; the other end when it holds then and not now, or the reverse."""
    _, kind, from_, to, count, ended_at = cached
    held, holds = count > 0 and ended_at is None, tie is not None and tie.holds
    if from_ == to or held == holds:
        return None
    incoming = to == node.number
    other = from_ if incoming else to
    code = stream(kind, incoming, other)
    node.degrees[code] = node.degrees.get(code, 0) + holds - held
    return other


def _touched(connection: sqlite3.Connection, numbers: Iterable[int], moment: Moment) -> list[_Cached]:
    """The entities' ties whose cached rows are not exact, read from the index alone where they are."""
    inexact: dict[int, None] = {}
    for chunk in chunks(numbers):
        for end, index in (("from_", "tie_from"), ("to_", "tie_to")):
            sql = f"SELECT number FROM tie INDEXED BY {index} WHERE {end} IN ({marks(chunk)}) AND (latest_at > ? OR changed_at > ?)"
            inexact |= dict.fromkeys(row[0] for row in connection.execute(sql, [*chunk, moment.at, moment.known_at]))
    found: dict[int, _Cached] = {}
    for chunk in chunks(inexact):
        sql = f"SELECT number, kind, from_, to_, count, ended_at FROM tie WHERE number IN ({marks(chunk)})"
        found |= {row[0]: row for row in connection.execute(sql, chunk)}
    return list(found.values())


def _reach_changes(
    connection: sqlite3.Connection, changed: Mapping[int, Collection[int]], folded: Mapping[int, TieRow | None]
) -> dict[int, int]:
    """How many more of these others each entity is tied to at the moment than the cache says."""
    held: set[tuple[int, int]] = set()
    holds: set[tuple[int, int]] = set()
    pairs = {(min(node, other), max(node, other)) for node, others in changed.items() for other in others}
    for number, from_, to, count, ended_at in _between(connection, sorted(pairs)):
        pair = (min(from_, to), max(from_, to))
        was = count > 0 and ended_at is None
        tie = folded.get(number)
        if was:
            held.add(pair)
        if (tie is not None and tie.holds) if number in folded else was:
            holds.add(pair)
    return {
        node: sum(((pair := (min(node, other), max(node, other))) in holds) - (pair in held) for other in others)
        for node, others in changed.items()
    }


def _between(connection: sqlite3.Connection, pairs: Sequence[tuple[int, int]]) -> Iterable[tuple[int, int, int, int, int | None]]:
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
    return _named(connection, [number], moment).get(number)


def _named(connection: sqlite3.Connection, numbers: Iterable[int], moment: Moment) -> dict[int, tuple[Instant, Instant]]:
    """The same of many; those that no standing fact names are left out."""
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
