"""What rings look like, from the ties of their members: what is shared by how many, since when, and whether guarantees lead back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from typing import Final

from graph.model import HeldTie, Instant, TieKind
from graph.rings.finding import Ring
from graph.rings.sharing import Shared, Thing, evidence
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

    members: int
    """Who come to one of the things."""
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


@dataclass(slots=True)
class _Seen:
    """Of one ring, while ties are read."""

    touches: dict[Thing, dict[str, Instant]] = field(default_factory=lambda: defaultdict(dict))
    sureties: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def describe(rings: Iterable[Ring], ties: Iterable[HeldTie], weights: Weights = DEFAULT) -> dict[str, Traits]:
    """The traits of each ring by its id; `ties` are those that the rings were found in. One pass over the ties."""
    rings = list(rings)
    ring_of = {member.entity: ring.id for ring in rings for member in ring.members}
    seen: dict[str, _Seen] = {ring.id: _Seen() for ring in rings}
    reach: dict[Thing, set[str]] = defaultdict(set)
    for tie in ties:
        for member, thing, touch in evidence(tie):
            reach[thing].add(member)
            if member in ring_of:
                known = seen[ring_of[member]].touches[thing]
                known[member] = min(touch.first_at, known.get(member, touch.first_at))
        if tie.kind is TieKind.GUARANTEES and ring_of.get(tie.from_id) is not None and ring_of.get(tie.from_id) == ring_of.get(tie.to_id):
            seen[ring_of[tie.from_id]].sureties[tie.from_id].add(tie.to_id)
    many = {thing: len(who) for thing, who in reach.items()}
    return {ring.id: _traits(ring, seen[ring.id], many, weights) for ring in rings}


def _traits(ring: Ring, seen: _Seen, reach: Mapping[Thing, int], weights: Weights) -> Traits:
    shared = {thing: who for thing, who in seen.touches.items() if len(who) > 1}
    times = [at for who in shared.values() for at in who.values()]
    members: dict[Shared, set[str]] = defaultdict(set)
    things: dict[Shared, int] = defaultdict(int)
    for thing, who in shared.items():
        if weights.pairs(thing[0], reach[thing]):
            members[thing[0]].update(who)
            things[thing[0]] += 1
    shares = {kind: Shares(len(members[kind]), things[kind]) for kind in sorted(members)}
    shapes = []
    if _IDENTIFIERS & shares.keys():
        shapes.append(Shape.SHARED_IDENTIFIERS)
    if ring.actors >= DENSE_FROM and ring.density >= DENSITY:
        shapes.append(Shape.DENSE)
    if _leads_back(seen.sureties):
        shapes.append(Shape.GUARANTEE_CIRCLE)
    return Traits(min(times, default=0), max(times, default=0), shares, tuple(shapes))


def _leads_back(sureties: Mapping[str, Iterable[str]]) -> bool:
    """Whether who vouches for whom has a circle."""
    try:
        TopologicalSorter(sureties).prepare()
    except CycleError:
        return True
    return False
