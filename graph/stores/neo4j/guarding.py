"""A guarded fact looked at within the transaction that wrote it."""

from __future__ import annotations

from graph.contents import Fact
from graph.errors import RingfenceError
from graph.flows.guarding import Guard
from graph.sealing import Sealer
from graph.store import Tripped
from graph.stores.neo4j.money import ServerMoney
from graph.stores.neo4j.reading import ServerSnapshot
from graph.stores.neo4j.transacting import Transaction
from graph.stores.shared.guarding import look, until
from graph.stores.shared.rows import EVERYTHING


class Undone(RingfenceError):
    """A guarded fact tripped: its transaction is undone by this."""

    def __init__(self, tripped: Tripped) -> None:
        self.tripped = tripped
        super().__init__("a guarded fact tripped")


def look_within(transaction: Transaction, number: int, fact: Fact, guard: Guard, sealer: Sealer) -> None:
    """Raise `Undone` when a fact that this transaction has written would make what its guard forbids.

    The institution is locked since before the writing, so what is seen is what will be committed beside the fact: that lock stands for one
    of each side in the order of ids, and for one of every chain of guarantees.
    """
    snapshot = ServerSnapshot(transaction, number, EVERYTHING)
    tripped = look(snapshot, ServerMoney(snapshot, until()), fact, guard, sealer)
    if tripped is not None:
        raise Undone(tripped)
