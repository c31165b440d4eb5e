"""Entities: what all of them have, and the kinds known by their value."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, TypeVar

import strawberry
from strawberry import UNSET

from api.schema.declaring import argument, field, interface, object_type
from api.schema.facts import FactConnection, FactEdge, show_fact
from api.schema.kinds import DeviceKind, DocumentKind, EntityKind, Standing, TieKind
from api.schema.nodes import Node
from api.schema.pages import turn
from api.schema.roles import EVERYBODY, Role, visible
from api.schema.scalars import ID, CountryCode, DateTime
from api.schema.scenes import Info, Scene
from api.schema.ties import TieConnection, TieEdge, show_tie
from graph import model

First = Annotated[int, argument("How many, 1 to 100.")]
After = Annotated[str | None, argument("The `endCursor` of the page before; left out: the first page.")]
K = TypeVar("K", bound=StrEnum)


@interface
class Entity(Node):
    """Something in the graph that can be tied to others. Reads under an `asOf` show it as it was known then."""

    id: ID
    """Opaque id, prefixed with its kind."""
    entity: strawberry.Private[model.Entity]
    scene: strawberry.Private[Scene]

    @field()
    def kind(self) -> EntityKind:
        """Which kind; equal to the type, for clients that only draw."""
        return KINDS[self.entity.kind]

    @field()
    def label(self) -> str:
        """A short name to show, masked for the reader's role: `Zhang *`, `138****8000`. Never null, never a full identity number."""
        return self.entity.label

    @field()
    def key(self) -> str | None:
        """Your own key for it; null for what is known by its value: account, device, phone, e-mail, IP address, place, document, face."""
        return self.entity.key

    @field()
    def first_at(self) -> DateTime:
        """Earliest moment in the world at which a fact names it."""
        return self.entity.first_at

    @field()
    def last_at(self) -> DateTime:
        """Latest moment in the world at which a fact names it."""
        return self.entity.last_at

    @field()
    def blocked(self) -> bool:
        """Whether it is blocked."""
        return self.entity.blocked

    @field()
    def standing(self) -> Standing:
        """What is known of its honesty."""
        return Standing(self.entity.standing)

    @field()
    async def ties(
        self,
        info: Info,
        first: First,
        after: After = UNSET,
        kinds: Annotated[list[TieKind] | None, argument("Only these; left out: all.")] = UNSET,
    ) -> TieConnection:
        """All its ties, last seen first: the way to page through a hub that a neighbourhood cuts short."""
        scene, own = self.scene, self.entity.id
        only = None if kinds is None else frozenset(model.TieKind(kind) for kind in kinds)
        graph, institution = info.context.graph, info.context.principal.institution.id
        page, cursors, page_info = await turn(
            info.context,
            ["ties", own, scene.as_of, only],
            first,
            after,
            lambda place: graph.ties(institution, own, scene.moment, first=first, after=place, kinds=only),
        )
        edges = [TieEdge(cursor=cursor, node=show_tie(tie, scene)) for cursor, tie in zip(cursors, page.items, strict=True)]
        return TieConnection(edges=edges, page_info=page_info)

    @field(directives=[visible(Role.ANALYST, Role.KYC, Role.ADMIN)])
    async def facts(self, info: Info, first: First, after: After = UNSET) -> FactConnection | None:
        """What was reported of it, newest first; null when masked."""
        scene, own = self.scene, self.entity.id
        graph, institution = info.context.graph, info.context.principal.institution.id
        page, cursors, page_info = await turn(
            info.context,
            ["facts", own, scene.as_of],
            first,
            after,
            lambda place: graph.facts(institution, own, scene.moment, first=first, after=place),
        )
        edges = [FactEdge(cursor=cursor, node=show_fact(fact, scene)) for cursor, fact in zip(cursors, page.items, strict=True)]
        return FactConnection(edges=edges, page_info=page_info)

    def text(self, name: str) -> str | None:
        """A described text that is nobody's secret; None when never reported."""
        value = self.entity.fields.get(name)
        return None if value is None else str(value)

    def whole(self, name: str) -> int | None:
        """A described whole number or moment; None when never reported."""
        value = self.entity.fields.get(name)
        assert value is None or isinstance(value, int), f"{name} is a whole number"
        return value

    async def personal(self, name: str) -> str | None:
        """A personal value in clear; None when never reported or erased. A decision's snapshot holds none: the graph is asked."""
        scene = self.scene
        whole = await scene.load_whole(self.entity.id) if scene.stored else self.entity
        return None if whole is None else scene.open(whole, name)


