"""A ring as a piece of the graph: its members and whatever two of them come to."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from api.records import Records
from api.rings import records
from api.rings.records import Membership
from graph.model import Entity, Moment, Tie, TieKind
from graph.rings.communities import components
from graph.rings.sharing import WANTED
from graph.store import Page

MEMBERS: Final = 80
"""Members that are shown, strongest first."""

ENTITIES: Final = 200
TIES: Final = 400

TIES_OF_ONE: Final = 100
"""Ties of one member that are looked at, newest first."""

AT_ONCE: Final = 8
"""Members whose ties are read at the same time."""


class Reader(Protocol):
    """What is asked of the graph: see `graph.store.GraphStore`."""

    async def ties(
        self,
        institution: str,
        entity: str,
        moment: Moment,
        *,
        first: int,
        after: str | None = None,
        kinds: frozenset[TieKind] | None = None,
    ) -> Page[Tie]:
        """See `GraphStore.ties`."""
        ...

    async def entities(self, institution: str, ids: Sequence[str], moment: Moment) -> dict[str, Entity]:
        """See `GraphStore.entities`."""
        ...


@dataclass(frozen=True, slots=True)
class Picture:
    """What a ring looks like."""

    members: tuple[Membership, ...]
    """Strongest first."""
    entities: Mapping[str, Entity]
    """Members first, then what two of them come to."""
    ties: tuple[Tie, ...]
    """Weightiest first."""


async def picture(graph: Reader, kept: Records, institution: str, id: str, moment: Moment) -> Picture:
    """The piece of graph of a ring; of one that is gone nothing. Raises `GraphUnavailable`, `RecordsUnavailable`."""
    members, _, _ = await kept.read(lambda connection: records.members_of(connection, institution, id, MEMBERS), institution=institution)
    own = [member.entity for member in members]
    gate = asyncio.Semaphore(AT_ONCE)

    async def ties_of(entity: str) -> tuple[Tie, ...]:
        async with gate:
            return (await graph.ties(institution, entity, moment, first=TIES_OF_ONE, kinds=WANTED)).items

    found = {tie.id: tie for some in await asyncio.gather(*map(ties_of, own)) for tie in some if tie.ended_at is None}
    inside = _between(frozenset(own), found)
    things = {end for tie in inside for end in (tie.from_id, tie.to_id)}.difference(own)
    wanted = [*own, *sorted(things)][:ENTITIES]
    there = await graph.entities(institution, wanted, moment)
    shown = [tie for tie in inside if tie.from_id in there and tie.to_id in there][:TIES]
    return Picture(tuple(members), {id_: there[id_] for id_ in wanted if id_ in there}, tuple(shown))


def _between(members: Collection[str], ties: Mapping[str, Tie]) -> list[Tie]:
    """Ties between members, and those to things that two of them come to, weightiest first; a person and an own company are one."""
    owner = _owners(members, ties)
    who: dict[str, set[str]] = defaultdict(set)
    for tie in ties.values():
        for member, other in ((tie.from_id, tie.to_id), (tie.to_id, tie.from_id)):
            if member in owner:
                who[other].add(owner[member])
    kept = [
        tie
        for tie in ties.values()
        if (tie.from_id in members and tie.to_id in members)
        or (tie.from_id in members and len(who[tie.to_id]) > 1)
        or (tie.to_id in members and len(who[tie.from_id]) > 1)
    ]
    return sorted(kept, key=lambda tie: (-tie.weight, tie.id))


def _owners(members: Collection[str], ties: Mapping[str, Tie]) -> dict[str, str]:
    """Each member by the least of those that own each other."""
    owned = [(tie.from_id, tie.to_id) for tie in ties.values() if tie.kind is TieKind.OWNS]
    parts = components((one, other) for one, other in owned if one in members and other in members)
    return {**{member: member for member in members}, **{member: part[0] for part in parts for member in part}}
