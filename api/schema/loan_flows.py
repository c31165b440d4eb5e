"""Questions about the money of a loan."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import strawberry

from api.schema.account_flows import Limit, limited
from api.schema.declaring import argument, attribute, field, object_type
from api.schema.flow_scopes import Following
from api.schema.pages import within
from api.schema.scalars import Probability
from api.schema.ties import ACCOUNT
from graph.flows.loan_trail import LoanTrail


@object_type()
class LoanTrailStop:
    """An account that a loan's money reached."""

    account: Any = attribute(of=ACCOUNT)
    """The account."""
    ratio: float
    """What it received divided by the loan's amount."""
    distance: int
    """Fewest steps from the loan; the account paid out to is 1."""


@object_type()
class LoanFlows:
    """Questions about the money of a loan."""

    following: strawberry.Private[Following]

    @field(directives=limited(20))
    async def trail(
        self,
        share_over: Annotated[Probability, argument("Part of the account's receipts that a transfer must exceed.")] = 0,
        limit: Limit = 20,
    ) -> list[LoanTrailStop]:
        """
        Accounts that the money reached, up to three steps after pay-out, farthest first (TCR 8). A transfer counts when it is more than
        `shareOver` of all that its account received.
        """
        within("limit", limit, 1, 100)
        following = self.following
        found = (await following.ask(LoanTrail(following.id, following.scope, Decimal(str(share_over)))))[:limit]
        shown = await following.show(stop.account for stop in found)
        return [LoanTrailStop(account=shown[stop.account], ratio=float(stop.ratio), distance=stop.distance) for stop in found]
