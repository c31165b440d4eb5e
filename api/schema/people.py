"""People: natural persons."""

from __future__ import annotations

from typing import Annotated, Any

from api.schema.declaring import argument, field, object_type
from api.schema.entities import KYC_ALONE, STAFF, Entity
from api.schema.flow_scopes import FlowScope, follow
from api.schema.person_flows import PersonFlows
from api.schema.roles import EVERYBODY, Role, visible
from api.schema.scalars import CountryCode, Date

Raw = dict[str, Any]


@object_type(visible=EVERYBODY)
class Person(Entity):
    """A natural person: owner, applicant, guarantor, agent."""

    @field(directives=[STAFF])
    async def name(self) -> str | None:
        """Full name; null when masked, never reported or erased."""
        return await self.personal("name")

    @field(directives=[KYC_ALONE])
    async def born_on(self) -> Date | None:
        """Date of birth; null when masked, never reported or erased."""
        return await self.personal("born_on")

    @field()
    def country(self) -> CountryCode | None:
        """Nationality; null when never reported."""
        return self.text("country")

    @field(directives=[visible(Role.ANALYST, Role.ADMIN)])
    def flows(self, scope: Annotated[Raw, argument("What to look at.", of=FlowScope)]) -> PersonFlows | None:
        """Questions about the money of the accounts held; null when masked."""
        return PersonFlows(following=follow(self.entity.id, self.scene, scope))
