"""Accounts: what holds money."""

from __future__ import annotations

from typing import Annotated, Any

from api.schema.account_flows import AccountFlows
from api.schema.declaring import argument, field, object_type
from api.schema.entities import KYC_ALONE, Entity, one_of
from api.schema.flow_scopes import FlowScope, follow
from api.schema.kinds import AccountKind
from api.schema.roles import EVERYBODY, Role, visible
from api.schema.scalars import DateTime

Raw = dict[str, Any]


@object_type(visible=EVERYBODY)
class Account(Entity):
    """An account that holds money."""

    @field(directives=[KYC_ALONE])
    async def number(self) -> str | None:
        """Its number or reference; null when masked or erased."""
        return await self.personal("number")

    @field()
    def account_kind(self) -> AccountKind | None:
        """What kind of account; null when never reported."""
        return one_of(AccountKind, self.text("account_kind"))

    @field()
    def bank(self) -> str | None:
        """The bank or wallet that keeps it; null when never reported."""
        return self.text("bank")

    @field()
    def product(self) -> str | None:
        """What its bank calls this kind of account; null when never reported."""
        return self.text("product")

    @field()
    def opened_at(self) -> DateTime | None:
        """When it was opened; null when never reported."""
        return self.whole("opened_at")

    @field(directives=[visible(Role.ANALYST, Role.ADMIN)])
    def flows(self, scope: Annotated[Raw, argument("What to look at.", of=FlowScope)]) -> AccountFlows | None:
        """Questions about its money; null when masked."""
        return AccountFlows(following=follow(self.entity.id, self.scene, scope))
