"""Rings: people and merchants tied so closely that they act as one, with their members and what happened to them."""

from __future__ import annotations

from typing import Any, Final

import orjson
import strawberry
from strawberry import UNSET

from api.rings import records
from api.rings.records import DAY, MILLION, KeptEvent, KeptRing
from api.rings.records import Membership as KeptMembership
from api.rings.telling import event_sentence
from api.schema.costs import Cost, at_most
from api.schema.declaring import field, later, object_type
from api.schema.entities import After, First
from api.schema.flow_scopes import Following, TransferTotals
from api.schema.money import Money
from api.schema.nodes import Node, PageInfo
from api.schema.pages import turn
from api.schema.ring_loading import places_of, rings_of
from api.schema.ring_parts import WORDS, RingEventKind, RingScorePart, RingShape, RingState
from api.schema.ring_pictures import draw_ring
from api.schema.roles import EVERYBODY, Role, visible
from api.schema.scalars import ID, DateTime, Probability
from api.schema.scenes import Info, Scene, Shown, present
from api.schema.subgraphs import Subgraph
from api.schema.ties import ENTITY
from graph.flows.between_members import BetweenMembers
from graph.flows.scope import Scope, Window
from graph.model import Instant
from graph.rings.sharing import Shared
from graph.rings.weights import DEFAULT
from graph.store import Page

INSIDE_DAYS: Final = 90
MOST_MEMBERS: Final = 1_000
"""Members whose money is looked at; a ring is refined while it has 300 actors at most, of whom few have several shops."""


