"""What waits for a person, whatever it is: the interface, and who works on it."""

from __future__ import annotations

from enum import StrEnum

import strawberry
from strawberry.dataloader import DataLoader

from api import work
from api.auth.principals import principal_by_id
from api.context import Context
from api.schema.declaring import enum_type, field, interface
from api.schema.nodes import Node
from api.schema.principals import Principal, show_principal
from api.schema.scalars import ID, DateTime
from api.schema.scenes import Info, Scene


@enum_type
class WorkKind(StrEnum):
    """Kinds of work that waits for a person. More may be added."""

    VERIFICATION = "VERIFICATION"
    """A verification that was referred."""
    SCREENING_HIT = "SCREENING_HIT"
    """A possible match with a list."""
    PROPOSAL = "PROPOSAL"
    """A proposal that needs a second person."""


@interface
class WorkItem(Node):
    """Something that waits for a person."""

    id: ID
    """Opaque id."""
    title: str
    """What it is, in a few words, masked for the reader's role."""
    opened_at: DateTime
    """When it was opened."""
    due_at: DateTime | None
    """When it should be done; null without a bound."""
    scene: strawberry.Private[Scene]

    @field()
    async def assignee(self, info: Info) -> Principal | None:
        """Who works on it; null while nobody does."""
        found = await _assignees(info.context).load(self.id)
        return None if found is None else await load_principal(info.context, found)


async def load_principal(context: Context, id: str) -> Principal | None:
    """A principal of the institution; None for the system and for one who is gone."""
    principals: DataLoader[str, Principal | None] | None = context.loaders.get("principals")
    if principals is None:
        institution = context.principal.institution.id

        async def read(ids: list[str]) -> list[Principal | None]:
            found = await context.services.records.read(
                lambda connection: [principal_by_id(connection, institution, one) for one in ids], institution=institution
            )
            return [None if one is None else show_principal(one) for one in found]

        principals = context.loaders["principals"] = DataLoader(load_fn=read)
    return await principals.load(id)


def _assignees(context: Context) -> DataLoader[str, str | None]:
    loader: DataLoader[str, str | None] | None = context.loaders.get("assignees")
    if loader is None:
        institution = context.principal.institution.id

        async def read(ids: list[str]) -> list[str | None]:
            found = await context.services.records.read(
                lambda connection: work.assignees(connection, institution, ids), institution=institution
            )
            return [found.get(one) for one in ids]

        loader = context.loaders["assignees"] = DataLoader(load_fn=read)
    return loader
