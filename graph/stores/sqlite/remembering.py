"""What earlier snapshots read of entities, kept in the process for as long as nothing changes around them.

Neighbours are the same ones again and again: a market's Wi-Fi, an agent's phone and the newest merchants on them are read by every
decision near them. Each write that touches an entity or one of its ties raises its node's `revision`. A snapshot reads that number, in a
row of its own, and takes the rest from here where the number is the one remembered: so nothing here is ever believed without looking, and
other processes' writes are seen like our own. Only what is exact at the snapshot's moment is remembered and used.
"""

from __future__ import annotations

from typing import Final

from graph.model import Entity, Instant
from graph.recent import Recent
from graph.stores.shared.rows import Adjacency, Node

MAXIMUM_REMEMBERED: Final = 16_384
"""Entities in each half of a process's memory: some 2 KB each, so 64 MB at the most in both."""

MAXIMUM_LISTS: Final = 4
"""Lists of ties remembered of one entity: one for each bound and set of kinds that was asked for."""

LONGEST_LIST: Final = 64
"""Ties in a list that is remembered; longer ones are read each time."""


class Remembered:
    """An entity as its cached rows said at one revision of it."""

    __slots__ = ("changed_at", "entity", "institution", "latest_at", "lists", "node", "revision")

    def __init__(self, institution: int, revision: int, latest_at: Instant, changed_at: Instant, node: Node) -> None:
        self.institution = institution
        self.revision = revision
        self.latest_at = latest_at
        self.changed_at = changed_at
        self.node = node
        """Exact, and never changed but for its profile, once."""
        self.entity: Entity | None = None
        self.lists: dict[tuple[int, frozenset[int] | None], Adjacency] = {}

    def list(self, limit: int, only: frozenset[int] | None, ties: Adjacency) -> None:
        """Remember its newest ties under these bounds."""
        if len(ties.ties) <= LONGEST_LIST and len(self.lists) < MAXIMUM_LISTS:
            self.lists[limit, only] = ties


class Memory:
    """What one process remembers of one file."""

    __slots__ = ("_recent",)

    def __init__(self, size: int = MAXIMUM_REMEMBERED) -> None:
        self._recent: Recent[int, Remembered] = Recent(size)

    def get(self, number: int) -> Remembered | None:
        """What is remembered of the entity with this number; its revision is still to be compared."""
        return self._recent.get(number)

    def put(self, number: int, entity: Remembered) -> None:
        """Remember an entity instead of what was remembered of it before."""
        self._recent.put(number, entity)