@object_type(visible=EVERYBODY)
class Ring(Node):
    """People and merchants tied so closely that they act as one. Keeps its id through growth, merging and splitting."""

    id: ID
    """Opaque id, `rin_...`."""
    kept: strawberry.Private[KeptRing]
    scene: strawberry.Private[Scene]

    @field()
    def state(self) -> RingState:
        """Where it stands."""
        return RingState(self.kept.state)

    @field()
    def version(self) -> int:
        """Rises with each change; give it back when you change it."""
        return self.kept.version

    @field()
    def score(self) -> Probability:
        """How likely it is to be fraud, as calibrated on known outcomes."""
        return self.kept.score / MILLION

    @field(directives=[visible(Role.ANALYST, Role.ADMIN), *at_most(12)])
    def score_parts(self) -> list[RingScorePart] | None:
        """What the score is made of, weightiest first; null when masked."""
        return [RingScorePart(code=one.code, weight=one.weight, sentence=one.sentence) for one in self.kept.parts]

    @field()
    def shapes(self) -> list[RingShape]:
        """What it looks like."""
        return [RingShape(one) for one in self.kept.shapes.split()]

    @field()
    def merchant_count(self) -> int:
        """Members that are merchants."""
        return self.kept.merchants

    @field()
    def member_count(self) -> int:
        """Members in all."""
        return self.kept.members

    @field()
    async def joined_last_day(self, info: Info) -> int:
        """Members added in the last 24 hours."""
        services, institution = info.context.services, info.context.principal.institution.id
        after = services.now() - DAY
        return await services.records.read(
            lambda connection: records.joined(connection, institution, self.id, after), institution=institution
        )

    @field()
    def exposure(self) -> Money:
        """Still owed by its members to this institution."""
        return self._money(self.kept.exposure)

    @field()
    def loss(self) -> Money:
        """Lost through its members by this institution."""
        return self._money(self.kept.loss)

    @field()
    def defaulted_share(self) -> Probability | None:
        """Part of its members' loans that defaulted or were fraud; null when it has no loan that ended."""
        return self.kept.bad / self.kept.ended if self.kept.ended else None

    @field(directives=[visible(Role.ANALYST, Role.ADMIN)])
    async def inside(self, info: Info) -> TransferTotals | None:
        """Money between members in the last 90 days; null when masked."""
        services, institution = info.context.services, info.context.principal.institution.id
        found = await services.records.read(
            lambda connection: records.entities_of(connection, institution, self.id), institution=institution
        )
        scene = Scene(info.context, await present(info.context), self.scene.types)
        window = Window(scene.moment.at - INSIDE_DAYS * DAY, scene.moment.at)
        following = Following(self.id, scene, Scope(window))
        return following.totals(await following.ask(BetweenMembers(tuple(sorted(found)[:MOST_MEMBERS]), following.scope)))

    @field()
    def first_at(self) -> DateTime:
        """Earliest thing that ties them."""
        return self.kept.first_at

    @field()
    def last_at(self) -> DateTime:
        """Latest thing that ties them."""
        return self.kept.last_at

    @field()
    def found_at(self) -> DateTime:
        """When it was found."""
        return self.kept.found_at

    @field(of=later("rings", "Ring") | None)
    async def merged_into(self) -> Shown:
        """The ring it became part of; null unless MERGED."""
        return None if self.kept.merged_into is None else await find_ring(self.scene, self.kept.merged_into)

    @field(of=later("rings", "RingMembershipConnection") | None, directives=[visible(Role.ANALYST, Role.KYC)])
    async def members(self, info: Info, first: First, after: After = UNSET) -> Shown:
        """Its members, strongest first; null when masked."""
        services, institution = info.context.services, info.context.principal.institution.id

        async def read(place: str | None) -> Page[KeptMembership]:
            items, places, more = await services.records.read(
                lambda connection: records.members_of(connection, institution, self.id, first, place), institution=institution
            )
            return Page(tuple(items), tuple(places), more)

        page, cursors, page_info = await turn(info.context, ["ring.members", self.id], first, after or None, read)
        shown = [show_membership(one, self.scene) for one in page.items]
        edges = [RingMembershipEdge(cursor=cursor, node=one) for cursor, one in zip(cursors, shown, strict=True)]
        return RingMembershipConnection(edges=edges, page_info=page_info)

    @field(directives=[visible(Role.ANALYST, Role.KYC), Cost(weight=20)])
    async def subgraph(self, info: Info) -> Subgraph | None:
        """Its members and what ties them, at most 200 entities and 400 ties; null when masked."""
        return await draw_ring(Scene(info.context, await present(info.context), self.scene.types), self.id)

    @field(of=later("rings", "RingEventConnection") | None, directives=[visible(Role.ANALYST, Role.ADMIN)])
    async def history(self, info: Info, first: First, after: After = UNSET) -> Shown:
        """What happened to it, newest first; null when masked."""
        services, institution = info.context.services, info.context.principal.institution.id

        async def read(place: str | None) -> Page[KeptEvent]:
            items, places, more = await services.records.read(
                lambda connection: records.history(connection, institution, self.id, first, place), institution=institution
            )
            return Page(tuple(items), tuple(places), more)

        page, cursors, page_info = await turn(info.context, ["ring.history", self.id], first, after or None, read)
        shown = [show_event(one, self.scene) for one in page.items]
        edges = [RingEventEdge(cursor=cursor, node=one) for cursor, one in zip(cursors, shown, strict=True)]
        return RingEventConnection(edges=edges, page_info=page_info)

    def _money(self, amount: int) -> Money:
        return Money(amount=amount, currency=self.scene.context.principal.institution.currency)


@object_type(visible=EVERYBODY)
class RingMembership(Node):
    """One entity's part in a ring."""

    id: ID
    """Opaque id, `mem_...`."""
    kept: strawberry.Private[KeptMembership]
    scene: strawberry.Private[Scene]

    @field()
    async def ring(self) -> Ring:
        """The ring."""
        found = await find_ring(self.scene, self.kept.ring)
        assert found is not None, "rings stay, whatever becomes of them"
        return found

    @field(of=ENTITY)
    async def member(self, info: Info) -> Any:  # noqa: ANN401 - one of the entities' types
        """The merchant or person."""
        scene = Scene(info.context, await present(info.context), self.scene.types)
        return await scene.shown(self.kept.entity)

    @field()
    def strength(self) -> Probability:
        """How strongly it is tied to the rest."""
        return 1 / (1 + 2 ** ((DEFAULT.strong - self.kept.weight) / 1_000))

    @field()
    def sentence(self) -> str:
        """Why it belongs, in one sentence, masked for the reader's role."""
        kinds = [WORDS[Shared(one)] for one in orjson.loads(self.kept.because)]
        if not kinds:
            return "A person said that it acts as one with another member."
        said = kinds[0] if len(kinds) == 1 else f"{', '.join(kinds[:-1])} and {kinds[-1]}"
        return f"Shares {said} with another member."

    @field()
    def joined_at(self) -> DateTime:
        """Since when."""
        return self.kept.since