KINDS: Final = {kind: EntityKind[kind.name] for kind in model.EntityKind}
"""The schema's word for each kind of entity."""

KYC_ALONE: Final = visible(Role.KYC)
"""What only those read who may see personal data in full."""
STAFF: Final = visible(Role.ANALYST, Role.KYC)
"""What staff reads."""


@object_type(visible=EVERYBODY)
class Device(Entity):
    """A phone, terminal or computer."""

    @field(directives=[visible(Role.ANALYST, Role.KYC, Role.ADMIN)])
    async def fingerprint(self) -> str | None:
        """Its fingerprint or terminal number; null when masked."""
        return await self.personal("fingerprint")

    @field()
    def device_kind(self) -> DeviceKind | None:
        """What kind of device; null when never reported."""
        return one_of(DeviceKind, self.text("device_kind"))

    @field()
    def model(self) -> str | None:
        """Maker and model; null when never reported."""
        return self.text("model")


@object_type(visible=EVERYBODY)
class Phone(Entity):
    """A phone number."""

    @field(directives=[KYC_ALONE])
    async def number(self) -> str | None:
        """The number with country code; null when masked or erased."""
        return await self.personal("number")


@object_type(visible=EVERYBODY)
class Email(Entity):
    """An e-mail address."""

    @field(directives=[KYC_ALONE])
    async def address(self) -> str | None:
        """The address; null when masked or erased."""
        return await self.personal("address")


@object_type(visible=EVERYBODY)
class IpAddress(Entity):
    """An IP address."""

    @field(directives=[STAFF])
    async def address(self) -> str | None:
        """The address; null when masked or erased."""
        return await self.personal("address")


@object_type(visible=EVERYBODY)
class Place(Entity):
    """An address or spot."""

    @field(directives=[STAFF])
    async def address(self) -> str | None:
        """Address as reported; null when masked or erased."""
        return await self.personal("address")

    @field(directives=[STAFF])
    async def latitude(self) -> float | None:
        """Degrees north, WGS 84; null when masked or never reported."""
        return _degrees(await self.personal("latitude"))

    @field(directives=[STAFF])
    async def longitude(self) -> float | None:
        """Degrees east, WGS 84; null when masked or never reported."""
        return _degrees(await self.personal("longitude"))


@object_type(visible=EVERYBODY)
class Document(Entity):
    """An identity or registration number, held as a keyed token."""

    @field()
    def document_kind(self) -> DocumentKind:
        """Which document."""
        return DocumentKind(str(self.text("document_kind")))

    @field()
    def issued_by(self) -> CountryCode:
        """The country that issued it."""
        return str(self.text("issued_by"))

    @field(directives=[KYC_ALONE])
    async def number(self) -> str | None:
        """The number from the vault; null when masked, erased, or never seen in a verification."""
        return await self.personal("number")


@object_type(visible=EVERYBODY)
class Face(Entity):
    """A face seen in evidence. A weighted tie between people, never proof alone; the vector itself is never given out."""


def _degrees(text: str | None) -> float | None:
    return None if text is None else float(text)


def one_of(kinds: type[K], name: str | None) -> K | None:
    """The word of a closed set that a text is; None for None."""
    return None if name is None else kinds(name)
