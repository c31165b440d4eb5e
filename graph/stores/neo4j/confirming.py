"""Which commits are whole for whoever reads.

A server shows a commit's rows while it still writes others of the same commit. Its locks are let go after that: so who gets the
institution's lock knows that every commit that could be seen before is whole. Own commits are, once acknowledged.
"""

from __future__ import annotations

from typing import Final

from graph.errors import GraphUnavailable
from graph.model import Instant
from graph.stores.neo4j.catalogue import recording
from graph.stores.neo4j.connecting import Connections

SECONDS: Final = 0.25
"""Longest that the lock is waited for: by then a commit that was seen is whole, and it is another one that holds the lock."""


class Confirmed:
    """Up to which moment of recording each institution's commits are known to be whole."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._until: dict[int, Instant] = {}

    def note(self, institution: int, recorded_at: Instant) -> None:
        """A commit of ours was acknowledged."""
        self._until[institution] = max(recorded_at, self._until.get(institution, 0))

    async def confirm(self, institution: int, seen: Instant) -> None:
        """Return when all that was recorded by this moment, which was just seen, can be read."""
        if seen <= self._until.get(institution, 0):
            return
        try:
            await self._connections.take_turn(recording.LOCK, {"institution": institution}, SECONDS)
        except GraphUnavailable:
            return  # reading itself will say what is wrong
        self.note(institution, seen)
