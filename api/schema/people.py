"""People: natural persons."""

from __future__ import annotations

from typing import Annotated, Any

from strawberry import UNSET

from api.schema.declaring import argument, field, object_type
from api.schema.entities import KYC_ALONE, STAFF, After, Entity, First
from api.schema.flow_scopes import FlowScope, follow
from api.schema.person_flows import PersonFlows
from api.schema.rings import RingMembership, place_in_ring
from api.schema.roles import EVERYBODY, Role, visible
from api.schema.scalars import CountryCode, Date
from api.schema.verification_parts import IdentitySummary
from api.schema.verifications import VerificationConnection, identity_of, page_of_verifications
from identity.records import Query

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

    @field()
    async def identity(self) -> IdentitySummary | None:
        """Who it is; null before a first verification."""
        return await identity_of(self.scene, self.entity.id, self.scene.as_of)

    @field()
    async def verifications(self, first: First, after: After = UNSET) -> VerificationConnection:
        """This person's verifications, newest first."""
        query = Query(first, subjects=(self.entity.id,))
        return await page_of_verifications(self.scene, ["person.verifications", self.entity.id], query, after or None)

    @field()
    async def ring(self) -> RingMembership | None:
        """The person's place in a ring; null when in none."""
        return await place_in_ring(self.scene, (self.entity.id,), self.scene.as_of)

    @field(directives=[visible(Role.ANALYST, Role.ADMIN)])
    def flows(self, scope: Annotated[Raw, argument("What to look at.", of=FlowScope)]) -> PersonFlows | None:
        """Questions about the money of the accounts held; null when masked."""
        return PersonFlows(following=follow(self.entity.id, self.scene, scope))
