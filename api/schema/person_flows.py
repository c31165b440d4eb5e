"""Questions about the money of a person's accounts, and of whom the person vouches for."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from api.schema.account_flows import Limit, Raw, limited, named
from api.schema.costs import Cost, at_most
from api.schema.declaring import argument, attribute, field, object_type
from api.schema.flow_scopes import MAXIMUM_SHOWN, CounterpartyTotals, Following, TransferChain
from api.schema.money import Money
from api.schema.pages import within
from api.schema.references import Reference
from api.schema.scalars import Probability
from api.schema.ties import ACCOUNT, PERSON
from graph.flows.gathered_from_borrowers import GatheredFromBorrowers
from graph.flows.guarantee_chain import GuaranteeChain as Chain
from graph.flows.investment_overlap import InvestmentOverlap
from graph.flows.merchants_paid import MerchantsPaid
from graph.flows.money_traces import MoneyTraces
from graph.model import EntityKind


@object_type()
class LoanFundedSource:
    """An account funded by loans, upstream of a person's money."""

    account: Any = attribute(of=ACCOUNT)
    """The account."""
    lent: Money
    """Sum of its loans' amounts."""
    balance: Money
    """Sum of what is still owed on them."""


@object_type()
class GuaranteeChain:
    """People vouched for, directly or through others."""

    people: list[Any] = attribute(of=list[PERSON], directives=at_most(MAXIMUM_SHOWN))
    """The people, nearest first; only the first 100."""
    loan_count: int
    """Different loans that they applied for."""
    loan_total: Money
    """Sum of those loans."""


@object_type()
class PersonFlows:
    """Questions about the money of a person's accounts."""

    following: strawberry.Private[Following]

    @field(directives=limited(20))
    async def loan_funded_sources(self, limit: Limit = 20) -> list[LoanFundedSource]:
        """Accounts funded by loans whose money reached this person in up to three steps, by loans, most first (TCR 2)."""
        within("limit", limit, 1, 100)
        following = self.following
        found = (await following.ask(GatheredFromBorrowers(following.id, following.scope)))[:limit]
        shown = await following.show(one.account for one in found)
        return [
            LoanFundedSource(account=shown[one.account], lent=following.money(one.lent), balance=following.money(one.balance))
            for one in found
        ]

    @field(directives=limited(20))
    async def traces(self, limit: Limit = 20) -> list[TransferChain]:
        """Traces of money out of this person's accounts, up to three steps, each later than the last, longest first (TCR 5)."""
        within("limit", limit, 1, 100)
        return await self.following.chains((await self.following.ask(MoneyTraces(self.following.id, self.following.scope)))[:limit])

    @field(directives=limited(10))
    async def merchants_paid(self, limit: Limit = 20) -> list[CounterpartyTotals]:
        """Accounts of merchants that this person's accounts paid, most first (TCR 12)."""
        within("limit", limit, 1, 100)
        return await self.following.counterparties(await self.following.ask(MerchantsPaid(self.following.id, self.following.scope)), limit)

    @field(directives=[Cost(weight=5)])
    async def investment_overlap(self, person: Annotated[Raw, argument("The other person.", of=Reference)]) -> Probability:
        """Merchants that both invested in, divided by merchants that either invested in; 0 when neither did (TCR 10)."""
        other = await named(self.following, EntityKind.PERSON, person, "person")
        if other is None:  # nobody by that name: nothing is invested in
            return 0.0
        return float(await self.following.ask(InvestmentOverlap(self.following.id, other, self.following.scope.window)))

    @field(directives=[Cost(weight=20)])
    async def guarantee_chain(self) -> GuaranteeChain:
        """Everybody this person vouches for, directly or through others, and what they borrowed (TCR 11)."""
        found = await self.following.ask(Chain(self.following.id, self.following.scope))
        shown = await self.following.show(found.people[:MAXIMUM_SHOWN])
        return GuaranteeChain(people=list(shown.values()), loan_count=found.loans, loan_total=self.following.money(found.total))
