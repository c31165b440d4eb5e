"""From ties to rings: all of it at once, as a rebuild does it, and the same whoever computes it."""

from __future__ import annotations

import hashlib
from base64 import b32encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from graph.ids import BODY
from graph.model import HeldTie, Instant
from graph.rings.communities import communities, components
from graph.rings.pairs import Ends, Pair, pair_up
from graph.rings.sharing import Shared, Sharing, gather
from graph.rings.weights import BIT, DEFAULT, Weights

Judged: TypeAlias = Mapping[tuple[str, str], bool]
"""What people said of two entities, ids in any order: True that they act as one, False that they have nothing to do with each other."""

_NONE: Final[Judged] = {}


@dataclass(frozen=True, slots=True)
class Member:
    """A merchant's or person's part in a ring."""

    entity: str
    weight: int
    """Thousandths of a bit: the weightiest pair of its actor within the ring."""
    because: tuple[Shared, ...]
    """What that pair rests on, weightiest first."""
    since: Instant
    """When its actor's first pair within the ring became known."""


@dataclass(frozen=True, slots=True)
class Ring:
    """Actors who act as one."""

    id: str
    """`rin_...`, from its earliest pair: it survives whatever leaves that pair in it."""
    members: tuple[Member, ...]
    """Weightiest first, then by id."""
    actors: int
    pairs: int
    """Strong pairs among them."""
    bits: float
    """Mean weight of these."""
    density: float
    """Strong pairs, of all that there could be."""
    kinds: tuple[Shared, ...]
    """What its pairs share, by how many of them do."""
    since: Instant
    """When its earliest pair became known."""


@dataclass(frozen=True, slots=True)
class Rings:
    """All rings of an institution, by one version of the weights."""

    weights: str
    rings: tuple[Ring, ...]
    """Largest first, then by id."""
    actors: int
    """Who share anything, or own something."""
    pairs: int
    """Strong pairs in all."""
    largest: int
    """Actors of the largest component of strong pairs."""
    wide: int
    """Components with more actors than an update would refine at once."""


def find_rings(ties: Iterable[HeldTie], judged: Judged = _NONE, weights: Weights = DEFAULT) -> Rings:
    """The rings that these ties make. Memory and time grow with the pairs: see `pairs.pair_up`."""
    sharing = gather(ties)
    pairs = pair_up(sharing, weights, same=_said(sharing, judged, same=True), not_same=_said(sharing, judged, same=False))
    parts = components(pairs)
    inside: dict[int, dict[Ends, Pair]] = {part[0]: {} for part in parts}
    root = {actor: part[0] for part in parts for actor in part}
    for ends, pair in pairs.items():
        inside[root[ends[0]]][ends] = pair
    rings = [
        _ring(sharing, some, inside[part[0]])
        for part in parts
        if len(part) >= weights.fewest
        for some in communities(part, inside[part[0]], weights.resolution)
        if len(some) >= weights.fewest
    ]
    rings.sort(key=lambda ring: (-len(ring.members), ring.id))
    sizes = [len(part) for part in parts]
    wide = sum(size > weights.refined for size in sizes)
    return Rings(weights.version, tuple(rings), len(sharing.actors), len(pairs), max(sizes, default=0), wide)


def _said(sharing: Sharing, judged: Judged, *, same: bool) -> list[Ends]:
    """Pairs of actors of which that was said; an entity that shares nothing has no part in it."""
    if not judged:
        return []
    number = {member: place for place, actor in enumerate(sharing.actors) for member in actor}
    found: list[Ends] = []
    for (one, other), said in judged.items():
        if said is same and one in number and other in number and number[one] != number[other]:
            first, second = sorted((number[one], number[other]))
            found.append((first, second))
    return found


def _ring(sharing: Sharing, actors: list[int], pairs: Mapping[Ends, Pair]) -> Ring:
    """The ring of these actors; of `pairs` those among them count."""
    among = set(actors)
    own = {ends: pair for ends, pair in pairs.items() if among.issuperset(ends)}
    names = {actor: sharing.actors[actor][0] for actor in actors}
    earliest = min(own, key=lambda ends: (own[ends].since, names[ends[0]], names[ends[1]]))
    since = own[earliest].since
    best: dict[int, Pair] = {}
    first: dict[int, Instant] = {}
    counts: dict[Shared, int] = {}
    for ends, pair in own.items():
        for kind, _ in pair.parts:
            counts[kind] = counts.get(kind, 0) + 1
        for actor in ends:
            first[actor] = min(pair.since, first.get(actor, pair.since))
            if actor not in best or (pair.weight, pair.parts) > (best[actor].weight, best[actor].parts):
                best[actor] = pair
    members = [
        Member(entity, best[actor].weight, tuple(kind for kind, _ in best[actor].parts), first[actor])
        for actor in actors
        for entity in sharing.actors[actor]
    ]
    members.sort(key=lambda member: (-member.weight, member.entity))
    return Ring(
        _id(since, names[earliest[0]], names[earliest[1]]),
        tuple(members),
        len(actors),
        len(own),
        sum(pair.weight for pair in own.values()) / len(own) / BIT,
        2 * len(own) / (len(actors) * (len(actors) - 1)),
        tuple(sorted(counts, key=lambda kind: (-counts[kind], kind))),
        since,
    )


def _id(since: Instant, one: str, other: str) -> str:
    """Id of the ring whose earliest pair these are: of ids that are keyed already, so that no key is needed."""
    digest = hashlib.sha256(f"{since} {one} {other}".encode()).digest()
    return f"rin_{b32encode(digest[: BODY * 5 // 8]).decode().lower()}"
