"""All reads. Each root field finds where to start and at which moment; what is below reads on from there."""

from __future__ import annotations

from typing import Annotated, Any, Final

from strawberry import UNSET

from api.schema.costs import Cost, ListSize
from api.schema.decisions import Decision, DecisionConnection, DecisionFilter, load_decision, page_of_decisions, show_decision
from api.schema.declaring import argument, field, object_type
from api.schema.entities import After, Entity, First
from api.schema.entity_types import ENTITY_TYPES
from api.schema.filters import decision_query
from api.schema.finding import FindingQuery
from api.schema.kinds import TieKind
from api.schema.merchants import Merchant
from api.schema.nodes import Node
from api.schema.nodes_by_id import find_node, is_id
from api.schema.operating import Operations, RateLimit, show_operations, show_rate_limit
from api.schema.pages import refuse, within
from api.schema.principals import Principal, show_principal
from api.schema.references import EntityReference, Reference
from api.schema.ring_lists import RingQuery
from api.schema.roles import EVERYBODY, Role, visible
from api.schema.scalars import ID, DateTime, Milliseconds, Probability
from api.schema.scenes import Info, Scene, Shown, present, stated, timeless, too_far_ahead
from api.schema.screening import ScreeningResult, ScreenNameInput, Watchlist, screen_name, show_watchlists
from api.schema.subgraphs import PathSearch, Subgraph, show_neighbourhood, show_paths
from api.schema.verifying_queries import VerifyingQuery
from graph import model
from graph.decoding import decode_merchant_reference, decode_reference
from graph.errors import Unknown

Raw = dict[str, Any]
AsOfBelow = Annotated[
    DateTime | None,
    argument("As it was at, and known at, this moment, with all below it; left out: now. More than 5 minutes ahead is refused."),
]
AsOf = Annotated[DateTime | None, argument("As it was at, and known at, this moment; left out: now. More than 5 minutes ahead is refused.")]
_STAFF: Final = visible(Role.ANALYST, Role.KYC)


