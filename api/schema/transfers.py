"""Single movements of money."""

from __future__ import annotations

from enum import StrEnum

import strawberry

from api.schema.declaring import enum_type, field, object_type
from api.schema.kinds import TransferKind
from api.schema.money import Money
from api.schema.nodes import Node, PageInfo
from api.schema.roles import Role, visible
from api.schema.scalars import ID, DateTime
from api.schema.scenes import Scene, Shown
from api.schema.ties import ACCOUNT
from graph import model

READERS = visible(Role.ANALYST, Role.KYC, Role.ADMIN)
"""Who reads single transfers."""


@object_type(visible=READERS)
class Transfer(Node):
    """One movement of money between two accounts."""

    id: ID
    """Opaque id, `trf_...`."""
    transfer: strawberry.Private[model.ListedTransfer]
    scene: strawberry.Private[Scene]

    @field()
    def key(self) -> str | None:
        """Your key of it; null when another source reported it."""
        return self.transfer.key

    @field(of=ACCOUNT, name="from")
    async def from_(self) -> Shown:
        """The account that paid."""
        return await self.scene.shown(self.transfer.from_id)

    @field(of=ACCOUNT)
    async def to(self) -> Shown:
        """The account that received."""
        return await self.scene.shown(self.transfer.to_id)

    @field()
    def amount(self) -> Money:
        """How much."""
        return Money(amount=self.transfer.amount, currency=self.scene.context.principal.institution.currency)

    @field()
    def kind(self) -> TransferKind:
        """What for."""
        return TransferKind(self.transfer.kind)

    @field()
    def occurred_at(self) -> DateTime:
        """When it was made."""
        return self.transfer.occurred_at

    @field()
    def recorded_at(self) -> DateTime:
        """When it was recorded here."""
        return self.transfer.recorded_at

    @field()
    def reversed_at(self) -> DateTime | None:
        """When it was reversed; null while it stands."""
        return self.transfer.reversed_at


def show_transfer(transfer: model.ListedTransfer, scene: Scene) -> Transfer:
    """The transfer as the schema shows it."""
    return Transfer(id=transfer.id, transfer=transfer, scene=scene)


@object_type()
class TransferEdge:
    """An item of a page."""

    cursor: str
    """Its place, to go on from."""
    node: Transfer
    """The item."""


@object_type()
class TransferConnection:
    """Transfers, newest first: one page."""

    edges: list[TransferEdge]
    """The items with their cursors."""
    page_info: PageInfo
    """Where this page stands."""


@enum_type
class TransferDirection(StrEnum):
    """Which way money went, seen from an account."""

    IN = "IN"
    """Into the account."""
    OUT = "OUT"
    """Out of the account."""
