"""Finding entities by name, key or standing."""

from __future__ import annotations

from typing import Annotated, Any, Final

from strawberry import UNSET

from api.schema.costs import Cost
from api.schema.declaring import argument, field, input_type, object_type
from api.schema.entities import After, Entity, First
from api.schema.entity_types import ENTITY_TYPES
from api.schema.kinds import EntityKind, Standing
from api.schema.nodes import PageInfo
from api.schema.pages import refuse, turn
from api.schema.roles import Role, visible
from api.schema.scalars import DateTime
from api.schema.scenes import Info, Scene, present
from graph import model
from graph.store import Wanted

Raw = dict[str, Any]
SHORTEST: Final = 2
LONGEST: Final = 100


@input_type()
class EntityFilter:
    """Which entities. All that is given must hold."""

    kinds: list[EntityKind] | None = UNSET
    """Of these kinds."""
    text: str | None = UNSET
    """With this in name or key, 2 to 100 characters; personal names only for roles that may read them."""
    standings: list[Standing] | None = UNSET
    """With one of these standings."""
    blocked: bool | None = UNSET
    """Blocked or not."""
    seen_after: DateTime | None = UNSET
    """Last seen after this moment."""


@object_type()
class EntityEdge:
    """An item of a page."""

    cursor: str
    """Its place, to go on from."""
    node: Entity
    """The item."""


@object_type()
class EntityConnection:
    """Entities, last seen first: one page."""

    edges: list[EntityEdge]
    """The items with their cursors."""
    page_info: PageInfo
    """Where this page stands."""


@object_type()
class FindingQuery:
    """Finding entities."""

    @field(directives=[visible(Role.ANALYST, Role.KYC), Cost(weight=5)])
    async def entities(
        self, info: Info, first: First, filter: Annotated[Raw, argument("Which.", of=EntityFilter)], after: After = UNSET
    ) -> EntityConnection:
        """Entities by name, key or standing, last seen first."""
        wanted, context = read_filter(filter), info.context
        institution = context.principal.institution.id
        scope = ["entities", wanted.kinds, wanted.text, wanted.standings, wanted.blocked, wanted.seen_after]
        page, cursors, page_info = await turn(
            context, scope, first, after or None, lambda place: context.graph.find(institution, wanted, first=first, after=place)
        )
        scene = Scene(context, await present(context), ENTITY_TYPES).among(page.items)
        edges = [EntityEdge(cursor=cursor, node=scene.show(one)) for cursor, one in zip(cursors, page.items, strict=True)]
        return EntityConnection(edges=edges, page_info=page_info)


def read_filter(raw: Raw) -> Wanted:
    """What a filter asks for. Raises `InvalidInput` for one that is empty or out of bounds."""
    kinds = None if raw.get("kinds") is None else frozenset(model.EntityKind[str(one)] for one in raw["kinds"])
    standings = None if raw.get("standings") is None else frozenset(model.Standing(str(one)) for one in raw["standings"])
    for name, some in (("kinds", kinds), ("standings", standings)):
        if some is not None and not some:
            raise refuse("filter", f"`filter.{name}` is empty, and nothing has none; leave it out for all.")
    text = raw.get("text")
    if text is not None and not SHORTEST <= len(text) <= LONGEST:
        raise refuse("filter", f"`filter.text` has {len(text):,} characters; give {SHORTEST} to {LONGEST}.")
    return Wanted(kinds, text, standings, raw.get("blocked"), raw.get("seenAfter"))
