"""From ties to rings: all of it at once, as a rebuild does it, and the same whoever computes it."""

from __future__ import annotations

import hashlib
from base64 import b32encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from graph.ids import BODY
from graph.model import HeldTie, Instant
from graph.rings.communities import communities, components
from graph.rings.pairs import Ends, Pair, ends_of, pair_up
from graph.rings.sharing import Actor, Shared, gather
from graph.rings.weights import BIT, DEFAULT, Weights

Judged: TypeAlias = Mapping[tuple[str, str], bool]
"""What people said of two entities, ids in any order: True that they act as one, False that they have nothing to do with each other."""

_NONE: Final[Judged] = {}

_NEVER: Final = 2**63 - 1
"""After everything."""


@dataclass(frozen=True, slots=True)
class Member:
    """A merchant's or person's part in a ring."""

    entity: str
    weight: int
    """Thousandths of a bit: the weightiest pair of its actor within the ring."""
    because: tuple[Shared, ...]
    """What that pair rests on, weightiest first."""
    since: Instant
    """When its actor's first pair within the ring became known; 0 when nothing but a person's word ties it."""


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
    """When its earliest pair became known; 0 when people's words alone tie it."""


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


def find_rings(ties: Iterable[HeldTie], judged: Judged = _NONE, weights: Weights = DEFAULT, *, refine_wide: bool = True) -> Rings:
    """The rings that these ties make. Memory and time grow with the pairs: see `pairs.pair_up`.

    Without `refine_wide` components of more than `weights.refined` actors have none, as while facts come in.
    """
    sharing = gather(ties)
    owner = {member: actor for actor, members in sharing.members.items() for member in members} if judged else {}
    pairs = pair_up(sharing, weights, same=said(owner, judged, same=True), not_same=said(owner, judged, same=False))
    parts = components(pairs)
    inside: dict[Actor, dict[Ends, Pair]] = {part[0]: {} for part in parts}
    root = {actor: part[0] for part in parts for actor in part}
    for ends, pair in pairs.items():
        inside[root[ends[0]]][ends] = pair
    rings = [
        ring
        for part in parts
        if refine_wide or len(part) <= weights.refined
        for ring in rings_of(part, inside[part[0]], sharing.members, weights)
    ]
    rings.sort(key=lambda ring: (-len(ring.members), ring.id))
    sizes = [len(part) for part in parts]
    wide = sum(size > weights.refined for size in sizes)
    return Rings(weights.version, tuple(rings), len(sharing.members), len(pairs), max(sizes, default=0), wide)


def said(owner: Mapping[str, Actor], judged: Judged, *, same: bool) -> list[Ends]:
    """Pairs of actors of which that was said, by whose each entity is; an entity that is in no tie has no part in it."""
    found: list[Ends] = []
    for (one, other), judgement in judged.items():
        if judgement is same and one in owner and other in owner and owner[one] != owner[other]:
            found.append(ends_of(owner[one], owner[other]))
    return found


def rings_of(
    component: list[Actor], pairs: Mapping[Ends, Pair], members: Mapping[Actor, tuple[str, ...]], weights: Weights
) -> Iterator[Ring]:
    """The rings of one component, from its own strong pairs."""
    if len(component) < weights.fewest:
        return
    for some in communities(component, pairs, weights.resolution):
        if len(some) >= weights.fewest:
            yield _ring(some, pairs, members)


def _ring(actors: list[Actor], pairs: Mapping[Ends, Pair], members: Mapping[Actor, tuple[str, ...]]) -> Ring:
    """The ring of these actors; of `pairs` those among them count."""
    among = set(actors)
    own = {ends: pair for ends, pair in pairs.items() if among.issuperset(ends)}
    earliest = min(own, key=lambda ends: (_when(own[ends]), ends))
    best: dict[Actor, Pair] = {}
    first: dict[Actor, Instant] = {}
    counts: dict[Shared, int] = {}
    for ends, pair in own.items():
        for kind, _ in pair.parts:
            counts[kind] = counts.get(kind, 0) + 1
        for actor in ends:
            first[actor] = min(_when(pair), first.get(actor, _NEVER))
            if actor not in best or (pair.weight, pair.parts) > (best[actor].weight, best[actor].parts):
                best[actor] = pair
    parts = [
        Member(entity, best[actor].weight, tuple(kind for kind, _ in best[actor].parts), first[actor] % _NEVER)
        for actor in actors
        for entity in members[actor]
    ]
    parts.sort(key=lambda member: (-member.weight, member.entity))
    return Ring(
        _id(own[earliest].since, earliest),
        tuple(parts),
        len(actors),
        len(own),
        sum(pair.weight for pair in own.values()) / len(own) / BIT,
        2 * len(own) / (len(actors) * (len(actors) - 1)),
        tuple(sorted(counts, key=lambda kind: (-counts[kind], kind))),
        own[earliest].since,
    )


def _when(pair: Pair) -> Instant:
    """When a pair became known; a person's word alone is after all that was observed, so that it names no ring that has its name."""
    return pair.since or _NEVER


def _id(since: Instant, ends: Ends) -> str:
    """Id of the ring whose earliest pair this is: of ids that are keyed already, so that no key is needed."""
    digest = hashlib.sha256(f"{since} {ends[0]} {ends[1]}".encode()).digest()
    return f"rin_{b32encode(digest[: BODY * 5 // 8]).decode().lower()}"
