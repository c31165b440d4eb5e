"""A snapshot read as one, though the server is read-committed: what was torn is read again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from graph.errors import GraphUnavailable
from graph.model import Moment
from graph.stores.neo4j.reading import ServerSnapshot, Torn
from graph.stores.neo4j.transacting import Transaction

T = TypeVar("T")

TRIES: Final = 8
"""How often a snapshot is read that others change meanwhile; each time what they changed before is folded."""


def read_whole(transaction: Transaction, institution: int, moment: Moment, work: Callable[[ServerSnapshot], T]) -> T:
    """What work on one snapshot gives, done again when it was torn. Raises `GraphUnavailable` when it was `TRIES` times."""
    for _ in range(TRIES):
        snapshot = ServerSnapshot(transaction, institution, moment)
        try:
            found = work(snapshot)
            snapshot.check_whole()
        except Torn:
            continue
        return found
    raise GraphUnavailable(f"What was read changed {TRIES} times meanwhile: send again.", "TIMED_OUT", "CHANGING")
