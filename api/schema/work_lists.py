"""The list of work: what waits for a person, most urgent first, whatever it is."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from api import work
from api.schema.declaring import enum_type, object_type
from api.schema.hits import find_hit
from api.schema.nodes import PageInfo
from api.schema.pages import turn
from api.schema.proposals import find_proposal
from api.schema.scenes import Scene, Shown
from api.schema.verifications import find_verification
from api.schema.work_items import WorkItem
from graph.store import Page


@enum_type
class AssigneeFilter(StrEnum):
    """Whose work."""

    ME = "ME"
    """My own."""
    NOBODY = "NOBODY"
    """Nobody's."""
    ANYBODY = "ANYBODY"
    """Anybody's."""


@object_type()
class WorkItemEdge:
    """An item of a page."""

    cursor: str
    """Its place, to go on from."""
    node: WorkItem
    """The item."""


@object_type()
class WorkItemConnection:
    """Work, most urgent first: one page."""

    edges: list[WorkItemEdge]
    """The items with their cursors."""
    page_info: PageInfo
    """Where this page stands."""


FINDERS = {
    work.WorkKind.VERIFICATION: find_verification,
    work.WorkKind.SCREENING_HIT: find_hit,
    work.WorkKind.PROPOSAL: find_proposal,
}
"""How each kind of work is found by its id."""


async def find_work(scene: Scene, id: str) -> Shown:
    """Anything that is or was work, by its id; None when there is none."""
    finders = {"ver": find_verification, "hit": find_hit, "pro": find_proposal}
    finder = finders.get(id.partition("_")[0])
    return None if finder is None else await finder(scene, id)


async def page_of_work(
    scene: Scene, first: int, after: str | None, kinds: Sequence[str] | None, assignee: AssigneeFilter
) -> WorkItemConnection:  # fmt: skip
    """One page of what waits for somebody with the reader's roles. Raises `InvalidInput`."""
    services, principal = scene.context.services, scene.context.principal
    may, see = work.readable(principal.roles), work.visible(principal.roles)
    wanted = may if kinds is None else see & {work.WorkKind(str(kind)) for kind in kinds}
    whose = {AssigneeFilter.ME: principal.id, AssigneeFilter.NOBODY: None, AssigneeFilter.ANYBODY: None}[assignee]

    async def read(place: str | None) -> Page[work.Item]:
        query = work.Query(first, place, wanted, assignee is AssigneeFilter.ANYBODY, whose)
        found, more = await services.records.read(
            lambda connection: work.listed(connection, principal.institution.id, query), institution=principal.institution.id
        )
        return Page(tuple(found), tuple(one.place for one in found), more)

    page, cursors, page_info = await turn(scene.context, ["work", wanted, assignee.value], first, after, read)
    edges = []
    for cursor, one in zip(cursors, page.items, strict=True):
        shown = await FINDERS[one.kind](scene, one.id)
        if shown is not None:  # done since the page was read
            edges.append(WorkItemEdge(cursor=cursor, node=shown))
    return WorkItemConnection(edges=edges, page_info=page_info)
