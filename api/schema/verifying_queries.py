"""Reads of verifications and of work."""

from __future__ import annotations

from typing import Annotated, Any

from strawberry import UNSET

from api.schema.declaring import argument, field, object_type
from api.schema.entities import After, First
from api.schema.entity_types import ENTITY_TYPES
from api.schema.pages import refuse
from api.schema.roles import EVERYBODY, Role, visible
from api.schema.scalars import ID
from api.schema.scenes import Info, timeless
from api.schema.verifications import Verification, VerificationConnection, find_verification, page_of_verifications
from api.schema.verifying_inputs import VerificationFilter
from api.schema.work_items import WorkKind
from api.schema.work_lists import AssigneeFilter, WorkItemConnection, page_of_work
from graph.decoding import decode_reference
from graph.errors import Unknown
from identity.records import Query
from identity.verification import State

Raw = dict[str, Any]


@object_type()
class VerifyingQuery:
    """Reads of verifications."""

    @field(directives=[EVERYBODY])
    async def verification(self, info: Info, id: Annotated[ID, argument("Its id.")]) -> Verification | None:
        """A verification; null when unknown."""
        return await find_verification(timeless(info.context, ENTITY_TYPES), id)

    @field(directives=[EVERYBODY])
    async def verifications(
        self,
        info: Info,
        first: First,
        after: After = UNSET,
        filter: Annotated[Raw | None, argument("Which; left out: all.", of=VerificationFilter | None)] = UNSET,
    ) -> VerificationConnection:
        """Verifications, newest first."""
        given = filter or {}
        states = None if given.get("states") is None else frozenset(State(str(one)) for one in given["states"])
        if states is not None and not states:
            raise refuse("filter", "`filter.states` is empty, and nothing has none; leave it out for all.")
        subjects: tuple[str, ...] | None = None
        if given.get("subject") is not None:
            found = await _subject(info, given["subject"])
            subjects = () if found is None else (found,)
        query = Query(first, states=states, subjects=subjects, opened_after=given.get("openedAfter"))
        scope: list[object] = ["verifications", states, subjects, query.opened_after]
        return await page_of_verifications(timeless(info.context, ENTITY_TYPES), scope, query, after or None)

    @field(directives=[visible(Role.ANALYST, Role.KYC, Role.ADMIN)])
    async def work_list(
        self,
        info: Info,
        first: First,
        after: After = UNSET,
        kinds: Annotated[list[WorkKind] | None, argument("Only these kinds; left out: all that the role may do.")] = UNSET,
        assignee: Annotated[AssigneeFilter, argument("Whose.")] = AssigneeFilter.ANYBODY,
    ) -> WorkItemConnection:
        """What waits for a person, most urgent first."""
        whose = AssigneeFilter(str(assignee))
        return await page_of_work(timeless(info.context, ENTITY_TYPES), first, after or None, kinds or None, whose)


async def _subject(info: Info, raw: Raw) -> str | None:
    """The id of the subject that a filter names; None when nothing by that name is there."""
    graph, institution = info.context.graph, info.context.principal.institution.id
    try:
        name = decode_reference(raw, ("filter", "subject"))
    except Unknown:
        return None
    return await graph.entity_id(institution, name, await graph.now(institution))
