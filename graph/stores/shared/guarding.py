"""Guarded facts as every store records them: what is looked at before the commit, and what is recorded instead of a fact that trips."""

from __future__ import annotations

import time
from typing import Final, Protocol

from graph.contents import BlockChanged, Fact
from graph.errors import GraphUnavailable
from graph.flows.guarding import Guard, Look, guarded_ends
from graph.flows.reader import MoneyReader
from graph.flows.scope import Cut
from graph.model import EntityName, Instant
from graph.sealing import Sealer
from graph.store import Tripped
from graph.stores.shared.encoding import Prepared, prepare
from graph.stores.shared.snapshot import Snapshot

SOURCE: Final = "guard"
"""Who reports the blocks."""

SECONDS: Final = 1.0
"""Longest that a guard looks; others who write to the institution wait meanwhile."""


class Reader(MoneyReader, Protocol):
    """A store's reader of money, which says what bounds it met."""

    @property
    def cut(self) -> tuple[Cut, ...]:
        """See `BoundedReader.cut`."""
        ...


def until() -> float:
    """When a look that begins now ends, as a reading of `time.monotonic()`."""
    return time.monotonic() + SECONDS


def look(snapshot: Snapshot, money: Reader, fact: Fact, guard: Guard, sealer: Sealer) -> Tripped | None:
    """What the fact, already written in this transaction, would make; None when it is harmless.

    Raises `GraphUnavailable` when a bound or the time kept the answer from being whole and nothing was found: a guard that did not see
    everything lets nothing through.
    """
    from_, to = (_id(end, sealer) for end in guarded_ends(fact, guard))
    blocked, pattern = Look(guard, from_, to).answer(money)
    if not pattern:
        if set(money.cut) - {Cut.PER_STEP}:
            raise GraphUnavailable("The guard could not look at everything in time: narrow its window, or send again.", "TIMED_OUT")
        return None
    numbers = snapshot.nodes(pattern)
    entities = snapshot.entities(numbers.values())
    ties = [snapshot.to_tie(row) for row in snapshot.ties_across(list(entities), list(entities)) if row.holds]
    shown = {entity.id: entity for entity in entities.values()}
    return Tripped(
        () if blocked else tuple(dict.fromkeys((from_, to))),
        tuple(shown[id_] for id_ in pattern if id_ in shown),
        tuple(sorted(ties, key=lambda tie: (-tie.weight, tie.id))),
    )


def blocks(fact: Prepared, guard: Guard, sealer: Sealer, at: Instant) -> list[Prepared]:
    """The facts that block both sides of one that tripped, at a moment; an id says which fact, when and which side."""
    ends = dict(zip(("from", "to"), guarded_ends(fact.fact, guard), strict=True))
    reason = f"a guarded fact tripped {type(guard).__name__}"
    made = {_id(name, sealer): Fact(f"{fact.id}:{at}:{side}", at, BlockChanged(name, True, reason)) for side, name in ends.items()}
    return [prepare(one, SOURCE, sealer) for one in made.values()]


def _id(name: EntityName, sealer: Sealer) -> str:
    if name.id is not None:
        return name.id
    assert name.key is not None, "an entity is named by id or by key"
    return sealer.entity_id(name.kind, name.key)
