"""Merchants: businesses that take payments."""

from __future__ import annotations

from strawberry import UNSET

from api.schema.costs import Cost
from api.schema.decisions import Decision, DecisionConnection, page_of_decisions
from api.schema.declaring import field, object_type
from api.schema.entities import After, Entity, First
from api.schema.loans import LoanConnection, LoanEdge
from api.schema.ownership import Ownership, owners_in_law, show_ownership
from api.schema.pages import turn
from api.schema.rings import RingMembership, place_in_ring
from api.schema.roles import EVERYBODY
from api.schema.scalars import CountryCode, Date
from api.schema.scenes import Info
from api.schema.verification_parts import IdentitySummary
from api.schema.verifications import VerificationConnection, identity_of, page_of_verifications
from identity.records import Query
from rules.records import DecisionQuery


@object_type(visible=EVERYBODY)
class Merchant(Entity):
    """A business that takes payments, often one person with a QR code."""

    @field()
    def name(self) -> str | None:
        """Trading name; null when never reported."""
        return self.text("name")

    @field()
    def category_code(self) -> str | None:
        """ISO 18245 merchant category code, four digits; null when never reported."""
        return self.text("category_code")

    @field()
    def country(self) -> CountryCode | None:
        """Country of business; null when never reported."""
        return self.text("country")

    @field()
    def opened_on(self) -> Date | None:
        """First day of business; null when never reported."""
        return self.text("opened_on")

    @field()
    async def identity(self) -> IdentitySummary | None:
        """Who it is; null before a first verification."""
        return await identity_of(self.scene, self.entity.id, self.scene.as_of)

    @field()
    async def verifications(self, first: First, after: After = UNSET) -> VerificationConnection:
        """Its verifications and those of its owner, newest first."""
        owners = await owners_in_law(self.scene, self.entity.id)
        query = Query(first, subjects=(self.entity.id, *owners))
        return await page_of_verifications(self.scene, ["merchant.verifications", self.entity.id], query, after or None)

    @field(directives=[Cost(weight=5)])
    async def ownership(self) -> Ownership | None:
        """Who stands behind it; null when no ownership was reported."""
        return await show_ownership(self.scene, self.entity.id)

    @field()
    async def ring(self) -> RingMembership | None:
        """Its place in a ring; null when it is in none."""
        return await place_in_ring(self.scene, (self.entity.id,), self.scene.as_of)

    @field()
    async def loans(self, info: Info, first: First, after: After = UNSET) -> LoanConnection:
        """Its loans and applications, newest first."""
        scene, own = self.scene, self.entity.id
        graph, institution = info.context.graph, info.context.principal.institution.id
        page, cursors, page_info = await turn(
            info.context,
            ["loans", own, scene.as_of],
            first,
            after,
            lambda place: graph.loans(institution, own, scene.moment, first=first, after=place),
        )
        edges = [LoanEdge(cursor=cursor, node=scene.show(loan)) for cursor, loan in zip(cursors, page.items, strict=True)]
        return LoanConnection(edges=edges, page_info=page_info)

    @field()
    async def decisions(self, info: Info, first: First, after: After = UNSET) -> DecisionConnection:
        """Decisions about it, newest first."""
        query = DecisionQuery(first, merchant=self.entity.id)
        return await page_of_decisions(self.scene, ["merchant.decisions", self.entity.id], query, after)

    @field()
    async def latest_decision(self) -> Decision | None:
        """The newest decision about it; null when there is none."""
        page = await page_of_decisions(self.scene, ["latest"], DecisionQuery(1, merchant=self.entity.id), None)
        return page.edges[0].node if page.edges else None
