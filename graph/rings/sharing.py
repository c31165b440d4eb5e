"""Ties as evidence: which actors share which things, and since when.

An actor is a person with all companies that the person owns, and their other owners: whoever owns a chain of shops is one actor, so that a
chain is no ring. Things are what actors are tied to; of an actor that is tied to a thing more than once the first time counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

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


Actor: TypeAlias = str
"""An actor, by the least id of its members."""

Thing: TypeAlias = tuple[Shared, str]
"""What may be shared: its kind and an id."""


class Touch(NamedTuple):
    """When somebody came to a thing."""

    first_at: Instant
    """In the world."""
    recorded_at: Instant
    """When it became known."""

    def earliest(self, other: Touch) -> Touch:
        """Each moment's earliest, so that no order matters."""
        return Touch(min(self.first_at, other.first_at), min(self.recorded_at, other.recorded_at))


class Evidence(NamedTuple):
    """What one tie says: that a member came to a thing."""

    member: str
    thing: Thing
    touch: Touch


@dataclass(frozen=True, slots=True)
class Sharing:
    """Who shares what."""

    members: Mapping[Actor, tuple[str, ...]]
    """Ids of each actor's merchants and people, sorted."""
    touched: Mapping[Actor, Mapping[Thing, Touch]]
    """Things that each actor shares with another; actors who share nothing are left out."""
    things: Mapping[Thing, tuple[Actor, ...]]
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


def evidence(tie: HeldTie) -> Iterator[Evidence]:
    """What a tie says of things; nothing for one that says who owns what."""
    from_, to, touch = tie.from_id[:3], tie.to_id[:3], Touch(tie.first_at, tie.recorded_at)
    if tie.kind is TieKind.GUARANTEES:
        if from_ in _ACTING and to in _ACTING:
            for member in (tie.from_id, tie.to_id):
                yield Evidence(member, (Shared.SURETY, tie.from_id), touch)
    elif tie.kind is TieKind.ONBOARDED_BY:
        yield Evidence(tie.from_id, (Shared.ONBOARDING, f"{tie.to_id}@{tie.first_at // HOUR}"), touch)
    elif tie.kind is not TieKind.OWNS and tie.kind in WANTED and from_ in _ACTING and to in _THINGS:
        yield Evidence(tie.from_id, (_THINGS[to], tie.to_id), touch)


def gather(ties: Iterable[HeldTie]) -> Sharing:
    """Who shares what, by ties that hold; their order changes nothing."""
    owners = _Unions()
    touches: dict[Thing, dict[str, Touch]] = defaultdict(dict)
    for tie in ties:
        if tie.kind is TieKind.OWNS:
            owners.join(tie.from_id, tie.to_id)
        for member, thing, touch in evidence(tie):
            owners.find(member)
            known = touches[thing].get(member)
            touches[thing][member] = touch if known is None else known.earliest(touch)
    return _by_actor(owners, touches)


def _by_actor(owners: _Unions, touches: Mapping[Thing, Mapping[str, Touch]]) -> Sharing:
    members: dict[Actor, list[str]] = defaultdict(list)
    for member in owners.parents:
        members[owners.find(member)].append(member)
    touched: dict[Actor, dict[Thing, Touch]] = defaultdict(dict)
    things: dict[Thing, tuple[Actor, ...]] = {}
    for thing, found in touches.items():
        first: dict[Actor, Touch] = {}
        for member, touch in found.items():
            actor = owners.find(member)
            first[actor] = first[actor].earliest(touch) if actor in first else touch
        if len(first) > 1:
            things[thing] = tuple(sorted(first))
            for actor, touch in first.items():
                touched[actor][thing] = touch
    return Sharing({actor: tuple(sorted(some)) for actor, some in members.items()}, dict(touched), things)


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