@object_type()
class Query(VerifyingQuery, RingQuery, FindingQuery):
    """All reads. A thing of another institution does not exist here."""

    @field(directives=[EVERYBODY])
    def me(self, info: Info) -> Principal:
        """The principal that the credential names."""
        return show_principal(info.context.principal)

    @field(directives=[EVERYBODY])
    async def operations(self, info: Info) -> Operations:
        """How the service is doing."""
        return await show_operations(info.context)

    @field(directives=[EVERYBODY])
    def rate_limit(self, info: Info) -> RateLimit:
        """How much more this principal may ask."""
        return show_rate_limit(info.context)

    @field(directives=[EVERYBODY])
    async def node(self, info: Info, id: Annotated[ID, argument("An id given out by this API.")]) -> Node | None:
        """Anything by its id; null when it does not exist or the role may not read it."""
        found: Node | None = await find_node(timeless(info.context, ENTITY_TYPES), id)
        return found

    @field(directives=[EVERYBODY])
    async def merchant(
        self, info: Info, reference: Annotated[Raw, argument("Which merchant.", of=Reference)], as_of: AsOfBelow = UNSET
    ) -> Merchant | None:
        """A merchant; null when unknown."""
        scene = await scene_at(info, as_of)
        try:
            name = decode_merchant_reference(model.EntityKind.MERCHANT, reference, ("reference",))
        except Unknown:
            return None
        found = await _entity(scene, name)
        return found if isinstance(found, Merchant) else None

    @field(directives=[EVERYBODY])
    async def entity(
        self, info: Info, reference: Annotated[Raw, argument("Which entity.", of=EntityReference)], as_of: AsOfBelow = UNSET
    ) -> Entity | None:
        """Any entity; null when unknown."""
        scene = await scene_at(info, as_of)
        try:
            name = decode_reference(reference, ("reference",))
        except Unknown:
            return None
        found: Entity | None = await _entity(scene, name)
        return found

    @field(
        directives=[
            _STAFF,
            Cost(weight=20),
            ListSize(slicing_arguments=["maximumEntities"], sized_fields=["entities"]),
            ListSize(slicing_arguments=["maximumTies"], sized_fields=["ties"]),
        ]
    )
    async def neighbourhood(
        self,
        info: Info,
        centre: Annotated[Raw, argument("The entity at the centre.", of=EntityReference)],
        as_of: AsOf = UNSET,
        depth: Annotated[int, argument("Ties from the centre, 1 to 4.")] = 2,
        kinds: Annotated[list[TieKind] | None, argument("Only these ties; left out: all.")] = UNSET,
        minimum_weight: Annotated[Probability, argument("Only ties of at least this weight.")] = 0,
        ties_per_entity: Annotated[int, argument("Ties followed from one entity, newest first, 1 to 500.")] = 50,
        maximum_entities: Annotated[int, argument("Entities in all, 1 to 300.")] = 100,
        maximum_ties: Annotated[int, argument("Ties in all, 1 to 600.")] = 200,
        deadline: Annotated[Milliseconds, argument("Longest to walk, 10 to 2,000 ms.")] = 350,
    ) -> Subgraph | None:
        """The bounded piece of graph around an entity; null when it is unknown. A root field only, so that no walk starts inside a list."""
        within("depth", depth, 1, 4)
        within("tiesPerEntity", ties_per_entity, 1, 500)
        within("maximumEntities", maximum_entities, 1, 300)
        within("maximumTies", maximum_ties, 1, 600)
        within("deadline", deadline, 10, 2_000, " ms")
        scene = await scene_at(info, as_of)
        start = await _id(scene, centre, "centre")
        if start is None:
            return None
        bounds = model.WalkBounds(depth, ties_per_entity, maximum_entities, maximum_ties, minimum_weight, _kinds(kinds))
        institution = info.context.principal.institution.id
        hood = await info.context.graph.neighbourhood(institution, start, scene.moment, bounds, deadline=deadline / 1_000)
        return None if hood is None else show_neighbourhood(hood, scene)

    @field(directives=[_STAFF, Cost(weight=20), ListSize(slicing_arguments=["maximumPaths"], sized_fields=["paths"])])
    async def paths(
        self,
        info: Info,
        from_: Annotated[Raw, argument("Where they start.", of=EntityReference, name="from")],
        to: Annotated[Raw, argument("Where they end.", of=EntityReference)],
        as_of: AsOf = UNSET,
        kinds: Annotated[list[TieKind] | None, argument("Only these ties; left out: all.")] = UNSET,
        maximum_length: Annotated[int, argument("Longest chain in ties, 1 to 6.")] = 4,
        maximum_paths: Annotated[int, argument("How many chains, 1 to 20.")] = 5,
        deadline: Annotated[Milliseconds, argument("Longest to search, 10 to 2,000 ms.")] = 350,
    ) -> PathSearch | None:
        """The strongest chains of ties between two entities; null when one is unknown."""
        within("maximumLength", maximum_length, 1, 6)
        within("maximumPaths", maximum_paths, 1, 20)
        within("deadline", deadline, 10, 2_000, " ms")
        scene = await scene_at(info, as_of)
        start, end = await _id(scene, from_, "from"), await _id(scene, to, "to")
        if start is None or end is None:
            return None
        search = await info.context.graph.paths(
            info.context.principal.institution.id,
            start,
            end,
            scene.moment,
            kinds=_kinds(kinds),
            maximum_length=maximum_length,
            maximum_paths=maximum_paths,
            deadline=deadline / 1_000,
        )
        return show_paths(search, scene)

    @field(directives=[EVERYBODY])
    async def decision(self, info: Info, id: Annotated[ID, argument("Its id.")]) -> Decision | None:
        """A decision; null when unknown."""
        found = await load_decision(info.context, id) if is_id(id, "dec") else None
        return None if found is None else show_decision(found, timeless(info.context, ENTITY_TYPES), None)

    @field(directives=[EVERYBODY])
    async def decisions(
        self,
        info: Info,
        first: First,
        after: After = UNSET,
        filter: Annotated[Raw | None, argument("Which; left out: all.", of=DecisionFilter | None)] = UNSET,
    ) -> DecisionConnection:
        """Decisions, newest first."""
        query = decision_query(info.context, first, filter or {})
        which = [query.loan, query.merchant, query.verdicts, query.reason_code, query.degraded, query.decided_after, query.decided_before]
        return await page_of_decisions(timeless(info.context, ENTITY_TYPES), ["decisions", *which], query, after)

    @field(directives=[visible(Role.SERVICE, Role.ANALYST, Role.KYC), Cost(weight=30)])
    async def screen_name(self, info: Info, input: Annotated[Raw, argument("The name.", of=ScreenNameInput)]) -> ScreeningResult:
        """Compare a name with the lists, without recording anything but the audit entry."""
        return await screen_name(info.context, input)

    @field(directives=[EVERYBODY, ListSize(assumed_size=20)])
    async def watchlists(self, info: Info) -> list[Watchlist]:
        """The lists in force."""
        return await show_watchlists(info.context)


async def scene_at(info: Info, as_of: DateTime | None) -> Scene:
    """The scene of one root field: at the present, or with both clocks at `as_of`. Raises `InvalidInput` for more than 5 minutes ahead."""
    context = info.context
    if as_of is None:
        return Scene(context, await present(context), ENTITY_TYPES)
    if too_far_ahead(as_of, context.services.now()):
        raise refuse("asOf", "`asOf` is at most 5 minutes ahead of now; leave it out for the present.")
    return Scene(context, stated(as_of), ENTITY_TYPES, as_of)


async def _id(scene: Scene, reference: Raw, argument_name: str) -> str | None:
    """The id of the entity that an argument names; None when nothing by that name was there."""
    try:
        name = decode_reference(reference, (argument_name,))
    except Unknown:
        return None
    return await scene.context.graph.entity_id(scene.context.principal.institution.id, name, scene.moment)


async def _entity(scene: Scene, name: model.EntityName) -> Shown:
    found = await scene.context.graph.entity_id(scene.context.principal.institution.id, name, scene.moment)
    return None if found is None else await scene.shown(found)


def _kinds(kinds: list[TieKind] | None) -> frozenset[model.TieKind] | None:
    return None if kinds is None else frozenset(model.TieKind(kind) for kind in kinds)
