"""Entities last seen below a moment."""

from __future__ import annotations

from graph.ids import ENTITY_NUMBERS
from graph.model import EntityKind, Standing
from graph.store import Wanted
from graph.stores.neo4j.catalogue import asking
from graph.stores.neo4j.reading import ServerSnapshot


def newest_seen(snapshot: ServerSnapshot, wanted: Wanted, below: tuple[int, int], most: int) -> list[tuple[int, int]]:
    """See `graph.stores.shared.seeking.Newest`."""
    kinds = EntityKind if wanted.kinds is None else wanted.kinds
    standings = Standing if wanted.standings is None else wanted.standings
    rows = snapshot.ask(
        asking.NEWEST_SEEN,
        kinds=[ENTITY_NUMBERS[kind] for kind in kinds],
        standings=[standing.value for standing in standings],
        blocked=[False, True] if wanted.blocked is None else [wanted.blocked],
        seen_after=-(2**63) if wanted.seen_after is None else wanted.seen_after,
        clear=Standing.CLEAR.value,
        below=below[0],
        number=below[1],
        most=most,
    )
    return [(int(at), int(number)) for at, number in rows]
