"""A ring as a piece of the graph: its members and whatever two of them come to."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Final

from api.rings import records
from api.schema.scenes import Scene
from api.schema.subgraphs import Subgraph, show_piece
from graph.model import Entity, Neighbour, Tie
from graph.rings.sharing import WANTED

MEMBERS: Final = 80
"""Members that are drawn, strongest first."""

ENTITIES: Final = 200
TIES: Final = 400

TIES_OF_ONE: Final = 100
"""Ties of one member that are looked at, newest first."""

AT_ONCE: Final = 8
"""Members whose ties are read at the same time."""


async def draw_ring(scene: Scene, id: str) -> Subgraph:
    """The piece of graph of a ring; of one that is gone nothing. Raises `GraphUnavailable`."""
    context, institution = scene.context, scene.context.principal.institution.id
    members, _, _ = await context.services.records.read(
        lambda connection: records.members_of(connection, institution, id, MEMBERS), institution=institution
    )
    strengths = {member.entity: member.weight for member in members}
    gate = asyncio.Semaphore(AT_ONCE)

    async def ties_of(entity: str) -> tuple[Tie, ...]:
        async with gate:
            page = await context.graph.ties(institution, entity, scene.moment, first=TIES_OF_ONE, kinds=WANTED)
        return page.items

    found = {tie.id: tie for some in await asyncio.gather(*map(ties_of, strengths)) for tie in some if tie.ended_at is None}
    inside = _between(strengths.keys(), found)
    things = {end for tie in inside for end in (tie.from_id, tie.to_id)} - strengths.keys()
    wanted = [*strengths, *sorted(things)][:ENTITIES]
    entities = await context.graph.entities(institution, wanted, scene.moment)
    shown = [tie for tie in inside if tie.from_id in entities and tie.to_id in entities][:TIES]
    near = [_neighbour(entities[one], strengths.get(one)) for one in wanted if one in entities]
    return show_piece(tuple(near), tuple(shown), None, scene.among([one.entity for one in near]))


def _between(members: Collection[str], ties: Mapping[str, Tie]) -> list[Tie]:
    """Ties between members, and those to things that two of them or more come to, weightiest first."""
    who: dict[str, set[str]] = defaultdict(set)
    for tie in ties.values():
        for member, other in ((tie.from_id, tie.to_id), (tie.to_id, tie.from_id)):
            if member in members:
                who[other].add(member)
    kept = [
        tie
        for tie in ties.values()
        if (tie.from_id in members and tie.to_id in members)
        or (tie.from_id in members and len(who[tie.to_id]) > 1)
        or (tie.to_id in members and len(who[tie.from_id]) > 1)
    ]
    return sorted(kept, key=lambda tie: (-tie.weight, tie.id))


def _neighbour(entity: Entity, weight: int | None) -> Neighbour:
    """A member at distance 0, with its strength; a thing at distance 1."""
    return Neighbour(entity, 1, 1.0) if weight is None else Neighbour(entity, 0, 1.0)
