"""A ring as a piece of the graph."""

from __future__ import annotations

from api.rings.picturing import picture
from api.schema.scenes import Scene
from api.schema.subgraphs import Subgraph, show_piece
from graph.model import Neighbour


async def draw_ring(scene: Scene, id: str) -> Subgraph:
    """The piece of graph of a ring, members at distance 0 and what they share at 1; of one that is gone nothing."""
    context, institution = scene.context, scene.context.principal.institution.id
    seen = await picture(context.graph, context.services.records, institution, id, scene.moment)
    members = {member.entity for member in seen.members}
    near = tuple(Neighbour(entity, 0 if id_ in members else 1, 1.0) for id_, entity in seen.entities.items())
    return show_piece(near, seen.ties, None, scene.among(list(seen.entities.values())))
