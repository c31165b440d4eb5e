"""Ties as evidence: which actors share which things, and since when.

An actor is a person with all companies that the person owns, and their other owners: whoever owns a chain of shops is one actor, so that a
chain is no ring. Things are what actors are tied to; of an actor that is tied to a thing more than once the first time counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from graph.model import EntityKind, HeldTie, Instant, TieKind

HOUR: Final = 60 * 60 * 1_000


class Shared(StrEnum):
    """Kinds of evidence."""

    DEVICE = "DEVICE"
    PHONE = "PHONE"
    EMAIL = "EMAIL"
    ACCOUNT = "ACCOUNT"
    PLACE = "PLACE"
    DOCUMENT = "DOCUMENT"
    FACE = "FACE"
    CONNECTION = "CONNECTION"
    LOAN = "LOAN"
    SURETY = "SURETY"
    ONBOARDING = "ONBOARDING"


class Touch(NamedTuple):
    """An actor's tie to a thing."""

    actor: int
    first_at: Instant
    """In the world."""
    recorded_at: Instant
    """When it became known."""


@dataclass(frozen=True, slots=True)
class Sharing:
    """Who shares what."""

    actors: tuple[tuple[str, ...], ...]
    """Ids of each actor's merchants and people, sorted; actors go by the first of them."""
    things: Mapping[tuple[Shared, str], tuple[Touch, ...]]
    """For each thing that two actors or more share its actors, sorted."""


WANTED: Final = frozenset(
    {
        TieKind.OWNS,
        TieKind.USES_DEVICE,
        TieKind.REACHED_AT,
        TieKind.HOLDS,
        TieKind.LOCATED_AT,
        TieKind.IDENTIFIED_BY,
        TieKind.SHOWS_FACE,
        TieKind.CONNECTS_FROM,
        TieKind.APPLIED_FOR,
        TieKind.GUARANTEES,
        TieKind.ONBOARDED_BY,
    }
)
"""Kinds of tie that are evidence."""

_ACTING: Final = frozenset({EntityKind.MERCHANT.value, EntityKind.PERSON.value})
_THINGS: Final = {
    EntityKind.DEVICE.value: Shared.DEVICE,
    EntityKind.PHONE.value: Shared.PHONE,
    EntityKind.EMAIL.value: Shared.EMAIL,
    EntityKind.ACCOUNT.value: Shared.ACCOUNT,
    EntityKind.PLACE.value: Shared.PLACE,
    EntityKind.DOCUMENT.value: Shared.DOCUMENT,
    EntityKind.FACE.value: Shared.FACE,
    EntityKind.IP_ADDRESS.value: Shared.CONNECTION,
    EntityKind.LOAN.value: Shared.LOAN,
}


def gather(ties: Iterable[HeldTie]) -> Sharing:
    """Who shares what, by ties that hold; their order changes nothing."""
    owners = _Unions()
    touches: dict[tuple[Shared, str], dict[str, tuple[Instant, Instant]]] = defaultdict(dict)

    def touch(kind: Shared, thing: str, member: str, tie: HeldTie) -> None:
        owners.find(member)
        known = touches[kind, thing].get(member)
        moments = (tie.first_at, tie.recorded_at)
        touches[kind, thing][member] = moments if known is None else _earliest(known, moments)

    for tie in ties:
        from_, to = tie.from_id[:3], tie.to_id[:3]
        if tie.kind is TieKind.OWNS:
            owners.join(tie.from_id, tie.to_id)
        elif tie.kind is TieKind.GUARANTEES:
            if from_ in _ACTING and to in _ACTING:
                touch(Shared.SURETY, tie.from_id, tie.from_id, tie)
                touch(Shared.SURETY, tie.from_id, tie.to_id, tie)
        elif tie.kind is TieKind.ONBOARDED_BY:
            touch(Shared.ONBOARDING, f"{tie.to_id}@{tie.first_at // HOUR}", tie.from_id, tie)
        elif tie.kind in WANTED and from_ in _ACTING and to in _THINGS:
            touch(_THINGS[to], tie.to_id, tie.from_id, tie)
    return _by_actor(owners, touches)


def _by_actor(owners: _Unions, touches: Mapping[tuple[Shared, str], Mapping[str, tuple[Instant, Instant]]]) -> Sharing:
    members: dict[str, list[str]] = defaultdict(list)
    for member in owners.parents:
        members[owners.find(member)].append(member)
    actors = sorted(tuple(sorted(some)) for some in members.values())
    number = {member: place for place, some in enumerate(actors) for member in some}
    things: dict[tuple[Shared, str], tuple[Touch, ...]] = {}
    for thing, found in touches.items():
        first: dict[int, tuple[Instant, Instant]] = {}
        for member, moments in found.items():
            actor = number[member]
            first[actor] = _earliest(first[actor], moments) if actor in first else moments
        if len(first) > 1:
            things[thing] = tuple(Touch(actor, *first[actor]) for actor in sorted(first))
    return Sharing(tuple(actors), things)


def _earliest(one: tuple[Instant, Instant], other: tuple[Instant, Instant]) -> tuple[Instant, Instant]:
    """Each moment's earliest, so that no order matters."""
    return min(one[0], other[0]), min(one[1], other[1])


class _Unions:
    """Sets that grow together (Tarjan 1975), by path halving; each set is known by its least member."""

    def __init__(self) -> None:
        self.parents: dict[str, str] = {}

    def find(self, member: str) -> str:
        """The least member of its set; a member that is new is a set of its own."""
        parents = self.parents
        parent = parents.setdefault(member, member)
        while parent != member:
            parents[member] = parents[parent]
            member, parent = parents[member], parents[parents[member]]
        return member

    def join(self, one: str, other: str) -> None:
        """Make both sets one."""
        first, second = sorted((self.find(one), self.find(other)))
        self.parents[second] = first
