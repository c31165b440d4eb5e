"""Ties that hold now, page by page."""

from __future__ import annotations

from collections.abc import Collection

from graph.ids import TIE_KINDS, TIE_NUMBERS
from graph.model import HeldTie, TieKind
from graph.store import HeldTies
from graph.stores.neo4j.catalogue import asking
from graph.stores.neo4j.reading import ServerSnapshot


def held_ties(snapshot: ServerSnapshot, kinds: Collection[TieKind], after: int, first: int) -> HeldTies:
    """See `BulkStore.held_ties`."""
    count, last = snapshot.ask(asking.HELD_FROM, after=after, most=first)[0]
    rows = snapshot.ask(asking.HELD_TIES, after=after, last=last, kinds=[TIE_NUMBERS[kind] for kind in kinds]) if count else []
    return HeldTies(tuple(HeldTie(TIE_KINDS[kind], *rest) for kind, *rest in rows), last if count == first else None)
