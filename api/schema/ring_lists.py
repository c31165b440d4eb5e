"""Lists of rings, and reads of them."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any

from strawberry import UNSET

from api.rings import records
from api.rings.records import MILLION, KeptRing, Order, Query, State
from api.schema.costs import Cost
from api.schema.declaring import argument, enum_type, field, input_type, object_type
from api.schema.entities import After, First
from api.schema.entity_types import ENTITY_TYPES
from api.schema.money import MoneyInput
from api.schema.nodes import PageInfo
from api.schema.pages import refuse, turn
from api.schema.references import EntityReference
from api.schema.ring_parts import RingShape, RingState
from api.schema.rings import Ring, find_ring, show_ring
from api.schema.roles import EVERYBODY, Role, visible
from api.schema.scalars import ID, DateTime, Probability
from api.schema.scenes import Info, timeless
from graph.decoding import decode_reference
from graph.errors import Unknown
from graph.fields import Reading
from graph.store import Page

Raw = dict[str, Any]


@object_type()
class RingEdge:
    """An item of a page."""

    cursor: str
    """Its place, to go on from."""
    node: Ring
    """The item."""


@object_type()
class RingConnection:
    """Rings: one page."""

    edges: list[RingEdge]
    """The items with their cursors."""
    page_info: PageInfo
    """Where this page stands."""


@input_type()
class RingFilter:
    """Which rings. All that is given must hold."""

    states: list[RingState] | None = UNSET
    """In one of these states; left out: SUSPECTED and CONFIRMED."""
    shapes: list[RingShape] | None = UNSET
    """With one of these shapes."""
    member: EntityReference | None = UNSET
    """With this member."""
    minimum_score: Probability | None = UNSET
    """At least this likely to be fraud."""
    minimum_exposure: MoneyInput | None = UNSET
    """With at least this still owed."""
    active_after: DateTime | None = UNSET
    """Active after this moment."""


@enum_type
class RingOrder(StrEnum):
    """Order of rings, each from the most to the least."""

    SCORE = "SCORE"
    """Likelihood of fraud."""
    EXPOSURE = "EXPOSURE"
    """Money still owed."""
    GROWTH = "GROWTH"
    """Members added in the last 24 hours."""
    LATEST = "LATEST"
    """Latest activity."""


@object_type()
class RingQuery:
    """Reads of rings."""

    @field(directives=[EVERYBODY])
    async def ring(self, info: Info, id: Annotated[ID, argument("Its id.")]) -> Ring | None:
        """A ring; null when unknown."""
        return await find_ring(timeless(info.context, ENTITY_TYPES), id)

    @field(directives=[visible(Role.ANALYST, Role.KYC, Role.ADMIN), Cost(weight=5)])
    async def rings(
        self,
        info: Info,
        first: First,
        after: After = UNSET,
        filter: Annotated[Raw | None, argument("Which; left out: suspected and confirmed ones.", of=RingFilter | None)] = UNSET,
        order_by: Annotated[RingOrder, argument("In which order, each from the most to the least.")] = RingOrder.SCORE,
    ) -> RingConnection:
        """Rings of this institution."""
        query = await _query(info, first, filter or {}, Order(str(order_by)))
        services, institution, now = info.context.services, info.context.principal.institution.id, info.context.services.now()

        async def read(place: str | None) -> Page[KeptRing]:
            items, places, more = await services.records.read(
                lambda connection: records.listed(connection, institution, replace(query, after=place), now), institution=institution
            )
            return Page(tuple(items), tuple(places), more)

        scope = ["rings", query.order, query.states, query.shapes, query.member, query.score, query.exposure, query.active_after]
        page, cursors, page_info = await turn(info.context, scope, first, after or None, read)
        scene = timeless(info.context, ENTITY_TYPES)
        edges = [RingEdge(cursor=cursor, node=show_ring(one, scene)) for cursor, one in zip(cursors, page.items, strict=True)]
        return RingConnection(edges=edges, page_info=page_info)


async def _query(info: Info, first: int, given: Raw, order: Order) -> Query:
    """What is asked for. Raises `InvalidInput`."""
    states = None if given.get("states") is None else frozenset(State(str(one)) for one in given["states"])
    shapes = None if given.get("shapes") is None else frozenset(str(one) for one in given["shapes"])
    for name, some in (("states", states), ("shapes", shapes)):
        if some is not None and not some:
            raise refuse("filter", f"`filter.{name}` is empty, and nothing has none; leave it out for all.")
    reading = Reading(info.context.principal.institution, info.context.services.now())
    exposure = reading.money({"minimumExposure": given.get("minimumExposure")}, ("filter",), "minimumExposure")
    reading.finish()
    score = given.get("minimumScore")
    query = Query(
        first,
        order=order,
        shapes=shapes,
        score=None if score is None else round(score * MILLION),
        exposure=exposure,
        active_after=given.get("activeAfter"),
        member=None if given.get("member") is None else await _member(info, given["member"]),
    )
    return query if states is None else replace(query, states=states)


async def _member(info: Info, raw: Raw) -> str:
    """The id of the member that a filter names; of nobody that is here, what is no id."""
    graph, institution = info.context.graph, info.context.principal.institution.id
    try:
        name = decode_reference(raw, ("filter", "member"))
    except Unknown:
        return ""
    return await graph.entity_id(institution, name, await graph.now(institution)) or ""
