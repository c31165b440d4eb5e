"""Loans, from their application on."""

from __future__ import annotations

from typing import Annotated, Any

from strawberry import UNSET

from api.schema.decisions import DecisionConnection, page_of_decisions
from api.schema.declaring import argument, field, later, object_type
from api.schema.entities import After, Entity, First
from api.schema.flow_scopes import FlowScope, follow
from api.schema.kinds import LoanState
from api.schema.loan_flows import LoanFlows
from api.schema.money import Money
from api.schema.nodes import PageInfo
from api.schema.people import Person
from api.schema.roles import EVERYBODY, Role, visible
from api.schema.scalars import DateTime
from api.schema.scenes import Info, Shown
from rules.records import DecisionQuery


@object_type(visible=EVERYBODY)
class Loan(Entity):
    """A loan, from its application on."""

    @field()
    def state(self) -> LoanState:
        """Where it stands."""
        return LoanState(str(self.text("state")))

    @field(of=later("merchants", "Merchant") | None)
    async def merchant(self) -> Shown:
        """The merchant it is for; null when never reported."""
        merchant = self.text("merchant")
        return None if merchant is None else await self.scene.shown(merchant)

    @field(of=Person | None)
    async def applicant(self) -> Shown:
        """The person who applied; null when never reported."""
        applicant = self.text("applicant")
        return None if applicant is None else await self.scene.shown(applicant)

    @field()
    def requested(self) -> Money | None:
        """Amount applied for; null when never reported."""
        return self._money("requested")

    @field()
    def paid_out(self) -> Money | None:
        """Amount paid out; null before pay-out."""
        return self._money("paid_out")

    @field()
    def balance(self) -> Money | None:
        """Still owed; null before pay-out or when never reported."""
        return self._money("balance")

    @field()
    def term_days(self) -> int | None:
        """Term in days; null when never reported."""
        return self.whole("term_days")

    @field()
    def applied_at(self) -> DateTime | None:
        """When it was applied for; null when never reported."""
        return self.whole("applied_at")

    @field()
    async def decisions(self, info: Info, first: First, after: After = UNSET) -> DecisionConnection:
        """Decisions on it, newest first."""
        query = DecisionQuery(first, loan=self.entity.id)
        return await page_of_decisions(self.scene, ["loan.decisions", self.entity.id], query, after)

    @field(directives=[visible(Role.ANALYST, Role.ADMIN)])
    def flows(self, scope: Annotated[dict[str, Any], argument("What to look at.", of=FlowScope)]) -> LoanFlows | None:
        """Questions about the money lent; null when masked."""
        return LoanFlows(following=follow(self.entity.id, self.scene, scope))

    def _money(self, name: str) -> Money | None:
        amount = self.whole(name)
        return None if amount is None else Money(amount=amount, currency=self.scene.context.principal.institution.currency)


@object_type()
class LoanEdge:
    """An item of a page."""

    cursor: str
    """Its place, to go on from."""
    node: Loan
    """The item."""


@object_type()
class LoanConnection:
    """Loans, newest first: one page."""

    edges: list[LoanEdge]
    """The items with their cursors."""
    page_info: PageInfo
    """Where this page stands."""
