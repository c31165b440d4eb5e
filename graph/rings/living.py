"""The life of rings: what happened to each, from changes in the order in which facts became known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TypeAlias

from graph.model import HeldTie, Instant
from graph.rings.following import Change, Following
from graph.rings.weights import DEFAULT, Weights

Members: TypeAlias = Mapping[str, AbstractSet[str]]
"""Who is in each ring, by its id."""


class Happening(StrEnum):
    """What can happen to a ring (the schema's words; judging it is not among them)."""

    FOUND = "FOUND"
    GREW = "GREW"
    SHRANK = "SHRANK"
    MERGED = "MERGED"
    SPLIT = "SPLIT"
    DISSOLVED = "DISSOLVED"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a ring."""

    at: Instant
    """When it became known."""
    ring: str
    kind: Happening
    members: int
    """After it; of a ring that is gone, before it."""
    other: str | None = None
    """Of MERGED the ring that it became part of, of SPLIT the one that its lost members became."""


def events(change: Change, at: Instant) -> Iterator[Event]:
    """What a change did to each ring; see `told`."""
    before, after = ({ring.id: {member.entity for member in ring.members} for ring in rings} for rings in change)
    return told(before, after, at)


def told(before: Members, after: Members, at: Instant) -> Iterator[Event]:
    """What happened to each ring between two states of those that changed, in the order of their ids.

    A ring whose earliest pair is gone goes on by another id: the old one is MERGED into it.
    """
    for id_, members in sorted({**before, **after}.items()):
        if id_ not in after:
            heirs = sorted(after, key=lambda heir: (-len(after[heir] & members), heir))
            heir = heirs[0] if heirs and 2 * len(after[heirs[0]] & members) > len(members) else None
            yield Event(at, id_, Happening.DISSOLVED if heir is None else Happening.MERGED, len(members), heir)
            continue
        if id_ not in before:
            yield Event(at, id_, Happening.FOUND, len(members))
            continue
        if members - before[id_]:
            yield Event(at, id_, Happening.GREW, len(members))
        lost = before[id_] - members
        if not lost:
            continue
        parts = [other for other in sorted(after.keys() - before.keys()) if after[other] & lost]
        for other in parts:
            yield Event(at, id_, Happening.SPLIT, len(members), other)
        if not parts:
            yield Event(at, id_, Happening.SHRANK, len(members))


def history(ties: Iterable[HeldTie], weights: Weights = DEFAULT) -> Iterator[Event]:
    """How the rings that these ties make came to be: the ties one moment of recorded time after the other.

    Of ties that hold now: what has ended or was withdrawn since has left no trace in them.
    """
    following = Following(weights)
    for at, some in groupby(sorted(ties, key=lambda tie: (tie.recorded_at, tie)), key=lambda tie: tie.recorded_at):
        yield from events(following.change(some), at)
