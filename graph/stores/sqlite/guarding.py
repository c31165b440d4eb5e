"""A guarded fact looked at within the writer's own transaction."""

from __future__ import annotations

import sqlite3

from graph.contents import Fact
from graph.flows.guarding import Guard
from graph.sealing import Sealer
from graph.store import Tripped
from graph.stores.shared.guarding import look, until
from graph.stores.shared.rows import EVERYTHING
from graph.stores.sqlite.money import Money
from graph.stores.sqlite.reading import SqliteSnapshot


def look_within(connection: sqlite3.Connection, institution: str, number: int, fact: Fact, guard: Guard, sealer: Sealer) -> Tripped | None:
    """What a fact that this connection has written, and not yet committed, would make; see `graph.stores.shared.guarding.look`.

    Other processes that write wait for the transaction, so what is seen is what will be committed beside the fact.
    """
    snapshot = SqliteSnapshot(connection, institution, EVERYTHING)
    snapshot.number = number  # not entered: the transaction is the writer's
    return look(snapshot, Money(snapshot, until()), fact, guard, sealer)
