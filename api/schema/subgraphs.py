"""Pieces of the graph: for evidence, walks and chains alike, so that a client learns to draw once."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from api.schema.costs import at_most
from api.schema.declaring import attribute, enum_type, object_type
from api.schema.scalars import DateTime, Probability
from api.schema.scenes import Scene
from api.schema.ties import ENTITY, Tie, show_tie
from graph import model


@enum_type
class TruncationCause(StrEnum):
    """Bounds of a walk."""

    TIES_PER_ENTITY = "TIES_PER_ENTITY"
    """Ties of one entity."""
    ENTITIES = "ENTITIES"
    """Entities in all."""
    TIES = "TIES"
    """Ties in all."""
    DEADLINE = "DEADLINE"
    """The deadline."""


@object_type()
class Truncation:
    """Which bounds cut a walk short. Ties are taken newest first."""

    causes: list[TruncationCause]
    """The bounds that were met."""
    omitted_ties: int | None
    """Ties seen and left out; null when the deadline came first."""


@object_type()
class SubgraphEntity:
    """An entity's part in a piece of the graph."""

    entity: Any = attribute(of=ENTITY)
    """The entity."""
    distance: int
    """Ties from the centre, which is 0."""
    strength: Probability
    """How strongly it is tied to the centre: the product of weights along the strongest path."""
    reach: int
    """How many entities it is tied to in all, shown or not: large for a hub."""


@object_type()
class Subgraph:
    """A bounded piece of the graph, for machines and for drawing. Every tie joins two of its entities."""

    at: DateTime
    """Nothing that happened after this moment is in it."""
    as_of: DateTime
    """Nothing recorded here after this moment is in it."""
    entities: list[SubgraphEntity] = attribute(directives=at_most(100))
    """The entities, nearest first."""
    ties: list[Tie] = attribute(directives=at_most(200))
    """The ties between them, weightiest first."""
    truncation: Truncation | None
    """How it was cut short; null when whole."""


@object_type()
class Path:
    """A chain of ties between two entities. No entity is met twice."""

    strength: Probability
    """The product of the weights."""
    entities: list[Any] = attribute(of=list[ENTITY], directives=at_most(7))
    """The entities, from the first to the last: one more than ties."""
    ties: list[Tie] = attribute(directives=at_most(6))
    """The ties, in order."""


@object_type()
class PathSearch:
    """Chains of ties between two entities."""

    paths: list[Path] = attribute(directives=at_most(20))
    """The chains, strongest first; empty when there is none within the bounds."""
    truncation: Truncation | None
    """How the search was cut short; null when whole."""


def show_truncation(truncation: model.Truncation | None) -> Truncation | None:
    """How a walk was cut short, as the schema says it."""
    if truncation is None:
        return None
    return Truncation(causes=[TruncationCause(cause) for cause in truncation.causes], omitted_ties=truncation.omitted_ties)


def show_neighbourhood(hood: model.Neighbourhood, scene: Scene) -> Subgraph:
    """A walk's answer; what ties need of its entities comes with it."""
    here = scene.among([one.entity for one in hood.neighbours])
    return show_piece(hood.neighbours, hood.ties, hood.truncation, here)


def show_piece(
    neighbours: tuple[model.Neighbour, ...], ties: tuple[model.Tie, ...], truncation: model.Truncation | None, scene: Scene
) -> Subgraph:
    """A piece of the graph under a scene that has its entities at hand."""
    return Subgraph(
        at=scene.moment.at,
        as_of=scene.moment.known_at,
        entities=[
            SubgraphEntity(entity=scene.show(one.entity), distance=one.distance, strength=one.strength, reach=one.entity.reach)
            for one in neighbours
        ],
        ties=[show_tie(tie, scene) for tie in ties],
        truncation=show_truncation(truncation),
    )


def show_paths(search: model.PathSearch, scene: Scene) -> PathSearch:
    """The chains found between two entities."""
    shown = []
    for path in search.paths:
        here = scene.among(path.entities)
        shown.append(
            Path(
                strength=path.strength, entities=[here.show(one) for one in path.entities], ties=[show_tie(tie, here) for tie in path.ties]
            )
        )
    return PathSearch(paths=shown, truncation=show_truncation(search.truncation))
