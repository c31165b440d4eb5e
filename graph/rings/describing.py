"""What rings look like, from the ties of their members: what is shared by how many, since when, and whether guarantees lead back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from typing import Final

from graph.model import HeldTie, Instant, TieKind
from graph.rings.finding import Ring
from graph.rings.sharing import Actor, Shared, Sharing, Thing, gather
from graph.rings.weights import DEFAULT, Weights


class Shape(StrEnum):
    """What a ring looks like (the schema's words). Shapes of money are not among them: rings are found by what is shared."""

    SHARED_IDENTIFIERS = "SHARED_IDENTIFIERS"
    DENSE = "DENSE"
    GUARANTEE_CIRCLE = "GUARANTEE_CIRCLE"


DENSITY: Final = 0.5
"""Of all pairs that there could be this part is strong in a ring that is DENSE."""

DENSE_FROM: Final = 5
"""Actors that it has at least: three or four are dense as soon as they are a ring."""

_IDENTIFIERS: Final = frozenset(
    {Shared.DEVICE, Shared.PHONE, Shared.EMAIL, Shared.ACCOUNT, Shared.DOCUMENT, Shared.FACE, Shared.PLACE, Shared.CONNECTION}
)


@dataclass(frozen=True, slots=True)
class Shares:
    """What a ring shares of one kind."""

    actors: int
    """Who come to one of the things: a person with all companies that the person owns counts once."""
    things: int


@dataclass(frozen=True, slots=True)
class Traits:
    """What a ring looks like."""

    first_at: Instant
    """In the world: the earliest tie to a thing that is shared inside the ring; 0 when nothing is (people said that some are one)."""
    last_at: Instant
    """The latest such tie, by when it was first seen."""
    shares: Mapping[Shared, Shares]
    """By kind, of things that make pairs of their own; hubs are left out."""
    shapes: tuple[Shape, ...]


def describe(rings: Iterable[Ring], ties: Iterable[HeldTie], weights: Weights = DEFAULT) -> dict[str, Traits]:
    """The traits of each ring by its id; `ties` are those that it was found in. What somebody shares with an own company is nothing."""
    rings, ties = list(rings), list(ties)
    sharing = gather(ties)
    actor_of = {member: actor for actor, members in sharing.members.items() for member in members}
    ring_of = {member.entity: ring.id for ring in rings for member in ring.members}
    sureties: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for tie in ties:
        if tie.kind is TieKind.GUARANTEES and ring_of.get(tie.from_id) is not None and ring_of.get(tie.from_id) == ring_of.get(tie.to_id):
            sureties[ring_of[tie.from_id]][tie.from_id].add(tie.to_id)
    return {ring.id: _traits(ring, sharing, actor_of, sureties[ring.id], weights) for ring in rings}


def _traits(ring: Ring, sharing: Sharing, actor_of: Mapping[str, Actor], sureties: Mapping[str, Iterable[str]], weights: Weights) -> Traits:
    touches: dict[Thing, dict[Actor, Instant]] = defaultdict(dict)
    for actor in {actor_of[member.entity] for member in ring.members}:
        for thing, touch in sharing.touched.get(actor, {}).items():
            touches[thing][actor] = touch.first_at
    shared = {thing: who for thing, who in touches.items() if len(who) > 1}
    times = [at for who in shared.values() for at in who.values()]
    actors: dict[Shared, set[Actor]] = defaultdict(set)
    things: dict[Shared, int] = defaultdict(int)
    for thing, who in shared.items():
        if weights.pairs(thing[0], len(sharing.things[thing])):
            actors[thing[0]].update(who)
            things[thing[0]] += 1
    shares = {kind: Shares(len(actors[kind]), things[kind]) for kind in sorted(actors)}
    shapes = []
    if _IDENTIFIERS & shares.keys():
        shapes.append(Shape.SHARED_IDENTIFIERS)
    if ring.actors >= DENSE_FROM and ring.density >= DENSITY:
        shapes.append(Shape.DENSE)
    if _leads_back(sureties):
        shapes.append(Shape.GUARANTEE_CIRCLE)
    return Traits(min(times, default=0), max(times, default=0), shares, tuple(shapes))


def _leads_back(sureties: Mapping[str, Iterable[str]]) -> bool:
    """Whether who vouches for whom has a circle."""
    try:
        TopologicalSorter(sureties).prepare()
    except CycleError:
        return True
    return False
