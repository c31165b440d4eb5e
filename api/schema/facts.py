"""Facts as kept: one immutable observation each."""

from __future__ import annotations

import asyncio

import strawberry

from api.schema.costs import at_most
from api.schema.declaring import field, later, object_type
from api.schema.kinds import FactKind
from api.schema.nodes import Node, PageInfo
from api.schema.roles import Role, visible
from api.schema.scalars import ID, DateTime
from api.schema.scenes import Scene, Shown
from graph import model


@object_type(visible=visible(Role.ANALYST, Role.KYC, Role.ADMIN))
class Fact(Node):
    """One immutable observation."""

    id: ID
    """Opaque id, `fac_...`."""
    fact: strawberry.Private[model.RecordedFact]
    scene: strawberry.Private[Scene]

    @field()
    def source_id(self) -> str:
        """The id that its source gave it."""
        return self.fact.source_id

    @field()
    def source(self) -> str:
        """Who reported it."""
        return self.fact.source

    @field()
    def kind(self) -> FactKind:
        """What it says."""
        return FactKind(self.fact.kind)

    @field()
    def sentence(self) -> str:
        """The same in one sentence, masked for the reader's role."""
        return self.fact.sentence

    @field()
    def occurred_at(self) -> DateTime:
        """When it happened in the world."""
        return self.fact.occurred_at

    @field()
    def recorded_at(self) -> DateTime:
        """When it was recorded here."""
        return self.fact.recorded_at

    @field(of=list[later("entities", "Entity")], directives=at_most(12))  # type: ignore[misc]  # looked up later
    async def entities(self) -> list[Shown]:
        """The entities it is about, at most 12."""
        found = await asyncio.gather(*(self.scene.shown(one) for one in self.fact.entities[:12]))
        return [one for one in found if one is not None]


def show_fact(fact: model.RecordedFact, scene: Scene) -> Fact:
    """The fact as the schema shows it."""
    return Fact(id=fact.id, fact=fact, scene=scene)


@object_type()
class FactEdge:
    """An item of a page."""

    cursor: str
    """Its place, to go on from."""
    node: Fact
    """The item."""


@object_type()
class FactConnection:
    """Facts, newest first: one page."""

    edges: list[FactEdge]
    """The items with their cursors."""
    page_info: PageInfo
    """Where this page stands."""
