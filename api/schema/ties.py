"""Ties: what the facts say about two entities."""

from __future__ import annotations

import strawberry

from api.schema.declaring import field, later, object_type
from api.schema.kinds import TieKind
from api.schema.money import Money
from api.schema.nodes import Node, PageInfo
from api.schema.roles import EVERYBODY
from api.schema.scalars import ID, DateTime, Probability
from api.schema.scenes import Scene, Shown
from graph import model

ENTITY = later("entities", "Entity")
ACCOUNT = later("accounts", "Account")
PERSON = later("people", "Person")


@object_type(visible=EVERYBODY)
class Tie(Node):
    """What the facts say about two entities, from the first to the last time that they said it."""

    id: ID
    """Opaque id, `tie_...`."""
    tie: strawberry.Private[model.Tie]
    scene: strawberry.Private[Scene]

    @field()
    def kind(self) -> TieKind:
        """Which tie, and so its direction."""
        return TieKind(self.tie.kind)

    @field(of=ENTITY, name="from")
    def from_(self) -> Shown:
        """The entity it starts from."""
        return self._end(self.tie.from_id)

    @field(of=ENTITY)
    def to(self) -> Shown:
        """The entity it points to."""
        return self._end(self.tie.to_id)

    @field()
    def weight(self) -> Probability:
        """How much it says that the two belong together: near 0 through something that thousands share, near 1 through something rare."""
        return self.tie.weight

    @field()
    def first_at(self) -> DateTime:
        """Earliest moment in the world at which it was seen."""
        return self.tie.first_at

    @field()
    def last_at(self) -> DateTime:
        """Latest moment in the world at which it was seen."""
        return self.tie.last_at

    @field()
    def recorded_at(self) -> DateTime:
        """When it was first recorded here."""
        return self.tie.recorded_at

    @field()
    def ended_at(self) -> DateTime | None:
        """When it ended; null while it holds. `node` and `ties` show an ended tie; walks, reach, weights and evidence leave it out."""
        return self.tie.ended_at

    @field()
    def count(self) -> int:
        """How many facts say it; for PAYS, PAID_OUT_TO and REPAYS the number of transfers."""
        return self.tie.count

    @field()
    def total(self) -> Money | None:
        """Sum of the transfers; null for ties that are not money."""
        if self.tie.total is None:
            return None
        return Money(amount=self.tie.total, currency=self.scene.context.principal.institution.currency)

    @field()
    def share(self) -> Probability | None:
        """Part owned, for OWNS and INVESTS_IN; null otherwise or when never reported."""
        return self.tie.share

    def _end(self, id_: str) -> Shown:
        """The entity at one end: at once when it came with the tie, else loaded with the other ties' ends."""
        known = self.scene.known.get(id_)
        return self.scene.shown(id_) if known is None else self.scene.show(known)


def show_tie(tie: model.Tie, scene: Scene) -> Tie:
    """The tie as the schema shows it."""
    return Tie(id=tie.id, tie=tie, scene=scene)


@object_type()
class TieEdge:
    """An item of a page."""

    cursor: str
    """Its place, to go on from."""
    node: Tie
    """The item."""


@object_type()
class TieConnection:
    """An entity's ties: one page."""

    edges: list[TieEdge]
    """The items with their cursors."""
    page_info: PageInfo
    """Where this page stands."""