@object_type(visible=visible(Role.ANALYST, Role.KYC, Role.ADMIN))
class RingEvent(Node):
    """Something that happened to a ring."""

    id: ID
    """Opaque id, `rev_...`."""
    kept: strawberry.Private[KeptEvent]
    scene: strawberry.Private[Scene]

    @field()
    def kind(self) -> RingEventKind:
        """What happened."""
        return RingEventKind(self.kept.kind)

    @field()
    def at(self) -> DateTime:
        """When."""
        return self.kept.at

    @field()
    def sentence(self) -> str:
        """The same in one sentence."""
        return event_sentence(self.kept)

    @field()
    def member_count(self) -> int:
        """Members after it."""
        return self.kept.members

    @field()
    async def other(self) -> Ring | None:
        """The other ring, of MERGED and SPLIT; null otherwise."""
        return None if self.kept.other is None else await find_ring(self.scene, self.kept.other)


@object_type()
class RingMembershipEdge:
    """An item of a page."""

    cursor: str
    """Its place, to go on from."""
    node: RingMembership
    """The item."""


@object_type()
class RingMembershipConnection:
    """Members, strongest first: one page."""

    edges: list[RingMembershipEdge]
    """The items with their cursors."""
    page_info: PageInfo
    """Where this page stands."""


@object_type()
class RingEventEdge:
    """An item of a page."""

    cursor: str
    """Its place, to go on from."""
    node: RingEvent
    """The item."""


@object_type()
class RingEventConnection:
    """Events, newest first: one page."""

    edges: list[RingEventEdge]
    """The items with their cursors."""
    page_info: PageInfo
    """Where this page stands."""


def show_ring(kept: KeptRing, scene: Scene) -> Ring:
    """A ring as the schema shows it."""
    return Ring(id=kept.id, kept=kept, scene=scene)


def show_membership(kept: KeptMembership, scene: Scene) -> RingMembership:
    """A membership as the schema shows it."""
    return RingMembership(id=kept.id, kept=kept, scene=scene)


def show_event(kept: KeptEvent, scene: Scene) -> RingEvent:
    """Something that happened as the schema shows it."""
    return RingEvent(id=kept.id, kept=kept, scene=scene)


async def find_ring(scene: Scene, id: str) -> Ring | None:
    """A ring by its id; None when there is none. Those of one operation are read together."""
    found = await rings_of(scene.context).load(id)
    return None if found is None else show_ring(found, scene)


async def place_in_ring(scene: Scene, entities: tuple[str, ...], at: Instant | None) -> RingMembership | None:
    """The first of these entities' place in a ring, as it was found to be at a moment (None: now); None when they are in none."""
    for entity in entities:
        found = await places_of(scene.context).load((entity, at))
        if found is not None:
            return show_membership(found, scene)
    return None


async def find_membership(scene: Scene, id: str) -> RingMembership | None:
    """A membership by its id; None when there is none."""
    institution = scene.context.principal.institution.id
    found = await scene.context.services.records.read(
        lambda connection: records.membership(connection, institution, id), institution=institution
    )
    return None if found is None else show_membership(found, scene)


async def find_event(scene: Scene, id: str) -> RingEvent | None:
    """Something that happened to a ring by its id; None when there is nothing."""
    institution = scene.context.principal.institution.id
    found = await scene.context.services.records.read(
        lambda connection: records.event(connection, institution, id), institution=institution
    )
    return None if found is None else show_event(found, scene)
