"""The reader that questions are held to: what the plain fold of the facts says at a moment, in a `MemoryReader`."""

from __future__ import annotations

from graph.merging import _Fold, fold_tie
from graph.model import Moment, TieKind
from tests.graph.flows.memory import MemoryReader
from tests.graph.plain_store import PlainStore


def reader(plain: PlainStore, moment: Moment) -> MemoryReader:
    """All movements, observations and ties of the picture."""
    folding = _Fold(plain.known, moment, plain.id)
    picture, money = folding.picture(), MemoryReader()
    for transfer in picture.transfers:
        money.transfer(transfer.from_id, transfer.to_id, transfer.amount, transfer.occurred_at, transfer.kind)
    for (kind, from_, to), observations in folding.observations.items():
        tie = fold_tie(observations)
        holds = tie is not None and tie.ended_at is None
        if holds:
            money.tie(from_, kind, to)
        for one in observations:
            if not one.ended and (holds or kind not in (TieKind.GUARANTEES, TieKind.INVESTS_IN)):
                money.observe(from_, kind, to, one.at, one.amount or 0)
    money.known = dict(picture.entities)
    money.blocked_ones = {entity.id for entity in picture.entities.values() if entity.blocked}
    return money
